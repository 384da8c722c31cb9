//! The same image thirty times in one place, and in four places.

use super::{Tried, ignored};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace) -> Vec<Tried> {
    [
        ("the same image thirty times", "thirty_builds"),
        ("the same image in four places", "two_checkouts_and_two_homes"),
    ]
    .map(|(name, filter)| (name.to_owned(), ignored(workspace, filter)))
    .into()
}
