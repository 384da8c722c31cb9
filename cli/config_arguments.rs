//! What can be said of an image on the command line, by the names that `buildah config` has for it.

use clap::Args;
use wasmpack_packager::{ModulePath, Port, StopSignal, User, Volume};

use crate::about;
use crate::config::Files;

/// What the image says, over what the configuration has.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArguments {
    /// Where the module stands in the image [default: /app.wasm]
    #[arg(long, help_heading = "Image Options", value_name = "PATH")]
    pub entrypoint: Option<ModulePath>,
    /// Another program of the project that goes into the same image, as `/NAME.wasm`
    #[arg(long, help_heading = "Image Options", value_name = "NAME")]
    pub with: Vec<String>,
    /// File, folder or pattern of the project that goes into the image: `from=FROM[,to=TO][,mode=MODE]`
    #[arg(long, help_heading = "Image Options", value_name = "FILES", value_parser = files)]
    pub file: Vec<Files>,
    /// Argument that is used when none are given
    #[arg(long, help_heading = "Image Options", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub cmd: Vec<String>,
    /// Environment variable
    #[arg(long, help_heading = "Image Options", value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// Whom it runs as, in numbers: `UID` or `UID:GID`
    #[arg(long, help_heading = "Image Options", value_name = "USER")]
    pub user: Option<User>,
    /// Port it listens on: `8080`, `53/udp`
    #[arg(long, help_heading = "Image Options", value_name = "PORT")]
    pub port: Vec<Port>,
    /// Folder that outlives a container
    #[arg(long, help_heading = "Image Options", value_name = "PATH")]
    pub volume: Vec<Volume>,
    /// Signal that asks it to end, instead of SIGTERM
    #[arg(long, help_heading = "Image Options", value_name = "SIGNAL")]
    pub stop_signal: Option<StopSignal>,
    /// Label
    #[arg(long, help_heading = "Image Options", value_name = "NAME=VALUE", value_parser = label)]
    pub label: Vec<(String, String)>,
    /// Annotation; `licenses` and the like stand for `org.opencontainers.image.licenses`. An empty value takes away what
    /// is said without asking
    #[arg(long, help_heading = "Image Options", value_name = "NAME=VALUE", value_parser = annotation)]
    pub annotation: Vec<(String, String)>,
}

impl ConfigArguments {
    /// None of it.
    pub const NONE: Self = Self {
        entrypoint: None,
        with: Vec::new(),
        file: Vec::new(),
        cmd: Vec::new(),
        env: Vec::new(),
        user: None,
        port: Vec::new(),
        volume: Vec::new(),
        stop_signal: None,
        label: Vec::new(),
        annotation: Vec::new(),
    };

    /// The first flag for what only the config of an image can say.
    #[must_use]
    pub fn of_configs(&self) -> Option<&'static str> {
        let flags = [
            ("--entrypoint", self.entrypoint.is_some()),
            ("--cmd", !self.cmd.is_empty()),
            ("--env", !self.env.is_empty()),
            ("--user", self.user.is_some()),
            ("--port", !self.port.is_empty()),
            ("--volume", !self.volume.is_empty()),
            ("--stop-signal", self.stop_signal.is_some()),
            ("--label", !self.label.is_empty()),
        ];
        flags.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag))
    }
}

/// `from=FROM,to=TO,mode=MODE`, by the names that the configuration has for it.
fn files(typed: &str) -> Result<Files, String> {
    let (mut from, mut to, mut mode) = (None, None, None);
    for part in typed.split(',') {
        match part.split_once('=') {
            Some(("from", value)) if !value.is_empty() => from = Some(value.to_owned()),
            Some(("to", value)) if !value.is_empty() => to = Some(value.to_owned()),
            Some(("mode", value)) => mode = Some(value.parse()?),
            _ => return Err(format!("`{part}` is neither `from=…` nor `to=…` nor `mode=…`")),
        }
    }
    let from = from.ok_or("`from=` is missing; write `from=site,to=/srv`")?;
    Ok(Files { from, to, mode })
}

fn pair(typed: &str) -> Result<(&str, &str), String> {
    // A variable of this machine would make another image on the next.
    typed.split_once('=').ok_or_else(|| "there is no `=` in it; write `NAME=VALUE`".to_owned())
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn variable(typed: &str) -> Result<(String, String), String> {
    let (name, value) = pair(typed)?;
    check_variable(name)?;
    Ok(owned((name, value)))
}

/// Whether an environment can have it.
///
/// # Errors
/// It is empty, or has a `=` or a zero byte.
pub fn check_variable(name: &str) -> Result<(), String> {
    let is_name = !name.is_empty() && !name.contains(['=', '\0']);
    is_name.then_some(()).ok_or_else(|| format!("`{}` cannot be the name of a variable", name.escape_debug()))
}

fn label(typed: &str) -> Result<(String, String), String> {
    match pair(typed)? {
        ("", _) => Err("a label has a name".to_owned()),
        pair => Ok(owned(pair)),
    }
}

fn annotation(typed: &str) -> Result<(String, String), String> {
    let (name, value) = pair(typed)?;
    about::annotation(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mode::Mode;

    #[test]
    fn files_are_typed_by_the_keys_of_the_configuration() {
        let site = Files { from: "site".into(), to: None, mode: None };
        assert_eq!(files("from=site"), Ok(site.clone()));
        let whole = Files { to: Some("/srv=a".into()), mode: Some(Mode(0o755)), ..site };
        assert_eq!(files("mode=755,to=/srv=a,from=site"), Ok(whole));
        for bad in ["", "site", "to=/srv", "from=", "from=a,mode=rwx", "from=a,/srv"] {
            assert!(files(bad).is_err(), "{bad}");
        }
    }
}
