//! A layout that is a cache: what was not used for the longest time goes when there is too much.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use oci_spec::image::Descriptor;

use crate::layout::{self, BLOBS, INDEX_JSON};
use crate::sinks::Layout;
use crate::{Digest, Error};

impl Layout {
    /// Removes images until the blobs of those left have no more than so many bytes. `used` was used `now`, and stays.
    ///
    /// When an image was used is kept as the time of its root's file, which nobody else looks at; and when any was, as that of the
    /// index.
    ///
    /// # Errors
    /// The folder is no layout, or cannot be written.
    pub fn keep_recent(&self, limit_bytes: u64, used: Digest, now: SystemTime) -> Result<(), Error> {
        for file in [&*layout::blob_path(used), INDEX_JSON] {
            // Where it cannot be set, the image goes a little earlier.
            let file = File::options().write(true).open(self.folder.join(file));
            let _ = file.and_then(|file| file.set_modified(now));
        }
        while self.blobs_bytes()? > limit_bytes {
            let mut removed = false;
            let remove = |layout: &Self| {
                let mut index = layout.index()?;
                let Some(oldest) = layout.oldest(index.manifests(), used) else { return Ok(false) };
                let mut left = Vec::new();
                for entry in index.manifests() {
                    let goes = *entry.digest() == oldest
                        || layout.subject(entry)?.is_some_and(|subject| subject == oldest);
                    left.extend((!goes).then(|| entry.clone()));
                }
                index.set_manifests(left);
                removed = true;
                layout.put([].into_iter(), &index)
            };
            self.claimed(remove, |_| false)?;
            if !removed {
                break;
            }
        }
        Ok(())
    }

    /// The image that was not used for the longest time, if there is another than `used`.
    fn oldest(&self, entries: &[Descriptor], used: Digest) -> Option<oci_spec::image::Digest> {
        let age = |entry: &Descriptor| {
            let root = layout::blob_path(Digest::from_oci(entry.digest()).ok()?);
            fs::metadata(self.folder.join(root)).and_then(|root| root.modified()).ok()
        };
        let images = entries
            .iter()
            .filter(|entry| entry.artifact_type().is_none() && *entry.digest() != used.to_oci());
        // One whose root is missing is good for nothing.
        images.min_by_key(|entry| age(entry)).map(|entry| entry.digest().clone())
    }

    /// When one of its images was used, as [`Self::keep_recent`] was told.
    ///
    /// # Errors
    /// The folder is no layout, or cannot be read.
    pub fn used(&self) -> Result<SystemTime, Error> {
        let path = self.folder.join(INDEX_JSON);
        let used = fs::metadata(&path).and_then(|index| index.modified());
        used.map_err(|source| Error::Read { path, source })
    }

    /// Removes all images.
    ///
    /// # Errors
    /// The folder is no layout, or cannot be written.
    pub fn clear(&self) -> Result<(), Error> {
        self.claimed(|layout| layout.put([].into_iter(), &layout::index(Vec::new())), |_| false)
    }

    /// What its blobs have together.
    ///
    /// # Errors
    /// The folder is no layout, or cannot be read.
    pub fn blobs_bytes(&self) -> Result<u64, Error> {
        let folder = self.folder.join(BLOBS);
        bytes(&folder).map_err(|source| Error::Read { path: folder, source })
    }
}

fn bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        // What another run has removed meanwhile has none.
        bytes += entry?.metadata().map_or(0, |file| file.len());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fixture::{image, name};
    use crate::{Blob, Image, Sink as _, open_reference, validate};

    #[test]
    fn the_image_that_was_not_used_the_longest_goes_first_with_what_refers_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut layout = Layout::at(folder.path());
        let referring =
            |image: Image| image.with_referrer("application/x", Blob::new("application/x", vec![7; 999]));
        let images = [1, 2, 3].map(|number| referring(image(&[number])));
        let names = ["one", "two", "three"].map(name);
        let time = |minutes: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(60 * minutes);
        for ((image, name), minutes) in images.iter().zip(&names).zip([2, 1, 3]) {
            layout.write(image, name).unwrap();
            layout.keep_recent(u64::MAX, image.digest(), time(minutes)).unwrap();
        }
        let there = || names.each_ref().map(|name| open_reference(folder.path(), name).is_ok());
        let limit = layout.blobs_bytes().unwrap() - 1;
        layout.keep_recent(limit, images[0].digest(), time(4)).unwrap();
        assert_eq!(there(), [true, false, true]);
        assert_eq!(open_reference(folder.path(), &names[0]).unwrap().image().unwrap(), images[0]);
        // What is in use stays, however large it is.
        layout.keep_recent(0, images[0].digest(), time(5)).unwrap();
        assert_eq!(there(), [true, false, false]);
        assert_eq!(validate(folder.path()), Ok(()));
    }
}
