//! Everything in an image that may be a program, for whoever has to know what each of them could do.
//!
//! Which one is started can be said when a container is, so all count, whatever their names and wherever they lie: also
//! what a higher layer hides, as another manifest may have the lower ones alone.

use std::io::Read as _;

use super::{Manifest, Survey};
use crate::module::{read_layer, read_raw};
use crate::whiteout::is_whiteout;
use crate::{Error, StoredLayer};

/// How modules and components begin.
const MAGIC: &[u8] = b"\0asm";

/// A file that is a module or component, or says by its name that it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its absolute path; the digest of a layer that is a module without a tar.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Survey {
    /// The programs of an image, lowest layers first. Reading may inflate as many bytes as are left.
    ///
    /// # Errors
    /// A layer is damaged, stored in a way that is not read here, or missing in the config.
    pub fn programs(&self, manifest: &Manifest, left_bytes: &mut u64) -> Result<Vec<Program>, Error> {
        let mut programs = Vec::new();
        let mut diff_ids = manifest.config.diff_ids.iter();
        let lists_all = manifest.config.diff_ids.len() == manifest.layers.len();
        for layer in &manifest.layers {
            let diff_id = diff_ids.next().filter(|_| lists_all).and_then(|diff_id| diff_id.parse().ok());
            let stored = StoredLayer {
                digest: layer.digest,
                size_bytes: layer.size_bytes,
                media_type: layer.media_type.clone(),
                diff_id,
            };
            if layer.is_tar() {
                self.programs_in(&stored, left_bytes, &mut programs)?;
            } else {
                // Some tools have media types of their own for modules.
                let bytes = read_raw(&self.store, &StoredLayer { diff_id: None, ..stored })?;
                if layer.is_module() || bytes.starts_with(MAGIC) {
                    add(&mut programs, Program { path: layer.digest.to_string(), bytes });
                }
            }
        }
        Ok(programs)
    }

    fn programs_in(
        &self,
        layer: &StoredLayer,
        left_bytes: &mut u64,
        programs: &mut Vec<Program>,
    ) -> Result<(), Error> {
        read_layer(&self.store, layer, left_bytes, |entry| {
            if !entry.kind.is_file() || is_whiteout(&entry.path) {
                return Ok(());
            }
            let mut bytes = Vec::new();
            (&mut *entry.content).take(MAGIC.len() as u64).read_to_end(&mut bytes)?;
            if bytes == MAGIC || is_called_module(&entry.path) {
                entry.content.read_to_end(&mut bytes)?;
                add(programs, Program { path: format!("/{}", entry.path), bytes });
            }
            Ok(())
        })
    }
}

/// Some runtimes know modules by that.
fn is_called_module(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("wasm"))
}

fn add(programs: &mut Vec<Program>, program: Program) {
    if !programs.contains(&program) {
        programs.push(program);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fixture::{Foreign, MODULE};
    use crate::survey::{Survey, survey};

    fn layer(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, path, *bytes).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn every_file_that_may_be_a_program_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let below = layer(&[("app.wasm", MODULE), ("lib/plug:in", MODULE), ("notes.txt", b"text")]);
        let above = layer(&[(".wh.app.wasm", b""), ("text.WASM", b"(module)")]);
        foreign.finish(&[foreign.image(&[below, above], &json!({ "Entrypoint": ["/app.wasm"] }))]);
        let survey = survey(folder.path()).unwrap();
        let image = survey.images().next().unwrap();
        let [(_, manifest)] = image.manifests()[..] else { panic!("one manifest went in") };
        let programs = survey.programs(manifest, &mut Survey::INFLATE_BYTES.clone()).unwrap();
        let paths: Vec<_> = programs.iter().map(|program| program.path.as_str()).collect();
        assert_eq!(paths, ["/app.wasm", "/lib/plug:in", "/text.WASM"]);
    }
}
