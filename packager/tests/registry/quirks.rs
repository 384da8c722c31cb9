//! N2: each way in which registries differ, pushed to and read back with no byte changed. A row of the table of quirks each.

use std::time::Duration;

use wasmpack_packager::registry::{
    Access, PullOptions, PushOptions, Referring, Remote, pull, push, referrers, tags,
};

use crate::support::clock::Slept;
use crate::support::http::{Reply, Server};
use crate::support::images::{assert_holds, attested, everywhere, single};
use crate::support::registry::{Auth, Chunks, Registry, Switches};

/// More than two chunks.
const LARGE: usize = 9 << 20;

/// Pushes twice, reads back, and looks what refers to it.
fn assert_round(registry: &Registry) {
    let image = attested(everywhere(7, LARGE));
    let remote = registry.remote("acme/app", Access::Push);
    push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
    let again = push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
    assert_eq!(again.sent.count, 0);
    let folder = tempfile::tempdir().unwrap();
    let (remote, reference) = (registry.remote("acme/app", Access::Pull), registry.reference("acme/app:v1"));
    let options = PullOptions { referring: Referring::Take, ..PullOptions::default() };
    pull(&remote, &reference, folder.path(), &options).unwrap();
    assert_holds(folder.path(), &reference, &image);
    assert_eq!(referrers(&remote, image.digest()).unwrap().len(), 2);
    assert!(tags(&remote).unwrap().contains(&"v1".to_owned()));
    assert!(registry.store().uploads.is_empty(), "no upload is left open");
}

#[test]
fn debian_has_no_list_of_referrers_and_appends_what_comes_again() {
    for no_whole in [false, true] {
        assert_round(&Registry::start(Switches { appends: true, no_whole, ..Switches::default() }));
    }
}

#[test]
fn ghcr_takes_four_megabytes_and_grants_late() {
    let switches = Switches {
        auth: Auth::Token,
        chunks: Chunks::AtMost(4 << 20),
        grants_late: true,
        no_whole: true,
        relative: true,
        ..Switches::default()
    };
    assert_round(&Registry::start(switches));
}

#[test]
fn ecr_answers_chunks_in_its_own_way_and_is_slow() {
    let switches = Switches {
        auth: Auth::Basic,
        sticky_range: true,
        no_whole: true,
        slow: true,
        lists_referrers: true,
        ..Switches::default()
    };
    assert_round(&Registry::start(switches));
}

#[test]
fn ecr_refuses_some_referrers_and_says_so_before_a_tag_moves() {
    let registry = Registry::start(Switches { refuses_referrers: true, ..Switches::default() });
    let remote = registry.remote("app", Access::Push);
    let error = push(&remote, &attested(single(1, 50)), &["v1"], PushOptions::default()).unwrap_err();
    assert!(error.to_string().contains("405 UNSUPPORTED"), "{error}");
    assert_eq!(registry.store().tag("app", "v1"), None);
}

#[test]
fn artifact_registry_takes_no_chunks() {
    let switches = Switches { chunks: Chunks::None, lists_referrers: true, ..Switches::default() };
    assert_round(&Registry::start(switches));
}

#[test]
fn nothing_helps_where_neither_one_piece_nor_chunks_are_taken() {
    let registry = Registry::start(Switches { chunks: Chunks::None, no_whole: true, ..Switches::default() });
    let remote = registry.remote("app", Access::Push);
    let error = push(&remote, &single(1, LARGE), &["v1"], PushOptions::default()).unwrap_err();
    assert!(error.to_string().contains("405 UNSUPPORTED: chunked uploads are not supported"), "{error}");
    assert!(registry.store().uploads.is_empty());
}

#[test]
fn the_hub_has_token_and_fallback_tag() {
    assert_round(&Registry::start(Switches { auth: Auth::Token, silent: true, ..Switches::default() }));
}

#[test]
fn quay_keeps_blobs_elsewhere_and_nobody_there_is_told_who_asks() {
    let origin = std::sync::Arc::new(Registry::start(Switches::default()));
    let from = std::sync::Arc::clone(&origin);
    let cdn = Server::start(
        "127.0.0.2",
        move |request| {
            let (repository, digest) = request.path[1..].rsplit_once('/').unwrap();
            match from.store().blobs.get(&(repository.to_owned(), digest.to_owned())) {
                Some(bytes) => Reply::of(200).body("application/octet-stream", bytes.clone()),
                None => Reply::of(404),
            }
        },
        || {},
    );
    let switches = Switches {
        auth: Auth::Token,
        cdn: Some(format!("http://127.0.0.2:{}", cdn.port)),
        lists_referrers: true,
        ..Switches::default()
    };
    let registry = Registry::start(switches);
    let image = everywhere(7, LARGE);
    push(&registry.remote("acme/app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
    let again =
        push(&registry.remote("acme/app", Access::Push), &image, &["v2"], PushOptions::default()).unwrap();
    assert_eq!(again.sent.count, 0);
    origin.store().blobs = registry.store().blobs.clone();
    let folder = tempfile::tempdir().unwrap();
    let reference = registry.reference("acme/app:v1");
    pull(&registry.remote("acme/app", Access::Pull), &reference, folder.path(), &PullOptions::default())
        .unwrap();
    assert_holds(folder.path(), &reference, &image);
    assert_eq!(cdn.seen().len(), 5, "four configs and the layer");
    assert!(cdn.seen().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn harbor_wants_no_cookies_back_and_lets_nobody_cancel() {
    let switches = Switches {
        auth: Auth::Basic,
        harbor: true,
        lists_referrers: true,
        relative: true,
        part: Some(1),
        ..Switches::default()
    };
    assert_round(&Registry::start(switches));
}

#[test]
fn what_is_slowed_down_comes_back_when_it_was_told_to() {
    let registry = Registry::start(Switches { slow: true, ..Switches::default() });
    let slept = Slept::default();
    let settings = wasmpack_packager::registry::Settings { clock: slept.clock(), ..registry.settings() };
    let remote = Remote::open(&registry.reference("app"), Access::Push, settings).unwrap();
    push(&remote, &single(1, 50), &["v1"], PushOptions::default()).unwrap();
    assert_eq!(slept.pauses(), [Duration::from_secs(1)]);
}

#[test]
fn a_blob_that_a_registry_stumbles_over_is_sent() {
    let registry = Registry::start(Switches::default());
    registry.instead("HEAD", "/blobs/", Reply::refusal(500, "UNKNOWN", "invalid checksum digest format"));
    let settings =
        wasmpack_packager::registry::Settings { clock: Slept::default().clock(), ..registry.settings() };
    let remote = Remote::open(&registry.reference("app"), Access::Push, settings).unwrap();
    let image = single(1, 50);
    push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let reference = registry.reference("app:v1");
    pull(&registry.remote("app", Access::Pull), &reference, folder.path(), &PullOptions::default()).unwrap();
    assert_holds(folder.path(), &reference, &image);
}

#[test]
fn long_lists_come_in_parts() {
    let registry = Registry::start(Switches { part: Some(2), ..Switches::default() });
    let remote = registry.remote("app", Access::Push);
    let names = ["a", "b", "c", "d", "e"];
    push(&remote, &single(1, 50), &names, PushOptions::default()).unwrap();
    assert_eq!(tags(&remote).unwrap(), names);
}
