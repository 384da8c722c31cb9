//! The oldest version of this tool that a configuration is for: what is new in it is not taken for a mistake in writing.

use std::str::FromStr;

/// Major, minor and patch; what is not said is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinimumVersion([u64; 3]);

/// Ours.
pub const OWN: &str = env!("CARGO_PKG_VERSION");

impl MinimumVersion {
    /// Whether we are as new.
    #[must_use]
    pub fn is_met(self) -> bool {
        // A release candidate has all that its release will have.
        let own = OWN.split(['-', '+']).next().unwrap_or(OWN);
        own.parse().is_ok_and(|own: Self| self <= own)
    }
}

impl FromStr for MinimumVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || format!("`{text}` is no version; write `0.1` or `0.1.2`");
        let mut parts = [0; 3];
        if text.split('.').count() > parts.len() {
            return Err(problem());
        }
        for (part, written) in parts.iter_mut().zip(text.split('.')) {
            let is_number = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
            *part = written.parse().ok().filter(|_| is_number).ok_or_else(problem)?;
        }
        Ok(Self(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_version_is_met_and_a_newer_one_is_not() {
        let is_met = |text: &str| text.parse::<MinimumVersion>().unwrap().is_met();
        assert!(is_met(OWN.split('-').next().unwrap()) && is_met("0") && is_met("0.0.9"));
        assert!(!is_met("999") && !is_met("99.0.1"));
        for wrong in ["", "1.", ".1", "1.2.3.4", "v1", "+1", "1.x", "^1", "99999999999999999999"] {
            assert!(wrong.parse::<MinimumVersion>().is_err(), "{wrong}");
        }
    }
}
