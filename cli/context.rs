//! What every command is given besides its arguments.

use crate::environment::Environment;
use crate::shell::Shell;

/// The surroundings of a command, read once.
#[derive(Debug)]
pub struct Context {
    /// Where it speaks.
    pub shell: Shell,
    /// What the process was started in.
    pub environment: Environment,
}
