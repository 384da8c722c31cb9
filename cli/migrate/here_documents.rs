//! Here-documents that the parser does not know: those of a command behind `RUN`, as in `RUN cat <<EOF > file`. Their bodies are
//! made comments of the same length, so that all else stays where it is.

/// Where one begins that never ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Endless {
    pub line: usize,
    pub delimiter: String,
}

/// The text without the bodies the parser would take for instructions.
///
/// # Errors
/// One has no end.
pub fn hidden(text: &str, escape: char) -> Result<String, Endless> {
    let mut hidden = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').enumerate();
    let mut instruction = String::new();
    while let Some((number, line)) = lines.next() {
        hidden.push_str(line);
        let content = line.trim_end();
        // Within a continued instruction, comments and empty lines do not end it.
        if content.trim_start().starts_with('#') || content.is_empty() && !instruction.is_empty() {
            continue;
        }
        if let Some(continued) = content.strip_suffix(escape) {
            instruction.push_str(continued);
            continue;
        }
        instruction.push_str(content);
        let is_known = is_known(&instruction);
        for delimiter in delimiters(&std::mem::take(&mut instruction)) {
            loop {
                let Some((_, line)) = lines.next() else {
                    return Err(Endless { line: number + 1, delimiter: delimiter.word });
                };
                hidden.push_str(&if is_known { line.to_owned() } else { comment(line) });
                if delimiter.ends(line) {
                    break;
                }
            }
        }
    }
    Ok(hidden)
}

/// A comment of the same length.
fn comment(line: &str) -> String {
    let content = line.trim_end_matches(['\n', '\r']);
    let blanks = " ".repeat(content.len().saturating_sub(1));
    let mark = if content.is_empty() { "" } else { "#" };
    format!("{mark}{blanks}{}", &line[content.len()..])
}

/// What ends a here-document.
#[derive(Debug, PartialEq, Eq)]
struct Delimiter {
    word: String,
    may_be_indented: bool,
}

impl Delimiter {
    fn ends(&self, line: &str) -> bool {
        let line = line.trim_end_matches(['\n', '\r']);
        let line = if self.may_be_indented { line.trim_start_matches('\t') } else { line };
        line == self.word
    }
}

/// Those that an instruction names, if it is one that may.
fn delimiters(instruction: &str) -> Vec<Delimiter> {
    let keyword = instruction.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if !["RUN", "COPY", "ADD"].contains(&keyword.as_str()) {
        return Vec::new();
    }
    words(instruction).filter_map(delimiter).collect()
}

/// Words as they are written: within quotes, blanks part none.
fn words(instruction: &str) -> impl Iterator<Item = &str> {
    let (mut open, mut is_escaped) = (None, false);
    instruction.split(move |c: char| {
        match open {
            _ if is_escaped => is_escaped = false,
            _ if c == '\\' && open != Some('\'') => is_escaped = true,
            Some(quote) if c == quote => open = None,
            None if matches!(c, '"' | '\'') => open = Some(c),
            _ => {}
        }
        open.is_none() && c.is_whitespace()
    })
}

/// The one that a word names. As Docker does, only one that begins the word is looked at: others are texts of a command.
fn delimiter(word: &str) -> Option<Delimiter> {
    let behind = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let may_be_indented = behind.starts_with('-');
    let quoted = behind.trim_start_matches('-');
    let open = quoted.chars().next().filter(|c| matches!(c, '"' | '\''));
    let is_end = |c: char| match open {
        Some(quote) => c == quote,
        None => !(c.is_alphanumeric() || "_.-".contains(c)),
    };
    let inner = quoted.trim_start_matches(['"', '\'']);
    let word = &inner[..inner.find(is_end).unwrap_or(inner.len())];
    // Three of them begin a text, and `1 <<3` is arithmetic.
    let is_name = !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit());
    is_name.then(|| Delimiter { word: word.to_owned(), may_be_indented })
}

/// Whether the parser knows it: behind `COPY` and `ADD`, and right behind `RUN` and its options.
fn is_known(instruction: &str) -> bool {
    let mut words = instruction.split_whitespace();
    let is_run = words.next().is_some_and(|keyword| keyword.eq_ignore_ascii_case("RUN"));
    !is_run || words.find(|word| !word.starts_with("--")).is_some_and(|word| word.starts_with("<<"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_command_becomes_a_comment_of_its_length() {
        let text = "FROM a\nRUN cat <<EOF > b && \\\n  c <<-'END'\nFROM é\n\nEOF\n\tx\n\tEND\nUSER 1\n";
        let hidden = hidden(text, '\\').unwrap();
        assert_eq!(hidden.len(), text.len());
        assert_eq!(
            hidden,
            "FROM a\nRUN cat <<EOF > b && \\\n  c <<-'END'\n#      \n\n#  \n# \n#   \nUSER 1\n"
        );
    }

    #[test]
    fn what_the_parser_knows_stays() {
        let text = "RUN --mount=type=cache,target=/x <<EOF\nRUN cat <<A\nEOF\nCOPY <<a /b\nx\na\nRUN x <<<\"y\" $((1 << 3))\n";
        assert_eq!(hidden(text, '\\').unwrap(), text);
    }

    #[test]
    fn what_is_quoted_or_within_a_word_is_none() {
        let text = "RUN sed -i 's/<<VERSION>>/1.0/' f \"a <<B\" c<<D \\<<E && x << F\nUSER 1\n";
        assert_eq!(hidden(text, '\\').unwrap(), text);
    }

    #[test]
    fn comments_and_empty_lines_do_not_end_a_continued_instruction() {
        let text = "RUN a \\\n# <<X don't\n\n  cat <<EOF\nFROM b\nEOF\nUSER 1\n";
        let expected = "RUN a \\\n# <<X don't\n\n  cat <<EOF\n#     \n#  \nUSER 1\n";
        assert_eq!(hidden(text, '\\').unwrap(), expected);
    }

    #[test]
    fn one_without_an_end_is_told() {
        let endless = Endless { line: 2, delimiter: "EOF".to_owned() };
        assert_eq!(hidden("FROM a\nRUN sh <<EOF\nx\n", '\\'), Err(endless));
    }
}
