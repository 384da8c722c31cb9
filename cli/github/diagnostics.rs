//! What compilers of C say, one diagnostic after the other.

use camino::Utf8PathBuf;

use super::{Annotation, Level};

/// Something that a compiler said of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What, and of which place.
    pub annotation: Annotation,
    /// All its lines, without colours, up to the next.
    pub rendered: String,
}

/// The lines `FILE:LINE:COLUMN: error: MESSAGE` in it, and warnings; what stands below one belongs to it.
#[must_use]
pub fn of(text: &str) -> Vec<Diagnostic> {
    // Colours are for people.
    let plain = anstream::adapter::strip_str(text).to_string();
    let mut found: Vec<Diagnostic> = Vec::new();
    for line in plain.lines() {
        if let Some(annotation) = annotation(line) {
            found.push(Diagnostic { annotation, rendered: String::new() });
        }
        if let Some(Diagnostic { rendered, .. }) = found.last_mut() {
            *rendered += line;
            *rendered += "\n";
        }
    }
    found
}

fn annotation(line: &str) -> Option<Annotation> {
    const KINDS: [(&str, Level); 3] =
        [(": fatal error: ", Level::Error), (": error: ", Level::Error), (": warning: ", Level::Warning)];
    let (place, level, message) = KINDS.iter().find_map(|(kind, level)| {
        let (place, message) = line.split_once(kind)?;
        Some((place, *level, message))
    })?;
    // From the end, because a path may have a colon too.
    let (place, column) = place.rsplit_once(':')?;
    let (path, line) = place.rsplit_once(':')?;
    let position = (line.parse().ok()?, column.parse().ok()?);
    let place = Some((Utf8PathBuf::from(path), Some(position)));
    Some(Annotation { level, place, message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_warnings_have_their_places_and_the_rest_belongs_to_them() {
        let said = "In file included from main.c:1:\n\u{1b}[1mmain.c:1:26: \u{1b}[31merror: \u{1b}[0mexpected ';'\n    1 | int main\nC:\\a.c:2:3: warning: unused\n\
            a.h:1:1: fatal error: no such file\n1 error generated.\nwasm-ld: error: undefined symbol: f\n";
        let found = of(said);
        let places = found.iter().map(|one| &one.annotation);
        let places: Vec<_> =
            places.map(|one| (one.level, one.place.clone().unwrap(), &*one.message)).collect();
        let at = |path: &str, line, column| (Utf8PathBuf::from(path), Some((line, column)));
        let expected = [
            (Level::Error, at("main.c", 1, 26), "expected ';'"),
            (Level::Warning, at("C:\\a.c", 2, 3), "unused"),
            (Level::Error, at("a.h", 1, 1), "no such file"),
        ];
        assert_eq!(places, expected);
        assert_eq!(found[0].rendered, "main.c:1:26: error: expected ';'\n    1 | int main\n");
    }
}
