//! The programs that read and run our images: what the examples are, they agree on.
//!
//! One row of [`CONSUMERS`] is one consumer, and is tried with every example. Where a consumer is not installed its
//! trials are skipped by name; under `CI=true` they fail, so that nothing goes unnoticed.

#![expect(clippy::disallowed_methods, reason = "a test may look at its own environment")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod artifact;
#[path = "../beside.rs"]
mod beside;
mod bill;
mod chromium;
mod compressions;
mod containerd;
mod engines;
mod images;
mod kubernetes;
mod load;
mod node;
mod pipelines;
mod readers;
mod registry;
mod schemas;
#[path = "../support.rs"]
mod support;
mod tools;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::images::{Built, EXAMPLES};

/// A program, and what it must be able to do with an image.
struct Consumer {
    /// As a sentence that goes on with an example's name.
    does: &'static str,
    /// What it takes that this machine lacks.
    missing: fn() -> Option<String>,
    /// Panics unless it does it.
    tries: fn(&Built),
}

const CONSUMERS: [Consumer; 21] = [
    Consumer { does: "oci-wasm reads", missing: artifact::missing, tries: artifact::reads },
    Consumer { does: "the OCI schemas accept", missing: schemas::missing, tries: schemas::accept },
    Consumer { does: "skopeo reads", missing: readers::skopeo_missing, tries: readers::skopeo_reads },
    Consumer {
        does: "we read what skopeo makes for Docker of",
        missing: readers::skopeo_missing,
        tries: readers::docker_archives_are_read,
    },
    Consumer { does: "umoci unpacks", missing: readers::umoci_missing, tries: readers::umoci_unpacks },
    Consumer { does: "podman loads", missing: readers::podman_missing, tries: readers::podman_loads },
    Consumer { does: "containerd imports", missing: containerd::missing, tries: containerd::imports },
    Consumer {
        does: "containerd with youki runs",
        missing: containerd::youki_missing,
        tries: containerd::runs,
    },
    Consumer { does: "docker-registry keeps", missing: registry::missing, tries: registry::keeps },
    Consumer { does: "docker-registry gives back", missing: registry::missing, tries: registry::gives_back },
    Consumer { does: "podman pulls", missing: registry::podman_missing, tries: registry::podman_pulls },
    Consumer {
        does: "containerd pulls and runs",
        missing: registry::containerd_missing,
        tries: registry::containerd_runs,
    },
    Consumer {
        does: "podman has what `load` sent of",
        missing: readers::podman_missing,
        tries: load::into_podman,
    },
    Consumer {
        does: "`load` spares podman other forms of",
        missing: readers::podman_missing,
        tries: load::podman_is_spared,
    },
    Consumer {
        does: "containerd has what `load` sent of",
        missing: containerd::missing,
        tries: load::into_containerd,
    },
    Consumer {
        does: "containerd with youki runs what `load` sent of",
        missing: containerd::youki_missing,
        tries: load::containerd_runs,
    },
    Consumer {
        does: "`run --engine containerd` runs",
        missing: containerd::youki_missing,
        tries: engines::containerd_runs,
    },
    Consumer {
        does: "`run --engine podman` runs",
        missing: engines::podman_missing,
        tries: engines::podman_runs,
    },
    Consumer { does: "Kubernetes with youki runs", missing: kubernetes::missing, tries: kubernetes::runs },
    Consumer { does: "Node runs", missing: node::missing, tries: node::runs },
    Consumer { does: "Chromium shows the map of", missing: chromium::missing, tries: chromium::shows },
];

fn main() -> ExitCode {
    let trials = CONSUMERS.iter().flat_map(|consumer| {
        let missing = (consumer.missing)();
        EXAMPLES.iter().map(move |example| {
            let name = format!("{} {}", consumer.does, example.name);
            trial(name, missing.clone(), || (consumer.tries)(Built::of(example.name)))
        })
    });
    let trials = trials.chain(compressions::trials()).chain(bill::trials()).chain(pipelines::trials());
    let trials = trials.chain(engines::trials()).chain(kubernetes::trials()).collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    containerd::stop();
    engines::stop();
    registry::stop();
    conclusion.exit_code()
}

/// Something that panics unless a consumer does what it should; not tried where the consumer is missing.
fn trial(name: String, missing: Option<String>, tries: impl Fn() + Send + 'static) -> Trial {
    match missing {
        None => Trial::test(name, move || {
            again_if_youki_was_not_sealed(tries);
            Ok(())
        }),
        Some(missing) if std::env::var("CI").is_ok_and(|value| value == "true") => {
            Trial::test(name, move || Err(Failed::from(missing)))
        }
        Some(missing) => Trial::test(name, || Ok(())).with_kind(missing).with_ignored_flag(true),
    }
}

/// Tries it once more where Linux would not let youki seal the copy that it makes of itself before it looks at any image: some page
/// of it was busy.
fn again_if_youki_was_not_sealed(tries: impl Fn()) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(&tries)) else { return };
    let said = panic.downcast_ref::<String>().map_or("", String::as_str);
    if said.contains("failed to seal /proc/self/exe") { tries() } else { resume_unwind(panic) }
}
