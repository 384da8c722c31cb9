//! Counts lines, words and bytes of files and of standard input, as `wc` does.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::ops::AddAssign;
use std::process::ExitCode;

const USAGE: &str = "usage: wordcount [FILE]...        counts files; `-` or none is standard input
       wordcount --text TEXT...   counts the arguments themselves";

/// What is counted. Words are separated by ASCII white space, so any bytes can be read.
#[derive(Default, Clone, Copy)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
}

impl Counts {
    fn of(mut input: impl BufRead) -> io::Result<Self> {
        let mut counts = Self::default();
        let mut in_word = false;
        loop {
            let bytes = input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(counts);
            }
            for byte in bytes {
                counts.lines += u64::from(*byte == b'\n');
                counts.words += u64::from(!in_word && !byte.is_ascii_whitespace());
                in_word = !byte.is_ascii_whitespace();
            }
            let length = bytes.len();
            counts.bytes += length as u64;
            input.consume(length);
        }
    }

    fn print(self, name: &str) -> io::Result<()> {
        writeln!(io::stdout(), "{:>7} {:>7} {:>7} {name}", self.lines, self.words, self.bytes)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.words += other.words;
        self.bytes += other.bytes;
    }
}

fn count_file(name: &str) -> io::Result<Counts> {
    match name {
        "-" => Counts::of(io::stdin().lock()),
        path => Counts::of(BufReader::new(File::open(path)?)),
    }
}

/// Counts every input and prints one line each, and the total of several. False if one could not be read.
fn count_all<'a>(
    inputs: impl Iterator<Item = &'a String>,
    count: impl Fn(&str) -> io::Result<Counts>,
) -> io::Result<bool> {
    let mut total = Counts::default();
    let mut number = 0;
    let mut all_read = true;
    for input in inputs {
        number += 1;
        match count(input) {
            Ok(counts) => {
                counts.print(input)?;
                total += counts;
            }
            Err(error) => {
                writeln!(io::stderr(), "wordcount: {input}: {error}")?;
                all_read = false;
            }
        }
    }
    if number > 1 {
        total.print("total")?;
    }
    Ok(all_read)
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("-h" | "--help") => writeln!(io::stdout(), "{USAGE}").map(|()| true),
        Some("--text") => count_all(arguments[1..].iter(), |text| Counts::of(text.as_bytes())),
        _ => {
            if arguments.is_empty() {
                arguments.push("-".to_owned());
            }
            count_all(arguments.iter(), count_file)
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}
