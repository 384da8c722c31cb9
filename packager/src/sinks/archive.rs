//! One tar that docker, podman, ctr and skopeo all load.

use std::path::PathBuf;

use crate::layout::{self, INDEX_JSON, MANIFEST_JSON, Named, OCI_LAYOUT};
use crate::{Blob, Error, Image, Reference, Sink, files, json, tarball};

/// An OCI image layout as one tar, with Docker's `manifest.json` beside `index.json`. It holds exactly one
/// image, without what refers to it: `ctr image import` and Docker take an archive with one entry everywhere, and one
/// with several only here and there.
#[derive(Debug, Clone)]
pub struct Archive {
    path: PathBuf,
    readers: Readers,
}

/// The documents around the blobs are named by their places, and so by no type in particular.
const JSON: &str = "application/json";

/// Who must be able to load an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Oci,
    OciAndDocker,
}

impl Archive {
    /// The archive that is, or will be, this file. Its folder must exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: Readers::Oci }
    }

    /// The same, as `docker save` writes it too, but nothing that Docker cannot load.
    pub fn for_docker(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: Readers::OciAndDocker }
    }
}

impl Sink for Archive {
    fn write(&mut self, image: &Image, reference: &Reference) -> Result<(), Error> {
        let named = Named::new(image, reference)?;
        let docker = named.docker_manifest();
        if self.readers == Readers::OciAndDocker && docker.is_none() {
            return Err(Error::NotForDocker { path: self.path.clone() });
        }
        let index = json::canonical(&layout::index(vec![named.descriptor()]));
        let mut documents = vec![(OCI_LAYOUT, layout::marker()), (INDEX_JSON, index)];
        documents.extend(docker.map(|list| (MANIFEST_JSON, list)));
        let documents = documents.into_iter().map(|(path, bytes)| (path.to_owned(), Blob::new(JSON, bytes)));
        let blobs = image.blobs().iter().map(|blob| (layout::blob_path(blob.digest()), blob.clone()));
        let files: Vec<_> = documents.chain(blobs).collect();
        files::write_whole_by(&self.path, |out| tarball::write(files.iter().cloned(), out)).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use super::*;
    use crate::fixture::{self, MODULE, image, name, names};
    use crate::{Compression, File, Layer, Platform, Tar, open, validate};

    #[test]
    fn an_image_comes_back_as_it_went_in() {
        let folder = tempfile::tempdir().unwrap();
        let (path, image) = (folder.path().join("app.tar"), image(MODULE));
        Archive::at(&path).write(&image, &name("app")).unwrap();
        let stored = open(&path).unwrap();
        assert_eq!((stored.digest, stored.size_bytes), (image.digest(), image.size_bytes()));
        assert_eq!(stored.reference.as_deref(), Some("docker.io/library/app:latest"));
        assert_eq!(stored.module().unwrap(), MODULE);
        assert_eq!(validate(&path), Ok(()));
        assert_eq!(names(folder.path()), ["app.tar"]);
    }

    #[test]
    fn a_layer_in_a_file_is_written_as_one_in_memory_and_never_when_it_was_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (in_file, in_memory, layer) = fixture::in_file(folder.path());
        let [one, other] = ["one.tar", "other.tar"].map(|name| folder.path().join(name));
        Archive::at(&one).write(&in_file, &name("app")).unwrap();
        Archive::at(&other).write(&in_memory, &name("app")).unwrap();
        assert!(fs::read(&one).unwrap() == fs::read(&other).unwrap());
        assert_eq!(validate(&one), Ok(()));

        fs::remove_file(&one).unwrap();
        fixture::flip(&layer);
        Archive::at(&one).write(&in_file, &name("app")).unwrap_err();
        assert_eq!(names(folder.path()), ["layer", "other.tar"]);
    }

    #[test]
    fn docker_finds_its_own_list() {
        let folder = tempfile::tempdir().unwrap();
        let (path, image) = (folder.path().join("app.tar"), image(MODULE));
        Archive::at(&path).write(&image, &name("acme/app:v1")).unwrap();
        let expected = format!(
            r#"[{{"Config":"blobs/sha256/{}","Layers":["blobs/sha256/{}"],"RepoTags":["docker.io/acme/app:v1"]}}]"#,
            fixture::config(&image).digest().hex(),
            fixture::layer(&image).digest().hex()
        );
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.windows(expected.len()).any(|window| window == expected.as_bytes()));
    }

    #[test]
    fn the_same_image_again_touches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.tar");
        let write = |module| Archive::at(&path).write(&image(module), &name("app")).unwrap();
        let changed = || fs::metadata(&path).unwrap().modified().unwrap();
        write(MODULE);
        fs::File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        write(MODULE);
        assert_eq!(changed(), SystemTime::UNIX_EPOCH);
        write(b"else");
        assert_ne!(changed(), SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn a_layer_used_twice_is_stored_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.tar");
        let layer = Layer::new(
            &Tar::from_files([File::executable("/app.wasm", MODULE)]).unwrap(),
            Compression::default(),
        )
        .unwrap();
        let draft = Image::scratch(Platform::WASI_WASM).with_layer(layer.clone()).with_layer(layer);
        Archive::at(&path)
            .write(&draft.with_entrypoint(["/app.wasm"]).build().unwrap(), &name("app"))
            .unwrap();
        assert_eq!(validate(&path), Ok(()));
    }

    #[test]
    fn a_destination_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for destination in ["file/app.tar", "missing/app.tar"] {
            let destination = folder.path().join(destination);
            let error = Archive::at(&destination).write(&image(MODULE), &name("app")).unwrap_err();
            assert_eq!(error.to_string(), format!("failed to write `{}`", destination.display()));
        }
        assert_eq!(names(folder.path()), ["file"]);
    }
}
