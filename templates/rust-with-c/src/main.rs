//! Prints the CRC-32 of each argument, computed in C.

mod crc32;

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for text in std::env::args().skip(1) {
        writeln!(stdout, "{:08x} {text}", crc32::crc32(text.as_bytes()))?;
    }
    Ok(())
}
