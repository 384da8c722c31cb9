//! Kubernetes: the indexed Job, each of its pods by itself, with git.

use std::collections::BTreeMap;
use std::fs;

use super::document;
use super::place::Place;
use crate::installed::installed;

#[test]
fn pods_of_a_job_build_a_part_each() {
    if installed("git").is_none() {
        return;
    }
    let Some(place) = Place::of_two_parts("kubernetes") else { return };
    let git = "git init --quiet --initial-branch main && git add . && \
        git -c user.name=robin -c user.email=robin@example.com commit --quiet --message begun";
    let committed = place.bash(&["-e"], git, &BTreeMap::new());
    assert_eq!(committed.code, 0, "{}", committed.stderr);

    let text = place.read("project/ci/kubernetes.yaml");
    let job = document::read(&text);
    let spec = &job["spec"];
    assert_eq!((&job["kind"], &spec["completionMode"]), (&"Job".into(), &"Indexed".into()));
    let count: usize = spec["completions"].as_str().unwrap().parse().unwrap();
    let container = &spec["template"]["spec"]["containers"][0];
    let variables = container["env"].as_array().unwrap().iter();
    let text_of = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut variables: BTreeMap<_, _> =
        variables.map(|one| (text_of(&one["name"]), text_of(&one["value"]))).collect();
    assert_eq!(variables["PARTS"], count.to_string());
    variables.insert("REPOSITORY".to_owned(), place.path("project").display().to_string());
    variables.insert("WASMPACK_REPO".to_owned(), format!("{}/acme/my-app", place.host()));
    let words = container["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let words: Vec<_> = words.collect();
    let ["bash", flags @ .., "-c"] = &words[..] else { panic!("{words:?}") };

    fs::create_dir(place.path("joined")).unwrap();
    for index in 0..count {
        let pod = format!("pod-{index}");
        fs::create_dir_all(place.path(&pod).join("work")).unwrap();
        variables.insert("JOB_COMPLETION_INDEX".to_owned(), index.to_string());
        let script = container["args"][0].as_str().unwrap();
        let ran = place.bash_in(&format!("{pod}/work"), flags, script, &variables);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        // A log has both streams in it.
        place.write(&format!("{pod}/log"), &(ran.stderr + &ran.stdout));
    }
    // As the head of the file says, but for `kubectl`.
    let head: String =
        text.lines().map_while(|line| line.strip_prefix("#")).map(|line| format!("{line}\n")).collect();
    let pods = "$(kubectl get pods --selector job-name=my-app-images --field-selector status.phase=Succeeded --output name)";
    assert!(head.contains(pods) && head.contains("kubectl logs \"$pod\""), "{head}");
    let joining = &head[head.find("for pod in").unwrap()..];
    let joining = joining.replace(pods, "pod/my-app-images-0 pod/my-app-images-1");
    let joining = joining.replace("kubectl logs \"$pod\"", "cat \"../pod-${pod##*-}/log\"");
    let ran = place.bash_in("joined", &["-e"], &joining, &BTreeMap::new());
    assert_eq!(ran.code, 0, "{joining}{}", ran.stderr);
    place.assert_joined("joined");
}
