//! What `inspect` tells: an image and its module, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use wasmpack_optimizer::{Census, Export, Import, SectionSize, World};
use wasmpack_packager::Stored;

use crate::error::Error;
use crate::printable::printable;
use crate::size::{Size, grouped};
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
}

/// The image's part.
#[derive(Debug, Serialize)]
pub struct ImageDescription {
    /// Name and tag, if it has one.
    pub reference: Option<String>,
    /// Digest of the image: of its manifest, or of an index that offers it for several platforms.
    pub digest: String,
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
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// Layers, lowest first.
    pub layers: Vec<LayerDescription>,
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
    /// Figures.
    #[serde(flatten)]
    pub census: Census,
    /// Every section in order.
    pub sections: Vec<SectionSize>,
    /// What it asks of its host.
    pub imports: Vec<Import>,
    /// What it offers.
    pub exports: Vec<Export>,
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
    /// When the image has no module, or the module cannot be read.
    pub fn of(target: &Target) -> Result<Self, Error> {
        let image = match target {
            Target::Image { image, .. } => Some(ImageDescription::of(image)),
            Target::Module { .. } => None,
        };
        let wasm = target.module()?;
        let failed = |source| Error::Inspect { name: target.name(), source };
        let is_component = wasmpack_optimizer::is_component(&wasm);
        let module = (!is_component).then(|| ModuleDescription::of(&wasm)).transpose().map_err(failed)?;
        let component = is_component.then(|| ComponentDescription::of(&wasm)).transpose().map_err(failed)?;
        Ok(Self { image, module, component })
    }

    /// One JSON object, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a description is plain data")
    }
}

impl ImageDescription {
    fn of(image: &Stored) -> Self {
        let layers = image.layers.iter().map(|layer| LayerDescription {
            digest: layer.digest.to_string(),
            diff_id: layer.diff_id.map(|diff_id| diff_id.to_string()),
            media_type: layer.media_type.clone(),
            size_bytes: layer.size_bytes,
        });
        Self {
            reference: image.reference.clone(),
            digest: image.digest.to_string(),
            platform: image.platform.to_string(),
            created: image.created.clone(),
            entrypoint: image.entrypoint.clone(),
            cmd: image.cmd.clone(),
            env: image.env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            labels: image.labels.clone(),
            annotations: image.annotations.clone(),
            layers: layers.collect(),
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
        Ok(Self {
            census: Census::of(wasm)?,
            sections: wasmpack_optimizer::sections(wasm)?,
            imports: wasmpack_optimizer::imports(wasm)?,
            exports: wasmpack_optimizer::exports(wasm)?,
        })
    }
}

impl fmt::Display for Description {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(image) = &self.image {
            image.fmt(formatter)?;
        }
        if let Some(module) = &self.module {
            module.fmt(formatter)?;
        }
        self.component.as_ref().map_or(Ok(()), |component| component.fmt(formatter))
    }
}

impl fmt::Display for ImageDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reference) = &self.reference {
            line(f, "image", reference)?;
        }
        line(f, "digest", &self.digest)?;
        line(f, "platform", &self.platform)?;
        if let Some(created) = &self.created {
            line(f, "created", created)?;
        }
        line(f, "entrypoint", &self.entrypoint.join(" "))?;
        if !self.cmd.is_empty() {
            line(f, "arguments", &self.cmd.join(" "))?;
        }
        for variable in &self.env {
            line(f, "env", variable)?;
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
        Ok(())
    }
}

impl fmt::Display for ModuleDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Census { bytes, functions, .. } = self.census;
        line(f, "module", &format!("{} bytes, {functions} functions", grouped(bytes)))?;
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

/// A label, aligned as the values are.
fn line(f: &mut fmt::Formatter<'_>, label: &str, value: &str) -> fmt::Result {
    writeln!(f, "{label:<11} {}", printable(value))
}
