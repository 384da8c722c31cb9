//! The shapes an image can have. No single one satisfies every consumer, but they share their blobs.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A shape, named as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Format {
    /// An index of the same image for [`crate::Platform::EVERYWHERE`]: every runtime finds itself in it.
    #[default]
    Everywhere,
    /// One manifest, its module a file in a layer.
    Image,
    /// One manifest, its module as it is for a layer: for containerd with runwasi, which then compiles it but once.
    WasmLayer,
    /// A Wasm OCI artifact, for wkg, wash and oras
    /// (<https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>).
    Artifact,
}

impl Format {
    /// All formats, in the order to show them.
    pub const ALL: [Self; 4] = [Self::Everywhere, Self::Image, Self::WasmLayer, Self::Artifact];
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Everywhere => "everywhere",
            Self::Image => "image",
            Self::WasmLayer => "wasm-layer",
            Self::Artifact => "artifact",
        })
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self, Error> {
        let format = Self::ALL.into_iter().find(|format| format.to_string() == typed);
        format.ok_or_else(|| Error::UnknownFormat { typed: typed.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_read_as_it_is_written() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
        }
        let error = "oci".parse::<Format>().unwrap_err();
        assert_eq!(error.hint().unwrap(), "formats are everywhere, image, wasm-layer, artifact");
    }
}
