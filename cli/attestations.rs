//! What is told of an image besides itself: its bill of materials and its provenance, each a file beside the layout.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_builder::Module;
use wasmpack_optimizer::{Engine, Pipeline};
use wasmpack_packager::bill::{Bill, Component, File, Form, Tool};
use wasmpack_packager::provenance::{self, Provenance, Revision, Sources};
use wasmpack_packager::{Blob, Digest};

use crate::error::Error;
use crate::git::Checkout;
use crate::image_plan::{ImagePlan, has_platform};

/// Which of them there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attestations {
    /// The form of the bill of materials.
    pub sbom: Sbom,
    /// Whether there is a statement of provenance.
    pub has_provenance: bool,
    /// Whether the debug modules go along. They are beside the layout in any case.
    pub has_debug_module: bool,
}

/// The forms of a bill of materials, as the command line spells them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sbom {
    /// SPDX 2.3.
    #[default]
    Spdx,
    /// CycloneDX 1.6.
    CycloneDx,
    /// There is none.
    None,
}

impl Sbom {
    fn form(self) -> Option<Form> {
        match self {
            Self::Spdx => Some(Form::Spdx),
            Self::CycloneDx => Some(Form::CycloneDx),
            Self::None => None,
        }
    }
}

impl FromStr for Sbom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "spdx" => Ok(Self::Spdx),
            "cyclonedx" => Ok(Self::CycloneDx),
            "none" => Ok(Self::None),
            _ => Err(format!("unknown form `{text}`; there are `spdx`, `cyclonedx` and `none`")),
        }
    }
}

/// What they are made from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The image in each of its formats: what it is called, and what names its bytes.
    pub images: Vec<(String, Digest)>,
    /// The module as the toolchain left it, and what is known of it.
    pub module: &'a Module,
    /// The digest of that, and of the module in the image.
    pub linked: Digest,
    pub optimized: Digest,
    /// Other modules in the same image.
    pub with: &'a [Module],
    /// How the one became the other.
    pub pipeline: &'a Pipeline,
    /// What the image says.
    pub image: &'a ImagePlan,
    /// The digest of the tar of the files in the image, if it has any.
    pub files: Option<Digest>,
    /// The sources' commit.
    pub source: Option<&'a Checkout>,
}

impl Attestations {
    /// Those that are asked for, as they refer to an image: what kind of thing each is, and the thing itself.
    ///
    /// # Errors
    /// When a file of the image cannot be read, or has another size than it had when the build was planned.
    pub fn of(self, facts: &Facts<'_>) -> Result<Vec<(&'static str, Blob)>, Error> {
        let (components, tools) = (components(facts), tools(facts));
        let provenance = self.has_provenance.then(|| {
            let provenance = Provenance {
                images: facts.images.clone(),
                source: facts.source.map(revision),
                parameters: parameters(facts),
                module: facts.linked,
                others: facts
                    .with
                    .iter()
                    .map(|other| (other.name.clone(), Digest::of(&other.wasm)))
                    .collect(),
                tools: tools.clone(),
                components: components.clone(),
                sources: sources(facts),
                files: facts.files,
            };
            (provenance::MEDIA_TYPE, provenance.document())
        });
        let bill = self.sbom.form().map(|form| {
            let (module, created_seconds) = (facts.optimized, facts.image.created.image);
            let bill = Bill { components, tools, module, files: files(facts)?, created_seconds };
            Ok::<_, Error>((form.media_type(), bill.document(form)))
        });
        let bill = bill.transpose()?;
        Ok(bill.into_iter().chain(provenance).collect())
    }
}

/// What is in the image besides modules.
fn files(facts: &Facts<'_>) -> Result<Vec<File>, wasmpack_packager::Error> {
    match (&facts.image.files, facts.files) {
        (Some(tar), Some(diff_id)) => File::all(tar.paths().count(), diff_id, || tar.digests()),
        _ => Ok(Vec::new()),
    }
}

/// What was asked for, of the builder, the optimizer and the packager: all that decides what the image's bytes are. It is
/// described in `docs/provenance-v1.md`.
fn parameters(facts: &Facts<'_>) -> BTreeMap<String, Vec<String>> {
    let Facts { pipeline, image, .. } = facts;
    let mut parameters = facts.module.parameters.clone();
    let mut add = |name: &str, words: Vec<String>| {
        if !words.is_empty() {
            parameters.insert(name.to_owned(), words);
        }
    };
    add("level", vec![pipeline.level.to_string()]);
    add("keep", pipeline.keep.clone());
    add("keep-names", pipeline.keep_names.then(|| "true".to_owned()).into_iter().collect());
    let engine = match &pipeline.binaryen.engine {
        Engine::Embedded { .. } => "embedded",
        // Where it is on this machine is nobody's affair; its version stands among those of the builder.
        Engine::Program { .. } => "program",
        Engine::Off => "off",
    };
    add("wasm-opt", vec![engine.to_owned()]);
    add("format", image.formats.iter().map(ToString::to_string).collect());
    if image.formats.iter().any(|format| has_platform(*format)) {
        add("platform", vec![image.platform.to_string()]);
    }
    add("compress", vec![image.compression.to_string()]);
    parameters
}

/// What the modules were compiled from, as far as it is known.
fn sources(facts: &Facts<'_>) -> Vec<(Option<String>, Sources)> {
    let of = |module: &Module| {
        let wasmpack_builder::Sources { dir_hash, files } = module.materials.sources.clone()?;
        Some(Sources { dir_hash, files })
    };
    let others = facts.with.iter().map(|module| (Some(module.name.clone()), of(module)));
    let all = [(None, of(facts.module))].into_iter().chain(others);
    all.filter_map(|(name, sources)| Some((name, sources?))).collect()
}

/// What is in the modules: that of the program which is started, and those that go with it, which it counts as used. What
/// several have in common is there once.
fn components(facts: &Facts<'_>) -> Vec<Component> {
    let (mut components, mut known) = (Vec::new(), BTreeMap::new());
    add(&mut components, &mut known, facts.module, None);
    for module in facts.with {
        if let Some(program) = add(&mut components, &mut known, module, Some(&module.name)) {
            components[0].dependencies.push(program);
        }
    }
    components
}

/// Adds what is in a module; the place of the program itself, which has this name. What is known already is found by all that is
/// said of it but what it uses.
fn add(
    components: &mut Vec<Component>,
    known: &mut BTreeMap<Component, usize>,
    module: &Module,
    name: Option<&str>,
) -> Option<usize> {
    let mut places = Vec::new();
    let linked = &module.materials.linked;
    for (number, material) in linked.iter().enumerate() {
        let is_program = number == 0;
        let component = Component {
            name: name.filter(|_| is_program).unwrap_or(&material.name).to_owned(),
            version: material.version.clone(),
            license: material.license.clone(),
            purl: material.purl.clone(),
            download: material.download.clone(),
            sha256: material.sha256.clone(),
            dependencies: Vec::new(),
        };
        let place = known.get(&component).copied().filter(|_| !is_program);
        places.push(place.unwrap_or(components.len()));
        if place.is_none() {
            known.entry(component.clone()).or_insert(components.len());
            components.push(component);
        }
    }
    for (material, place) in linked.iter().zip(&places) {
        let dependencies = &mut components[*place].dependencies;
        let mut told: BTreeSet<usize> = dependencies.iter().copied().collect();
        let used = material.dependencies.iter().map(|used| places[*used]);
        dependencies.extend(used.filter(|used| told.insert(*used)));
    }
    places.first().copied()
}

fn revision(checkout: &Checkout) -> Revision {
    let Checkout { revision, source, .. } = checkout;
    let clean = revision.strip_suffix("-dirty");
    Revision {
        repository: source.clone(),
        is_dirty: clean.is_some(),
        commit: clean.unwrap_or(revision).to_owned(),
    }
}

/// Compilers, then the optimizer.
fn tools(facts: &Facts<'_>) -> Vec<Tool> {
    let tools = facts.module.materials.tools.iter();
    let compilers = tools.map(|tool| Tool { name: tool.name.clone(), version: tool.version.clone() });
    let optimizer = facts.pipeline.tools().into_iter();
    compilers
        .chain(optimizer.map(|(name, version)| Tool { name: name.to_owned(), version: Some(version) }))
        .collect()
}

/// Every such file, by the kind of thing that is in it.
const FILES: [(&str, &str); 3] = [
    (Form::Spdx.media_type(), Form::Spdx.extension()),
    (Form::CycloneDx.media_type(), Form::CycloneDx.extension()),
    (provenance::MEDIA_TYPE, "provenance.json"),
];

/// Sees to it that these files are beside the layout, and none that another build has left.
///
/// # Errors
/// When one cannot be written.
pub fn put(layout: &Utf8Path, attestations: &[(&'static str, Blob)]) -> Result<(), Error> {
    let mut left: BTreeSet<Utf8PathBuf> = FILES.iter().map(|(_, end)| path(layout, end)).collect();
    for (kind, blob) in attestations {
        let known = FILES.iter().find(|(other, _)| other == kind);
        let path = path(layout, known.map_or("json", |(_, end)| end));
        left.remove(&path);
        let bytes = blob.bytes().map_err(|source| Error::WriteFile { path: path.clone(), source })?;
        wasmpack_packager::write_whole(path.as_std_path(), &bytes)?;
    }
    for path in left {
        drop(fs::remove_file(path));
    }
    Ok(())
}

fn path(layout: &Utf8Path, end: &str) -> Utf8PathBuf {
    format!("{layout}.{end}").into()
}
