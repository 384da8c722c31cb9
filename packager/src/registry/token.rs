//! Showing a registry who asks: a password with each request, or a token that somebody else gives for it
//! (distribution specification, "Token Authentication").
//!
//! One value serves all the requests to one repository, from however many threads. A token is asked for when a registry wants
//! one, again a little before it expires, and again when it is refused: pushes take longer than tokens live.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::answer;
use super::challenge::Challenge;
use super::credentials::Credentials;
use super::failure::Cause;
use super::habits::Wants;
use super::origin;
use super::settings::Settings;
use super::transport::{Body, Method, Response, Transport};

/// An answer with a token may have this many bytes, 1 MiB.
const TOKEN_LIMIT_BYTES: u64 = 1 << 20;
/// What a token may have, so that it fits into a header.
const HEADER_LIMIT_BYTES: usize = 32 << 10;
/// How long a token lives that does not say so.
const LIFE: Duration = Duration::from_secs(60);
/// A token is not used in the last part of its life, as requests take time.
const MARGIN: Duration = Duration::from_secs(5);
/// How we call ourselves to a token server.
const CLIENT: &str = "cargo-wasmpack";

/// What is shown with a request.
#[derive(Clone)]
pub(super) struct Shown {
    /// The header.
    pub(super) authorization: Option<String>,
    /// Which it was, so that one that is refused to many at once is renewed once.
    number: u64,
}

/// What a repository's registry is shown.
pub(super) struct Tokens {
    state: Mutex<State>,
}

struct State {
    number: u64,
    scopes: BTreeSet<String>,
    pass: Pass,
    /// What the registry has shown to want.
    wants: Option<Wants>,
}

enum Pass {
    None,
    /// What the registry wanted the last time, and has not asked for now.
    Expected(Challenge),
    Password(String),
    Token {
        header: String,
        until: SystemTime,
        challenge: Challenge,
    },
}

impl Tokens {
    /// Nothing is shown before somebody asks or has asked the last time, except a token that is for the registry itself.
    pub(super) fn new(settings: &Settings, scope: String) -> Self {
        let wants = settings.habits.wants.clone();
        let pass = match (&settings.credentials, &wants) {
            (Credentials::Bearer(token), _) => Pass::Password(format!("Bearer {}", token.reveal())),
            (_, Some(wants)) => Pass::Expected(wants.to_challenge()),
            (_, None) => Pass::None,
        };
        Self { state: Mutex::new(State { number: 0, scopes: [scope].into(), pass, wants }) }
    }

    /// What the registry wants, as far as it is known by now.
    pub(super) fn wanted(&self) -> Option<Wants> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).wants.clone()
    }

    /// Asks for this right too, from the next token on.
    pub(super) fn extend(&self, scope: String) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).scopes.insert(scope);
    }

    /// What to show now.
    pub(super) fn shown(
        &self,
        registry: &Url,
        transport: &Transport,
        settings: &Settings,
    ) -> Result<Shown, Cause> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Pass::Token { until, challenge, .. } = &state.pass
            && *until <= (settings.clock.now)() + MARGIN
        {
            let challenge = challenge.clone();
            state.renew(&challenge, registry, transport, settings)?;
        }
        if let Pass::Expected(bearer @ Challenge::Bearer { .. }) = &state.pass {
            let bearer = bearer.clone();
            if state.renew(&bearer, registry, transport, settings).is_err() {
                // Where it is now is said by the registry.
                (state.pass, state.wants) = (Pass::None, None);
            }
        }
        let authorization = match &state.pass {
            Pass::Expected(_) => settings.credentials.to_basic(),
            Pass::None => None,
            Pass::Password(header) | Pass::Token { header, .. } => Some(header.clone()),
        };
        Ok(Shown { authorization, number: state.number })
    }

    /// After a 401: gets what the registry wants instead.
    pub(super) fn refused(
        &self,
        shown: &Shown,
        challenges: &[Challenge],
        said: &str,
        (registry, transport, settings): (&Url, &Transport, &Settings),
    ) -> Result<(), Cause> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.number != shown.number {
            return Ok(());
        }
        let is_refused = |state: &State| match state.pass {
            Pass::Password(_) => true,
            Pass::Expected(_) => shown.authorization.is_some() && challenges.contains(&Challenge::Basic),
            Pass::None | Pass::Token { .. } => false,
        };
        state.wants = None;
        if is_refused(&state) {
            return Err(unauthorized(settings, said));
        }
        if let Some(bearer) = challenges.iter().find(|one| matches!(one, Challenge::Bearer { .. })) {
            return state.renew(bearer, registry, transport, settings);
        }
        let basic = settings.credentials.to_basic().filter(|_| challenges.contains(&Challenge::Basic));
        state.pass = Pass::Password(basic.ok_or_else(|| unauthorized(settings, said))?);
        state.wants = Some(Wants::Password);
        state.number += 1;
        Ok(())
    }
}

/// A new token is refused as well: it does not reach far enough, or it is not for us.
pub(super) fn exhausted(settings: &Settings, challenges: &[Challenge], said: String) -> Cause {
    let reaches_not = |one: &Challenge| matches!(one, Challenge::Bearer { error: Some(error), .. } if error == "insufficient_scope");
    if challenges.iter().any(reaches_not) && settings.credentials != Credentials::Anonymous {
        return Cause::Refused { status: 401, code: Some("DENIED".to_owned()), said, retry_after: None };
    }
    unauthorized(settings, said)
}

/// Nobody is let in with what there is to show.
fn unauthorized(settings: &Settings, said: impl Into<String>) -> Cause {
    Cause::Unauthorized { anonymous: settings.credentials == Credentials::Anonymous, said: said.into() }
}

impl State {
    fn renew(
        &mut self,
        challenge: &Challenge,
        registry: &Url,
        transport: &Transport,
        settings: &Settings,
    ) -> Result<(), Cause> {
        let Challenge::Bearer { realm, service, scope, .. } = challenge else { return Ok(()) };
        // What is asked for may be more than we thought of: some registries name rights of their own.
        self.scopes.extend(scope.iter().flat_map(|scopes| scopes.split(' ')).map(str::to_owned));
        let realm = origin::realm(registry, realm).map_err(|problem| Cause::Unsafe {
            problem: format!("the realm of its challenge is refused: {problem}"),
        })?;
        let asked = (settings.clock.now)();
        let response = ask(&realm, service.as_deref(), &self.scopes, transport, &settings.credentials)?;
        let (token, life) = read(&realm, response, settings)?;
        let header = format!("Bearer {token}");
        self.pass = Pass::Token { header, until: asked + life, challenge: challenge.clone() };
        self.wants = Some(Wants::of(challenge));
        self.number += 1;
        Ok(())
    }
}

/// Asks a token server, and follows it nowhere.
fn ask(
    realm: &Url,
    service: Option<&str>,
    scopes: &BTreeSet<String>,
    transport: &Transport,
    credentials: &Credentials,
) -> Result<Response, Cause> {
    let mut url = realm.clone();
    if let Credentials::Identity(token) = credentials {
        let scope = scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", token.reveal())
            .append_pair("client_id", CLIENT)
            .append_pair("service", service.unwrap_or_default())
            .append_pair("scope", &scope)
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        return transport.send(Method::Post, &url, &headers, Body::Bytes(form.as_bytes()));
    }
    for scope in scopes {
        url.query_pairs_mut().append_pair("scope", scope);
    }
    if let Some(service) = service {
        url.query_pairs_mut().append_pair("service", service);
    }
    match credentials.to_basic() {
        Some(basic) => transport.send(Method::Get, &url, &[("authorization", &basic)], Body::None),
        None => transport.send(Method::Get, &url, &[], Body::None),
    }
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// The token of an answer, and how long it lives.
fn read(realm: &Url, response: Response, settings: &Settings) -> Result<(String, Duration), Cause> {
    let server = format!("its token server `{}`", origin::shown(realm));
    let status = response.status;
    match status {
        200..=299 => {}
        300..=399 => {
            let problem = format!("{server} answers with a redirect, and nobody else is told who asks");
            return Err(Cause::Unsafe { problem });
        }
        _ => {
            let refusal = answer::refusal(response, settings);
            let said = format!("{server} answers {}", refusal.said());
            return Err(match (status, refusal) {
                (400 | 401 | 403, _) => unauthorized(settings, said),
                (_, Cause::Refused { status, code, retry_after, .. }) => {
                    Cause::Refused { status, code, said, retry_after }
                }
                (_, other) => other,
            });
        }
    }
    let strange = |problem: &str| Cause::strange(format!("{server} {problem}"));
    let bytes = response.bytes(TOKEN_LIMIT_BYTES)?;
    let answer: Answer =
        serde_json::from_slice(&bytes).map_err(|_| strange("answers with something else than a token"))?;
    let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| strange("answers without a token"))?;
    let is_plain = token.len() <= HEADER_LIMIT_BYTES && token.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_plain {
        return Err(strange("answers with a token that fits into no header"));
    }
    Ok((token, answer.expires_in.map_or(LIFE, Duration::from_secs).min(Duration::from_secs(86_400))))
}
