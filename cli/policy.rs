//! `[policy]`: what the programs of an image may ask their host for.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use wasmpack_optimizer::Rule;

use crate::word::{Word, in_one_line};

/// `[policy]`. An entry is a word for capabilities, such as `files`, or an import by its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Policy {
    /// All they may ask for; none, if it is empty; if there is no such list, whatever is not denied.
    pub allow: Option<Vec<Word<Rule>>>,
    /// What they may not ask for, even if it is allowed.
    pub deny: Option<Vec<Word<Rule>>>,
}

impl From<Policy> for wasmpack_optimizer::Policy {
    fn from(policy: Policy) -> Self {
        let rules = |words: Vec<Word<Rule>>| words.into_iter().map(|word| word.value).collect();
        Self { allow: policy.allow.map(rules), deny: policy.deny.map(rules).unwrap_or_default() }
    }
}

/// What was typed in its place.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PolicyArguments {
    /// Hold programs against the project's `[policy]`, or the lists that are typed; the exit code is 113 if one asks for
    /// more
    #[arg(long, conflicts_with = "consumers", help_heading = "Policy Options")]
    pub policy: bool,
    /// All they may ask for, in place of the configured list: `stdio`, `files`, `network`, … or an import by its name, with
    /// `,` between them
    #[arg(long, value_name = "LIST", requires = "policy", help_heading = "Policy Options")]
    pub allow: Option<Rules>,
    /// What they may not ask for, in place of the configured list
    #[arg(long, value_name = "LIST", requires = "policy", help_heading = "Policy Options")]
    pub deny: Option<Rules>,
}

/// A list on the command line; an empty text is an empty list.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules(Vec<Rule>);

impl FromStr for Rules {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let words = typed.split(',').map(str::trim).filter(|word| !word.is_empty());
        let rules =
            words.map(|word| word.parse().map_err(|error: wasmpack_optimizer::Error| in_one_line(&error)));
        rules.collect::<Result<_, _>>().map(Self)
    }
}

impl PolicyArguments {
    /// The lists that were typed, over those that are configured.
    #[must_use]
    pub fn over(&self, configured: wasmpack_optimizer::Policy) -> wasmpack_optimizer::Policy {
        let typed = |list: &Option<Rules>| list.as_ref().map(|Rules(rules)| rules.clone());
        wasmpack_optimizer::Policy {
            allow: typed(&self.allow).or(configured.allow),
            deny: typed(&self.deny).unwrap_or(configured.deny),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_be_empty() {
        assert_eq!("".parse(), Ok(Rules(Vec::new())));
        assert_eq!("stdio, exit".parse::<Rules>().unwrap().0.len(), 2);
        assert!("stdio,Exit".parse::<Rules>().unwrap_err().contains("did you mean `exit`?"));
    }

    #[test]
    fn configured_lists_are_taken_as_they_are() {
        let rules = |words: &str| words.parse::<Rules>().unwrap().0;
        let policy: Policy =
            serde_json::from_value(serde_json::json!({"allow": ["stdio"], "deny": ["network", "exit"]}))
                .unwrap();
        let expected =
            wasmpack_optimizer::Policy { allow: Some(rules("stdio")), deny: rules("network,exit") };
        assert_eq!(wasmpack_optimizer::Policy::from(policy), expected);
        assert!(wasmpack_optimizer::Policy::from(Policy::default()).is_empty());
    }

    #[test]
    fn typed_lists_win_one_by_one() {
        let rules = |words: &str| words.parse::<Rules>().unwrap();
        let configured =
            wasmpack_optimizer::Policy { allow: Some(rules("stdio").0), deny: rules("network").0 };
        let typed = |allow: Option<&str>, deny: Option<&str>| {
            let lists = PolicyArguments { policy: true, allow: allow.map(rules), deny: deny.map(rules) };
            lists.over(configured.clone())
        };
        assert_eq!(typed(None, None), configured);
        assert_eq!(typed(Some(""), None).allow, Some(Vec::new()));
        assert_eq!(typed(Some(""), None).deny, configured.deny);
        assert!(typed(None, Some("")).deny.is_empty());
    }
}
