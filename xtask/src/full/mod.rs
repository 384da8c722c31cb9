//! `cargo xtask test --full`: other toolchains and real programs, which take too long for every change.

mod components;
mod corpus;
mod deny;
mod interpreter;
mod meaning;
mod places;
mod sccache;
mod toolchains;
mod wasi_sdk;

use std::process::Command;

use camino::Utf8Path;

use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, process, shell};

/// Something that is tried: its name, and what came of it.
type Tried = (String, Result);

pub(crate) fn run(workspace: &Workspace) -> Result {
    let tool = Tool::build(workspace)?;
    let mut tried = toolchains::run(workspace, &tool)?;
    tried.extend(corpus::run(workspace, &tool)?);
    tried.extend(meaning::run(workspace, &tool)?);
    tried.extend(places::run(workspace));
    tried.push(sccache::run(workspace));
    tried.push(deny::run(workspace));
    tried.push(("memory for 300 MB of files".to_owned(), ignored(workspace, "however_they_are_compressed")));
    tried.extend(wasi_sdk::run(workspace, &tool)?);
    tried.extend(interpreter::run(workspace, &tool));
    tried.extend(components::run(workspace, &tool)?);

    let mut failed = 0;
    for (name, result) in &tried {
        match result {
            Ok(()) => shell::status("Passed", name),
            Err(error) => {
                failed += 1;
                shell::error(&format!("{name}: {error}"));
            }
        }
    }
    shell::line(format_args!("{} passed, {failed} failed", tried.len() - failed));
    if failed == 0 { Ok(()) } else { Err("some of the full tests failed".into()) }
}

/// Runs those tests of the product whose names have this in them, and which every other run leaves out, or makes with less. All of
/// the workspace is named, so that nothing is compiled again.
fn ignored(workspace: &Workspace, filter: &str) -> Result {
    process::run(&mut ignored_test(workspace, filter))
}

/// The same, with a folder of programs in front of the others.
fn ignored_with(workspace: &Workspace, filter: &str, programs: &Utf8Path) -> Result {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(
        [programs.as_std_path().to_owned()].into_iter().chain(std::env::split_paths(&path)),
    )?;
    process::run(ignored_test(workspace, filter).env("PATH", path))
}

fn ignored_test(workspace: &Workspace, filter: &str) -> Command {
    let mut test = workspace.cargo("test");
    test.args(["--workspace", "--locked", "--test", "product", "--", "--ignored", "--nocapture", filter]);
    test
}

/// Fails unless a program said exactly this.
fn expect(said: &str, expected: &str) -> Result {
    if said == expected { Ok(()) } else { Err(format!("it said {said:?} in place of {expected:?}").into()) }
}
