//! The projects that `init` writes. They are real files in `templates/`, and parts of the executable.

use std::fmt;

use crate::project_name::ProjectName;
use crate::scaffold::NewFile;
use crate::schema;

/// A project to begin with.
#[derive(Debug)]
pub struct Template {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// What a consumer makes of its image.
    pub kind: Kind,
    /// What it is built with.
    pub needs: &'static [Needs],
    /// The folder of the program that is deployed, and what follows the project's name in the name of its image.
    program: (&'static str, &'static str),
    /// What a command is given where it is deployed.
    arguments: &'static [&'static str],
    /// Paths in `templates/NAME/`, which are those in the project but for `.in` at the end, and texts.
    files: &'static [(&'static str, &'static str)],
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a consumer makes of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It runs once.
    Command,
    /// It answers HTTP until it is stopped.
    Service,
    /// Its functions are called by another program.
    Library,
}

/// A toolchain that a project is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// rustc with the libraries for core modules.
    Rust,
    /// rustc with the libraries for components.
    RustComponents,
    /// clang with what belongs to it.
    C,
    /// A program of another kind, by its name.
    Program(&'static str),
    /// What a command of the project's own needs; nobody knows it.
    Command,
}

/// The paths and texts of a template's files.
macro_rules! files {
    ($template:literal: $($path:literal),* $(,)?) => {
        &[
            (".gitignore", include_str!("../templates/gitignore.in")),
            $(($path, include_str!(concat!("../templates/", $template, "/", $path)))),*
        ]
    };
}

/// All there are, in the order in which they are listed; the first is taken where nobody can be asked.
pub const TEMPLATES: &[Template] = &[
    Template {
        name: "cli",
        summary: "a command in Rust, without dependencies",
        kind: Kind::Command,
        needs: &[Needs::Rust],
        program: (".", ""),
        arguments: &["fig", "pear", "fig"],
        files: files!["cli": "Cargo.toml.in", "Cargo.lock.in", "src/main.rs", "README.md"],
    },
    Template {
        name: "http",
        summary: "an HTTP service in Rust, as a component",
        kind: Kind::Service,
        needs: &[Needs::RustComponents],
        program: (".", ""),
        arguments: &[],
        files: files!["http": "Cargo.toml.in", "Cargo.lock.in", "src/main.rs", "README.md"],
    },
    Template {
        name: "c",
        summary: "a command in C",
        kind: Kind::Command,
        needs: &[Needs::C],
        program: (".", ""),
        arguments: &["SOS 112"],
        files: files!["c": "wasmpack.toml", "src/main.c", "src/morse.c", "src/morse.h", "README.md"],
    },
    Template {
        name: "cpp",
        summary: "a command in C++",
        kind: Kind::Command,
        needs: &[Needs::C],
        program: (".", ""),
        arguments: &["listen", "silent"],
        files: files!["cpp": "wasmpack.toml", "src/main.cpp", "src/anagrams.cpp", "src/anagrams.hpp", "README.md"],
    },
    Template {
        name: "cpp-cmake",
        summary: "a command in C++, built by CMake",
        kind: Kind::Command,
        needs: &[Needs::C, Needs::Program("cmake")],
        program: (".", ""),
        arguments: &["listen", "silent"],
        files: files!["cpp-cmake":
            "CMakeLists.txt", "wasmpack.toml", "src/main.cpp", "src/anagrams.cpp", "src/anagrams.hpp", "README.md",
        ],
    },
    Template {
        name: "rust-with-c",
        summary: "a command in Rust that calls C",
        kind: Kind::Command,
        needs: &[Needs::Rust, Needs::C],
        program: (".", ""),
        arguments: &["123456789"],
        files: files!["rust-with-c":
            "Cargo.toml.in", "Cargo.lock.in", "build.rs", "src/main.rs", "src/crc32.rs", "c/crc32.c", "c/crc32.h",
            "README.md",
        ],
    },
    Template {
        name: "go",
        summary: "a command in Go",
        kind: Kind::Command,
        needs: &[Needs::Program("go")],
        program: (".", ""),
        arguments: &["stressed"],
        files: files!["go": "go.mod.in", "wasmpack.toml", "main.go", "main_test.go", "README.md"],
    },
    Template {
        name: "workspace",
        summary: "two commands in Rust and the library they share",
        kind: Kind::Command,
        needs: &[Needs::Rust],
        program: ("encode", "-encode"),
        arguments: &["SOS"],
        files: files!["workspace":
            "Cargo.toml.in", "Cargo.lock.in",
            "encode/Cargo.toml.in", "encode/src/main.rs",
            "decode/Cargo.toml.in", "decode/src/main.rs",
            "morse/Cargo.toml.in", "morse/src/lib.rs",
            "README.md",
        ],
    },
    Template {
        name: "reactor",
        summary: "functions in Rust that a host calls",
        kind: Kind::Library,
        needs: &[Needs::Rust],
        program: (".", ""),
        arguments: &[],
        files: files!["reactor": "Cargo.toml.in", "Cargo.lock.in", "src/lib.rs", "README.md"],
    },
];

impl Template {
    /// The one of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.name == name)
    }

    /// The files of a project of this name, or the package it depends on that is called so.
    ///
    /// # Errors
    /// The project would depend on a package of its own name, which cargo takes for the project.
    pub fn render(&self, name: &ProjectName) -> Result<Vec<NewFile>, TakenName> {
        let mut rendered = Vec::new();
        for (path, text) in self.files {
            let path = path.strip_suffix(".in").unwrap_or(path);
            let is_lock = path == "Cargo.lock";
            if is_lock && text.contains(&format!("name = \"{name}\"\n")) {
                return Err(TakenName);
            }
            let text = text.replace("{{name}}", name.as_str()).replace("{{schema}}", schema::ID);
            let text = if is_lock { in_order(&text) } else { text };
            rendered.push(NewFile { path: path.into(), text });
        }
        Ok(rendered)
    }

    /// What is deployed of a project of this name.
    #[must_use]
    pub fn deployed(&self, name: &ProjectName) -> Deployed {
        let (path, suffix) = self.program;
        let arguments = self.arguments.iter().map(ToString::to_string).collect();
        Deployed { kind: self.kind, path: path.to_owned(), name: format!("{name}{suffix}"), arguments }
    }
}

/// The project would have the name of a package that it depends on.
#[derive(Debug, PartialEq, Eq)]
pub struct TakenName;

/// The program that is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// What a consumer makes of it.
    pub kind: Kind,
    /// Its folder in the project.
    pub path: String,
    /// The name of its image.
    pub name: String,
    /// What it is given.
    pub arguments: Vec<String>,
}

/// A lock file as cargo would write it, with its packages in the order of their names.
fn in_order(lock: &str) -> String {
    let mut parts = lock.trim_end().split("\n\n[[package]]\n");
    let head = parts.next().unwrap_or_default();
    let mut packages: Vec<_> = parts.collect();
    packages.sort_by_key(|package| package.lines().next());
    let packages: String = packages.iter().map(|package| format!("\n\n[[package]]\n{package}")).collect();
    format!("{head}{packages}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_any_placeholder() {
        for template in TEMPLATES {
            for file in template.render(&"my-app".parse().unwrap()).unwrap() {
                assert!(!file.text.contains("{{"), "{} of {}", file.path, template.name);
                assert!(file.text.ends_with('\n') && !file.path.as_str().ends_with(".in"), "{}", file.path);
            }
        }
    }

    #[test]
    fn a_project_that_would_depend_on_itself_is_refused() {
        let http = Template::find("http").unwrap();
        assert_eq!(http.render(&"wstd".parse().unwrap()), Err(TakenName));
        assert!(http.render(&"wst".parse().unwrap()).is_ok());
    }

    #[test]
    fn a_project_may_be_called_as_its_sources_are() {
        let cmake = Template::find("cpp-cmake").unwrap().render(&"anagrams".parse().unwrap()).unwrap();
        let lists = cmake.iter().find(|file| file.path == "CMakeLists.txt").unwrap();
        let targets = lists.text.lines().filter(|line| line.starts_with("add_"));
        let mut targets: Vec<_> = targets.filter_map(|line| line.split(['(', ' ']).nth(1)).collect();
        assert_eq!(targets.len(), 2, "{}", lists.text);
        targets.dedup();
        assert_eq!(targets, ["anagrams-anagrams", "anagrams"]);
    }

    #[test]
    fn packages_of_a_lock_file_are_in_the_order_of_their_names() {
        let lock = |names: &[&str]| {
            let packages =
                names.iter().map(|name| format!("\n\n[[package]]\nname = \"{name}\"\nversion = \"1\""));
            format!("version = 4{}\n", packages.collect::<String>())
        };
        assert_eq!(in_order(&lock(&["zebra", "ape", "cat"])), lock(&["ape", "cat", "zebra"]));
    }
}
