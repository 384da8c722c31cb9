//! What goes in which order, and what does not go at all.

use std::sync::Mutex;

use wasmpack_packager::registry::{
    Access, Habits, Progress, PullOptions, PushOptions, Referring, Remote, Settings, plan, pull, push,
    referrers, tags,
};
use wasmpack_packager::sinks::Registry as Sink;
use wasmpack_packager::{Sink as _, open_reference};

use crate::support::images::{assert_holds, attested, everywhere, single};
use crate::support::registry::{Auth, Registry, Switches};

#[test]
fn a_tag_comes_after_documents_and_documents_after_what_they_name() {
    let registry = Registry::start(Switches { lists_referrers: true, ..Switches::default() });
    let image = attested(everywhere(1, 5000));
    let pushed =
        push(&registry.remote("acme/app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
    assert_eq!(pushed.digest, image.digest());
    assert_eq!(pushed.tags, ["v1"]);
    // One layer, four configs, three parts of two referrers (one is shared), four manifests, the index, two manifests.
    assert_eq!((pushed.sent.count, pushed.present.count), (15, 0));
    // This registry refuses a document before what it names.
    let requests = registry.server.taken();
    assert_eq!(requests.last().unwrap(), "PUT /v2/acme/app/manifests/v1");
    let puts = requests.iter().filter(|request| request.starts_with("PUT /v2/acme/app/manifests/"));
    assert_eq!(puts.count(), 7, "each once: {requests:#?}");
}

#[test]
fn what_refers_to_an_image_goes_after_it_where_it_has_to() {
    for lists_referrers in [false, true] {
        let switches = Switches { wants_subject: true, lists_referrers, ..Switches::default() };
        let registry = Registry::start(switches);
        let image = attested(everywhere(1, 5000));
        let remote = registry.remote("app", Access::Push);
        push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
        assert_eq!(referrers(&remote, image.digest()).unwrap().len(), 2);
        let requests = registry.server.taken();
        let put = |name: &str| {
            let request = format!("PUT /v2/app/manifests/{name}");
            requests.iter().rposition(|known| *known == request).unwrap()
        };
        let [root, tag] = [&image.digest().to_string(), "v1"].map(put);
        let manifests = image.referrers().iter().map(|one| put(&one.manifest().digest().to_string()));
        assert!(manifests.into_iter().all(|at| root < at && at < tag), "{requests:#?}");
    }
}

#[test]
fn what_is_there_already_is_not_sent_again() {
    let registry = Registry::start(Switches { lists_referrers: true, ..Switches::default() });
    let (old, new) = (attested(everywhere(1, 5000)), attested(everywhere(2, 5000)));
    let remote = registry.remote("acme/app", Access::Push);
    push(&remote, &old, &["v1"], PushOptions::default()).unwrap();
    registry.server.taken();

    let again = push(&remote, &old, &["v1"], PushOptions::default()).unwrap();
    assert_eq!((again.sent.count, again.present.count, again.tags.len()), (0, 15, 0));
    let subject = format!("GET /v2/acme/app/referrers/{}", old.digest());
    assert_eq!(registry.server.taken(), ["HEAD /v2/acme/app/manifests/v1".to_owned(), subject]);

    let other = push(&remote, &new, &["v1"], PushOptions::default()).unwrap();
    // The parts of the two referrers are the same.
    assert_eq!((other.sent.count, other.present.count), (12, 3));
}

#[test]
fn an_unchanged_image_takes_three_requests_at_most() {
    for (auth, expected) in [(Auth::None, 1), (Auth::Basic, 2), (Auth::Token, 3)] {
        let registry = Registry::start(Switches { auth, ..Switches::default() });
        let image = everywhere(1, 5000);
        push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
        registry.server.taken();
        push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
        assert_eq!(registry.server.taken().len(), expected, "{auth:?}");
    }
}

#[test]
fn what_refers_to_an_unchanged_image_is_asked_for_within_three_requests_too() {
    for lists_referrers in [false, true] {
        let question = if lists_referrers { 1 } else { 2 };
        for (auth, expected) in [(Auth::None, 2), (Auth::Basic, 2), (Auth::Token, 3)] {
            let registry = Registry::start(Switches { auth, lists_referrers, ..Switches::default() });
            let image = attested(everywhere(1, 5000));
            let first = registry.remote("app", Access::Push);
            push(&first, &image, &["v1"], PushOptions::default()).unwrap();
            let again = |habits: Habits| {
                registry.server.taken();
                let settings = Settings { habits, ..registry.settings() };
                let remote = Remote::open(&registry.reference("app"), Access::Push, settings).unwrap();
                push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
                registry.server.taken().len()
            };
            assert_eq!(again(first.habits()), expected, "{auth:?}");
            let challenges = if auth == Auth::None { 0 } else { 1 };
            let forgotten = expected - 1 + challenges + question;
            assert_eq!(again(Habits::default()), forgotten, "{auth:?}, asked anew");
        }
    }
}

#[test]
fn many_tags_are_one_transfer() {
    let registry = Registry::start(Switches::default());
    let image = single(1, 5000);
    let remote = registry.remote("app", Access::Push);
    push(&remote, &image, &["1", "1.0", "latest"], PushOptions::default()).unwrap();
    assert_eq!(tags(&remote).unwrap(), ["1", "1.0", "latest"]);
    let uploads = registry.server.taken().iter().filter(|request| request.starts_with("POST")).count();
    assert_eq!(uploads, 2, "a layer and a config");
    // Another name for what is there is one document more.
    let pushed = push(&remote, &image, &["1", "2"], PushOptions::default()).unwrap();
    assert_eq!((pushed.tags, pushed.sent.count), (vec!["2".to_owned()], 0));
    let requests = registry.server.taken();
    assert_eq!(requests.len(), 3, "{requests:?}");
    assert_eq!(requests[2], "PUT /v2/app/manifests/2");
}

#[test]
fn without_a_tag_an_image_is_there_by_its_digest() {
    let registry = Registry::start(Switches::default());
    let image = single(1, 50);
    push(&registry.remote("app", Access::Push), &image, &[], PushOptions::default()).unwrap();
    assert!(registry.store().tags.is_empty());
    let folder = tempfile::tempdir().unwrap();
    let reference = registry.reference("app").with_digest(image.digest());
    pull(&registry.remote("app", Access::Pull), &reference, folder.path(), &PullOptions::default()).unwrap();
    assert_holds(folder.path(), &reference, &image);
}

#[test]
fn a_plan_says_what_a_push_does_and_sends_nothing() {
    let registry = Registry::start(Switches { lists_referrers: true, ..Switches::default() });
    let remote = registry.remote("app", Access::Push);
    let images = [attested(everywhere(1, 5000)), everywhere(2, 5000), attested(everywhere(2, 5000))];
    for image in &images {
        let plan = plan(&remote, image, &["v1", "v2"]).unwrap();
        let before = registry.server.taken();
        assert!(
            before.iter().all(|request| request.starts_with("HEAD") || request.starts_with("GET")),
            "{before:?}"
        );
        let pushed = push(&remote, image, &["v1", "v2"], PushOptions::default()).unwrap();
        assert_eq!((plan.missing(), plan.present, &plan.tags), (pushed.sent, pushed.present, &pushed.tags));
        assert!(!plan.is_done());
        let after = wasmpack_packager::registry::plan(&remote, image, &["v1", "v2"]).unwrap();
        assert!(after.is_done(), "{after:?}");
        registry.server.taken();
    }
}

#[test]
fn blobs_of_another_repository_are_mounted_where_that_is_allowed() {
    for no_mounts in [false, true] {
        let registry = Registry::start(Switches { auth: Auth::Token, no_mounts, ..Switches::default() });
        let image = everywhere(1, 5000);
        push(&registry.remote("acme/base", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
        let options = PushOptions { source: Some("acme/base"), ..PushOptions::default() };
        let pushed = push(&registry.remote("acme/app", Access::Push), &image, &["v1"], options).unwrap();
        let expected = if no_mounts { (10, 0) } else { (5, 5) };
        assert_eq!((pushed.sent.count, pushed.mounted.count), expected);
        assert_eq!(registry.store().tag("acme/app", "v1"), Some(image.digest().to_string()));
    }
}

#[test]
fn progress_ends_where_it_said_it_would() {
    let registry = Registry::start(Switches::default());
    let image = single(1, 300_000);
    let told: Mutex<Vec<Progress>> = Mutex::default();
    let tell = |progress| told.lock().unwrap().push(progress);
    let options = PushOptions { progress: Some(&tell), ..PushOptions::default() };
    let pushed = push(&registry.remote("app", Access::Push), &image, &["v1"], options).unwrap();
    let told = told.into_inner().unwrap();
    let total = image.size_bytes();
    assert_eq!(pushed.sent.size_bytes, total);
    assert!(told.len() > 3 && told.iter().all(|progress| progress.total_bytes == total), "{told:?}");
    let most = told.iter().map(|progress| progress.done_bytes).max().unwrap();
    assert!((total - image.root().size_bytes()..=total).contains(&most), "{most} of {total}");
}

#[test]
fn the_sink_pushes_under_the_tag_of_its_reference() {
    let registry = Registry::start(Switches::default());
    let image = single(1, 50);
    Sink::with(registry.settings()).write(&image, &registry.reference("acme/app:v1")).unwrap();
    assert_eq!(registry.store().tag("acme/app", "v1"), Some(image.digest().to_string()));
    let other = registry.reference("acme/app:v2").with_digest(single(2, 50).digest());
    Sink::with(registry.settings()).write(&image, &other).unwrap_err();
    assert_eq!(registry.store().tag("acme/app", "v2"), None);
}

#[test]
fn a_pull_takes_one_platform_or_all_and_what_refers_to_it() {
    let registry = Registry::start(Switches { lists_referrers: true, ..Switches::default() });
    let image = attested(everywhere(1, 5000));
    push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
    let (remote, reference) = (registry.remote("app", Access::Pull), registry.reference("app:v1"));

    let whole = tempfile::tempdir().unwrap();
    let options = PullOptions { referring: Referring::Take, ..PullOptions::default() };
    let pulled = pull(&remote, &reference, whole.path(), &options).unwrap();
    assert_eq!((pulled.digest, pulled.fetched.count, pulled.present.count), (image.digest(), 15, 0));
    assert_holds(whole.path(), &reference, &image);
    let index = std::fs::read_to_string(whole.path().join("index.json")).unwrap();
    assert!(index.contains("application/spdx+json") && index.contains("application/vnd.example.signature"));
    registry.server.taken();
    let again = pull(&remote, &reference, whole.path(), &options).unwrap();
    // The tag is asked for what it names now.
    assert_eq!((again.fetched.count, again.present.count), (1, 14));
    assert_eq!(registry.server.taken().len(), 2, "the tag, and what refers to it");

    let one = tempfile::tempdir().unwrap();
    let platform = Some("linux/amd64".parse().unwrap());
    let pulled =
        pull(&remote, &reference, one.path(), &PullOptions { platform, ..PullOptions::default() }).unwrap();
    let stored = open_reference(one.path(), &reference).unwrap();
    assert_eq!((stored.digest, stored.platform.to_string()), (pulled.digest, "linux/amd64".to_owned()));
    assert_eq!(std::fs::read_dir(one.path().join("blobs/sha256")).unwrap().count(), 3);

    let platform = Some("linux/arm64".parse().unwrap());
    let error = pull(
        &remote,
        &registry.reference("app"),
        one.path(),
        &PullOptions { platform, ..PullOptions::default() },
    )
    .unwrap_err();
    assert!(error.to_string().contains("404"), "there is no `latest`: {error}");
}

#[test]
fn a_damaged_blob_that_is_there_is_fetched_again() {
    let registry = Registry::start(Switches::default());
    let image = single(1, 5000);
    push(&registry.remote("app", Access::Push), &image, &["v1"], PushOptions::default()).unwrap();
    let (remote, reference) = (registry.remote("app", Access::Pull), registry.reference("app:v1"));
    let folder = tempfile::tempdir().unwrap();
    pull(&remote, &reference, folder.path(), &PullOptions::default()).unwrap();
    for blob in image.blobs() {
        let path = folder.path().join("blobs/sha256").join(blob.digest().hex());
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        pull(&remote, &reference, folder.path(), &PullOptions::default()).unwrap();
        assert_holds(folder.path(), &reference, &image);
    }
}
