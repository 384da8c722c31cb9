//! What modules are built for.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A target, as rustc and clang name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `wasm32-wasip1`: modules, which every runtime takes.
    #[default]
    Wasip1,
    /// `wasm32-wasip2`: components. Rust only.
    Wasip2,
}

impl Target {
    /// Every target there is.
    pub const ALL: [Self; 2] = [Self::Wasip1, Self::Wasip2];

    /// `wasm32-wasip1`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasip1 => "wasm32-wasip1",
            Self::Wasip2 => "wasm32-wasip2",
        }
    }

    /// `wasm32_wasip1`, as it stands in names of variables.
    pub(crate) fn in_variables(self) -> String {
        self.name().replace('-', "_")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|target| target.name() == text);
        found.ok_or_else(|| Error::UnknownTarget { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_go_by_their_names() {
        for target in Target::ALL {
            assert_eq!(target.name().parse::<Target>().unwrap(), target);
        }
        let error = "wasm32-wasi".parse::<Target>().unwrap_err();
        assert_eq!(error.to_string(), "unknown target `wasm32-wasi`");
        assert!(error.hint().unwrap().contains("`wasm32-wasip1`"));
    }
}
