//! Texts in YAML and JSON documents, and where they stand: so that one is changed and all around it stays byte for byte.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// A text that begins as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it says.
    pub text: String,
    /// Where it stands, in bytes, without the quotes around it.
    pub range: Range<usize>,
    /// Whether there are quotes around it.
    pub is_quoted: bool,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1, in characters.
    pub column: usize,
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub problem: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// Every text of the documents that begins with `prefix`, in their order. Comments are no texts, nor is what stands in
/// the middle of one.
///
/// # Errors
/// Where it is no YAML. (JSON is YAML.)
pub fn texts(document: &str, prefix: &str) -> Result<Vec<Place>, Fault> {
    // The parser counts characters.
    let offsets: Vec<usize> =
        document.char_indices().map(|(offset, _)| offset).chain([document.len()]).collect();
    let mut places = Vec::new();
    for event in Parser::new_from_str(document) {
        let (event, span) = event.map_err(|error| Fault {
            problem: error.info().to_owned(),
            line: error.marker().line(),
            column: error.marker().col() + 1,
        })?;
        if let Event::Scalar(text, style, ..) = event
            && text.starts_with(prefix)
        {
            let [start, end] =
                [span.start, span.end].map(|mark| offsets[mark.index().min(offsets.len() - 1)]);
            places.push(place(&text, style, span, start..end, document)?);
        }
    }
    Ok(places)
}

fn place(
    text: &str,
    style: ScalarStyle,
    span: Span,
    whole: Range<usize>,
    document: &str,
) -> Result<Place, Fault> {
    let (line, column) = (span.start.line(), span.start.col() + 1);
    let written = &document[whole.clone()];
    let text = text.trim_end();
    let quote = match style {
        ScalarStyle::DoubleQuoted => Some('"'),
        ScalarStyle::SingleQuoted => Some('\''),
        _ => None,
    };
    let inside = match quote {
        // Whatever is escaped in between.
        Some(quote) => written.find(quote).zip(written.rfind(quote)).map(|(open, close)| open + 1..close),
        None => written.find(text).map(|start| start..start + text.len()),
    };
    match inside.filter(|inside| inside.start <= inside.end) {
        Some(inside) => Ok(Place {
            text: text.to_owned(),
            range: whole.start + inside.start..whole.start + inside.end,
            is_quoted: quote.is_some(),
            line,
            column,
        }),
        None => Err(Fault { problem: "the text goes over several lines".to_owned(), line, column }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(document: &str) -> String {
        let mut document = document.to_owned();
        for place in texts(&document.clone(), "wasmpack://").unwrap().into_iter().rev() {
            document.replace_range(place.range, &place.text.replace("wasmpack://", "DONE:"));
        }
        document
    }

    #[test]
    fn only_texts_that_begin_so_are_found_however_they_are_written() {
        for (document, expected) in [
            ("image: wasmpack://a", "image: DONE:a"),
            ("image: wasmpack://a\n", "image: DONE:a\n"),
            ("image: wasmpack://a   # wasmpack://b\n", "image: DONE:a   # wasmpack://b\n"),
            ("image: \"wasmpack://a\"\nx: 1\n", "image: \"DONE:a\"\nx: 1\n"),
            ("image: 'wasmpack://a'\n", "image: 'DONE:a'\n"),
            ("image: &anchor wasmpack://a\nother: *anchor\n", "image: &anchor DONE:a\nother: *anchor\n"),
            ("image: !!str \"wasmpack://a\"\n", "image: !!str \"DONE:a\"\n"),
            ("image: !!str wasmpack://a\n", "image: !!str DONE:a\n"),
            ("- {image: wasmpack://a, x: [wasmpack://b]}\n", "- {image: DONE:a, x: [DONE:b]}\n"),
            ("{\"image\":\"wasmpack:\\/\\/a\",\"x\":1}", "{\"image\":\"DONE:a\",\"x\":1}"),
            ("image: >-\n  wasmpack://a\nx: 1\n", "image: >-\n  DONE:a\nx: 1\n"),
            ("a: |\n  image: wasmpack://a\n", "a: |\n  image: wasmpack://a\n"),
            ("a: see wasmpack://a\n# wasmpack://b\n", "a: see wasmpack://a\n# wasmpack://b\n"),
            ("image:\n  wasmpack://a\n", "image:\n  DONE:a\n"),
            ("? wasmpack://a\n: b\n", "? DONE:a\n: b\n"),
            ("", ""),
            ("# nothing\n", "# nothing\n"),
        ] {
            assert_eq!(replaced(document), expected, "{document}");
        }
    }

    #[test]
    fn all_around_stays_as_it_is() {
        let before = "\u{feff}# ünï\r\n---\r\na:  'é' \r\nimage:   wasmpack://ä/b  # c\r\n...\r\n---\r\n- \"wasmpack://c\"\r\n\r\n";
        let after = "\u{feff}# ünï\r\n---\r\na:  'é' \r\nimage:   DONE:ä/b  # c\r\n...\r\n---\r\n- \"DONE:c\"\r\n\r\n";
        assert_eq!(replaced(before), after);
    }

    #[test]
    fn places_are_told_from_one() {
        let places = texts("a: 1\nb: wasmpack://x\n", "wasmpack://").unwrap();
        assert_eq!((places[0].line, places[0].column, places[0].is_quoted), (2, 4, false));
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_place() {
        let fault = texts("a: b\nc: [1, 2\nd: {{ .Values.x }}\n", "wasmpack://").unwrap_err();
        assert!(fault.line >= 2, "{fault:?}");
        let folded = texts("image: >-\n  wasmpack://a\n  b\n", "wasmpack://").unwrap_err();
        assert_eq!(folded.problem, "the text goes over several lines");
    }
}
