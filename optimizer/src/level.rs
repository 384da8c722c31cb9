//! How much work the optimizer does, and for what.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// An optimization level, named as compilers name theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// The module stays as it is, byte for byte.
    None,
    /// Removes what is unused, and changes no code: no Binaryen.
    O0,
    /// Fast to do.
    O1,
    /// For speed.
    O2,
    /// For speed, at the price of time and size.
    O3,
    /// For size.
    S,
    /// For size above all.
    Z,
    /// Whatever is the smallest as it is stored: several ways are tried.
    #[default]
    Size,
    /// What runs the fastest in engines, which is less than [`Level::O3`].
    Speed,
}

impl Level {
    /// All levels, in the order to show them.
    pub const ALL: [Self; 9] =
        [Self::None, Self::O0, Self::O1, Self::O2, Self::O3, Self::S, Self::Z, Self::Size, Self::Speed];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::O0 => "0",
            Self::O1 => "1",
            Self::O2 => "2",
            Self::O3 => "3",
            Self::S => "s",
            Self::Z => "z",
            Self::Size => "size",
            Self::Speed => "speed",
        })
    }
}

impl FromStr for Level {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self, Error> {
        let level = Self::ALL.into_iter().find(|level| level.to_string() == typed);
        level.ok_or_else(|| Error::UnknownLevel { typed: typed.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_read_as_it_is_written() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse::<Level>().unwrap(), level);
        }
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_known_ones() {
        let error = "fast".parse::<Level>().unwrap_err();
        assert_eq!(error.hint().unwrap(), "levels are none, 0, 1, 2, 3, s, z, size, speed");
    }
}
