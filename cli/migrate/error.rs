//! What keeps a Dockerfile from being migrated.

use camino::Utf8PathBuf;

/// Why nothing was migrated. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// There is none by the names it usually has.
    #[error("failed to find a Dockerfile in `{folder}`")]
    NoDockerfile { folder: Utf8PathBuf, others: Vec<String> },
    /// What is named is no file.
    #[error("failed to migrate `{path}`: it is {what}")]
    NotAFile { path: Utf8PathBuf, what: &'static str },
    /// What it copies from is no folder.
    #[error("failed to migrate what copies from `{path}`: it is no folder")]
    NoContext { path: Utf8PathBuf },
    /// It is no text.
    #[error("failed to migrate `{path}`: it is not UTF-8 from byte {at} on")]
    NotText { path: Utf8PathBuf, at: usize },
    /// It is larger than anything that somebody wrote.
    #[error("failed to migrate `{path}`: it has more than {limit} bytes")]
    TooLarge { path: Utf8PathBuf, limit: u64 },
    /// It is no Dockerfile.
    #[error("failed to parse `{path}`, line {line}: {problem}")]
    Syntax { path: Utf8PathBuf, line: usize, problem: String, nearest: Option<&'static str> },
    /// Images of Windows hold programs of Windows.
    #[error("failed to migrate `{path}`: line {line} begins an image for Windows, `{image}`")]
    Windows { path: Utf8PathBuf, line: usize, image: String },
    /// Nothing that it does has to do with WebAssembly.
    #[error("failed to migrate `{path}`: its image is a native one, nothing in it is WebAssembly")]
    Native { path: Utf8PathBuf, others: Vec<String> },
    /// It is about WebAssembly, and there is no module in the end.
    #[error("failed to migrate `{path}`: its last stage, from line {line} on, holds no module")]
    NoModule { path: Utf8PathBuf, line: usize },
    /// What is configured already cannot be read.
    #[error("failed to read `{path}`")]
    Read { path: Utf8PathBuf, source: std::io::Error },
    /// What is configured already is no TOML.
    #[error("failed to add to `{path}`")]
    Edit { path: Utf8PathBuf, source: Box<toml_edit::TomlError> },
    /// A part of the configuration is a value where a table is to be.
    #[error("failed to add `{key}` to `{path}`: something else stands in its way")]
    InTheWay { path: Utf8PathBuf, key: String },
}

impl MigrateError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoDockerfile { others, .. } | Self::Native { others, .. } if !others.is_empty() => {
                return Some(format!("name one of `{}`", others.join("`, `")));
            }
            Self::NoDockerfile { .. } => "name it: `cargo wasmpack migrate path/to/Dockerfile`",
            Self::NotAFile { .. } => "name the Dockerfile itself",
            Self::NoContext { .. } => "name the folder that `docker build` is given",
            Self::NotText { .. } => "save it as UTF-8",
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::InvalidData => {
                "save it as UTF-8"
            }
            Self::TooLarge { .. } => "name the Dockerfile itself, not what it copies",
            Self::Syntax { nearest: Some(nearest), .. } => {
                return Some(format!("did you mean `{nearest}`?"));
            }
            Self::Syntax { .. } => "mend that line: Docker would refuse it too",
            Self::Windows { .. } => "keep it; a module runs wherever there is a runtime, Windows too",
            Self::Native { .. } => {
                "compile the program for WASI first: `cargo wasmpack build` finds out whether it can be"
            }
            Self::NoModule { .. } => "copy a `.wasm` file into it, or name the Dockerfile that does",
            Self::Read { .. } | Self::Edit { .. } => return None,
            Self::InTheWay { .. } => "write it by hand; `--dry-run` tells all keys",
        };
        Some(hint.to_owned())
    }
}
