//! N3 and N4: networks that fail at every single request, for once and for good.

use std::time::Duration;

use wasmpack_packager::registry::{Access, PullOptions, PushOptions, Remote, Settings, pull, push};
use wasmpack_packager::{Digest, Error, Image};

use crate::support::clock::Slept;
use crate::support::http::{Fault, Faults, IDLE};
use crate::support::images::{assert_holds, attested, everywhere, single};
use crate::support::registry::{Auth, Registry, Switches};
use crate::support::tried;

/// What happens once and then no more.
const PASSING: [Fault; 6] =
    [Fault::Reset, Fault::Unanswered, Fault::Hang, Fault::Truncate, Fault::Status(503), Fault::Expire];

fn registry() -> Registry {
    Registry::start(Switches { auth: Auth::Token, lists_referrers: true, ..Switches::default() })
}

fn settings(registry: &Registry, fault: Fault, slept: &Slept) -> Settings {
    let idle = if fault == Fault::Hang { IDLE } else { Duration::from_secs(60) };
    Settings { idle, clock: slept.clock(), ..registry.settings() }
}

fn push_with(registry: &Registry, settings: Settings, image: &Image) -> Result<Digest, Error> {
    let remote = Remote::open(&registry.reference("app:v1"), Access::Push, settings)?;
    push(&remote, image, &["v1"], PushOptions::default()).map(|pushed| pushed.digest)
}

/// How many requests it takes when nothing goes wrong.
fn requests(image: &Image) -> usize {
    let registry = registry();
    push_with(&registry, registry.settings(), image).unwrap();
    registry.server.count()
}

#[test]
fn a_push_gets_over_whatever_happens_once_at_any_request() {
    let image = single(1, 3000);
    let requests = requests(&image);
    let mut landed = 0;
    for fault in PASSING {
        for from in 0..requests {
            let (registry, slept) = (registry(), Slept::default());
            registry.server.fail(Some(Faults { fault, from, count: 1 }));
            let pushed = push_with(&registry, settings(&registry, fault, &slept), &image);
            assert_eq!(pushed.unwrap(), image.digest(), "{fault:?} at {from}");
            assert_eq!(registry.store().tag("app", "v1"), Some(image.digest().to_string()));
            landed += registry.server.landed();
            assert!(slept.pauses().len() <= 2, "{fault:?} at {from}: {:?}", slept.pauses());
        }
    }
    assert_eq!(landed, PASSING.len() * requests);
    tried::tell(
        "N3",
        format_args!(
            "a push, with a fault at each of {requests} requests, {landed} in all: pushed whole each time"
        ),
    );
}

#[test]
fn a_pull_gets_over_whatever_happens_once_at_any_request() {
    let registry = registry();
    let image = single(1, 300_000);
    push_with(&registry, registry.settings(), &image).unwrap();
    let reference = registry.reference("app:v1");
    let take = |settings| {
        let folder = tempfile::tempdir().unwrap();
        let remote = Remote::open(&reference, Access::Pull, settings).unwrap();
        pull(&remote, &reference, folder.path(), &PullOptions::default()).map(|_| folder)
    };
    registry.server.fail(None);
    take(registry.settings()).unwrap();
    let requests = registry.server.count();
    let mut landed = 0;
    for fault in PASSING {
        for from in 0..requests {
            registry.server.fail(Some(Faults { fault, from, count: 1 }));
            let folder = take(settings(&registry, fault, &Slept::default()));
            assert_holds(folder.unwrap().path(), &reference, &image);
            landed += registry.server.landed();
        }
    }
    assert_eq!(landed, PASSING.len() * requests);
    tried::tell(
        "N3",
        format_args!(
            "a pull, with a fault at each of {requests} requests, {landed} in all: pulled whole each time"
        ),
    );
}

#[test]
fn four_times_may_go_wrong_and_the_fifth_counts() {
    let image = single(1, 3000);
    for from in 0..requests(&image) {
        for (count, is_right) in [(4, true), (usize::MAX, false)] {
            let (registry, slept) = (registry(), Slept::default());
            let fault = Fault::Status(502);
            registry.server.fail(Some(Faults { fault, from, count }));
            let pushed = push_with(&registry, settings(&registry, fault, &slept), &image);
            assert_eq!(pushed.is_ok(), is_right, "{from}: {pushed:?}");
            if let Err(error) = pushed {
                assert!(error.to_string().ends_with(", 5 tries"), "{error}");
            }
        }
    }
}

#[test]
fn nobody_comes_back_before_the_time() {
    let image = single(1, 3000);
    for from in 0..requests(&image) {
        let (registry, slept) = (registry(), Slept::default());
        let fault = Fault::TooMany(17);
        registry.server.fail(Some(Faults { fault, from, count: 1 }));
        push_with(&registry, settings(&registry, fault, &slept), &image).unwrap();
        assert_eq!(registry.server.landed(), 1);
        assert_eq!(slept.pauses(), [Duration::from_secs(17)], "at {from}");

        registry.server.fail(Some(Faults { fault: Fault::TooMany(3600), from: 0, count: 1 }));
        let error = push_with(&registry, settings(&registry, fault, &slept), &single(2, 50)).unwrap_err();
        assert!(error.to_string().contains("left alone for 3600 s more"), "{error}");
        assert_eq!(slept.pauses().len(), 1, "nobody waits for that");
    }
}

/// What a registry lacks of an image, in bytes.
fn lacking(registry: &Registry, image: &Image) -> u64 {
    let store = registry.store();
    let key = |digest: Digest| ("app".to_owned(), digest.to_string());
    let has = |digest| store.blobs.contains_key(&key(digest)) || store.manifests.contains_key(&key(digest));
    let mut blobs: Vec<_> = image.blobs().iter().collect();
    for referrer in image.referrers() {
        blobs.extend(referrer.blobs());
    }
    blobs.sort_by_key(|blob| blob.digest());
    blobs.dedup();
    blobs.iter().filter(|blob| !has(blob.digest())).map(|blob| blob.size_bytes()).sum()
}

#[test]
fn whenever_a_push_is_cut_off_the_tag_is_whole_and_the_next_one_sends_what_lacks() {
    let (old, new) = (attested(everywhere(1, 2000)), attested(everywhere(2, 2000)));
    let probe = registry();
    push_with(&probe, probe.settings(), &old).unwrap();
    probe.server.fail(None);
    push_with(&probe, probe.settings(), &new).unwrap();
    let requests = probe.server.count();
    let (mut landed, mut kept) = (0, 0);
    for fault in [Fault::Reset, Fault::Unanswered] {
        for from in 0..requests {
            let (registry, slept) = (registry(), Slept::default());
            push_with(&registry, registry.settings(), &old).unwrap();
            registry.server.fail(Some(Faults { fault, from, count: usize::MAX }));
            push_with(&registry, settings(&registry, fault, &slept), &new).unwrap_err();
            landed += usize::from(registry.server.landed() > 0);
            let tag = registry.store().tag("app", "v1").unwrap();
            let tagged = if tag == old.digest().to_string() { &old } else { &new };
            assert_eq!(
                (tag, lacking(&registry, tagged)),
                (tagged.digest().to_string(), 0),
                "{fault:?} at {from}"
            );

            let lacks = lacking(&registry, &new);
            kept += usize::from(lacks < new.size_bytes());
            registry.server.fail(None);
            registry.server.taken();
            let remote = Remote::open(&registry.reference("app"), Access::Push, registry.settings()).unwrap();
            let pushed = push(&remote, &new, &["v1"], PushOptions::default()).unwrap();
            assert_eq!(pushed.sent.size_bytes, lacks, "{fault:?} at {from}");
            let sent = registry.server.seen().iter().map(|request| request.body.len() as u64).sum::<u64>();
            assert!(sent <= lacks + new.root().size_bytes(), "{sent} of {lacks} at {from}");
            assert_eq!(lacking(&registry, &new), 0);
        }
    }
    assert_eq!(landed, 2 * requests);
    assert!(kept * 3 > landed, "most of what was sent before was of use: {kept} of {landed}");
    tried::tell(
        "N4",
        format_args!(
            "a push, cut off at each of {requests} requests in two ways: the tag is the old image or the new one, whole, and the next push sends only what lacks"
        ),
    );
}

#[test]
fn a_pull_that_was_cut_off_goes_on_where_it_was() {
    let registry = registry();
    let image = everywhere(1, 200_000);
    push_with(&registry, registry.settings(), &image).unwrap();
    let reference = registry.reference("app:v1");
    registry.server.fail(None);
    let folder = tempfile::tempdir().unwrap();
    let take = |folder: &std::path::Path| {
        let remote = Remote::open(&reference, Access::Pull, registry.settings()).unwrap();
        pull(&remote, &reference, folder, &PullOptions::default())
    };
    take(folder.path()).unwrap();
    for from in 0..registry.server.count() {
        let folder = tempfile::tempdir().unwrap();
        registry.server.fail(Some(Faults { fault: Fault::Truncate, from, count: usize::MAX }));
        take(folder.path()).unwrap_err();
        let whole = std::fs::read_dir(folder.path().join("blobs/sha256")).map_or(0, Iterator::count);
        let index = folder.path().join("index.json");
        assert!(!index.exists(), "nothing is listed that is not whole");
        registry.server.fail(None);
        let pulled = take(folder.path()).unwrap();
        assert!(pulled.present.count >= whole, "{} of {whole}", pulled.present.count);
        assert_holds(folder.path(), &reference, &image);
    }
}

#[test]
fn a_token_that_expires_is_renewed_before_it_is_refused() {
    let registry = registry();
    let slept = Slept::default();
    let settings = settings(&registry, Fault::Expire, &slept);
    let remote = Remote::open(&registry.reference("app"), Access::Push, settings.clone()).unwrap();
    push(&remote, &single(1, 50), &["v1"], PushOptions::default()).unwrap();
    registry.server.taken();
    (settings.clock.sleep)(Duration::from_secs(299));
    push(&remote, &single(1, 50), &["v1"], PushOptions::default()).unwrap();
    assert_eq!(registry.server.taken(), ["GET /token", "HEAD /v2/app/manifests/v1"]);
}
