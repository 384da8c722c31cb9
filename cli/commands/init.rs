//! `init`: a project to begin with, or the configuration of one that is there.

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::{Value, json};
use wasmpack_builder::{Machine, Settings, Source};

use crate::adopt::{Adopted, adopt};
use crate::asked::asked;
use crate::ci::{Built, Ci};
use crate::context::Context;
use crate::deploy::Deploy;
use crate::document;
use crate::error::Error;
use crate::init_error::InitError;
use crate::project_name::ProjectName;
use crate::scaffold::{self, NewFile};
use crate::shell::Verbosity;
use crate::templates::{Deployed, Kind, Needs, TEMPLATES, TakenName, Template};
use crate::unbuildable::{tell_of_workspace, tell_what_is_missing};
use crate::user_config::UserConfig;
use crate::{build_settings, config, git};

/// Begin a project, or add the configuration to one
///
/// In a new or empty folder, writes a project that builds, runs and tests itself. In a folder that has a project, adds what
/// configures it, and nothing else. At a terminal it asks for what is not given. The files that were written go to stdout.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack init hello --template http && cargo wasmpack run hello\n  \
    cargo wasmpack init --deploy kubernetes")]
pub struct Arguments {
    /// Folder of the project [default: the current directory]
    #[arg(default_value = ".", hide_default_value = true)]
    pub path: Utf8PathBuf,
    /// What to begin with [default: cli]
    #[arg(short, long, value_name = "TEMPLATE", value_parser = template_parser())]
    pub template: Option<&'static Template>,
    /// Name of package and image [default: the folder's]
    #[arg(long, value_name = "NAME")]
    pub name: Option<ProjectName>,
    /// Also write what runs the image [default: none]
    #[arg(long, value_name = "PLACE")]
    pub deploy: Option<Deploy>,
    /// Also write what builds and pushes the image at a forge, or in a cluster [default: none]
    #[arg(long, value_name = "FORGE")]
    pub ci: Option<Ci>,
    /// Divide the images of a workspace among so many jobs of that, up to 200 [default: 1]
    #[arg(long, value_name = "N", requires = "ci", value_parser = clap::value_parser!(u16).range(1..=MOST_PARTS))]
    pub parts: Option<u16>,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
    /// List the templates
    #[arg(long)]
    pub list: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// More jobs GitLab does not start at once; GitHub takes 256.
const MOST_PARTS: i64 = 200;

fn template_parser() -> impl clap::builder::TypedValueParser<Value = &'static Template> {
    let names = TEMPLATES.iter().map(|template| template.name);
    PossibleValuesParser::new(names).try_map(|name| Template::find(&name).ok_or("there is no such template"))
}

/// All that is to be written, and what it makes.
struct Draft {
    files: Vec<NewFile>,
    deployed: Deployed,
    needs: Vec<Needs>,
    /// What the whole is called, where `deployed` may be one of several programs.
    name: ProjectName,
    is_workspace: bool,
    /// Whether it is no package besides, and there already.
    is_only_workspace: bool,
    /// Absent in a project that is there already.
    template: Option<&'static Template>,
}

/// Writes the project.
///
/// # Errors
/// When the folder has something else in it, a file would be replaced that nobody allowed to, or cannot be written.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    if arguments.list && arguments.json {
        let told = |Template { name, summary, .. }: &Template| json!({"name": name, "summary": summary});
        let told = json!({"templates": TEMPLATES.iter().map(told).collect::<Vec<_>>()});
        document::TEMPLATES.tell(&told, &mut context.shell)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.list {
        for Template { name, summary, .. } in TEMPLATES {
            context.shell.result(format_args!("{name:<12} {summary}")).map_err(Error::WriteResult)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let folder = context.environment.current_dir.join(&arguments.path);
    // `.` and `..` have names, too.
    let folder = folder.canonicalize_utf8().unwrap_or(folder);
    if folder.is_file() {
        return Err(InitError::NotAFolder { path: folder }.into());
    }
    let mut draft = draft(arguments, &folder, context)?;
    draft.files.extend(deployment(arguments, &draft, &folder, context)?);
    let pipeline = pipeline(arguments, &draft, &folder, context)?;
    if let Some(file) = &pipeline {
        tell_of_forge(&draft.needs, &folder, file, context);
    }
    draft.files.extend(pipeline);
    let Draft { files, template, .. } = draft;
    write(arguments, &folder, &files, template, context)?;
    if let Some(template) = template {
        tell_of_workspace(template, &folder, context);
        tell_what_is_missing(template, context);
    }
    Ok(ExitCode::SUCCESS)
}

/// What the folder is to become, by what it is.
fn draft(arguments: &Arguments, folder: &Utf8Path, context: &mut Context) -> Result<Draft, Error> {
    let present = entries(folder)?;
    let project = if arguments.template.is_none() { project_in(folder, context)? } else { None };
    if let Some(source) = project {
        let Adopted { file, name: image, kind, needs, is_workspace, is_package } =
            adopt(&source, arguments.name.as_ref())?;
        let is_only_workspace = is_workspace && !is_package;
        match &arguments.name {
            Some(named) if file.is_none() && named.as_str() != image => context.shell.note(format_args!(
                "the project has its configuration already, and its image stays `{image}`"
            )),
            _ if file.is_none() => context.shell.note("the project has its configuration already"),
            _ => {}
        }
        let of_folder = || ProjectName::of_folder(folder.file_name().unwrap_or_default());
        let name = arguments.name.clone().unwrap_or_else(of_folder);
        let deployed = Deployed { kind, path: ".".into(), name: image, arguments: Vec::new() };
        let files = file.into_iter().collect();
        return Ok(Draft { files, deployed, needs, name, is_workspace, is_only_workspace, template: None });
    }
    if !present.is_empty() && !arguments.force {
        return Err(InitError::NotEmpty { folder: folder.to_owned(), entries: shortened(&present) }.into());
    }
    let template = arguments
        .template
        .unwrap_or_else(|| asked("Template", &names(), &TEMPLATES[0], context, Template::find));
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => {
            let default = ProjectName::of_folder(folder.file_name().unwrap_or_default());
            asked("Name", "", default, context, |typed| typed.parse().ok())
        }
    };
    let files = template.render(&name).map_err(|TakenName| InitError::NameOfDependency {
        name: name.to_string(),
        template: template.name,
    })?;
    let (deployed, needs) = (template.deployed(&name), template.needs.to_vec());
    let is_workspace = template.name == "workspace";
    Ok(Draft {
        files,
        deployed,
        needs,
        name,
        is_workspace,
        is_only_workspace: false,
        template: Some(template),
    })
}

/// The documents that run the image.
fn deployment(
    arguments: &Arguments,
    Draft { deployed, is_only_workspace, .. }: &Draft,
    folder: &Utf8Path,
    context: &mut Context,
) -> Result<Option<NewFile>, Error> {
    let is_library = deployed.kind == Kind::Library;
    let deploy = match arguments.deploy {
        Some(Deploy::None) => Deploy::None,
        Some(_) if is_library => return Err(InitError::NothingToDeploy.into()),
        Some(_) if *is_only_workspace => {
            return Err(InitError::WhichToDeploy { folder: folder.to_owned() }.into());
        }
        Some(deploy) => deploy,
        None if is_library || *is_only_workspace => Deploy::None,
        None => asked("Deploy", "kubernetes, compose, none", Deploy::None, context, |typed| {
            clap::ValueEnum::from_str(typed, true).ok()
        }),
    };
    Ok(deploy.file(deployed))
}

/// The file by which a forge builds the image, or a cluster the images.
fn pipeline(
    arguments: &Arguments,
    draft: &Draft,
    folder: &Utf8Path,
    context: &mut Context,
) -> Result<Option<NewFile>, InitError> {
    let Draft { needs, is_workspace, name, deployed, .. } = draft;
    let parts = arguments.parts.unwrap_or(1);
    let branch = folder.ancestors().find(|above| above.is_dir()).and_then(git::default_branch);
    // Of another the files would be no YAML.
    let is_plain = |branch: &String| {
        branch.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._/".contains(letter))
    };
    let branch = branch.filter(is_plain).unwrap_or_else(|| "main".to_owned());
    let built = Built { name: name.as_str(), needs, is_workspace: *is_workspace, parts, branch: &branch };
    let parse =
        |typed: &str| <Ci as clap::ValueEnum>::from_str(typed, true).ok().filter(|ci| ci.is_for(&built));
    let known = if *is_workspace { "github, gitlab, kubernetes, none" } else { "github, gitlab, none" };
    let ci = arguments.ci.unwrap_or_else(|| asked("CI", known, Ci::None, context, parse));
    if ci != Ci::None && !ci.is_for(&built) {
        return Err(InitError::NothingToDivide { name: deployed.name.clone() });
    }
    Ok(ci.file(&built))
}

/// What a forge would miss.
fn tell_of_forge(needs: &[Needs], folder: &Utf8Path, file: &NewFile, context: &mut Context) {
    if needs.contains(&Needs::Command) {
        context.shell.note(format_args!("have `{}` install what `build.command` needs", file.path));
    }
    let repository = folder.ancestors().find(|above| above.join(".git").exists());
    if let Some(below) = repository.and_then(|above| folder.strip_prefix(above).ok())
        && !below.as_str().is_empty()
    {
        let place = Utf8Path::new(&"../".repeat(below.components().count())).join(&file.path);
        context.shell.note(format_args!(
            "a forge reads it in the root of the repository: move it to `{place}`, and have its commands run in `{below}`"
        ));
    }
}

fn names() -> String {
    TEMPLATES.iter().map(|template| template.name).collect::<Vec<_>>().join(", ")
}

/// What is in the folder, but for a repository that has just begun.
fn entries(folder: &Utf8Path) -> Result<Vec<String>, Error> {
    let failed = |source| Error::ReadFile { path: folder.to_owned(), source };
    let entries = match folder.read_dir_utf8() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(source)),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_owned()));
    let mut names = names.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    names.retain(|name| name != ".git");
    names.sort();
    Ok(names)
}

fn shortened(names: &[String]) -> String {
    let (shown, others) = names.split_at(names.len().min(3));
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    format!("`{}`{more}", shown.join("`, `"))
}

/// The project that the folder itself holds.
fn project_in(folder: &Utf8Path, context: &Context) -> Result<Option<Source>, Error> {
    let machine = Machine::read(&context.environment.current_dir, context.environment.variables());
    let config = config::load(folder, &Value::Null, &Value::Null, &UserConfig::default())?;
    let settings = Settings { system: build_settings::system_settings(&config.build), ..Settings::default() };
    let source = Source::detect(folder, &settings, &machine).ok();
    // A manifest above makes no project of this folder.
    Ok(source.filter(|source| source.dir() == folder))
}

/// Writes all files or none, and tells which.
fn write(
    arguments: &Arguments,
    folder: &Utf8Path,
    files: &[NewFile],
    template: Option<&Template>,
    context: &mut Context,
) -> Result<(), Error> {
    let mut replaced = scaffold::present(folder, files);
    // Of a manifest that gets its configuration, all else stays.
    replaced.retain(|path| template.is_some() || *path != "Cargo.toml");
    if !replaced.is_empty() && !arguments.force {
        let paths = replaced.iter().map(ToString::to_string).collect::<Vec<_>>();
        return Err(InitError::WouldReplace { folder: folder.to_owned(), paths: paths.join("`, `") }.into());
    }
    scaffold::write(folder, files)?;
    if let Some(template) = template {
        context
            .shell
            .status("Created", format_args!("`{}` from the template `{}`", arguments.path, template.name));
    }
    let mut shown = Vec::new();
    for NewFile { path, .. } in files {
        match template {
            _ if replaced.contains(&&**path) => {
                context.shell.file(Verbosity::Normal, "Replaced", &folder.join(path), path);
            }
            Some(_) => {}
            None if path == "Cargo.toml" => {
                context.shell.status("Added", format_args!("configuration to {path}"));
            }
            None => context.shell.file(Verbosity::Normal, "Added", &folder.join(path), path),
        }
        shown.push(if arguments.path == "." { path.clone() } else { arguments.path.join(path) });
    }
    if arguments.json {
        let told = json!({"template": template.map(|template| template.name), "files": shown});
        return document::INIT.tell(&told, &mut context.shell);
    }
    shown.iter().try_for_each(|path| context.shell.result(path)).map_err(Error::WriteResult)
}
