//! What checks the files for forges: those that `init --ci` writes for each template, and our own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;

use crate::images;
use crate::support::{stdout_of, wasmpack};
use crate::{bill, tools, trial};

/// One kind of files, and the name of its schema.
struct Kind {
    name: &'static str,
    schema: &'static str,
    /// What the checker is told besides.
    flags: &'static [&'static str],
    /// What becomes a fault if it is written in another way.
    fault: [&'static str; 2],
    files: fn() -> Vec<PathBuf>,
}

const WORKFLOWS: Kind = Kind {
    name: "workflows",
    schema: "vendor.github-workflows",
    flags: &[],
    fault: ["runs-on:", "runs-at:"],
    files: || {
        let ours =
            ["ci", "pages", "release"].map(|name| root().join(format!(".github/workflows/{name}.yml")));
        ours.into_iter().chain(written("github", ".github/workflows/image.yml")).collect()
    },
};

const KINDS: [Kind; 3] = [
    WORKFLOWS,
    Kind {
        name: "pipelines",
        schema: "vendor.gitlab-ci",
        flags: &["--data-transform", "gitlab-ci"],
        fault: ["when: always", "when: seldom"],
        files: || written("gitlab", ".gitlab-ci.yml"),
    },
    Kind {
        name: "our action",
        schema: "vendor.github-actions",
        flags: &[],
        fault: ["using: composite", "using: everything"],
        files: || vec![root().join("action.yml")],
    },
];

pub fn trials() -> Vec<Trial> {
    let missing = tools::missing(&["actionlint", "check-jsonschema"]);
    let lints = trial("actionlint takes workflows".to_owned(), missing.clone(), || {
        let files = (WORKFLOWS.files)();
        stdout_of(actionlint().args(&files));
        let broken = broken(files.last().unwrap(), ["github.ref ", "github.reference "]);
        assert!(!actionlint().arg(broken).output().unwrap().status.success());
    });
    let by_schema = KINDS.into_iter().map(|kind| {
        trial(format!("the schema takes {}", kind.name), missing.clone(), move || {
            let files = (kind.files)();
            stdout_of(check(&kind).args(&files));
            let broken = broken(files.last().unwrap(), kind.fault);
            assert!(!check(&kind).arg(broken).output().unwrap().status.success());
        })
    });
    by_schema.chain([lints]).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn actionlint() -> Command {
    bill::with_packages_of("actionlint", "actionlint")
}

fn check(kind: &Kind) -> Command {
    let mut check = bill::with_packages_of("check-jsonschema", "check-jsonschema");
    check.args(["--builtin-schema", kind.schema]).args(kind.flags);
    check
}

/// A copy with a fault: who does not see it sees nothing.
fn broken(file: &Path, [old, new]: [&str; 2]) -> PathBuf {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{text}");
    let folder = images::folder().join("pipelines");
    fs::create_dir_all(&folder).unwrap();
    let copy = folder.join(new.replace(|c: char| !c.is_alphanumeric(), "-")).with_extension("yml");
    fs::write(&copy, text.replacen(old, new, 1)).unwrap();
    copy
}

/// What `init` writes for a forge, with each template, and for one in parts.
fn written(forge: &str, path: &str) -> Vec<PathBuf> {
    let templates = stdout_of(wasmpack().args(["init", "--list"]));
    let names = templates.lines().map(|line| line.split(' ').next().unwrap());
    let one = |name: &str, parts: &str| {
        let folder = images::folder().join("pipelines").join(forge).join(format!("{name}-{parts}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let mut init = wasmpack();
        init.current_dir(&folder).args(["init", "-q", "--name", "my-app", "--template", name, "--ci", forge]);
        init.args(["--parts", parts]);
        stdout_of(&mut init);
        folder.join(path)
    };
    let in_parts = [one("workspace", "3")];
    in_parts.into_iter().chain(names.map(|name| one(name, "1"))).collect()
}
