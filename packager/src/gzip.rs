//! One gzip member (RFC 1952) of pieces that are compressed side by side.
//!
//! Several members one after the other are gzip as well, but there are readers that stop after the first. So the deflate
//! streams of the pieces (RFC 1951) become one: the block that says it is the last is told that it is not, and an empty
//! stored block takes up the bits up to the next byte. Where the pieces are depends on the number of bytes alone, so
//! the number of cores decides about the time and about nothing else.

use std::io::{self, Write};

use libdeflater::Crc;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{BlockBoundaryState, DecompressorOxide, decompress};
use rayon::prelude::*;

/// A piece has at least this many bytes, and less than twice as many, unless there are fewer. It cannot refer to what is
/// before it: pieces of 1 MiB make a module less than 0.2 % larger, of half that 0.4 %.
const PIECE_BYTES: u64 = 1 << 20;

/// What the header of a member says of its maker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maker {
    /// How hard it tried: 2 for as hard as it can, 0 for no matter.
    pub(crate) effort: u8,
    /// The number of its operating system; 255 for unknown.
    pub(crate) system: u8,
}

/// Pieces that wait for each core, so that none is idle while the slowest piece of them is compressed.
const PIECES_PER_CORE: usize = 2;

/// Writes a gzip member of bytes that are written here, holding only a few pieces at a time.
pub(crate) struct Gzip<W, D> {
    out: W,
    /// Makes a deflate stream of a piece.
    deflate: D,
    total_bytes: u64,
    piece_bytes: usize,
    waiting: Vec<u8>,
    /// How many of the waiting bytes are compressed together.
    batch_bytes: usize,
    taken_bytes: u64,
    crc: Crc,
}

impl<W: Write, D: Fn(&[u8]) -> Vec<u8> + Sync> Gzip<W, D> {
    /// A member of just so many bytes.
    pub(crate) fn new(mut out: W, maker: Maker, total_bytes: u64, deflate: D) -> io::Result<Self> {
        // Neither a name nor a time: equal bytes make equal members.
        out.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, maker.effort, maker.system])?;
        let count = (total_bytes / PIECE_BYTES).max(1);
        let piece_bytes = total_bytes.div_ceil(count).max(1) as usize;
        let batch_bytes = piece_bytes * PIECES_PER_CORE * rayon::current_num_threads();
        let (waiting, crc) = (Vec::new(), Crc::new());
        Ok(Self { out, deflate, total_bytes, piece_bytes, waiting, batch_bytes, taken_bytes: 0, crc })
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.taken_bytes != self.total_bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !self.waiting.is_empty() || self.total_bytes == 0 {
            self.compress()?;
        }
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        // Modulo 2^32, as the format has it.
        self.out.write_all(&(self.total_bytes as u32).to_le_bytes())
    }

    /// Compresses all that waits; there is a whole number of pieces of it, or it is the end.
    fn compress(&mut self) -> io::Result<()> {
        let mut pieces: Vec<&[u8]> = self.waiting.chunks(self.piece_bytes).collect();
        // The last piece of all may be an empty one.
        let last = if self.taken_bytes == self.total_bytes { pieces.pop().or(Some(&[])) } else { None };
        let deflate = &self.deflate;
        let (others, last) = rayon::join(
            || pieces.par_iter().map(|piece| continued(deflate(piece), piece.len())).collect::<Vec<_>>(),
            || last.map(deflate),
        );
        for stream in others.into_iter().chain(last) {
            self.out.write_all(&stream)?;
        }
        self.waiting.clear();
        Ok(())
    }
}

impl<W: Write, D: Fn(&[u8]) -> Vec<u8> + Sync> Write for Gzip<W, D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.batch_bytes - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..count]);
        self.crc.update(&bytes[..count]);
        self.taken_bytes += count as u64;
        if self.waiting.len() == self.batch_bytes {
            self.compress()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A whole deflate stream of a piece as one that goes on, and ends with a whole byte.
fn continued(mut stream: Vec<u8>, piece_bytes: usize) -> Vec<u8> {
    const FLAGS: u32 = TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut piece = vec![0; piece_bytes];
    // In bits of the stream, and in bytes of the piece.
    let (mut block, mut written) = (0, 0);
    loop {
        let (byte, bit) = (block / 8, block % 8);
        let is_last = stream[byte] >> bit & 1 == 1;
        stream[byte] &= !(1 << bit);
        let begun = if bit == 0 { 0 } else { stream[byte] >> bit };
        let state = BlockBoundaryState {
            num_bits: (8 - bit as u8) % 8,
            bit_buf: begun,
            ..BlockBoundaryState::default()
        };
        let mut inflater = DecompressorOxide::from_block_boundary_state(&state);
        let next = block.div_ceil(8);
        let (status, read, count) = decompress(&mut inflater, &stream[next..], &mut piece, written, FLAGS);
        assert!(status == TINFLStatus::BlockBoundary, "the compressor wrote a whole stream");
        let left = inflater.block_boundary_state().map_or(0, |state| usize::from(state.num_bits));
        (block, written) = ((next + read) * 8 - left, written + count);
        if is_last {
            break;
        }
    }
    // An empty stored block: three bits of zero, then whole bytes with its length and the complement of that.
    stream.resize((block + 3).div_ceil(8), 0);
    stream.extend([0, 0, 0xff, 0xff]);
    stream
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use libdeflater::{CompressionLvl, Compressor, crc32};

    use super::*;

    const MAKER: Maker = Maker { effort: 0, system: 255 };

    fn deflate(piece: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::new(1).unwrap());
        let mut stream = vec![0; compressor.deflate_compress_bound(piece.len())];
        let size = compressor.deflate_compress(piece, &mut stream).unwrap();
        stream.truncate(size);
        stream
    }

    /// Bytes that compress a little, and end in some other bit for each length.
    fn bytes(length: usize) -> Vec<u8> {
        (0..length as u32).map(|n| (n.wrapping_mul(n) >> 7) as u8 ^ (n >> 12) as u8).collect()
    }

    /// As a reader does that stops after the first member.
    fn first_member(stored: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        GzDecoder::new(stored).read_to_end(&mut plain).unwrap();
        plain
    }

    fn gzip(bytes: &[u8], maker: Maker, deflate: impl Fn(&[u8]) -> Vec<u8> + Sync) -> Vec<u8> {
        let mut member = Vec::new();
        let mut gzip = Gzip::new(&mut member, maker, bytes.len() as u64, deflate).unwrap();
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap();
        member
    }

    #[test]
    fn a_stream_that_goes_on_ends_with_a_byte_wherever_its_last_bit_is() {
        let mut ends = std::collections::BTreeSet::new();
        for length in [0, 1, 2, 3, 10, 100, 1000, 5001, 5002, 5003, 5004, 70_000, 700_000] {
            let (one, other) = (bytes(length), bytes(length / 2));
            let stream = deflate(&one);
            let (whole, joined) = (stream.len(), continued(stream, length));
            ends.insert(joined.len() - whole);
            let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
            member.extend([joined, deflate(&other)].concat());
            let plain = [one, other].concat();
            member.extend(crc32(&plain).to_le_bytes());
            member.extend((plain.len() as u32).to_le_bytes());
            assert!(first_member(&member) == plain, "{length}");
        }
        // With and without a byte more for the three bits.
        assert_eq!(ends.into_iter().collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn few_bytes_are_one_piece_as_the_compressor_makes_it() {
        for length in [0, 1, 1000, 2 * PIECE_BYTES as usize - 1] {
            let bytes = bytes(length);
            let stored = gzip(&bytes, MAKER, deflate);
            assert_eq!(stored[10..stored.len() - 8], deflate(&bytes), "{length}");
            assert!(first_member(&stored) == bytes, "{length}");
        }
    }

    #[test]
    fn many_bytes_are_one_member_whatever_the_number_of_cores() {
        let bytes = bytes(5 * PIECE_BYTES as usize + 7);
        let pool = |cores| rayon::ThreadPoolBuilder::new().num_threads(cores).build().unwrap();
        let stored = [1, 2, 3, 7].map(|cores| pool(cores).install(|| gzip(&bytes, MAKER, deflate)));
        assert!(stored.iter().all(|other| *other == stored[0]));
        assert!(stored[0][10..stored[0].len() - 8] != deflate(&bytes));
        assert!(first_member(&stored[0]) == bytes);
    }
}
