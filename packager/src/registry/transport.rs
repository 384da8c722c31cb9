//! One request, one answer. The only file that knows the HTTP client, apart from the certificates it is given.
//!
//! The client follows nothing, keeps no cookies and looks at no environment. Connections are kept for the next request. What is
//! trusted is read when the first https address is spoken to: it is half of the time of a short visit.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::io::{self, Cursor, Read};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::http::{self, HeaderMap};
use ureq::{Agent, ProxyProtocol, SendBody};
use url::Url;

use super::certificates;
use super::credentials::Secret;
use super::failure::{Cause, Distrust};
use super::no_proxy;
use super::settings::{Proxies, Settings};
use crate::error::printable;

const USER_AGENT: &str = concat!("cargo-wasmpack/", env!("CARGO_PKG_VERSION"));
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(30);
/// From here on a body is announced first, so that a registry that will not have it says so before it is sent.
const ANNOUNCED_BYTES: u64 = 1 << 20;
/// How long it may take to say so. Some say nothing, and then it is sent.
const ANNOUNCED: Duration = Duration::from_millis(300);
/// More than a push has at once, so that none is closed in between.
const IDLE_CONNECTIONS: usize = 8;

/// What is asked for (RFC 9110, 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What goes along with a request. It can be sent again from its beginning.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    None,
    Bytes(&'a [u8]),
    /// So many bytes, which need not be in memory.
    Stream(u64, &'a (dyn Fn() -> io::Result<Box<dyn Read + Send + 'a>> + Sync)),
}

impl Body<'_> {
    fn size_bytes(&self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stream(size_bytes, _) => Some(*size_bytes),
        }
    }
}

/// What came back. Its body is read by whoever knows how large it may be.
pub(super) struct Response {
    pub(super) status: u16,
    headers: HeaderMap,
    body: Box<dyn Read + Send>,
}

impl Response {
    /// A header that is there once, or the first of several.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What its status means, in words.
    pub(super) fn phrase(&self) -> &'static str {
        let status = http::StatusCode::from_u16(self.status).ok();
        status.and_then(|status| status.canonical_reason()).unwrap_or_default()
    }

    /// All headers of a name.
    pub(super) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// The body, if it has at most so many bytes.
    pub(super) fn bytes(self, limit_bytes: u64) -> Result<Vec<u8>, Cause> {
        let mut bytes = Vec::new();
        self.body.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(|error| cause(error.into()))?;
        if bytes.len() as u64 > limit_bytes {
            return Err(Cause::strange(format!("it answers with more than {limit_bytes} bytes")));
        }
        Ok(bytes)
    }

    /// The body as it comes. Its errors are made causes by [`interrupted`].
    pub(super) fn into_reader(self) -> Box<dyn Read + Send> {
        self.body
    }
}

/// The client with its open connections.
pub(super) struct Transport {
    settings: Settings,
    agents: Mutex<BTreeMap<Path, Agent>>,
}

/// How a host is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Path {
    is_secure: bool,
    is_direct: bool,
}

impl Transport {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { settings: settings.clone(), agents: Mutex::default() }
    }

    /// Sends a request, to this address and to no other.
    pub(super) fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: Body<'_>,
    ) -> Result<Response, Cause> {
        let is_large = body.size_bytes().is_some_and(|size_bytes| size_bytes >= ANNOUNCED_BYTES);
        match self.exchange(method, url, headers, body, is_large)? {
            // Somebody in between knows no announcements (RFC 9110, 10.1.1).
            Response { status: 417, .. } if is_large => self.exchange(method, url, headers, body, false),
            response => Ok(response),
        }
    }

    fn exchange(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: Body<'_>,
        is_announced: bool,
    ) -> Result<Response, Cause> {
        let mut request = http::Request::builder().method(method.name()).uri(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(size_bytes) = body.size_bytes() {
            request = request.header("content-length", size_bytes);
        }
        if is_announced {
            request = request.header("expect", "100-continue");
        }
        let agent = self.agent(url)?;
        let response = match body {
            Body::None => run(&agent, request, SendBody::none()),
            Body::Bytes(bytes) => run(&agent, request, SendBody::from_reader(&mut Cursor::new(bytes))),
            Body::Stream(size_bytes, open) => {
                let inner = open().map_err(|source| local(&source))?;
                run(&agent, request, SendBody::from_reader(&mut Exactly { inner, left: size_bytes }))
            }
        }?;
        let (parts, body) = response.into_parts();
        let body = Box::new(body.into_reader());
        Ok(Response { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    fn agent(&self, url: &Url) -> Result<Agent, Cause> {
        let Proxies { http, https, exceptions } = &self.settings.proxies;
        let path =
            Path { is_secure: url.scheme() != "http", is_direct: no_proxy::is_direct(url, exceptions) };
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = agents.get(&path) {
            return Ok(agent.clone());
        }
        let proxy = match (path.is_direct, path.is_secure) {
            (true, _) => None,
            (false, true) => proxy(https.as_ref())?,
            (false, false) => proxy(http.as_ref())?,
        };
        let mut config = self.config(proxy);
        if path.is_secure {
            config = config.https_only(true).tls_config(certificates::tls(&self.settings)?);
        }
        let agent = Agent::new_with_config(config.build());
        agents.insert(path, agent.clone());
        Ok(agent)
    }

    fn config(&self, proxy: Option<ureq::Proxy>) -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
        Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(proxy)
            .user_agent(USER_AGENT)
            .max_idle_connections(IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .timeout_resolve(Some(CONNECT.min(self.settings.idle)))
            .timeout_connect(Some(CONNECT.min(self.settings.idle)))
            .timeout_await_100(Some(ANNOUNCED))
            .timeout_per_read(Some(self.settings.idle))
            .timeout_per_write(Some(self.settings.idle))
            .timeout_global(self.settings.whole)
    }
}

fn run(
    agent: &Agent,
    request: http::request::Builder,
    body: SendBody<'_>,
) -> Result<http::Response<ureq::Body>, Cause> {
    let by_proxy = agent.config().proxy().is_some();
    let answer = request.body(body).map_err(ureq::Error::from).and_then(|request| agent.run(request));
    answer.map_err(cause).map_err(|cause| match cause {
        // Nobody was reached, and it was the proxy that was asked for.
        Cause::Unreachable { problem, passing: false } if by_proxy => Cause::Proxy { problem },
        cause => cause,
    })
}

fn proxy(address: Option<&Secret>) -> Result<Option<ureq::Proxy>, Cause> {
    let Some(address) = address else { return Ok(None) };
    let wrong = |problem: &str| Cause::Proxy { problem: problem.to_owned() };
    let address = address.reveal();
    let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let url = Url::parse(&address).map_err(|_| wrong("its address is none"))?;
    let protocol = match url.scheme() {
        "http" => ProxyProtocol::Http,
        "https" => ProxyProtocol::Https,
        _ => return Err(wrong("its address begins with neither `http://` nor `https://`")),
    };
    let host = url.host_str().ok_or_else(|| wrong("its address has no host"))?;
    let mut proxy = ureq::Proxy::builder(protocol).host(host);
    if let Some(port) = url.port_or_known_default() {
        proxy = proxy.port(port);
    }
    // They are percent-encoded in the address, and the client does that again.
    if !url.username().is_empty() {
        proxy = proxy.username(&percent_decoded(url.username()));
    }
    if let Some(password) = url.password() {
        proxy = proxy.password(&percent_decoded(password));
    }
    proxy.build().map(Some).map_err(|_| wrong("its address is none"))
}

fn percent_decoded(text: &str) -> String {
    // The form decoder takes `+` for a space, which an address does not.
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// A reader of just so many bytes: the client would wait for ever for what a file has lost.
struct Exactly<'a> {
    inner: Box<dyn Read + Send + 'a>,
    left: u64,
}

impl Read for Exactly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count =
            self.inner.read(&mut buffer[..wanted]).map_err(|source| io::Error::other(Local(source)))?;
        if count == 0 && wanted > 0 {
            return Err(io::Error::other(Local(io::ErrorKind::UnexpectedEof.into())));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// What went wrong on our side of the wire.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Local(io::Error);

fn local(source: &io::Error) -> Cause {
    Cause::Local {
        what: "what is to be sent".to_owned(),
        source: io::Error::new(source.kind(), source.to_string()),
    }
}

/// Why an answer ended before its end.
pub(super) fn interrupted(error: io::Error) -> Cause {
    cause(error.into())
}

fn cause(error: ureq::Error) -> Cause {
    if let Some(source) = find::<Local>(&error) {
        return local(&source.0);
    }
    if let Some(tls) = find::<rustls::Error>(&error) {
        return distrust(tls);
    }
    let unreachable = |problem: String, passing| Cause::Unreachable { problem: printable(&problem), passing };
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            unreachable("no connection comes about in time".to_owned(), true)
        }
        // It would be as slow the next time.
        ureq::Error::Timeout(ureq::Timeout::Global) => unreachable("it is too slow".to_owned(), false),
        ureq::Error::Timeout(_) => unreachable("it stopped answering".to_owned(), true),
        ureq::Error::HostNotFound => unreachable("there is no such host".to_owned(), false),
        ureq::Error::ConnectProxyFailed(problem) => Cause::Proxy { problem: printable(&problem) },
        ureq::Error::Io(error) => {
            let passing = is_passing(error.kind());
            let problem = if error.kind() == io::ErrorKind::UnexpectedEof {
                "it closed the connection before its answer was whole".to_owned()
            } else {
                error.to_string()
            };
            unreachable(problem, passing)
        }
        ureq::Error::Protocol(problem) => Cause::strange(format!("it does not speak HTTP: {problem}")),
        ureq::Error::LargeResponseHeader(..) => Cause::strange("it answers with too many headers"),
        other => unreachable(other.to_string(), false),
    }
}

fn is_passing(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, Interrupted, NotConnected, TimedOut, UnexpectedEof,
        WouldBlock,
    };
    matches!(
        kind,
        BrokenPipe
            | ConnectionAborted
            | ConnectionReset
            | Interrupted
            | NotConnected
            | TimedOut
            | UnexpectedEof
            | WouldBlock
    )
}

/// The error of a kind that lies behind another. Errors of input and output hide theirs.
fn find<E: StdError + 'static>(error: &ureq::Error) -> Option<&E> {
    let inner: &(dyn StdError + 'static) = match error {
        ureq::Error::Rustls(tls) => tls,
        ureq::Error::Io(error) => error.get_ref()?,
        ureq::Error::Other(error) => &**error,
        _ => return None,
    };
    inner.downcast_ref().or_else(|| inner.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref())
}

fn distrust(error: &rustls::Error) -> Cause {
    use rustls::CertificateError as Certificate;
    let kind = match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::UnknownIssuer | Certificate::BadSignature => Distrust::Authority,
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => Distrust::Time,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => Distrust::Name,
            // rustls has no name for it, and hands on webpki's.
            Certificate::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => Distrust::Root,
            _ => Distrust::Other,
        },
        rustls::Error::InvalidMessage(_) => Distrust::NoTls,
        _ => Distrust::Other,
    };
    let problem = match kind {
        Distrust::Authority => "nobody whom this machine trusts has signed it".to_owned(),
        Distrust::Root => "it is that of an authority, not of a server".to_owned(),
        Distrust::NoTls => "there is none, as the other side does not speak TLS".to_owned(),
        _ => printable(&error.to_string()),
    };
    Cause::Certificate { problem, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_keeps_its_password() {
        let proxy = proxy(Some(&Secret::new("user:p%40ss+word@proxy.example:3128"))).unwrap().unwrap();
        assert_eq!((proxy.host(), proxy.port()), ("proxy.example", 3128));
        assert_eq!((proxy.username(), proxy.password()), (Some("user"), Some("p@ss+word")));
    }

    #[test]
    fn an_address_of_a_proxy_that_is_none_is_told_without_it() {
        for address in ["socks5://user:hunter2@host", "http://", "http://:hunter2@"] {
            let error = proxy(Some(&Secret::new(address))).unwrap_err();
            assert!(matches!(error, Cause::Proxy { .. }), "{error}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
