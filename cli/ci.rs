//! The files by which a forge builds, checks and pushes an image.

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
    /// Nobody's
    None,
}

const GITHUB: &str = include_str!("../templates/ci/github.yml.in");
const GITLAB: &str = include_str!("../templates/ci/gitlab.yml.in");

/// What `cargo install` is given; the files keep it in one variable.
const SOURCE: &str = concat!("cargo-wasmpack@", env!("CARGO_PKG_VERSION"));

/// A Go that knows WASI, which Debian's does not.
const GO: &str = "curl -sSfL https://go.dev/dl/go1.25.3.linux-amd64.tar.gz | tar -C /usr/local -xz && \
    ln -s /usr/local/go/bin/go /usr/local/bin/go";

/// A zig that is found without being on the search path.
const ZIG: &str = "python3 -m pip install --break-system-packages ziglang";

impl Ci {
    /// The file for a project that is built with all of this; none where none is wanted.
    #[must_use]
    pub fn file(self, needs: &[Needs], is_workspace: bool) -> Option<NewFile> {
        let is_rust = needs.iter().any(|needs| matches!(needs, Needs::Rust | Needs::RustComponents));
        let is_go = needs.contains(&Needs::Program("go"));
        let zig = needs.contains(&Needs::Program("zig")).then_some(ZIG);
        let test = match (is_rust, is_go) {
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
                (".github/workflows/image.yml", GITHUB, tools, test)
            }
            Self::Gitlab => {
                let cmake = needs.contains(&Needs::Program("cmake"));
                let cmake = cmake.then_some("apt-get update && apt-get install --yes cmake");
                let pip = zig.map(|_| "apt-get update && apt-get install --yes python3-pip");
                let tools = fixes(needs).chain(cmake).chain(is_go.then_some(GO)).chain(pip).chain(zig);
                let tools: String = tools.map(|line| format!("    - {line}\n")).collect();
                let test = if test.is_empty() { String::new() } else { format!("    - {test}\n") };
                (".gitlab-ci.yml", GITLAB, tools, test)
            }
            Self::None => return None,
        };
        let text = text
            .replace("{{tools}}\n", &tools)
            .replace("{{test}}", &test)
            .replace("{{what}}", if is_workspace { "the images" } else { "the image" })
            .replace("{{flags}}", if is_workspace { " --workspace" } else { "" })
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
        for ci in [Ci::Github, Ci::Gitlab] {
            for template in TEMPLATES {
                let file = ci.file(template.needs, template.name == "workspace").unwrap();
                assert_eq!(yaml::texts(&file.text, SOURCE).unwrap().len(), 1, "{}", file.text);
                assert!(file.text.contains("cargo wasmpack build --push"), "{}", file.text);
                assert!(file.text.contains("cargo wasmpack size --pushed --markdown"), "{}", file.text);
                let of_forge = file.text.replace("${{", "");
                assert!(!of_forge.contains("{{"), "{}", file.text);
            }
        }
    }

    #[test]
    fn a_toolchain_is_installed_where_it_is_needed() {
        let text = |ci: Ci, needs: &[Needs]| ci.file(needs, false).unwrap().text;
        for ci in [Ci::Github, Ci::Gitlab] {
            assert!(text(ci, &[Needs::C]).contains("doctor --fix --yes\n"));
            assert!(!text(ci, &[Needs::Rust]).contains("doctor"));
            assert!(text(ci, &[Needs::Rust]).contains("cargo test\n"));
        }
        assert!(text(Ci::Gitlab, &[Needs::C, Needs::Program("cmake")]).contains("install --yes cmake"));
        for ci in [Ci::Github, Ci::Gitlab] {
            let text = text(ci, &[Needs::Program("zig")]);
            assert!(text.contains("pip install --break-system-packages ziglang\n"), "{text}");
            assert!(!text.contains("doctor"), "{text}");
        }
    }
}
