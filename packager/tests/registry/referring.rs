//! N6: what refers to an image is found again, and nothing of it is lost when many attach at once.

use std::thread;

use wasmpack_packager::Blob;
use wasmpack_packager::registry::{Access, Clock, PushOptions, Remote, Settings, push, referrers};

use crate::support::http::Reply;
use crate::support::images::{attested, single};
use crate::support::registry::{Registry, Switches};

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
