//! The commands in a line for the shell.

use std::ops::Range;

use super::places::file_name;
use super::variables::Variables;
use super::words::{Reader, Token, Word, is_unknown, tokens};

/// One command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// The program as it was written, and its arguments.
    pub words: Vec<String>,
    /// Variables that only it has.
    pub assigned: Vec<(String, String)>,
    /// As it was written.
    pub text: String,
    /// The files that what it says is written to, also by those that it is piped to.
    pub writes: Vec<String>,
    /// Whether it begins what runs if something else does not.
    pub is_alternative: bool,
    /// Whether it takes a shell: there are pipes, or what only a shell can tell.
    pub needs_shell: bool,
}

/// A part of a line for the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Where a command stands.
    Command(Range<usize>),
    /// `(`: what is changed from here on is as it was behind the `)`.
    Open,
    /// `)`
    Close,
}

/// The parts of a text.
#[must_use]
pub fn parts(text: &str, escape: char) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut is_open = false;
    for token in tokens(text, Reader::Shell, escape, &Variables::default()) {
        match token {
            Token::Operator("&&" | "||" | ";" | ";;" | "&") => is_open = false,
            Token::Operator(operator @ ("(" | ")")) => {
                is_open = false;
                parts.push(if operator == "(" { Part::Open } else { Part::Close });
            }
            Token::Operator(_) => {}
            Token::Word(word) => match parts.last_mut() {
                Some(Part::Command(span)) if is_open => span.end = word.end,
                _ => {
                    parts.push(Part::Command(word.at..word.end));
                    is_open = true;
                }
            },
        }
    }
    parts
}

/// Words before a program that change nothing of what it makes.
const BEFORE: [&str; 12] =
    ["then", "else", "do", "{", "!", "if", "elif", "while", "sudo", "time", "exec", "env"];

impl Command {
    /// Reads one.
    #[must_use]
    pub fn read(text: &str, escape: char, variables: &Variables) -> Self {
        let mut command = Self { text: text.to_owned(), ..Self::default() };
        let mut all = tokens(text, Reader::Shell, escape, variables).into_iter();
        // Who reads what it says is no argument of its own.
        let mut readers: Vec<Vec<String>> = Vec::new();
        while let Some(token) = all.next() {
            match (token, readers.last_mut()) {
                (Token::Operator("|"), _) => readers.push(Vec::new()),
                (Token::Operator(">" | ">>" | "1>" | "1>>"), _) => {
                    if let Some(Token::Word(word)) = all.next() {
                        command.writes.push(word.text);
                    }
                }
                (Token::Operator("2>" | "2>>" | "&>" | "&>>" | "<" | "<<"), _) => drop(all.next()),
                (Token::Operator(_), _) => {}
                (Token::Word(word), Some(reader)) => reader.push(word.text),
                (Token::Word(word), None) => {
                    let at = word.at;
                    command.take(word);
                    // What stands before is of no interest.
                    if command.words.len() + command.assigned.len() == 1 {
                        text[at..].clone_into(&mut command.text);
                    }
                }
            }
        }
        command.writes.extend(readers.iter().flat_map(|words| written_by(words)));
        command.writes.retain(|path| !path.starts_with("/dev/"));
        command.needs_shell |= !(readers.is_empty() && command.writes.is_empty());
        command.text = in_one_line(&command.text, escape);
        command
    }

    fn take(&mut self, word: Word) {
        self.needs_shell |= is_unknown(&word.text);
        if self.words.is_empty() {
            if BEFORE.contains(&word.text.as_str()) || word.text.is_empty() {
                self.is_alternative |= matches!(&*word.text, "else" | "elif");
                return;
            }
            let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if let Some((name, value)) = word.text.split_once('=').filter(|(name, _)| is_name(name)) {
                self.assigned.push((name.to_owned(), value.to_owned()));
                return;
            }
        }
        self.words.push(word.text);
    }

    /// The name of the program, without its folder.
    #[must_use]
    pub fn program(&self) -> &str {
        self.words.first().map_or("", |word| file_name(word))
    }

    /// Its arguments.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Its arguments that are no flags.
    #[must_use]
    pub fn operands(&self) -> Vec<&str> {
        self.arguments().iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect()
    }

    /// The value of a flag, as `--flag value`, `--flag=value`, or `-fvalue` for a short one.
    #[must_use]
    pub fn value(&self, flags: &[&str]) -> Option<&str> {
        let mut arguments = self.arguments().iter();
        while let Some(word) = arguments.next() {
            for flag in flags {
                if word == flag {
                    return arguments.next().map(String::as_str);
                }
                if let Some(value) = word.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) {
                    return Some(value);
                }
            }
        }
        None
    }
}

/// The text without the ends of continued lines, and without comments between these, as Docker hands it to a shell.
fn in_one_line(text: &str, escape: char) -> String {
    let is_quoted = text.contains(['"', '\'']);
    let (mut whole, mut is_continued) = (String::new(), false);
    for line in text.lines() {
        if is_continued && (line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        // Blanks count between quotes only.
        whole.push_str(if is_continued && !is_quoted { line.trim_start() } else { line });
        is_continued = whole.trim_end().ends_with(escape);
        if is_continued {
            whole.truncate(whole.trim_end().len() - escape.len_utf8());
        } else {
            whole.push('\n');
        }
    }
    whole.trim_end().to_owned()
}

/// The files of `tee`, which writes what it reads.
fn written_by(words: &[String]) -> impl Iterator<Item = String> {
    let mut words = words.iter().skip_while(|word| BEFORE.contains(&word.as_str()));
    let is_tee = words.next().is_some_and(|program| file_name(program) == "tee");
    words.filter(move |word| is_tee && !word.starts_with('-')).cloned()
}

/// The folder in which the build looks for modules.
pub const OUT: &str = "$WASMPACK_OUT";

/// One line for a shell, with quotes where they are needed.
#[must_use]
pub fn quoted(words: &[String]) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_=+./,:@%".contains(c);
    let quoted = |word: &String| {
        // Ours is for the shell to fill in.
        let plain = word.replace(OUT, "");
        if !word.is_empty() && plain.chars().all(is_plain) {
            word.clone()
        } else if word.contains(OUT) {
            let parts: Vec<String> = word.split(OUT).map(escaped).collect();
            format!("\"{}\"", parts.join(OUT))
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// As it stands between double quotes.
fn escaped(text: &str) -> String {
    let is_special = |c: char| matches!(c, '"' | '\\' | '$' | '`');
    text.chars().flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<&str> {
        let commands = parts(text, '\\').into_iter().filter_map(|part| match part {
            Part::Command(span) => Some(&text[span]),
            Part::Open | Part::Close => None,
        });
        commands.collect()
    }

    #[test]
    fn commands_stand_between_operators() {
        let text = "set -e; cd app && CC=clang make -j4 2>&1 | tee log || (echo no > /dev/null)";
        let texts: Vec<_> = commands(text);
        assert_eq!(texts, ["set -e", "cd app", "CC=clang make -j4 2>&1 | tee log", "echo no > /dev/null"]);
        let make = Command::read(texts[2], '\\', &Variables::default());
        assert_eq!(make.words, ["make", "-j4"]);
        assert_eq!(make.assigned, [("CC".to_owned(), "clang".to_owned())]);
        assert!(make.needs_shell);
        assert_eq!(make.writes, ["log"]);
        let echo = Command::read(texts[3], '\\', &Variables::default());
        assert!(echo.writes.is_empty() && !echo.needs_shell);
    }

    #[test]
    fn what_is_written_is_found_behind_pipes_too() {
        let text = "cat a | sort 1> b | sudo tee -a c d | wc -l 2> e >> f 2>>g";
        let command = Command::read(text, '\\', &Variables::default());
        assert_eq!(command.words, ["cat", "a"]);
        assert_eq!(command.writes, ["b", "f", "c", "d"]);
    }

    #[test]
    fn a_text_for_a_shell_is_what_docker_hands_to_it() {
        for (text, expected) in [
            ("a \\\n    # why\n\n    --b | c", "a --b | c"),
            ("a \\  \n  \"b \\\n c\" | d", "a   \"b  c\" | d"),
            ("a | b", "a | b"),
        ] {
            assert_eq!(Command::read(text, '\\', &Variables::default()).text, expected);
        }
    }

    #[test]
    fn our_folder_is_for_the_shell_to_fill_in_whatever_stands_beside_it() {
        let words = ["./b", "a b", "$WASMPACK_OUT/a.wasm", "--o=$WASMPACK_OUT/my \"$app\".wasm"];
        let line = quoted(&words.map(str::to_owned));
        assert_eq!(line, r#"./b 'a b' $WASMPACK_OUT/a.wasm "--o=$WASMPACK_OUT/my \"\$app\".wasm""#);
    }

    #[test]
    fn a_shell_of_its_own_is_a_part() {
        let text = "(cd a && b) && $(c d)";
        let parts = parts(text, '\\');
        assert_eq!(
            parts,
            [Part::Open, Part::Command(1..5), Part::Command(9..10), Part::Close, Part::Command(15..21)]
        );
    }
}
