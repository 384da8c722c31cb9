//! What a client of registries is told before it begins. Everything comes in as a value: the command line reads files of
//! credentials, variables and flags.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::credentials::{Credentials, Secret};
use super::habits::Habits;

/// How one registry is spoken to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who asks.
    pub credentials: Credentials,
    /// Where plain http is right.
    pub plain_http: PlainHttp,
    /// PEM files of certificate authorities that are trusted as well as those of the machine.
    pub ca_files: Vec<PathBuf>,
    /// How the client shows who it is, where a registry asks for a certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// Which proxies stand between.
    pub proxies: Proxies,
    /// What it was like the last time.
    pub habits: Habits,
    /// How long to wait while not a byte comes or goes.
    pub idle: Duration,
    /// How long one request and its answer may take, however much comes; nothing, where only silence counts.
    pub whole: Option<Duration>,
    /// How much is done for an answer.
    pub effort: Effort,
    /// How time is told and spent.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            credentials: Credentials::Anonymous,
            plain_http: PlainHttp::Loopback,
            ca_files: Vec::new(),
            client_certificate: None,
            proxies: Proxies::default(),
            habits: Habits::default(),
            idle: Duration::from_secs(60),
            whole: None,
            effort: Effort::default(),
            clock: Clock::default(),
        }
    }
}

/// How much is done for one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// How often the same is tried.
    pub tries: u32,
    /// How long all the pauses between may take.
    pub patience: Duration,
}

impl Default for Effort {
    fn default() -> Self {
        Self { tries: 5, patience: Duration::from_secs(120) }
    }
}

/// Where http without TLS is spoken. What is meant is said beforehand: nothing falls back to it after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Nowhere, not even to a registry on this machine.
    Never,
    /// To a registry on this machine: `localhost`, `127.0.0.0/8`, `[::1]`.
    Loopback,
    /// To whatever registry is named.
    Always,
}

/// A certificate and its key, both PEM files. The key is PKCS#8, PKCS#1 or SEC1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those between it and the authority.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Proxies, as the usual variables name them: `http://user:password@host:port`. This machine is never asked through one.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For registries spoken to by http.
    pub http: Option<Secret>,
    /// For registries spoken to by https.
    pub https: Option<Secret>,
    /// Hosts that are reached without: `example.com` with all below it, `.example.com`, `10.0.0.0/8`, `*`; with `:PORT` on that alone.
    pub exceptions: Vec<String>,
}

/// How time is told and spent, so that tests need not wait.
#[derive(Clone)]
pub struct Clock {
    /// What time it is. Dates that registries give are compared with it.
    pub now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// Waits before another try.
    pub sleep: Arc<dyn Fn(Duration) + Send + Sync>,
}

impl Default for Clock {
    fn default() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "dates of tokens and answers; nothing of it reaches an image"
        )]
        let now = SystemTime::now;
        Self { now: Arc::new(now), sleep: Arc::new(std::thread::sleep) }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
