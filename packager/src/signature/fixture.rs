//! Keys for tests.

use crate::signature::{PrivateKey, PublicKey};

pub(super) const PRIVATE_PEM: &str = include_str!("test-keys/rfc6979.pem");
pub(super) const PUBLIC_PEM: &str = include_str!("test-keys/rfc6979.pub");
pub(super) const OTHER: &str = include_str!("test-keys/other.pem");

pub(crate) fn key() -> PrivateKey {
    PrivateKey::from_pem(PRIVATE_PEM).unwrap()
}

pub(crate) fn other_key() -> PrivateKey {
    PrivateKey::from_pem(OTHER).unwrap()
}

pub(crate) fn public() -> PublicKey {
    PublicKey::from_pem(PUBLIC_PEM).unwrap()
}
