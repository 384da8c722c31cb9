//! `run --compare`: the same run before and after optimization.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Read as _};

use wasmpack_packager::Compression;
use wasmpack_runner::{Access, Exit, Invocation, Limits, Recording};

use crate::args::TargetArguments;
use crate::bounds;
use crate::config;
use crate::context::Context;
use crate::copies::Copies;
use crate::difference::{self, ending};
use crate::error::Error;
use crate::scratch::Scratch;
use crate::size::grouped;
use crate::target::Target;
use crate::user_config::UserConfig;
use crate::{plan, report};

/// So much is kept of each stream, and compared.
const KEPT_BYTES: usize = 64 << 20;

/// A run: what was seen, and the folders as it left them.
struct Run {
    recording: Recording,
    copies: Copies,
}

/// Runs the target twice and says what is the same.
///
/// # Errors
/// When something differs, there is nothing to compare with, or a run could not be made.
pub fn compare(
    target: &Target,
    typed: &TargetArguments,
    invocation: &Invocation,
    limits: &Limits,
    context: &mut Context,
) -> Result<(), Error> {
    let name = target.name();
    let (before, after) = versions(target, typed, context)?;
    let input = input()?;
    for directory in invocation.directories.iter().filter(|directory| directory.access == Access::ReadWrite) {
        context.shell.status("Copying", format_args!("{}, for each run", directory.host.display()));
    }
    let run = |wasm: &[u8]| -> Result<Run, Error> {
        let copies = Copies::of(&invocation.directories)?;
        let invocation = Invocation { directories: copies.directories.clone(), ..invocation.clone() };
        let recording = wasmpack_runner::record(wasm, &invocation, limits, &input, KEPT_BYTES)
            .map_err(|source| Error::Run { name: name.clone(), source })?;
        match recording.exit {
            Exit::TimedOut => Err(Error::TimedOut { name: name.clone() }),
            Exit::Stopped(bound) => Err(bounds::stopped(name.clone(), bound, limits)),
            _ => Ok(Run { recording, copies }),
        }
    };
    let (was, is) = (run(&before)?, run(&after)?);
    let differences = between(&was, &is)?;
    if differences.is_empty() {
        context.shell.status("Same", same(&was, &is)?);
        return Ok(());
    }
    // Whoever does not do the same twice is no measure.
    match between(&was, &run(&before)?)?.into_iter().next() {
        Some(difference) => Err(Error::Unsteady { name, difference }),
        None => Err(Error::Different { name, differences }),
    }
}

/// The module before and after optimization.
fn versions<'a>(
    target: &'a Target,
    typed: &TargetArguments,
    context: &mut Context,
) -> Result<(Cow<'a, [u8]>, Vec<u8>), Error> {
    let unoptimized = |wasm, name: &str| {
        wasmpack_optimizer::unoptimized(wasm)
            .map_err(|source| Error::Optimize { name: name.to_owned(), source })
    };
    match target {
        Target::Image { linked: Some(linked), .. } => {
            Ok((unoptimized(linked, &target.name())?, target.module()?))
        }
        Target::Image { linked: None, .. } => Err(Error::NothingBefore { name: target.name() }),
        Target::Module { name, wasm } => {
            let scratch = Scratch::new()?;
            let environment = &context.environment;
            let pipeline = plan::pipeline(
                &typed.optimize,
                config::Optimize::default(),
                typed.source.jobs.or(UserConfig::read(environment)?.jobs(environment)),
                Compression::default(),
                scratch.path()?,
                context,
            )?;
            let optimized = wasmpack_optimizer::optimize(wasm, &pipeline)
                .map_err(|source| Error::Optimize { name: name.clone(), source })?;
            report::passes(&optimized.report, &mut context.shell);
            Ok((unoptimized(wasm, name)?, optimized.wasm))
        }
    }
}

/// All of stdin, which both runs are given; nothing at a terminal, where nobody types the same twice.
fn input() -> Result<Vec<u8>, Error> {
    let (mut stdin, mut input) = (std::io::stdin(), Vec::new());
    if !stdin.is_terminal() {
        stdin.read_to_end(&mut input).map_err(Error::ReadInput)?;
    }
    Ok(input)
}

/// What is different between two runs, streams first.
fn between(before: &Run, after: &Run) -> Result<Vec<String>, Error> {
    // How deep that is depends on what is kept on the stack, so that streams and files end somewhere else.
    if exhausts_stack(&before.recording.exit) && exhausts_stack(&after.recording.exit) {
        return Ok(Vec::new());
    }
    let mut differences = difference::between(&before.recording, &after.recording);
    differences.extend(before.copies.difference(&after.copies).map_err(Error::CompareFiles)?);
    Ok(differences)
}

fn exhausts_stack(exit: &Exit) -> bool {
    matches!(exit, Exit::Trap(trap) if trap.message.contains("stack exhausted"))
}

/// `exit code 0, 120 bytes of stdout, 0 bytes of stderr`.
fn same(before: &Run, after: &Run) -> Result<String, Error> {
    let Recording { exit, stdout, stderr } = &before.recording;
    if exhausts_stack(exit) {
        return Ok(
            "trap (call stack exhausted); how deep the stack is may differ, so nothing else is compared"
                .to_owned(),
        );
    }
    let other_trap = match (exit, &after.recording.exit) {
        (Exit::Trap(was), Exit::Trap(is)) if was.message != is.message => format!(", now {}", is.message),
        _ => String::new(),
    };
    let files = match before.copies.count().map_err(Error::CompareFiles)? {
        None => String::new(),
        Some(1) => ", 1 file".to_owned(),
        Some(count) => format!(", {count} files"),
    };
    let end = ending(exit);
    let end = end.trim_start_matches("a ");
    let [stdout, stderr] = [stdout, stderr].map(|stream| grouped(stream.len() as u64));
    Ok(format!("{end}{other_trap}, {stdout} bytes of stdout, {stderr} of stderr{files}"))
}
