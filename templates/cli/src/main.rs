//! Counts how often each word occurs: in the arguments, or without any in standard input.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// Each word with its count, the most frequent first; words of one count are in alphabetical order.
fn ranking(text: &str) -> Vec<(&str, usize)> {
    let mut counts = BTreeMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut ranking: Vec<_> = counts.into_iter().collect();
    ranking.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    ranking
}

fn main() -> io::Result<()> {
    let mut text = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        io::stdin().read_to_string(&mut text)?;
    }
    let mut stdout = io::stdout().lock();
    for (word, count) in ranking(&text) {
        writeln!(stdout, "{count:>7} {word}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::ranking;

    #[test]
    fn the_most_frequent_word_comes_first() {
        assert_eq!(
            ranking("fig pear\nfig apple"),
            [("fig", 2), ("apple", 1), ("pear", 1)]
        );
    }

    #[test]
    fn no_words_are_no_lines() {
        assert!(ranking(" \n").is_empty());
    }
}
