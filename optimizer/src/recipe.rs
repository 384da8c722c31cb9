//! What Binaryen is asked to do, spelled as on its own command line.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Level};

/// One way to run Binaryen. None has an option that changes what a module does: no `--low-memory-unused`,
/// `--traps-never-happen`, `--closed-world`, `--fast-math`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recipe {
    /// Whether values are followed through the whole module first, so that it is known what virtual calls can reach.
    pub(crate) gufa: bool,
    pub(crate) level: Level,
    /// How large a function may be that goes into its only caller, as Binaryen counts; as large as it likes where `None`.
    pub(crate) inlined: Option<u32>,
}

/// Above this length gufa is left out. It takes up to 220 bytes of memory for each byte of the module, which makes
/// 150 MB here, a third more time than without, and what it finds hardly grows with the program.
const GUFA_LONGEST_BYTES: usize = 640 * 1024;

/// What has one caller usually goes into it, which saves a call. But from a large caller much is copied no further, and
/// few locals have short numbers: C++ programs that use iostream are 3.5 % smaller with this limit, C programs 1 %
/// smaller or larger.
const INLINED_FOR_SIZE: u32 = 60;

/// Compilers have inlined what pays. What Binaryen adds to that makes functions so large that engines keep their locals in
/// memory: at `-O3` SQLite and bzip2 run 1.03 to 1.07 times as long as before. At `-O2` with this limit bzip2, SQLite and a
/// program that matches regular expressions take 0.97, 0.99 and 0.89 of the time.
const INLINED_FOR_SPEED: u32 = 40;

const GUFA: &str = "--gufa";
const INLINED: &str = "--one-caller-inline-max-function-size=";

impl Recipe {
    /// The ways to try for a level, with a module of this length, of which is known whether it is [closed](crate::faults::Seen::is_closed).
    pub(crate) fn all(level: Level, bytes: usize, is_closed: bool) -> Vec<Self> {
        // Gufa took 35 KB off each C++ program that uses iostream (19 % of a small one) and nothing off C and Rust.
        let gufa = is_closed && bytes <= GUFA_LONGEST_BYTES;
        let plain = |gufa, level| Self { gufa, level, inlined: None };
        match level {
            Level::None | Level::O0 => Vec::new(),
            Level::O1 | Level::O2 | Level::O3 => vec![plain(false, level)],
            Level::S | Level::Z => vec![plain(gufa, level)],
            Level::Size => {
                let smallest = plain(gufa, Level::Z);
                vec![smallest, Self { inlined: Some(INLINED_FOR_SIZE), ..smallest }]
            }
            Level::Speed => {
                vec![Self { gufa: false, level: Level::O2, inlined: Some(INLINED_FOR_SPEED) }]
            }
        }
    }

    /// The flags of `wasm-opt`.
    pub(crate) fn flags(self) -> Vec<String> {
        let gufa = self.gufa.then(|| GUFA.to_owned());
        let inlined = self.inlined.map(|size| format!("{INLINED}{size}"));
        gufa.into_iter().chain(inlined).chain([format!("-O{}", self.level)]).collect()
    }
}

/// `--gufa -Oz`
impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.flags().join(" "))
    }
}

impl FromStr for Recipe {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (mut recipe, mut level) = (Self { gufa: false, level: Level::O0, inlined: None }, None);
        for word in text.split(' ') {
            if word == GUFA {
                recipe.gufa = true;
            } else if let Some(size) = word.strip_prefix(INLINED) {
                recipe.inlined = Some(size.parse().map_err(|_| Error::BadRequest)?);
            } else {
                level = Some(word.strip_prefix("-O").ok_or(Error::BadRequest)?.parse()?);
            }
        }
        Ok(Self { level: level.ok_or(Error::BadRequest)?, ..recipe })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_survives_the_way_to_the_child() {
        for recipe in Level::ALL.into_iter().flat_map(|level| Recipe::all(level, 1, true)) {
            assert_eq!(recipe.to_string().parse::<Recipe>().unwrap(), recipe);
        }
        assert!(matches!("--fast-math -Oz".parse::<Recipe>(), Err(Error::BadRequest)));
    }

    #[test]
    fn only_size_has_several_ways_and_only_small_modules_gufa() {
        let words = |level, bytes| {
            Recipe::all(level, bytes, true).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let limited = "--one-caller-inline-max-function-size=60 -Oz";
        assert_eq!(words(Level::Size, 1), ["--gufa -Oz", &format!("--gufa {limited}")]);
        assert_eq!(words(Level::Size, 1 << 20), ["-Oz", limited]);
        assert_eq!(words(Level::O3, 1), ["-O3"]);
        assert_eq!(words(Level::Speed, 1), ["--one-caller-inline-max-function-size=40 -O2"]);
        assert!(words(Level::O0, 1).is_empty());
        assert!(Recipe::all(Level::Size, 1, false).iter().all(|recipe| !recipe.gufa));
    }
}
