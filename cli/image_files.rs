//! The files of an image on a disk, as the embedded Wasmtime shows them to a program.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use wasmpack_packager::{Content, Stored};

use crate::copies;
use crate::error::Error;
use crate::scratch::Scratch;

/// The files and links of an image besides what runs.
#[derive(Debug)]
pub struct ImageFiles {
    /// Where they are, for the time of the run.
    pub folder: Scratch,
    /// How many links are not there.
    pub left_out: usize,
}

impl ImageFiles {
    /// Writes them; none if there are none.
    ///
    /// # Errors
    /// When the image cannot be read, or there is no room for them.
    pub fn of(image: &Stored) -> Result<Option<Self>, Error> {
        let module = image.module_path().unwrap_or_default();
        let (folder, mut is_empty, mut links) = (Scratch::new()?, true, Vec::new());
        image.contents(|path, content| {
            if path == module.trim_start_matches('/') {
                return Ok(());
            }
            is_empty = false;
            match content {
                Content::File(content) => {
                    write(&folder.as_std_path().join(path), content).map_err(Error::Scratch)
                }
                Content::Link(target) => {
                    links.push((path.to_owned(), target.to_owned()));
                    Ok(())
                }
            }
        })?;
        // After all files, which could otherwise be written where a link leads to.
        let left_out = links.iter().filter(|(path, target)| !link(folder.as_std_path(), path, target));
        let left_out = left_out.count();
        Ok((!is_empty).then_some(Self { folder, left_out }))
    }
}

fn write(path: &Path, content: &mut dyn Read) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    io::copy(content, &mut fs::File::create(path)?).map(drop)
}

/// Makes a link below the root, if it leads to something there and lies in a real folder. A program is led nowhere else by
/// whatever link.
fn link(root: &Path, path: &str, target: &str) -> bool {
    if cfg!(not(unix)) {
        return false;
    }
    let folders: Vec<_> = path.split('/').collect();
    let Some((_, folders)) = folders.split_last() else { return false };
    let Some(target) = from(folders, target) else { return false };
    let mut place = root.to_owned();
    for folder in folders {
        place.push(folder);
        let is_folder = fs::symlink_metadata(&place).map(|metadata| metadata.is_dir());
        if !is_folder.unwrap_or_else(|_| fs::create_dir(&place).is_ok()) {
            return false;
        }
    }
    copies::link(Path::new(&target), &root.join(path)).is_ok()
}

/// What a link in these folders leads to, from there; nothing, if that is outside of the root.
fn from(folders: &[&str], target: &str) -> Option<String> {
    let (base, rest) = match target.strip_prefix('/') {
        Some(rest) => (&[][..], rest),
        None => (folders, target),
    };
    let mut depth = base.len();
    for part in rest.split('/') {
        depth = match part {
            "" | "." => depth,
            ".." => depth.checked_sub(1)?,
            _ => depth + 1,
        };
    }
    let up = "../".repeat(folders.len() - base.len());
    Some(if rest.is_empty() { format!("{up}.") } else { up + rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_same_place_from_its_folder_and_never_out() {
        for (folders, target, expected) in [
            (&["etc"][..], "real", Some("real")),
            (&["etc"], "../usr/real", Some("../usr/real")),
            (&["etc", "ssl"], "/usr/real", Some("../../usr/real")),
            (&[], "/", Some(".")),
            (&["etc"], "../../real", None),
            (&[], "..", None),
            (&["etc"], "/..", None),
        ] {
            assert_eq!(from(folders, target).as_deref(), expected, "{folders:?} {target}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_made_beside_what_is_there_and_never_through_another() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(&root.path().join("etc/real"), &mut &b"1"[..]).unwrap();
        assert!(link(root.path(), "etc/link", "real"));
        assert_eq!(fs::read_to_string(root.path().join("etc/link")).unwrap(), "1");
        assert!(link(root.path(), "new/link", "/etc/real"));
        assert_eq!(fs::read_to_string(root.path().join("new/link")).unwrap(), "1");
        assert!(!link(root.path(), "etc/real", "link"), "something is there");
        assert!(link(root.path(), "folder", "etc"));
        assert!(!link(root.path(), "folder/more", "real"), "through a link");
        std::os::unix::fs::symlink(outside.path(), root.path().join("out")).unwrap();
        assert!(!link(root.path(), "out/link", "x"));
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
