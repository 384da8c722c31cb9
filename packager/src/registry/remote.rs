//! One repository of one registry, and how it is asked.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use url::Url;

use super::answer;
use super::challenge;
use super::endpoint;
use super::failure::{Cause, Failure};
use super::habits::Habits;
use super::link;
use super::origin;
use super::retry::retry;
use super::settings::Settings;
use super::token::{self, Tokens};
use super::transport::{Body, Method, Response, Transport};
use crate::error::printable;
use crate::{Error, Reference};

/// Redirects that are followed for one request.
const HOPS: usize = 5;
/// What is shown is changed so often for one request: once for a first token, once for more rights.
const RENEWALS: usize = 2;

/// What is to be done in a repository: tokens are good for just that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read.
    Pull,
    /// To read and write.
    Push,
}

impl Access {
    fn actions(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
        }
    }
}

/// One repository of one registry, with its open connections and tokens. Any number of threads may use it.
pub struct Remote {
    pub(super) settings: Settings,
    /// The host as it was typed and the repository, for messages.
    name: String,
    repository: String,
    registry: Url,
    transport: Transport,
    tokens: Tokens,
    lists_referrers: Mutex<Option<bool>>,
}

/// A request below `/v2/`.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body<'a>,
}

impl Request<'_> {
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: Body::None }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Remote {
    /// The repository of a reference. Nothing is asked yet.
    ///
    /// # Errors
    /// The host of the reference makes no address.
    pub fn open(reference: &Reference, access: Access, settings: Settings) -> Result<Self, Error> {
        let qualified = reference.fully_qualified();
        let repository = qualified.repository().to_owned();
        let name = format!("{}/{repository}", qualified.host().unwrap_or_default());
        let registry = endpoint::base(reference, settings.plain_http)
            .ok_or_else(|| Failure::new(&name, Cause::strange("its host makes no address")))?;
        let scope = format!("repository:{repository}:{}", access.actions());
        let tokens = Tokens::new(&settings, scope);
        let transport = Transport::new(&settings);
        let lists_referrers = Mutex::new(settings.habits.lists_referrers);
        Ok(Self { settings, name, repository, registry, transport, tokens, lists_referrers })
    }

    /// The registry and the repository, `host/path`, without tag and digest.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The registry, as credentials are kept under.
    #[must_use]
    pub fn host(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// What the registry is like, as far as it is known by now.
    #[must_use]
    pub fn habits(&self) -> Habits {
        let lists_referrers = *self.lists_referrers.lock().unwrap_or_else(PoisonError::into_inner);
        Habits { wants: self.tokens.wanted(), lists_referrers }
    }

    /// The registry has just shown whether it lists what refers to an image.
    pub(super) fn lists_referrers(&self, is_so: bool) {
        *self.lists_referrers.lock().unwrap_or_else(PoisonError::into_inner) = Some(is_so);
    }

    /// Asks for the right to read another repository of the same registry as well, so that blobs can be mounted from there.
    pub(super) fn may_read(&self, repository: &str) {
        self.tokens.extend(format!("repository:{repository}:pull"));
    }

    /// An address in this repository: `manifests/v1` and the like.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.registry.clone();
        url.set_path(&format!("/v2/{}/{path}", self.repository));
        url
    }

    /// Where an answer sends us on, if we go there.
    pub(super) fn follow(&self, current: &Url, location: &str) -> Result<Url, Failure> {
        origin::follow(&self.registry, current, location)
            .map_err(|problem| self.failure(Cause::Unsafe { problem: printable(&problem) }))
    }

    /// Where a list goes on. Only the registry itself is asked for more.
    pub(super) fn next_part(&self, current: &Url, response: &Response) -> Result<Option<Url>, Failure> {
        let Some(next) = response.headers("link").find_map(link::next) else { return Ok(None) };
        let next = self.follow(current, next)?;
        if self.is_own(&next) {
            return Ok(Some(next));
        }
        let problem = format!("its list goes on at `{}`", origin::shown(&next));
        Err(self.failure(Cause::Unsafe { problem }))
    }

    fn is_own(&self, url: &Url) -> bool {
        origin::is_own(&self.registry, url)
    }

    pub(super) fn failure(&self, cause: Cause) -> Failure {
        Failure::new(&self.name, cause)
    }

    /// Asks until there is an answer that is worth having: success, or one of these.
    pub(super) fn ask(&self, request: &Request<'_>, also: &[u16]) -> Result<Response, Failure> {
        retry(&self.settings, || self.once(request, also))
    }

    /// The same, once.
    pub(super) fn once(&self, request: &Request<'_>, also: &[u16]) -> Result<Response, Failure> {
        let asked = format!("{} {}", request.method.name(), self.shown(&request.url));
        let answered = self.exchange(request).and_then(|response| {
            let is_wanted = matches!(response.status, 200..=299) || also.contains(&response.status);
            if is_wanted { Ok(response) } else { Err(answer::refusal(response, &self.settings)) }
        });
        answered.map_err(|cause| self.failure(cause).of(asked))
    }

    /// Sends a request to where it belongs, with what the registry wants to be shown. Only the registry itself is shown
    /// anything, and nobody else's wish for it is heard.
    fn exchange(&self, request: &Request<'_>) -> Result<Response, Cause> {
        let mut url = request.url.clone();
        let (mut hops, mut renewals) = (0, 0);
        loop {
            let is_own = self.is_own(&url);
            let mut headers: Vec<(&str, &str)> =
                request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let shown = self.tokens.shown(&self.registry, &self.transport, &self.settings)?;
            if let Some(authorization) = shown.authorization.as_deref().filter(|_| is_own) {
                headers.push(("authorization", authorization));
            }
            let response = self.transport.send(request.method, &url, &headers, request.body)?;
            match response.status {
                401 if is_own => {
                    let challenges = challenge::parse(response.headers("www-authenticate"));
                    let said = answer::refusal(response, &self.settings).said();
                    if renewals == RENEWALS {
                        return Err(token::exhausted(&self.settings, &challenges, said));
                    }
                    let asked = (&self.registry, &self.transport, &self.settings);
                    self.tokens.refused(&shown, &challenges, &said, asked)?;
                    renewals += 1;
                }
                status if is_followed(request.method, status) => {
                    let location = response.header("location").map(str::to_owned);
                    let location =
                        location.ok_or_else(|| Cause::strange("it answers with a redirect to nowhere"))?;
                    if hops == HOPS {
                        return Err(Cause::strange("it answers with one redirect after another"));
                    }
                    url = origin::follow(&self.registry, &url, &location)
                        .map_err(|problem| Cause::Unsafe { problem: printable(&problem) })?;
                    hops += 1;
                }
                _ => return Ok(response),
            }
        }
    }

    /// An address for messages. Only of the registry's own is the path told, and of none the query: what is in there may be as
    /// good as a password.
    pub(super) fn shown(&self, url: &Url) -> String {
        if self.is_own(url) { printable(url.path()) } else { origin::shown(url) }
    }
}

/// Whether a redirect is followed. What asks whether something is there has its answer by then; what changes something goes
/// only where it may be sent as it is.
fn is_followed(method: Method, status: u16) -> bool {
    match method {
        Method::Head => false,
        Method::Get => matches!(status, 301..=303 | 307 | 308),
        _ => matches!(status, 307 | 308),
    }
}

/// The JSON of an answer, if it is that.
pub(super) fn json(response: Response, limit_bytes: u64) -> Result<Value, Cause> {
    let kind = printable(response.header("content-type").unwrap_or("nothing"));
    let bytes = response.bytes(limit_bytes)?;
    serde_json::from_slice(&bytes).map_err(|_| {
        let is_page = kind.starts_with("text/html");
        let what = if is_page { "a page for people".to_owned() } else { format!("`{kind}` that is broken") };
        Cause::strange(format!("it answers with {what} where JSON is expected"))
    })
}
