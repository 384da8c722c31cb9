//! sccache between two machines: it takes four minutes to build.

use super::{Tried, ignored_with};
use crate::Result;
use crate::cache::{self, Program};
use crate::workspace::Workspace;

const VERSION: &str = "0.19.0";

pub(super) fn run(workspace: &Workspace) -> Tried {
    let run = || -> Result {
        let features = ["--no-default-features", "--features", "redis"];
        let arguments = [&["sccache", "--version", VERSION], &features[..]].concat();
        let folder =
            cache::program(workspace, &Program { name: "sccache", version: VERSION, arguments: &arguments })?;
        ignored_with(workspace, "compiled_on_one_machine", &folder)
    };
    ("sccache between two machines".to_owned(), run())
}
