//! A container of an image in an engine, and the command lines that it takes: plain values, which somebody else runs.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::Platform;

/// What a container is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its name, which no other container has.
    pub id: String,
    /// What the engine knows the image by.
    pub image: String,
    /// Which of the image's variants is meant, where an engine keeps several.
    pub platform: Platform,
    /// The whole command line, with the module as its first word.
    pub words: Vec<String>,
    /// Variables beside those of the image.
    pub environment: Vec<(String, String)>,
    /// Folders of this machine.
    pub folders: Vec<Folder>,
    /// The most memory that it may have, that of its runtime included.
    pub memory_bytes: Option<u64>,
}

/// A folder of this machine that a container is given, to read and to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its absolute path here.
    pub host: PathBuf,
    /// Its absolute path there.
    pub guest: String,
}

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// Where it is.
    pub program: PathBuf,
    /// Its arguments.
    pub words: Vec<OsString>,
}

/// What a container takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    /// Makes it, has its standard streams and its exit code, and removes it when it has ended.
    pub run: CommandLine,
    /// Ends it, so that the first one ends. It fails as long as there is no container yet.
    pub end: CommandLine,
    /// Removes what is left where the first one did not.
    pub clear: Vec<CommandLine>,
    /// Whether the program ever sees the end of its input.
    pub ends_stdin: bool,
}

impl CommandLine {
    pub(super) fn push(&mut self, words: impl IntoIterator<Item = impl Into<OsString>>) {
        self.words.extend(words.into_iter().map(Into::into));
    }

    /// `FLAG VALUE`, if there is a value.
    pub(super) fn push_flag(&mut self, flag: &str, value: Option<impl AsRef<OsStr>>) {
        if let Some(value) = value {
            self.push([flag.into(), value.as_ref().to_owned()]);
        }
    }
}

/// As one would type it.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.program.file_name().unwrap_or_default();
        f.write_str(&name.to_string_lossy())?;
        for word in &self.words {
            let word = word.to_string_lossy();
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@,+%".contains(c);
            match !word.is_empty() && word.chars().all(is_plain) {
                true => write!(f, " {word}")?,
                false => write!(f, " '{}'", word.replace('\'', r"'\''"))?,
            }
        }
        Ok(())
    }
}

impl Container {
    /// The flags that `docker run`, `podman run` and `nerdctl run` share.
    pub(super) fn docker_flags(&self, run: &mut CommandLine) {
        for (key, value) in &self.environment {
            run.push(["--env", &format!("{key}={value}")]);
        }
        for folder in &self.folders {
            let mount = folder.mount(["source=", "target="]);
            run.push(["--mount".into(), mount]);
        }
        run.push_flag("--memory", self.memory_bytes.map(|bytes| format!("{bytes}b")));
        // What is given in front of an image takes the place of its entrypoint, and its arguments go with that.
        run.push_flag("--entrypoint", self.words.first());
        run.push([&self.image]);
        run.push(self.words.iter().skip(1));
    }
}

impl Folder {
    /// `type=bind,source=…,target=…`, with these keys, as a line of comma-separated values.
    pub(super) fn mount(&self, [host, guest]: [&str; 2]) -> OsString {
        let (host, guest) = (key(host, &self.host), key(guest, Path::new(&self.guest)));
        format!("type=bind,{},{}", quoted(&host), quoted(&guest)).into()
    }
}

fn key(key: &str, path: &Path) -> String {
    format!("{key}{}", path.to_string_lossy())
}

fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"']) {
        return format!("\"{}\"", field.replace('"', "\"\"")).into();
    }
    field.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_shown_as_a_shell_takes_it() {
        let mut line = CommandLine { program: "/usr/bin/ctr".into(), words: Vec::new() };
        line.push(["run", "--env", "A=b c", "it's", ""]);
        assert_eq!(line.to_string(), r"ctr run --env 'A=b c' 'it'\''s' ''");
    }

    #[test]
    fn a_comma_in_a_path_is_no_further_field() {
        let folder = Folder { host: "/a,\"b".into(), guest: "/data".into() };
        assert_eq!(folder.mount(["src=", "dst="]), r#"type=bind,"src=/a,""b",dst=/data"#);
    }
}
