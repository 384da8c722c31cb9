//! Versions, as tools say them.

use std::fmt;

/// A version: what it is compared by, and how the tool spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    text: String,
    numbers: [u32; 3],
}

impl Version {
    /// `1.6.20~ds1` and `v2.0` alike; nothing for what does not begin with numbers.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let mut numbers = [0; 3];
        for (number, part) in numbers.iter_mut().zip(text.splitn(3, '.')) {
            let digits = part.find(|c: char| !c.is_ascii_digit()).map_or(part, |end| &part[..end]);
            *number = digits.parse().ok()?;
        }
        Some(Self { text: crate::error::printable(text), numbers })
    }

    /// Whether it is this version or a newer one.
    pub(super) fn is_at_least(&self, numbers: [u32; 3]) -> bool {
        self.numbers >= numbers
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("1.6.20~ds1").is_at_least([1, 6, 20]));
        assert!(!version("1.6.20~ds1").is_at_least([1, 6, 25]));
        assert!(version("v2.0.0-rc.1").is_at_least([2, 0, 0]));
        assert!(version("20.10.24+dfsg1").is_at_least([4, 0, 0]));
        assert!(!version("3.4").is_at_least([4, 0, 0]));
        assert_eq!(version(" v1.7.20-k3s1\n").to_string(), "1.7.20-k3s1");
        assert_eq!(Version::parse("latest"), None);
    }
}
