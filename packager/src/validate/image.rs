//! What a manifest, its config and its layers have to be by themselves and for each other.

use oci_spec::image::{ImageConfiguration, ImageManifest, MediaType};
use serde::Deserialize;

use super::Check;
use crate::layout::blob_path;
use crate::{Digest, Platform, StoredLayer, artifact, documents, module, stored};

impl Check {
    /// Config and layers of a manifest, and whether they fit each other.
    pub(super) fn manifest(&mut self, place: &str, manifest: &ImageManifest) {
        let config = self.descriptor(&format!("{place} config"), manifest.config());
        let mut whole = true;
        for (number, layer) in manifest.layers().iter().enumerate() {
            whole &= self.descriptor(&format!("{place} layers[{number}]"), layer).is_some();
        }
        if *manifest.config().media_type() == MediaType::EmptyJSON && manifest.artifact_type().is_none() {
            self.note(place, "its config is empty, and it does not say what kind of artifact it is");
        }
        if manifest.config().media_type().as_ref() == artifact::CONFIG && config.is_some() {
            self.artifact(manifest);
        }
        // What is not an image has a config of its own kind and no diff_ids.
        let Some(digest) = config.filter(|_| documents::is_config(manifest.config().media_type())) else {
            return;
        };
        let place = blob_path(digest);
        let Some(config) = self.read(&place, self.store.blob(manifest.config()), documents::config) else {
            return;
        };
        self.config(&place, &config);
        match stored::layers(manifest, &config) {
            Ok(layers) if whole => layers.iter().for_each(|layer| self.layer(layer)),
            Ok(_) => {}
            Err(problem) => self.note(&place, problem),
        }
    }

    /// One layer may be in many images; it is read once.
    fn layer(&mut self, layer: &StoredLayer) {
        if !self.layers.insert((layer.digest, layer.diff_id)) {
            return;
        }
        // What is no tar at all, such as a statement about an image, was hashed with all blobs.
        let is_foreign = documents::compression(&layer.media_type.as_str().into()).is_none();
        if is_foreign && !layer.is_module() && layer.diff_id == Some(layer.digest) {
            return;
        }
        let read = if layer.is_module() {
            module::read_raw(&self.store, layer).map(drop)
        } else if self.left_bytes == 0 {
            // Said where the last of them were used up.
            Ok(())
        } else {
            module::read_layer(&self.store, layer, &mut self.left_bytes, |_| Ok(()))
        };
        self.noted(&blob_path(layer.digest), read);
    }

    /// What the standard of Wasm OCI artifacts requires
    /// (<https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>): one layer, named by the config.
    fn artifact(&mut self, manifest: &ImageManifest) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Config {
            architecture: String,
            layer_digests: Vec<String>,
        }
        let parse = |bytes: &[u8]| serde_json::from_slice::<Config>(bytes).map_err(|cause| cause.to_string());
        let Some(place) = self.noted("config", Digest::from_oci(manifest.config().digest())).map(blob_path)
        else {
            return;
        };
        let Some(config) = self.read(&place, self.store.blob(manifest.config()), parse) else { return };
        if config.architecture != Platform::WASI_WASM.architecture {
            self.note(&place, format!("its architecture is `{}`", config.architecture.escape_debug()));
        }
        let layers: Vec<&str> = manifest.layers().iter().map(|layer| layer.digest().as_ref()).collect();
        if layers != config.layer_digests {
            self.note(&place, format!("its layerDigests are not the {} of the manifest", layers.len()));
        }
    }

    /// What config.md requires of a config by itself.
    fn config(&mut self, place: &str, config: &ImageConfiguration) {
        for (name, value) in
            [("os", config.os().to_string()), ("architecture", config.architecture().to_string())]
        {
            if value.is_empty() {
                self.note(place, format!("its {name} is empty"));
            }
        }
        if config.rootfs().typ() != "layers" {
            self.note(place, "its rootfs is not of type `layers`");
        }
        let Some(history) = config.history() else { return };
        let made = history.iter().filter(|entry| entry.empty_layer() != Some(true)).count();
        let layers = config.rootfs().diff_ids().len();
        if made != layers && !history.is_empty() {
            self.note(place, format!("its history tells of {made} layers, its rootfs of {layers}"));
        }
    }
}
