//! What somebody may have meant.

/// The known word that is most like the one typed, if it is like it at all.
#[must_use]
pub fn of<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |word: &str| strsim::jaro_winkler(typed, word);
    known.filter(|word| likeness(word) > 0.7).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}
