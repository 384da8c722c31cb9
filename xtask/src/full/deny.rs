//! cargo-deny: licences, bans and sources of all that is linked. Advisories are for the hosted workflow, which has their database.

use std::process::Command;

use super::Tried;
use crate::cache::{self, Program};
use crate::workspace::Workspace;
use crate::{Result, process};

const VERSION: &str = "0.20.2";

pub(super) fn run(workspace: &Workspace) -> Tried {
    let run = || -> Result {
        let arguments = ["cargo-deny", "--version", VERSION];
        let folder = cache::program(
            workspace,
            &Program { name: "cargo-deny", version: VERSION, arguments: &arguments },
        )?;
        let mut deny = Command::new(folder.join("cargo-deny"));
        deny.args(["--locked", "check", "licenses", "bans", "sources"]);
        process::run(deny.current_dir(&workspace.root))
    };
    ("licences, bans and sources".to_owned(), run())
}
