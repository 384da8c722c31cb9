//! How the sources are built: where they are, for which target, with which toolchain and which of cargo's flags.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use wasmpack_builder::{
    CSettings, CargoSettings, Color, Goal, Machine, Messages, Settings, Source, SystemSettings, Target,
    Toolchain,
};

use crate::args::{SourceArguments, Std, Typed};
use crate::config::{self, BuiltBy};
use crate::context::Context;
use crate::environment::Environment;
use crate::error::Error;
use crate::image_plan::Origin;
use crate::kinds::Kind;
use crate::shell::Verbosity;
use crate::user_config::UserConfig;

/// What was typed, and so is the same for all packages whatever they say.
#[derive(Debug)]
pub struct Asked {
    target: Option<Target>,
    toolchain: Option<Toolchain>,
}

impl Asked {
    /// Reads it.
    ///
    /// # Errors
    /// When a target or toolchain is not known.
    pub fn of(typed: &SourceArguments, environment: &Environment) -> Result<Self, Error> {
        let toolchain = typed.toolchain.as_deref().map(str::parse).transpose()?;
        Ok(Self {
            target: typed.triple.as_deref().map(str::parse).transpose()?,
            toolchain: toolchain.map(|asked| below(asked, &environment.current_dir)),
        })
    }

    /// How the package of `origin` is built; for `target`, if neither it nor what was typed says another.
    #[must_use]
    pub fn kind(&self, config: config::Build, origin: Origin<'_>, goal: Goal, target: Target) -> Kind {
        let of_package = config.target.map(|target| target.value);
        let from = if config.has_toolchain_of_workspace { &origin.project.root } else { origin.folder };
        let toolchain = config.toolchain.map(|asked| below(asked.value, from));
        Kind {
            target: self.target.or(of_package).unwrap_or(target),
            goal,
            toolchain: self.toolchain.clone().or(toolchain).unwrap_or_default(),
            launcher: config.launcher,
            stack_size_bytes: config.stack_size,
        }
    }
}

/// Where the sources are, and how all of them are built as far as packages do not differ.
///
/// # Errors
/// When two places were named, there is no project at the one, or its configuration cannot be understood.
pub fn find(
    typed: &Typed<'_>,
    asked: &Asked,
    machine: &Machine,
    user: &UserConfig,
    context: &Context,
) -> Result<(Source, Settings), Error> {
    if let (Some(path), Some(manifest)) = (typed.path, &typed.source.manifest_path) {
        return Err(Error::TwoProjects { path: path.to_owned(), manifest: manifest.clone() });
    }
    let path = typed.source.manifest_path.as_deref().or(typed.path).unwrap_or(Utf8Path::new(""));
    // Where the sources are may be written in the folder that is still to be understood.
    let folder: Utf8PathBuf = context.environment.current_dir.join(path);
    let config = config::load(&folder, &Value::Null, &Value::Null, user)?.build;
    let mut settings = settings(typed.source, user, context);
    let of_folder = config.target.as_ref().map(|target| target.value);
    settings.target = asked.target.or(of_folder).unwrap_or_default();
    settings.system = system_settings(&config);
    settings.c = c_settings(config, &folder);
    if let Some(toolchain) = &asked.toolchain {
        settings.c.toolchain = toolchain.clone();
    }
    let source = Source::detect(path, &settings, machine)?;
    if !matches!(source, Source::Cargo { .. })
        && let Some(flag) = typed.cargo_only()
    {
        return Err(Error::CargoFlag { flag, dir: source.dir().to_owned() });
    }
    Ok((source, settings))
}

fn settings(typed: &SourceArguments, user: &UserConfig, context: &Context) -> Settings {
    let verbosity = context.shell.verbosity();
    Settings {
        cargo: CargoSettings {
            package: typed.package.clone(),
            workspace: typed.workspace,
            exclude: typed.exclude.clone(),
            bin: typed.bin.clone(),
            bins: typed.bins,
            example: typed.example.clone(),
            examples: typed.examples,
            lib: typed.lib,
            features: typed.features.features.clone(),
            all_features: typed.features.all_features,
            no_default_features: typed.features.no_default_features,
            profile: if typed.release { Some("release".to_owned()) } else { typed.profile.clone() },
            std: match typed.std {
                Some(Std::Minimal) => wasmpack_builder::Std::Minimal,
                Some(Std::Full) | None => wasmpack_builder::Std::Full,
            },
            locked: typed.locked,
            offline: typed.offline,
            frozen: typed.frozen,
            config: typed.config.clone(),
        },
        c: CSettings::default(),
        system: SystemSettings::default(),
        target: Target::default(),
        goal: Goal::default(),
        target_dir: typed.target_dir.clone(),
        jobs: typed.jobs.or(user.jobs(&context.environment)),
        color: if context.shell.colored() { Color::Always } else { Color::Never },
        messages: match (context.shell.speaks_json(), context.shell.is_in_job()) {
            (true, _) => Messages::Handed,
            (false, true) if context.shell.colored() => Messages::HandedInColor,
            (false, true) => Messages::Handed,
            (false, false) => Messages::Drawn,
        },
        verbose: context.shell.verbose(),
        quiet: verbosity == Verbosity::Quiet,
    }
}

/// What the configuration says of the build system.
#[must_use]
pub fn system_settings(config: &config::Build) -> SystemSettings {
    let asked = config.system.as_ref().map(|system| system.value);
    let system = match asked {
        Some(BuiltBy::System(system)) => Some(system),
        Some(BuiltBy::Compiler) | None => None,
    };
    SystemSettings {
        system,
        c: asked == Some(BuiltBy::Compiler),
        command: config.command.clone().map(config::CommandLine::into_words).unwrap_or_default(),
        arguments: config.arguments.clone().unwrap_or_default(),
        module: config.module.clone().map(Into::into),
        bin: config.bin.clone(),
    }
}

/// What the configuration of `folder` says.
fn c_settings(config: config::Build, folder: &Utf8Path) -> CSettings {
    let paths = |paths: Option<Vec<String>>| paths.unwrap_or_default().into_iter().map(Into::into).collect();
    let toolchain = config.toolchain.map(|asked| below(asked.value, folder));
    CSettings {
        sources: config.sources.unwrap_or_default(),
        include: paths(config.include),
        define: config.define.unwrap_or_default(),
        std: config.std.unwrap_or_default(),
        flags: config.flags.unwrap_or_default(),
        link: config.link.unwrap_or_default(),
        exceptions: config.exceptions.unwrap_or_default(),
        lto: config.lto.unwrap_or_default(),
        stack_size_bytes: config.stack_size,
        launcher: config.launcher,
        toolchain: toolchain.unwrap_or_default(),
    }
}

/// The toolchain that was asked for; a path starts from `folder`.
fn below(asked: Toolchain, folder: &Utf8Path) -> Toolchain {
    match asked {
        Toolchain::At(path) => Toolchain::At(folder.join(path)),
        other => other,
    }
}
