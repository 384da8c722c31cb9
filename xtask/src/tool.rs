//! `cargo-wasmpack` itself, built from this checkout.

use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{Result, process, shell};

const NAME: &str = "cargo-wasmpack";

/// The profile of tests, of the demo and, unless told otherwise, of figures.
pub(crate) const PROFILE: &str = "dev";

/// The built command.
pub(crate) struct Tool {
    executable: Utf8PathBuf,
}

/// Sizes of an image in bytes.
pub(crate) struct Sizes {
    /// The module, as it stands in the image.
    pub(crate) module: u64,
    /// The layer as stored.
    pub(crate) layer: u64,
}

impl Tool {
    /// Builds it, as the tests do: all targets of the workspace together, because fewer would need other features of
    /// shared dependencies, and Wasmtime a second time.
    pub(crate) fn build(workspace: &Workspace) -> Result<Self> {
        shell::status("Building", "cargo wasmpack; the first time takes about 20 minutes on two cores");
        let flags = ["--workspace", "--all-targets", "--locked", "--message-format=json-render-diagnostics"];
        Self::built(workspace.cargo("build").args(flags))
    }

    /// Builds it with another profile, which shares nothing with what tests have; theirs is as [`Self::build`] has it.
    pub(crate) fn build_with(workspace: &Workspace, profile: &str) -> Result<Self> {
        if profile == PROFILE {
            return Self::build(workspace);
        }
        shell::status("Building", format!("cargo wasmpack, profile {profile}"));
        let flags =
            ["--bin", NAME, "--locked", "--message-format=json-render-diagnostics", "--profile", profile];
        let mut cargo = workspace.cargo("build");
        // It starts sooner, and on machines without the library. On others than Linux the system has it.
        if cfg!(target_os = "linux") {
            cargo.env("CXXSTDLIB_STATIC", "1");
        }
        Self::built(cargo.args(flags))
    }

    fn built(cargo: &mut Command) -> Result<Self> {
        let messages = process::stdout_of(cargo)?;
        let executable = executable(&messages, NAME).ok_or_else(|| format!("cargo built no `{NAME}`"))?;
        Ok(Self { executable })
    }

    /// The program.
    pub(crate) fn executable(&self) -> &Utf8Path {
        &self.executable
    }

    /// A command of the tool.
    pub(crate) fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.executable);
        command.arg(verb);
        command
    }

    /// Cargo as a user types it, with this tool on the search path as its subcommand.
    pub(crate) fn as_subcommand(&self) -> Command {
        let mut folders: Vec<_> = self.executable.parent().map(Into::into).into_iter().collect();
        folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
        let mut command = Command::new("cargo");
        command.env("PATH", std::env::join_paths(folders).unwrap_or_default());
        command
    }

    /// Builds the project in `folder` to an image below `target`, and returns its layout.
    pub(crate) fn image(&self, folder: &Utf8Path, target: &Utf8Path) -> Result<Utf8PathBuf> {
        self.image_with(folder, target, &[])
    }

    /// The same with further flags.
    pub(crate) fn image_with(
        &self,
        folder: &Utf8Path,
        target: &Utf8Path,
        flags: &[&str],
    ) -> Result<Utf8PathBuf> {
        let mut build = self.command("build");
        let reference = process::stdout_of(build.arg(folder).args(flags).arg("--target-dir").arg(target))?;
        let (name, _) = reference.split_once('@').ok_or("`build` printed no digest")?;
        Ok(target.join("wasmpack").join(name))
    }

    /// What `inspect` says of an image's sizes.
    pub(crate) fn sizes(&self, layout: &Utf8Path) -> Result<Sizes> {
        let described = process::stdout_of(self.command("inspect").arg("--json").arg(layout))?;
        let described: Value = serde_json::from_str(&described)?;
        let size = |pointer: &str| {
            described
                .pointer(pointer)
                .and_then(Value::as_u64)
                .ok_or_else(|| format!("`inspect` says no `{pointer}`"))
        };
        Ok(Sizes { module: size("/module/bytes")?, layer: size("/image/layers/0/size_bytes")? })
    }

    /// Runs an image with arguments and gives its stdout.
    pub(crate) fn stdout_of(&self, layout: &Utf8Path, arguments: &[&str]) -> Result<String> {
        process::stdout_of(self.command("run").arg(layout).arg("--").args(arguments).stdin(Stdio::null()))
    }
}

/// The path of the program `name` in cargo's messages; test programs of that name do not count.
pub(crate) fn executable(messages: &str, name: &str) -> Option<Utf8PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut made =
        messages.filter(|message| message["target"]["name"] == name && message["profile"]["test"] == false);
    made.find_map(|message| message["executable"].as_str().map(Utf8PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_libraries_and_tests_of_the_same_name() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"name":"app"},"profile":{"test":true},"executable":"/t/app-1"}
{"reason":"compiler-artifact","target":{"name":"app"},"profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","target":{"name":"app"},"profile":{"test":false},"executable":"/t/app"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "app"), Some("/t/app".into()));
        assert_eq!(executable(messages, "other"), None);
    }
}
