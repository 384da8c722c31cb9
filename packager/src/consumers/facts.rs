//! What the rules ask of an image: plain values, wherever they come from.

use crate::survey::{Entry, Layer, Manifest, Survey};
use crate::{Digest, Error, Form, Platform, artifact, documents, draft};

/// One image as it lies in a layout or archive.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The name that containerd and Docker keep it under.
    pub long_name: Option<String>,
    /// The name that tools of the specification look for, most often a bare tag.
    pub short_name: Option<String>,
    /// The platform that `index.json` gives it.
    pub descriptor_platform: Option<Platform>,
    /// How it lies on the disk.
    pub form: Form,
    /// Whether it lies there only because it was fetched from a registry, where others fetch it, too.
    pub is_fetched: bool,
    /// Whether `index.json` names an index, and not a manifest.
    pub is_index: bool,
    /// Whether it says that this tool made it.
    pub is_ours: bool,
    /// What Docker's own list says of it.
    pub docker_list: DockerList,
    /// The image, or those in the index.
    pub variants: Vec<Variant>,
}

/// What `manifest.json` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DockerList {
    /// There is no such file.
    #[default]
    Missing,
    /// It names another image.
    Other,
    /// It names the config of this one of the [`Facts::variants`].
    Names(usize),
}

/// One manifest of an image.
#[derive(Debug, Clone, Default)]
pub struct Variant {
    /// What it is for, as the index says.
    pub platform: Option<Platform>,
    /// What it is for, as its config says.
    pub config_platform: Option<Platform>,
    /// How it is made.
    pub shape: Shape,
    /// Whether it is no image, but says something about one.
    pub is_attestation: bool,
    /// The media type its manifest gives itself.
    pub manifest_type: Option<String>,
    /// The media type of its config.
    pub config_type: String,
    /// The media types of its layers, lowest first.
    pub layer_types: Vec<String>,
    /// Whether every layer has a title, by which it becomes a file.
    pub has_titles: bool,
    /// How many layers its config lists.
    pub diff_ids: usize,
    /// What it starts.
    pub entrypoint: Vec<String>,
    /// Arguments, or without an entrypoint what it starts.
    pub cmd: Vec<String>,
    /// Whom it runs as.
    pub user: Option<String>,
    /// Where it runs.
    pub working_dir: Option<String>,
    /// Whether its topmost layer has a file `plugin.wasm`.
    pub has_plugin: bool,
    /// What it starts, looked at.
    pub program: Program,
    /// What of it is not there, so that nobody has any use for it.
    pub absent: Option<String>,
}

/// How an image is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// The config of an image, and tars: what every container is.
    #[default]
    Image,
    /// The config of an image, and the module as a layer.
    WasmLayer,
    /// A Wasm OCI artifact.
    Artifact,
    /// Tars, and modules as layers.
    Mixed,
    /// Something that is none of these.
    Other,
}

/// What a file is that is started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Program {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// It is not there, and why.
    Absent(String),
    /// It begins as WebAssembly does and cannot be read, and why.
    Broken(String),
    /// It is no WebAssembly.
    Native,
    /// A module.
    Module(Interface),
    /// A component.
    Component(Interface),
}

/// What is between a program and its host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// The names of its exports, in their order.
    pub exports: Vec<String>,
    /// What it imports that no runtime has.
    pub foreign: Vec<String>,
}

/// The verb that packs what others have made.
pub(super) const PACK: &str = "cargo wasmpack pack FILE.wasm ";

/// The verb that makes what is ours.
pub(super) const BUILD: &str = "cargo wasmpack build ";

impl Facts {
    /// Gathers them for one of the images of a survey; what a program is says whoever knows WebAssembly.
    ///
    /// # Errors
    /// A layer is damaged.
    pub fn of(survey: &Survey, entry: &Entry, look: &mut dyn FnMut(&[u8]) -> Program) -> Result<Self, Error> {
        let mut left_bytes = Survey::INFLATE_BYTES;
        let mut seen: Vec<(Vec<Digest>, Option<String>, Program, bool)> = Vec::new();
        let mut facts = Self::of_documents(survey, entry);
        for ((_, manifest), variant) in entry.listed().into_iter().zip(&mut facts.variants) {
            let Some(manifest) = manifest.filter(|_| variant.absent.is_none()) else { continue };
            let layers: Vec<Digest> = manifest.layers.iter().map(|layer| layer.digest).collect();
            let path = manifest.config.program();
            // The variants of an image share their layers, which are read once.
            let known = seen.iter().find(|(other, at, ..)| *other == layers && *at == path);
            (variant.program, variant.has_plugin) = if let Some((.., program, has_plugin)) = known {
                (program.clone(), *has_plugin)
            } else {
                let program = match survey.module(manifest, &mut left_bytes)? {
                    Ok(bytes) => look(&bytes),
                    Err(problem) => Program::Absent(problem),
                };
                let has_plugin = survey.has_on_top(manifest, "plugin.wasm", &mut left_bytes)?;
                seen.push((layers, path, program.clone(), has_plugin));
                (program, has_plugin)
            };
        }
        Ok(facts)
    }

    /// The same without a look into the layers: enough to tell who takes the image.
    #[must_use]
    pub fn of_documents(survey: &Survey, entry: &Entry) -> Self {
        let listed = entry.listed();
        let variants = listed.iter().map(|(entry, manifest)| match manifest {
            Some(manifest) => Variant::of(entry, manifest),
            None => Variant::absent(entry),
        });
        let variants = variants.collect();
        let configs: Vec<Option<Digest>> =
            listed.iter().map(|(_, manifest)| Some(manifest.as_ref()?.config_digest)).collect();
        let docker_list = survey.docker_configs.as_ref().map_or(DockerList::Missing, |listed| {
            let named =
                configs.iter().position(|config| config.is_some_and(|config| listed.contains(&config)));
            named.map_or(DockerList::Other, DockerList::Names)
        });
        // buildah and skopeo put the whole name where others have the tag, and are understood.
        let whole_name = entry.short_name().filter(|name| name.contains(['/', ':', '@']));
        Self {
            long_name: entry.long_name().or(whole_name).map(str::to_owned),
            short_name: entry.short_name().map(str::to_owned),
            descriptor_platform: entry.platform.clone(),
            form: survey.form,
            is_fetched: false,
            is_index: documents::is_index(&entry.media_type.as_str().into()),
            // One that cannot be read says nothing.
            is_ours: configs
                .iter()
                .flatten()
                .any(|config| survey.document(*config).is_ok_and(|config| draft::is_ours(&config))),
            docker_list,
            variants,
        }
    }

    /// What stands before our own flags, those of an image and those of a build: whoever reads them may have typed another verb.
    pub(crate) fn verbs(&self) -> [&'static str; 2] {
        [if self.is_ours { BUILD } else { PACK }, BUILD]
    }

    /// Whether something that its index names is not there.
    pub(crate) fn is_partial(&self) -> bool {
        self.is_index && self.variants.iter().any(|variant| variant.absent.is_some())
    }

    /// The variants that are images, and do not only say something about one.
    pub(crate) fn runnable(&self) -> impl Iterator<Item = &Variant> {
        self.variants.iter().filter(|variant| !variant.is_attestation)
    }
}

impl Variant {
    /// All but what is in its layers.
    fn of(entry: &Entry, manifest: &Manifest) -> Self {
        let config = &manifest.config;
        Self {
            platform: entry.platform.clone(),
            config_platform: config.platform.clone(),
            shape: Shape::of(manifest),
            is_attestation: entry.is_attestation(),
            manifest_type: manifest.media_type.clone(),
            config_type: manifest.config_type.clone(),
            layer_types: manifest.layers.iter().map(|layer| layer.media_type.clone()).collect(),
            has_titles: manifest
                .layers
                .iter()
                .all(|layer| layer.annotations.contains_key(crate::keys::TITLE)),
            diff_ids: config.diff_ids.len(),
            entrypoint: config.entrypoint.clone(),
            cmd: config.cmd.clone(),
            user: config.user.clone(),
            working_dir: config.working_dir.clone(),
            has_plugin: false,
            program: Program::Unknown,
            absent: manifest.lacks().map(|(part, digest)| format!("its {part} {digest}")),
        }
    }

    /// What is known by the index alone.
    fn absent(entry: &Entry) -> Self {
        Self {
            platform: entry.platform.clone(),
            is_attestation: entry.is_attestation(),
            absent: Some(format!("its manifest {}", entry.digest)),
            ..Self::default()
        }
    }

    /// What its program imports and no runtime has, for a sentence.
    pub(crate) fn foreign(&self) -> Option<String> {
        const SHOWN: usize = 3;
        let (Program::Module(interface) | Program::Component(interface)) = &self.program else { return None };
        let quoted: Vec<String> =
            interface.foreign.iter().take(SHOWN).map(|import| format!("`{import}`")).collect();
        let more = interface.foreign.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!quoted.is_empty()).then(|| quoted.join(", ") + &more)
    }

    /// The type of the first layer that is neither a tar nor a module.
    pub(crate) fn strange_layer(&self) -> Option<&str> {
        let is_known = |layer: &str| {
            documents::compression(&layer.into()).is_some() || documents::is_module(&layer.into())
        };
        self.layer_types.iter().map(String::as_str).find(|layer| !is_known(layer))
    }

    /// The types of its layers, for a sentence.
    pub(crate) fn layers(&self) -> String {
        let quoted: Vec<String> = self.layer_types.iter().map(|layer| format!("`{layer}`")).collect();
        if quoted.is_empty() { "none".to_owned() } else { quoted.join(", ") }
    }

    /// What it is for: the index's word before the config's, as programs choose.
    pub(crate) fn named_platform(&self) -> Option<&Platform> {
        self.platform.as_ref().or(self.config_platform.as_ref())
    }

    /// Whether a machine of today finds itself in it.
    pub(crate) fn is_for_machines(&self) -> bool {
        self.named_platform().is_some_and(Platform::is_machine)
    }
}

impl Shape {
    fn of(manifest: &Manifest) -> Self {
        let layers = &manifest.layers;
        let is_image = documents::is_config(&manifest.config_type.as_str().into());
        let [tars, modules] =
            [Layer::is_tar, Layer::is_module].map(|is| layers.iter().filter(|layer| is(layer)).count());
        match (manifest.config_type == artifact::CONFIG, is_image) {
            (true, _) if modules == layers.len() && modules > 0 => Self::Artifact,
            (_, true) if tars == layers.len() => Self::Image,
            (_, true) if modules == layers.len() => Self::WasmLayer,
            _ if tars > 0 && modules > 0 => Self::Mixed,
            _ => Self::Other,
        }
    }
}
