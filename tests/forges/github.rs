//! GitHub: the workflow, and our own action.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::document;
use super::place::{Place, Ran};
use super::steps::{Job, Values};
use crate::support::stdout_of;

const PATH: &str = "project/.github/workflows/image.yml";

fn workflow(place: &Place) -> Value {
    document::read(&place.read(PATH).replace("ghcr.io", &place.host()))
}

/// A job of the workflow for a push to this branch, or for a pull request.
fn job<'a>(place: &'a Place, workflow: &Value, event: &str, more: &[(&str, &str)]) -> Job<'a> {
    let reference = if event == "push" { "refs/heads/main" } else { "refs/pull/7/merge" };
    let values = [
        ("github.event_name", event),
        ("github.ref", reference),
        ("github.actor", "robin"),
        ("github.token", "token"),
        ("secrets.GITHUB_TOKEN", "token"),
        ("github.event.number", "7"),
        ("github.workflow", "image"),
    ];
    let mut variables: BTreeMap<_, _> = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "Acme/My-App"),
        ("GITHUB_WORKFLOW", workflow["name"].as_str().unwrap()),
        ("GITHUB_REF", reference),
    ]
    .into_iter()
    .chain(more.iter().copied())
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    variables.insert("RUNNER_TEMP".to_owned(), place.path("temp").display().to_string());
    fs::create_dir_all(place.path("temp")).unwrap();
    for (name, value) in workflow["env"].as_object().unwrap() {
        variables.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    let values: Values =
        values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Job { place, values, variables }
}

/// Runs the workflow.
fn run(place: &Place, event: &str, more: &[(&str, &str)]) -> Ran {
    let workflow = workflow(place);
    let _ = fs::remove_file(place.path("project/size.md"));
    job(place, &workflow, event, more).run(&workflow["jobs"]["image"]["steps"])
}

/// Runs the jobs of a workflow in parts, and the one that joins them, which finds their artifacts beside it. What the parts came
/// to, and what it did.
fn run_parts(place: &Place, event: &str) -> (Vec<i32>, Ran) {
    let workflow = workflow(place);
    let artifacts = ["part-1.json", "part-2.json", "size-1.md", "size-2.md", "images.json", "images.txt"];
    for file in artifacts {
        let _ = fs::remove_file(place.path("project").join(file));
    }
    let jobs = &workflow["jobs"];
    let numbers = jobs["part"]["strategy"]["matrix"]["part"].as_array().unwrap();
    let numbers = numbers.iter().map(|number| number.as_str().unwrap());
    assert_eq!(workflow["env"]["PARTS"], numbers.clone().count().to_string());
    let part = |number: &str| {
        let mut job = job(place, &workflow, event, &[("PART", number)]);
        job.values.insert("matrix.part".to_owned(), number.to_owned());
        let ran = job.run(&jobs["part"]["steps"]);
        assert!([0, 114].contains(&ran.code), "{}", ran.stderr);
        ran.code
    };
    let parts = numbers.map(part).collect();
    (parts, job(place, &workflow, event, &[]).run(&jobs["images"]["steps"]))
}

/// From the first pull request to one over budget.
fn goes_its_way(template: &str) {
    let Some(place) = Place::new(template, "github") else { return };
    let ran = run(&place, "pull_request", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let first = place.comments();
    assert_eq!(first.len(), 1, "{}", ran.stderr);
    assert!(first[0].starts_with("<!-- cargo wasmpack: image -->\n### `"), "{first:?}");
    assert!(first[0].contains("There is nothing to compare with"), "{first:?}");
    assert_eq!(place.read("calls").matches("cargo install --locked cargo-wasmpack@").count(), 1);

    let ran = run(&place, "push", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let summary = place.read("GITHUB_STEP_SUMMARY");
    let name = summary.lines().find(|line| line.contains("@sha256:")).unwrap();
    assert!(name.starts_with(&format!("{}/acme/my-app/my-app@", place.host())), "{name}");
    place.assert_pushed(name);

    place.grow();
    let ran = run(&place, "pull_request", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let again = place.comments();
    assert!(again.len() == 1 && again[0].contains(" as stored (+"), "{again:?}");
    assert!(again[0].contains("| function |") || again[0].contains("| `data` |"), "{again:?}");
    assert!(place.read("GITHUB_STEP_SUMMARY").contains(" as stored (+"));

    // A fork may not write, and its job goes on.
    let ran = run(&place, "pull_request", &[("READ_ONLY", "true")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("::notice title=cargo wasmpack::There is no comment"), "{}", ran.stdout);
    assert!(place.read("GITHUB_STEP_SUMMARY").contains(" as stored (+"));

    place.budget("max-growth = 1");
    place.write("comments.json", "[]");
    let ran = run(&place, "pull_request", &[]);
    assert!(ran.code == 114 && ran.stderr.contains("`max-growth`"), "{}: {}", ran.code, ran.stderr);
    assert_eq!(place.comments().len(), 1);
    place.budget("max-size = 1");
    let ran = run(&place, "push", &[]);
    assert!(ran.code == 114 && ran.stderr.contains("`max-size`"), "{}: {}", ran.code, ran.stderr);
    assert!(!place.read("GITHUB_STEP_SUMMARY").contains("@sha256:"));
}

#[test]
fn a_workflow_for_rust() {
    goes_its_way("cli");
}

#[test]
fn a_workflow_for_c() {
    goes_its_way("c");
}

#[test]
fn a_workflow_in_parts() {
    let Some(place) = Place::of_two_parts("github") else { return };
    let (parts, joined) = run_parts(&place, "pull_request");
    assert_eq!((parts, joined.code), (vec![0, 0], 0), "{}", joined.stderr);
    let comments = place.comments();
    assert_eq!(comments.len(), 1, "{}", joined.stderr);
    for name in ["encode", "decode"] {
        assert!(comments[0].contains(&format!("my-app-{name}:latest`")), "{comments:?}");
    }

    let (parts, joined) = run_parts(&place, "push");
    assert_eq!((parts, joined.code), (vec![0, 0], 0), "{}", joined.stderr);
    place.assert_joined("project");
    assert!(place.read("GITHUB_STEP_SUMMARY").ends_with(&place.read("project/images.txt")));

    // What one part has not done, the whole has not.
    place.write("project/decode/wasmpack.toml", "[budget]\nmax-size = 1\n");
    let (parts, joined) = run_parts(&place, "pull_request");
    assert!(parts.contains(&0) && parts.contains(&114), "{parts:?}");
    assert!(joined.code == 2 && joined.stderr.contains("error[not-one-build]"), "{}", joined.stderr);
    assert!(place.comments()[0].contains("my-app-decode"), "{:?}", place.comments());
}

/// Runs our action with these inputs, and the defaults of others; its outputs are in a file.
fn act(place: &Place, inputs: &[(&str, &str)]) -> Ran {
    act_with(place, inputs, &[])
}

/// The same, where the job has variables.
fn act_with(place: &Place, inputs: &[(&str, &str)], more: &[(&str, &str)]) -> Ran {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
    let releases = "https://github.com/cargo-wasmpack/cargo-wasmpack/releases/download";
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(releases));
    let here = format!("file://{}", place.path("releases").display());
    let action = document::read(&text.replace(releases, &here));
    assert_eq!(action["inputs"]["version"]["default"], env!("CARGO_PKG_VERSION"));
    let known = action["inputs"].as_object().unwrap();
    let defaults = known.iter().map(|(name, input)| (&**name, input["default"].as_str().unwrap()));
    let mut values = Values::new();
    for (name, value) in defaults.chain(inputs.iter().copied()) {
        assert!(known.contains_key(name), "{name}");
        values.insert(format!("inputs.{name}"), value.to_owned());
    }
    let temp = place.path("temp").display().to_string();
    let variables =
        [("GITHUB_ACTIONS", "true"), ("RUNNER_TEMP", &temp)].into_iter().chain(more.iter().copied());
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Job { place, values, variables }.run(&action["runs"]["steps"])
}

/// The lines of an output.
fn output(place: &Place, name: &str) -> String {
    let outputs = place.read("GITHUB_OUTPUT");
    let begin = format!("{name}<<END\n");
    let (_, rest) = outputs.split_once(&begin).unwrap_or_else(|| panic!("{outputs}"));
    rest.split_once("\nEND\n").unwrap().0.to_owned()
}

#[test]
fn our_action_builds_and_pushes() {
    let Some(place) = Place::new("c", "none") else { return };
    let repository = format!("{}/Acme/My-App", place.host());
    let ran = act(&place, &[("repository", &repository), ("push", "true"), ("args", "--level\n1\n")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let image = output(&place, "image");
    assert!(image.starts_with(&format!("{}/acme/my-app/my-app@sha256:", place.host())), "{image}");
    place.assert_pushed(&image);
    let digest = output(&place, "digest");
    assert!(image.ends_with(&digest) && digest.starts_with("sha256:"), "{digest}");
    let metadata: serde_json::Value = serde_json::from_str(&output(&place, "metadata")).unwrap();
    assert_eq!(metadata["containerimage.digest"], *digest);
    assert!(place.read("calls").contains("cargo install --locked cargo-wasmpack@"));

    // What is there of the same version is not installed again; code in an input stays text.
    place.write("calls", "");
    let ran = act(
        &place,
        &[("args", "$(touch stolen)"), ("command", "validate"), ("path", "target/wasmpack/my-app")],
    );
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("$(touch stolen)") && !place.path("project/stolen").exists(),
        "{}",
        ran.stderr
    );
    assert!(!place.read("calls").contains("install"));
    let ran = act(&place, &[("command", "validate"), ("path", "target/wasmpack/my-app")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    place.budget("max-size = 1");
    assert_eq!(act(&place, &[]).code, 114);
}

/// In a container the folder of cargo's programs is somewhere else, and not everything is there that GitHub's machines have.
#[test]
fn our_action_works_in_a_container_and_installs_the_toolchain_of_c() {
    let Some(place) = Place::new("c", "none") else { return };
    let home = place.path("usr/local/cargo").display().to_string();
    let ran = act_with(&place, &[("toolchain", "true")], &[("CARGO_HOME", &home)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(place.path("usr/local/cargo/bin/cargo-wasmpack").is_file());
    assert_eq!(place.read("GITHUB_PATH"), format!("{home}/bin\n"));
    assert!(!place.path("home/.cargo").exists());
    assert!(output(&place, "image").starts_with("my-app@sha256:"));
    // `doctor` has told what there is.
    assert!(ran.stdout.contains("clang"), "{}", ran.stdout);
    assert!(!act(&place, &[]).stdout.contains("clang"));
}

#[test]
fn our_action_takes_an_archive_only_with_its_digest() {
    let Some(place) = Place::new("c", "none") else { return };
    let said = stdout_of(Command::new("rustc").args(["--version", "--verbose"]));
    let target = said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("cargo-wasmpack-v{version}-{target}");
    let folder = place.path("releases").join(format!("v{version}"));
    fs::create_dir_all(folder.join(&name)).unwrap();
    let program = format!("#!/bin/sh\necho \"cargo-wasmpack {version}\"\n");
    fs::write(folder.join(&name).join("cargo-wasmpack"), program).unwrap();
    let pack = r#"chmod +x $NAME/cargo-wasmpack; tar -czf $NAME.tar.gz $NAME; sha256sum $NAME.tar.gz > $NAME.tar.gz.sha256"#;
    stdout_of(Command::new("bash").args(["-ec", pack]).env("NAME", &name).current_dir(&folder));
    let ran = act(&place, &[("command", "")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(place.path("home/.cargo/bin/cargo-wasmpack").is_file());
    assert!(!place.read("calls").contains("install"));

    fs::remove_file(place.path("home/.cargo/bin/cargo-wasmpack")).unwrap();
    fs::write(folder.join(format!("{name}.tar.gz")), "something else").unwrap();
    assert_ne!(act(&place, &[("command", "")]).code, 0);
    assert!(
        !place.path("home/.cargo/bin/cargo-wasmpack").exists() && !place.read("calls").contains("install")
    );
}
