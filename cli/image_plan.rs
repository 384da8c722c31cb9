//! What the images of one build say, before there is a module to put in.

use std::collections::BTreeMap;

use camino::Utf8Path;
use wasmpack_builder::{Module, Package, Project};
use wasmpack_optimizer::Capabilities;
use wasmpack_packager::{
    Compression, Draft, Format, ModulePath, Platform, Port, Reference, StopSignal, Tar, User, Volume,
    ZOPFLI_LIMIT_BYTES,
};

use crate::about::About;
use crate::args::{ImageArguments, Typed};
use crate::attestations::Attestations;
use crate::created::Created;
use crate::environment::Environment;
use crate::error::Error;
use crate::git::Checkout;
use crate::user_config::UserConfig;
use crate::word::Word;
use crate::{config, files};

/// Names, settings and time of the images of one build.
#[derive(Debug, Clone)]
pub struct ImagePlan {
    /// The name asked for, instead of each module's own.
    name: Option<Reference>,
    /// Further names of the same image.
    pub also: Vec<Reference>,
    /// What comes before a module's own name, such as `ghcr.io/acme`.
    repository: Option<String>,
    /// The formats it is written in, the one that has its plain name first.
    pub formats: Vec<Format>,
    /// The platform, where there is but one.
    pub platform: Platform,
    /// How layers are stored.
    pub compression: Compression,
    /// Where the module stands, and how it is started.
    pub entrypoint: ModulePath,
    /// Other programs that go into the same image.
    pub with: Vec<String>,
    /// What goes in besides modules.
    pub files: Option<Tar>,
    /// Default arguments.
    pub args: Vec<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Whom it runs as.
    pub user: Option<User>,
    /// Ports it listens on.
    pub ports: Vec<Port>,
    /// Folders that outlive a container.
    pub volumes: Vec<Volume>,
    /// What asks it to end.
    pub stop_signal: Option<StopSignal>,
    /// Annotations and labels.
    pub about: About,
    /// When it was created.
    pub created: Created,
    /// What is told of it besides.
    pub attestations: Attestations,
}

/// Where an image plan comes from, besides what was typed.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The project.
    pub project: &'a Project,
    /// The package, if it has any.
    pub package: Option<&'a Package>,
    /// The folder of its configuration.
    pub folder: &'a Utf8Path,
    /// The commit, if there is one.
    pub checkout: Option<&'a Checkout>,
    /// When it was created.
    pub created: Created,
}

impl ImagePlan {
    /// Settles what the images say, from flags over environment over configuration.
    ///
    /// # Errors
    /// When the name asked for is no reference, a format, platform or compression is not known, or they do not go
    /// together; when files cannot go into the image.
    pub fn resolve(
        typed: &Typed<'_>,
        config: config::Image,
        origin: Origin<'_>,
        user: &UserConfig,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let Origin { project, package, folder, checkout, created } = origin;
        let repository = user.repository(environment);
        let ImageArguments { tag, format, platform, compress, sbom, provenance, debug_module, sign: _, said } =
            typed.image;
        let tags = tag.iter().map(|tag| tag.parse()).collect::<Result<Vec<Reference>, _>>()?;
        let (tag, also) = tags.split_first().map_or((None, &[][..]), |(tag, also)| (Some(tag), also));
        let name = match (tag, config.name) {
            (Some(tag), _) => Some(tag.clone()),
            (None, Some(name)) => Some(below(repository.as_deref(), &name.value.to_string()).parse()?),
            (None, None) => None,
        };
        let compression = compress.as_deref().map(str::parse).transpose()?.or(value(config.compress));
        let formats = formats(format, config.format)?;
        let platform = platform.as_deref().map(str::parse).transpose()?.or(value(config.platform));
        let entrypoint = said.entrypoint.clone().or(value(config.entrypoint)).unwrap_or_else(ModulePath::app);
        let with = first(&said.with, config.with);
        let (files, from) = match (&said.file[..], config.has_files_of_workspace) {
            ([], false) => (config.files.unwrap_or_default(), folder),
            ([], true) => (config.files.unwrap_or_default(), &*project.root),
            (typed, _) => (typed.to_vec(), &*environment.current_dir),
        };
        let has_more = !with.is_empty() || !files.is_empty();
        have_room(&formats, platform.as_ref(), has_more, said.of_configs())?;
        let modules = with.iter().map(|name| path_of(name)).collect::<Result<Vec<_>, Error>>()?;
        let modules: Vec<_> = [entrypoint.clone()].into_iter().chain(modules).collect();
        let about = About::find(package, checkout, created)
            .with(over(config.annotations, &said.annotation), over(config.labels, &said.label));
        let mut plan = Self {
            name,
            also: also.to_vec(),
            formats,
            platform: platform.unwrap_or(Platform::WASI_WASM),
            compression: compression.unwrap_or_default(),
            repository,
            files: files::find(&files, from, project, &modules, created)?,
            entrypoint,
            with,
            args: first(&said.cmd, config.args),
            env: over(config.env, &said.env),
            user: said.user.clone().or(value(config.user)),
            ports: first(&said.port, config.ports.map(values)),
            volumes: first(&said.volume, config.volumes.map(values)),
            stop_signal: said.stop_signal.clone().or(value(config.stop_signal)),
            about,
            created,
            attestations: Attestations {
                sbom: sbom.or(value(config.sbom)).unwrap_or_default(),
                has_provenance: provenance.or(config.provenance).unwrap_or(true),
                has_debug_module: debug_module.or(config.debug_module).unwrap_or(true),
            },
        };
        let left_out = plan.left_out();
        plan.about.warnings.extend(left_out);
        Ok(plan)
    }

    /// That one of the formats has no place for some of it.
    fn left_out(&self) -> Option<String> {
        let unsaid = self.unsaid();
        let format = self.formats.iter().find(|format| !has_config(**format));
        let format = format.filter(|_| !unsaid.is_empty())?;
        Some(format!("format `{format}` has no place for `{}` and leaves it out", unsaid.join("`, `")))
    }

    /// What of this an image without a config of its own does not say, by the keys of the configuration.
    fn unsaid(&self) -> Vec<&'static str> {
        let said = [
            ("entrypoint", self.entrypoint != ModulePath::app()),
            ("args", !self.args.is_empty()),
            ("env", !self.env.is_empty()),
            ("user", self.user.is_some()),
            ("ports", !self.ports.is_empty()),
            ("volumes", !self.volumes.is_empty()),
            ("stop-signal", self.stop_signal.is_some()),
            ("labels", self.about.has_labels()),
        ];
        said.into_iter().filter_map(|(key, is_said)| is_said.then_some(key)).collect()
    }

    /// Whether zopfli was asked for, and is not taken for the layer of files.
    #[must_use]
    pub fn is_too_large_for_zopfli(&self) -> bool {
        let is_too_large = |files: &Tar| files.size_bytes() > ZOPFLI_LIMIT_BYTES;
        self.compression == Compression::Best && self.files.as_ref().is_some_and(is_too_large)
    }

    /// The name of a module's image.
    ///
    /// # Errors
    /// When the module's name makes no reference.
    pub fn name(&self, module: &str) -> Result<Reference, Error> {
        match &self.name {
            Some(name) => Ok(name.clone()),
            None => Ok(below(self.repository.as_deref(), &component(module)).parse()?),
        }
    }
}

/// The formats that were asked for, each once.
fn formats(typed: &[String], config: Option<Vec<Word<Format>>>) -> Result<Vec<Format>, Error> {
    let typed = typed.iter().map(|word| word.parse()).collect::<Result<Vec<_>, _>>()?;
    let mut formats = Vec::new();
    for format in first(&typed, config.map(values)) {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    Ok(if formats.is_empty() { vec![Format::default()] } else { formats })
}

/// Refuses what was asked for where a format has no room for it: a platform, files or programs, a flag for configs.
fn have_room(
    formats: &[Format],
    platform: Option<&Platform>,
    has_more: bool,
    flag: Option<&'static str>,
) -> Result<(), Error> {
    let any = |has: fn(Format) -> bool| formats.iter().any(|format| has(*format));
    if let Some(platform) = platform.filter(|_| !any(has_platform)) {
        return Err(Error::NoPlatform { platform: platform.to_string(), format: formats[0] });
    }
    if has_more && let Some(format) = formats.iter().find(|format| !has_files(**format)) {
        return Err(Error::NoFiles { format: *format });
    }
    match flag.filter(|_| !any(has_config)) {
        Some(flag) => Err(Error::NoConfig { flag, format: formats[0] }),
        None => Ok(()),
    }
}

/// Whether an image of this format is for one platform, which can be chosen.
#[must_use]
pub fn has_platform(format: Format) -> bool {
    matches!(format, Format::Image | Format::WasmLayer)
}

/// Whether there is room for more than the module.
fn has_files(format: Format) -> bool {
    matches!(format, Format::Everywhere | Format::Image)
}

/// Whether it says how a program is run: of an artifact, whoever runs it does.
fn has_config(format: Format) -> bool {
    format != Format::Artifact
}

impl ImagePlan {
    /// Has the image of a module say all of it, and what its modules need.
    pub fn say(&self, draft: Draft, module: &Module, needs: &Capabilities) -> Draft {
        let Self { entrypoint, args, env, user, ports, volumes, stop_signal, about, created, .. } = self;
        let mut draft = draft
            .with_entrypoint([entrypoint.as_str()])
            .with_cmd(args.iter().cloned())
            .with_created(created.image);
        draft = env.iter().fold(draft, |draft, (name, value)| draft.with_env(name, value));
        draft = user.iter().fold(draft, |draft, user| draft.with_user(user.to_string()));
        draft = ports.iter().cloned().fold(draft, Draft::with_port);
        draft = volumes.iter().cloned().fold(draft, Draft::with_volume);
        draft = stop_signal.iter().cloned().fold(draft, Draft::with_stop_signal);
        draft = about.labels(module).iter().fold(draft, |draft, (name, value)| draft.with_label(name, value));
        let annotations = about.annotations_with(module, needs);
        annotations.iter().fold(draft, |draft, (name, value)| draft.with_annotation(name, value))
    }
}

/// Where a program stands that is not the one that is started.
///
/// # Errors
/// When its name cannot be that of a file.
pub fn path_of(program: &str) -> Result<ModulePath, Error> {
    Ok(format!("/{program}.wasm").parse()?)
}

fn value<T>(word: Option<Word<T>>) -> Option<T> {
    word.map(|word| word.value)
}

fn values<T>(words: Vec<Word<T>>) -> Vec<T> {
    words.into_iter().map(|word| word.value).collect()
}

/// A list is taken whole: what was typed, or else what is configured.
fn first<T: Clone>(typed: &[T], configured: Option<Vec<T>>) -> Vec<T> {
    if typed.is_empty() { configured.unwrap_or_default() } else { typed.to_vec() }
}

/// A table is taken name by name.
fn over(
    configured: Option<BTreeMap<String, String>>,
    typed: &[(String, String)],
) -> BTreeMap<String, String> {
    configured.unwrap_or_default().into_iter().chain(typed.iter().cloned()).collect()
}

fn below(repository: Option<&str>, name: &str) -> String {
    repository.map_or_else(|| name.to_owned(), |repository| format!("{repository}/{name}"))
}

/// A module's name as a component of an image's name: lower case, and `-` for what may not stand there.
#[must_use]
pub fn component(name: &str) -> String {
    let words: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map(|word| word.trim_matches('_'))
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() { "app".to_owned() } else { words.join("-").to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_a_component_of_a_reference() {
        let names = ["wordcount", "My App", "Zürich", "a__b", "x.", "--", "_x_", "word_count"];
        let components = names.map(component);
        assert_eq!(components, ["wordcount", "my-app", "z-rich", "a__b", "x", "app", "x", "word_count"]);
        for component in components {
            component.parse::<Reference>().unwrap();
        }
    }
}
