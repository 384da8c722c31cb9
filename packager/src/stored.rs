//! An image that somebody wrote, read back with nothing taken on trust.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use oci_spec::image::{Config, Descriptor, ImageConfiguration, ImageManifest, MediaType};

use crate::choose::{Chosen, choose};
use crate::rootfs::Content;
use crate::store::Store;
use crate::{
    Annotations, Digest, Error, Form, Platform, Reference, artifact, documents, keys, layout, module, rootfs,
};

/// What an image says of itself. Its manifest and config have been checked against their digests; a layer is
/// checked when it is read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Stored {
    /// The folder or file it is in.
    pub path: PathBuf,
    /// Its name there, if it has one.
    pub reference: Option<String>,
    /// How it lies there.
    pub form: Form,
    /// What names it: the digest of its manifest, or of an index that offers it for several platforms. An archive of Docker's
    /// has none: then it is that of a manifest made here, and nobody else knows it.
    pub digest: Digest,
    /// The digest of its manifest; as [`Self::digest`].
    pub manifest_digest: Digest,
    /// The digest of its config.
    pub config_digest: Digest,
    /// What it is for, as the config says.
    pub platform: Platform,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
    /// What runs.
    pub entrypoint: Vec<String>,
    /// Arguments that are used unless others are given.
    pub cmd: Vec<String>,
    /// Variables of the environment: name and value, in the order of the config.
    pub env: Vec<(String, String)>,
    /// Whom it runs as.
    pub user: Option<String>,
    /// Ports it listens on, such as `8080/tcp`.
    pub ports: Vec<String>,
    /// Folders that outlive a container.
    pub volumes: Vec<String>,
    /// What asks it to end.
    pub stop_signal: Option<String>,
    /// Where it runs.
    pub working_dir: Option<String>,
    /// Labels of the config.
    pub labels: Annotations,
    /// Annotations of the manifest.
    pub annotations: Annotations,
    /// Lowest first.
    pub layers: Vec<StoredLayer>,
    /// Manifest, config and layers together, as stored.
    pub size_bytes: u64,
    /// The entry of what names it.
    pub(crate) root: Descriptor,
    pub(crate) store: Store,
}

/// One layer, as manifest and config describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredLayer {
    /// The digest of the bytes as stored.
    pub digest: Digest,
    /// The number of bytes as stored.
    pub size_bytes: u64,
    /// How it is stored.
    pub media_type: String,
    /// The digest of the tar inside; nothing for a module as it is.
    pub diff_id: Option<Digest>,
}

impl StoredLayer {
    /// Whether it is a module as it is, without a tar around it.
    #[must_use]
    pub fn is_module(&self) -> bool {
        documents::is_module(&self.media_type.as_str().into())
    }
}

/// Opens the image in a layout folder, or in a tar of one, compressed or not.
///
/// Where an index offers several platforms, `wasi/wasm` is chosen, then any other spelling of wasm, then the
/// first.
///
/// # Errors
/// It is not an image layout; it holds several images of different names; or its index, manifest or config is
/// damaged or has more than [`crate::DOCUMENT_LIMIT_BYTES`].
pub fn open(path: impl AsRef<Path>) -> Result<Stored, Error> {
    read(Store::open(path.as_ref())?, None)
}

/// Opens the image of this name, or, if the reference has one, of this digest.
///
/// # Errors
/// As [`open`], and if there is no such image.
pub fn open_reference(path: impl AsRef<Path>, reference: &Reference) -> Result<Stored, Error> {
    read(Store::open(path.as_ref())?, Some(reference))
}

impl Stored {
    /// The name of the image that this is another format of, if it was made as one.
    #[must_use]
    pub fn format_of(&self) -> Option<&str> {
        Some(self.root.annotations().as_ref()?.get(keys::FORMAT_OF)?)
    }

    /// The absolute path in the image of what runs: the entrypoint's first word, or without an entrypoint the
    /// command's.
    #[must_use]
    pub fn module_path(&self) -> Option<String> {
        let program = self.entrypoint.first().or(self.cmd.first())?;
        let folder =
            if program.starts_with('/') { "" } else { self.working_dir.as_deref().unwrap_or_default() };
        let path = format!("{folder}/{program}");
        Some(
            path.split('/')
                .filter(|part| !matches!(*part, "" | "."))
                .fold(String::new(), |path, part| path + "/" + part),
        )
    }

    /// The words it is started with: those that stay, whose first is the program, and those that others replace. Without an
    /// entrypoint the command's first word is the program; of an artifact nothing is said.
    #[must_use]
    pub fn words(&self) -> (&[String], &[String]) {
        if self.entrypoint.is_empty() {
            self.cmd.split_at(self.cmd.len().min(1))
        } else {
            (&self.entrypoint, &self.cmd)
        }
    }

    /// Whether it is a module and nothing else: its only layer, without a tar around it.
    #[must_use]
    pub fn is_module(&self) -> bool {
        matches!(&*self.layers, [layer] if layer.is_module())
    }

    /// The bytes of what runs; of an artifact, and where the only layer is a module, that.
    ///
    /// Each layer read is checked against its digest, size and `diff_id`, and inflates to at most
    /// [`crate::INFLATE_LIMIT_BYTES`]; nothing is written to disk.
    ///
    /// # Errors
    /// There is no entrypoint, it is in no layer, it is not a regular file, it has more than
    /// [`crate::MODULE_LIMIT_BYTES`], or a layer is damaged or stored in a way that is not read here.
    pub fn module(&self) -> Result<Vec<u8>, Error> {
        if let [layer] = &*self.layers
            && self.is_module()
        {
            return module::read_raw(&self.store, layer);
        }
        let path = self.module_path().ok_or_else(|| Error::NoEntrypoint { path: self.path.clone() })?;
        module::find(&self.store, &self.layers, &path)?.map_err(|problem| Error::NoModule {
            path: self.path.clone(),
            entrypoint: path,
            problem,
            platform: Box::new(self.platform.clone()),
            modules: self.modules().unwrap_or_default().into_keys().collect(),
        })
    }
}

impl Stored {
    /// Shows all regular files and links of the image by their paths, without a leading `/`; what runs is among them.
    ///
    /// # Errors
    /// As [`Stored::files`].
    pub fn contents<E: From<Error>>(
        &self,
        show: impl FnMut(&str, Content<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        rootfs::contents(&self.store, &self.layers, show)
    }

    /// Shows all regular files of the image by their paths, without a leading `/`; what runs is among them.
    ///
    /// Layers are checked and bounded as by [`Stored::module`]. A path that would lead out of the image is left out.
    ///
    /// # Errors
    /// A layer is damaged or stored in a way that is not read here, which is found out before any is shown; or what `show`
    /// fails with.
    pub fn files<E: From<Error>>(
        &self,
        show: impl FnMut(&str, &mut dyn Read) -> Result<(), E>,
    ) -> Result<(), E> {
        rootfs::files(&self.store, &self.layers, show)
    }

    /// The modules and components among them, known by how they begin. Nothing else is held in memory.
    ///
    /// # Errors
    /// As [`Stored::files`].
    pub fn modules(&self) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        rootfs::modules(&self.store, &self.layers)
    }
}

fn read(store: Store, reference: Option<&Reference>) -> Result<Stored, Error> {
    let Chosen { name, root, manifest: descriptor } = choose(&store, reference)?;
    let damaged = |descriptor: &Descriptor, problem: String| match Digest::from_oci(descriptor.digest()) {
        Ok(digest) => store.damaged(&layout::blob_path(digest), problem),
        Err(error) => error,
    };
    let manifest =
        documents::manifest(&store.blob(&descriptor)?).map_err(|problem| damaged(&descriptor, problem))?;
    let config = store.blob(manifest.config())?;
    let config = match manifest.config().media_type() {
        image if documents::is_config(image) => documents::config(&config),
        MediaType::Other(other) if other == artifact::CONFIG => documents::artifact_config(&config),
        other => {
            let problem = format!("its config is `{}`, not that of an image", other.as_ref().escape_debug());
            return Err(store.refuse(&problem));
        }
    };
    let config = config.map_err(|problem| damaged(manifest.config(), problem))?;
    let layers = layers(&manifest, &config).map_err(|problem| damaged(manifest.config(), problem))?;
    let execution = config.config().clone().unwrap_or_default();
    let blobs = [&descriptor, manifest.config()].into_iter().chain(manifest.layers());
    Ok(Stored {
        path: store.path().to_owned(),
        form: store.form(),
        reference: name,
        digest: Digest::from_oci(root.digest())?,
        root,
        manifest_digest: Digest::from_oci(descriptor.digest())?,
        config_digest: Digest::from_oci(manifest.config().digest())?,
        platform: Platform::new(config.os().to_string(), config.architecture().to_string()),
        created: config.created().clone(),
        entrypoint: execution.entrypoint().clone().unwrap_or_default(),
        cmd: execution.cmd().clone().unwrap_or_default(),
        env: variables(&execution),
        user: execution.user().clone(),
        ports: sorted(execution.exposed_ports()),
        volumes: sorted(execution.volumes()),
        stop_signal: execution.stop_signal().clone(),
        working_dir: execution.working_dir().clone(),
        labels: execution.labels().clone().unwrap_or_default().into_iter().collect(),
        annotations: manifest.annotations().clone().unwrap_or_default().into_iter().collect(),
        layers,
        size_bytes: blobs.map(Descriptor::size).fold(0, u64::saturating_add),
        store,
    })
}

/// Manifest and config describe the layers together, one list each; modules without a tar need not be in the config's.
pub(crate) fn layers(
    manifest: &ImageManifest,
    config: &ImageConfiguration,
) -> Result<Vec<StoredLayer>, String> {
    let (layers, diff_ids) = (manifest.layers(), config.rootfs().diff_ids());
    let are_modules = layers.iter().all(|layer| documents::is_module(layer.media_type()));
    if layers.len() != diff_ids.len() && !(are_modules && diff_ids.is_empty()) {
        return Err(format!("it lists {} diff_ids for {} layers", diff_ids.len(), layers.len()));
    }
    let layer = |(number, layer): (usize, &Descriptor)| {
        Ok(StoredLayer {
            digest: Digest::from_oci(layer.digest())?,
            size_bytes: layer.size(),
            media_type: layer.media_type().to_string(),
            diff_id: diff_ids.get(number).map(|diff_id| diff_id.parse()).transpose()?,
        })
    };
    layers.iter().enumerate().map(layer).collect::<Result<_, Error>>().map_err(|error| error.to_string())
}

/// The keys of an object, which come in any order.
fn sorted(keys: &Option<Vec<String>>) -> Vec<String> {
    let mut keys = keys.clone().unwrap_or_default();
    keys.sort();
    keys
}

fn variables(execution: &Config) -> Vec<(String, String)> {
    let variables = execution.env().iter().flatten();
    variables
        .map(|variable| variable.split_once('=').unwrap_or((variable, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::fixture::{self, Foreign, MODULE, flip, image, name};
    use crate::{Compression, DOCUMENT_LIMIT_BYTES, File, Image, Layer, Sink, Tar, sinks};

    #[test]
    fn all_that_was_said_of_an_image_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let layer = Layer::new(
            &Tar::from_files([File::executable("/app.wasm", MODULE)]).unwrap(),
            Compression::default(),
        )
        .unwrap();
        let image = Image::scratch(Platform::WASI_WASM)
            .with_layer(layer.clone())
            .with_entrypoint(["/app.wasm", "--fixed"])
            .with_cmd(["--default"])
            .with_env("LANG", "C")
            .with_user("65532")
            .with_label("team", "acme")
            .with_annotation("note", "x")
            .with_created(1)
            .build()
            .unwrap();
        sinks::Layout::at(folder.path()).write(&image, &name("app")).unwrap();
        let stored = open(folder.path()).unwrap();
        assert_eq!(stored.platform, Platform::WASI_WASM);
        assert_eq!(
            (stored.entrypoint.join(" "), stored.cmd.join(" ")),
            ("/app.wasm --fixed".into(), "--default".into())
        );
        assert_eq!(stored.env, [("LANG".to_owned(), "C".to_owned())]);
        assert_eq!(
            (stored.user.as_deref(), stored.created.as_deref()),
            (Some("65532"), Some("1970-01-01T00:00:01Z"))
        );
        assert_eq!((&stored.labels["team"][..], &stored.annotations["note"][..]), ("acme", "x"));
        assert_eq!(stored.config_digest, fixture::config(&image).digest());
        let [read] = &stored.layers[..] else { panic!("one layer went in") };
        assert_eq!(
            (read.digest, read.diff_id, read.size_bytes),
            (layer.digest(), layer.diff_id(), layer.size_bytes())
        );
    }

    #[test]
    fn what_runs_is_found_as_runtimes_do() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        for (execution, expected) in [
            (json!({ "Entrypoint": ["/app.wasm"], "Cmd": ["x"] }), Some("/app.wasm")),
            (json!({ "Entrypoint": ["app.wasm"] }), Some("/app.wasm")),
            (json!({ "Entrypoint": ["./app.wasm"], "WorkingDir": "/srv/" }), Some("/srv/app.wasm")),
            (json!({ "Entrypoint": null, "Cmd": ["/bin//app.wasm"] }), Some("/bin/app.wasm")),
            (json!({ "Entrypoint": [], "Cmd": null }), None),
            (json!(null), None),
        ] {
            foreign.finish(&[foreign.image(&[], &execution)]);
            let stored = open(folder.path()).unwrap();
            assert_eq!(stored.module_path().as_deref(), expected, "{execution}");
            let error = stored.module().unwrap_err();
            assert_eq!(matches!(error, Error::NoEntrypoint { .. }), expected.is_none(), "{error}");
        }
    }

    #[test]
    fn what_is_given_replaces_arguments_and_never_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        for (execution, program, arguments) in [
            (json!({ "Entrypoint": ["/app.wasm", "a"], "Cmd": ["b"] }), &["/app.wasm", "a"][..], &["b"][..]),
            (json!({ "Cmd": ["/app.wasm", "a", "b"] }), &["/app.wasm"], &["a", "b"]),
            (json!({ "Cmd": ["/app.wasm"] }), &["/app.wasm"], &[]),
            (json!(null), &[], &[]),
        ] {
            foreign.finish(&[foreign.image(&[], &execution)]);
            let stored = open(folder.path()).unwrap();
            let (stay, replaced) = stored.words();
            assert!(stay == program && replaced == arguments, "{execution}: {stay:?} {replaced:?}");
        }
    }

    #[test]
    fn a_flipped_bit_is_named_by_its_file() {
        let image = image(MODULE);
        for (number, blob) in image.blobs().iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            sinks::Layout::at(folder.path()).write(&image, &name("app")).unwrap();
            flip(&folder.path().join(layout::blob_path(blob.digest())));
            let error = open(folder.path()).and_then(|stored| stored.module()).unwrap_err();
            let Error::Damaged { place, .. } = &error else { panic!("{error}") };
            assert_eq!(*place, layout::blob_path(blob.digest()), "blob {number}");
        }
    }

    #[test]
    fn a_missing_blob_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(MODULE);
        sinks::Layout::at(folder.path()).write(&image, &name("app")).unwrap();
        fs::remove_file(folder.path().join(layout::blob_path(fixture::config(&image).digest()))).unwrap();
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(&fixture::config(&image).digest().hex()) && error.ends_with("it is missing"),
            "{error}"
        );
    }

    #[test]
    fn a_size_that_does_not_match_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let mut entry = foreign.image(&[], &json!({}));
        entry["size"] = json!(1);
        foreign.finish(&[entry]);
        assert!(open(folder.path()).unwrap_err().to_string().ends_with("its descriptor says 1"));
    }

    #[test]
    fn a_huge_document_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let huge = vec![b' '; usize::try_from(DOCUMENT_LIMIT_BYTES).unwrap() + 1];
        foreign.finish(&[foreign.blob("application/vnd.oci.image.manifest.v1+json", huge)]);
        assert!(open(folder.path()).unwrap_err().to_string().contains("more than the 4194304"));
    }

    #[test]
    fn no_message_steers_the_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let config = foreign.blob("x", "");
        let manifest = json!({ "schemaVersion": "\u{1b}[2J", "config": config, "layers": [] }).to_string();
        foreign.finish(&[foreign.blob("application/vnd.oci.image.manifest.v1+json", manifest)]);
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("[2J") && !error.contains(char::is_control), "{error:?}");
        let found = crate::validate(folder.path()).unwrap_err();
        assert!(!found[0].to_string().contains(char::is_control), "{found:?}");
    }

    #[test]
    fn an_artifact_of_another_kind_is_not_an_image() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let config = foreign.blob("application/vnd.cncf.helm.config.v1+json", "{}");
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [] }).to_string();
        foreign.finish(&[foreign.blob("application/vnd.oci.image.manifest.v1+json", manifest)]);
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("its config is `application/vnd.cncf.helm.config.v1+json`"), "{error}");
    }
}
