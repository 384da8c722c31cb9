//! Reading the JSON documents of an image that somebody else may have made.
//!
//! Docker's older media types name the same documents, so they are taken as well. A document that could be
//! read as two kinds is refused (CVE-2021-41190): two readers could otherwise see two different images under
//! one digest.

use oci_spec::image::{
    ImageConfiguration, ImageIndex, ImageManifest, MediaType, OciLayout, RootFsBuilder, ToDockerV2S2,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::layout::VERSION;
use crate::walk::Coding;
use crate::{Digest, layer};

pub(crate) fn is_index(media_type: &MediaType) -> bool {
    is(media_type, &MediaType::ImageIndex)
}

pub(crate) fn is_manifest(media_type: &MediaType) -> bool {
    is(media_type, &MediaType::ImageManifest)
}

/// What names other things by their digests.
pub(crate) fn is_document(media_type: &MediaType) -> bool {
    is_manifest(media_type) || is_index(media_type)
}

pub(crate) fn is_config(media_type: &MediaType) -> bool {
    is(media_type, &MediaType::ImageConfig)
}

/// Whether a layer is a module as it is, without a tar around it: under the name of the standard, or one of those that tools
/// had before.
pub(crate) fn is_module(media_type: &MediaType) -> bool {
    media_type.as_ref() == layer::MODULE || media_type.as_ref().ends_with("+wasm")
}

fn is(media_type: &MediaType, oci: &MediaType) -> bool {
    media_type == oci || oci.to_docker_v2s2().is_ok_and(|docker| media_type.as_ref() == docker)
}

/// How a layer is stored, or nothing for one that is not read here.
pub(crate) fn compression(media_type: &MediaType) -> Option<Coding> {
    match media_type.as_ref() {
        "application/vnd.oci.image.layer.v1.tar" => Some(Coding::None),
        "application/vnd.oci.image.layer.v1.tar+gzip" => Some(Coding::Gzip),
        "application/vnd.oci.image.layer.v1.tar+zstd" => Some(Coding::Zstd),
        other => [Coding::None, Coding::Gzip, Coding::Zstd]
            .into_iter()
            .find(|coding| docker_layer(*coding) == other),
    }
}

/// What Docker calls a layer that is stored so.
pub(crate) fn docker_layer(coding: Coding) -> &'static str {
    match coding {
        Coding::None => "application/vnd.docker.image.rootfs.diff.tar",
        Coding::Gzip => "application/vnd.docker.image.rootfs.diff.tar.gzip",
        Coding::Zstd => "application/vnd.docker.image.rootfs.diff.tar.zstd",
    }
}

/// Reads `oci-layout`; what is wrong with it otherwise.
pub(crate) fn marker(bytes: &[u8]) -> Result<(), String> {
    let marker: OciLayout = parse(bytes)?;
    match marker.image_layout_version().as_str() {
        VERSION => Ok(()),
        other => Err(format!("its layout version is `{}`, not `{VERSION}`", other.escape_debug())),
    }
}

/// Reads an index; what is wrong with it otherwise.
pub(crate) fn index(bytes: &[u8]) -> Result<ImageIndex, String> {
    refuse_keys(bytes, &["config", "layers"])?;
    let index: ImageIndex = parse(bytes)?;
    check(index.schema_version(), index.media_type().as_ref(), is_index)?;
    Ok(index)
}

/// Reads a manifest; what is wrong with it otherwise.
pub(crate) fn manifest(bytes: &[u8]) -> Result<ImageManifest, String> {
    refuse_keys(bytes, &["manifests"])?;
    let manifest: ImageManifest = parse(bytes)?;
    check(manifest.schema_version(), manifest.media_type().as_ref(), is_manifest)?;
    Ok(manifest)
}

/// Reads a config; what is wrong with it otherwise.
pub(crate) fn config(bytes: &[u8]) -> Result<ImageConfiguration, String> {
    parse(bytes)
}

/// Reads the config of a Wasm OCI artifact as that of an image which says nothing of how to run it; what is wrong with it
/// otherwise.
pub(crate) fn artifact_config(bytes: &[u8]) -> Result<ImageConfiguration, String> {
    #[derive(Deserialize)]
    struct Artifact {
        created: Option<String>,
        os: String,
        architecture: String,
    }
    let Artifact { created, os, architecture } = parse(bytes)?;
    let rootfs = RootFsBuilder::default().diff_ids([]).build().expect("every required part is given");
    let mut config = ImageConfiguration::default();
    config.set_created(created).set_rootfs(rootfs);
    config.set_os(os.as_str().into()).set_architecture(architecture.as_str().into());
    Ok(config)
}

/// Every digest that a document names, at whatever place.
pub(crate) fn digests(document: &Value) -> Vec<Digest> {
    match document {
        Value::String(text) => text.parse().into_iter().collect(),
        Value::Array(list) => list.iter().flat_map(digests).collect(),
        Value::Object(map) => map.values().flat_map(digests).collect(),
        _ => Vec::new(),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|cause| format!("it is not the JSON expected: {cause}"))
}

fn refuse_keys(bytes: &[u8], foreign: &[&str]) -> Result<(), String> {
    let document: Value = parse(bytes)?;
    match foreign.iter().find(|key| document.get(key).is_some()) {
        Some(key) => Err(format!("it is ambiguous: a document of this kind has no `{key}`")),
        None => Ok(()),
    }
}

fn check(
    schema_version: u32,
    media_type: Option<&MediaType>,
    is_kind: fn(&MediaType) -> bool,
) -> Result<(), String> {
    if schema_version != oci_spec::image::SCHEMA_VERSION {
        return Err(format!("its schema version is {schema_version}"));
    }
    match media_type.filter(|media_type| !is_kind(media_type)) {
        Some(other) => Err(format!("its media type is `{}`", other.as_ref().escape_debug())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_two_kinds_is_refused() {
        let both = br#"{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}"#;
        assert!(index(both).unwrap_err().contains("ambiguous"));
        assert!(manifest(both).unwrap_err().contains("ambiguous"));
    }

    #[test]
    fn an_index_says_what_it_is() {
        assert!(index(br#"{"schemaVersion":2,"manifests":[]}"#).is_ok());
        assert!(index(br#"{"schemaVersion":1,"manifests":[]}"#).is_err());
        assert!(index(br#"{"schemaVersion":2,"mediaType":"text/plain","manifests":[]}"#).is_err());
        assert!(index(br#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#).is_err());
        let docker = br#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[]}"#;
        assert!(index(docker).is_ok());
    }

    #[test]
    fn digests_are_found_wherever_they_are() {
        let digest = Digest::of(b"blob");
        let document = serde_json::json!({ "a": [{ "b": digest.to_string() }], "c": "sha256:short" });
        assert_eq!(digests(&document), [digest]);
    }
}
