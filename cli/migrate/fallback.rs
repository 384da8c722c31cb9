//! `build.command`: a command of the project's own, for a build that is none of the systems.

use super::command::{OUT, quoted};
use super::places::{absolute, file_name};
use super::verdict::{Rows, Verdict};
use super::workshop::{Build, System, Unknown, Workshop};

/// The line for the shell. What it writes goes where the build looks for modules, and paths of the stage become those of the project.
#[must_use]
pub fn line(unknown: &Unknown, output: Option<&str>, workshop: &Workshop, folder: &str) -> String {
    if unknown.needs_shell {
        // Nobody else sets them here.
        let assigned =
            |(name, value): &(String, String)| format!("{name}={}; ", quoted(std::slice::from_ref(value)));
        let assigned: String = unknown.variables.iter().map(assigned).collect();
        return assigned + &unknown.text;
    }
    let translated = |word: &String| {
        let (flag, path) = word.split_once('=').map_or(("", word.as_str()), |(flag, path)| (flag, path));
        let whole = absolute(&unknown.folder, path);
        let path = if Some(whole.as_str()) == output {
            format!("{OUT}/{}", module_name(file_name(path)))
        } else if path.starts_with('/') && path.len() > 1 {
            workshop.project_path(path, folder).unwrap_or_else(|| path.to_owned())
        } else {
            path.to_owned()
        };
        if flag.is_empty() && !word.starts_with('=') { path } else { format!("{flag}={path}") }
    };
    quoted(&unknown.words.iter().map(translated).collect::<Vec<_>>())
}

/// By its name, the build knows a module.
fn module_name(file: &str) -> String {
    if file.ends_with(".wasm") { file.to_owned() } else { format!("{file}.wasm") }
}

/// The command that leaves a module in a stage: the one that names it, or else the last one.
pub fn find(workshop: &Workshop, module: &str, rows: &mut Rows) -> Option<Build> {
    let names_it = |unknown: &&Unknown| {
        unknown.words.iter().any(|word| {
            let path = word.rsplit_once('=').map_or(word.as_str(), |(_, path)| path);
            absolute(&unknown.folder, path) == module
        })
    };
    let unknown = workshop.unknown.iter().rev().find(names_it).or(workshop.unknown.last())?;
    let is_named = names_it(&unknown);
    let folder = workshop.places.folder(&unknown.folder).unwrap_or_default();
    let mut build = Build {
        system: System::Command,
        row: Some(unknown.row),
        folder: folder.clone(),
        place: unknown.folder.clone(),
        output: Some(module.to_owned()),
        is_wasm: Some(true),
        ..Build::default()
    };
    let named = Some(module).filter(|_| is_named && !unknown.needs_shell);
    build.keys.set("build", "command", line(unknown, named, workshop, &folder));
    if named.is_none() {
        match workshop.project_path(module, &folder) {
            Some(path) => build.keys.set("build", "module", path),
            // What it writes elsewhere, the build does not find.
            None => return None,
        }
    }
    rows.change(
        unknown.row,
        Verdict::became("`build.command`; it runs in the project's folder, on this machine"),
    );
    Some(build)
}
