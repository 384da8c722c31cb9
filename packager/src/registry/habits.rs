//! What a registry was like the last time. It saves questions whose answers seldom change, and nothing relies on it: what is not
//! so any more costs a question.
//!
//! There is nothing secret in it. Where a token server is was said by the registry itself, and is looked at by the same rules as
//! if it were said now.

use serde::{Deserialize, Serialize};

use super::challenge::Challenge;

/// What is worth remembering of a registry, whatever the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// How it wants to be shown who asks; nothing where it does not, or that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wants: Option<Wants>,
    /// Whether it lists what refers to an image, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lists_referrers: Option<bool>,
}

/// How a registry wants to be shown who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Wants {
    /// A name and a password with each request.
    Password,
    /// A token of a server.
    Token {
        /// Its address.
        realm: String,
        /// What it is told about the registry.
        service: Option<String>,
    },
}

impl Wants {
    pub(super) fn of(challenge: &Challenge) -> Self {
        match challenge {
            Challenge::Basic => Self::Password,
            Challenge::Bearer { realm, service, .. } => {
                Self::Token { realm: realm.clone(), service: service.clone() }
            }
        }
    }

    /// The challenge that would have said so.
    pub(super) fn to_challenge(&self) -> Challenge {
        match self.clone() {
            Self::Password => Challenge::Basic,
            Self::Token { realm, service } => Challenge::Bearer { realm, service, scope: None, error: None },
        }
    }
}
