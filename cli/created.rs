//! When an image says it was created: `SOURCE_DATE_EPOCH`, else the commit's time, else 0. Never the
//! clock, which would make every build another image.

use crate::environment::Environment;
use crate::error::Error;

/// The time, and whether the user gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Created {
    /// Seconds since 1970-01-01 UTC for the image's `created`.
    pub image: u64,
    /// Seconds for files in a layer. Only `SOURCE_DATE_EPOCH` moves it: a commit that leaves the module
    /// as it was must leave the layer as it was, or every consumer fetches it again.
    pub files: u64,
}

impl Created {
    /// What the environment says, else the time of the commit, else 0.
    ///
    /// # Errors
    /// When `SOURCE_DATE_EPOCH` is set to something else than whole seconds from 0 on.
    pub fn find(environment: &Environment, commit: Option<u64>) -> Result<Self, Error> {
        match environment.get_even_empty("SOURCE_DATE_EPOCH") {
            Some(text) => {
                let seconds = parse(text).ok_or_else(|| Error::SourceDateEpoch { text: text.to_owned() })?;
                Ok(Self { image: seconds, files: seconds })
            }
            None => Ok(Self { image: commit.filter(|time| *time <= LAST).unwrap_or(0), files: 0 }),
        }
    }
}

/// The last second an image can say: 9999-12-31T23:59:59Z, the end of RFC 3339.
const LAST: u64 = 253_402_300_799;

fn parse(text: &str) -> Option<u64> {
    // Rust's own parser takes a plus sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|seconds| *seconds <= LAST)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_whole_seconds_from_zero_on_are_a_time() {
        let good = ["0", "1", "2147483649"].map(parse);
        assert_eq!(good, [Some(0), Some(1), Some(2_147_483_649)]);
        for bad in ["", "abc", "-1", "1.5", "+1", " 1", "99999999999999", "99999999999999999999"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
