//! Removes exports that are no roots.

use std::borrow::Cow;

use wasm_encoder::{Encode, ExportSection, Section as _};
use wasmparser::ExportSectionReader;

use crate::passes::Changed;
use crate::section::{self, EXPORT, Section};
use crate::{Error, Pass, Settings};

/// Removes exports that are no roots, so that gc can remove what only they used. Every other section, custom ones
/// included, is copied byte for byte.
#[derive(Debug)]
pub(crate) struct Roots;

impl Pass for Roots {
    fn name(&self) -> &'static str {
        "roots"
    }

    fn run(&self, wasm: &[u8], settings: &Settings) -> Result<Changed, Error> {
        let mut sections = Vec::new();
        for section in section::walk(wasm)? {
            sections.push(match section.id {
                EXPORT => Cow::Owned(rewrite_exports(&section, settings)?),
                _ => Cow::Borrowed(section.whole),
            });
        }
        Ok(section::join(wasm, sections).into())
    }
}

/// The export section with roots only, header included; nothing where none is left.
fn rewrite_exports(section: &Section<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let mut kept = ExportSection::new();
    for export in ExportSectionReader::new(section.reader()).map_err(|error| Error::invalid(&error))? {
        let export = export.map_err(|error| Error::invalid(&error))?;
        if settings.roots.contains(export.name) {
            kept.export(export.name, export.kind.into(), export.index);
        }
    }
    let mut bytes = Vec::new();
    if !kept.is_empty() {
        bytes.push(kept.id());
        kept.encode(&mut bytes);
    }
    Ok(bytes)
}
