//! The documents that an image in the making becomes: its config and its manifest.

use std::collections::HashMap;

use oci_spec::image::{
    Config, ConfigBuilder, History, HistoryBuilder, ImageConfiguration, ImageConfigurationBuilder,
    ImageManifestBuilder, MediaType, RootFsBuilder, SCHEMA_VERSION,
};

use super::Draft;
use crate::time::rfc3339;
use crate::{Blob, Layer, Platform, keys};

/// Who the history says made each layer.
pub(super) const CREATED_BY: &str = "cargo wasmpack";

/// Why a builder of the OCI types cannot fail here.
const COMPLETE: &str = "every required part is given";

impl Draft {
    pub(super) fn config(&self, platform: &Platform) -> Result<Blob, String> {
        let created = created(self.created_seconds)?;
        // A module as it is has none: runwasi and containerd want the list empty then.
        let diff_ids: Vec<String> =
            self.layers.iter().filter_map(Layer::diff_id).map(|diff_id| diff_id.to_string()).collect();
        let history = vec![history(&created); diff_ids.len()];
        let rootfs = RootFsBuilder::default().diff_ids(diff_ids).build().expect(COMPLETE);
        let config: ImageConfiguration = ImageConfigurationBuilder::default()
            .created(created.clone())
            .os(&*platform.os)
            .architecture(&*platform.architecture)
            .config(self.execution())
            .rootfs(rootfs)
            .history(history)
            .build()
            .expect(COMPLETE);
        Ok(Blob::json(MediaType::ImageConfig, &config))
    }

    /// Empty parts are left out, so that adding an option to this tool moves no digest of an image that does
    /// not use it.
    fn execution(&self) -> Config {
        let mut execution = ConfigBuilder::default().entrypoint(self.entrypoint.clone());
        if !self.cmd.is_empty() {
            execution = execution.cmd(self.cmd.clone());
        }
        if !self.env.is_empty() {
            let env: Vec<String> = self.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
            execution = execution.env(env);
        }
        if let Some(user) = &self.user {
            execution = execution.user(user);
        }
        if !self.ports.is_empty() {
            execution = execution.exposed_ports(texts(&self.ports));
        }
        if !self.volumes.is_empty() {
            execution = execution.volumes(texts(&self.volumes));
        }
        if let Some(signal) = &self.stop_signal {
            execution = execution.stop_signal(signal.to_string());
        }
        if !self.labels.is_empty() {
            execution = execution.labels(self.labels.clone().into_iter().collect::<HashMap<_, _>>());
        }
        execution.build().expect(COMPLETE)
    }

    pub(super) fn manifest(&self, config: &Blob, platform: &Platform) -> Blob {
        let layers: Vec<_> = self.layers.iter().map(|layer| layer.blob().descriptor()).collect();
        let mut manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageManifest)
            .config(config.descriptor())
            .layers(layers);
        let annotations =
            self.annotations.clone().into_iter().chain(carries_wasm(platform).into_iter().flatten());
        let annotations: HashMap<_, _> = annotations.collect();
        if !annotations.is_empty() {
            manifest = manifest.annotations(annotations);
        }
        Blob::json(MediaType::ImageManifest, &manifest.build().expect(COMPLETE))
    }
}

/// What tells that an image is wasm where its platform does not: the annotation that crun looks for.
pub(super) fn carries_wasm(platform: &Platform) -> Option<HashMap<String, String>> {
    let variant = (keys::WASM_VARIANT.to_owned(), "compat-smart".to_owned());
    (!platform.is_wasm()).then(|| [variant].into())
}

/// One entry per layer: podman and Docker refuse a history of another length.
fn history(created: &str) -> History {
    HistoryBuilder::default().created(created).created_by(CREATED_BY).build().expect(COMPLETE)
}

/// The time as RFC 3339 in UTC, to the second.
pub(crate) fn created(seconds: u64) -> Result<String, String> {
    rfc3339(seconds).ok_or_else(|| format!("time {seconds} is after the year 9999"))
}

fn texts(words: &[impl ToString]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
