//! Where in a stage the files of the project and of other stages stand.

/// Where a file or folder of a stage comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The project, relative to its folder.
    Project(String),
    /// Another place in this or another stage.
    Stage(usize, String),
}

/// What was copied where; later ones win.
#[derive(Debug, Clone, Default)]
pub struct Places(Vec<(String, Origin)>);

impl Places {
    /// Says that at `place`, an absolute path, stands what `origin` has.
    pub fn put(&mut self, place: String, origin: Origin) {
        self.0.push((place, origin));
    }

    /// Where what stands at an absolute path comes from.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Origin> {
        let fits = |(place, origin): &(String, Origin)| {
            let inside = below(path, place)?;
            Some((place.len(), extended(origin, inside)))
        };
        // The deepest counts, and of several, the last.
        self.0.iter().filter_map(fits).max_by_key(|(length, _)| *length).map(|(_, origin)| origin)
    }

    /// The folder of the project that a folder stands for: it was copied as a whole, or some of what is in it.
    #[must_use]
    pub fn folder(&self, path: &str) -> Option<String> {
        if let Some(Origin::Project(folder)) = self.find(path) {
            return Some(folder);
        }
        let of_file = |(place, origin): &(String, Origin)| {
            let Origin::Project(file) = origin else { return None };
            let inside = below(place, path)?;
            let folder = file.strip_suffix(inside)?;
            (folder.is_empty() || folder.ends_with('/')).then(|| folder.trim_end_matches('/').to_owned())
        };
        self.0.iter().rev().find_map(of_file)
    }
}

/// What is left of a path below a folder; none, if it is not below it.
pub fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let inside = path.strip_prefix(folder.trim_end_matches('/'))?;
    if inside.is_empty() { Some(inside) } else { inside.strip_prefix('/') }
}

fn extended(origin: &Origin, inside: &str) -> Origin {
    match origin {
        Origin::Project(path) => Origin::Project(joined(path, inside)),
        Origin::Stage(number, path) => Origin::Stage(*number, joined(path, inside)),
    }
}

/// Two relative paths, or an absolute and a relative one.
#[must_use]
pub fn joined(folder: &str, inside: &str) -> String {
    match (folder.trim_end_matches('/'), inside) {
        (_, "") => folder.to_owned(),
        ("", inside) if folder.is_empty() => inside.to_owned(),
        (folder, inside) => format!("{folder}/{inside}"),
    }
}

/// The path from the root, without `.` and `..`; it begins in `folder`.
#[must_use]
pub fn absolute(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    format!("/{}", normal(&whole).unwrap_or_default())
}

/// A relative path without `.` and `..`; none, if it leads out.
#[must_use]
pub fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            // The folder above the root is the root.
            ".." if path.starts_with('/') => drop(parts.pop()),
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The last part of a path.
#[must_use]
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of a file.
#[must_use]
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_place_counts_and_then_the_last() {
        let mut places = Places::default();
        places.put("/app".into(), Origin::Project(String::new()));
        places.put("/app/data".into(), Origin::Project("other".into()));
        assert_eq!(places.find("/app/src/main.c"), Some(Origin::Project("src/main.c".into())));
        assert_eq!(places.find("/app/data/x"), Some(Origin::Project("other/x".into())));
        assert_eq!(places.find("/application"), None);
    }

    #[test]
    fn a_folder_is_known_by_what_is_in_it() {
        let mut places = Places::default();
        places.put("/src/Cargo.toml".into(), Origin::Project("app/Cargo.toml".into()));
        assert_eq!(places.folder("/src"), Some("app".into()));
        assert_eq!(places.folder("/"), None);
    }

    #[test]
    fn paths_have_no_dots() {
        assert_eq!(absolute("/a/b", "../c/./d"), "/a/c/d");
        assert_eq!(absolute("/", "../../x"), "/x");
        assert_eq!(normal("./a/../b/"), Some("b".into()));
        assert_eq!(normal("../b"), None);
    }
}
