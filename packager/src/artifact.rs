//! A Wasm OCI artifact: the module or component as it is, under a config that says what it imports and exports.
//!
//! The format is that of <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>, which wkg, wash and oras
//! read. `created` is given, where other tools take the clock.

use std::collections::HashMap;

use oci_spec::image::{ImageManifestBuilder, MediaType, SCHEMA_VERSION};
use serde_json::{Value, json};

use crate::{Annotations, Blob, Error, Image, Layer, Platform, keys};

/// The media type of the config.
pub(crate) const CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// What an artifact says of the component in it: names such as `wasi:cli/run@0.2.0`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct World {
    /// Interfaces that it asks for.
    pub imports: Vec<String>,
    /// Interfaces that it offers.
    pub exports: Vec<String>,
}

/// The parts of an artifact. An artifact says nothing of arguments or environment: who runs it does.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// The module or component, by [`Layer::raw`].
    pub module: Layer,
    /// The file name that tools which unpack it give it.
    pub file_name: String,
    /// What the component asks for and offers; nothing for a core module.
    pub component: Option<World>,
    /// Annotations of the manifest.
    pub annotations: Annotations,
    /// When it says it was made, in seconds since 1970-01-01 UTC.
    pub created_seconds: u64,
}

impl Artifact {
    /// Makes the artifact final.
    ///
    /// # Errors
    /// A layer that is a tar; a time after the year 9999.
    pub fn build(self) -> Result<Image, Error> {
        let refuse = |problem: String| Error::MakeImage { problem };
        if self.module.diff_id().is_some() {
            return Err(refuse("an artifact holds the module itself, not a tar".to_owned()));
        }
        let created = crate::draft::created(self.created_seconds).map_err(refuse)?;
        let config = Blob::json(CONFIG.into(), &self.config(&created));
        let mut layer = self.module.blob().descriptor();
        // Without it, `oras pull` writes no file.
        layer.set_annotations(Some([(keys::TITLE.to_owned(), self.file_name)].into()));
        let mut manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageManifest)
            .config(config.descriptor())
            .layers([layer]);
        if !self.annotations.is_empty() {
            manifest = manifest.annotations(self.annotations.into_iter().collect::<HashMap<_, _>>());
        }
        let manifest = manifest.build().expect("every required part is given");
        let manifest = Blob::json(MediaType::ImageManifest, &manifest);
        Ok(Image {
            blobs: vec![self.module.blob().clone(), config, manifest],
            docker: None,
            referrers: Vec::new(),
        })
    }

    fn config(&self, created: &str) -> Value {
        let component = self.component.as_ref().map(
            |World { imports, exports }| json!({ "exports": exports, "imports": imports, "target": null }),
        );
        let Platform { os, architecture } =
            if component.is_some() { Platform::WASIP2_WASM } else { Platform::WASIP1_WASM };
        json!({
            "created": created,
            "author": self.annotations.get(keys::AUTHORS),
            "architecture": architecture,
            "os": os,
            "layerDigests": [self.module.digest().to_string()],
            "component": component,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Compression, File, Sink, Tar, fixture, open, sinks, validate};

    fn artifact(component: Option<World>) -> Artifact {
        Artifact {
            module: Layer::raw(fixture::MODULE.to_vec()),
            file_name: "app.wasm".to_owned(),
            component,
            annotations: Annotations::new(),
            created_seconds: 0,
        }
    }

    #[test]
    fn the_config_says_what_wkg_wants_to_know() {
        let config = |component| {
            let image = artifact(component).build().unwrap();
            String::from_utf8(fixture::config(&image).bytes().unwrap().into_owned()).unwrap()
        };
        let digest = Layer::raw(fixture::MODULE.to_vec()).digest();
        let expected = |os: &str, component: &str| {
            format!(
                r#"{{"architecture":"wasm","author":null,"component":{component},"created":"1970-01-01T00:00:00Z","layerDigests":["{digest}"],"os":"{os}"}}"#
            )
        };
        assert_eq!(config(None), expected("wasip1", "null"));
        let world = World {
            imports: vec!["wasi:io/streams@0.2.0".to_owned()],
            exports: vec!["wasi:cli/run@0.2.0".to_owned()],
        };
        let component =
            r#"{"exports":["wasi:cli/run@0.2.0"],"imports":["wasi:io/streams@0.2.0"],"target":null}"#;
        assert_eq!(config(Some(world)), expected("wasip2", component));
    }

    #[test]
    fn it_comes_back_as_it_went_in() {
        let folder = tempfile::tempdir().unwrap();
        let image = artifact(None).build().unwrap();
        sinks::Layout::at(folder.path()).write(&image, &fixture::name("app")).unwrap();
        let stored = open(folder.path()).unwrap();
        assert_eq!((stored.digest, stored.platform), (image.digest(), Platform::WASIP1_WASM));
        assert_eq!(open(folder.path()).unwrap().module().unwrap(), fixture::MODULE);
        assert_eq!(validate(folder.path()), Ok(()));
    }

    #[test]
    fn a_tar_is_refused() {
        let tar = Tar::from_files([File::executable("/app.wasm", fixture::MODULE)]).unwrap();
        let module = Layer::new(&tar, Compression::default()).unwrap();
        assert!(Artifact { module, ..artifact(None) }.build().is_err());
    }
}
