//! A registry in this process, with one switch for each way in which registries differ.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use wasmpack_packager::Reference;
use wasmpack_packager::registry::{Access, Credentials, Remote, Settings};

use super::clock::Slept;
use super::http::{Reply, Request, Server};
use super::store::{INDEX, Store, Upload};

pub const USER: &str = "robin";
pub const PASSWORD: &str = "correct-horse-battery";
/// What a token of this registry begins with.
pub const TOKEN: &str = "opaque-token-";
pub const IDENTITY: &str = "identity-of-robin";

/// How a registry is shown who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    #[default]
    None,
    Basic,
    /// From a token server under `/token` of the same server.
    Token,
}

/// What a registry takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chunks {
    #[default]
    Any,
    AtMost(usize),
    None,
}

/// One for each way in which registries differ.
#[derive(Debug, Clone, Default)]
pub struct Switches {
    pub auth: Auth,
    /// Whether it lists referrers itself, and says `OCI-Subject`.
    pub lists_referrers: bool,
    /// Whether it looks at `If-Match`.
    pub conditions: bool,
    pub chunks: Chunks,
    /// Whether a body with the closing PUT is too large for it, or for what stands before it.
    pub no_whole: bool,
    /// PATCH answers 201, and `Range` is that of the first chunk.
    pub sticky_range: bool,
    /// Part of an upload that comes again is appended.
    pub appends: bool,
    /// Where blobs are handed out instead.
    pub cdn: Option<String>,
    /// It sets a cookie, and refuses who brings it back; nobody may delete uploads.
    pub harbor: bool,
    /// The first token is for pulling only, whatever was asked for.
    pub grants_late: bool,
    /// Tokens are for pulling only.
    pub grants_nothing: bool,
    /// No blob is mounted from elsewhere: 202 as for an upload.
    pub no_mounts: bool,
    /// It does not say digests.
    pub silent: bool,
    /// `Location` without scheme and host.
    pub relative: bool,
    /// 429 for every second manifest.
    pub slow: bool,
    /// 405 for manifests that refer to others.
    pub refuses_referrers: bool,
    /// 404 for manifests that refer to what is not there.
    pub wants_subject: bool,
    /// Lists come in parts of so many.
    pub part: Option<usize>,
}

/// A registry that serves.
pub struct Registry {
    pub server: Server,
    pub state: Arc<State>,
}

pub struct State {
    pub switches: Switches,
    store: Mutex<Store>,
    tokens: Mutex<Tokens>,
    puts: Mutex<usize>,
    /// Answers that are given instead, for requests that are about such a path.
    instead: Mutex<Vec<(String, String, Reply)>>,
}

#[derive(Default)]
struct Tokens {
    given: usize,
    good: BTreeSet<String>,
}

impl Registry {
    pub fn start(switches: Switches) -> Self {
        let (store, tokens) = (Mutex::default(), Mutex::default());
        let state =
            Arc::new(State { switches, store, tokens, puts: Mutex::new(0), instead: Mutex::default() });
        let (handling, forgetting) = (Arc::clone(&state), Arc::clone(&state));
        let handler = move |request: &Request| handling.answer(request);
        let forget = move || forgetting.tokens.lock().unwrap().good.clear();
        Self { server: Server::start("127.0.0.1", handler, forget), state }
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.server.port)
    }

    pub fn reference(&self, name: &str) -> Reference {
        format!("{}/{name}", self.host()).parse().unwrap()
    }

    /// A client as it should be for this registry, whose pauses cost no time.
    pub fn settings(&self) -> Settings {
        let credentials = match self.state.switches.auth {
            Auth::None => Credentials::Anonymous,
            Auth::Basic | Auth::Token => Credentials::basic(USER, PASSWORD),
        };
        Settings { credentials, clock: Slept::default().clock(), ..Settings::default() }
    }

    pub fn remote(&self, name: &str, access: Access) -> Remote {
        Remote::open(&self.reference(name), access, self.settings()).unwrap()
    }

    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.state.store.lock().unwrap()
    }

    /// Gives this answer to requests of a method whose path holds a text.
    pub fn instead(&self, method: &str, path: &str, reply: Reply) {
        self.state.instead.lock().unwrap().push((method.to_owned(), path.to_owned(), reply));
    }
}

impl State {
    fn answer(&self, request: &Request) -> Reply {
        if request.path == "/token" {
            return self.token(request);
        }
        let instead = self.instead.lock().unwrap().iter().find_map(|(method, path, reply)| {
            (*method == request.method && request.path.contains(path.as_str())).then(|| reply.clone())
        });
        if let Some(reply) = instead {
            return reply;
        }
        if self.switches.harbor && request.header("cookie").is_some() {
            return Reply::refusal(403, "DENIED", "CSRF token not found in request");
        }
        if let Some(refusal) = self.refusal(request) {
            return refusal;
        }
        let reply = self.route(request);
        if self.switches.harbor { reply.with("Set-Cookie", "sid=1; Path=/; HttpOnly") } else { reply }
    }

    /// Why somebody is not let in.
    fn refusal(&self, request: &Request) -> Option<Reply> {
        let unauthorized = || Reply::refusal(401, "UNAUTHORIZED", "authentication required");
        let shown = request.header("authorization").unwrap_or_default();
        match self.switches.auth {
            Auth::None => None,
            Auth::Basic if shown == basic() => None,
            Auth::Basic => Some(unauthorized().with("WWW-Authenticate", "Basic realm=\"Registry Realm\"")),
            Auth::Token => {
                let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
                let right = if is_read { "pull" } else { "push" };
                let (repository, _) = split(&request.path).unwrap_or_default();
                let wanted =
                    format!("repository:{repository}:{}", if is_read { "pull" } else { "pull,push" });
                let token = shown.strip_prefix("Bearer ").unwrap_or_default();
                let is_good = self.tokens.lock().unwrap().good.contains(token);
                if is_good && rights(token, &repository).contains(right) {
                    return None;
                }
                let host = request.header("host").unwrap_or_default();
                let error = if is_good { ",error=\"insufficient_scope\"" } else { "" };
                let challenge = format!(
                    "Bearer realm=\"http://{host}/token\",service=\"tests\",scope=\"{wanted}\"{error}"
                );
                Some(unauthorized().with("WWW-Authenticate", challenge))
            }
        }
    }

    fn token(&self, request: &Request) -> Reply {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (is_known, scopes) = if request.method == "POST" {
            let is_known =
                field("grant_type") == Some("refresh_token") && field("refresh_token") == Some(IDENTITY);
            (is_known, field("scope").unwrap_or_default().to_owned())
        } else {
            let scopes =
                request.query.iter().filter(|(key, _)| key == "scope").map(|(_, value)| value.as_str());
            let scopes = scopes.collect::<Vec<_>>().join(" ");
            (request.header("authorization") == Some(&basic()), scopes)
        };
        if !is_known {
            return Reply::refusal(401, "UNAUTHORIZED", "wrong name or password");
        }
        let mut tokens = self.tokens.lock().unwrap();
        tokens.given += 1;
        let is_late = self.switches.grants_late && tokens.given == 1;
        let granted =
            if is_late || self.switches.grants_nothing { scopes.replace(",push", "") } else { scopes };
        let token = format!("{TOKEN}{}.{}", tokens.given, granted.replace(' ', ";"));
        tokens.good.insert(token.clone());
        let body = serde_json::json!({ "token": token, "expires_in": 300 });
        Reply::of(200).body("application/json", body.to_string())
    }

    fn route(&self, request: &Request) -> Reply {
        let Some((repository, rest)) = split(&request.path) else { return Reply::of(200) };
        let (kind, name) = rest.split_once('/').unwrap_or((rest.as_str(), ""));
        match (request.method.as_str(), kind) {
            ("HEAD" | "GET", "manifests") => self.manifest(&repository, name),
            ("PUT", "manifests") => self.take_manifest(request, &repository, name),
            ("GET", "referrers") if self.switches.lists_referrers => {
                let index = self.store.lock().unwrap().referrers(&repository, name);
                self.list(request, &index, "manifests").with("OCI-Filters-Applied", "")
            }
            ("GET", "tags") => {
                let store = self.store.lock().unwrap();
                let tags = store.tags.keys().filter(|(place, _)| *place == repository).map(|(_, tag)| tag);
                let tags: Vec<&String> = tags.collect();
                if tags.is_empty() {
                    return Reply::refusal(404, "NAME_UNKNOWN", "repository name not known to registry");
                }
                let document = serde_json::json!({ "name": repository, "tags": tags });
                self.list(request, &document, "tags")
            }
            (_, "blobs") if name.starts_with("uploads/") => {
                self.upload(request, &repository, name.trim_start_matches("uploads/"))
            }
            ("HEAD" | "GET", "blobs") => self.blob(request, &repository, name),
            _ => Reply::refusal(404, "UNSUPPORTED", "no such thing"),
        }
    }

    fn list(&self, request: &Request, document: &Value, key: &str) -> Reply {
        let kind = if key == "tags" { "application/json" } else { INDEX };
        let Some(part) = self.switches.part else { return Reply::of(200).body(kind, document.to_string()) };
        let from: usize = request.query("from").map_or(0, |from| from.parse().unwrap());
        let all = document[key].as_array().unwrap();
        let mut shown = document.clone();
        shown[key] = all.iter().skip(from).take(part).cloned().collect();
        let reply = Reply::of(200).body(kind, shown.to_string());
        if from + part >= all.len() {
            return reply;
        }
        reply.with("Link", format!("<{}?from={}>; rel=\"next\"", request.path, from + part))
    }

    fn manifest(&self, repository: &str, name: &str) -> Reply {
        let Some((kind, bytes, digest)) = self.store.lock().unwrap().manifest(repository, name) else {
            return Reply::refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        let reply = Reply::of(200).body(&kind, bytes).with("ETag", format!("\"{digest}\""));
        if self.switches.silent { reply } else { reply.with("Docker-Content-Digest", digest) }
    }

    fn take_manifest(&self, request: &Request, repository: &str, name: &str) -> Reply {
        if self.switches.slow {
            let mut puts = self.puts.lock().unwrap();
            *puts += 1;
            if *puts % 2 == 1 {
                return Reply::refusal(429, "TOOMANYREQUESTS", "Rate exceeded").with("Retry-After", "1");
            }
        }
        let mut store = self.store.lock().unwrap();
        let Ok(document) = serde_json::from_slice::<Value>(&request.body) else {
            return Reply::refusal(400, "MANIFEST_INVALID", "no JSON");
        };
        let kind = request.header("content-type").unwrap_or_default().to_owned();
        if document["mediaType"] != kind.as_str() {
            return Reply::refusal(400, "MANIFEST_INVALID", "Content-Type is not mediaType");
        }
        if let Some(lacking) = store.lacks(repository, &document) {
            return Reply::refusal(400, "MANIFEST_BLOB_UNKNOWN", &lacking);
        }
        let subject = document["subject"]["digest"].as_str();
        if subject.is_some() && self.switches.refuses_referrers {
            return Reply::refusal(405, "UNSUPPORTED", "Invalid parameter at 'ImageManifest'");
        }
        if let Some(subject) = subject.filter(|_| self.switches.wants_subject)
            && store.manifest(repository, subject).is_none()
        {
            return Reply::refusal(404, "MANIFEST_BLOB_UNKNOWN", "its subject is unknown");
        }
        let present = store.manifest(repository, name).map(|(_, _, digest)| format!("\"{digest}\""));
        let condition = request.header("if-match").filter(|_| self.switches.conditions);
        if condition.is_some_and(|condition| present.as_deref() != Some(condition)) {
            return Reply::refusal(412, "UNKNOWN", "precondition failed");
        }
        let digest = store.put_manifest(repository, name, &kind, &request.body);
        let mut reply = Reply::of(201).with("Location", format!("/v2/{repository}/manifests/{digest}"));
        if let Some(subject) = subject.filter(|_| self.switches.lists_referrers) {
            reply = reply.with("OCI-Subject", subject);
        }
        if self.switches.silent { reply } else { reply.with("Docker-Content-Digest", digest) }
    }

    fn blob(&self, request: &Request, repository: &str, digest: &str) -> Reply {
        let store = self.store.lock().unwrap();
        let Some(bytes) = store.blobs.get(&(repository.to_owned(), digest.to_owned())) else {
            return Reply::refusal(404, "BLOB_UNKNOWN", "blob unknown to registry");
        };
        match &self.switches.cdn {
            Some(cdn) => Reply::of(if request.method == "GET" { 302 } else { 307 })
                .with("Location", format!("{cdn}/{repository}/{digest}?X-Signature=secret")),
            None => Reply::of(200).body("application/octet-stream", bytes.clone()),
        }
    }

    fn upload(&self, request: &Request, repository: &str, place: &str) -> Reply {
        let mut store = self.store.lock().unwrap();
        if request.method == "POST" {
            return self.begin(request, &mut store, repository);
        }
        let (number, state) = place.split_once('.').unwrap_or((place, ""));
        let number: usize = number.parse().unwrap();
        let Some(mut upload) =
            store.uploads.get(&number).cloned().filter(|upload| upload.state.to_string() == state)
        else {
            return Reply::refusal(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        };
        match request.method.as_str() {
            "DELETE" if self.switches.harbor => Reply::refusal(403, "DENIED", "no right to delete"),
            "DELETE" => {
                store.uploads.remove(&number);
                Reply::of(204)
            }
            "PATCH" => self.chunk(request, &mut store, repository, number, upload),
            "PUT" if self.switches.no_whole && !request.body.is_empty() => {
                Reply::of(413).body("text/html", "<html>413 Request Entity Too Large</html>")
            }
            "PUT" => {
                upload.bytes.extend(&request.body);
                let digest = request.query("digest").unwrap_or_default().to_owned();
                if wasmpack_packager::Digest::of(&upload.bytes).to_string() != digest {
                    return Reply::refusal(
                        400,
                        "DIGEST_INVALID",
                        "provided digest did not match uploaded content",
                    );
                }
                store.uploads.remove(&number);
                store.put_blob(repository, upload.bytes);
                let reply = Reply::of(201).with("Location", format!("/v2/{repository}/blobs/{digest}"));
                if self.switches.silent { reply } else { reply.with("Docker-Content-Digest", digest) }
            }
            _ => Reply::of(405),
        }
    }

    fn begin(&self, request: &Request, store: &mut Store, repository: &str) -> Reply {
        if let (Some(digest), Some(from)) = (request.query("mount"), request.query("from")) {
            let blob = store.blobs.get(&(from.to_owned(), digest.to_owned())).cloned();
            if let Some(bytes) = blob.filter(|_| !self.switches.no_mounts) {
                store.put_blob(repository, bytes);
                return Reply::of(201).with("Location", format!("/v2/{repository}/blobs/{digest}"));
            }
        }
        store.begun += 1;
        let number = store.begun;
        store.uploads.insert(number, Upload::default());
        Reply::of(202).with("Location", self.location(request, repository, number, 0))
    }

    fn location(&self, request: &Request, repository: &str, number: usize, state: usize) -> String {
        let path = format!("/v2/{repository}/blobs/uploads/{number}.{state}?_state=a%2Fb%3D");
        if self.switches.relative {
            path
        } else {
            format!("http://{}{path}", request.header("host").unwrap())
        }
    }

    fn chunk(
        &self,
        request: &Request,
        store: &mut Store,
        repository: &str,
        number: usize,
        mut upload: Upload,
    ) -> Reply {
        let out_of_order = || Reply::refusal(416, "BLOB_UPLOAD_INVALID", "chunk out of order or too large");
        match self.switches.chunks {
            Chunks::None => return Reply::refusal(405, "UNSUPPORTED", "chunked uploads are not supported"),
            Chunks::AtMost(limit) if request.body.len() > limit => return out_of_order(),
            _ => {}
        }
        let (start, end) = request.header("content-range").and_then(|range| range.split_once('-')).unwrap();
        let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
        if end + 1 - start != request.body.len() || (start != upload.bytes.len() && !self.switches.appends) {
            return out_of_order();
        }
        upload.bytes.extend(&request.body);
        upload.state += 1;
        let location = self.location(request, repository, number, upload.state);
        let last = if self.switches.sticky_range { end - start } else { upload.bytes.len() - 1 };
        store.uploads.insert(number, upload);
        let status = if self.switches.sticky_range { 201 } else { 202 };
        Reply::of(status).with("Location", location).with("Range", format!("0-{last}"))
    }
}

pub fn basic() -> String {
    // `robin:correct-horse-battery`
    "Basic cm9iaW46Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5".to_owned()
}

/// `/v2/acme/app/manifests/v1` is `acme/app` and `manifests/v1`.
fn split(path: &str) -> Option<(String, String)> {
    let path = path.strip_prefix("/v2/")?;
    let at = ["/manifests/", "/blobs/", "/referrers/", "/tags/"].iter().find_map(|kind| path.find(kind))?;
    Some((path[..at].to_owned(), path[at + 1..].to_owned()))
}

fn rights(token: &str, repository: &str) -> String {
    let prefix = format!("repository:{repository}:");
    let scopes = token.split_once('.').map_or("", |(_, scopes)| scopes);
    scopes.split(';').filter_map(|scope| scope.strip_prefix(&prefix)).collect::<Vec<_>>().join(",")
}
