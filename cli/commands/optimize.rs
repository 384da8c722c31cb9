//! `optimize`: module → smaller module.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use wasmpack_packager::Compression;

use crate::args::OptimizeArguments;
use crate::context::Context;
use crate::error::Error;
use crate::{config, plan, report};

/// Make a module smaller
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The `.wasm` or `.wat` file
    pub module: Utf8PathBuf,
    /// Where the smaller one goes
    #[arg(short, long, value_name = "FILE")]
    pub output: Utf8PathBuf,
    /// Number of threads Binaryen may use
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    pub optimize: OptimizeArguments,
}

/// Reads, optimizes, writes.
///
/// # Errors
/// When the file is no module or the result cannot be written.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let current_dir = &context.environment.current_dir;
    let (from, to) = (current_dir.join(&arguments.module), current_dir.join(&arguments.output));
    let wasm = wasmpack_builder::read_module(&from)?;
    // Temporary files go where the result goes, which is on the same file system and can be written.
    let folder = to.parent().unwrap_or(current_dir);
    // Said before minutes of work.
    if !folder.is_dir() {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(Error::WriteFile { path: to, source });
    }
    let pipeline = plan::pipeline(
        &arguments.optimize,
        config::Optimize::default(),
        arguments.jobs,
        Compression::default(),
        folder,
        context,
    )?;
    let optimized = wasmpack_optimizer::optimize(&wasm, &pipeline)
        .map_err(|source| Error::Optimize { name: arguments.module.to_string(), source })?;
    report::passes(&optimized.report, &mut context.shell);
    wasmpack_packager::write_whole(to.as_std_path(), &optimized.wasm)?;
    report::module(arguments.module.as_str(), &optimized.report, &mut context.shell);
    Ok(ExitCode::SUCCESS)
}
