//! What the user says for all projects: `config.toml` in their own folder, below what a project says.
//!
//! Images are the same whoever builds them, so nothing that goes into one is said here.

use std::num::NonZeroUsize;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Value, json};
use wasmpack_builder::Toolchain;

use crate::commands::check;
use crate::config::{self, Said};
use crate::container::Place;
use crate::environment::Environment;
use crate::error::Error;
use crate::folders;
use crate::loading::Destination;
use crate::shared_cache::Repository;
use crate::word::Word;

/// The variable that names another file.
pub const VARIABLE: &str = "WASMPACK_CONFIG";

/// The whole file, and where it is.
#[derive(Debug, Default)]
pub struct UserConfig {
    /// All that it says.
    pub said: Keys,
    /// The file, if there is one.
    place: String,
}

/// The tables.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Keys {
    /// How sources are built.
    pub build: Build,
    /// Where images go.
    pub registry: Registry,
    /// Where programs run.
    pub run: Run,
    /// Where images are loaded.
    pub load: Load,
    /// Who has to take images.
    pub check: Check,
}

/// `[build]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Build {
    /// How many compilers run at once.
    pub jobs: Option<NonZeroUsize>,
    /// The compiler of C and C++; a path begins in the folder of the file.
    pub toolchain: Option<Word<Toolchain>>,
    /// A program that is given the compiler's command line.
    pub launcher: Option<String>,
    /// Repositories of registries in which optimized modules and layers are looked for.
    pub cache_from: Option<Vec<Word<Repository>>>,
    /// One that they are brought into.
    pub cache_to: Option<Word<Repository>>,
}

/// `[registry]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Registry {
    /// Comes before the name of an image, as `WASMPACK_REPO` does, which wins.
    pub repository: Option<String>,
}

/// `[run]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Run {
    /// As `run --engine` takes it.
    #[serde(deserialize_with = "parsed::<Place, _>")]
    pub engine: Option<String>,
}

/// `[load]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Load {
    /// As `load --to` takes it.
    #[serde(deserialize_with = "parsed::<Destination, _>")]
    pub to: Option<String>,
}

/// `[check]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Check {
    /// As `check --for` takes them.
    #[serde(rename = "for", deserialize_with = "known_consumers")]
    pub consumers: Option<Vec<String>>,
}

/// A text that can be understood.
fn parsed<'de, T: std::str::FromStr<Err = String>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    if let Some(text) = &text {
        text.parse::<T>().map_err(de::Error::custom)?;
    }
    Ok(text)
}

/// Names that `check` knows.
fn known_consumers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let names = Option::<Vec<String>>::deserialize(deserializer)?;
    let unknown = |error: Error| {
        let hint = error.hint().unwrap_or_default();
        de::Error::custom(format!("{error}: {hint}"))
    };
    check::chosen(names.as_deref().unwrap_or_default()).map_err(unknown)?;
    Ok(names)
}

/// The file; none, if nobody has said where it could be.
#[must_use]
pub fn file(environment: &Environment) -> Option<Utf8PathBuf> {
    let named = environment.get(VARIABLE).map(|path| environment.current_dir.join(path));
    named.or_else(|| Some(folders::settings(environment)?.join("config.toml")))
}

impl UserConfig {
    /// Reads it. One that was named has to be there.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or has a key that is unknown, is for projects, or has a value that cannot be used.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let Some(path) = file(environment) else { return Ok(Self::default()) };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound && environment.get(VARIABLE).is_none() =>
            {
                return Ok(Self::default());
            }
            Err(source) => return Err(Error::ReadFile { path, source }),
        };
        let value = toml::from_str(&text)
            .map_err(|source| Error::ParseConfig { path: path.clone(), source: Box::new(source) })?;
        Self::of(&value, &path)
    }

    fn of(value: &Value, path: &Utf8Path) -> Result<Self, Error> {
        let place = path.to_string();
        let known = serde_json::to_value(Keys::default()).expect("keys are plain data");
        refuse_keys_of_projects(value, &known, path)?;
        config::refuse_unknown_keys(value, &known, "", &place)?;
        let mut said: Keys = serde_path_to_error::deserialize(value).map_err(|error| Error::ConfigValue {
            key: error.path().to_string(),
            place: place.clone(),
            source: error.into_inner(),
        })?;
        if let Some(Word { value: Toolchain::At(program), .. }) = &said.build.toolchain {
            let absolute = path.parent().unwrap_or(path).join(program);
            said.build.toolchain = serde_json::from_value(absolute.as_str().into()).ok();
        }
        Ok(Self { said, place })
    }

    /// What it says that projects say as well: theirs goes before.
    #[must_use]
    pub fn below_projects(&self) -> Said {
        let Build { toolchain, launcher, cache_from, cache_to, jobs: _ } = &self.said.build;
        let build = json!({
            "toolchain": toolchain, "launcher": launcher, "cache-from": cache_from, "cache-to": cache_to,
        });
        // Most say nothing, and there may be hundreds of packages.
        let says_nothing = build.as_object().is_some_and(|build| build.values().all(Value::is_null));
        let value = if says_nothing { Value::Null } else { json!({ "build": build }) };
        Said { place: self.place.clone(), value }
    }

    /// All that it says.
    #[must_use]
    pub fn all(&self) -> Said {
        let value = serde_json::to_value(&self.said).expect("keys are plain data");
        Said { place: self.place.clone(), value }
    }

    /// How many compilers run at once, where nobody has typed it: cargo's own variable goes before.
    #[must_use]
    pub fn jobs(&self, environment: &Environment) -> Option<NonZeroUsize> {
        self.said.build.jobs.filter(|_| environment.get("CARGO_BUILD_JOBS").is_none())
    }

    /// The repositories in which results are looked for, or which they are brought into.
    pub fn caches(&self) -> impl Iterator<Item = &Repository> {
        let Build { cache_from, cache_to, .. } = &self.said.build;
        cache_from.iter().flatten().chain(cache_to).map(|word| &word.value)
    }

    /// What comes before the name of an image. A variable that is set but empty is nothing.
    #[must_use]
    pub fn repository(&self, environment: &Environment) -> Option<String> {
        let typed = environment.get_even_empty("WASMPACK_REPO");
        let repository = typed.or(self.said.registry.repository.as_deref())?.trim_end_matches('/');
        (!repository.is_empty()).then(|| repository.to_owned())
    }
}

/// Keys that a project has, and users have not.
fn refuse_keys_of_projects(value: &Value, own: &Value, path: &Utf8Path) -> Result<(), Error> {
    let of_projects = config::as_json(&config::Config::default());
    for (table, keys) in value.as_object().into_iter().flatten() {
        for key in keys.as_object().into_iter().flatten().map(|(key, _)| key) {
            if own[table].get(key).is_none() && of_projects[table].get(key).is_some() {
                return Err(Error::KeyOfProjects { key: format!("{table}.{key}"), path: path.to_owned() });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &Value) -> Result<UserConfig, Error> {
        UserConfig::of(value, "/home/me/config.toml".into())
    }

    #[test]
    fn what_goes_into_images_is_for_projects() {
        let error = of(&json!({"image": {"env": {"A": "1"}}})).unwrap_err();
        assert_eq!(error.to_string(), "`image.env` cannot be said in `/home/me/config.toml`");
        assert!(error.hint().unwrap().contains("wasmpack.toml"));
        let error = of(&json!({"build": {"flags": ["-g"]}})).unwrap_err();
        assert!(error.to_string().starts_with("`build.flags` cannot"), "{error}");
        let error = of(&json!({"build": {"job": 2}})).unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("did you mean `build.jobs`?"));
    }

    #[test]
    fn a_wrong_value_is_found_by_its_key() {
        for (value, key, cause) in [
            (json!({"build": {"jobs": 0}}), "build.jobs", "nonzero"),
            (json!({"build": {"toolchain": "gcc"}}), "build.toolchain", "`gcc`"),
            (json!({"run": {"engine": "kind"}}), "run.engine", "engines are wasmtime"),
            (json!({"load": {"to": "dokcer"}}), "load.to", "engines are docker"),
            (json!({"check": {"for": "docker"}}), "check.for", "sequence"),
            (json!({"check": {"for": ["dokcer"]}}), "check.for", "unknown consumer `dokcer`: did you mean"),
        ] {
            let error = of(&value).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the value of `{key}` in /home/me/config.toml cannot be used")
            );
            let said = std::error::Error::source(&error).unwrap().to_string();
            assert!(said.contains(cause), "{said}");
        }
    }

    #[test]
    fn a_path_begins_in_the_folder_of_the_file() {
        let said = of(&json!({"build": {"toolchain": "./clang"}})).unwrap().below_projects().value;
        assert_eq!(said["build"]["toolchain"], "/home/me/./clang");
        let said = of(&json!({"build": {"toolchain": "zig"}})).unwrap().below_projects().value;
        assert_eq!(said["build"]["toolchain"], "zig");
    }

    #[test]
    fn every_key_is_described_and_no_other() {
        let schema: Value = serde_json::from_str(crate::document::USER.schema()).unwrap();
        let keys = serde_json::to_value(Keys::default()).unwrap();
        for (table, keys) in keys.as_object().unwrap() {
            let described = schema["properties"][table]["properties"].as_object().unwrap();
            assert!(described.keys().eq(keys.as_object().unwrap().keys()), "{table}");
        }
        assert_eq!(schema["properties"].as_object().unwrap().len(), keys.as_object().unwrap().len());
    }
}
