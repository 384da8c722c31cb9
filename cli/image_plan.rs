//! What the images of one build say, before there is a module to put in.

use camino::Utf8Path;
use wasmpack_packager::{Compression, File, Reference};

use crate::args::Typed;
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
}

impl ImagePlan {
    /// Settles what the images say, from flags over environment over configuration.
    ///
    /// # Errors
    /// When the name asked for is no reference.
    pub fn resolve(
        typed: &Typed<'_>,
        config: config::Image,
        folder: &Utf8Path,
        environment: &Environment,
        created: Created,
    ) -> Result<Self, Error> {
        let repository =
            environment.get("WASMPACK_REPO").map(|prefix| prefix.trim_end_matches('/').to_owned());
        let name = match (typed.tag, config.name) {
            (Some(tag), _) => Some(tag.parse()?),
            (None, Some(name)) => Some(below(repository.as_deref(), &name).parse()?),
            (None, None) => None,
        };
        let compression = typed.compress.or(config.compress.as_deref());
        Ok(Self {
            name,
            compression: compression.map_or(Ok(Compression::default()), str::parse)?,
            repository,
            files: files::read(&config.files.unwrap_or_default(), folder)?,
            args: config.args.unwrap_or_default(),
            env: config.env.unwrap_or_default().into_iter().collect(),
            labels: config.labels.unwrap_or_default().into_iter().collect(),
            created,
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
