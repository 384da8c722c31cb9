//! `[budget]`: what an image may weigh, and by how much it may grow.
//!
//! What counts are the layers as stored, all together: what a registry keeps and a node fetches. Where there are no layers,
//! because a `.wasm` file was given, the file itself counts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::breakdown::Breakdown;
use crate::breakdown::difference::Difference;
use crate::printable::printable;
use crate::size::{grouped, percent};

/// `[budget]`, or what was typed instead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(default, rename_all = "kebab-case")]
pub struct Budget {
    /// Fail if the layers have more, as stored: `800 kB`, or a number of bytes
    #[arg(long, value_name = "SIZE", help_heading = "Budget Options")]
    pub max_size: Option<MaxSize>,
    /// Fail if they have grown by more since OLD: `2 %`, or a size
    #[arg(long, value_name = "SIZE|PERCENT", requires = "old", help_heading = "Budget Options")]
    pub max_growth: Option<MaxGrowth>,
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct MaxSize(pub u64);

/// A number of bytes, or a share of what was there before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "String")]
pub enum MaxGrowth {
    /// So many bytes.
    Bytes(u64),
    /// So many of a hundred.
    Percent(f64),
}

/// A budget that is exceeded.
#[derive(Debug)]
pub struct Overrun {
    /// The image or file.
    pub name: String,
    /// What is too much: `its layers have 10,912 bytes, 912 more than max-size`.
    pub problem: String,
    /// What the largest are: `not compressed, the largest are`.
    pub most: String,
    /// What takes most of it, with bytes.
    pub largest: Vec<(String, String)>,
}

impl Budget {
    /// How many things are named that a budget went into.
    const TOLD: usize = 5;

    /// This budget, and where it says nothing, the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { max_size: self.max_size.or(other.max_size), max_growth: self.max_growth.or(other.max_growth) }
    }

    /// Whether an image or module is larger than it may be.
    #[must_use]
    pub fn check_size(&self, breakdown: &Breakdown) -> Option<Overrun> {
        let MaxSize(max) = self.max_size?;
        let bytes = breakdown.stored_bytes();
        let (has, it) = words(breakdown.image.is_some());
        let (all, more) = (grouped(bytes), grouped(bytes.saturating_sub(max)));
        (bytes > max).then(|| Overrun {
            name: breakdown.name.clone(),
            problem: format!("{has} {all} bytes, {more} more than `max-size`"),
            most: format!("{it}the largest are"),
            largest: breakdown.largest(Self::TOLD),
        })
    }

    /// Whether an image or module has grown by more than it may.
    #[must_use]
    pub fn check_growth(&self, difference: &Difference) -> Option<Overrun> {
        let allowed = self.max_growth?;
        let (old, new) = difference.total().bytes();
        let grown = new.saturating_sub(old);
        let (has, it) = words(difference.stored.is_some());
        let (bytes, share) = (grouped(grown), percent(grown, old));
        allowed.is_exceeded(old, grown).then(|| Overrun {
            name: difference.new.name.clone(),
            problem: format!("{has} grown by {bytes} bytes ({share}), `max-growth` is {allowed}"),
            most: format!("{it}what grew most is"),
            largest: difference.grown(Self::TOLD),
        })
    }
}

/// How to speak of layers, and of a file.
fn words(are_layers: bool) -> (&'static str, &'static str) {
    if are_layers { ("its layers, as stored, have", "not compressed, ") } else { ("it has", "") }
}

impl MaxGrowth {
    #[expect(clippy::cast_precision_loss, reason = "a share of bytes needs no more digits than a float has")]
    fn is_exceeded(self, old: u64, grown: u64) -> bool {
        match self {
            Self::Bytes(bytes) => grown > bytes,
            Self::Percent(share) => grown as f64 * 100.0 > old as f64 * share,
        }
    }
}

/// The bytes of each unit; `k` and `K` are both written for a thousand.
const UNITS: [(&str, u32); 8] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

impl FromStr for MaxSize {
    type Err = String;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is checked to be finite and not negative, and nobody has a budget above 2^53 bytes"
    )]
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unfit =
            || format!("`{text}` is no size; write `800 kB`, `1.5 MB`, `512 KiB` or a number of bytes");
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let unit = unit.trim().to_ascii_lowercase();
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(unfit)?;
        let number: f64 = number.parse().map_err(|_| unfit())?;
        Ok(Self((number * f64::from(*factor)).round() as u64))
    }
}

impl FromStr for MaxGrowth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unfit = || format!("`{text}` is no growth; write `2 %`, or a size such as `10 kB`");
        match text.trim().strip_suffix('%') {
            Some(share) => {
                let share: f64 = share.trim().parse().map_err(|_| unfit())?;
                if share >= 0.0 && share.is_finite() { Ok(Self::Percent(share)) } else { Err(unfit()) }
            }
            None => text.parse().map(|MaxSize(bytes)| Self::Bytes(bytes)).map_err(|_| unfit()),
        }
    }
}

impl fmt::Display for MaxGrowth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", grouped(*bytes)),
            Self::Percent(share) => write!(f, "{share} %"),
        }
    }
}

/// How budgets stand in a configuration.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a size such as \"800 kB\", or a number of bytes")]
enum Written {
    Number(u64),
    Text(String),
}

impl TryFrom<Written> for MaxSize {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Number(bytes) => Ok(Self(bytes)),
            Written::Text(text) => text.parse(),
        }
    }
}

impl TryFrom<Written> for MaxGrowth {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Number(bytes) => Ok(Self::Bytes(bytes)),
            Written::Text(text) => text.parse(),
        }
    }
}

/// As it is parsed again.
impl From<MaxGrowth> for String {
    fn from(growth: MaxGrowth) -> Self {
        match growth {
            MaxGrowth::Bytes(bytes) => bytes.to_string(),
            MaxGrowth::Percent(share) => format!("{share} %"),
        }
    }
}

/// What is too much, and a line for each of the largest.
impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is over budget: {}", printable(&self.name), self.problem)?;
        if !self.largest.is_empty() {
            write!(f, "; {}", self.most)?;
        }
        for (bytes, name) in &self.largest {
            write!(f, "\n{bytes:>15}  {}", printable(name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_units_people_write() {
        let bytes = ["800 kB", "800kB", " 1.5 MB ", "1 KiB", "12345", "7 B", "0.5 KB", "0"]
            .map(|text| text.parse::<MaxSize>().unwrap().0);
        assert_eq!(bytes, [800_000, 800_000, 1_500_000, 1_024, 12_345, 7, 500, 0]);
        for bad in ["", "kB", "8 bytes", "-1", "1,5 MB", "1.2.3", "2 %", "1e3", "nan"] {
            assert!(bad.parse::<MaxSize>().is_err(), "{bad}");
        }
    }

    #[test]
    fn growth_is_a_share_or_a_size() {
        let parse = |text: &str| text.parse::<MaxGrowth>();
        assert_eq!(parse("2 %"), Ok(MaxGrowth::Percent(2.0)));
        assert_eq!(parse("0.5%"), Ok(MaxGrowth::Percent(0.5)));
        assert_eq!(parse("1 kB"), Ok(MaxGrowth::Bytes(1_000)));
        for bad in ["", "%", "-1 %", "two %", "inf %", "nan%"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_budget_is_exceeded_by_one_byte() {
        let percent = MaxGrowth::Percent(2.0);
        assert_eq!([20, 21].map(|grown| percent.is_exceeded(1_000, grown)), [false, true]);
        assert_eq!([20, 21].map(|grown| MaxGrowth::Bytes(20).is_exceeded(1_000, grown)), [false, true]);
        assert!(percent.is_exceeded(0, 1));
    }

    #[test]
    fn a_budget_survives_being_written_down() {
        let budget = Budget { max_size: Some(MaxSize(5)), max_growth: Some(MaxGrowth::Percent(1.5)) };
        let text = serde_json::to_value(budget).unwrap();
        assert_eq!(serde_json::from_value::<Budget>(text).unwrap(), budget);
    }
}
