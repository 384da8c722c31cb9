//! What keeps the metadata of parts from becoming one whole.

use camino::Utf8PathBuf;

/// Why nothing was merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There is no file.
    #[error("failed to merge: there is no part")]
    Nothing,
    /// It is something else, or somebody has changed it.
    #[error("failed to merge `{file}`: it is not what `build --partition` writes: {problem}")]
    NotMetadata { file: Utf8PathBuf, problem: String },
    /// It is of a whole build, or of another tool.
    #[error("failed to merge `{file}`: it does not say which part it is")]
    NotAPart { file: Utf8PathBuf },
    /// It is of a version that we do not know.
    #[error("failed to merge `{file}`: its form, {version}, is of a newer version of cargo wasmpack")]
    NewerForm { file: Utf8PathBuf, version: u64 },
    /// Jobs were told different numbers of parts.
    #[error("failed to merge parts: `{}` is one of {}, and `{}` one of {}", .one.0, .one.1, .other.0, .other.1)]
    OtherCount { one: (Utf8PathBuf, usize), other: (Utf8PathBuf, usize) },
    /// Two jobs had the same part.
    #[error("failed to merge parts: `{one}` and `{other}` are both part {part} of {parts}")]
    Twice { part: usize, parts: usize, one: Utf8PathBuf, other: Utf8PathBuf },
    /// A job has left nothing.
    #[error("failed to merge parts: {}", missing_parts(.missing, *.parts))]
    Missing { missing: Vec<usize>, parts: usize },
    /// Two jobs have made an image, and each another one.
    #[error("failed to merge parts: `{name}` is {} in `{}` and {} in `{}`", .one.0, .one.1, .other.0, .other.1)]
    OtherDigest { name: String, one: (String, Utf8PathBuf), other: (String, Utf8PathBuf) },
    /// Two jobs had different commits.
    #[error("failed to merge parts: `{}` is of commit {}, and `{}` of {}", .one.0, commit(.one.1.as_ref()), .other.0, commit(.other.1.as_ref()))]
    OtherCommit { one: (Utf8PathBuf, Option<String>), other: (Utf8PathBuf, Option<String>) },
    /// Two jobs have found different images.
    #[error("failed to merge parts: `{}` is of {} images, and `{}` of {}", .one.0, .one.1, .other.0, .other.1)]
    OtherWhole { one: (Utf8PathBuf, usize), other: (Utf8PathBuf, usize) },
    /// Two jobs have found as many, and not the same.
    #[error("failed to merge parts: together they have {made} of {images} images")]
    NotWhole { images: usize, made: usize },
}

impl MergeError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Nothing | Self::NotMetadata { .. } | Self::NotAPart { .. } => {
                "name the files that `build --partition K/N --metadata-file FILE` has written, one for each K"
            }
            Self::NewerForm { .. } => "merge with the version that has built the parts",
            Self::OtherCount { .. } => "build all parts of the same number: `--partition K/N` with one N",
            Self::Twice { .. } => "name each part once; leave out what a job before has left",
            Self::Missing { .. } => {
                "look whether the job of that part has failed, and whether its file came along"
            }
            Self::OtherCommit { .. }
            | Self::OtherDigest { .. }
            | Self::OtherWhole { .. }
            | Self::NotWhole { .. } => "build all parts from the same commit, with the same flags",
        }
    }
}

fn commit(known: Option<&String>) -> &str {
    known.map_or("none that git tells of", String::as_str)
}

fn missing_parts(missing: &[usize], parts: usize) -> String {
    let numbers: Vec<_> = missing.iter().map(ToString::to_string).collect();
    match &numbers[..] {
        [one] => format!("part {one} of {parts} is missing"),
        several => format!("parts {} of {parts} are missing", several.join(", ")),
    }
}
