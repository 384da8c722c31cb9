//! `optimize`: module → smaller module.

use std::io::{IsTerminal as _, Read as _};
use std::num::NonZeroUsize;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use wasmpack_optimizer::{Optimized, Report};
use wasmpack_packager::Compression;

use crate::args::OptimizeArguments;
use crate::context::Context;
use crate::error::Error;
use crate::foreseen;
use crate::scratch::Scratch;
use crate::user_config::UserConfig;
use crate::{config, document, plan, report, snapshot};

/// Make a module smaller
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack optimize app.wasm -o small.wasm\n  \
    cargo wasmpack optimize - -o - --level s < app.wasm > small.wasm\n  \
    cargo wasmpack optimize app.wasm -o small.wasm --json | jq .after.bytes")]
pub struct Arguments {
    /// The `.wasm` or `.wat` file; `-` is a module on stdin
    pub module: Utf8PathBuf,
    /// Where the smaller one goes; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Utf8PathBuf,
    /// Number of threads Binaryen may use
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub optimize: OptimizeArguments,
}

/// What `--json` tells.
#[derive(Serialize)]
struct Told<'a> {
    output: &'a Utf8Path,
    #[serde(flatten)]
    report: &'a Report,
}

/// Stands for stdin and stdout.
const STREAM: &str = "-";

/// Reads, optimizes, writes.
///
/// # Errors
/// When the file is no module or the result cannot be written.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let is_to_stdout = arguments.output == STREAM;
    if is_to_stdout && arguments.json {
        return Err(Error::ModuleAndJson);
    }
    let report = if is_to_stdout { to_stdout(arguments, context) } else { to_file(arguments, context) }?;
    report::module(arguments.name(), &report, &mut context.shell);
    if arguments.json {
        let output = context.environment.current_dir.join(&arguments.output);
        document::OPTIMIZE.tell(&Told { output: &output, report: &report }, &mut context.shell)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn to_file(arguments: &Arguments, context: &mut Context) -> Result<Report, Error> {
    let to = context.environment.current_dir.join(&arguments.output);
    // Temporary files go where the result goes, which is on the same file system and can be written.
    let folder = to.parent().unwrap_or(&to);
    // Said before minutes of work.
    foreseen::file(&to)?;
    let Optimized { wasm, report, .. } = optimized(arguments, folder, context)?;
    wasmpack_packager::write_whole(to.as_std_path(), &wasm)?;
    Ok(report)
}

fn to_stdout(arguments: &Arguments, context: &mut Context) -> Result<Report, Error> {
    if std::io::stdout().is_terminal() {
        return Err(Error::ModuleToTerminal);
    }
    let scratch = Scratch::new()?;
    let Optimized { wasm, report, .. } = optimized(arguments, scratch.path()?, context)?;
    context.shell.result_bytes(&wasm).map_err(Error::WriteResult)?;
    Ok(report)
}

fn optimized(arguments: &Arguments, scratch: &Utf8Path, context: &mut Context) -> Result<Optimized, Error> {
    let wasm = if arguments.module == STREAM {
        let mut wasm = Vec::new();
        std::io::stdin().read_to_end(&mut wasm).map_err(Error::ReadInput)?;
        wasm
    } else {
        wasmpack_builder::read_module(&context.environment.current_dir.join(&arguments.module))?
    };
    let Arguments { jobs, optimize, .. } = arguments;
    let wasm = match &optimize.snapshot {
        Some(initializer) => snapshot::of(&wasm, initializer, arguments.name(), &mut context.shell)?,
        None => wasm,
    };
    let config = config::Optimize::default();
    let jobs = jobs.or(UserConfig::read(&context.environment)?.jobs(&context.environment));
    let pipeline = plan::pipeline(optimize, config, jobs, Compression::default(), scratch, context)?;
    let optimized = wasmpack_optimizer::optimize(&wasm, &pipeline)
        .map_err(|source| Error::Optimize { name: arguments.name().to_owned(), source })?;
    report::passes(&optimized.report, &mut context.shell);
    Ok(optimized)
}

impl Arguments {
    /// What to call the module.
    fn name(&self) -> &str {
        if self.module == STREAM { "stdin" } else { self.module.as_str() }
    }
}
