//! Sources, and how they are recognised.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::c::sources::{self, SourceFile};
use crate::{Error, Machine, Settings, System, SystemSettings};

/// Where a module comes from. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A Cargo package or workspace.
    Cargo {
        /// Its `Cargo.toml`.
        manifest: Utf8PathBuf,
    },
    /// A folder with C sources.
    C {
        /// The folder.
        dir: Utf8PathBuf,
    },
    /// A folder with C++ sources, and perhaps C sources too.
    Cpp {
        /// The folder.
        dir: Utf8PathBuf,
    },
    /// A folder with a build system of its own.
    System {
        /// The folder.
        dir: Utf8PathBuf,
        /// The build system.
        system: System,
    },
    /// A module that is there already.
    Module {
        /// The folder of its configuration: the file's own, or that of the configuration that names it.
        dir: Utf8PathBuf,
        /// A `.wasm` or `.wat` file.
        file: Utf8PathBuf,
    },
}

/// A programming language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// C
    C,
    /// C++
    Cpp,
    /// Rust
    Rust,
}

impl Source {
    /// Recognises what lies at `path`: a `Cargo.toml`, a module, or a folder. What the settings say of a folder counts
    /// first; then a `Cargo.toml`, the files of another build system, and C or C++ sources in it or below its `src/`.
    ///
    /// From the current directory, and only from there, a `Cargo.toml` is also looked for in the folders above it,
    /// as cargo does.
    ///
    /// # Errors
    /// There is nothing at `path`, or nothing there can be built; the error says what was looked for.
    pub fn detect(path: &Utf8Path, settings: &Settings, machine: &Machine) -> Result<Self, Error> {
        let path = &absolute(path, machine);
        if path.is_file() {
            return match path.file_name() {
                Some("Cargo.toml") => {
                    let manifest = path.parent().and_then(manifest_in);
                    Ok(Self::Cargo { manifest: manifest.unwrap_or_else(|| path.clone()) })
                }
                _ if matches!(path.extension(), Some("wasm" | "wat")) => {
                    let dir = path.parent().unwrap_or(path).to_owned();
                    Ok(Self::Module { dir, file: path.clone() })
                }
                _ => Err(Error::NotAProject { path: path.clone() }),
            };
        }
        if !path.exists() {
            return Err(Error::NoSuchPath { path: path.clone() });
        }
        if let Some(source) = Self::settled(path, settings) {
            return Ok(source);
        }
        if let Some(manifest) = manifest_in(path) {
            return Ok(Self::Cargo { manifest });
        }
        let is_ours = settings.system.c || !settings.c.sources.is_empty();
        if let Some(system) = System::detect(path).filter(|_| !is_ours) {
            return Ok(Self::System { dir: path.clone(), system });
        }
        let files = sources::find(path, &settings.c.sources)?;
        if !files.is_empty() {
            let dir = path.clone();
            return Ok(if is_cpp(&files) { Self::Cpp { dir } } else { Self::C { dir } });
        }
        let above = path.ancestors().skip(1).filter(|_| *path == machine.current_dir);
        above
            .filter_map(manifest_in)
            .map(|manifest| Self::Cargo { manifest })
            .next()
            .ok_or_else(|| Error::NotAProject { path: path.clone() })
    }

    /// What the settings say that lies at `dir`.
    fn settled(dir: &Utf8Path, settings: &Settings) -> Option<Self> {
        let SystemSettings { system, command, module, .. } = &settings.system;
        let implied = (!command.is_empty()).then_some(System::Command);
        let by_system = system.or(implied).map(|system| Self::System { dir: dir.to_owned(), system });
        let by_module = || {
            let file = dir.join(module.as_ref()?);
            Some(Self::Module { dir: dir.to_owned(), file })
        };
        by_system.or_else(by_module)
    }

    /// What it is, in one word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cargo { .. } => "cargo",
            Self::C { .. } => "c",
            Self::Cpp { .. } => "c++",
            Self::System { system, .. } => system.name(),
            Self::Module { .. } => "module",
        }
    }

    /// The folder of the manifest or of the sources.
    #[must_use]
    pub fn dir(&self) -> &Utf8Path {
        match self {
            Self::Cargo { manifest } => manifest.parent().unwrap_or(manifest),
            Self::C { dir } | Self::Cpp { dir } | Self::System { dir, .. } | Self::Module { dir, .. } => dir,
        }
    }
}

/// Whether linking these needs the C++ standard library.
pub(crate) fn is_cpp(files: &[SourceFile]) -> bool {
    files.iter().any(|file| file.language == Language::Cpp)
}

/// Cargo is told of the folder without links in its path, as cargo itself finds some paths that go into modules.
fn manifest_in(dir: &Utf8Path) -> Option<Utf8PathBuf> {
    let manifest = Some(dir.join("Cargo.toml")).filter(|manifest| manifest.is_file())?;
    Some(if cfg!(windows) { manifest } else { real(dir).join("Cargo.toml") })
}

fn real(dir: &Utf8Path) -> Utf8PathBuf {
    dir.canonicalize_utf8().unwrap_or_else(|_| dir.to_owned())
}

/// `path` from the root of the file system, without `.`; `..` is kept apart from the file system's own reading of it.
fn absolute(path: &Utf8Path, machine: &Machine) -> Utf8PathBuf {
    let joined = machine.current_dir.join(path);
    if joined.components().any(|component| component.as_str() == "..") {
        return joined.canonicalize_utf8().unwrap_or(joined);
    }
    joined.components().collect()
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C => "C",
            Self::Cpp => "C++",
            Self::Rust => "Rust",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn detect(path: &str, files: &[&str]) -> Result<Source, Error> {
        let folder = Folder::with(files);
        Source::detect(path.into(), &Settings::default(), &folder.machine)
    }

    #[test]
    fn a_folder_with_a_manifest_is_cargos_even_with_c_sources_beside_it() {
        let source = detect("a", &["a/Cargo.toml", "a/build.c", "a/src/main.rs"]).unwrap();
        assert!(matches!(source, Source::Cargo { manifest } if manifest.ends_with("a/Cargo.toml")));
    }

    #[cfg(unix)]
    #[test]
    fn cargo_is_told_of_a_folder_without_links_in_its_path() {
        let folder = Folder::with(&["real/Cargo.toml"]);
        std::os::unix::fs::symlink("real", folder.root.join("link")).unwrap();
        for path in ["link", "link/Cargo.toml"] {
            let source = Source::detect(path.into(), &Settings::default(), &folder.machine).unwrap();
            assert_eq!(source, Source::Cargo { manifest: folder.root.join("real/Cargo.toml") });
        }
    }

    #[test]
    fn a_file_is_a_manifest_a_module_or_no_project() {
        for file in ["a.wasm", "a.wat"] {
            let source = detect(file, &[file]).unwrap();
            assert!(matches!(source, Source::Module { file: found, .. } if found.ends_with(file)), "{file}");
        }
        assert!(matches!(detect("a/Cargo.toml", &["a/Cargo.toml"]), Ok(Source::Cargo { .. })));
        assert!(matches!(detect("a.c", &["a.c"]), Err(Error::NotAProject { .. })));
    }

    #[test]
    fn one_cpp_source_makes_the_folder_cpp() {
        assert!(matches!(detect("a", &["a/x.c"]).unwrap(), Source::C { .. }));
        assert!(matches!(detect("a", &["a/x.c", "a/src/deep/y.cc"]).unwrap(), Source::Cpp { .. }));
    }

    #[test]
    fn c_sources_below_a_workspace_are_not_the_workspace() {
        let source = detect("examples/a", &["Cargo.toml", "examples/a/main.c"]).unwrap();
        assert!(matches!(source, Source::C { dir } if dir.ends_with("examples/a")));
    }

    #[test]
    fn a_manifest_above_counts_only_for_the_current_directory() {
        let mut folder = Folder::with(&["Cargo.toml", "src/main.rs"]);
        let settings = Settings::default();
        assert!(matches!(
            Source::detect("src".into(), &settings, &folder.machine),
            Err(Error::NotAProject { .. })
        ));
        folder.machine.current_dir.push("src");
        assert!(matches!(Source::detect(".".into(), &settings, &folder.machine), Ok(Source::Cargo { .. })));
    }

    #[test]
    fn sources_elsewhere_are_found_when_the_settings_name_them() {
        let folder = Folder::with(&["lib/a.c"]);
        let mut settings = Settings::default();
        assert!(matches!(
            Source::detect(".".into(), &settings, &folder.machine),
            Err(Error::NotAProject { .. })
        ));
        settings.c.sources = vec!["lib".into()];
        assert!(matches!(Source::detect(".".into(), &settings, &folder.machine), Ok(Source::C { .. })));
    }

    #[test]
    fn nothing_to_build_says_what_was_looked_for() {
        let error = detect("a", &["a/readme.md"]).unwrap_err();
        assert!(error.to_string().contains("found nothing to build"), "{error}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("Cargo.toml") && hint.contains(".cpp") && hint.contains("src/"), "{hint}");
        assert!(matches!(detect("b", &[]), Err(Error::NoSuchPath { .. })));
    }
}
