//! The makefile rules in which compilers list what a source includes.

use camino::Utf8PathBuf;

/// The prerequisites in the output of `-MD`: `target: a.c b.h \` and so on. A space in a name is `\ `, a number sign
/// `\#`, a dollar sign `$$`; any other backslash stands for itself, as on Windows.
pub(crate) fn parse(text: &str) -> Vec<Utf8PathBuf> {
    // The target ends at the first colon with a blank after it; `C:\` has none.
    let Some((_, list)) = text.split_once(": ") else { return Vec::new() };
    let mut names = vec![String::new()];
    let mut rest = list.chars().peekable();
    while let Some(c) = rest.next() {
        let name = names.last_mut().expect("there is always one name being read");
        match (c, rest.peek()) {
            ('\\', Some('\n' | '\r')) => {}
            ('\\', Some(' ' | '#')) | ('$', Some('$')) => name.extend(rest.next()),
            (' ' | '\n' | '\r' | '\t', _) => names.push(String::new()),
            _ => name.push(c),
        }
    }
    names.into_iter().filter(|name| !name.is_empty()).map(Utf8PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_over_several_lines_is_read() {
        let text = "main.o: main.c include/a.h \\\n  /usr/include/wasm32-wasi/stdio.h \\\n  b.h\n";
        assert_eq!(parse(text), ["main.c", "include/a.h", "/usr/include/wasm32-wasi/stdio.h", "b.h"]);
    }

    #[test]
    fn escaped_characters_are_read_as_what_they_stand_for() {
        assert_eq!(parse("x.o: my\\ file.c price$$.h a\\#b.h\n"), ["my file.c", "price$.h", "a#b.h"]);
    }

    #[test]
    fn windows_paths_survive() {
        assert_eq!(
            parse("C:\\t\\x.o: C:\\src\\x.c \\\r\n  C:\\src\\x.h\r\n"),
            ["C:\\src\\x.c", "C:\\src\\x.h"]
        );
    }

    #[test]
    fn an_empty_rule_has_no_names() {
        assert!(parse("").is_empty());
        assert!(parse("x.o:\n").is_empty());
    }
}
