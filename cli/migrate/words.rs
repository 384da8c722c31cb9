//! Words, as Docker and shells take a text apart: with quotes, continued lines and variables.

use super::variables::{Expanded, Variables, reference};

/// Who takes it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Docker: blanks part words, and nothing else.
    Docker,
    /// A shell: there are operators, and a variable without quotes may be several words.
    Shell,
}

/// A piece of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(Word),
    /// `&&`, `;`, `|`, `>` and the like; a line break is `;`.
    Operator(&'static str),
}

/// A word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Where it begins.
    pub at: usize,
    /// Where it ends.
    pub end: usize,
    /// What only a shell could tell, such as `$(date)`.
    pub unknown: Option<String>,
    /// Variables in it that nobody has set.
    pub unset: Vec<String>,
    /// Variables in it that each build may be given another value of.
    pub arguments: Vec<String>,
}

/// Whether there is something in a word that only a shell could tell, such as `$(date)`: what is known does not stand there any more.
#[must_use]
pub fn is_unknown(word: &str) -> bool {
    ["$(", "${", "`"].iter().any(|mark| word.contains(mark))
}

/// Longest first.
const OPERATORS: [&str; 21] = [
    "2>&1", "1>&2", ">&2", "1>>", "2>>", "&>>", "&&", "||", ";;", ">>", "<<", "1>", "2>", "&>", ";", "|",
    "&", ">", "<", "(", ")",
];

/// Takes the text apart. `escape` is what a Dockerfile continues lines with, and Docker quotes with.
#[must_use]
pub fn tokens(text: &str, reader: Reader, escape: char, variables: &Variables) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, reader, escape, variables, word: None, tokens: Vec::new() };
    while lexer.step() {}
    lexer.end_word();
    lexer.tokens
}

/// Docker's words.
#[must_use]
pub fn words(text: &str, escape: char, variables: &Variables) -> Vec<Word> {
    let words = tokens(text, Reader::Docker, escape, variables).into_iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        Token::Operator(_) => None,
    });
    words.collect()
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    reader: Reader,
    escape: char,
    variables: &'a Variables,
    word: Option<Word>,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Reads on; tells whether there was something.
    fn step(&mut self) -> bool {
        let Some(c) = self.rest().chars().next() else { return false };
        if self.skip_continuation() {
            return true;
        }
        let quote = if self.reader == Reader::Docker { self.escape } else { '\\' };
        match c {
            _ if c == quote => self.escaped(),
            '\'' => self.quoted(),
            '"' => self.double_quoted(quote),
            '$' => self.variable(self.reader == Reader::Shell),
            '`' if self.reader == Reader::Shell => self.unknown('`'),
            '#' if self.reader == Reader::Shell && self.word.is_none() => self.skip_comment(),
            '\n' if self.reader == Reader::Shell => {
                self.end_word();
                self.tokens.push(Token::Operator(";"));
                self.at += 1;
            }
            _ if c.is_whitespace() => {
                self.end_word();
                self.at += c.len_utf8();
            }
            _ => match self.operator() {
                Some(operator) => {
                    self.end_word();
                    self.at += operator.len();
                    self.tokens.push(Token::Operator(operator));
                }
                None => self.push(c),
            },
        }
        true
    }

    fn operator(&self) -> Option<&'static str> {
        // `a2>b` writes to `b` what `a2` says.
        let may_be_here = |operator: &str| self.word.is_none() || !operator.starts_with(['1', '2']);
        let is_here = |operator: &&&str| self.rest().starts_with(**operator) && may_be_here(operator);
        OPERATORS.iter().filter(|_| self.reader == Reader::Shell).find(is_here).copied()
    }

    fn word(&mut self) -> &mut Word {
        let at = self.at;
        self.word.get_or_insert_with(|| Word { at, ..Word::default() })
    }

    fn push(&mut self, c: char) {
        self.word().text.push(c);
        self.at += c.len_utf8();
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take() {
            self.tokens.push(Token::Word(Word { end: self.at, ..word }));
        }
    }

    /// Also skips comments and empty lines between continued ones, as Docker does.
    fn skip_continuation(&mut self) -> bool {
        let Some(behind) = self.rest().strip_prefix(self.escape) else { return false };
        let blanks = behind.len() - behind.trim_start_matches([' ', '\t', '\r']).len();
        if !behind[blanks..].starts_with('\n') {
            return false;
        }
        self.at += self.escape.len_utf8() + blanks + 1;
        loop {
            let line = self.rest().lines().next().unwrap_or_default();
            let content = line.trim();
            if !(content.starts_with('#') || content.is_empty() && self.rest().contains('\n')) {
                return true;
            }
            self.skip_line();
        }
    }

    /// Up to the next line.
    fn skip_line(&mut self) {
        self.skip_comment();
        self.at += usize::from(!self.rest().is_empty());
    }

    /// Up to the end of this line.
    fn skip_comment(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn escaped(&mut self) {
        self.word();
        self.at += 1;
        if let Some(c) = self.rest().chars().next() {
            self.push(c);
        }
    }

    fn quoted(&mut self) {
        self.word();
        self.at += 1;
        while let Some(c) = self.rest().chars().next() {
            if c == '\'' {
                self.at += 1;
                return;
            }
            self.push(c);
        }
    }

    fn double_quoted(&mut self, quote: char) {
        self.word();
        self.at += 1;
        while let Some(c) = self.rest().chars().next() {
            if self.skip_continuation() {
                continue;
            }
            match c {
                '"' => {
                    self.at += 1;
                    return;
                }
                _ if c == quote => {
                    self.at += 1;
                    match self.rest().chars().next() {
                        Some(c) if matches!(c, '"' | '$' | '`') || c == quote => self.push(c),
                        _ => self.word().text.push(quote),
                    }
                }
                '$' => self.variable(false),
                '`' if self.reader == Reader::Shell => self.unknown('`'),
                _ => self.push(c),
            }
        }
    }

    fn variable(&mut self, may_be_several: bool) {
        let behind = &self.text[self.at + 1..];
        if behind.starts_with('(') {
            return self.unknown(')');
        }
        let Some((inside, after)) = reference(behind) else { return self.push('$') };
        let expanded = self.variables.expand(inside);
        if let Some(name) = self.variables.argument(inside) {
            self.word().arguments.push(name.to_owned());
        }
        let whole = self.text[self.at..self.text.len() - after.len()].to_owned();
        let end = self.text.len() - after.len();
        match expanded {
            // What a variable has of a shell is not known in parts either.
            Ok(Expanded::Text(text)) if may_be_several && !is_unknown(&text) => {
                for (number, part) in text.split_whitespace().enumerate() {
                    if number > 0 {
                        self.end_word();
                    }
                    self.word().text.push_str(part);
                }
            }
            Ok(Expanded::Text(text)) => self.word().text.push_str(&text),
            Ok(Expanded::Unknown(name)) => self.word().unset.push(name),
            Err(_) => {
                self.word().text.push_str(&whole);
                self.word().unknown = Some(whole);
            }
        }
        self.at = end;
    }

    /// What only a shell can tell, up to where it ends.
    fn unknown(&mut self, end: char) {
        let rest = self.rest();
        let mut depth = 0;
        let mut length = rest.len();
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                '(' if end == ')' => depth += 1,
                _ if c == end => {
                    depth -= 1;
                    if depth <= 0 {
                        length = at + 1;
                        break;
                    }
                }
                _ => {}
            }
        }
        let whole = rest[..length].to_owned();
        self.word().text.push_str(&whole);
        self.word().unknown = Some(whole);
        self.at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, reader: Reader) -> Vec<String> {
        let mut variables = Variables::default();
        variables.set_env("FLAGS", "-O2 -g".into());
        let tokens = tokens(text, reader, '\\', &variables).into_iter().map(|token| match token {
            Token::Word(word) => word.text,
            Token::Operator(operator) => format!("<{operator}>"),
        });
        tokens.collect()
    }

    #[test]
    fn a_shell_parts_words_by_blanks_and_operators() {
        for (text, expected) in [
            ("a  'b c' \"d $FLAGS\"", &["a", "b c", "d -O2 -g"][..]),
            ("cc $FLAGS x.c&&mv a b", &["cc", "-O2", "-g", "x.c", "<&&>", "mv", "a", "b"]),
            ("a \\\n  # why\n\n  b # more\nc", &["a", "b", "<;>", "c"]),
            ("a=\"x\\\"y\" \\$b 2>/dev/null", &["a=x\"y", "$b", "<2>>", "/dev/null"]),
            ("x $(date +%s | y) `z`", &["x", "$(date +%s | y)", "`z`"]),
            ("a32>b", &["a32", "<>>", "b"]),
            ("a 1>b 2>>c 1>>d &>>e", &["a", "<1>>", "b", "<2>>>", "c", "<1>>>", "d", "<&>>>", "e"]),
            ("'open", &["open"]),
            ("ü \\", &["ü", ""]),
        ] {
            assert_eq!(told(text, Reader::Shell), expected, "{text}");
        }
    }

    #[test]
    fn docker_parts_words_by_blanks_only() {
        assert_eq!(
            told("A=\"b c\" D=e\\ f \\\n # no\n G=$FLAGS;h", Reader::Docker),
            ["A=b c", "D=e f", "G=-O2 -g;h"]
        );
    }
}
