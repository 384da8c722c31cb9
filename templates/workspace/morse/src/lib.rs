//! Morse code, as the International Telecommunication Union has it. A space stands between letters, a slash between words.

const LETTERS: [&str; 26] = [
    ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--",
    "-.", "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--..",
];

/// The code of a text. What is no letter stands between words.
pub fn encode(text: &str) -> String {
    let signals = text.chars().map(|letter| {
        let number = letter.to_ascii_uppercase() as usize;
        number
            .checked_sub('A' as usize)
            .and_then(|number| LETTERS.get(number))
            .copied()
            .unwrap_or("/")
    });
    signals.collect::<Vec<_>>().join(" ")
}

/// The text of a code; a question mark for signals that mean nothing.
pub fn decode(code: &str) -> String {
    let letter = |signals: &str| match LETTERS.iter().position(|known| *known == signals) {
        Some(number) => char::from(b'A' + number as u8),
        None if signals == "/" => ' ',
        None => '?',
    };
    code.split_whitespace().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn what_is_encoded_can_be_decoded() {
        assert_eq!(
            encode("Hello world"),
            ".... . .-.. .-.. --- / .-- --- .-. .-.. -.."
        );
        assert_eq!(decode(&encode("Hello world")), "HELLO WORLD");
    }

    #[test]
    fn what_means_nothing_is_seen() {
        assert_eq!(decode("... ......... ..."), "S?S");
    }
}
