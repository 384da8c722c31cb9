//! What the project says of itself: `wasmpack.toml`, `[package.metadata.wasmpack]` and
//! `[workspace.metadata.wasmpack]`, nearest wins; below all of them, what the user says.

use std::io::ErrorKind;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::budget::Budget;
pub use crate::config_keys::{Build, BuiltBy, CommandLine, Files, Image, Optimize};
use crate::error::Error;
use crate::minimum_version::MinimumVersion;
use crate::nearest;
use crate::policy::Policy;
use crate::user_config::UserConfig;
use crate::word::Word;

/// The whole configuration. Every key is optional; its default is where it is used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Config {
    /// The oldest version of this tool that understands it.
    pub wasmpack_version: Option<Word<MinimumVersion>>,
    /// How sources become a module.
    pub build: Build,
    /// How the module becomes smaller.
    pub optimize: Optimize,
    /// What the image says.
    pub image: Image,
    /// What it may weigh.
    pub budget: Budget,
    /// What its programs may ask their host for.
    pub policy: Policy,
}

/// The name of the file beside the sources.
pub const FILE_NAME: &str = "wasmpack.toml";

/// What one place says, and what that place is called.
#[derive(Debug)]
pub struct Said {
    /// A file, or a table of a manifest.
    pub place: String,
    /// As it was written; nothing, if the place is not there.
    pub value: Value,
}

/// What each place says of the package in `folder`, the farthest first.
///
/// # Errors
/// When the file cannot be read or is not TOML.
pub fn places(
    folder: &Utf8Path,
    package: &Value,
    workspace: &Value,
    user: &UserConfig,
) -> Result<[Said; 4], Error> {
    let path = folder.join(FILE_NAME);
    let file = match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text)
            .map_err(|source| Error::ParseConfig { path: path.clone(), source: Box::new(source) })?,
        // A path that is a file has nothing beside its sources either.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Value::Null,
        Err(source) => return Err(Error::ReadFile { path, source }),
    };
    Ok([
        user.below_projects(),
        Said { place: "[workspace.metadata.wasmpack]".to_owned(), value: workspace.clone() },
        Said { place: "[package.metadata.wasmpack]".to_owned(), value: package.clone() },
        Said { place: path.into_string(), value: file },
    ])
}

/// Reads `folder/wasmpack.toml` and lays it over the package's and the workspace's metadata, and all over what the user says.
///
/// # Errors
/// When the file cannot be read or is not TOML, when a key is unknown or has a value of the wrong type.
pub fn load(
    folder: &Utf8Path,
    package: &Value,
    workspace: &Value,
    user: &UserConfig,
) -> Result<Config, Error> {
    let places = places(folder, package, workspace, user)?;
    let mut config = Config::default();
    for Said { place, value } in &places {
        apply(&mut config, value, place)?;
    }
    let [.., Said { value: file, .. }] = &places;
    let is_of_workspace = |table: &str, key: &str| {
        let says = |value: &Value| !value[table][key].is_null();
        says(workspace) && !says(package) && !says(file)
    };
    config.image.has_files_of_workspace = is_of_workspace("image", "files");
    config.build.has_toolchain_of_workspace = is_of_workspace("build", "toolchain");
    Ok(config)
}

/// What one place says alone, as it is understood, with nothing where it says nothing.
///
/// # Errors
/// When a key is unknown or has a value of the wrong type.
pub fn alone(said: &Said) -> Result<Value, Error> {
    let mut config = Config::default();
    apply(&mut config, &said.value, &said.place)?;
    Ok(as_json(&config))
}

/// With every key there is; those that nobody says have no value.
#[must_use]
pub fn as_json(config: &Config) -> Value {
    serde_json::to_value(config).expect("a configuration is plain data")
}

/// Lays `value` over what is there, key by key.
pub(crate) fn apply(config: &mut Config, value: &Value, place: &str) -> Result<(), Error> {
    if value.is_null() {
        return Ok(());
    }
    refuse_newer(value, place)?;
    refuse_unknown_keys(value, &as_json(&Config::default()), "", place)?;
    let own: Config = serde_path_to_error::deserialize(value).map_err(|error| Error::ConfigValue {
        key: error.path().to_string(),
        place: place.to_owned(),
        source: error.into_inner(),
    })?;
    let mut merged = as_json(config);
    lay_over(&mut merged, &as_json(&own));
    *config = serde_json::from_value(merged).expect("each of the two has been read");
    Ok(())
}

/// Before anything else is understood. What is no version at all is told with all other values.
fn refuse_newer(value: &Value, place: &str) -> Result<(), Error> {
    let wanted: Option<Word<MinimumVersion>> =
        serde_json::from_value(value["wasmpack-version"].clone()).unwrap_or_default();
    match wanted.filter(|wanted| !wanted.value.is_met()) {
        Some(wanted) => Err(Error::NewerTool { place: place.to_owned(), wanted: wanted.to_string() }),
        None => Ok(()),
    }
}

/// The default configuration, with every key in it, is the list of the keys there are.
pub(crate) fn refuse_unknown_keys(
    value: &Value,
    known: &Value,
    prefix: &str,
    place: &str,
) -> Result<(), Error> {
    let (Value::Object(value), Value::Object(known)) = (value, known) else { return Ok(()) };
    for (key, inner) in value {
        let Some(known_inner) = known.get(key) else {
            let nearest = nearest::of(key, known.keys().map(String::as_str))
                .map(|nearest| format!("{prefix}{nearest}"));
            let known = known.keys().cloned().collect::<Vec<_>>().join("`, `");
            let key = format!("{prefix}{key}");
            return Err(Error::UnknownKey { key, place: place.to_owned(), nearest, known });
        };
        refuse_unknown_keys(inner, known_inner, &format!("{prefix}{key}."), place)?;
    }
    Ok(())
}

fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        // What is not said.
        (_, Value::Null) => {}
        (below, above) => *below = above.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutated::mutated;
    use serde_json::json;
    use wasmpack_optimizer::Level;
    use wasmpack_packager::keys;

    #[test]
    fn the_nearest_place_wins_key_by_key() {
        let mut config = Config::default();
        apply(&mut config, &json!({"optimize": {"level": "s", "keep": ["a"]}}), "below").unwrap();
        apply(&mut config, &json!({"optimize": {"level": "z"}}), "above").unwrap();
        assert_eq!(config.optimize.level.map(|level| level.value), Some(Level::Z));
        assert_eq!(config.optimize.keep, Some(vec!["a".to_owned()]));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = apply(&mut Config::default(), &json!({"optimize": {"levle": "s"}}), "here").unwrap_err();
        assert_eq!(error.to_string(), "unknown key `optimize.levle` in here");
        assert_eq!(error.hint().as_deref(), Some("did you mean `optimize.level`?"));
    }

    #[test]
    fn a_configuration_of_a_newer_version_says_so_before_its_keys_are_read() {
        let newer = json!({"wasmpack-version": "999.1", "optimise": {"level": "s"}});
        let error = apply(&mut Config::default(), &newer, "here").unwrap_err();
        assert!(
            error.to_string().starts_with("failed to use here: it asks for version 999.1 of cargo wasmpack")
        );
        let error = apply(&mut Config::default(), &json!({"wasmpack-version": "new"}), "here").unwrap_err();
        assert_eq!(error.to_string(), "the value of `wasmpack-version` in here cannot be used");
        apply(&mut Config::default(), &json!({"wasmpack-version": "0.1"}), "here").unwrap();
    }

    #[test]
    fn a_wrong_value_is_found_by_its_key_and_a_level_may_be_a_number() {
        let mut config = Config::default();
        apply(&mut config, &json!({"optimize": {"level": 3}}), "here").unwrap();
        assert_eq!(config.optimize.level.as_ref().map(|level| level.value), Some(Level::O3));
        let error = apply(&mut config, &json!({"build": {"stack-size": "1M"}}), "here").unwrap_err();
        assert_eq!(error.to_string(), "the value of `build.stack-size` in here cannot be used");
    }

    #[test]
    fn a_budget_is_a_size_in_words_or_in_bytes() {
        let mut config = Config::default();
        apply(&mut config, &json!({"budget": {"max-size": 800_000, "max-growth": "2 %"}}), "below").unwrap();
        apply(&mut config, &json!({"budget": {"max-size": "1 MB"}}), "above").unwrap();
        assert_eq!(config.budget.max_size, Some(crate::budget::MaxSize(1_000_000)));
        assert_eq!(config.budget.max_growth, Some(crate::budget::MaxGrowth::Percent(2.0)));
        let error = apply(&mut config, &json!({"budget": {"max-size": "big"}}), "here").unwrap_err();
        assert_eq!(error.to_string(), "the value of `budget.max-size` in here cannot be used");
    }

    #[test]
    fn a_wrong_word_is_found_by_its_key_too() {
        for (value, key, cause) in [
            (
                json!({"optimize": {"level": "fast"}}),
                "optimize.level",
                "optimization level `fast`; levels are none, 0",
            ),
            (json!({"optimize": {"time-limit": -1}}), "optimize.time-limit", "value is negative"),
            (json!({"build": {"target": "wasm64"}}), "build.target", "`wasm64`"),
            (json!({"build": {"system": "ninja"}}), "build.system", "`ninja`"),
            (json!({"build": {"toolchain": "gcc"}}), "build.toolchain", "`gcc`"),
            (json!({"image": {"name": "A B"}}), "image.name", "`A B`"),
            (json!({"image": {"format": ["image", "oci"]}}), "image.format", "`oci`"),
            (json!({"image": {"platform": "linux/wasm32"}}), "image.platform", "`linux/wasm32`"),
            (json!({"image": {"compress": "lzma"}}), "image.compress", "`lzma`"),
            (json!({"image": {"entrypoint": "app.wasm"}}), "image.entrypoint", "write `/app.wasm`"),
            (json!({"image": {"user": "root"}}), "image.user", "`uid:gid` in numbers"),
            (json!({"image": {"ports": [80, "http"]}}), "image.ports[1]", "`http`"),
            (json!({"image": {"volumes": ["data"]}}), "image.volumes[0]", "absolute path"),
            (json!({"image": {"stop-signal": "TERMINATE"}}), "image.stop-signal", "no such signal"),
            (json!({"image": {"env": {"A=B": "1"}}}), "image.env", "`A=B` cannot be"),
            (json!({"image": {"annotations": {"license": "MIT"}}}), "image.annotations", "write `licenses`"),
            (
                json!({"image": {"annotations": {"licenses": "Free"}}}),
                "image.annotations",
                "SPDX licence expression `Free`",
            ),
            (
                json!({"image": {"files": [{"from": "a", "mode": 444}]}}),
                "image.files[0].mode",
                "write \"644\"",
            ),
        ] {
            let error = apply(&mut Config::default(), &value, "here").unwrap_err();
            assert_eq!(error.to_string(), format!("the value of `{key}` in here cannot be used"));
            let said = std::error::Error::source(&error).unwrap().to_string();
            assert!(said.contains(cause), "{said}");
        }
    }

    #[test]
    fn a_workspace_and_its_package_mean_one_annotation() {
        let mut config = Config::default();
        let below = json!({"authors": "A", "org.opencontainers.image.vendor": "B"});
        let above = json!({"org.opencontainers.image.authors": "", "vendor": "C"});
        for annotations in [below, above] {
            apply(&mut config, &json!({"image": {"annotations": annotations}}), "here").unwrap();
        }
        let annotations: Vec<_> = config.image.annotations.unwrap().into_iter().collect();
        assert_eq!(annotations, [(keys::AUTHORS.into(), String::new()), (keys::VENDOR.into(), "C".into())]);
    }

    #[test]
    fn labels_and_variables_have_any_name() {
        let labels = json!({"image": {"labels": {"com.acme.team": "x"}, "env": {"A": "1"}}});
        apply(&mut Config::default(), &labels, "here").unwrap();
    }

    #[test]
    fn whatever_stands_in_a_configuration_is_taken_or_refused() {
        let seeds = [
            "[build]\nsources = [\"*.c\", \"!test_*.c\"]\nflags = [\"-w\"]\nlink = [\"m\"]\nstack-size = 65536\n",
            "[build]\nbin = \"app\"\ndefine = [\"A=1\", \"B\"]\n[optimize]\nlevel = \"z\"\nkeep = [\"f\"]\n",
            "wasmpack-version = \"0.1\"\n[image]\nname = \"ghcr.io/acme/app:v1\"\nfiles = [{ from = \"a*\", to = \"/b\", mode = \"755\" }]\n",
            "[budget]\nlayer = \"150 kB\"\n[policy]\nallow = [\"stdio\"]\n[image.env]\nA = \"1\"\n",
        ];
        let (mut taken, mut refused) = (0, 0);
        for text in mutated(&seeds, 4000) {
            let Ok(value) = toml::from_str::<Value>(&text) else { continue };
            match apply(&mut Config::default(), &value, "here") {
                Ok(()) => taken += 1,
                Err(error) => refused += usize::from(!error.to_string().is_empty()),
            }
        }
        assert!(taken > 100 && refused > 100, "{taken}, {refused}");
    }
}
