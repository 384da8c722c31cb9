//! What was said beside what should be: `[..]` stands for the rest of a word or line, and a line of `...` for any lines.

use regex::Regex;

/// Whether something said is what should be.
pub fn is_like(said: &str, expected: &str) -> bool {
    let pattern: String = expected.split_inclusive('\n').map(of_line).collect();
    Regex::new(&format!("^{pattern}$")).unwrap().is_match(said)
}

fn of_line(line: &str) -> String {
    match line {
        "...\n" => "(?:.*\n)*".to_owned(),
        line => line.split("[..]").map(regex::escape).collect::<Vec<_>>().join(".*"),
    }
}

/// Both, one below the other.
pub fn unlike(said: &str, expected: &str) -> String {
    format!("should be\n{expected}and is\n{said}")
}

#[test]
fn dots_stand_for_what_is_not_told() {
    assert!(is_like("a 1 b\nc\nd\ne\n", "a [..] b\n...\ne\n"));
    assert!(is_like("a\ne\n", "a\n...\ne\n"));
    assert!(!is_like("a\nf\n", "a\n...\ne\n"));
    assert!(!is_like("a.\n", "ab\n"));
}
