//! What a job of GitHub Actions is told besides: errors where it shows them, and a summary of the images.
//!
//! The runner reads both streams for commands, lines that begin with `::`
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>). Ours go to stderr, so that stdout has
//! results and nothing else.

pub mod diagnostics;
pub mod summary;

use camino::{Utf8Path, Utf8PathBuf};

use crate::environment::Environment;

/// A job that shows annotations.
#[derive(Debug, Clone)]
pub struct Job {
    /// Where the repository was checked out: files are named as seen from there.
    workspace: Option<Utf8PathBuf>,
    current_dir: Utf8PathBuf,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It ended the run.
    Error,
    /// It did not.
    Warning,
}

/// Something to be shown beside a file, or with the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How bad it is.
    pub level: Level,
    /// The file, its line and column, both from 1 on.
    pub place: Option<(Utf8PathBuf, Option<(u32, u32)>)>,
    /// What is said, in any number of lines.
    pub message: String,
}

/// Set to `false`, it turns all of this off.
pub const SWITCH: &str = "WASMPACK_GITHUB_ACTIONS";

impl Job {
    /// The job we run in, if it is one, and nobody has turned this off.
    #[must_use]
    pub fn find(environment: &Environment) -> Option<Self> {
        let is_off = matches!(environment.get(SWITCH), Some("false" | "0"));
        (environment.is_true("GITHUB_ACTIONS") && !is_off).then(|| Self {
            workspace: environment.get("GITHUB_WORKSPACE").map(Into::into),
            current_dir: environment.current_dir.clone(),
        })
    }

    /// The line that has the runner show it; a path that is not absolute begins in `folder`, or where we were started.
    #[must_use]
    pub fn command(&self, annotation: &Annotation, folder: Option<&Utf8Path>) -> String {
        let level = match annotation.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let mut properties = Vec::new();
        if let Some((path, position)) = &annotation.place {
            // Its components are those that the runner knows: `.` is none.
            let path: Utf8PathBuf = folder.unwrap_or(&self.current_dir).join(path).components().collect();
            let below = self.workspace.as_ref().and_then(|workspace| path.strip_prefix(workspace).ok());
            properties.push(format!("file={}", property(below.unwrap_or(&path).as_str())));
            properties.extend(
                position.iter().flat_map(|(line, column)| [format!("line={line}"), format!("col={column}")]),
            );
        }
        properties.push("title=cargo wasmpack".to_owned());
        format!("::{level} {}::{}", properties.join(","), message(&annotation.message))
    }
}

/// What would end the line is spelled in another way.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What would end the property, too.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_line_whatever_is_said() {
        let job = Job { workspace: Some("/checkout".into()), current_dir: "/checkout/app".into() };
        let mut annotation = Annotation {
            level: Level::Error,
            place: Some(("a,b.c".into(), Some((3, 7)))),
            message: "100 % wrong\n::set-env name=A::b".to_owned(),
        };
        let said =
            "::error file=app/a%2Cb.c,line=3,col=7,title=cargo wasmpack::100 %25 wrong%0A::set-env name=A::b";
        assert_eq!(job.command(&annotation, None), said);
        annotation.place = Some(("/elsewhere/a.c".into(), None));
        annotation.level = Level::Warning;
        let said = "::warning file=/elsewhere/a.c,title=cargo wasmpack::";
        assert!(job.command(&annotation, None).starts_with(said));
    }
}
