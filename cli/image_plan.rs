//! What the images of one build say, before there is a module to put in.

use camino::Utf8Path;
use wasmpack_packager::{Compression, File, Format, Platform, Reference};

use crate::args::{ImageArguments, Typed};
use crate::attestations::{Attestations, Sbom};
use crate::config::OneOrMore;
use crate::created::Created;
use crate::environment::Environment;
use crate::error::Error;
use crate::{config, files};

/// Names, settings and time of the images of one build.
#[derive(Debug, Clone)]
pub struct ImagePlan {
    /// The name asked for, instead of each module's own.
    name: Option<Reference>,
    /// What comes before a module's own name, such as `ghcr.io/acme`.
    repository: Option<String>,
    /// The formats it is written in, the one that has its plain name first.
    pub formats: Vec<Format>,
    /// The platform, where there is but one.
    pub platform: Platform,
    /// How layers are stored.
    pub compression: Compression,
    /// What goes in besides the module.
    pub files: Vec<File>,
    /// Default arguments.
    pub args: Vec<String>,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// When it was created.
    pub created: Created,
    /// What is told of it besides.
    pub attestations: Attestations,
}

impl ImagePlan {
    /// Settles what the images say, from flags over environment over configuration.
    ///
    /// # Errors
    /// When the name asked for is no reference, a format, platform or compression is not known, or they do not go
    /// together.
    pub fn resolve(
        typed: &Typed<'_>,
        config: config::Image,
        folder: &Utf8Path,
        environment: &Environment,
        created: Created,
    ) -> Result<Self, Error> {
        let repository =
            environment.get("WASMPACK_REPO").map(|prefix| prefix.trim_end_matches('/').to_owned());
        let ImageArguments { tag, format, platform, compress, sbom, provenance } = typed.image;
        let name = match (tag, config.name) {
            (Some(tag), _) => Some(tag.parse()?),
            (None, Some(name)) => Some(below(repository.as_deref(), &name).parse()?),
            (None, None) => None,
        };
        let in_config = config.sbom.as_deref().map(str::parse::<Sbom>).transpose();
        let in_config = in_config.map_err(|reason| Error::Sbom { reason })?;
        let compression = compress.as_deref().or(config.compress.as_deref());
        let formats = formats(format, config.format)?;
        let platform = platform.as_deref().or(config.platform.as_deref());
        if let Some(platform) = platform.filter(|_| !formats.iter().any(|format| has_platform(*format))) {
            return Err(Error::NoPlatform { platform: platform.to_owned(), format: formats[0] });
        }
        if config.files.as_ref().is_some_and(|files| !files.is_empty())
            && let Some(format) = formats.iter().find(|format| !has_files(**format))
        {
            return Err(Error::NoFiles { format: *format });
        }
        Ok(Self {
            name,
            formats,
            platform: platform.map_or(Ok(Platform::WASI_WASM), str::parse)?,
            compression: compression.map_or(Ok(Compression::default()), str::parse)?,
            repository,
            files: files::read(&config.files.unwrap_or_default(), folder)?,
            args: config.args.unwrap_or_default(),
            env: config.env.unwrap_or_default().into_iter().collect(),
            labels: config.labels.unwrap_or_default().into_iter().collect(),
            created,
            attestations: Attestations {
                sbom: sbom.or(in_config).unwrap_or_default(),
                has_provenance: provenance.or(config.provenance).unwrap_or(true),
            },
        })
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
fn formats(typed: &[String], config: Option<OneOrMore>) -> Result<Vec<Format>, Error> {
    let config = config.map(OneOrMore::into_vec).unwrap_or_default();
    let mut formats = Vec::new();
    for word in if typed.is_empty() { &config } else { typed } {
        let format = word.parse()?;
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    Ok(if formats.is_empty() { vec![Format::default()] } else { formats })
}

/// Whether an image of this format is for one platform, which can be chosen.
fn has_platform(format: Format) -> bool {
    matches!(format, Format::Image | Format::WasmLayer)
}

/// Whether there is room for more than the module.
fn has_files(format: Format) -> bool {
    matches!(format, Format::Everywhere | Format::Image)
}

fn below(repository: Option<&str>, name: &str) -> String {
    repository.map_or_else(|| name.to_owned(), |repository| format!("{repository}/{name}"))
}

/// A module's name as a component of an image's name: lower case, and `-` for what may not stand there.
fn component(name: &str) -> String {
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
