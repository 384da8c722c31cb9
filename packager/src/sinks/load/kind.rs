//! kind: Kubernetes whose nodes are containers, each with a containerd of its own.

use std::ffi::OsStr;
use std::path::Path;

use super::ctr::Ctr;
use super::k3s::NAMESPACE;
use super::program::{Failure, Program};
use super::{Engine, Error, Sent, Tool, Trouble, Version};

/// What may run the nodes.
const PROVIDERS: [&str; 3] = ["docker", "podman", "nerdctl"];

/// The end of the name of a container that goes with a cluster, and has no containerd.
const BALANCER: &str = "-external-load-balancer";

#[derive(Debug)]
pub(super) struct Kind {
    program: Program,
    cluster: Option<String>,
    /// One for each node.
    nodes: Vec<Ctr>,
    title: String,
}

impl Kind {
    pub(super) fn ask(program: Program, cluster: Option<&str>, search_path: &OsStr) -> Result<Self, Error> {
        let engine = Engine::Kind(cluster.map(str::to_owned));
        let no_answer = |failure| Error::no_answer(&engine, failure);
        let said = program.ask(&["version"]).map_err(no_answer)?;
        // `kind v0.23.0 go1.22.3 linux/amd64`
        let version = said.split_whitespace().nth(1).and_then(Version::parse);
        let version = version.ok_or_else(|| Error::unreadable(&engine, "kind version", &said))?;
        let nodes = program.ask(&[&["get", "nodes"], &named(cluster)[..]].concat()).map_err(no_answer)?;
        let nodes: Vec<&str> = nodes.lines().map(str::trim).filter(|node| is_node(node)).collect();
        if nodes.is_empty() {
            let known = program.ask(&["get", "clusters"]).map_err(no_answer)?;
            let known = known.lines().filter(|name| is_node(name)).map(str::to_owned).collect();
            return Err(Error::NoCluster { cluster: cluster.map(str::to_owned), known });
        }
        let nodes =
            nodes.into_iter().map(|node| ctr_of(&engine, node, search_path)).collect::<Result<_, _>>()?;
        let place = cluster.map_or(String::new(), |cluster| format!(", cluster {cluster}"));
        Ok(Self {
            program,
            cluster: cluster.map(str::to_owned),
            nodes,
            title: format!("kind {version}{place}"),
        })
    }
}

/// kind says in words that there are none, on whichever stream.
fn is_node(line: &str) -> bool {
    !line.is_empty() && !line.contains(char::is_whitespace) && !line.ends_with(BALANCER)
}

fn named(cluster: Option<&str>) -> Vec<&str> {
    cluster.map_or(Vec::new(), |cluster| vec!["--name", cluster])
}

/// The `ctr` in a node, through whichever program knows the node.
fn ctr_of(engine: &Engine, node: &str, search_path: &OsStr) -> Result<Ctr, Error> {
    let mut failed = Error::Missing { program: PROVIDERS[0], engine: engine.clone() };
    for provider in PROVIDERS.iter().filter_map(|name| Program::find(name, search_path)) {
        match Ctr::ask(engine, &provider.with(["exec", node, "ctr"]), Some(NAMESPACE)) {
            Ok(ctr) => return Ok(ctr),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

impl Tool for Kind {
    fn title(&self) -> &str {
        &self.title
    }

    fn consumer(&self) -> &'static str {
        self.nodes[0].kubernetes()
    }

    fn send(&self, archive: &Path) -> Result<(), Failure> {
        let words = ["load", "image-archive"].map(OsStr::new);
        let named = named(self.cluster.as_deref());
        let named: Vec<&OsStr> = named.into_iter().map(OsStr::new).collect();
        self.program.order(&[&words[..], &[archive.as_os_str()], &named].concat()).map(drop)
    }

    fn confirm(&self, sent: &Sent<'_>) -> Result<String, Trouble> {
        for node in &self.nodes {
            node.confirm(sent)?;
        }
        Ok(sent.pinned())
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::super::stand_in::{Answer, StandIns, another, everywhere, ok};
    use super::*;
    use crate::Digest;

    fn kind(nodes: &str) -> [Answer<'static>; 4] {
        [
            ("version", ok("kind v0.23.0 go1.22.3 linux/amd64\n")),
            ("get nodes", ok(nodes)),
            ("get clusters", ok("kind\ndev\n")),
            ("load image-archive", ok("")),
        ]
    }

    /// What podman says, in which the nodes run.
    fn podman(node: &str, digest: Digest) -> Vec<(String, Result<String, &'static str>)> {
        let part = "  Version:  v2.0.2\n";
        let list = format!("REF TYPE DIGEST\ndocker.io/library/app:latest application/x {digest}\n");
        let answers = [
            ("--connect-timeout", ok(format!("Client:\n{part}Server:\n{part}"))),
            ("image ls", ok(list)),
            ("image tag", ok("")),
        ];
        answers.map(|(call, answer)| (format!("exec {node} ctr --namespace k8s.io {call}"), answer)).into()
    }

    fn machine(nodes: &str, podman: &[(String, Result<String, &'static str>)]) -> StandIns {
        let podman: Vec<Answer<'_>> =
            podman.iter().map(|(words, answer)| (&**words, answer.clone())).collect();
        StandIns::new()
            .with("kind", &kind(nodes))
            .with("docker", &[("exec", Err("Error: No such container"))])
            .with("podman", &podman)
    }

    #[test]
    fn every_node_has_it_under_the_digest() {
        let digest = everywhere().digest();
        let nodes = "dev-control-plane\ndev-external-load-balancer\ndev-worker\n";
        let podman = [podman("dev-control-plane", digest), podman("dev-worker", digest)].concat();
        let machine = machine(nodes, &podman);
        assert_eq!(machine.load("kind=dev", &everywhere()).unwrap().reference, format!("app@{digest}"));
        let calls = machine.calls();
        assert_eq!(calls[..2], ["kind version", "kind get nodes --name dev"]);
        assert!(calls.contains(&"kind load image-archive image.tar --name dev".to_owned()));
        for node in ["dev-control-plane", "dev-worker"] {
            let ctr = format!("podman exec {node} ctr --namespace k8s.io");
            for call in [
                format!("{ctr} image ls name==\"docker.io/library/app:latest\""),
                format!(
                    "{ctr} image tag --force docker.io/library/app:latest docker.io/library/app@{digest}"
                ),
            ] {
                assert!(calls.contains(&call), "{call}: {calls:?}");
            }
        }
        assert!(!calls.iter().any(|call| call.contains("balancer")));
        assert_eq!(machine.open("kind=dev").unwrap().title(), "kind 0.23.0, cluster dev");
    }

    #[test]
    fn one_node_without_it_is_no_success() {
        let podman = [podman("a", everywhere().digest()), podman("b", another())].concat();
        let error = machine("a\nb\n", &podman).load("kind", &everywhere()).unwrap_err();
        assert!(error.to_string().ends_with(&format!("it is {}", another())), "{error}");
    }

    #[test]
    fn a_cluster_that_is_not_there_is_told_with_those_that_are() {
        let error =
            machine("No kind nodes found for cluster \"prod\".\n", &[]).open("kind=prod").unwrap_err();
        assert_eq!(error.to_string(), "failed to find a cluster `prod` of kind's");
        assert_eq!(error.hint().unwrap(), "there are kind, dev: `--to kind=kind`");
    }

    #[test]
    fn nodes_that_nobody_reaches_are_no_cluster() {
        let error = machine("a\n", &[]).open("kind").unwrap_err();
        assert!(error.to_string().contains("`podman exec a ctr --namespace k8s.io"), "{error}");
        assert!(matches!(error, Error::NoAnswer { .. }));
    }
}
