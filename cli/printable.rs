//! Text of unknown origin, made fit for a terminal.

use std::borrow::Cow;

/// The text with its control characters spelled out. Names in an image or module may hold anything, and must not steer
/// the terminal they are shown in.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    without(text, char::is_control)
}

/// The same for a text of several lines, which stay lines.
#[must_use]
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    without(text, |c| c.is_control() && !matches!(c, '\n' | '\t'))
}

fn without(text: &str, steers: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let spelled = |c: char| if steers(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(spelled).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_spelled_out_and_others_stay() {
        assert_eq!(printable("a\u{1b}[31m\n\u{9b}é"), "a\\u{1b}[31m\\n\\u{9b}é");
        assert_eq!(printable_lines("a\u{1b}[31m\n\tb\r"), "a\\u{1b}[31m\n\tb\\r");
    }
}
