//! `config`: what is configured, and what can be.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::Value;
use wasmpack_builder::{Machine, Project};

use crate::args::{ImageArguments, OptimizeArguments, SourceArguments, Typed};
use crate::build_settings::{self, Asked};
use crate::config::{self, Said};
use crate::config_shown::{Shown, shown};
use crate::context::Context;
use crate::document::{self, Document};
use crate::error::Error;
use crate::plan::{self, Configured};
use crate::registry_arguments::RegistryArguments;
use crate::schema;
use crate::user_config::UserConfig;

/// Show what is configured, or what can be
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack config show --origin\n  \
    cargo wasmpack config schema > wasmpack.schema.json\n  \
    cargo wasmpack config schema build")]
pub struct Arguments {
    /// What is asked for.
    #[command(subcommand)]
    pub question: Question,
}

/// What is asked for.
#[derive(Debug, clap::Subcommand)]
pub enum Question {
    Show(Show),
    /// Print a JSON schema of the configuration, for editors; or of what a verb prints with `--json`
    ///
    /// A file `wasmpack.toml` whose first line is `#:schema ./wasmpack.schema.json`, or names a URL, is completed and
    /// checked by editors that know Taplo.
    Schema {
        /// The document instead, or the verb that prints it
        #[arg(value_parser = document_parser())]
        document: Option<&'static Document>,
    },
}

/// Show the configuration of a project, from all its places together
///
/// The nearest place wins, key by key: `wasmpack.toml`, then `[package.metadata.wasmpack]`, then
/// `[workspace.metadata.wasmpack]`, then the user's own `config.toml`. Flags and variables are not looked at.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack config show\n  \
    cargo wasmpack config show examples/wordcount --origin\n  \
    cargo wasmpack config show --json | jq .image")]
pub struct Show {
    /// The project [default: the current directory]
    pub path: Option<Utf8PathBuf>,
    /// Show this package alone, of a workspace
    #[arg(short, long, value_name = "NAME")]
    pub package: Option<String>,
    /// Say which file or table each key is from
    #[arg(long)]
    pub origin: bool,
    /// Say it as JSON: with `--origin`, of each package all keys with `value` and `origin`
    #[arg(long)]
    pub json: bool,
}

fn document_parser() -> impl clap::builder::TypedValueParser<Value = &'static Document> {
    let names = PossibleValuesParser::new(Document::names());
    names.try_map(|name| Document::find(&name).ok_or("there is no such document"))
}

/// Prints it, as TOML or JSON.
///
/// # Errors
/// When there is no such project or package, or its configuration cannot be understood.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let told = match &arguments.question {
        Question::Schema { document: None } => pretty(&schema::schema()),
        Question::Schema { document: Some(document) } => document.schema().to_owned(),
        Question::Show(arguments) => show(arguments, context)?,
    };
    context.shell.result(told.trim_end()).map_err(Error::WriteResult)?;
    Ok(ExitCode::SUCCESS)
}

fn show(arguments: &Show, context: &Context) -> Result<String, Error> {
    let user = UserConfig::read(&context.environment)?;
    let project = project(arguments, &user, context)?;
    let all = plan::configurations(&project, &user)?;
    let name = |one: &Configured| one.package.clone().unwrap_or_default();
    let is_meant = |one: &&Configured| arguments.package.is_none() || one.package == arguments.package;
    let chosen: Vec<_> = all.iter().filter(is_meant).collect();
    if let (Some(package), true) = (&arguments.package, chosen.is_empty()) {
        let known = all.iter().map(name).collect::<Vec<_>>().join("`, `");
        return Err(Error::UnknownPackage { package: package.clone(), known });
    }
    let shown = chosen.iter().map(|one| Ok((name(one), of(one, &project, &user, context)?)));
    let shown = shown.collect::<Result<Vec<_>, Error>>()?;
    if arguments.json {
        let value = |shown: &Shown| if arguments.origin { shown.with_origins() } else { shown.to_json() };
        return Ok(document::CONFIG_SHOW.text(&match &shown[..] {
            [(_, only)] => value(only),
            several => several.iter().map(|(name, shown)| (name.clone(), value(shown))).collect(),
        }));
    }
    Ok(match &shown[..] {
        [(_, only)] => {
            let said = only.to_toml(arguments.origin);
            if said.is_empty() { "# Nothing is configured, and all is as usual.\n".to_owned() } else { said }
        }
        several => {
            let document = |(name, shown): &(String, Shown)| {
                format!("# package {name}\n{}", shown.to_toml(arguments.origin))
            };
            several.iter().map(document).collect::<Vec<_>>().join("\n")
        }
    })
}

fn project(arguments: &Show, user: &UserConfig, context: &Context) -> Result<Project, Error> {
    let (source, optimize) = (SourceArguments::default(), OptimizeArguments::default());
    let typed = Typed {
        path: arguments.path.as_deref(),
        source: &source,
        optimize: &optimize,
        image: ImageArguments::NONE,
        outputs: &[],
        registry: RegistryArguments::none(),
        partition: None,
    };
    let environment = &context.environment;
    let machine = Machine::read(&environment.current_dir, environment.variables());
    let asked = Asked::of(&source, environment)?;
    let (source, settings) = build_settings::find(&typed, &asked, &machine, user, context)?;
    Ok(Project::open(source, &settings, &machine)?)
}

/// What is configured of one package; files are named as seen from the current directory.
fn of(one: &Configured, project: &Project, user: &UserConfig, context: &Context) -> Result<Shown, Error> {
    let package = project.packages.iter().find(|package| Some(&package.name) == one.package.as_ref());
    let metadata = package.map_or(&Value::Null, |package| &package.metadata);
    let mut places = config::places(&one.folder, metadata, &project.workspace_metadata, user)?;
    let mut user = user.all();
    for Said { place, .. } in places.iter_mut().chain([&mut user]) {
        let below = place.strip_prefix(context.environment.current_dir.as_str());
        if let Some(below) = below.and_then(|rest| rest.strip_prefix(std::path::is_separator)) {
            *place = below.to_owned();
        }
    }
    Ok(shown(&one.config, &places)?.with(&user))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a value can be written")
}
