//! Permission bits, as a configuration writes them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Permission bits of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(pub u32);

/// Octal digits as a text: `"755"`, `"0755"`, `"0o755"`. A number is refused: who reads it cannot tell whether 420 was written or
/// `0o644`, which is the same, nor whether 444 was meant to be octal.
impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        let is_octal = !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        let bits = is_octal.then(|| u32::from_str_radix(digits, 8).ok()).flatten();
        bits.filter(|bits| *bits <= 0o777)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not permission bits in octal; write \"644\" or \"755\""))
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "permission bits such as \"644\"")]
        enum Written {
            Number(i64),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Number(number) => {
                let problem = "as a number it may be meant in decimal or in octal; write \"644\" or \"755\", which is octal";
                return Err(de::Error::custom(format!("{number} is no text: {problem}")));
            }
        };
        text.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_octal_and_survives_being_written_down() {
        for written in ["644", "0644", "0o644"] {
            let mode: Mode = serde_json::from_value(json!(written)).unwrap();
            assert_eq!(mode, Mode(0o644));
            assert_eq!(serde_json::to_value(mode).unwrap(), json!("0644"));
        }
    }

    #[test]
    fn a_number_is_refused_whatever_it_is() {
        for number in [444, 755, 0o644, 0o755, -1] {
            let error = serde_json::from_value::<Mode>(json!(number)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{number} is no text: ")), "{error}");
        }
        for bad in [json!("rwx"), json!("888"), json!("1777"), json!(""), json!("-1"), json!(1.5)] {
            assert!(serde_json::from_value::<Mode>(bad.clone()).is_err(), "{bad}");
        }
    }
}
