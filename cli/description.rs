//! What `inspect` tells: an image and its module, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use wasmpack_optimizer::{Anatomy, Capabilities, Census, Export, Import, SectionSize, World};
use wasmpack_packager::survey::{Entry, Manifest};
use wasmpack_packager::{Stored, StoredLayer, Survey};

use crate::bill::Bill;
use crate::claims;
use crate::error::Error;
use crate::limits::{self, Limit};
use crate::printable::printable;
use crate::size::{Size, grouped};
use crate::surroundings::Surroundings;
use crate::target::Target;

/// Everything `inspect` knows. The field names are the keys of `--json`.
#[derive(Debug, Serialize)]
pub struct Description {
    /// The image, unless the target is a bare module.
    pub image: Option<ImageDescription>,
    /// The module the image starts, or the file given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<ModuleDescription>,
    /// The same, if it is a component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentDescription>,
    /// Why there is neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nothing: Option<String>,
    /// What the program needs of its host.
    pub capabilities: Option<Capabilities>,
    /// What the image claims of that, and is not so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub untrue: Vec<String>,
    /// What of Cargo is in it, if it says so.
    pub bill: Option<Bill>,
    /// Other modules in the image, by their paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<ProgramDescription>,
    /// How near it is to what others take at most.
    pub limits: Vec<Limit>,
}

/// The image's part.
#[derive(Debug, Serialize)]
pub struct ImageDescription {
    /// Name and tag, if it has one.
    pub reference: Option<String>,
    /// Digest of the image: of its manifest, or of an index that offers it for several platforms. An archive of Docker's own
    /// has neither.
    pub digest: Option<String>,
    /// Digest of its config: Docker's ID of an image.
    pub config_digest: String,
    /// `os/architecture`.
    pub platform: String,
    /// When it says it was created, RFC 3339.
    pub created: Option<String>,
    /// What is started.
    pub entrypoint: Vec<String>,
    /// Default arguments.
    pub cmd: Vec<String>,
    /// Environment, `NAME=value`.
    pub env: Vec<String>,
    /// Whom it runs as.
    pub user: Option<String>,
    /// Ports it listens on.
    pub ports: Vec<String>,
    /// Folders that outlive a container.
    pub volumes: Vec<String>,
    /// What asks it to end.
    pub stop_signal: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// Layers, lowest first.
    pub layers: Vec<LayerDescription>,
    /// What lies around it.
    #[serde(flatten)]
    pub around: Surroundings,
}

/// A layer's part.
#[derive(Debug, Serialize)]
pub struct LayerDescription {
    /// Digest of the bytes as stored.
    pub digest: String,
    /// Digest of the tar inside; a module as it is has none.
    pub diff_id: Option<String>,
    /// Media type.
    pub media_type: String,
    /// Bytes as stored.
    pub size_bytes: u64,
}

/// The module's part.
#[derive(Debug, Serialize)]
pub struct ModuleDescription {
    /// Length of the file.
    pub bytes: u64,
    /// Functions with a body.
    pub functions: u32,
    /// Length of the code section, header included.
    pub code_bytes: u64,
    /// Length of the data section, header included.
    pub data_bytes: u64,
    /// Length of all custom sections, headers included.
    pub custom_bytes: u64,
    /// Every section in order.
    pub sections: Vec<SectionSize>,
    /// What it asks of its host.
    pub imports: Vec<Import>,
    /// What it offers.
    pub exports: Vec<Export>,
}

/// The part of a program that goes along.
#[derive(Debug, Serialize)]
pub struct ProgramDescription {
    /// Where it is in the image.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// What is wrong with it, if it is not as it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Figures, imports and exports of a module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<ModuleDescription>,
    /// The same of a component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentDescription>,
    /// What it needs of its host.
    pub capabilities: Option<Capabilities>,
    /// What of Cargo is in it, if it says so.
    pub bill: Option<Bill>,
}

/// A component's part.
#[derive(Debug, Serialize)]
pub struct ComponentDescription {
    /// Its size.
    pub bytes: u64,
    /// Interfaces it asks for and offers.
    #[serde(flatten)]
    pub world: World,
}

impl Description {
    /// Reads the target.
    ///
    /// # Errors
    /// When a module is given that cannot be read, or a layer of the image is damaged.
    pub fn of(target: &Target) -> Result<Self, Error> {
        match target {
            Target::Module { wasm, .. } => Self::of_module(None, Ok(wasm), &target.name()),
            Target::Image { image, .. } => {
                let survey = wasmpack_packager::survey(&image.path)?;
                let manifests = survey.entries.iter().flat_map(Entry::manifests);
                let mut manifests = manifests.filter(|(entry, _)| entry.digest == image.manifest_digest);
                let missing = manifests.find_map(|(_, manifest)| missing(manifest));
                let wasm = match image.module() {
                    _ if missing.is_some() => Err(missing.clone().unwrap_or_default()),
                    Err(
                        error @ (wasmpack_packager::Error::NoEntrypoint { .. }
                        | wasmpack_packager::Error::NoModule { .. }),
                    ) => Err(error.to_string()),
                    wasm => Ok(wasm?),
                };
                let described = ImageDescription::of(image, &survey);
                let mut description =
                    Self::of_module(Some(described), wasm.as_deref().map_err(Clone::clone), &target.name())?;
                let layers = image.layers.iter().map(|layer| layer.size_bytes);
                let has_manifest = survey.form.has_manifests();
                let manifest = has_manifest.then(|| survey.document(image.manifest_digest)).transpose()?;
                let manifest_bytes = manifest.map(|manifest| manifest.len() as u64);
                let root = survey.entries.iter().find(|entry| entry.digest == image.digest);
                // A claim about what cannot be read is neither true nor false.
                description.untrue =
                    root.and_then(|root| claims::untrue(&survey, root).ok()).unwrap_or_default();
                description.limits.extend(limits::of_image(manifest_bytes, layers));
                let mut modules = if missing.is_some() { BTreeMap::new() } else { image.modules()? };
                modules.remove(image.module_path().unwrap_or_default().trim_start_matches('/'));
                let programs = modules.iter().map(|(path, wasm)| ProgramDescription::of(path, wasm));
                description.programs = programs.collect();
                Ok(description)
            }
        }
    }

    /// Describes what no runtime is known to take, as far as it can be read: the first image of a survey.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn of_unknown(survey: &Survey) -> Result<Option<Self>, Error> {
        let Some((root, (entry, manifest))) =
            survey.images().find_map(|root| Some((root, root.manifests().into_iter().next()?)))
        else {
            return Ok(None);
        };
        let mut left_bytes = Survey::INFLATE_BYTES;
        let wasm = match missing(manifest) {
            Some(missing) => Err(missing),
            None => survey.module(manifest, &mut left_bytes)?,
        };
        let image = ImageDescription::of_unknown(root, entry, manifest, survey);
        let name = image.digest.clone().unwrap_or_else(|| image.config_digest.clone());
        Self::of_module(Some(image), wasm.as_deref().map_err(Clone::clone), &name).map(Some)
    }

    fn of_module(
        image: Option<ImageDescription>,
        wasm: Result<&[u8], String>,
        name: &str,
    ) -> Result<Self, Error> {
        let is_wasm = |wasm: &&[u8]| image.is_none() || wasm.starts_with(b"\0asm");
        let wasm = wasm.and_then(|wasm| {
            Some(wasm).filter(is_wasm).ok_or_else(|| "what it starts is no WebAssembly".to_owned())
        });
        let wasm = match wasm {
            Ok(wasm) => wasm,
            Err(nothing) => {
                return Ok(Self {
                    image,
                    module: None,
                    component: None,
                    nothing: Some(nothing),
                    capabilities: None,
                    untrue: Vec::new(),
                    bill: None,
                    programs: Vec::new(),
                    limits: Vec::new(),
                });
            }
        };
        let failed = |source| Error::Inspect { name: name.to_owned(), source };
        let is_component = wasmpack_optimizer::is_component(wasm);
        Ok(Self {
            image,
            module: (!is_component).then(|| ModuleDescription::of(wasm)).transpose().map_err(failed)?,
            component: is_component.then(|| ComponentDescription::of(wasm)).transpose().map_err(failed)?,
            nothing: None,
            capabilities: Some(Capabilities::of(wasm).map_err(failed)?),
            untrue: Vec::new(),
            bill: Bill::of(wasm),
            programs: Vec::new(),
            limits: limits::of_module(&Anatomy::of(wasm).map_err(failed)?),
        })
    }
}

impl ImageDescription {
    fn of(image: &Stored, survey: &Survey) -> Self {
        Self {
            reference: image.reference.clone(),
            digest: survey.form.has_manifests().then(|| image.digest.to_string()),
            config_digest: image.config_digest.to_string(),
            platform: image.platform.to_string(),
            created: image.created.clone(),
            entrypoint: image.entrypoint.clone(),
            cmd: image.cmd.clone(),
            env: image.env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            user: image.user.clone(),
            ports: image.ports.clone(),
            volumes: image.volumes.clone(),
            stop_signal: image.stop_signal.clone(),
            labels: image.labels.clone(),
            annotations: image.annotations.clone(),
            layers: image.layers.iter().map(LayerDescription::of).collect(),
            around: Surroundings::of(image.digest, survey),
        }
    }

    /// The same of what cannot be opened as an image.
    fn of_unknown(root: &Entry, entry: &Entry, manifest: &Manifest, survey: &Survey) -> Self {
        let layers = manifest.layers.iter().map(|layer| LayerDescription {
            digest: layer.digest.to_string(),
            diff_id: None,
            media_type: layer.media_type.clone(),
            size_bytes: layer.size_bytes,
        });
        let platform = entry.platform.as_ref().or(manifest.config.platform.as_ref());
        Self {
            reference: root.name().map(str::to_owned),
            digest: survey.form.has_manifests().then(|| root.digest.to_string()),
            config_digest: manifest.config_digest.to_string(),
            platform: platform.map_or_else(|| "unknown".to_owned(), ToString::to_string),
            created: None,
            entrypoint: manifest.config.entrypoint.clone(),
            cmd: manifest.config.cmd.clone(),
            env: Vec::new(),
            user: None,
            ports: Vec::new(),
            volumes: Vec::new(),
            stop_signal: None,
            labels: BTreeMap::new(),
            annotations: manifest.annotations.clone(),
            layers: layers.collect(),
            around: Surroundings::of(root.digest, survey),
        }
    }
}

impl LayerDescription {
    /// A layer of an image that was opened.
    #[must_use]
    pub fn of(layer: &StoredLayer) -> Self {
        Self {
            digest: layer.digest.to_string(),
            diff_id: layer.diff_id.map(|diff_id| diff_id.to_string()),
            media_type: layer.media_type.clone(),
            size_bytes: layer.size_bytes,
        }
    }
}

impl ProgramDescription {
    /// Nobody said that it is to be described, so what cannot be is told, and stops nothing.
    fn of(path: &str, wasm: &[u8]) -> Self {
        let described = Description::of_module(None, Ok(wasm), path);
        let (described, problem) = match described {
            Ok(described) => (Some(described), None),
            Err(error) => (None, Some(std::error::Error::source(&error).unwrap_or(&error).to_string())),
        };
        let (module, component, capabilities, bill) = described
            .map(|described| {
                let Description { module, component, capabilities, bill, .. } = described;
                (module, component, capabilities, bill)
            })
            .unwrap_or_default();
        Self {
            path: format!("/{path}"),
            bytes: wasm.len() as u64,
            problem,
            module,
            component,
            capabilities,
            bill,
        }
    }
}

impl ComponentDescription {
    fn of(wasm: &[u8]) -> Result<Self, wasmpack_optimizer::Error> {
        Ok(Self { bytes: wasm.len() as u64, world: World::of(wasm)? })
    }
}

impl ModuleDescription {
    fn of(wasm: &[u8]) -> Result<Self, wasmpack_optimizer::Error> {
        // Of an invalid module, the rest would be guesses.
        wasmpack_optimizer::features(wasm)?;
        let Census { bytes, functions, code_bytes, data_bytes, custom_bytes, .. } = Census::of(wasm)?;
        Ok(Self {
            bytes,
            functions,
            code_bytes,
            data_bytes,
            custom_bytes,
            sections: wasmpack_optimizer::sections(wasm)?,
            imports: wasmpack_optimizer::imports(wasm)?,
            exports: wasmpack_optimizer::exports(wasm)?,
        })
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(image) = &self.image {
            image.fmt(f)?;
        }
        if let Some(nothing) = &self.nothing {
            line(f, "module", &format!("none: {nothing}"))?;
        }
        if let Some(module) = &self.module {
            module.fmt(f)?;
        }
        if let Some(component) = &self.component {
            component.fmt(f)?;
        }
        if let Some(capabilities) = &self.capabilities {
            line(f, "needs", &capabilities.to_string())?;
        }
        self.untrue.iter().try_for_each(|claim| line(f, "untrue", claim))?;
        if let Some(bill) = &self.bill {
            line(f, "bill", &format!("{bill}, in `.dep-v0` of the module"))?;
        }
        self.programs.iter().try_for_each(|program| program.fmt(f))?;
        self.limits.iter().try_for_each(|limit| limit.fmt(f))
    }
}

impl fmt::Display for ImageDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reference) = &self.reference {
            line(f, "image", reference)?;
        }
        match &self.digest {
            Some(digest) => line(f, "digest", digest)?,
            None => {
                line(f, "digest", "not known: an archive of Docker's own has no manifest")?;
                line(f, "config", &self.config_digest)?;
            }
        }
        line(f, "platform", &self.platform)?;
        if let Some(created) = &self.created {
            line(f, "created", created)?;
        }
        if !self.entrypoint.is_empty() {
            line(f, "entrypoint", &self.entrypoint.join(" "))?;
        }
        if !self.cmd.is_empty() {
            line(f, "arguments", &self.cmd.join(" "))?;
        }
        for variable in &self.env {
            line(f, "env", variable)?;
        }
        let ports = self.ports.iter().map(|port| ("port", port));
        let volumes = self.volumes.iter().map(|volume| ("volume", volume));
        let user = self.user.iter().map(|user| ("user", user));
        let stop_signal = self.stop_signal.iter().map(|signal| ("stop signal", signal));
        for (label, value) in user.chain(ports).chain(volumes).chain(stop_signal) {
            line(f, label, value)?;
        }
        for (name, value) in &self.labels {
            line(f, "label", &format!("{name}={value}"))?;
        }
        for (name, value) in &self.annotations {
            line(f, "annotation", &format!("{name}={value}"))?;
        }
        for layer in &self.layers {
            line(f, "layer", &format!("{} {} {}", layer.digest, Size(layer.size_bytes), layer.media_type))?;
        }
        self.around.fmt(f)
    }
}

impl fmt::Display for ModuleDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, functions, .. } = self;
        line(f, "module", &format!("{} bytes, {functions} functions", grouped(*bytes)))?;
        for section in &self.sections {
            line(f, "section", &format!("{:<24} {:>11}", section.name, grouped(section.bytes)))?;
        }
        for import in &self.imports {
            line(f, "import", &format!("{} {}.{}", import.kind, import.module, import.name))?;
        }
        for export in &self.exports {
            line(f, "export", &format!("{} {}", export.kind, export.name))?;
        }
        Ok(())
    }
}

impl fmt::Display for ProgramDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, bytes, problem, module, capabilities, bill, .. } = self;
        let functions = module.as_ref().map(|module| format!(", {} functions", module.functions));
        line(f, "program", &format!("{path} {} bytes{}", grouped(*bytes), functions.unwrap_or_default()))?;
        let needs = capabilities.iter().map(|needs| ("needs", needs.to_string()));
        let bill = bill.iter().map(|bill| ("bill", format!("{bill}, in `.dep-v0` of the module")));
        let problem = problem.iter().map(|problem| ("problem", problem.clone()));
        needs.chain(bill).chain(problem).try_for_each(|(label, value)| line(f, label, &value))
    }
}

impl fmt::Display for ComponentDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "component", &format!("{} bytes", grouped(self.bytes)))?;
        for import in &self.world.imports {
            line(f, "import", import)?;
        }
        for export in &self.world.exports {
            line(f, "export", export)?;
        }
        Ok(())
    }
}

/// What of an image is not there, so that its module cannot be looked at.
fn missing(manifest: &Manifest) -> Option<String> {
    manifest.lacks().map(|(part, digest)| format!("{part} {digest} is not there"))
}

/// A label, aligned as the values are.
pub fn line(f: &mut fmt::Formatter<'_>, label: &str, value: &str) -> fmt::Result {
    writeln!(f, "{label:<11} {}", printable(value))
}
