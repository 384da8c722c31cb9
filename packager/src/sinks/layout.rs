//! An OCI image layout as a folder.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use oci_spec::image::{Descriptor, ImageIndex, MediaType};

use crate::bill::Form;
use crate::files::{self, TEMPORARY_PREFIX};
use crate::layout::{self, BLOBS, INDEX_JSON, Name, Named};
use crate::sinks::claim::{self, Claim};
use crate::{
    Blob, DEBUG_MODULE, DOCUMENT_LIMIT_BYTES, Digest, Error, Image, Reference, Referrer, Sink, documents,
    json, provenance, signature,
};

/// A folder that holds any number of images, each under a name of its own.
///
/// Every file is whole or absent, and `index.json` comes last, so a reader finds the old images or the new
/// ones. Blobs that no image needs any longer are removed. Writers of one folder wait for each other.
#[derive(Debug, Clone)]
pub struct Layout {
    pub(super) folder: PathBuf,
    format_of: Option<String>,
}

impl Layout {
    /// The layout that is, or will be, in this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), format_of: None }
    }

    /// The same; what is written there is another format of the image of this name, and goes when that is written anew.
    #[must_use]
    pub fn beside(self, chosen: &Reference) -> Self {
        Self { format_of: Some(chosen.without_digest().fully_qualified().to_string()), ..self }
    }

    /// Whether the folder can take images, as far as that can be seen before there are any.
    ///
    /// # Errors
    /// It has files in it, and is no layout.
    pub fn check(&self) -> Result<(), Error> {
        claim::can_be_layout(&self.folder)
    }

    /// Adds what refers to images that are in this layout. What is there already is not written again.
    ///
    /// # Errors
    /// The layout cannot be read or written, or one of the images is not in it.
    pub fn attach(&mut self, referrers: &[Referrer]) -> Result<(), Error> {
        let attached = |layout: &Self| {
            let mut index = layout.index()?;
            let mut entries = index.manifests().clone();
            for referrer in referrers {
                let subject = referrer.subject();
                let is_subject = |entry: &Descriptor| subject == Digest::from_oci(entry.digest()).ok();
                if subject.is_none() || !entries.iter().any(is_subject) {
                    return Err(Error::NoSuchImage {
                        path: layout.folder.clone(),
                        reference: subject.map(|digest| digest.to_string()).unwrap_or_default(),
                        names: Vec::new(),
                    });
                }
                let new = referrer.descriptor();
                if !entries.iter().any(|entry| entry.digest() == new.digest()) {
                    entries.push(new);
                }
            }
            index.set_manifests(entries);
            layout.put(referrers.iter().flat_map(Referrer::blobs), &index)
        };
        self.claimed(attached, |_| false)
    }

    /// What is done says whether there may be something to remove; alone in the folder, and with nothing left in it that no image needs, unless it
    /// is of use another time.
    pub(super) fn claimed(
        &self,
        work: impl FnOnce(&Self) -> Result<bool, Error>,
        is_of_use: impl FnOnce(&Error) -> bool,
    ) -> Result<(), Error> {
        let claim = Claim::of(&self.folder)?;
        let done = work(self);
        // Also after a failure: the index is the old one then, and what was written so far is rubbish.
        if !matches!(done, Ok(false)) && !done.as_ref().is_err_and(is_of_use) {
            self.sweep();
        }
        if done.is_ok() {
            claim.keep();
        }
        done.map(|_| ())
    }

    /// Takes in an image whose blobs somebody else puts into the folder. Meanwhile there is no other writer, and after a
    /// failure what was put there is removed, unless it is of use another time.
    pub(crate) fn take_in(
        &self,
        fill: impl FnOnce(&Path) -> Result<Listed, Error>,
        is_of_use: impl FnOnce(&Error) -> bool,
    ) -> Result<(), Error> {
        let filled = |layout: &Self| {
            let index = layout.index()?;
            let listed = fill(&layout.folder)?;
            layout.put([].into_iter(), &layout.with(index, listed)?).map(|_| true)
        };
        self.claimed(filled, is_of_use)
    }

    /// Says whether there may be something to remove now.
    fn store(&self, named: &Named<'_>) -> Result<bool, Error> {
        let referrers = named.image.referrers().iter();
        let listed = Listed {
            name: named.name.clone(),
            root: named.image.root().descriptor(),
            referrers: referrers.clone().map(Referrer::descriptor).collect(),
            others: Others::Stay,
        };
        let is_alone = |index: &ImageIndex| index.manifests().len() == 1 + referrers.len();
        let index = self.with(self.index()?, listed)?;
        let blobs = || named.image.blobs().iter().chain(referrers.clone().flat_map(Referrer::blobs));
        Ok(self.put(blobs(), &index)? || is_alone(&index) && self.has_more_than(blobs()))
    }

    /// Whether there are files besides these blobs: somebody was killed before he had removed what he replaced. Where there are
    /// several images, this is not looked for: it would take as long as removing it.
    fn has_more_than<'a>(&self, blobs: impl Iterator<Item = &'a Blob>) -> bool {
        let own: BTreeSet<String> = blobs.map(|blob| blob.digest().hex()).collect();
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned())
        };
        names(&self.folder.join(BLOBS)).any(|name| !own.contains(&name))
            || names(&self.folder).any(|name| name.starts_with(TEMPORARY_PREFIX))
    }

    /// The index as it is; an empty one where there is none.
    pub(super) fn index(&self) -> Result<ImageIndex, Error> {
        let path = self.folder.join(INDEX_JSON);
        match fs::read(&path) {
            Ok(bytes) => {
                documents::index(&bytes).map_err(|problem| Error::Destination { path: path.clone(), problem })
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(layout::index(Vec::new())),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    /// The index with an image in it.
    fn with(&self, mut index: ImageIndex, listed: Listed) -> Result<ImageIndex, Error> {
        index.set_manifests(self.updated(index.manifests(), listed)?);
        Ok(index)
    }

    /// Blobs first, the index that names them last. Says whether anything had to be written.
    pub(super) fn put<'a>(
        &self,
        blobs: impl Iterator<Item = &'a Blob>,
        index: &ImageIndex,
    ) -> Result<bool, Error> {
        let mut has_changed = false;
        for blob in blobs {
            has_changed |= files::write_blob(&self.folder.join(layout::blob_path(blob.digest())), blob)?;
        }
        Ok(files::write_whole(&self.folder.join(INDEX_JSON), &json::canonical(index))? || has_changed)
    }

    /// The entries with this image in the place of the one of its name. What referred to that one goes with it.
    fn updated(&self, entries: &[Descriptor], listed: Listed) -> Result<Vec<Descriptor>, Error> {
        let Listed { name, root, referrers, others } = listed;
        let image = name.entry(root);
        let subjects = entries.iter().map(|entry| Ok((entry, self.subject(entry)?)));
        let subjects = subjects.collect::<Result<Vec<_>, Error>>()?;
        let (replaced, kept): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| name.replaces(entry));
        let is_outdated = |entry: &Descriptor, subject: &Option<oci_spec::image::Digest>| match subject {
            None => false,
            Some(subject) if subject == image.digest() => {
                // It is written again with the others.
                let is_same = |new: &Descriptor| new.digest() == entry.digest();
                let is_kind = |new: &Descriptor| new.artifact_type() == entry.artifact_type();
                let is_signature =
                    entry.artifact_type().as_ref().is_some_and(|kind| kind.as_ref() == signature::MEDIA_TYPE);
                others == Others::Go
                    || referrers.iter().any(is_same)
                    || !is_signature && referrers.iter().any(is_kind)
                    || entry.artifact_type().as_ref().is_some_and(is_ours)
            }
            Some(subject) => {
                let is_subject = |entry: &&Descriptor| entry.digest() == subject;
                replaced.iter().any(is_subject) && !kept.iter().any(is_subject)
            }
        };
        let before = entries.iter().take_while(|entry| !name.replaces(entry)).count();
        let (before, after) = subjects.split_at(before);
        let stay = |part: &[(&Descriptor, Option<_>)]| -> Vec<Descriptor> {
            let stays =
                part.iter().filter(|(entry, subject)| !name.replaces(entry) && !is_outdated(entry, subject));
            stays.map(|(entry, _)| (*entry).clone()).collect()
        };
        Ok([stay(before), vec![image.clone()], stay(after), referrers.clone()].concat())
    }

    /// What the manifest of this entry refers to, if it is one that refers to anything.
    pub(super) fn subject(&self, entry: &Descriptor) -> Result<Option<oci_spec::image::Digest>, Error> {
        let Some(digest) = entry.artifact_type().as_ref().and_then(|_| Digest::from_oci(entry.digest()).ok())
        else {
            return Ok(None);
        };
        let path = self.folder.join(layout::blob_path(digest));
        let manifest = document(&path).map_err(|source| Error::Read { path, source })?;
        Ok(manifest.and_then(|manifest| manifest.get("subject")?.get("digest")?.as_str()?.parse().ok()))
    }

    /// Removes blobs that no image in the index needs, and temporary files of runs that were killed. What
    /// cannot be removed stays for the next time: the image is whole either way.
    pub(super) fn sweep(&self) {
        let Some(needed) = self.needed() else { return };
        let is_unfinished = |name: &str| name.starts_with(TEMPORARY_PREFIX);
        let is_unneeded =
            |name: &str| format!("sha256:{name}").parse().is_ok_and(|digest| !needed.contains(&digest));
        remove(&self.folder, is_unfinished);
        remove(&self.folder.join(BLOBS), |name| is_unfinished(name) || is_unneeded(name));
    }

    /// What the index names, directly or through other documents. Nothing if that cannot be told. To be on
    /// the safe side, every digest in every document counts, whatever it stands for there.
    fn needed(&self) -> Option<BTreeSet<Digest>> {
        let mut needed = BTreeSet::new();
        let mut found = match fs::read(self.folder.join(INDEX_JSON)) {
            Ok(bytes) => documents::digests(&serde_json::from_slice(&bytes).ok()?),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(_) => return None,
        };
        while let Some(digest) = found.pop() {
            if needed.insert(digest) {
                // What cannot be read may name something that is needed.
                let document = document(&self.folder.join(layout::blob_path(digest))).ok()?;
                found.extend(document.iter().flat_map(documents::digests));
            }
        }
        Some(needed)
    }
}

/// What the index is to say of an image.
pub(crate) struct Listed {
    pub(crate) name: Name,
    pub(crate) root: Descriptor,
    pub(crate) referrers: Vec<Descriptor>,
    pub(crate) others: Others,
}

/// What becomes of what others made of this very image, such as a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// It stays.
    Stay,
    /// It goes, because what refers to the image is all there is.
    Go,
}

/// Whether it is a kind of thing that goes with an image of ours unless it was not wanted.
fn is_ours(artifact_type: &MediaType) -> bool {
    let ours = [Form::Spdx.media_type(), Form::CycloneDx.media_type(), provenance::MEDIA_TYPE, DEBUG_MODULE];
    ours.contains(&artifact_type.as_ref())
}

/// Removes the files of a folder that have such a name.
fn remove(folder: &Path, is_rubbish: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(&is_rubbish) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The JSON in a blob, if it is there and a document at all.
fn document(path: &Path) -> io::Result<Option<serde_json::Value>> {
    let file = match File::open(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if file.metadata()?.len() > DOCUMENT_LIMIT_BYTES {
        return Ok(None);
    }
    match serde_json::from_reader(io::BufReader::new(file)) {
        Err(cause) if cause.is_io() => Err(cause.into()),
        document => Ok(document.ok()),
    }
}

impl Sink for Layout {
    fn write(&mut self, image: &Image, reference: &Reference) -> Result<(), Error> {
        let mut named = Named::new(image, reference)?;
        // The chosen one itself is written the same way.
        named.name.format_of = self.format_of.clone().filter(|chosen| *chosen != named.name.long);
        self.claimed(|layout| layout.store(&named), |_| false)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::fixture::{self, Foreign, MODULE, files, image, name, names};
    use crate::layout::OCI_LAYOUT;
    use crate::{Format, open, open_reference, validate};

    fn file_set(images: &[&Image]) -> BTreeSet<String> {
        let blobs =
            images.iter().flat_map(|image| image.blobs()).map(|blob| layout::blob_path(blob.digest()));
        blobs.chain([OCI_LAYOUT, INDEX_JSON].map(str::to_owned)).collect()
    }

    fn written(folder: &Path) -> BTreeSet<String> {
        names(folder).into_iter().collect()
    }

    #[test]
    fn an_image_comes_back_as_it_went_in() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(MODULE);
        Layout::at(folder.path()).write(&image, &name("acme/app:v1")).unwrap();
        let stored = open(folder.path()).unwrap();
        assert_eq!(stored.digest, image.digest());
        assert_eq!(stored.reference.as_deref(), Some("docker.io/acme/app:v1"));
        assert_eq!(stored.size_bytes, image.size_bytes());
        assert_eq!(stored.module().unwrap(), MODULE);
        assert_eq!(validate(folder.path()), Ok(()));
        assert_eq!(written(folder.path()), file_set(&[&image]));
    }

    #[test]
    fn a_layer_in_a_file_is_written_as_one_in_memory_and_never_when_it_was_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (in_file, in_memory, path) = fixture::in_file(folder.path());
        let [one, other, third] = ["one", "other", "third"].map(|name| folder.path().join(name));
        Layout::at(&one).write(&in_file, &name("app")).unwrap();
        Layout::at(&other).write(&in_memory, &name("app")).unwrap();
        assert_eq!(validate(&one), Ok(()));
        let bytes = |folder: &Path| files(folder).into_iter().map(|(name, (bytes, _))| (name, bytes));
        assert!(bytes(&one).eq(bytes(&other)));

        fixture::flip(&path);
        let error = Layout::at(&third).write(&in_file, &name("app")).unwrap_err();
        let digest = fixture::layer(&in_file).digest();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, format!("the file that holds {digest} has been changed"));
        assert_eq!(error.hint().unwrap(), "run it again: what is damaged is then made anew");
        assert!(!third.exists());
    }

    #[test]
    fn the_index_is_what_every_consumer_takes() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(MODULE);
        Layout::at(folder.path()).write(&image, &name("acme/app:v1")).unwrap();
        let expected = format!(
            concat!(
                r#"{{"manifests":[{{"annotations":{{"io.containerd.image.name":"docker.io/acme/app:v1","#,
                r#""org.opencontainers.image.ref.name":"v1"}},"digest":"{}","#,
                r#""mediaType":"application/vnd.oci.image.manifest.v1+json","size":{}}}],"#,
                r#""mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}}"#
            ),
            image.digest(),
            image.root().size_bytes()
        );
        assert_eq!(fs::read_to_string(folder.path().join(INDEX_JSON)).unwrap(), expected);
        assert_eq!(
            fs::read_to_string(folder.path().join(OCI_LAYOUT)).unwrap(),
            r#"{"imageLayoutVersion":"1.0.0"}"#
        );
    }

    #[test]
    fn the_same_image_again_touches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let write = || Layout::at(folder.path()).write(&image(MODULE), &name("app")).unwrap();
        write();
        for file in names(folder.path()) {
            let file = File::options().write(true).open(folder.path().join(file)).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        }
        let before = files(folder.path());
        write();
        assert_eq!(files(folder.path()), before);
    }

    #[test]
    fn one_name_is_replaced_and_another_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut layout = Layout::at(folder.path());
        let [old, other, new] = [&b"old"[..], b"other", b"new"].map(image);
        layout.write(&old, &name("app")).unwrap();
        layout.write(&other, &name("other")).unwrap();
        layout.write(&new, &name("app:latest")).unwrap();
        assert_eq!(written(folder.path()), file_set(&[&new, &other]), "the blobs of the old image are gone");
        let read =
            |reference: &str| open_reference(folder.path(), &name(reference)).unwrap().module().unwrap();
        assert_eq!((read("app"), read("other")), (b"new".to_vec(), b"other".to_vec()));
        assert_eq!(validate(folder.path()), Ok(()));
    }

    #[test]
    fn what_two_images_share_stays_for_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut layout = Layout::at(folder.path());
        layout.write(&image(MODULE), &name("one")).unwrap();
        layout.write(&image(MODULE), &name("two")).unwrap();
        layout.write(&image(b"else"), &name("one")).unwrap();
        assert_eq!(open_reference(folder.path(), &name("two")).unwrap().module().unwrap(), MODULE);
    }

    fn bill(text: &str) -> Blob {
        Blob::new("application/spdx+json", text.as_bytes().to_vec())
    }

    /// What kinds of things the index lists besides images.
    fn listed(folder: &Path) -> Vec<String> {
        let index: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join(INDEX_JSON)).unwrap()).unwrap();
        let kinds = index["manifests"].as_array().unwrap().iter();
        kinds.filter_map(|entry| Some(entry["artifactType"].as_str()?.to_owned())).collect()
    }

    #[test]
    fn what_refers_to_an_image_comes_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |module: &[u8], text| {
            let image = image(module).with_referrer("application/spdx+json", bill(text));
            Layout::at(folder.path()).write(&image, &name("app")).unwrap();
            assert_eq!(validate(folder.path()), Ok(()));
            assert_eq!(listed(folder.path()), ["application/spdx+json"]);
            assert_eq!(open(folder.path()).unwrap().digest, image.digest());
            written(folder.path()).len()
        };
        let files = write(MODULE, "one");
        assert_eq!(write(MODULE, "two"), files, "another bill of the same image replaces the first");
        assert_eq!(write(b"else", "three"), files, "the bill of an image that is gone goes too");
        Layout::at(folder.path()).write(&image(MODULE), &name("app")).unwrap();
        assert_eq!(listed(folder.path()), [""; 0]);
    }

    #[test]
    fn what_others_made_of_this_very_image_stays() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(MODULE);
        let signed = image.clone().with_referrer("application/vnd.example.signature", bill("signed"));
        Layout::at(folder.path()).write(&signed, &name("app")).unwrap();
        Layout::at(folder.path()).write(&image, &name("app")).unwrap();
        assert_eq!(listed(folder.path()), ["application/vnd.example.signature"]);
    }

    #[test]
    fn what_is_attached_is_there_once_and_stays_as_long_as_its_image() {
        let folder = tempfile::tempdir().unwrap();
        let mut layout = Layout::at(folder.path());
        layout.write(&image(MODULE), &name("app")).unwrap();
        let before = written(folder.path()).len();
        let attach = |layout: &mut Layout, key| {
            layout.attach(&signature::sign(image(MODULE).root(), &[], &key).unwrap()).unwrap();
            assert_eq!(validate(folder.path()), Ok(()));
            written(folder.path()).len() - before
        };
        // The empty config is a file as well.
        assert_eq!(attach(&mut layout, signature::fixture::key()), 3);
        assert_eq!(attach(&mut layout, signature::fixture::key()), 3);
        assert_eq!(attach(&mut layout, signature::fixture::other_key()), 5);
        layout.write(&image(MODULE).signed(&signature::fixture::key()).unwrap(), &name("app")).unwrap();
        assert_eq!(listed(folder.path()), [signature::MEDIA_TYPE; 2], "a signature replaces no other");
        layout.write(&image(b"else"), &name("app")).unwrap();
        assert_eq!(listed(folder.path()), [""; 0]);
    }

    #[test]
    fn nothing_is_attached_to_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout");
        let stray = signature::sign(image(b"else").root(), &[], &signature::fixture::key()).unwrap();
        assert!(matches!(Layout::at(&path).attach(&stray), Err(Error::NoSuchImage { .. })));
        assert!(!path.exists());
        Layout::at(&path).write(&image(MODULE), &name("app")).unwrap();
        let before = files(&path);
        assert!(matches!(Layout::at(&path).attach(&stray), Err(Error::NoSuchImage { .. })));
        assert_eq!(files(&path), before);
    }

    #[test]
    fn the_formats_of_a_build_stand_side_by_side_and_go_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let app = name("acme/app:v1");
        let names = [app.clone(), app.for_format(Format::Artifact).unwrap()];
        assert_eq!(names[1].to_string(), "acme/app:v1-artifact");
        for (module, name) in [(MODULE, &names[0]), (b"else", &names[1])] {
            Layout::at(folder.path()).beside(&app).write(&image(module), name).unwrap();
        }
        assert_eq!(open_reference(folder.path(), &names[1]).unwrap().module().unwrap(), b"else");
        assert_eq!(open(folder.path()).unwrap().module().unwrap(), MODULE, "the plain name is meant");
        Layout::at(folder.path()).write(&image(b"new"), &app).unwrap();
        assert_eq!(written(folder.path()), file_set(&[&image(b"new")]));
    }

    #[test]
    fn a_name_that_only_looks_like_a_format_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        for (module, text) in [(MODULE, "app:v1-image"), (b"new", "app:v1"), (b"newer", "app:v1")] {
            Layout::at(folder.path()).write(&image(module), &name(text)).unwrap();
        }
        assert_eq!(written(folder.path()), file_set(&[&image(MODULE), &image(b"newer")]));
        assert_eq!(validate(folder.path()), Ok(()));
    }

    #[test]
    fn images_of_other_tools_are_kept_whole() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let manifest = foreign.image(&[b"\0".repeat(1024)], &serde_json::json!({}));
        let mut nested = foreign.index(&[manifest]);
        nested["annotations"] =
            serde_json::json!({ "org.opencontainers.image.ref.name": "v2", "vendor": "x" });
        foreign.finish(&[nested]);
        let before: Vec<String> = names(folder.path());
        Layout::at(folder.path()).write(&image(MODULE), &name("app:v1")).unwrap();
        assert!(before.iter().all(|file| written(folder.path()).contains(file)));
        let index = fs::read_to_string(folder.path().join(INDEX_JSON)).unwrap();
        assert!(index.contains(r#""vendor":"x""#), "{index}");
        Layout::at(folder.path()).write(&image(MODULE), &name("app:v2")).unwrap();
        assert_eq!(written(folder.path()), file_set(&[&image(MODULE)]), "a bare tag names the same image");
    }

    #[test]
    fn a_rotten_blob_and_what_a_killed_run_left_are_healed() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(MODULE);
        let write = || Layout::at(folder.path()).write(&image, &name("app")).unwrap();
        write();
        fixture::flip(&folder.path().join(layout::blob_path(fixture::layer(&image).digest())));
        fs::write(folder.path().join(BLOBS).join(".wasmpack-x1y2z3"), "half").unwrap();
        fs::write(folder.path().join(".wasmpack-x1y2z3"), "half").unwrap();
        fs::write(folder.path().join(OCI_LAYOUT), "").unwrap();
        write();
        assert_eq!(validate(folder.path()), Ok(()));
        assert_eq!(written(folder.path()), file_set(&[&image]));
    }

    #[test]
    fn a_failure_keeps_the_old_image_and_leaves_no_rubbish() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (image(b"old"), image(b"new"));
        Layout::at(folder.path()).write(&old, &name("app")).unwrap();
        let before = files(folder.path());
        // A folder where the new manifest goes, the last blob to be written.
        let obstacle = folder.path().join(layout::blob_path(new.digest()));
        fs::create_dir(&obstacle).unwrap();
        let error = Layout::at(folder.path()).write(&new, &name("app")).unwrap_err();
        assert!(error.to_string().contains(&new.digest().hex()), "{error}");
        fs::remove_dir(&obstacle).unwrap();
        assert_eq!(files(folder.path()), before);
    }

    #[test]
    fn a_first_image_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(MODULE);
        // A folder where the manifest goes, the last blob to be written.
        fs::create_dir_all(folder.path().join(layout::blob_path(image.digest()))).unwrap();
        Layout::at(folder.path()).write(&image, &name("app")).unwrap_err();
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_destination_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for destination in [file.clone(), file.join("layout")] {
            let error = Layout::at(&destination).write(&image(MODULE), &name("app")).unwrap_err();
            assert!(matches!(error, Error::Write { .. }));
            assert!(error.to_string().contains(destination.to_str().unwrap()), "{error}");
        }
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_folder_of_another_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let before = BTreeMap::from([(OCI_LAYOUT, r#"{"imageLayoutVersion":"9.0.0"}"#), (INDEX_JSON, "{}")]);
        for (file, text) in &before {
            fs::write(folder.path().join(file), text).unwrap();
        }
        let error = Layout::at(folder.path()).write(&image(MODULE), &name("app")).unwrap_err();
        assert!(matches!(error, Error::Destination { .. }), "{error}");
        for (file, text) in before {
            assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), text);
        }
    }

    #[test]
    fn many_writers_of_one_folder_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let numbers: Vec<u8> = (0..8).collect();
        std::thread::scope(|scope| {
            for number in &numbers {
                let path = folder.path();
                scope.spawn(move || {
                    Layout::at(path).write(&image(&[*number]), &name(&format!("app{number}"))).unwrap();
                });
            }
        });
        for number in numbers {
            let stored = open_reference(folder.path(), &name(&format!("app{number}"))).unwrap();
            assert_eq!(stored.module().unwrap(), [number]);
        }
        assert_eq!(validate(folder.path()), Ok(()));
    }

    #[test]
    fn a_reference_to_another_digest_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (image(MODULE), image(b"other"));
        let mut layout = Layout::at(folder.path().join("layout"));
        let error = layout.write(&ours, &name("app").with_digest(other.digest())).unwrap_err();
        assert!(matches!(error, Error::OtherDigest { .. }));
        assert!(names(folder.path()).is_empty());
        layout.write(&ours, &name("app").with_digest(ours.digest())).unwrap();
    }
}
