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
            .replace("{{label}}", &label(&deployed.name))
            .replace("{{image}}", &deployed.name)
            .replace("{{path}}", &deployed.path)
            .replace("{{arguments}}", &format!("[{}]", arguments.collect::<Vec<_>>().join(", ")));
        Some(NewFile { path: path.into(), text })
    }
}

/// The last part of an image's name as Kubernetes takes names: without underscores, dots and tags.
fn label(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or_default().split(['@', ':']).next().unwrap_or_default();
    name.replace(['_', '.'], "-")
}
