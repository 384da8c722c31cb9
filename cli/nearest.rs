//! What somebody may have meant.

/// The known word that is most like the one typed, if it is like it at all.
#[must_use]
pub fn of<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Of short words one slip of the finger changes most.
    let is_slip = |word: &str| word.len() > 2 && strsim::damerau_levenshtein(typed, word) == 1;
    let likeness = |word: &str| if is_slip(word) { 1.0 } else { strsim::jaro_winkler(typed, word) };
    known.filter(|word| likeness(word) > 0.7).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_slip_is_enough_in_short_words() {
        let known = || ["sources", "std", "system", "env"].into_iter();
        assert_eq!(super::of("sdt", known()), Some("std"));
        assert_eq!(super::of("sourcs", known()), Some("sources"));
        assert_eq!(super::of("en", known()), Some("env"));
        assert_eq!(super::of("xyz", known()), None);
    }
}
