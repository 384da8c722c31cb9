//! Permission bits, as a configuration writes them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Permission bits of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(pub u32);

/// `0o755`, or `"755"`, `"0755"` and `"0o755"`: where TOML has a number, only the first of them is octal.
impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "permission bits such as 0o755 or \"755\"")]
        enum Written {
            Bits(u32),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Bits(bits @ ..=0o777) => Ok(Self(bits)),
            // `755` without a prefix is a decimal number.
            Written::Bits(bits) => Err(de::Error::custom(format!(
                "{bits} is 0o{bits:o} in octal, beyond 0o777; write 0o755 or \"755\""
            ))),
            Written::Text(text) => parse(&text).map(Self).ok_or_else(|| {
                de::Error::custom(format!("`{text}` is not permission bits in octal; write 0o755 or \"755\""))
            }),
        }
    }
}

fn parse(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let is_octal = !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    is_octal.then(|| u32::from_str_radix(digits, 8).ok()).flatten().filter(|bits| *bits <= 0o777)
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_octal_and_a_number_is_what_it_is() {
        for written in [json!(0o755), json!("755"), json!("0755"), json!("0o755")] {
            assert_eq!(serde_json::from_value::<Mode>(written).unwrap(), Mode(0o755));
        }
    }

    #[test]
    fn a_decimal_number_that_looks_octal_is_refused() {
        let error = serde_json::from_value::<Mode>(json!(755)).unwrap_err();
        assert_eq!(error.to_string(), "755 is 0o1363 in octal, beyond 0o777; write 0o755 or \"755\"");
        for bad in [json!("rwx"), json!("888"), json!("1777"), json!(""), json!("-1"), json!(1.5)] {
            assert!(serde_json::from_value::<Mode>(bad.clone()).is_err(), "{bad}");
        }
    }
}
