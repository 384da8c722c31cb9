//! A terminal of a width that was asked for, where a bar is drawn though nobody knows what reads it.

use std::io::{self, Write as _};

use indicatif::TermLike;

/// Standard error, taken for a terminal.
#[derive(Debug)]
pub(super) struct Wide {
    /// In columns.
    pub width: u16,
}

impl Wide {
    fn write(text: &str) -> io::Result<()> {
        io::stderr().write_all(text.as_bytes())
    }

    fn moved(count: usize, letter: char) -> io::Result<()> {
        if count > 0 { Self::write(&format!("\x1b[{count}{letter}")) } else { Ok(()) }
    }
}

impl TermLike for Wide {
    fn width(&self) -> u16 {
        self.width
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        Self::moved(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        Self::moved(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        Self::moved(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        Self::moved(n, 'D')
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        Self::write(&format!("{s}\n"))
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        Self::write(s)
    }

    fn clear_line(&self) -> io::Result<()> {
        Self::write("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
