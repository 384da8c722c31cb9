//! N6: what refers to an image is found again, and nothing of it is lost when many attach at once.

use std::thread;

use serde_json::{Value, json};
use wasmpack_packager::registry::{
    Access, Clock, PullOptions, PushOptions, Referring, Remote, Settings, pull, push, referrers,
};
use wasmpack_packager::signature::PrivateKey;
use wasmpack_packager::{Blob, Digest, open_reference};

use crate::support::http::Reply;
use crate::support::images::{attested, everywhere, single};
use crate::support::registry::{Registry, Switches};
use crate::support::store::INDEX;

const KEY: &str = include_str!("../../src/signature/test-keys/rfc6979.pem");

fn kinds(registry: &Registry, subject: wasmpack_packager::Digest) -> Vec<String> {
    let found = referrers(&registry.remote("app", Access::Pull), subject).unwrap();
    let mut kinds: Vec<String> =
        found.iter().map(|entry| entry.artifact_type().clone().unwrap().to_string()).collect();
    kinds.sort();
    kinds
}

#[test]
fn they_are_found_with_the_list_and_without() {
    for lists_referrers in [true, false] {
        let registry = Registry::start(Switches { lists_referrers, ..Switches::default() });
        let image = attested(single(1, 50));
        let remote = registry.remote("app", Access::Push);
        assert!(kinds(&registry, image.digest()).is_empty());
        push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
        assert_eq!(
            kinds(&registry, image.digest()),
            ["application/spdx+json", "application/vnd.example.signature"]
        );
        let tag = format!("sha256-{}", image.digest().hex());
        assert_eq!(registry.store().tag("app", &tag).is_some(), !lists_referrers);

        // One more is added, and those that are there stay.
        let more = image.with_referrer("text/x-more", Blob::new("text/plain", b"more".to_vec()));
        registry.server.taken();
        push(&remote, &more, &["v1"], PushOptions::default()).unwrap();
        assert_eq!(kinds(&registry, more.digest()).len(), 3);
    }
}

#[test]
fn a_page_for_people_is_no_list() {
    let registry = Registry::start(Switches::default());
    registry.instead("GET", "/referrers/", Reply::of(200).body("text/html", "<html>404</html>"));
    let image = attested(single(1, 50));
    push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
    assert_eq!(kinds(&registry, image.digest()).len(), 2);
}

#[test]
fn a_registry_without_the_list_may_say_so_in_any_way() {
    for status in [400, 403, 404, 405, 406, 501] {
        let registry = Registry::start(Switches::default());
        registry.instead("GET", "/referrers/", Reply::refusal(status, "UNSUPPORTED", "not here"));
        let image = attested(single(1, 50));
        let remote = registry.remote("app", Access::Push);
        for tag in ["v1", "v2"] {
            push(&remote, &image, &[tag], PushOptions::default()).unwrap();
        }
        assert_eq!(kinds(&registry, image.digest()).len(), 2, "{status}");
    }
}

#[test]
fn the_list_under_the_tag_has_the_annotations_of_manifests() {
    let registry = Registry::start(Switches::default());
    let signed = single(1, 50).signed(&PrivateKey::from_pem(KEY).unwrap()).unwrap();
    push(&registry.remote("app", Access::Push), &signed, &["v1"], PushOptions::default()).unwrap();
    let found = referrers(&registry.remote("app", Access::Pull), signed.digest()).unwrap();
    let annotations = found[0].annotations().clone().unwrap();
    assert_eq!(annotations["dev.sigstore.bundle.content"], "dsse-envelope");
}

/// What a pull takes along and what it leaves out, with the list that the registry keeps changed.
fn pulled(change: impl FnOnce(&Registry, &mut Vec<Value>, Digest)) -> (usize, Vec<String>) {
    let registry = Registry::start(Switches { lists_referrers: true, ..Switches::default() });
    let image = attested(single(1, 50));
    push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
    let mut index = registry.store().referrers("app", &image.digest().to_string());
    let mut entries = index["manifests"].as_array().unwrap().clone();
    change(&registry, &mut entries, image.digest());
    index["manifests"] = entries.into();
    registry.instead("GET", "/referrers/", Reply::of(200).body(INDEX, index.to_string()));
    let folder = tempfile::tempdir().unwrap();
    let (remote, reference) = (registry.remote("app", Access::Pull), registry.reference("app:v1"));
    let options = PullOptions { referring: Referring::Take, ..PullOptions::default() };
    let left_out = pull(&remote, &reference, folder.path(), &options).unwrap().left_out;
    let stored = open_reference(folder.path(), &reference.with_digest(image.digest())).unwrap();
    assert_eq!(wasmpack_packager::validate(folder.path()), Ok(()));
    (stored.image().unwrap().referrers().len(), left_out)
}

#[test]
fn what_is_wrong_with_one_of_them_stops_no_pull() {
    assert_eq!(pulled(|_, _, _| {}), (2, Vec::new()));
    let told = |change: &dyn Fn(&Registry, &mut Vec<Value>, Digest)| {
        let (count, left_out) = pulled(|registry, entries, subject| change(registry, entries, subject));
        assert_eq!((count, left_out.len()), (1, 1), "{left_out:?}");
        left_out.concat()
    };
    let gone = told(&|registry, entries, _| {
        let digest = entries[0]["digest"].as_str().unwrap().to_owned();
        registry.store().manifests.remove(&("app".to_owned(), digest));
    });
    assert!(gone.contains("404"), "{gone}");
    let without_content = told(&|registry, entries, _| {
        let digest = entries[0]["digest"].as_str().unwrap();
        let (_, bytes, _) = registry.store().manifest("app", digest).unwrap();
        let manifest: Value = serde_json::from_slice(&bytes).unwrap();
        let layer = manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
        registry.store().blobs.remove(&("app".to_owned(), layer));
    });
    assert!(without_content.contains("404"), "{without_content}");
    let kind = told(&|_, entries, _| {
        entries[0]["mediaType"] = "application/vnd.oci.artifact.manifest.v1+json".into();
    });
    assert!(kind.contains("is neither a manifest nor an index"), "{kind}");
    let stranger = told(&|registry, entries, subject| {
        let (kind, bytes, digest) = registry.store().manifest("app", &subject.to_string()).unwrap();
        entries[0] = json!({ "mediaType": kind, "digest": digest, "size": bytes.len() });
    });
    assert!(stranger.contains("it is listed as what refers to an image, and does not"), "{stranger}");
}

/// Names and platforms are what images are found by.
#[test]
fn what_is_told_of_one_of_them_elsewhere_is_not_believed() {
    let registry = Registry::start(Switches { lists_referrers: true, ..Switches::default() });
    let image = attested(single(1, 50));
    push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
    let reference = registry.reference("app:v1");
    let mut index = registry.store().referrers("app", &image.digest().to_string());
    for entry in index["manifests"].as_array_mut().unwrap() {
        entry.as_object_mut().unwrap().remove("artifactType");
        entry["platform"] = json!({ "os": "wasi", "architecture": "wasm" });
        entry["annotations"] = json!({ "io.containerd.image.name": reference.to_string() });
    }
    registry.instead("GET", "/referrers/", Reply::of(200).body(INDEX, index.to_string()));
    let folder = tempfile::tempdir().unwrap();
    let options = PullOptions { referring: Referring::Take, ..PullOptions::default() };
    pull(&registry.remote("app", Access::Pull), &reference, folder.path(), &options).unwrap();
    let stored = open_reference(folder.path(), &reference).unwrap();
    assert_eq!((stored.digest, stored.image().unwrap().referrers().len()), (image.digest(), 2));
}

/// As GitLab does.
#[test]
fn a_tag_that_leads_to_the_image_itself_is_no_list() {
    for image in [single(1, 50), everywhere(1, 50)] {
        let registry = Registry::start(Switches::default());
        push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
        let digest = image.digest();
        let tag = format!("sha256-{}", digest.hex());
        registry.store().tags.insert(("app".to_owned(), tag.clone()), digest.to_string());
        registry.instead("PUT", &tag, Reply::refusal(400, "DIGEST_INVALID", "not this digest"));
        assert!(referrers(&registry.remote("app", Access::Pull), digest).unwrap().is_empty());
        let more = image.with_referrer("text/x-more", Blob::new("text/plain", b"more".to_vec()));
        let error = push(&registry.remote("app", Access::Push), &more, &["v2"], PushOptions::default());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("the registry takes that for the image itself"), "{error}");
    }
}

#[test]
fn ten_who_attach_at_once_are_all_there() {
    for (switches, is_there) in [
        (Switches::default(), true),
        (Switches::default(), false),
        (Switches { conditions: true, ..Switches::default() }, true),
        (Switches { lists_referrers: true, ..Switches::default() }, true),
    ] {
        let registry = Registry::start(switches);
        let image = single(1, 50);
        if is_there {
            push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
        }
        thread::scope(|scope| {
            for number in 0..10 {
                let (registry, image) = (&registry, image.clone());
                scope.spawn(move || {
                    let content = Blob::new("text/plain", vec![number]);
                    let image = image.with_referrer(&format!("text/x-{number}"), content);
                    // Here time is real: it is what keeps them apart.
                    let settings = Settings { clock: Clock::default(), ..registry.settings() };
                    let remote = Remote::open(&registry.reference("app"), Access::Push, settings).unwrap();
                    push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
                });
            }
        });
        let expected: Vec<String> = (0..10).map(|number| format!("text/x-{number}")).collect();
        assert_eq!(kinds(&registry, image.digest()), expected);
    }
}

#[test]
fn who_is_overwritten_each_time_says_so() {
    let registry = Registry::start(Switches::default());
    let image = single(1, 50).with_referrer("text/x-ours", Blob::new("text/plain", b"x".to_vec()));
    let tag = format!("sha256-{}", image.digest().hex());
    // Whatever is written there is gone at once.
    registry.instead("PUT", &tag, Reply::of(201));
    let error =
        push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap_err();
    assert!(error.to_string().contains("others changed the list of what refers to sha256:"), "{error}");
    assert_eq!(registry.store().tag("app", "v1"), None);
}
