//! N5: images that strangers made. All are refused, and nothing of them is left.

use serde_json::{Value, json};
use wasmpack_packager::Digest;
use wasmpack_packager::registry::{Access, Cause, PullOptions, PushOptions, pull, push};

use crate::support::http::Reply;
use crate::support::images::{assert_holds, single};
use crate::support::registry::{Registry, Switches};
use crate::support::store::INDEX;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

struct Stranger(Registry);

impl Stranger {
    fn new() -> Self {
        Self(Registry::start(Switches::default()))
    }

    fn blob(&self, kind: &str, bytes: impl Into<Vec<u8>>) -> Value {
        let bytes = bytes.into();
        let size = bytes.len();
        json!({ "mediaType": kind, "digest": self.0.store().put_blob("app", bytes), "size": size })
    }

    /// A sound manifest of one layer.
    fn manifest(&self) -> Value {
        let (config, layer) = (self.blob(CONFIG, "{}"), self.blob(LAYER, "layer"));
        json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] })
    }

    /// Stores a document under a tag; the descriptor of it.
    fn tag(&self, tag: &str, kind: &str, text: &str) -> Value {
        let digest = self.0.store().put_manifest("app", tag, kind, text.as_bytes());
        json!({ "mediaType": kind, "digest": digest, "size": text.len() })
    }

    /// Why it is not taken. Nothing is left of it.
    fn refused(&self, tag: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let layout = folder.path().join("new/layout");
        let remote = self.0.remote("app", Access::Pull);
        let begun = std::time::Instant::now();
        let error = pull(&remote, &self.0.reference(&format!("app:{tag}")), &layout, &PullOptions::default());
        let error = error.expect_err(tag);
        assert!(begun.elapsed().as_secs() < 5);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{tag} leaves something behind");
        let wasmpack_packager::Error::Registry(failure) = &error else { panic!("{error}") };
        let is_known = matches!(failure.cause(), Cause::Content { .. } | Cause::Strange { .. });
        assert!(is_known && error.hint().is_some(), "{error:?}");
        let text = error.to_string();
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(text.starts_with(&format!("failed to pull from `{}/app`: ", self.0.host())), "{text}");
        text
    }
}

/// A document with one part changed.
fn changed(mut document: Value, pointer: &str, value: Value) -> String {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        object => object[key] = value,
    }
    document.to_string()
}

#[test]
fn what_is_sound_is_taken() {
    let stranger = Stranger::new();
    // Older tools write no media type.
    let without = changed(stranger.manifest(), "/mediaType", json!(null));
    for manifest in [stranger.manifest().to_string(), without] {
        stranger.tag("v1", MANIFEST, &manifest);
        let folder = tempfile::tempdir().unwrap();
        let reference = stranger.0.reference("app:v1");
        pull(&stranger.0.remote("app", Access::Pull), &reference, folder.path(), &PullOptions::default())
            .unwrap();
    }
}

#[test]
fn a_manifest_that_lies_is_refused() {
    let stranger = Stranger::new();
    for (pointer, value, expected) in [
        ("/mediaType", json!(INDEX), "its media type is"),
        ("/mediaType", json!("text/plain"), "its media type is"),
        ("/schemaVersion", json!(1), "its schema version is 1"),
        ("/manifests", json!([]), "ambiguous"),
        ("/layers/0/size", json!(4), "it has 5 bytes, its descriptor says 4"),
        ("/layers/0/size", json!(6), "it has 5 bytes, its descriptor says 6"),
        ("/layers/0/size", json!(-5), "is not the JSON expected"),
        ("/layers/0/size", json!(1.5), "is not the JSON expected"),
        ("/layers/0/size", json!(u64::MAX), "the image has more than 17179869184 bytes"),
        ("/config/size", json!(5 << 20), "it may have 4194304 bytes, not 5242880"),
        ("/config/size", json!(3), "it has 2 bytes, its descriptor says 3"),
        ("/layers/0/digest", json!("sha256:../../../etc/passwd"), ""),
        ("/layers/0/digest", json!("md5:d41d8cd98f00b204e9800998ecf8427e"), ""),
        ("/layers/0/digest", json!(format!("sha512:{}", "0".repeat(128))), "only sha256 can be checked"),
        ("/layers/0/urls", json!(["http://127.0.0.2/layer"]), "it lies elsewhere (`urls`)"),
    ] {
        stranger.tag("v1", MANIFEST, &changed(stranger.manifest(), pointer, value.clone()));
        let text = stranger.refused("v1");
        assert!(text.contains(expected), "{pointer} {value}: {text}");
    }
}

#[test]
fn bytes_that_are_not_what_their_name_says_are_refused() {
    for victim in ["layer", "{}"] {
        let stranger = Stranger::new();
        stranger.tag("v1", MANIFEST, &stranger.manifest().to_string());
        let digest = Digest::of(victim.as_bytes()).to_string();
        let evil: Vec<u8> = victim.bytes().map(|byte| byte ^ 1).collect();
        stranger.0.store().blobs.insert(("app".to_owned(), digest.clone()), evil);
        let text = stranger.refused("v1");
        assert!(text.contains(&format!("{digest} is refused: its digest is sha256:")), "{text}");
    }
}

#[test]
fn a_document_under_another_digest_is_refused() {
    let stranger = Stranger::new();
    let manifest = stranger.manifest().to_string();
    let entry = stranger.tag("v1", MANIFEST, &manifest);
    let key = ("app".to_owned(), entry["digest"].as_str().unwrap().to_owned());
    // The header says what the tag was for, the bytes are others.
    let other = manifest.replace("\"size\":5", "\"size\":5 ");
    stranger.0.store().manifests.insert(key, (MANIFEST.to_owned(), other.into_bytes()));
    assert!(stranger.refused("v1").contains("the registry says sha256:"));
    let reference =
        stranger.0.reference("app").with_digest(entry["digest"].as_str().unwrap().parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let error =
        pull(&stranger.0.remote("app", Access::Pull), &reference, folder.path(), &PullOptions::default())
            .unwrap_err();
    assert!(error.to_string().contains("is refused: its digest is sha256:"), "{error}");
}

#[test]
fn documents_of_strange_forms_are_refused() {
    let stranger = Stranger::new();
    let manifest = stranger.manifest().to_string();
    let twice = manifest.replacen('{', "{\"layers\":[],", 1);
    let padded = format!("{manifest}{}", " ".repeat(5 << 20));
    let evil = changed(stranger.manifest(), "/mediaType", json!("\u{1b}[2J\u{7}"));
    for (kind, text, expected) in [
        (MANIFEST, twice.as_str(), "duplicate field"),
        (MANIFEST, padded.as_str(), "more than 4194304 bytes"),
        (MANIFEST, &evil, "its media type is"),
        (MANIFEST, "", "not the JSON expected"),
        (MANIFEST, "{", "not the JSON expected"),
        (MANIFEST, "[]", ""),
        (INDEX, &manifest, ""),
        (
            "text/html",
            "<html>please log in</html>",
            "it answers with `text/html` where a manifest or an index is expected",
        ),
        ("application/json", &manifest, "it answers with `application/json`"),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", &manifest, "it answers with"),
    ] {
        stranger.tag("v1", kind, text);
        let told = stranger.refused("v1");
        assert!(told.contains(expected), "{kind}: {told}");
    }
}

#[test]
fn an_index_that_lies_is_refused() {
    let stranger = Stranger::new();
    let entry = stranger.tag("v1", MANIFEST, &stranger.manifest().to_string());
    let index = |entries: Value| json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
    for (pointer, value, expected) in [
        ("/manifests/0/size", json!(1), "its descriptor says 1"),
        ("/manifests/0/size", json!(5 << 20), "a document may have 4194304 bytes, not 5242880"),
        ("/manifests/0/mediaType", json!(INDEX), "its descriptor says"),
        ("/manifests/0/mediaType", json!(LAYER), "is neither a manifest nor an index"),
        ("/manifests/0/digest", json!(format!("sha512:{}", "0".repeat(128))), "only sha256"),
        ("/layers", json!([]), "ambiguous"),
    ] {
        stranger.tag("v2", INDEX, &changed(index(json!([entry])), pointer, value));
        let told = stranger.refused("v2");
        assert!(told.contains(expected), "{pointer}: {told}");
    }
    let deep = (0..6).fold(entry, |entry, _| stranger.tag("v3", INDEX, &index(json!([entry])).to_string()));
    assert!(deep["digest"].is_string());
    assert!(stranger.refused("v3").contains("it is nested too deeply"));
}

#[test]
fn an_image_of_too_many_parts_is_refused() {
    let stranger = Stranger::new();
    let manifest = |number: usize| {
        let document = changed(stranger.manifest(), "/annotations", json!({ "number": number.to_string() }));
        stranger.tag("part", MANIFEST, &document)
    };
    let entries: Vec<Value> = (0..300).map(manifest).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
    stranger.tag("v1", INDEX, &index.to_string());
    assert!(stranger.refused("v1").contains("it names more than 256 documents"));

    let layer = |number: u32| json!({ "mediaType": LAYER, "digest": Digest::of(&number.to_le_bytes()).to_string(), "size": 1 });
    let layers: Vec<Value> = (0..5000).map(layer).collect();
    stranger.tag("v2", MANIFEST, &changed(stranger.manifest(), "/layers", json!(layers)));
    assert!(stranger.refused("v2").contains("the image names more than 4096 blobs"));
}

#[test]
fn what_was_there_before_stays_when_something_else_is_refused() {
    let stranger = Stranger::new();
    let image = single(1, 500);
    push(&stranger.0.remote("app", Access::Push), &image, &["good"], PushOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (remote, good) = (stranger.0.remote("app", Access::Pull), stranger.0.reference("app:good"));
    pull(&remote, &good, folder.path(), &PullOptions::default()).unwrap();
    stranger.tag("good", MANIFEST, &changed(stranger.manifest(), "/layers/0/size", json!(1)));
    pull(&remote, &good, folder.path(), &PullOptions::default()).unwrap_err();
    assert_holds(folder.path(), &good, &image);
    assert_eq!(std::fs::read_dir(folder.path().join("blobs/sha256")).unwrap().count(), image.blobs().len());
}

#[test]
fn an_answer_without_end_is_not_read_to_it() {
    let registry = Registry::start(Switches::default());
    let endless = "x".repeat(8 << 20);
    for path in ["/manifests/", "/tags/"] {
        registry.instead("GET", path, Reply::of(200).body(MANIFEST, endless.clone()));
    }
    let folder = tempfile::tempdir().unwrap();
    let remote = registry.remote("app", Access::Pull);
    let error =
        pull(&remote, &registry.reference("app:v1"), folder.path(), &PullOptions::default()).unwrap_err();
    assert!(error.to_string().contains("more than 4194304 bytes"), "{error}");
    let error = wasmpack_packager::registry::tags(&remote).unwrap_err();
    assert!(error.to_string().contains("more than 4194304 bytes"), "{error}");
}
