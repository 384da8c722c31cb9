//! Keys as they are typed: the name of a file, or `env://VARIABLE`.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::str::FromStr;

use camino::Utf8PathBuf;
use wasmpack_packager::signature::{KeyError, PrivateKey, PublicKey};

use crate::environment::Environment;
use crate::error::Error;

/// More than any key has, in bytes: nobody wants `/dev/zero` read to its end.
const LIMIT_BYTES: u64 = 64 << 10;

const VARIABLE: &str = "env://";

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In a file.
    File(Utf8PathBuf),
    /// In the variable of this name.
    Variable(String),
}

impl KeySource {
    /// The key that signs.
    ///
    /// # Errors
    /// There is none, or not one that signs.
    pub fn private(&self, environment: &Environment) -> Result<PrivateKey, Error> {
        self.parsed(environment, PrivateKey::from_pem)
    }

    /// The key that verifies.
    ///
    /// # Errors
    /// There is none, or not one that verifies.
    pub fn public(&self, environment: &Environment) -> Result<PublicKey, Error> {
        self.parsed(environment, PublicKey::from_pem)
    }

    fn parsed<K>(
        &self,
        environment: &Environment,
        parse: fn(&str) -> Result<K, KeyError>,
    ) -> Result<K, Error> {
        parse(&self.text(environment)?).map_err(|source| Error::Key { key: self.to_string(), source })
    }

    fn text(&self, environment: &Environment) -> Result<String, Error> {
        match self {
            Self::Variable(name) => environment
                .get_even_empty(name)
                .map(ToOwned::to_owned)
                .ok_or_else(|| Error::NoKeyVariable { name: name.clone() }),
            Self::File(typed) => {
                let path = environment.current_dir.join(typed);
                let mut bytes = Vec::new();
                let read = File::open(&path).and_then(|file| file.take(LIMIT_BYTES).read_to_end(&mut bytes));
                read.map_err(|source| Error::ReadFile { path, source })?;
                // What is not text is not in PEM, and the parser will say so.
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }
}

impl FromStr for KeySource {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        match typed.split_once("://") {
            _ if typed.starts_with("-----") => Err("write the name of a file, not the key itself".to_owned()),
            Some(("env", "")) => Err(format!("write the name of the variable, `{VARIABLE}KEY`")),
            Some(("env", name)) => Ok(Self::Variable(name.to_owned())),
            Some((scheme, _)) => Err(format!(
                "keys at `{scheme}://` are not read; there are files and `{VARIABLE}VARIABLE`, and cosign has the others"
            )),
            None => Ok(Self::File(typed.into())),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path.as_str()),
            Self::Variable(name) => write!(f, "{VARIABLE}{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_file_or_a_variable() {
        assert_eq!("key.pem".parse(), Ok(KeySource::File("key.pem".into())));
        assert_eq!("env://KEY".parse(), Ok(KeySource::Variable("KEY".to_owned())));
        for typed in ["env://", "awskms://alias/key", "-----BEGIN PRIVATE KEY-----\nsecret"] {
            let problem = typed.parse::<KeySource>().unwrap_err();
            assert!(!problem.contains("secret"), "{problem}");
        }
    }
}
