//! `files` of `[image]`: what of the project goes into the image besides modules.

use std::collections::BTreeMap;
use std::fs::{self, FileType, Metadata};
use std::path::PathBuf;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use glob::{MatchOptions, Pattern};
use wasmpack_builder::Project;
use wasmpack_packager::{File, INFLATE_LIMIT_BYTES, ModulePath, Tar};

use crate::config::Files;
use crate::created::Created;
use crate::error::Error;

/// All files of an image together, in bytes: our own readers read no more.
const LIMIT_BYTES: u64 = INFLATE_LIMIT_BYTES;

/// Finds the files that the configuration of `folder` names; none if it names none. They are read when their layer is made.
/// Modules have their places already.
///
/// # Errors
/// When there is no such file, it is none of the project's, or it cannot be read; when two have one place, or all
/// together are too large.
pub fn find(
    rules: &[Files],
    folder: &Utf8Path,
    project: &Project,
    modules: &[ModulePath],
    created: Created,
) -> Result<Option<Tar>, Error> {
    let mut places = Places::default();
    for module in modules {
        places.take(module.as_str().to_owned(), Origin::Module)?;
    }
    let project = Walk::new(project)?;
    for rule in rules {
        for (place, path) in project.files(rule, folder)? {
            let mode = rule.mode.map_or(0o644, |mode| mode.0);
            let is_folder = metadata(&path)?.is_dir();
            let origin = if is_folder { Origin::Folder { path } } else { Origin::File { path, mode } };
            places.take(place, origin)?;
        }
    }
    let files = places.files()?;
    Ok(if files.is_empty() { None } else { Some(Tar::from_files_at(created.files, files)?) })
}

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Module,
    File {
        path: Utf8PathBuf,
        mode: u32,
    },
    /// A folder with nothing in it; other rules may put something there.
    Folder {
        path: Utf8PathBuf,
    },
}

impl Origin {
    fn shown(&self) -> String {
        match self {
            Self::Module => "the module".to_owned(),
            Self::File { path, .. } | Self::Folder { path } => format!("`{path}`"),
        }
    }
}

/// What stands where in the image.
#[derive(Debug, Default)]
struct Places(BTreeMap<String, Origin>);

impl Places {
    /// The same file may be named twice, and the later mode counts: a folder, and what in it may be run.
    fn take(&mut self, place: String, origin: Origin) -> Result<(), Error> {
        let is_same = |twin: &Origin| match (twin, &origin) {
            (Origin::File { path: one, .. }, Origin::File { path: other, .. }) => one == other,
            (Origin::Folder { .. }, Origin::Folder { .. }) => true,
            _ => false,
        };
        if let Some(twin) = self.0.get(&place).filter(|twin| !is_same(twin)) {
            let [one, other] = [twin, &origin].map(Origin::shown);
            return Err(Error::OnePlaceForTwo { place, one, other });
        }
        self.0.insert(place, origin);
        Ok(())
    }

    /// What is not a module.
    fn files(self) -> Result<Vec<File>, Error> {
        for (place, origin) in &self.0 {
            let above = place.match_indices('/').map(|(end, _)| &place[..end]);
            let mut twins = above.filter_map(|above| self.0.get_key_value(above));
            if let Some((folder, twin)) = twins.find(|(_, twin)| !matches!(twin, Origin::Folder { .. })) {
                let [one, other] = [twin, origin].map(Origin::shown);
                return Err(Error::FileAndFolder { place: folder.clone(), one, other });
            }
        }
        let (mut files, mut all_bytes) = (Vec::new(), 0);
        for (place, origin) in self.0 {
            let (path, mode) = match origin {
                Origin::Module => continue,
                Origin::Folder { .. } => {
                    // The root is there without being said.
                    files.extend((!place.is_empty()).then(|| File::folder(&place)));
                    continue;
                }
                Origin::File { path, mode } => (path, mode),
            };
            // Whatever cannot be read is told of before anything is built.
            let opened = fs::File::open(&path).and_then(|file| file.metadata());
            let bytes = opened.map_err(|source| Error::PackFile { path: path.clone(), source })?.len();
            all_bytes += bytes;
            if all_bytes > LIMIT_BYTES {
                return Err(Error::TooManyBytes { path, bytes, limit: LIMIT_BYTES });
            }
            files.push(File::on_disk(place, path, bytes, mode));
        }
        Ok(files)
    }
}

/// The ways through the files of a project.
struct Walk {
    /// Its folder, without links.
    root: PathBuf,
    /// What is made there, and would go into the next image.
    made: Utf8PathBuf,
}

/// A file on the way, and which of them are wanted.
struct Search<'a> {
    wanted: &'a dyn Fn(&str) -> bool,
    /// The folders on the way, without links.
    way: Vec<PathBuf>,
    /// Files, and folders with nothing in them.
    found: Vec<Utf8PathBuf>,
}

impl Walk {
    fn new(project: &Project) -> Result<Self, Error> {
        let failed = |source| Error::ReadFile { path: project.root.clone(), source };
        Ok(Self {
            root: project.root.canonicalize().map_err(failed)?,
            made: project.target_directory.clone(),
        })
    }

    /// Every file and empty folder that a rule names, by its place in the image.
    fn files(&self, rule: &Files, folder: &Utf8Path) -> Result<Vec<(String, Utf8PathBuf)>, Error> {
        let Files { from, to, .. } = rule;
        let literal = folder.join(from);
        let is_pattern = from.contains(['*', '?', '[']) && fs::symlink_metadata(&literal).is_err();
        let (base, found) = if is_pattern {
            self.matching(from, folder)?
        } else {
            (literal.clone(), self.search(&literal, &|_| true)?)
        };
        let to = match to {
            Some(to) if !is_pattern && to.ends_with('/') && base.is_file() => {
                format!("{to}{}", base.file_name().unwrap_or_default())
            }
            Some(to) => to.clone(),
            None => same_place(base.strip_prefix(folder).unwrap_or(&base), rule)?,
        };
        if !to.starts_with('/') {
            return Err(Error::RelativePlace { from: from.clone(), to });
        }
        let place = |path: Utf8PathBuf| {
            let inside = path.strip_prefix(&base).unwrap_or("".as_ref());
            // With forward slashes, on whatever system.
            let parts = std::iter::once(to.trim_end_matches('/'))
                .chain(inside.components().map(|part| part.as_str()));
            (parts.collect::<Vec<_>>().join("/"), path)
        };
        Ok(found.into_iter().map(place).collect())
    }

    /// The files that a pattern finds, and the folder up to which it is no pattern.
    fn matching(&self, from: &str, folder: &Utf8Path) -> Result<(Utf8PathBuf, Vec<Utf8PathBuf>), Error> {
        let from = from.trim_start_matches("./");
        let pattern = Pattern::new(from)
            .map_err(|error| Error::FilePattern { pattern: from.to_owned(), problem: error.msg })?;
        let is_plain = |part: &Utf8Component<'_>| !part.as_str().contains(['*', '?', '[']);
        let plain: Utf8PathBuf = Utf8Path::new(from).components().take_while(is_plain).collect();
        let base = folder.join(&plain);
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::default() };
        // A folder that fits is taken with all that is in it.
        let wanted = |path: &str| {
            let inside = path.strip_prefix(folder.as_str()).unwrap_or(path).trim_start_matches('/');
            let ends = inside.match_indices('/').map(|(end, _)| end).chain([inside.len()]);
            ends.filter(|end| *end > plain.as_str().len())
                .any(|end| pattern.matches_with(&inside[..end], options))
        };
        let found = if base.exists() { self.search(&base, &wanted)? } else { Vec::new() };
        if found.is_empty() {
            return Err(Error::NothingMatches { pattern: from.to_owned(), folder: folder.to_owned() });
        }
        Ok((base, found))
    }

    fn search(&self, path: &Utf8Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Utf8PathBuf>, Error> {
        let mut search = Search { wanted, way: Vec::new(), found: Vec::new() };
        let real = path.canonicalize().map_err(|source| Error::PackFile { path: path.to_owned(), source })?;
        self.enter(path, real, &mut search)?;
        search.found.sort();
        Ok(search.found)
    }

    /// A file itself, or all files below a folder; `real` is the same path without links.
    fn enter(&self, path: &Utf8Path, real: PathBuf, search: &mut Search<'_>) -> Result<(), Error> {
        if !real.starts_with(&self.root) {
            return Err(Error::OutsideProject { path: path.to_owned(), real, root: self.root.clone() });
        }
        let kind = metadata(path)?.file_type();
        if kind.is_file() {
            search.found.push(path.to_owned());
            return Ok(());
        }
        if !kind.is_dir() {
            return Err(Error::NotAFile { path: path.to_owned(), what: what(kind) });
        }
        if search.way.contains(&real) {
            return Err(Error::EndlessLink { path: path.to_owned(), real });
        }
        search.way.push(real.clone());
        let failed = |source| Error::PackFile { path: path.to_owned(), source };
        let mut entries = fs::read_dir(path).map_err(failed)?.peekable();
        if entries.peek().is_none() && (search.wanted)(path.as_str()) {
            search.found.push(path.to_owned());
        }
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let path = path.join(name.to_string_lossy().as_ref());
            let kind = entry.file_type().map_err(failed)?;
            let is_wanted = (search.wanted)(path.as_str());
            // Below a folder that does not fit itself there may be what does.
            let is_on_the_way = is_wanted || kind.is_dir() && name.to_str().is_some();
            if self.is_left_out(&path) || !is_on_the_way {
                continue;
            }
            if name.to_str().is_none() {
                return Err(Error::NotUtf8(entry.path()));
            }
            let real = if kind.is_symlink() {
                path.canonicalize().map_err(|source| Error::PackFile { path: path.clone(), source })?
            } else {
                real.join(&name)
            };
            self.enter(&path, real, search)?;
        }
        search.way.pop();
        Ok(())
    }

    /// What nobody means who names the folder above.
    fn is_left_out(&self, path: &Utf8Path) -> bool {
        path == self.made || path.file_name() == Some(".git")
    }
}

/// The place of a path that is relative to the configuration's folder: the same below `/`.
fn same_place(relative: &Utf8Path, rule: &Files) -> Result<String, Error> {
    let mut place = String::new();
    for part in relative.components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::Normal(name) => {
                place.push('/');
                place.push_str(name);
            }
            _ => return Err(Error::NoPlace { from: rule.from.clone() }),
        }
    }
    Ok(if place.is_empty() { "/".to_owned() } else { place })
}

fn metadata(path: &Utf8Path) -> Result<Metadata, Error> {
    fs::metadata(path).map_err(|source| Error::PackFile { path: path.to_owned(), source })
}

#[cfg(unix)]
fn what(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn what(_kind: FileType) -> &'static str {
    "no file"
}
