//! Whom we trust: the authorities of the machine, and those that are named.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::failure::{Cause, Distrust};
use super::settings::{ClientCertificate, Settings};

/// How TLS is spoken.
pub(super) fn tls(settings: &Settings) -> Result<TlsConfig, Cause> {
    // Some of a machine's certificates are often too strange to be read; the others count.
    let native = rustls_native_certs::load_native_certs().certs;
    let mut roots: Vec<Certificate<'static>> =
        native.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    for path in &settings.ca_files {
        roots.extend(certificates(path)?);
    }
    if roots.is_empty() {
        let problem = "this machine has no list of authorities to trust".to_owned();
        return Err(Cause::Certificate { problem, kind: Distrust::Authority });
    }
    let client = settings.client_certificate.as_ref().map(client).transpose()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .client_cert(client)
        .unversioned_rustls_crypto_provider(provider)
        .build())
}

fn client(paths: &ClientCertificate) -> Result<ClientCert, Cause> {
    let key = items(&paths.key)?.into_iter().find_map(|item| match item {
        PemItem::PrivateKey(key) => Some(key),
        _ => None,
    });
    let key: PrivateKey<'static> =
        key.ok_or_else(|| unusable(&paths.key, "it has no private key in PEM form"))?;
    Ok(ClientCert::new_with_certs(&certificates(&paths.certificate)?, key))
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Cause> {
    let found: Vec<_> = items(path)?
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() { Err(unusable(path, "it has no certificate in PEM form")) } else { Ok(found) }
}

fn items(path: &Path) -> Result<Vec<PemItem<'static>>, Cause> {
    let what = || format!("`{}`", path.display());
    let bytes = fs::read(path).map_err(|source| Cause::Local { what: what(), source })?;
    let items: Result<Vec<_>, _> = parse_pem(&bytes).collect();
    items.map_err(|_| unusable(path, "it is not PEM"))
}

fn unusable(path: &Path, problem: &str) -> Cause {
    let source = std::io::Error::new(std::io::ErrorKind::InvalidData, problem.to_owned());
    Cause::Local { what: format!("`{}`", path.display()), source }
}
