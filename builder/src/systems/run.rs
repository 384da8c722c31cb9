//! Running a build system: what it says is handed on line by line, and looked through if it fails.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::c::lack::Lack;
use crate::{Error, Settings, Step};

/// How much of the end is looked through for what WASI lacks: what explains a failure stands near it.
const TAIL_BYTES: usize = 64 * 1024;

/// Runs `command` to its end. With `quiet`, what it says is handed on only if it fails.
pub(super) fn run(
    command: &mut Command,
    settings: &Settings,
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<(), Error> {
    let program =
        Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    on_step(Step::Running { command: &shown(command) });
    let could_not = |source| Error::Run { program: program.clone(), source };
    // One pipe for both, so that lines stay in order.
    let (said, pipe) = io::pipe().map_err(could_not)?;
    command.stdin(Stdio::null()).stdout(pipe.try_clone().map_err(could_not)?).stderr(pipe);
    let mut child = command.spawn().map_err(could_not)?;
    // The command keeps our ends of the pipe open, and with them the pipe.
    command.stdout(Stdio::null()).stderr(Stdio::null());

    let mut text = String::new();
    let mut said = BufReader::new(said);
    let mut line = Vec::new();
    while said.read_until(b'\n', &mut line).map_err(could_not)? > 0 {
        let said = String::from_utf8_lossy(&line);
        if !settings.quiet {
            on_step(Step::Diagnostics(&said));
        }
        text.push_str(&said);
        line.clear();
    }
    let status = child.wait().map_err(could_not)?;
    if status.success() {
        return Ok(());
    }
    if settings.quiet {
        on_step(Step::Diagnostics(&text));
    }
    let start = text.ceil_char_boundary(text.len().saturating_sub(TAIL_BYTES));
    Err(Error::BuildSystem { program, lack: Lack::of(&text[start..]) })
}

/// The command line without what is set for it, which is long and always the same.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).filter(|word| !is_setting(word)).collect();
    words.join(" ")
}

/// `CC=…` and `-DCMAKE_…=…`
fn is_setting(word: &str) -> bool {
    let (name, _) = word.split_once('=').unwrap_or_default();
    let is_variable = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    is_variable || name.starts_with("-DCMAKE_")
}
