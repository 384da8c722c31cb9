//! GitLab: the pipeline, with real curl and jq.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::document;
use super::place::{Place, Ran};

/// GitLab's API, until this is dropped.
struct Gitlab {
    child: Child,
    port: String,
}

impl Gitlab {
    fn start(place: &Place) -> Self {
        let script = include_str!("stand-ins/gitlab.py");
        let mut python = Command::new("python3");
        python.args(["-c", script]).arg(place.path("comments.json")).stdout(Stdio::piped());
        let mut child = python.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, port: port.trim().to_owned() }
    }
}

impl Drop for Gitlab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the job for the default branch, or for a merge request; a token of nobody's is none.
fn run(place: &Place, gitlab: &Gitlab, request: Option<&str>, token: &str) -> Ran {
    for file in ["size.md", "images.txt"] {
        let _ = fs::remove_file(place.path("project").join(file));
    }
    run_job(place, gitlab, "build", request, &[("WASMPACK_COMMENT_TOKEN", token)])
}

/// Runs the jobs of a pipeline in parts, and then the one that joins them: the codes of all, and what the last one said.
fn run_parts(place: &Place, gitlab: &Gitlab, request: Option<&str>) -> (Vec<i32>, Ran) {
    let _ = fs::remove_dir_all(place.path("project/parts"));
    let pipeline = document::read(&place.read("project/.gitlab-ci.yml"));
    let count = pipeline["part"]["parallel"].as_str().unwrap();
    let part = |number: usize| {
        let node = [("CI_NODE_INDEX", &*number.to_string()), ("CI_NODE_TOTAL", count)];
        let ran = run_job(place, gitlab, "part", request, &node);
        assert!([0, 114].contains(&ran.code), "{}", ran.stderr);
        ran.code
    };
    let parts = (1..=count.parse().unwrap()).map(part).collect();
    (parts, run_job(place, gitlab, "images", request, &[("WASMPACK_COMMENT_TOKEN", "glpat-test")]))
}

fn run_job(place: &Place, gitlab: &Gitlab, job: &str, request: Option<&str>, more: &[(&str, &str)]) -> Ran {
    let pipeline = document::read(&place.read("project/.gitlab-ci.yml"));
    let name = job.to_owned();
    let job = &pipeline[job];
    let of_runner = [
        ("CI_PROJECT_DIR", place.path("project").display().to_string()),
        ("CI_REGISTRY_IMAGE", format!("{}/acme/my-app", place.host())),
        ("CI_REGISTRY_USER", "robin".to_owned()),
        ("CI_REGISTRY_PASSWORD", "battery".to_owned()),
        ("CI_DEFAULT_BRANCH", "main".to_owned()),
        ("CI_COMMIT_BRANCH", if request.is_some() { String::new() } else { "main".to_owned() }),
        ("CI_MERGE_REQUEST_IID", request.unwrap_or_default().to_owned()),
        ("CI_MERGE_REQUEST_PROJECT_ID", "3".to_owned()),
        ("CI_API_V4_URL", format!("http://127.0.0.1:{}/api/v4", gitlab.port)),
        ("CI_JOB_NAME", name),
    ];
    let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let mut variables: BTreeMap<_, _> =
        of_runner.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect();
    for (name, value) in pipeline["variables"].as_object().unwrap() {
        let value =
            variables.iter().fold(value.as_str().unwrap().to_owned(), |value, (name, replacement)| {
                value.replace(&format!("${name}"), replacement)
            });
        variables.insert(name.clone(), value);
    }
    let script = |parts: &[&str]| {
        let lines = parts.iter().filter_map(|part| job[part].as_array()).flatten();
        lines.map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    };
    let flags = ["-e", "-o", "pipefail"];
    let ran = place.bash(&flags, &script(&["before_script", "script"]), &variables);
    // In a shell of its own, whatever became of the rest.
    let after = place.bash(&flags, &script(&["after_script"]), &variables);
    assert_eq!(after.code, 0, "{}", after.stderr);
    ran
}

/// From the first merge request to one over budget.
fn goes_its_way(template: &str) {
    let Some(place) = Place::new(template, "gitlab") else { return };
    let gitlab = Gitlab::start(&place);
    let ran = run(&place, &gitlab, Some("7"), "glpat-test");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let first = place.comments();
    assert!(first.len() == 1 && first[0].contains("There is nothing to compare with"), "{first:?}");
    assert!(first[0].starts_with("<!-- cargo wasmpack: build -->\n### `"), "{first:?}");

    let ran = run(&place, &gitlab, None, "glpat-test");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let images = place.read("project/images.txt");
    assert!(images.starts_with(&format!("{}/acme/my-app/my-app@sha256:", place.host())), "{images}");
    place.assert_pushed(images.trim());
    assert_eq!(place.comments(), first);

    place.grow();
    let ran = run(&place, &gitlab, Some("7"), "glpat-test");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let again = place.comments();
    assert!(again.len() == 1 && again[0].contains(" as stored (+"), "{again:?}");

    // Without a token there is the artifact.
    place.write("comments.json", "[]");
    let ran = run(&place, &gitlab, Some("7"), "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(place.comments().is_empty() && place.read("project/size.md").contains(" as stored (+"));

    place.budget("max-growth = 1");
    let ran = run(&place, &gitlab, Some("7"), "glpat-test");
    assert!(ran.code == 114 && ran.stderr.contains("`max-growth`"), "{}: {}", ran.code, ran.stderr);
    assert_eq!(place.comments().len(), 1);
    place.budget("max-size = 1");
    let ran = run(&place, &gitlab, None, "glpat-test");
    assert!(ran.code == 114 && ran.stderr.contains("`max-size`"), "{}: {}", ran.code, ran.stderr);
    assert_eq!(place.read("project/images.txt"), "");
}

#[test]
fn a_pipeline_for_rust() {
    goes_its_way("cli");
}

#[test]
fn a_pipeline_for_c() {
    goes_its_way("c");
}

#[test]
fn a_pipeline_in_parts() {
    let Some(place) = Place::of_two_parts("gitlab") else { return };
    let gitlab = Gitlab::start(&place);
    let (parts, joined) = run_parts(&place, &gitlab, Some("7"));
    assert_eq!((parts, joined.code), (vec![0, 0], 0), "{}", joined.stderr);
    let comments = place.comments();
    assert_eq!(comments.len(), 1);
    for name in ["encode", "decode"] {
        assert!(comments[0].contains(&format!("my-app-{name}:latest`")), "{comments:?}");
    }

    let (parts, joined) = run_parts(&place, &gitlab, None);
    assert_eq!((parts, joined.code), (vec![0, 0], 0), "{}", joined.stderr);
    place.assert_joined("project");

    place.write("project/decode/wasmpack.toml", "[budget]\nmax-size = 1\n");
    let (parts, joined) = run_parts(&place, &gitlab, Some("7"));
    assert!(parts.contains(&0) && parts.contains(&114), "{parts:?}");
    assert!(joined.code == 2 && joined.stderr.contains("error[not-one-build]"), "{}", joined.stderr);
    assert!(place.comments()[0].contains("my-app-decode"), "{:?}", place.comments());
}
