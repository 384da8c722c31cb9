//! What keeps `init` from beginning a project.

use camino::Utf8PathBuf;

/// Why no project was begun. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// What is named as a folder is none.
    #[error("failed to begin a project in `{path}`: it is a file")]
    NotAFolder { path: Utf8PathBuf },
    /// The folder holds something that is no project.
    #[error("failed to begin a project in `{folder}`: it has {entries} in it")]
    NotEmpty { folder: Utf8PathBuf, entries: String },
    /// A file cannot be written; all is as it was.
    #[error("failed to write `{path}`")]
    Write { path: Utf8PathBuf, source: std::io::Error },
    /// Files would be replaced that nobody gave up.
    #[error("failed to write into `{folder}`: it has `{paths}` already")]
    WouldReplace { folder: Utf8PathBuf, paths: String },
    /// Cargo would take the dependency for the project.
    #[error("failed to begin `{name}`: the template `{template}` depends on a package of this name")]
    NameOfDependency { name: String, template: &'static str },
    /// A library has nothing that starts.
    #[error("failed to deploy a library: nothing in it starts")]
    NothingToDeploy,
    /// There are many images.
    #[error("failed to deploy `{folder}`: it is a workspace, and its members have an image each")]
    WhichToDeploy { folder: Utf8PathBuf },
    /// There is one image.
    #[error("failed to divide `{name}` among jobs: it is no workspace")]
    NothingToDivide { name: String },
    /// The manifest is no TOML.
    #[error("failed to add to `{path}`")]
    EditManifest { path: Utf8PathBuf, source: Box<toml_edit::TomlError> },
}

impl InitError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotEmpty { .. } => Some(
                "name a folder that is not there yet; `--force` writes beside what is there, and replaces files of the same \
                 names",
            ),
            Self::WouldReplace { .. } => Some("`--force` replaces them"),
            Self::Write { .. } => Some("choose a folder that this user may write, and that has room"),
            Self::NameOfDependency { .. } => Some("choose another with `--name NAME`"),
            Self::NotAFolder { .. } => Some("name its folder"),
            Self::NothingToDeploy => {
                Some("leave `--deploy` out: whoever calls its functions has it in an image of its own")
            }
            Self::WhichToDeploy { .. } => {
                Some("name the folder of a member: `cargo wasmpack init MEMBER --deploy kubernetes`")
            }
            Self::NothingToDivide { .. } => Some(
                "leave `--parts` out, and choose `--ci github` or `gitlab`: one image is built by one job",
            ),
            Self::EditManifest { .. } => None,
        }
    }
}
