//! An image in the making.

mod documents;

use std::collections::BTreeMap;

use oci_spec::image::MediaType;

use crate::execution::is_numeric;
use crate::image::DockerEntry;
use crate::{Annotations, Blob, Error, Image, Layer, Platform, Port, StopSignal, Volume, layout};

use documents::carries_wasm;
pub(crate) use documents::created;

/// Whether the history in a config says that an image is of ours.
pub(crate) fn is_ours(config: &[u8]) -> bool {
    let config: serde_json::Value = serde_json::from_slice(config).unwrap_or_default();
    let mut history = config["history"].as_array().into_iter().flatten();
    history.any(|layer| layer["created_by"] == documents::CREATED_BY)
}

/// The parts of an image, in any order. [`Draft::build`] checks them and makes them final.
#[derive(Debug, Clone)]
#[must_use]
pub struct Draft {
    platform: Platform,
    layers: Vec<Layer>,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
    env: BTreeMap<String, String>,
    user: Option<String>,
    ports: Vec<Port>,
    volumes: Vec<Volume>,
    stop_signal: Option<StopSignal>,
    labels: Annotations,
    annotations: Annotations,
    created_seconds: u64,
}

impl Draft {
    pub(crate) fn new(platform: Platform) -> Self {
        Self {
            platform,
            layers: Vec::new(),
            entrypoint: Vec::new(),
            cmd: Vec::new(),
            env: BTreeMap::new(),
            user: None,
            ports: Vec::new(),
            volumes: Vec::new(),
            stop_signal: None,
            labels: Annotations::new(),
            annotations: Annotations::new(),
            created_seconds: 0,
        }
    }

    /// Puts a layer on top.
    pub fn with_layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// What runs: the absolute path of the module in the image, and arguments that always come first.
    pub fn with_entrypoint(mut self, entrypoint: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.entrypoint = entrypoint.into_iter().map(Into::into).collect();
        self
    }

    /// Arguments that are used unless others are given.
    pub fn with_cmd(mut self, cmd: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.cmd = cmd.into_iter().map(Into::into).collect();
        self
    }

    /// One variable of the environment; a later one of the same name wins.
    pub fn with_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Whom it runs as, `uid` or `uid:gid`. Numbers only: an image from scratch has no `/etc/passwd` to look
    /// names up in.
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// A port it listens on. Runtimes do not open it; it is for who reads.
    pub fn with_port(mut self, port: Port) -> Self {
        self.ports.push(port);
        self
    }

    /// A folder that outlives its containers.
    pub fn with_volume(mut self, volume: Volume) -> Self {
        self.volumes.push(volume);
        self
    }

    /// The signal that asks it to end, instead of `SIGTERM`.
    pub fn with_stop_signal(mut self, signal: StopSignal) -> Self {
        self.stop_signal = Some(signal);
        self
    }

    /// One label, kept in the config; a later one of the same name wins.
    pub fn with_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// One annotation, kept in the manifest; a later one of the same name wins. [`crate::keys`] has the usual
    /// names.
    pub fn with_annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(name.into(), value.into());
        self
    }

    /// When the image says it was made, in seconds since 1970-01-01 UTC. Without it, that day.
    pub fn with_created(mut self, seconds: u64) -> Self {
        self.created_seconds = seconds;
        self
    }

    /// Makes the image final: one manifest.
    ///
    /// # Errors
    /// The rules that every consumer of wasm images needs kept: an entrypoint that is an absolute path, ends
    /// in `.wasm` and is a file of a layer; a numeric user; variables and labels that have a name; a module as it is,
    /// if there is one, as the only layer; a time before the year 10000.
    pub fn build(self) -> Result<Image, Error> {
        let (config, manifest) = self.for_platform(&self.platform)?;
        let is_raw = self.layers.iter().any(|layer| layer.diff_id().is_none());
        let docker = (!is_raw).then(|| self.docker_entry(&config));
        let blobs = self.layer_blobs().into_iter().chain([config, manifest]).collect();
        Ok(Image { blobs, docker, referrers: Vec::new() })
    }

    /// Makes the image final: an index of it for each of [`Platform::EVERYWHERE`], in place of its own platform. All
    /// share their layers. Each needs a config of its own: containerd 2.3 unpacks nothing for one that says `wasi`.
    ///
    /// # Errors
    /// As [`Draft::build`], and a module as it is: runtimes do not find it through an index.
    pub fn build_everywhere(self) -> Result<Image, Error> {
        if self.layers.iter().any(|layer| layer.diff_id().is_none()) {
            let problem = "runtimes do not find a module without a tar through an index".to_owned();
            return Err(Error::MakeImage { problem });
        }
        let (mut blobs, mut entries, mut docker) = (self.layer_blobs(), Vec::new(), None);
        for platform in Platform::EVERYWHERE {
            let (config, manifest) = self.for_platform(&platform)?;
            let mut entry = manifest.descriptor();
            entry.set_platform(Some(platform.to_oci()));
            if let Some(annotations) = carries_wasm(&platform) {
                entry.set_annotations(Some(annotations));
            }
            if platform == Platform::DOCKER_CLASSIC {
                docker = Some(self.docker_entry(&config));
            }
            entries.push(entry);
            blobs.extend([config, manifest]);
        }
        let mut index = layout::index(entries);
        if !self.annotations.is_empty() {
            index.set_annotations(Some(self.annotations.clone().into_iter().collect()));
        }
        blobs.push(Blob::json(MediaType::ImageIndex, &index));
        Ok(Image { blobs, docker, referrers: Vec::new() })
    }

    /// Config and manifest for a platform.
    fn for_platform(&self, platform: &Platform) -> Result<(Blob, Blob), Error> {
        self.check().map_err(|problem| Error::MakeImage { problem })?;
        let config = self.config(platform).map_err(|problem| Error::MakeImage { problem })?;
        let manifest = self.manifest(&config, platform);
        Ok((config, manifest))
    }

    /// Each once: an image may have one layer twice.
    fn layer_blobs(&self) -> Vec<Blob> {
        let mut blobs: Vec<Blob> = Vec::new();
        for layer in &self.layers {
            if !blobs.iter().any(|blob| blob.digest() == layer.digest()) {
                blobs.push(layer.blob().clone());
            }
        }
        blobs
    }

    fn docker_entry(&self, config: &Blob) -> DockerEntry {
        DockerEntry { config: config.digest(), layers: self.layers.iter().map(Layer::digest).collect() }
    }

    fn check(&self) -> Result<(), String> {
        let module = self.entrypoint.first().ok_or("it has no entrypoint")?;
        if !module.starts_with('/') {
            return Err(format!("entrypoint `{module}` is not an absolute path"));
        }
        if !module.ends_with(".wasm") {
            return Err(format!(
                "entrypoint `{module}` does not end in `.wasm`, by which runtimes know a module"
            ));
        }
        if self.layers.len() > 1 && self.layers.iter().any(|layer| layer.diff_id().is_none()) {
            return Err("a module without a tar is not its only layer, which no runtime takes".to_owned());
        }
        if !self.layers.iter().any(|layer| layer.holds(module)) {
            return Err(format!("entrypoint `{module}` is in no layer"));
        }
        if let Some(user) = self.user.as_deref().filter(|user| !is_numeric(user)) {
            return Err(format!("user `{user}` is not `uid` or `uid:gid` in numbers"));
        }
        if let Some(name) = self.env.keys().find(|name| name.is_empty() || name.contains('=')) {
            return Err(format!("`{name}` cannot be the name of a variable"));
        }
        if self.labels.contains_key("") || self.annotations.contains_key("") {
            return Err("a label or annotation has no name".to_owned());
        }
        let texts = self.entrypoint.iter().chain(&self.cmd).chain(self.env.keys()).chain(self.env.values());
        match texts.into_iter().find(|text| text.contains('\0')) {
            Some(text) => {
                Err(format!("`{}` has a zero byte, which no runtime can pass on", text.escape_debug()))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Artifact, Compression, Digest, File, Tar, fixture, keys};

    fn layer() -> Layer {
        Layer::new(
            &Tar::from_files([File::executable("/app.wasm", fixture::MODULE)]).unwrap(),
            Compression::default(),
        )
        .unwrap()
    }

    fn draft() -> Draft {
        Image::scratch(Platform::WASI_WASM).with_layer(layer()).with_entrypoint(["/app.wasm"])
    }

    fn problem(draft: Draft) -> String {
        draft.build().unwrap_err().to_string()
    }

    #[test]
    fn the_smallest_config_says_only_what_is_needed() {
        let image = draft().build().unwrap();
        let expected = format!(
            concat!(
                r#"{{"architecture":"wasm","config":{{"Entrypoint":["/app.wasm"]}},"created":"1970-01-01T00:00:00Z","#,
                r#""history":[{{"created":"1970-01-01T00:00:00Z","created_by":"cargo wasmpack"}}],"os":"wasi","#,
                r#""rootfs":{{"diff_ids":["{}"],"type":"layers"}}}}"#
            ),
            layer().diff_id().unwrap()
        );
        assert_eq!(String::from_utf8_lossy(&fixture::config(&image).bytes().unwrap()), expected);
    }

    #[test]
    fn the_manifest_names_config_and_layers_and_its_own_type() {
        let image = draft().with_annotation(keys::TITLE, "app").build().unwrap();
        let (config, layer) = (fixture::config(&image), fixture::layer(&image));
        let expected = format!(
            concat!(
                r#"{{"annotations":{{"org.opencontainers.image.title":"app"}},"#,
                r#""config":{{"digest":"{}","mediaType":"application/vnd.oci.image.config.v1+json","size":{}}},"#,
                r#""layers":[{{"digest":"{}","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":{}}}],"#,
                r#""mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}}"#
            ),
            config.digest(),
            config.size_bytes(),
            layer.digest(),
            layer.size_bytes()
        );
        assert_eq!(String::from_utf8_lossy(&image.root().bytes().unwrap()), expected);
        assert_eq!(image.digest(), Digest::of(expected.as_bytes()));
        assert_eq!(image.size_bytes(), expected.len() as u64 + config.size_bytes() + layer.size_bytes());
    }

    #[test]
    fn everywhere_has_a_config_of_its_own_for_each_platform_and_one_layer() {
        let image = draft().with_annotation(keys::TITLE, "app").build_everywhere().unwrap();
        let types: Vec<&str> = image.blobs().iter().map(Blob::media_type).collect();
        let [layer, config, manifest, index] = [
            "application/vnd.oci.image.layer.v1.tar+gzip",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.index.v1+json",
        ];
        let expected = [layer].into_iter().chain([config, manifest].repeat(4)).chain([index]);
        assert_eq!(types, expected.collect::<Vec<_>>());
        let root: serde_json::Value = serde_json::from_slice(&image.root().bytes().unwrap()).unwrap();
        assert_eq!(root["annotations"]["org.opencontainers.image.title"], "app");
        let expected = Platform::EVERYWHERE.map(|platform| platform.to_string());
        for (number, platform) in expected.iter().enumerate() {
            let entry = &root["manifests"][number];
            let config: serde_json::Value =
                serde_json::from_slice(&image.blobs()[1 + 2 * number].bytes().unwrap()).unwrap();
            for said in [&entry["platform"], &config] {
                let [os, architecture] = ["os", "architecture"].map(|key| said[key].as_str().unwrap());
                assert_eq!(format!("{os}/{architecture}"), *platform);
            }
            let is_marked = entry["annotations"]["module.wasm.image/variant"] == "compat-smart";
            assert_eq!(is_marked, platform.starts_with("linux"));
        }
        let documents: u64 = image.blobs()[1..].iter().map(Blob::size_bytes).sum();
        assert!(documents < 12 * 1024, "{documents}");
    }

    #[test]
    fn a_module_as_it_is_is_the_only_layer_and_has_no_diff_id() {
        let raw = Layer::raw(fixture::MODULE.to_vec());
        let draft = |layer: &Layer| {
            Image::scratch(Platform::WASI_WASM).with_layer(layer.clone()).with_entrypoint(["/app.wasm"])
        };
        let image = draft(&raw).build().unwrap();
        let config: serde_json::Value =
            serde_json::from_slice(&fixture::config(&image).bytes().unwrap()).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"], serde_json::json!([]));
        assert_eq!(image.blobs()[0].bytes().unwrap(), fixture::MODULE);
        assert!(problem(draft(&raw).with_layer(layer())).contains("not its only layer"));
        assert!(draft(&raw).build_everywhere().is_err());
    }

    #[test]
    fn the_digests_of_images_do_not_move() {
        let said = |draft: Draft| {
            draft
                .with_entrypoint(["/app.wasm"])
                .with_cmd(["--help"])
                .with_env("LANG", "C")
                .with_user("65532:65532")
                .with_label("b", "2")
                .with_label("a", "1")
                .with_annotation(keys::VERSION, "1.0.0")
                .with_created(1_700_000_000)
        };
        let raw = Layer::raw(fixture::MODULE.to_vec());
        let files = Tar::from_files([File::readable("/data/words", "one two three")]).unwrap();
        let files = Layer::new(&files, Compression::default()).unwrap();
        let scratch = || Image::scratch(Platform::WASI_WASM);
        let artifact = Artifact {
            module: raw.clone(),
            file_name: "app.wasm".to_owned(),
            component: None,
            annotations: Annotations::new(),
            created_seconds: 1_700_000_000,
        };
        let images = [
            said(draft()).build(),
            said(scratch().with_layer(files).with_layer(layer())).build(),
            said(draft()).build_everywhere(),
            said(scratch().with_layer(raw)).build(),
            artifact.build(),
        ];
        // Like the golden digest of a layer: moving one needs a line in CHANGELOG.md.
        assert_eq!(
            images.map(|image| image.unwrap().digest().to_string()),
            [
                "sha256:b100d4da071ff0b67cf581e18f6b6b1b4d25eb01692b5f2428e6b0425ad05327",
                "sha256:8a6e48641519203574aaca6142edd8696c1ee0b16cc8af5eb69406d841080577",
                "sha256:11a10f6e3e81600ce73b19d5c68f0e962e0ca6da3728d5629cce892966c7293e",
                "sha256:e3dfe4f22adbd3da0f1bb4720e088bf3038c903e409f322e3ed35b1bfadf6cc5",
                "sha256:acb488c40c3264313c180fc71ef2020a9a895b5f3884db3a502bf518453b51d6",
            ]
        );
    }

    #[test]
    fn labels_in_any_order_make_the_same_image() {
        let names: Vec<String> = (0..50).map(|n| format!("label-{n}")).collect();
        let one =
            names.iter().fold(draft(), |draft, name| draft.with_label(name, "x").with_annotation(name, "y"));
        let other = names
            .iter()
            .rev()
            .fold(draft(), |draft, name| draft.with_annotation(name, "y").with_label(name, "x"));
        assert_eq!(one.build().unwrap(), other.build().unwrap());
    }

    #[test]
    fn times_are_kept_to_the_second() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:01Z"),
            ((1 << 31) + 1, "2038-01-19T03:14:09Z"),
            (253_402_207_200, "9999-12-30T22:00:00Z"),
        ] {
            let config = fixture::config(&draft().with_created(seconds).build().unwrap()).clone();
            assert!(
                String::from_utf8_lossy(&config.bytes().unwrap()).contains(&format!(r#""created":"{text}""#)),
                "{seconds}"
            );
        }
        assert!(problem(draft().with_created(u64::MAX)).contains("after the year 9999"));
    }

    #[test]
    fn an_entrypoint_is_an_absolute_path_to_a_module_that_is_there() {
        for (entrypoint, expected) in [
            (vec![], "it has no entrypoint"),
            (vec!["app.wasm"], "entrypoint `app.wasm` is not an absolute path"),
            (vec!["/app"], "entrypoint `/app` does not end in `.wasm`, by which runtimes know a module"),
            (vec!["/other.wasm"], "entrypoint `/other.wasm` is in no layer"),
            (vec!["/./app.wasm"], "entrypoint `/./app.wasm` is in no layer"),
            (vec!["/app.wasm", "a\0b"], "`a\\0b` has a zero byte, which no runtime can pass on"),
        ] {
            assert_eq!(
                problem(draft().with_entrypoint(entrypoint)),
                format!("failed to make image: {expected}")
            );
        }
    }

    #[test]
    fn ports_volumes_and_the_signal_are_in_the_config() {
        let image = draft()
            .with_port("8080".parse().unwrap())
            .with_port("53/udp".parse().unwrap())
            .with_volume("/data".parse().unwrap())
            .with_stop_signal("INT".parse().unwrap());
        let config = fixture::config(&image.build().unwrap()).clone();
        let expected = concat!(
            r#""config":{"Entrypoint":["/app.wasm"],"ExposedPorts":{"53/udp":{},"8080/tcp":{}},"#,
            r#""StopSignal":"SIGINT","Volumes":{"/data":{}}}"#
        );
        assert!(String::from_utf8_lossy(&config.bytes().unwrap()).contains(expected));
    }

    #[test]
    fn users_are_numbers() {
        for user in ["0", "65532", "1000:1000", "4294967294"] {
            assert!(draft().with_user(user).build().is_ok(), "{user}");
        }
        for user in ["", "root", "1:", ":1", "+1", "-1", "1:2:3", "4294967295", "4294967296"] {
            assert!(draft().with_user(user).build().is_err(), "{user}");
        }
    }

    #[test]
    fn variables_and_labels_have_names() {
        assert!(problem(draft().with_env("", "x")).contains("variable"));
        assert!(problem(draft().with_env("A=B", "x")).contains("variable"));
        assert!(problem(draft().with_label("", "x")).contains("no name"));
        assert!(problem(draft().with_annotation("", "x")).contains("no name"));
        assert!(draft().with_env("A", "B=C").build().is_ok());
    }
}
