//! The documents by which an image is run: Kubernetes' and Compose's.

use clap::ValueEnum;

use crate::scaffold::NewFile;
use crate::templates::{Deployed, Kind};

/// What images are run by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deploy {
    /// Documents that `resolve` completes: a runtime class with a deployment and a service, or with a job
    Kubernetes,
    /// A service of Docker Compose
    Compose,
    /// Nothing
    None,
}

const KUBERNETES_SERVICE: &str = include_str!("../templates/deploy/kubernetes-service.yaml.in");
const KUBERNETES_JOB: &str = include_str!("../templates/deploy/kubernetes-job.yaml.in");
const COMPOSE_SERVICE: &str = include_str!("../templates/deploy/compose-service.yaml.in");
const COMPOSE_COMMAND: &str = include_str!("../templates/deploy/compose-command.yaml.in");

impl std::fmt::Display for Deploy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kubernetes => "kubernetes",
            Self::Compose => "compose",
            Self::None => "none",
        })
    }
}

impl Deploy {
    /// The document for a program; none where none is wanted.
    #[must_use]
    pub fn file(self, deployed: &Deployed) -> Option<NewFile> {
        let is_service = deployed.kind == Kind::Service;
        let (path, text) = match self {
            Self::Kubernetes if is_service => ("deploy/kubernetes.yaml", KUBERNETES_SERVICE),
            Self::Kubernetes => ("deploy/kubernetes.yaml", KUBERNETES_JOB),
            Self::Compose if is_service => ("compose.yaml", COMPOSE_SERVICE),
            Self::Compose => ("compose.yaml", COMPOSE_COMMAND),
            Self::None => return None,
        };
        // No arguments are those of the image; an empty list would be none at all.
        let has_arguments = !deployed.arguments.is_empty();
        let lines =
            text.split_inclusive('\n').filter(|line| has_arguments || !line.contains("{{arguments}}"));
        let text: String = lines.collect();
        // JSON is YAML, too.
        let arguments =
            deployed.arguments.iter().map(|argument| serde_json::Value::from(argument.as_str()).to_string());
        let text = text
            .replace("{{label}}", &in_yaml(&label(&deployed.name)))
            .replace("{{image}}", &in_yaml(&deployed.name))
            .replace("{{path}}", &deployed.path)
            .replace("{{arguments}}", &format!("[{}]", arguments.collect::<Vec<_>>().join(", ")));
        Some(NewFile { path: path.into(), text })
    }
}

/// Words that are no texts in YAML where there are no quotes around them.
const NO_TEXTS: [&str; 9] = ["y", "yes", "n", "no", "on", "off", "true", "false", "null"];

/// A name as a text of YAML.
fn in_yaml(name: &str) -> String {
    let is_text = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !NO_TEXTS.contains(&name);
    if is_text { name.to_owned() } else { format!("\"{name}\"") }
}

/// The last part of an image's name as Kubernetes takes names: without underscores, dots and tags.
fn label(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or_default().split(['@', ':']).next().unwrap_or_default();
    name.replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_text_whatever_word_of_yaml_it_is() {
        for (name, expected) in [
            ("no", "\"no\""),
            ("null", "\"null\""),
            ("1e3", "\"1e3\""),
            ("node", "node"),
            ("my-app", "my-app"),
        ] {
            let deployed =
                Deployed { kind: Kind::Command, path: ".".into(), name: name.into(), arguments: Vec::new() };
            let text = |deploy: Deploy| deploy.file(&deployed).unwrap().text;
            assert!(text(Deploy::Kubernetes).contains(&format!("        - name: {expected}\n")), "{name}");
            assert!(
                text(Deploy::Compose).contains(&format!("  {expected}:\n    image: {expected}\n")),
                "{name}"
            );
        }
    }

    #[test]
    fn a_job_that_is_there_goes_before_another_comes() {
        let deployed =
            Deployed { kind: Kind::Command, path: ".".into(), name: "app".into(), arguments: Vec::new() };
        let text = Deploy::Kubernetes.file(&deployed).unwrap().text;
        assert!(text.contains("\n#   kubectl delete job app --ignore-not-found\n"), "{text}");
    }
}
