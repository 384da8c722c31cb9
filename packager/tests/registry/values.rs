//! Bytes that are no image, under a tag: they come back as they went, or not at all.

use std::io::{Read as _, Seek as _, Write as _};

use serde_json::{Value, json};
use wasmpack_packager::registry::{Access, Cause, Effort, Label, Remote, Settings, put_value, take_value};
use wasmpack_packager::{Annotations, Blob, Digest, Error};

use crate::support::clock::Slept;
use crate::support::http::{Fault, Faults, IDLE};
use crate::support::registry::{Auth, Registry, Switches};
use crate::support::store::INDEX;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const KIND: &str = "application/vnd.acme.report.v1";
const LIMIT_BYTES: u64 = 1 << 20;
/// What stands in the file before the value.
const BEFORE: &[u8] = b"head";

fn label() -> Label {
    Label { artifact_type: KIND.to_owned(), annotations: Annotations::from([("key".into(), "a".into())]) }
}

fn put(registry: &Registry, tag: &str, value: &[u8]) {
    let content = Blob::new("application/octet-stream", value.to_vec());
    put_value(&registry.remote("app", Access::Push), tag, &label(), content).unwrap();
}

/// The value and its digest, behind what was in the file before.
fn take(remote: &Remote, tag: &str) -> Result<Option<(Vec<u8>, Digest)>, Error> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(BEFORE).unwrap();
    let Some((digest, size_bytes)) = take_value(remote, tag, &label(), LIMIT_BYTES, &mut file)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    let value = bytes.strip_prefix(BEFORE).unwrap().to_vec();
    assert_eq!(value.len() as u64, size_bytes);
    Ok(Some((value, digest)))
}

#[test]
fn a_value_comes_back_and_is_not_sent_again() {
    let registry = Registry::start(Switches { auth: Auth::Token, ..Switches::default() });
    for value in [&b"value"[..], b"", &[7; 300_000]] {
        let remote = registry.remote("app", Access::Pull);
        assert_eq!(take(&remote, "new").unwrap(), None);
        put(&registry, "a", value);
        assert_eq!(take(&remote, "a").unwrap(), Some((value.to_vec(), Digest::of(value))));
    }
    registry.server.taken();
    put(&registry, "a", &[7; 300_000]);
    let asked = registry.server.taken();
    assert!(asked.iter().any(|request| request == "HEAD /v2/app/manifests/a"), "{asked:?}");
    assert!(
        !asked.iter().any(|request| ["POST", "PATCH", "PUT"].iter().any(|word| request.starts_with(word))),
        "{asked:?}"
    );
}

#[test]
fn a_value_gets_over_whatever_happens_once_at_any_request() {
    let registry = Registry::start(Switches { auth: Auth::Token, ..Switches::default() });
    put(&registry, "a", b"a value of some length");
    for fault in
        [Fault::Reset, Fault::Unanswered, Fault::Hang, Fault::Truncate, Fault::Status(503), Fault::Expire]
    {
        let mut from = 0;
        loop {
            let idle = if fault == Fault::Hang { IDLE } else { Settings::default().idle };
            let settings = Settings { idle, clock: Slept::default().clock(), ..registry.settings() };
            let remote = Remote::open(&registry.reference("app"), Access::Pull, settings).unwrap();
            registry.server.fail(Some(Faults { fault, from, count: 1 }));
            let taken = take(&remote, "a").unwrap().unwrap();
            assert_eq!(taken.0, b"a value of some length", "{fault:?} at {from}");
            if registry.server.landed() == 0 {
                break;
            }
            from += 1;
        }
        assert!(from >= 2, "{fault:?}");
    }
}

#[test]
fn who_is_in_a_hurry_tries_twice() {
    let registry = Registry::start(Switches::default());
    registry.server.fail(Some(Faults { fault: Fault::Hang, from: 0, count: usize::MAX }));
    let effort = Effort { tries: 2, patience: std::time::Duration::from_secs(1) };
    let settings = Settings { idle: IDLE, effort, clock: Slept::default().clock(), ..registry.settings() };
    let remote = Remote::open(&registry.reference("app"), Access::Pull, settings).unwrap();
    assert!(take(&remote, "a").unwrap_err().to_string().ends_with(", 2 tries"));
    assert_eq!(registry.server.landed(), 2);
}

#[test]
fn who_has_no_time_waits_for_nobody_who_is_slow() {
    let registry = Registry::start(Switches::default());
    put(&registry, "a", &[7; 10_000]);
    registry.server.fail(Some(Faults { fault: Fault::Drip, from: 0, count: usize::MAX }));
    let settings = Settings { whole: Some(IDLE), ..registry.settings() };
    let remote = Remote::open(&registry.reference("app"), Access::Pull, settings).unwrap();
    let said = take(&remote, "a").unwrap_err().to_string();
    assert!(said.contains("it is too slow") && !said.contains("tries"), "{said}");
    assert_eq!(registry.server.landed(), 1);
}

/// Why a value is refused of which the manifest is this.
fn refused(registry: &Registry, kind: &str, manifest: &Value) -> String {
    registry.store().put_manifest("app", "a", kind, manifest.to_string().as_bytes());
    let error = take(&registry.remote("app", Access::Pull), "a").unwrap_err();
    let Error::Registry(failure) = &error else { panic!("{error}") };
    assert!(matches!(failure.cause(), Cause::Content { .. }), "{error}");
    assert!(!failure.is_refusal());
    error.to_string()
}

#[test]
fn what_is_another_thing_is_refused() {
    let registry = Registry::start(Switches::default());
    put(&registry, "a", b"value");
    let (_, sound, _) = registry.store().manifest("app", "a").unwrap();
    let sound: Value = serde_json::from_slice(&sound).unwrap();
    let missing = Digest::of(b"missing").to_string();
    for (pointer, value, expected) in [
        (
            "/artifactType",
            json!("application/vnd.acme.other"),
            "it calls itself `application/vnd.acme.other`",
        ),
        ("/annotations/key", json!("b"), "its `key` is `b`, not `a`"),
        ("/annotations", json!({}), "it has no `key`"),
        ("/layers", json!([]), "it has 0 layers, not one"),
        ("/layers/0/size", json!(LIMIT_BYTES + 1), "it may have 1048576 bytes, not 1048577"),
        ("/layers/0/size", json!(4), "it has 5 bytes, its descriptor says 4"),
        ("/layers/0/digest", json!(missing), "which is not there"),
    ] {
        let mut manifest = sound.clone();
        *manifest.pointer_mut(pointer).unwrap() = value;
        let told = refused(&registry, MANIFEST, &manifest);
        assert!(told.contains(expected) && told.contains("failed to pull from"), "{told}");
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
    assert!(refused(&registry, INDEX, &index).contains("it is an index"));

    let digest = sound["layers"][0]["digest"].as_str().unwrap().to_owned();
    registry.store().blobs.insert(("app".to_owned(), digest), b"eulav".to_vec());
    assert!(refused(&registry, MANIFEST, &sound).contains("its digest is"));
    // What was put there is put right.
    put(&registry, "a", b"another");
    assert_eq!(take(&registry.remote("app", Access::Pull), "a").unwrap().unwrap().0, b"another");
}
