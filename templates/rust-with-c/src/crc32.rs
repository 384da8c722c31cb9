//! The C part, as a safe function.

mod c {
    unsafe extern "C" {
        pub fn crc32(bytes: *const u8, length: usize) -> u32;
    }
}

/// The CRC-32 of bytes, as gzip has it.
pub fn crc32(bytes: &[u8]) -> u32 {
    // SAFETY: C reads as many bytes as the slice has, and keeps none.
    unsafe { c::crc32(bytes.as_ptr(), bytes.len()) }
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_checksums_are_those_of_gzip() {
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
