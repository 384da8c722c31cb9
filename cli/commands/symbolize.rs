//! `symbolize`: places in an image's code → functions and lines.

use std::io::Read as _;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use wasmpack_optimizer::{BuildId, Symbols};

use crate::context::Context;
use crate::error::Error;
use crate::{debug_module, document, trace};

/// Tell which functions and lines a trap went through
///
/// Runtimes name functions by their number, because an image has no names. Give the image, or the `.debug.wasm` beside
/// it, and offsets from the trap's message; without offsets, a message is read from stdin, its numbers are replaced by
/// names, and lines are put behind its offsets.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack symbolize target/wasmpack/hello 0x1a2b\n  \
    docker logs hello 2>&1 | cargo wasmpack symbolize target/wasmpack/hello")]
pub struct Arguments {
    /// An OCI layout with its debug module beside it, or the debug module
    pub target: Utf8PathBuf,
    /// Offsets in the module, such as 0x1a2b
    #[arg(value_parser = parse_offset)]
    pub offsets: Vec<usize>,
    /// Print one JSON object
    #[arg(long, requires = "offsets")]
    pub json: bool,
}

/// Prints a line for each offset, or what stdin says with names in it.
///
/// # Errors
/// When there is no debug module, or it is another image's.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let path = context.environment.current_dir.join(&arguments.target);
    let debug = debug_bytes(&path)?;
    let name = arguments.target.to_string();
    let symbols = Symbols::of(&debug).map_err(|source| Error::Inspect { name, source })?;
    if arguments.json {
        let places: Vec<_> = arguments.offsets.iter().map(|offset| as_json(*offset, &symbols)).collect();
        document::SYMBOLIZE.tell(&json!({ "places": places }), &mut context.shell)?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = if arguments.offsets.is_empty() {
        // A log may hold anything.
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map_err(Error::ReadInput)?;
        trace::told(&String::from_utf8_lossy(&text), &symbols)
    } else {
        let lines = arguments.offsets.iter().map(|offset| line(*offset, &symbols));
        lines.collect::<Vec<_>>().join("\n")
    };
    context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    Ok(ExitCode::SUCCESS)
}

/// The debug module at the path, or that of the image there.
fn debug_bytes(path: &Utf8Path) -> Result<Vec<u8>, Error> {
    let is_image = path.is_dir();
    let file = if is_image { debug_module::path(path) } else { path.to_owned() };
    let debug = std::fs::read(&file).map_err(|source| Error::ReadFile { path: file.clone(), source })?;
    if is_image {
        let module = wasmpack_packager::open(path.as_std_path())?.module()?;
        if !debug_module::belongs(&debug, BuildId::of(&module)) {
            return Err(Error::OtherDebugModule { path: file });
        }
    }
    Ok(debug)
}

/// `0x1a2b  main::parse (function 12, +0x3) at src/main.rs:40`
fn line(offset: usize, symbols: &Symbols) -> String {
    match symbols.at(offset) {
        None => format!("{offset:#x}  outside of all functions"),
        Some(place) => {
            let name = place.name.unwrap_or_else(|| "a function without a name".to_owned());
            let line = trace::at(place.line.as_ref());
            format!("{offset:#x}  {name} (function {}, +{:#x}){line}", place.function, place.offset)
        }
    }
}

fn as_json(offset: usize, symbols: &Symbols) -> Value {
    let place = symbols.at(offset);
    let place = place.as_ref();
    let line = place.and_then(|place| place.line.as_ref());
    json!({
        "offset": offset,
        "function": place.map(|place| place.function),
        "name": place.and_then(|place| place.name.as_ref()),
        "function_offset": place.map(|place| place.offset),
        "file": line.map(|line| &line.file),
        "line": line.map(|line| line.number),
        "exact": line.map(|line| line.is_exact),
    })
}

fn parse_offset(typed: &str) -> Result<usize, String> {
    let digits = typed.strip_prefix("0x").or_else(|| typed.strip_prefix("0X"));
    let parsed = digits.map_or_else(|| typed.parse(), |digits| usize::from_str_radix(digits, 16));
    parsed.map_err(|_| "write a number, such as 0x1a2b".to_owned())
}
