//! What is told of an image to machines: the same, whichever verb made it, sent it, fetched it or signed it.

use serde::Serialize;
use wasmpack_packager::{Format, Reference, Stored};

use crate::delivery;
use crate::description::LayerDescription;
use crate::error::Error;

/// An image in one of its formats. The field names are the keys of `--json`.
#[derive(Debug, Serialize)]
pub struct ImageRecord {
    /// What stdout names it by: `name@sha256:…`, or what an engine knows it by.
    pub references: Vec<String>,
    /// Its names with tags.
    pub names: Vec<String>,
    /// Which further format it is; none for the one with the plain name.
    pub format: Option<String>,
    /// Of its index or manifest.
    pub digest: Option<String>,
    /// Of its config.
    pub config_digest: String,
    /// Of its index or manifest.
    pub media_type: Option<String>,
    /// `os/architecture`.
    pub platform: String,
    /// All layers together, as stored.
    pub layers_bytes: u64,
    /// Lowest first.
    pub layers: Vec<LayerDescription>,
    /// Where it lies.
    pub path: String,
    /// What became of its module, if it was built just now.
    pub module: Option<ModuleRecord>,
}

/// What became of a module.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ModuleRecord {
    /// As the toolchain left it, without debug information.
    pub linked_bytes: u64,
    /// In the image.
    pub bytes: u64,
}

/// Images, as a document.
#[derive(Debug, Default, Serialize)]
pub struct ImageRecords {
    /// In the order of stdout.
    pub images: Vec<ImageRecord>,
}

impl ImageRecord {
    /// An image with its other formats. `references` are what stdout names them by; one without a digest is of the first.
    ///
    /// # Errors
    /// When it has been damaged or removed meanwhile.
    pub fn all(
        stored: &Stored,
        names: &[Reference],
        references: &[String],
        linked: Option<&[u8]>,
    ) -> Result<Vec<Self>, Error> {
        let module = linked.map(|linked| ModuleRecord::of(linked, stored)).transpose()?;
        let formats = delivery::formats(stored)?;
        let suffix = |stored: &Stored| format!("@{}", stored.digest);
        let is_of = |reference: &str, place: usize| match formats
            .iter()
            .position(|(_, one)| reference.ends_with(&suffix(one)))
        {
            Some(found) => found == place,
            None => place == 0,
        };
        let record = |(place, (format, one)): (usize, &(Option<Format>, Stored))| {
            let of_it = references.iter().filter(|reference| is_of(reference, place));
            Self::of(one, *format, names, of_it.cloned().collect(), module)
        };
        formats.iter().enumerate().map(record).collect()
    }

    /// An image by itself, whatever else was made with it.
    ///
    /// # Errors
    /// When it has been damaged or removed meanwhile.
    pub fn one(stored: &Stored, names: &[Reference], references: Vec<String>) -> Result<Self, Error> {
        Self::of(stored, None, names, references, None)
    }

    fn of(
        stored: &Stored,
        format: Option<Format>,
        names: &[Reference],
        references: Vec<String>,
        module: Option<ModuleRecord>,
    ) -> Result<Self, Error> {
        let has_manifest = stored.form.has_manifests();
        let media_type = || Ok::<_, Error>(stored.image_unread()?.root().media_type().to_string());
        let name = |name: &Reference| match format {
            None => Ok(name.without_digest().fully_qualified().to_string()),
            Some(format) => Ok(name.without_digest().for_format(format)?.fully_qualified().to_string()),
        };
        Ok(Self {
            references,
            names: names.iter().map(name).collect::<Result<_, Error>>()?,
            format: format.map(|format| format.to_string()),
            digest: has_manifest.then(|| stored.digest.to_string()),
            config_digest: stored.config_digest.to_string(),
            media_type: has_manifest.then(media_type).transpose()?,
            platform: stored.platform.to_string(),
            layers_bytes: stored.layers.iter().map(|layer| layer.size_bytes).sum(),
            layers: stored.layers.iter().map(LayerDescription::of).collect(),
            path: stored.path.display().to_string(),
            module,
        })
    }
}

impl ModuleRecord {
    fn of(linked: &[u8], stored: &Stored) -> Result<Self, Error> {
        let bytes = u64::try_from(stored.module()?.len()).unwrap_or(u64::MAX);
        Ok(Self { linked_bytes: without_debug_information(linked), bytes })
    }
}

/// What compilers are asked for besides is no part of the program.
#[must_use]
pub fn without_debug_information(linked: &[u8]) -> u64 {
    let bytes = wasmpack_optimizer::without_debug_information(linked);
    let count = bytes.map_or(linked.len(), |bytes| bytes.len());
    u64::try_from(count).unwrap_or(u64::MAX)
}
