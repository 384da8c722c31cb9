//! Words in one line, for whoever takes the line apart as a shell does.

/// One line, with quotes around the words in which a shell sees more than letters.
pub(crate) fn quoted<S: AsRef<str>>(words: &[S]) -> String {
    let quoted = |word: &S| {
        let word = word.as_ref();
        if !word.is_empty() && word.chars().all(is_plain) {
            word.to_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// The line as a makefile has it, or a file of ninja: a dollar is the beginning of a variable there.
pub(crate) fn in_makefile(line: &str) -> String {
    line.replace('$', "$$")
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "-_=+./,:@%".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_need_quotes_have_some() {
        let words = ["/opt/my sdk/clang", "-O2", "-DVERSION=\"1.2\"", "-DPRICE=$5", "it's", "", "-Iübung"];
        assert_eq!(
            quoted(&words),
            r#"'/opt/my sdk/clang' -O2 '-DVERSION="1.2"' '-DPRICE=$5' 'it'\''s' '' -Iübung"#
        );
    }
}
