//! What was said beside what should be: `[..]` stands for the rest of a word or line, and a line of `...` for any lines.

use snapbox::Data;
use snapbox::filter::NormalizeToExpected;

/// Whether something said is what should be. Lines of cargo's and of ours come by two ways, so their order is not looked at.
pub fn is_like(said: &str, expected: &str) -> bool {
    let expected = Data::text(expected);
    let said = NormalizeToExpected::new().redact().unordered().normalize(Data::text(said), &expected);
    said.render() == expected.render()
}

#[test]
fn dots_stand_for_what_is_not_told() {
    assert!(is_like("a 1 b\nc\nd\ne\n", "a [..] b\n...\ne\n"));
    assert!(is_like("a\ne\n", "a\n...\ne\n"));
    assert!(!is_like("a\nf\n", "a\n...\ne\n"));
    assert!(!is_like("a.\n", "ab\n"));
}
