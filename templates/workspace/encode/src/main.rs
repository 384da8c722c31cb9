//! Writes its arguments in Morse code, one line for each.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for text in std::env::args().skip(1) {
        writeln!(stdout, "{}", morse::encode(&text))?;
    }
    Ok(())
}
