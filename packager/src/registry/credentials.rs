//! Who asks a registry. Secrets are shown by nothing.

use std::fmt;

use base64ct::{Base64, Encoding as _};

/// What a registry knows its user by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// Nobody in particular.
    Anonymous,
    /// A name and a password, or an access token in its place.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// What some registries give in place of a password (`identitytoken` in Docker's configuration): it is only good for
    /// asking for tokens.
    Identity(Secret),
    /// A token for the registry itself (`registrytoken` in Docker's configuration).
    Bearer(Secret),
}

impl Credentials {
    /// A name and a password.
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Basic { user: user.into(), password: Secret::new(password) }
    }

    /// How a name and a password are sent (RFC 7617).
    pub(super) fn to_basic(&self) -> Option<String> {
        let Self::Basic { user, password } = self else { return None };
        Some(format!("Basic {}", Base64::encode_string(format!("{user}:{}", password.reveal()).as_bytes())))
    }

    /// A stranger's text without what is secret here, should they quote it.
    pub(super) fn redact(&self, text: &str) -> String {
        let (secret, sent) = match self {
            Self::Anonymous => return text.to_owned(),
            Self::Basic { password, .. } => (password, self.to_basic()),
            Self::Identity(secret) | Self::Bearer(secret) => (secret, None),
        };
        let sent = sent.as_deref().and_then(|sent| sent.strip_prefix("Basic "));
        let secrets = [Some(secret.reveal()), sent].into_iter().flatten();
        secrets
            .filter(|secret| !secret.is_empty())
            .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whom it is meant.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_by_nothing() {
        let all = [
            Credentials::basic("user", "hunter2"),
            Credentials::Identity(Secret::new("hunter2")),
            Credentials::Bearer(Secret::new("hunter2")),
        ];
        for credentials in all {
            assert!(!format!("{credentials:?}").contains("hunter2"));
            assert_eq!(credentials.redact("no `hunter2` here"), "no `***` here");
        }
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
        let sent = Credentials::basic("user", "hunter2").to_basic().unwrap();
        assert_eq!(Credentials::basic("user", "hunter2").redact(&sent), "Basic ***");
        assert_eq!(Credentials::basic("user", "").redact("text"), "text");
    }
}
