//! Lines as a source map, which is what Binaryen takes and gives.
//!
//! <https://tc39.es/ecma426/>; for modules, the generated line is always the first and its column is the offset in the
//! file: <https://github.com/WebAssembly/tool-conventions/blob/main/Debugging.md>.

use serde::Deserialize;

use crate::lines::{Lines, Row, Source};

/// The map of a module whose code section's contents begin at `code`.
pub(crate) fn encode(lines: &Lines, code: usize) -> String {
    // Files go by their numbers, because not every Binaryen reads and writes all that may be in a path.
    let files: Vec<_> = (0..lines.files().len()).map(|number| format!("\"{number}\"")).collect();
    let mut mappings = String::new();
    let mut last = [0; 4];
    for row in lines.rows() {
        let offset = row.offset + code;
        let fields: &[usize] = match row.source {
            Some(source) => &[offset, source.file, source.line as usize - 1, 0],
            None => &[offset],
        };
        if !mappings.is_empty() {
            mappings.push(',');
        }
        for (field, last) in fields.iter().zip(&mut last) {
            let field = *field as i64;
            write_number(field - *last, &mut mappings);
            *last = field;
        }
    }
    format!("{{\"version\":3,\"sources\":[{}],\"names\":[],\"mappings\":\"{mappings}\"}}", files.join(","))
}

#[derive(Deserialize)]
struct Map {
    sources: Vec<String>,
    mappings: String,
}

/// What a map says of a module whose code section's contents begin at `code`, with the files of the lines it was made of;
/// nothing if it is damaged.
pub(crate) fn decode(map: &[u8], files: &[String], code: usize) -> Option<Lines> {
    let map: Map = serde_json::from_slice(map).ok()?;
    let sources: Vec<usize> = map.sources.iter().map(|source| source.parse().ok()).collect::<Option<_>>()?;
    let mut rows = Vec::new();
    let mut last = [0_i64; 4];
    for segment in map.mappings.split(',').filter(|segment| !segment.is_empty()) {
        let (mut digits, mut fields) = (segment.bytes(), 0);
        while digits.len() > 0 {
            let number = read_number(&mut digits)?;
            // The fifth is a name.
            if let Some(last) = last.get_mut(fields) {
                *last = last.checked_add(number)?;
            }
            fields += 1;
        }
        let [offset, file, line, _] = last;
        let offset = usize::try_from(offset).ok()?.checked_sub(code)?;
        let source = match fields {
            1 => None,
            4 | 5 => {
                let file = *sources.get(usize::try_from(file).ok()?)?;
                files.get(file)?;
                Some(Source { file, line: u32::try_from(line).ok()?.checked_add(1)? })
            }
            _ => return None,
        };
        rows.push(Row { offset, source });
    }
    Some(Lines::new(files.to_vec(), rows))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// That another digit follows.
const MORE: u64 = 0x20;
const DIGIT_BITS: u32 = 5;

/// Five bits in each digit, the lowest first; the lowest of all is the sign.
fn write_number(number: i64, text: &mut String) {
    let mut rest = (number.unsigned_abs() << 1) | u64::from(number < 0);
    loop {
        let digit = rest & (MORE - 1);
        rest >>= DIGIT_BITS;
        let more = if rest > 0 { MORE } else { 0 };
        text.push(char::from(DIGITS[(digit | more) as usize]));
        if rest == 0 {
            break;
        }
    }
}

fn read_number(digits: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = digits.next()?;
        let digit = DIGITS.iter().position(|digit| *digit == byte)? as u64;
        value |= (digit & (MORE - 1)).checked_shl(shift).filter(|_| shift < 40)?;
        shift += DIGIT_BITS;
        if digit & MORE == 0 {
            let number = (value >> 1) as i64;
            return Some(if value & 1 == 1 { -number } else { number });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        let row = |offset, source: Option<(usize, u32)>| Row {
            offset,
            source: source.map(|(file, line)| Source { file, line }),
        };
        let files = ["a \"quoted\".c".to_owned(), "b.c".to_owned()];
        let rows =
            vec![row(2, Some((1, 1))), row(3, None), row(40, Some((0, 100_000))), row(70_000, Some((1, 7)))];
        Lines::new(files.to_vec(), rows)
    }

    #[test]
    fn a_map_says_what_was_put_into_it() {
        let map = encode(&lines(), 1000);
        assert!(
            map.ends_with(r#""sources":["0","1"],"names":[],"mappings":"0+BCAA,C,qCD+pjGA,w0oECzpjGA"}"#),
            "{map}"
        );
        assert_eq!(decode(map.as_bytes(), lines().files(), 1000), Some(lines()));
    }

    #[test]
    fn sources_may_come_back_in_another_order() {
        let map = r#"{"version":3,"sources":["1","0"],"mappings":"oCAEA,CC"}"#;
        let swapped = map.replace(",CC", ",CCAA");
        let lines = decode(swapped.as_bytes(), lines().files(), 4).unwrap();
        assert_eq!((lines.at(32), lines.at(33)), (Some(("b.c", 3)), Some(("a \"quoted\".c", 3))));
        assert_eq!(decode(map.as_bytes(), lines.files(), 4), None);
    }

    #[test]
    fn a_damaged_map_is_none() {
        let map = encode(&lines(), 8);
        let decode = |map: &str| decode(map.as_bytes(), lines().files(), 8);
        assert!(decode(&map).is_some());
        assert_eq!(decode(&map[..map.len() - 1]), None);
        assert_eq!(decode(&map.replace(",C,", ",!,")), None);
        assert_eq!(decode(&map.replace(",C,", ",CA,")), None);
        assert_eq!(decode(&map.replace("\"1\"", "\"2\"")), None);
        assert_eq!(decode(&map.replace("\"1\"", "\"x\"")), None);
        assert_eq!(decode(&map.replace(",C,", ",zzzzzzzzzzzzzz,")), None);
        assert_eq!(decode(r#"{"sources":["0"],"mappings":"D"}"#), None);
    }
}
