//! Pages of the manual as text: Markdown is for browsers and editors.

/// As wide as lines become: what is wider is hard to read.
const WIDTH: usize = 100;

/// The page without its comments, which are for the tests, with links as their text, tables as lists, and lines that end. Of what is
/// typed and said in a console it has what one sees there.
#[must_use]
pub fn of(page: &str) -> String {
    let page = uncommented(page);
    let mut lines = page.lines().peekable();
    let (mut text, mut paragraph) = (String::new(), Paragraph::default());
    while let Some(line) = lines.next() {
        let inside = line.trim_start();
        if inside.starts_with("```") {
            paragraph.end(&mut text);
            let is_console = inside.starts_with("```console");
            let block = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```"));
            for line in block.filter(|line| !is_console || !is_exit_code(line)) {
                let line = if is_console { line.replace("[..]", "…") } else { line.to_owned() };
                text = text + "    " + &line + "\n";
            }
        } else if inside.starts_with('|') {
            paragraph.end(&mut text);
            let mut rows = vec![cells(inside)];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(cells(row));
            }
            text += &listed(&rows);
        } else if inside.is_empty() || inside.starts_with('#') {
            paragraph.end(&mut text);
            text += &unlinked(line);
            text.push('\n');
        } else {
            if inside.starts_with("- ") {
                paragraph.end(&mut text);
                paragraph.indent = line.len() - inside.len() + 2;
            }
            paragraph.words.extend(unlinked(inside).split_whitespace().map(str::to_owned));
        }
    }
    paragraph.end(&mut text);
    text
}

/// How tests are told with which code a command ends.
fn is_exit_code(line: &str) -> bool {
    line.strip_prefix("? ").is_some_and(|code| code.parse::<u8>().is_ok())
}

fn uncommented(page: &str) -> String {
    let mut parts = page.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once("-->\n").map_or(part, |(_, rest)| rest))
}

/// Lines that belong together.
#[derive(Debug, Default)]
struct Paragraph {
    words: Vec<String>,
    /// How far lines after the first are to the right, as those of a list are.
    indent: usize,
}

impl Paragraph {
    fn end(&mut self, text: &mut String) {
        let Self { words, indent } = std::mem::take(self);
        if !words.is_empty() {
            let first = " ".repeat(indent.saturating_sub(2));
            *text += &wrapped(&words, &first, indent);
        }
    }
}

/// The words in lines, the first of which begins so, and the others with so many blanks.
fn wrapped(words: &[String], first: &str, indent: usize) -> String {
    let (mut text, mut line) = (String::new(), first.to_owned());
    let mut is_empty = true;
    for word in words {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text = text + &line + "\n";
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line += word;
        is_empty = false;
    }
    text + &line + "\n"
}

/// `[text](place)` as its text.
fn unlinked(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once('[') {
        text += before;
        let link = behind.split_once("](").and_then(|(name, behind)| {
            let (_, after) = behind.split_once(')')?;
            (!name.contains('[')).then_some((name, after))
        });
        (rest, text) = match link {
            Some((name, after)) => (after, text + name),
            None => (behind, text + "["),
        };
    }
    text + rest
}

/// The cells of a row, in which `\|` is no end of one.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\0");
    row.split('|').map(|cell| unlinked(cell.trim()).replace('\0', "|")).collect()
}

/// Each row below the other: its first cell, then what is said of it; what is behind that, by the head of the table.
fn listed(rows: &[Vec<String>]) -> String {
    let head = rows.first().cloned().unwrap_or_default();
    let is_line = |row: &&Vec<String>| row.iter().all(|cell| cell.chars().all(|c| matches!(c, '-' | ':')));
    let rows: Vec<_> = rows.iter().skip(1).filter(|row| !is_line(row)).collect();
    let widest =
        rows.iter().filter_map(|row| row.first()).map(|cell| cell.chars().count()).max().unwrap_or(0);
    // A long name stands above what is said of it.
    let indent = if widest + 2 <= WIDTH / 4 { widest + 2 } else { 4 };
    let mut text = String::new();
    for row in rows {
        let Some((name, said)) = row.split_first() else { continue };
        let mut first = format!("{name:<indent$}");
        if name.chars().count() + 2 > indent {
            let words: Vec<_> = name.split_whitespace().map(str::to_owned).collect();
            text += &wrapped(&words, "", 0);
            first = " ".repeat(indent);
        }
        for (number, cell) in said.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let named = if number == 0 { cell.clone() } else { format!("{}: {cell}", head[number + 1]) };
            let words: Vec<_> = named.split_whitespace().map(str::to_owned).collect();
            text += &wrapped(&words, &first, indent);
            first = " ".repeat(indent);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual;

    #[test]
    fn links_and_comments_are_gone_and_code_stays() {
        let page = "# A [page](x.md)\n<!-- given\nb\n-->\nSee [`one`](../one.md) or [two](y).\n\n```console\n$ echo [a](b)\n? 2\n[..]b\n```\n- x\n  y\n- z\n";
        assert_eq!(of(page), "# A page\nSee `one` or two.\n\n    $ echo [a](b)\n    …b\n- x y\n- z\n");
        assert_eq!(unlinked("[a] `v[0]` [[b](c)"), "[a] `v[0]` [b");
    }

    #[test]
    fn a_table_becomes_a_list() {
        let page = "| code | meaning | errors |\n|---|---|---|\n| 0 | done |  |\n| 101 | not \\| compiled | [`a`](b), `c` |\n";
        assert_eq!(of(page), "0    done\n101  not | compiled\n     errors: `a`, `c`\n");
        let long = format!("| variable | what |\n|---|---|\n| `{}` | it is |\n", "A".repeat(40));
        assert_eq!(of(&long), format!("`{}`\n    it is\n", "A".repeat(40)));
    }

    #[test]
    fn no_page_has_links_comments_or_long_lines() {
        for (word, page) in manual::words().filter_map(|word| Some((word, manual::page(word)?))) {
            let text = of(page);
            assert!(
                !text.contains("](") && !text.contains("<!--") && !text.contains("|---"),
                "{word}: {text}"
            );
            let prose = text.lines().filter(|line| !line.starts_with("    "));
            for line in prose.filter(|line| line.contains(' ')) {
                assert!(line.chars().count() <= WIDTH, "{word}: {line}");
            }
        }
    }
}
