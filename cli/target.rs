//! What a TARGET on the command line is: a project, a layout, an archive or a module.

use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_builder::{Machine, Settings, Source};
use wasmpack_optimizer::{Anatomy, Symbols};
use wasmpack_packager::survey::{Entry, Program};
use wasmpack_packager::{Reference, Stored, Survey, keys};

use crate::args::Typed;
use crate::budget::Budget;
use crate::context::Context;
use crate::debug_module;
use crate::error::Error;
use crate::fetched;
use crate::folders;
use crate::gate;
use crate::make::{self, Made};
use crate::plan::Plan;
use crate::watch::Watched;

/// A target, opened.
#[derive(Debug)]
pub enum Target {
    /// An image, from a layout or an archive; a project is built into one.
    Image {
        /// The image.
        image: Box<Stored>,
        /// Its module as the toolchain left it, if it was built just now.
        linked: Option<Vec<u8>>,
        /// What it may weigh, as its project says.
        budget: Budget,
    },
    /// A `.wasm` or `.wat` file.
    Module {
        /// Its file name.
        name: String,
        /// Its bytes.
        wasm: Vec<u8>,
    },
}

impl Target {
    /// An image that was there already.
    #[must_use]
    pub fn ready(image: Stored) -> Self {
        Self::Image { image: Box::new(image), linked: None, budget: Budget::default() }
    }

    /// The module: the image's entrypoint, or the file itself.
    ///
    /// # Errors
    /// When the image has no entrypoint or it is not in a layer.
    pub fn module(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Image { image, .. } => Ok(image.module()?),
            Self::Module { wasm, .. } => Ok(wasm.clone()),
        }
    }

    /// What is known of the functions and lines of this module of its: beside the image, or in the module itself.
    #[must_use]
    pub fn symbols(&self, module: &[u8]) -> Option<Symbols> {
        Symbols::of(self.debug_module(module).as_deref().unwrap_or(module)).ok()
    }

    /// The module and what its bytes are; functions have the names that are beside the image, if there are any.
    ///
    /// # Errors
    /// As [`Self::module`], and when the module cannot be read.
    pub fn anatomy(&self) -> Result<(Vec<u8>, Anatomy), Error> {
        let module = self.module()?;
        let anatomy = match self.debug_module(&module) {
            Some(debug) => Anatomy::named_by(&debug, &module),
            None => Anatomy::of(&module),
        };
        let anatomy = anatomy.map_err(|source| Error::Inspect { name: self.name(), source })?;
        Ok((module, anatomy))
    }

    /// What the bytes of the module were before it was made smaller, if it was built just now.
    ///
    /// # Errors
    /// When that module cannot be read.
    pub fn anatomy_before(&self) -> Result<Option<Anatomy>, Error> {
        let Self::Image { linked: Some(linked), .. } = self else { return Ok(None) };
        let anatomy = Anatomy::of(linked).map_err(|source| Error::Inspect { name: self.name(), source })?;
        Ok(Some(anatomy))
    }

    /// The same code as that of the image's `module`, with names, if it is beside the image or refers to it.
    fn debug_module(&self, module: &[u8]) -> Option<Vec<u8>> {
        let Self::Image { image, .. } = self else { return None };
        debug_module::beside(Utf8Path::from_path(&image.path)?, module)
            .or_else(|| debug_module::referring(image, module))
    }

    /// What its project says it may weigh; nothing is said of what was built before.
    #[must_use]
    pub fn budget(&self) -> Budget {
        match self {
            Self::Image { budget, .. } => *budget,
            Self::Module { .. } => Budget::default(),
        }
    }

    /// The module as the toolchain left it, before it was made smaller.
    ///
    /// # Errors
    /// When it is not known, because the target was not built just now.
    pub fn linked(self) -> Result<Self, Error> {
        match self {
            Self::Image { linked: Some(wasm), image, .. } => {
                Ok(Self::Module { name: image.reference.unwrap_or_default(), wasm })
            }
            Self::Image { image, .. } => Err(Error::NotLinked { name: image.path.display().to_string() }),
            Self::Module { name, .. } => Err(Error::NotLinked { name }),
        }
    }

    /// What to call it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Image { image, .. } => image.reference.clone().unwrap_or_else(|| {
                // Docker's own archives have no digest that others know.
                let id = if image.form.has_manifests() { image.digest } else { image.config_digest };
                id.to_string()
            }),
            Self::Module { name, .. } => name.clone(),
        }
    }
}

/// Opens what was typed, after building it if it is a project.
///
/// # Errors
/// When it is none of these, damaged, or cannot be built.
pub fn open(typed: &Typed<'_>, context: &mut Context) -> Result<Target, Error> {
    let path = path(typed, context);
    match Kind::of(typed, &path)? {
        Kind::Image => Ok(Target::ready(wasmpack_packager::open(path.as_std_path())?)),
        Kind::Reference(reference) => Ok(Target::ready(fetch(&reference, typed, context)?)),
        Kind::Module => {
            let name = path.file_name().unwrap_or(path.as_str()).to_owned();
            Ok(Target::Module { name, wasm: wasmpack_builder::read_module(&path)? })
        }
        Kind::Project => built(&make_one(typed, path, context)?),
    }
}

/// Opens what was typed, all images of a project among it.
///
/// # Errors
/// As [`open`].
pub fn open_all(typed: &Typed<'_>, context: &mut Context) -> Result<Vec<Target>, Error> {
    match Kind::of(typed, &path(typed, context))? {
        Kind::Project => make::images(&Plan::resolve(typed, context)?, context)?.iter().map(built).collect(),
        Kind::Image | Kind::Reference(_) | Kind::Module if typed.partition.is_some() => {
            Err(Error::CargoFlag { flag: "--partition", dir: path(typed, context) })
        }
        Kind::Image | Kind::Reference(_) | Kind::Module => Ok(vec![open(typed, context)?]),
    }
}

/// Opens the one image that was typed; a project or module is built into one first. Of several formats, it is the one that
/// has the plain name. With it comes what it was called by whoever named it just now.
///
/// # Errors
/// As [`open`]; when there are images of several names; and when a project may not give its image away.
pub fn image(typed: &Typed<'_>, context: &mut Context) -> Result<(Stored, Option<Reference>), Error> {
    let path = path(typed, context);
    match Kind::of(typed, &path)? {
        Kind::Image => Ok((wasmpack_packager::open(path.as_std_path())?, None)),
        Kind::Reference(reference) => Ok((fetch(&reference, typed, context)?, Some(reference))),
        Kind::Module | Kind::Project => {
            let made = make_one(typed, path, context)?;
            gate::pass(std::slice::from_ref(&made))?;
            Ok((made.stored()?, Some(made.reference)))
        }
    }
}

/// The reference that was typed, if what was typed is one.
///
/// # Errors
/// When it is nothing that can be opened.
pub fn reference(typed: &Typed<'_>, context: &Context) -> Result<Option<Reference>, Error> {
    match Kind::of(typed, &path(typed, context))? {
        Kind::Reference(reference) => Ok(Some(reference)),
        Kind::Image | Kind::Module | Kind::Project => Ok(None),
    }
}

fn fetch(reference: &Reference, typed: &Typed<'_>, context: &mut Context) -> Result<Stored, Error> {
    fetched::fetch(reference, &typed.registry.access()?, context)
}

fn path(typed: &Typed<'_>, context: &Context) -> Utf8PathBuf {
    let current = &context.environment.current_dir;
    // To join an empty path would put a slash behind it.
    typed.path.map_or_else(|| current.clone(), |path| current.join(path))
}

/// What has to be watched, so that a change of what was typed is seen.
///
/// # Errors
/// When a project cannot be read, or there is nothing on this machine to watch.
pub fn watched(typed: &Typed<'_>, context: &mut Context) -> Result<Watched, Error> {
    let path = path(typed, context);
    match Kind::of(typed, &path)? {
        Kind::Image | Kind::Module if path.is_dir() => {
            Ok(Watched { folders: vec![path], ..Watched::default() })
        }
        Kind::Image | Kind::Module => Ok(Watched { files: vec![path], ..Watched::default() }),
        Kind::Reference(reference) => Err(Error::NothingToWatch { reference }),
        Kind::Project => {
            let project = Plan::resolve(typed, context)?.project;
            let watched = project.folders();
            // What a run keeps is no change, unless all else would be none either.
            let kept = folders::caches(&context.environment).ok();
            let kept = kept.filter(|kept| !watched.iter().any(|folder| folder.starts_with(kept)));
            let outputs = std::iter::once(project.target_directory).chain(kept).collect();
            Ok(Watched { folders: watched, outputs, ..Watched::default() })
        }
    }
}

/// What was built just now.
///
/// # Errors
/// When somebody has removed it already.
pub fn built(made: &Made) -> Result<Target, Error> {
    let image = Box::new(made.stored()?);
    // What compilers are asked for besides is no part of the program, and the reports do not count it.
    let linked = wasmpack_optimizer::without_debug_information(&made.linked);
    let linked = linked.unwrap_or_else(|_| made.linked.clone());
    Ok(Target::Image { image, linked: Some(linked), budget: made.budget })
}

/// A layout or archive, read whole.
#[derive(Debug)]
pub struct Surveyed {
    /// All that is in it.
    pub survey: Survey,
    /// Which of it is meant, if it was built or fetched just now; otherwise everything.
    pub wanted: Option<Wanted>,
    /// Where it was fetched from, if it was.
    pub fetched: Option<Fetched>,
}

/// An image that was fetched just now.
#[derive(Debug)]
pub struct Fetched {
    /// What was asked for.
    pub reference: Reference,
    /// What came.
    pub stored: Stored,
}

/// What was built or fetched just now, among what else is in its layout.
#[derive(Debug)]
pub struct Wanted(String);

impl Wanted {
    /// Whether it is this one, or another format of it.
    #[must_use]
    pub fn is(&self, entry: &Entry) -> bool {
        let format_of = entry.annotations.get(keys::FORMAT_OF);
        entry.name() == Some(&*self.0) || format_of == Some(&self.0)
    }
}

/// Reads all that was typed, whatever it is made like; a project or module is built first.
///
/// # Errors
/// As [`open`].
pub fn survey(typed: &Typed<'_>, context: &mut Context) -> Result<Surveyed, Error> {
    let path = path(typed, context);
    match Kind::of(typed, &path)? {
        Kind::Image => Ok(Surveyed {
            survey: wasmpack_packager::survey(path.as_std_path())?,
            wanted: None,
            fetched: None,
        }),
        Kind::Reference(reference) => {
            let stored = fetch(&reference, typed, context)?;
            let survey = wasmpack_packager::survey(&stored.path)?;
            let wanted = stored.reference.clone().map(Wanted);
            Ok(Surveyed { survey, wanted, fetched: Some(Fetched { reference, stored }) })
        }
        Kind::Module | Kind::Project => {
            let Made { reference, layout, .. } = make_one(typed, path, context)?;
            surveyed(&layout, &reference)
        }
    }
}

/// The image of this name in a layout, in all its formats.
///
/// # Errors
/// When the layout cannot be read.
pub fn surveyed(layout: &Utf8Path, reference: &Reference) -> Result<Surveyed, Error> {
    let survey = wasmpack_packager::survey(layout.as_std_path())?;
    let wanted = Wanted(reference.without_digest().fully_qualified().to_string());
    Ok(Surveyed { survey, wanted: Some(wanted), fetched: None })
}

impl Surveyed {
    /// The images that are meant.
    #[must_use]
    pub fn images(&self) -> Vec<&Entry> {
        let is_wanted = |entry: &&Entry| self.wanted.as_ref().is_none_or(|wanted| wanted.is(entry));
        self.survey.images().filter(is_wanted).collect()
    }
}

/// One of two things that are compared.
#[derive(Debug)]
pub enum Side {
    /// Images.
    Image(Box<Surveyed>),
    /// A module or component.
    Module(Vec<u8>),
}

/// Reads what was typed, for a comparison.
///
/// # Errors
/// As [`open`].
pub fn side(typed: &Typed<'_>, context: &mut Context) -> Result<Side, Error> {
    let path = path(typed, context);
    match Kind::of(typed, &path)? {
        Kind::Module => Ok(Side::Module(wasmpack_builder::read_module(&path)?)),
        Kind::Image | Kind::Reference(_) | Kind::Project => {
            Ok(Side::Image(Box::new(survey(typed, context)?)))
        }
    }
}

/// What a policy is held against.
#[derive(Debug)]
pub enum Suspect {
    /// The images of a project, which were made just now.
    Made(Vec<Made>),
    /// A module as it is.
    Module(Program),
    /// Images that were there already.
    Images(Box<Surveyed>),
}

/// Reads what was typed without changing it: a module is no project here, which would be made smaller.
///
/// # Errors
/// As [`open`].
pub fn suspect(typed: &Typed<'_>, context: &mut Context) -> Result<Suspect, Error> {
    let path = path(typed, context);
    match Kind::of(typed, &path)? {
        Kind::Project => Ok(Suspect::Made(make::images(&Plan::resolve(typed, context)?, context)?)),
        Kind::Module => {
            let name = path.file_name().unwrap_or(path.as_str()).to_owned();
            Ok(Suspect::Module(Program { path: name, bytes: wasmpack_builder::read_module(&path)? }))
        }
        Kind::Image | Kind::Reference(_) => Ok(Suspect::Images(Box::new(survey(typed, context)?))),
    }
}

/// Builds a project that has one program.
fn make_one(typed: &Typed<'_>, path: Utf8PathBuf, context: &mut Context) -> Result<Made, Error> {
    let plan = Plan::resolve(typed, context)?;
    let several = |names: Vec<&Reference>| {
        let names: Vec<_> = names.into_iter().map(Reference::repository).collect();
        Error::SeveralPrograms { path, names: names.join("`, `") }
    };
    if let Some(names) = plan.several()? {
        return Err(several(names.iter().collect()));
    }
    let made = make::images(&plan, context)?;
    let [made] = <[Made; 1]>::try_from(made)
        .map_err(|made| several(made.iter().map(|made| &made.reference).collect()))?;
    Ok(made)
}

enum Kind {
    Project,
    Image,
    Module,
    Reference(Reference),
}

impl Kind {
    /// Looks at the path, and into it as far as needed. Where there is none, what was typed may be a reference.
    fn of(typed: &Typed<'_>, path: &Utf8Path) -> Result<Self, Error> {
        let read_error = |source| Error::ReadFile { path: path.to_owned(), source };
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(source) => match typed.path.and_then(in_registry) {
                Some(reference) => return Ok(Self::Reference(reference)),
                None => return Err(read_error(source)),
            },
        };
        if metadata.is_dir() {
            return Ok(if is_layout(path) { Self::Image } else { Self::Project });
        }
        if path.file_name() == Some("Cargo.toml") {
            return Ok(Self::Project);
        }
        let mut head = Vec::new();
        let file = std::fs::File::open(path).map_err(read_error)?;
        file.take(512).read_to_end(&mut head).map_err(read_error)?;
        let tar = head.get(257..262) == Some(b"ustar");
        // Gzip and zstd say so in their first bytes.
        if tar || head.starts_with(&[0x1f, 0x8b]) || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Ok(Self::Image)
        } else if head.starts_with(b"\0asm") || matches!(path.extension(), Some("wasm" | "wat")) {
            Ok(Self::Module)
        } else {
            Err(Error::NotATarget { path: path.to_owned() })
        }
    }
}

/// Whether a folder is a layout. Some tools leave `oci-layout` out; but a project may have an `index.json` of its own.
fn is_layout(folder: &Utf8Path) -> bool {
    let has = |file: &str| folder.join(file).is_file();
    let is_project = || {
        let machine = Machine::read("/".into(), []);
        has("wasmpack.toml") || Source::detect(folder, &Settings::default(), &machine).is_ok()
    };
    has("oci-layout") || (has("index.json") && !is_project())
}

/// What can be nothing but a reference: a bare word is more likely a path that is not there.
fn in_registry(typed: &Utf8Path) -> Option<Reference> {
    let reference: Reference = typed.as_str().parse().ok()?;
    (reference.host().is_some() || reference.tag().is_some() || reference.digest().is_some())
        .then_some(reference)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_index_json_beside_a_project_makes_no_layout_of_it() {
        for (files, expected) in [
            (&["index.json"][..], true),
            (&["index.json", "oci-layout", "main.c"], true),
            (&["index.json", "Cargo.toml"], false),
            (&["index.json", "main.c"], false),
            (&["index.json", "wasmpack.toml"], false),
            (&["Cargo.toml"], false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            files.iter().for_each(|file| fs::write(folder.path().join(file), "").unwrap());
            assert_eq!(is_layout(Utf8Path::from_path(folder.path()).unwrap()), expected, "{files:?}");
        }
    }
}
