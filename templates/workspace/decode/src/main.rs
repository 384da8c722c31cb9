//! Reads its arguments, which are in Morse code, and writes their text, one line for each.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for code in std::env::args().skip(1) {
        writeln!(stdout, "{}", morse::decode(&code))?;
    }
    Ok(())
}
