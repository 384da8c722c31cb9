//! sccache between two machines.

use super::{Tried, ignored_with};
use crate::Result;
use crate::cache::{self, SCCACHE};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace) -> Tried {
    let run = || -> Result {
        ignored_with(workspace, "compiled_on_one_machine", &cache::program(workspace, &SCCACHE)?)
    };
    ("sccache between two machines".to_owned(), run())
}
