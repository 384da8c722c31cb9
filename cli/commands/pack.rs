//! `pack`: module → image.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use wasmpack_optimizer::Level;

use crate::args::{ImageArguments, OptimizeArguments, SourceArguments, Typed};
use crate::commands::build::{self, Form};
use crate::context::Context;
use crate::error::Error;
use crate::foreseen;
use crate::gate;
use crate::make;
use crate::output::Output;
use crate::plan::Plan;
use crate::registry_arguments::RegistryArguments;

/// Put a module into an image, as it is
///
/// The same as `build --level none`, which leaves the module as it is, byte for byte.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cargo wasmpack pack app.wasm -o type=oci-archive,dest=app.tar")]
pub struct Arguments {
    /// The `.wasm` or `.wat` file, or a folder whose configuration names it
    pub module: Utf8PathBuf,
    #[command(flatten)]
    pub image: ImageArguments,
    /// Write the image there as well: `type=oci-archive,dest=FILE`, `type=docker-archive,dest=FILE` or
    /// `type=oci-layout,dest=FOLDER`; of several formats, with `,format=FORMAT` that one
    #[arg(short, long, value_name = "OUTPUT", help_heading = "Image Options")]
    pub output: Vec<Output>,
    /// Directory for what is made [default: `target` beside the module]
    #[arg(long, value_name = "DIRECTORY")]
    pub target_dir: Option<Utf8PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Packs, and prints `name@sha256:…` for each image.
///
/// # Errors
/// When the file is no module, or the image cannot be written; and, after it is written, when it is against its
/// policy or over its budget.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let source = SourceArguments { target_dir: arguments.target_dir.clone(), ..Default::default() };
    let optimize = OptimizeArguments { level: Some(Level::None.to_string()), ..Default::default() };
    let typed = Typed {
        path: Some(&arguments.module),
        source: &source,
        optimize: &optimize,
        image: &arguments.image,
        outputs: &arguments.output,
        registry: RegistryArguments::none(),
        partition: None,
    };
    let plan = Plan::resolve(&typed, context)?;
    foreseen::outputs(&plan.outputs)?;
    let images = make::images(&plan, context)?;
    gate::obey(&images)?;
    let form = if arguments.json { Form::Document } else { Form::Lines };
    build::tell(&images, &plan, form, context)
}
