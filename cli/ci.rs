//! The files by which a forge, or a cluster, builds, checks and pushes images.

use std::fmt;

use clap::ValueEnum;

use crate::scaffold::NewFile;
use crate::templates::Needs;

/// Whose runners build the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ci {
    /// A workflow of GitHub Actions
    Github,
    /// A pipeline of GitLab
    Gitlab,
    /// An indexed Job of Kubernetes, for a workspace
    Kubernetes,
    /// Nobody's
    None,
}

const GITHUB: &str = include_str!("../templates/ci/github.yml.in");
const GITHUB_PARTS: &str = include_str!("../templates/ci/github-parts.yml.in");
const GITLAB: &str = include_str!("../templates/ci/gitlab.yml.in");
const GITLAB_PARTS: &str = include_str!("../templates/ci/gitlab-parts.yml.in");
const KUBERNETES: &str = include_str!("../templates/ci/kubernetes.yaml.in");

/// What `cargo install` is given; the files keep it in one variable.
const SOURCE: &str = concat!("cargo-wasmpack@", env!("CARGO_PKG_VERSION"));

/// A Go that knows WASI, which Debian's does not.
const GO: &str = "curl -sSfL https://go.dev/dl/go1.25.3.linux-amd64.tar.gz | tar -C /usr/local -xz && \
    ln -s /usr/local/go/bin/go /usr/local/bin/go";

/// A zig that is found without being on the search path.
const ZIG: &str = "python3 -m pip install --break-system-packages ziglang";

/// What is built.
#[derive(Debug, Clone, Copy)]
pub struct Built<'a> {
    /// What the project is called.
    pub name: &'a str,
    /// With which toolchains it is built.
    pub needs: &'a [Needs],
    /// Whether there may be several images.
    pub is_workspace: bool,
    /// By how many jobs: each builds a part of the images.
    pub parts: u16,
    /// From which branch images are pushed.
    pub branch: &'a str,
}

impl Ci {
    /// Whether this takes as many jobs for a project.
    #[must_use]
    pub fn is_for(self, built: &Built<'_>) -> bool {
        built.is_workspace || (built.parts == 1 && self != Self::Kubernetes)
    }

    /// The file for a project; none where none is wanted.
    #[must_use]
    pub fn file(self, built: &Built<'_>) -> Option<NewFile> {
        let Built { name, needs, is_workspace, parts, branch } = *built;
        let is_rust = needs.iter().any(|needs| matches!(needs, Needs::Rust | Needs::RustComponents));
        let is_go = needs.contains(&Needs::Program("go"));
        let zig = needs.contains(&Needs::Program("zig")).then_some(ZIG);
        let test = match (is_rust, is_go) {
            // In a workspace with a package of its own, `cargo test` is about that one.
            (true, _) if is_workspace => "cargo test --workspace",
            (true, _) => "cargo test",
            (_, true) => "go test ./...",
            _ => "",
        };
        let (path, text, tools, test) = match self {
            Self::Github => {
                // CMake and Go are on GitHub's machines.
                let tools = fixes(needs).chain(zig);
                let tools: String = tools.map(|line| format!("          {line}\n")).collect();
                let test = if test.is_empty() { String::new() } else { format!("      - run: {test}\n\n") };
                let text = if parts > 1 { GITHUB_PARTS } else { GITHUB };
                (".github/workflows/image.yml", text, tools, test)
            }
            Self::Gitlab => {
                let cmake = needs.contains(&Needs::Program("cmake"));
                let cmake = cmake.then_some("apt-get update && apt-get install --yes cmake");
                let pip = zig.map(|_| "apt-get update && apt-get install --yes python3-pip");
                let tools = fixes(needs).chain(cmake).chain(is_go.then_some(GO)).chain(pip).chain(zig);
                let tools: String = tools.map(|line| format!("    - {line}\n")).collect();
                let test = if test.is_empty() { String::new() } else { format!("    - {test}\n") };
                let text = if parts > 1 { GITLAB_PARTS } else { GITLAB };
                (".gitlab-ci.yml", text, tools, test)
            }
            Self::Kubernetes => {
                let tools: String = fixes(needs).map(|line| format!("              {line}\n")).collect();
                ("ci/kubernetes.yaml", KUBERNETES, tools, String::new())
            }
            Self::None => return None,
        };
        let text = text
            .replace("{{tools}}\n", &tools)
            .replace("{{test}}", &test)
            .replace(
                "{{what}}",
                if is_workspace { "the images, each of which has" } else { "the image, which has" },
            )
            .replace("{{flags}}", if is_workspace { " --workspace" } else { "" })
            .replace("{{branch}}", branch)
            .replace("{{parts}}", &parts.to_string())
            .replace("{{list}}", &format!("{:?}", (1..=parts).collect::<Vec<_>>()))
            // Names in Kubernetes have no underscore.
            .replace("{{label}}", &name.replace('_', "-"))
            .replace("{{source}}", SOURCE);
        Some(NewFile { path: path.into(), text })
    }
}

/// What installs the toolchain of C, where it is needed; that of Rust is there before the tool is.
fn fixes(needs: &[Needs]) -> impl Iterator<Item = &'static str> {
    needs.contains(&Needs::C).then_some("cargo wasmpack doctor --fix --yes").into_iter()
}

impl fmt::Display for Ci {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Kubernetes => "kubernetes",
            Self::None => "none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::TEMPLATES;
    use crate::yaml;

    #[test]
    fn the_files_are_yaml_and_name_the_source_of_the_tool_once() {
        for ci in [Ci::Github, Ci::Gitlab, Ci::Kubernetes] {
            for (template, parts) in TEMPLATES.iter().flat_map(|template| [(template, 1), (template, 3)]) {
                let is_workspace = template.name == "workspace";
                let built =
                    Built { name: "my_app", needs: template.needs, is_workspace, parts, branch: "trunk" };
                if !ci.is_for(&built) {
                    continue;
                }
                let file = ci.file(&built).unwrap();
                assert_eq!(yaml::texts(&file.text, SOURCE).unwrap().len(), 1, "{}", file.text);
                assert!(ci == Ci::Gitlab || file.text.contains("trunk"), "{}", file.text);
                assert!(file.text.contains("cargo wasmpack build --push"), "{}", file.text);
                let tells_sizes = file.text.contains("cargo wasmpack size --pushed --markdown");
                assert!(tells_sizes || ci == Ci::Kubernetes, "{}", file.text);
                let is_divided = file.text.contains("--workspace --partition ");
                assert_eq!(is_divided, parts > 1 || ci == Ci::Kubernetes, "{}", file.text);
                let of_forge = file.text.replace("${{", "");
                assert!(!of_forge.contains("{{"), "{}", file.text);
            }
        }
    }

    #[test]
    fn a_toolchain_is_installed_where_it_is_needed() {
        let text = |ci: Ci, needs: &[Needs]| {
            ci.file(&Built { name: "app", needs, is_workspace: false, parts: 1, branch: "main" })
                .unwrap()
                .text
        };
        for ci in [Ci::Github, Ci::Gitlab] {
            assert!(text(ci, &[Needs::C]).contains("doctor --fix --yes\n"));
            assert!(!text(ci, &[Needs::Rust]).contains("doctor"));
            assert!(text(ci, &[Needs::Rust]).contains("cargo test\n"));
            let built =
                Built { name: "app", needs: &[Needs::Rust], is_workspace: true, parts: 1, branch: "main" };
            assert!(ci.file(&built).unwrap().text.contains("cargo test --workspace\n"));
        }
        assert!(text(Ci::Gitlab, &[Needs::C, Needs::Program("cmake")]).contains("install --yes cmake"));
        for ci in [Ci::Github, Ci::Gitlab] {
            let text = text(ci, &[Needs::Program("zig")]);
            assert!(text.contains("pip install --break-system-packages ziglang\n"), "{text}");
            assert!(!text.contains("doctor"), "{text}");
        }
    }
}
