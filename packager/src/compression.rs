//! How layers are compressed. The only file that knows compressors.
//!
//! Each is pinned to one release in the workspace's manifest: the bytes of a layer, and with them the digests of
//! images, depend on the compressor, patch release by patch release.

use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::str::FromStr;

use libdeflater::{CompressionLvl, Compressor};
use oci_spec::image::MediaType;

use crate::Error;
use crate::gzip::{Gzip, Maker};

/// How the layers of an image are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not compressed at all.
    None,
    /// gzip, in a quarter of the time and 3 to 5 % larger.
    Fast,
    /// gzip, as small as libdeflate makes it: an image is written once and pulled many times.
    #[default]
    Gzip,
    /// gzip, as small as zopfli or libdeflate makes it: up to 1 % smaller, in 15 to 50 times the time. What has more than
    /// 64 MiB is left to libdeflate.
    Best,
    /// Zstandard: as small as gzip and faster to unpack. Older consumers cannot read it.
    Zstd,
}

/// Zstandard's strongest level that takes no more memory to unpack than its default.
const ZSTD_LEVEL: i32 = 19;

/// What that level looks back, 8 MiB. So much is in memory in any case, and is compressed in one go.
const ZSTD_WINDOW_BYTES: u64 = 8 << 20;

/// Of how many bytes as a plain tar [`Compression::Best`] takes zopfli, 64 MiB. It has some seconds for each MiB: no module is
/// as large, and for files it would take hours.
pub const ZOPFLI_LIMIT_BYTES: u64 = 64 << 20;

impl Compression {
    /// All of them, in the order to show them.
    pub const ALL: [Self; 5] = [Self::None, Self::Fast, Self::Gzip, Self::Best, Self::Zstd];

    /// What decides the stored bytes: a part of any key under which a caller keeps layers.
    #[must_use]
    pub fn identity(self) -> &'static str {
        match self {
            Self::None => "tar as of 0.1.0",
            Self::Fast => "tar as of 0.1.0, gzip by libdeflater 1.26.1 at level 6, in pieces",
            Self::Gzip => "tar as of 0.1.0, gzip by libdeflater 1.26.1 at level 12 or 10, in pieces",
            Self::Best => {
                "tar as of 0.1.0, gzip by zopfli 0.8.4 up to 64 MiB or libdeflater 1.26.1, in pieces"
            }
            Self::Zstd => "tar as of 0.1.0, zstd 1.5.7 at level 19, from 8 MiB on with small tables",
        }
    }

    /// How to find out how many bytes something takes when it is stored so. Of the two slow ones of gzip, the result of
    /// the faster stands for both.
    #[must_use]
    pub fn weigher(self) -> fn(&[u8]) -> u64 {
        match self {
            Self::None => |bytes| bytes.len() as u64,
            Self::Fast => |bytes| Self::Fast.of(bytes).len() as u64,
            Self::Gzip | Self::Best => |bytes| Self::Gzip.of(bytes).len() as u64,
            Self::Zstd => |bytes| Self::Zstd.of(bytes).len() as u64,
        }
    }

    /// Bytes that are in memory, compressed.
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut stored = Vec::new();
        self.compress(bytes.len() as u64, &mut stored, |plain| plain.write_all(bytes))
            .expect("memory takes whatever is written");
        stored
    }

    /// The media type of a layer that is stored so.
    #[must_use]
    pub fn media_type(self) -> MediaType {
        match self {
            Self::None => MediaType::ImageLayer,
            Self::Fast | Self::Gzip | Self::Best => MediaType::ImageLayerGzip,
            Self::Zstd => MediaType::ImageLayerZstd,
        }
    }

    /// Passes on to `out`, compressed, the `plain_bytes` bytes that `write` writes.
    pub(crate) fn compress(
        self,
        plain_bytes: u64,
        out: &mut dyn Write,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            Self::None => write(out),
            Self::Fast => libdeflate(6, plain_bytes, out, write),
            Self::Gzip => libdeflate(strongest(plain_bytes), plain_bytes, out, write),
            Self::Best if plain_bytes > ZOPFLI_LIMIT_BYTES => libdeflate(12, plain_bytes, out, write),
            Self::Best => zopfli(plain_bytes, out, write),
            Self::Zstd => zstd(plain_bytes, out, write),
        }
    }
}

/// The level that is worth its time: from 8 MiB on, one that takes half of it for 0.2 % more bytes.
fn strongest(plain_bytes: u64) -> i32 {
    if plain_bytes < 8 << 20 { 12 } else { 10 }
}

/// The header is what libdeflate itself writes, on every platform.
fn libdeflate(
    level: i32,
    plain_bytes: u64,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let effort = if level < 8 { 0 } else { 2 };
    let maker = Maker { effort, system: 255 };
    let mut gzip = Gzip::new(out, maker, plain_bytes, |piece: &[u8]| deflate(piece, level))?;
    write(&mut gzip)?;
    gzip.finish()
}

fn deflate(piece: &[u8], level: i32) -> Vec<u8> {
    let level = CompressionLvl::new(level).expect("libdeflate has levels 0 to 12");
    let mut compressor = Compressor::new(level);
    let mut stream = vec![0; compressor.deflate_compress_bound(piece.len())];
    let size = compressor.deflate_compress(piece, &mut stream).expect("the bound leaves room for any input");
    stream.truncate(size);
    stream
}

/// The header is what zopfli itself writes, on every platform.
fn zopfli(
    plain_bytes: u64,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let options = zopfli::Options {
        // After five times there is nothing more to gain, but from more blocks than the default of 15.
        iteration_count: const { NonZeroU64::new(5).expect("5 is not 0") },
        maximum_block_splits: 120,
        ..zopfli::Options::default()
    };
    let mut gzip = Gzip::new(out, Maker { effort: 2, system: 3 }, plain_bytes, |piece: &[u8]| {
        let mut stream = Vec::new();
        zopfli::compress(options, zopfli::Format::Deflate, piece, &mut stream)
            .expect("memory takes whatever is written");
        // It is not always the better one.
        let other = deflate(piece, 12);
        if other.len() < stream.len() { other } else { stream }
    })?;
    write(&mut gzip)?;
    gzip.finish()
}

fn zstd(
    plain_bytes: u64,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if plain_bytes <= ZSTD_WINDOW_BYTES {
        let mut plain = Vec::with_capacity(plain_bytes as usize);
        write(&mut plain)?;
        return out.write_all(&zstd::bulk::compress(&plain, ZSTD_LEVEL)?);
    }
    let mut encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
    encoder.set_pledged_src_size(Some(plain_bytes))?;
    // Tables of 24 MiB in place of 80, for 0.2 % more bytes.
    encoder.set_parameter(zstd::zstd_safe::CParameter::ChainLog(22))?;
    encoder.set_parameter(zstd::zstd_safe::CParameter::HashLog(21))?;
    write(&mut encoder)?;
    encoder.finish().map(drop)
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Fast => "fast",
            Self::Gzip => "gzip",
            Self::Best => "best",
            Self::Zstd => "zstd",
        })
    }
}

impl FromStr for Compression {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|compression| compression.to_string() == typed);
        found.ok_or_else(|| Error::UnknownCompression { typed: typed.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    fn words() -> Vec<u8> {
        (0..20_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect()
    }

    /// Users compare digests between machines and releases. Whatever moves these needs a line in CHANGELOG.md, and
    /// another identity.
    #[test]
    fn the_stored_bytes_do_not_move() {
        let stored = Compression::ALL.map(|compression| compression.of(&words()));
        let digests = stored.each_ref().map(|stored| Digest::of(stored).to_string());
        let expected = [
            "sha256:3c006b54db86e6605917b913018a7d1d2c5793ee0f9516d40460fb4bc9165182",
            "sha256:0da2f691ed35adccf9efe3fbd320660a0dbdcfc5e6aeeb49b71e3dc9adb36b59",
            "sha256:2ee9a9c37754cb31641454681bd87e922a45eb28e13fd6405ab9917b20612057",
            "sha256:243f4ca4cdf216202806097f470add0e28239ab492ad070f7d3d8d5c20998e3e",
            "sha256:c496dcb5583b2aa4a75a3fb370fabd9ca155a2927867ab310ed631b768a20295",
        ];
        assert_eq!(digests, expected);
        let [none, fast, gzip, best, _] = stored.each_ref().map(Vec::len);
        assert!(best < gzip && gzip < fast && fast < none);
    }

    /// The same for what is compressed in pieces, or by zstd bit by bit.
    #[test]
    fn the_stored_bytes_of_large_layers_do_not_move() {
        let plain: Vec<u8> = words().into_iter().cycle().take((8 << 20) + 1).collect();
        let digest = |compression: Compression| Digest::of(&compression.of(&plain)).to_string();
        let digests = [Compression::Fast, Compression::Gzip, Compression::Zstd].map(digest);
        let expected = [
            "sha256:2a8cb55b466a56925f312b49f7a9277a9854ab1bc0a48d482eaaa8e9f095b2de",
            "sha256:9f1ee89e9de62b83c89afe502940d744ba10ba1cf4a168156ba68f4c3fd15f03",
            "sha256:3e1de3c3766a074e0729422d96e49a1a78c3b413b830e8d040bbb5c4b9e1aa73",
        ];
        assert_eq!(digests, expected);
    }

    #[test]
    fn zopfli_is_left_out_where_it_would_take_hours() {
        for (plain_bytes, system) in [(ZOPFLI_LIMIT_BYTES, 3), (ZOPFLI_LIMIT_BYTES + 1, 255)] {
            let mut stored = Vec::new();
            Compression::Best.compress(plain_bytes, &mut stored, |_| Ok(())).unwrap_err();
            assert_eq!(stored[9], system, "the header tells who made it");
        }
    }

    #[test]
    fn a_compression_is_read_as_it_is_written() {
        for compression in Compression::ALL {
            assert_eq!(compression.to_string().parse::<Compression>().unwrap(), compression);
        }
        assert!("xz".parse::<Compression>().unwrap_err().hint().unwrap().contains("none, fast, gzip"));
    }
}
