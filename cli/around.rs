//! What stands at a place in bytes, as people read it.

/// The text that a byte is in; the bytes from there on if it is none.
#[must_use]
pub fn around(bytes: &[u8], at: usize) -> String {
    const LONGEST: usize = 60;
    if at >= bytes.len() {
        return "the end".to_owned();
    }
    let is_text = |byte: &u8| (b' '..=b'~').contains(byte);
    let before = bytes[..at].iter().rev().take(LONGEST).take_while(|byte| is_text(byte)).count();
    let after = bytes[at..].iter().take(LONGEST).take_while(|byte| is_text(byte)).count();
    let text = &bytes[at - before..at + after];
    if after > 0 && text.len() >= 4 {
        return format!("`{}`", String::from_utf8_lossy(text));
    }
    let hex: Vec<_> = bytes[at..].iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_in_a_text_is_shown_with_it() {
        assert_eq!(around(b"\0built 12:00\0", 8), "`built 12:00`");
        assert_eq!(around(b"\0\x01\x02", 2), "02");
        assert_eq!(around(b"\0\x01", 2), "the end");
    }
}
