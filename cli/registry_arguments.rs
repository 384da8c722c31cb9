//! How registries are spoken to: what every verb takes that may ask one.

use std::sync::OnceLock;

use camino::Utf8PathBuf;
use clap::Args;
use wasmpack_packager::Reference;
use wasmpack_packager::registry::{ClientCertificate, PlainHttp, Proxies, Secret, Settings};

use crate::credentials;
use crate::environment::Environment;
use crate::error::Error;

/// Who asks a registry, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct RegistryArguments {
    /// Name to give to the registry [default: as `docker login` or `podman login` left it]
    #[arg(long, value_name = "NAME", requires = "password_stdin", help_heading = "Registry Options")]
    pub username: Option<String>,
    /// Read the password from stdin
    #[arg(long, requires = "username", help_heading = "Registry Options")]
    pub password_stdin: bool,
    /// Trust these certificate authorities too, a PEM file
    #[arg(long, value_name = "FILE", help_heading = "Registry Options")]
    pub ca_file: Vec<Utf8PathBuf>,
    /// Show the registry this certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "client_key", help_heading = "Registry Options")]
    pub client_cert: Option<Utf8PathBuf>,
    /// The key of that certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "client_cert", help_heading = "Registry Options")]
    pub client_key: Option<Utf8PathBuf>,
    /// Speak http without TLS, as is done anyway to a registry on this machine, unless certificates are named
    #[arg(long, conflicts_with_all = ["ca_file", "client_cert"], help_heading = "Registry Options")]
    pub plain_http: bool,
    #[arg(skip)]
    password: Password,
}

/// What was read from stdin, which can be read but once, and the one registry that it is for.
#[derive(Debug, Clone, Default)]
struct Password {
    secret: OnceLock<Secret>,
    registry: OnceLock<String>,
}

static NONE: RegistryArguments = RegistryArguments {
    username: None,
    password_stdin: false,
    ca_file: Vec::new(),
    client_cert: None,
    client_key: None,
    plain_http: false,
    password: Password { secret: OnceLock::new(), registry: OnceLock::new() },
};

/// The same with who asks.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    typed: &'a RegistryArguments,
    password: Option<Secret>,
}

impl RegistryArguments {
    /// None of it.
    pub fn none() -> &'static Self {
        &NONE
    }

    /// Where http is spoken. Whoever names certificates means TLS, on this machine too.
    fn plain_http(&self) -> PlainHttp {
        match (self.plain_http, self.ca_file.is_empty() && self.client_cert.is_none()) {
            (true, _) => PlainHttp::Always,
            (false, true) => PlainHttp::Loopback,
            (false, false) => PlainHttp::Never,
        }
    }

    /// Without what was typed of who asks: that is for the registry of the image, and for no other.
    #[must_use]
    pub fn access_of_nobody(&self) -> Access<'_> {
        Access { typed: self, password: None }
    }

    /// Reads the password, if it comes from stdin and was not read yet.
    ///
    /// # Errors
    /// When there is none.
    pub fn access(&self) -> Result<Access<'_>, Error> {
        let secret = &self.password.secret;
        if self.password_stdin && secret.get().is_none() {
            let _ = secret.set(credentials::password(std::io::stdin())?);
        }
        Ok(Access { typed: self, password: secret.get().cloned() })
    }
}

impl Access<'_> {
    /// How the registry of this reference is spoken to.
    ///
    /// # Errors
    /// When its credentials cannot be read, or those that were typed went to another one.
    pub fn to(&self, reference: &Reference, environment: &Environment) -> Result<Settings, Error> {
        let Self { typed, password } = self;
        let below = |path: &Utf8PathBuf| environment.current_dir.join(path).into_std_path_buf();
        let typed_credentials = typed.username.as_deref().zip(password.clone());
        if typed_credentials.is_some() {
            let asked = reference.fully_qualified().host().unwrap_or_default().to_owned();
            let registry = typed.password.registry.get_or_init(|| asked.clone()).clone();
            if registry != asked {
                return Err(Error::TypedForOther { registry, asked });
            }
        }
        let certificate = typed.client_cert.as_ref().zip(typed.client_key.as_ref());
        Ok(Settings {
            credentials: credentials::find(reference, typed_credentials, environment)?,
            plain_http: typed.plain_http(),
            ca_files: typed.ca_file.iter().map(below).collect(),
            client_certificate: certificate.map(|(certificate, key)| ClientCertificate {
                certificate: below(certificate),
                key: below(key),
            }),
            proxies: proxies(environment),
            ..Settings::default()
        })
    }
}

/// The usual variables. In capitals, `HTTP_PROXY` could come from the headers of a request to a CGI program, and is not
/// believed (CVE-2016-5385).
fn proxies(environment: &Environment) -> Proxies {
    let either = |small: &str, large: &str| environment.get(small).or_else(|| environment.get(large));
    let all = || either("all_proxy", "ALL_PROXY");
    let secret = |address: Option<&str>| address.map(Secret::new);
    Proxies {
        http: secret(environment.get("http_proxy").or_else(all)),
        https: secret(either("https_proxy", "HTTPS_PROXY").or_else(all)),
        exceptions: either("no_proxy", "NO_PROXY")
            .unwrap_or_default()
            .split(',')
            .map(|host| host.trim().to_owned())
            .filter(|host| !host.is_empty())
            .collect(),
    }
}
