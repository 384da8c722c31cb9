//! The stream of `--message-format json`: cargo's own lines as they are, what compilers of C say in the same shape, and a line
//! for each image (<https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>).

use camino::Utf8Path;
use serde_json::{Value, json};
use wasmpack_builder::Project;

use crate::error::Error;
use crate::github::diagnostics::{self, Diagnostic};
use crate::github::{Annotation, Level};
use crate::image_record::ImageRecord;
use crate::make::Made;
use crate::plan::Plan;
use crate::shell::Shell;

/// An image was made.
const MADE: &str = "wasmpack-image";

/// Images that went on have these reasons.
pub const PUSHED: &str = "wasmpack-pushed";
/// See [`PUSHED`].
pub const LOADED: &str = "wasmpack-loaded";

/// Says which images were made, and that the build is over.
///
/// # Errors
/// When an image is gone already, or stdout is closed.
pub fn finish(made: Result<&[Made], &Error>, plan: &Plan, shell: &mut Shell) -> Result<(), Error> {
    if !shell.speaks_json() {
        return Ok(());
    }
    for one in made.unwrap_or_default() {
        let references: Vec<_> = one.names().map(|name| name.to_string()).collect();
        images(MADE, &one.records(plan.also(one), &references)?, shell)?;
    }
    line(&json!({"reason": "build-finished", "success": made.is_ok()}), shell)
}

/// Says what became of images.
///
/// # Errors
/// When stdout is closed.
pub fn images(reason: &str, records: &[ImageRecord], shell: &mut Shell) -> Result<(), Error> {
    for record in records {
        let mut told = serde_json::to_value(record).expect("a record is plain data");
        told["reason"] = reason.into();
        line(&told, shell)?;
    }
    Ok(())
}

fn line(told: &Value, shell: &mut Shell) -> Result<(), Error> {
    shell.result(told).map_err(Error::WriteResult)
}

/// What cargo said in a line of JSON. Its last is passed over: more comes behind.
pub fn of_cargo(text: &str, folder: &Utf8Path, shell: &mut Shell) {
    let message: Value = serde_json::from_str(text).unwrap_or_default();
    if shell.speaks_json() {
        if message["reason"] != "build-finished" {
            // Told when the build is over, if stdout is closed.
            let _ = shell.result(text);
        }
    } else if let Some(rendered) = message["message"]["rendered"].as_str() {
        let annotation = annotation(&message["message"]);
        shell.drawn(rendered, annotation.as_ref(), folder);
    }
}

/// What is shown of rustc's diagnostic beside a file.
fn annotation(message: &Value) -> Option<Annotation> {
    let level = match message["level"].as_str()? {
        "error" | "error: internal compiler error" => Level::Error,
        "warning" => Level::Warning,
        _ => return None,
    };
    let spans = message["spans"].as_array()?;
    let span = spans.iter().find(|span| span["is_primary"] == true)?;
    let number = |key: &str| span[key].as_u64().and_then(|number| u32::try_from(number).ok());
    let place = (span["file_name"].as_str()?.into(), number("line_start").zip(number("column_start")));
    Some(Annotation { level, place: Some(place), message: message["message"].as_str()?.to_owned() })
}

/// What a compiler of C said: each diagnostic is a line in cargo's shape, all else goes to stderr as it is.
pub fn of_c(text: &str, project: &Project, shell: &mut Shell) {
    let folder = project.source.dir();
    if !shell.speaks_json() {
        return shell.verbatim(text, &project.root);
    }
    let said = diagnostics::of(text);
    if said.is_empty() {
        return shell.verbatim(text, &project.root);
    }
    for one in said {
        // Told when the build is over, if stdout is closed.
        let _ = shell.result(as_cargo_has_it(&one, project.name(), folder));
    }
}

/// Readers of cargo's stream want a package and a target, so both are named by the folder.
fn as_cargo_has_it(said: &Diagnostic, name: &str, folder: &Utf8Path) -> Value {
    let Annotation { level, place, message } = &said.annotation;
    let level = match level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let span = |(path, position): &(camino::Utf8PathBuf, Option<(u32, u32)>)| {
        let (line, column) = position.unwrap_or((1, 1));
        json!({
            "file_name": path, "byte_start": 0, "byte_end": 0, "line_start": line, "line_end": line,
            "column_start": column, "column_end": column, "is_primary": true, "text": [], "label": null,
            "suggested_replacement": null, "suggestion_applicability": null, "expansion": null,
        })
    };
    let file = place.as_ref().map_or(folder.to_owned(), |(path, _)| folder.join(path));
    json!({
        "reason": "compiler-message",
        "package_id": format!("path+file://{folder}#{name}"),
        "manifest_path": folder,
        "target": {
            "kind": ["bin"], "crate_types": ["bin"], "name": name, "src_path": file,
            "edition": "2021", "doc": false, "doctest": false, "test": false,
        },
        "message": {
            "$message_type": "diagnostic", "message": message, "code": null, "level": level,
            "spans": place.iter().map(span).collect::<Vec<_>>(), "children": [], "rendered": said.rendered,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_of_rustc_is_shown_at_its_primary_span() {
        let span = |is_primary: bool, line: u32| json!({"file_name": "src/main.rs", "line_start": line, "column_start": 5, "is_primary": is_primary});
        let message = json!({"level": "error", "message": "mismatched types", "spans": [span(false, 1), span(true, 2)]});
        let place = Some(("src/main.rs".into(), Some((2, 5))));
        let expected = Annotation { level: Level::Error, place, message: "mismatched types".to_owned() };
        assert_eq!(annotation(&message), Some(expected));
        assert_eq!(annotation(&json!({"level": "error", "message": "aborting", "spans": []})), None);
        assert_eq!(
            annotation(&json!({"level": "failure-note", "message": "help", "spans": [span(true, 1)]})),
            None
        );
    }

    #[test]
    fn readers_of_cargos_stream_read_what_clang_says() {
        let text = "main.c:1:26: error: expected ';'\n    1 | int main\n";
        let told = as_cargo_has_it(&diagnostics::of(text)[0], "app", "/w/app".into()).to_string();
        let message: cargo_metadata::Message = serde_json::from_str(&told).unwrap();
        let cargo_metadata::Message::CompilerMessage(message) = message else { panic!("{told}") };
        assert_eq!(message.message.rendered.as_deref(), Some(text));
        assert_eq!((message.message.spans[0].line_start, message.message.spans[0].column_start), (1, 26));
        assert_eq!(message.target.src_path, "/w/app/main.c");
    }
}
