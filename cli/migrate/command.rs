//! The commands in a line for the shell.

use super::places::file_name;
use super::variables::Variables;
use super::words::{Reader, Token, Word, tokens};

/// One command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// The program as it was written, and its arguments.
    pub words: Vec<String>,
    /// Variables that only it has.
    pub assigned: Vec<(String, String)>,
    /// As it was written.
    pub text: String,
    /// The file that what it says is written to.
    pub writes: Option<String>,
    /// Whether it takes a shell: there are pipes, or what only a shell can tell.
    pub needs_shell: bool,
}

/// Where the commands of a text stand.
#[must_use]
pub fn spans(text: &str, escape: char) -> Vec<std::ops::Range<usize>> {
    let mut spans: Vec<std::ops::Range<usize>> = Vec::new();
    let mut is_open = false;
    for token in tokens(text, Reader::Shell, escape, &Variables::default()) {
        match token {
            Token::Operator("&&" | "||" | ";" | ";;" | "&" | "(" | ")") => is_open = false,
            Token::Operator(_) => {}
            Token::Word(word) => match spans.last_mut().filter(|_| is_open) {
                Some(span) => span.end = word.end,
                None => {
                    spans.push(word.at..word.end);
                    is_open = true;
                }
            },
        }
    }
    spans
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
        while let Some(token) = all.next() {
            match token {
                Token::Operator("|") => {
                    command.needs_shell = true;
                    // Who reads what it says is no argument of its own.
                    break;
                }
                Token::Operator(">" | ">>") => {
                    if let Some(Token::Word(word)) = all.next() {
                        command.writes = Some(word.text);
                    }
                }
                Token::Operator("2>" | "&>" | "<" | "<<") => drop(all.next()),
                Token::Operator(_) => {}
                Token::Word(word) => {
                    let at = word.at;
                    command.take(word);
                    // What stands before is of no interest.
                    if command.words.len() + command.assigned.len() == 1 {
                        text[at..].clone_into(&mut command.text);
                    }
                }
            }
        }
        command.writes.take_if(|path| path.starts_with("/dev/"));
        command
    }

    fn take(&mut self, word: Word) {
        self.needs_shell |= word.unknown.is_some();
        if self.words.is_empty() {
            if BEFORE.contains(&word.text.as_str()) || word.text.is_empty() {
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
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stand_between_operators() {
        let text = "set -e; cd app && CC=clang make -j4 2>&1 | tee log || (echo no > /dev/null)";
        let texts: Vec<_> = spans(text, '\\').into_iter().map(|span| &text[span]).collect();
        assert_eq!(texts, ["set -e", "cd app", "CC=clang make -j4 2>&1 | tee log", "echo no > /dev/null"]);
        let make = Command::read(texts[2], '\\', &Variables::default());
        assert_eq!(make.words, ["make", "-j4"]);
        assert_eq!(make.assigned, [("CC".to_owned(), "clang".to_owned())]);
        assert!(make.needs_shell);
        assert_eq!(Command::read(texts[3], '\\', &Variables::default()).writes, None);
    }
}
