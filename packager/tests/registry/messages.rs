//! Bad input: what is told, and the way out.

use wasmpack_packager::registry::{
    Access, Credentials, PullOptions, PushOptions, Remote, Settings, pull, push, tags,
};
use wasmpack_packager::{Error, Reference};

use crate::support::http::{Reply, Server};
use crate::support::images::single;
use crate::support::registry::{Auth, Registry, Switches, USER};

fn push_error(registry: &Registry, settings: Settings) -> Error {
    let remote = Remote::open(&registry.reference("acme/app"), Access::Push, settings).unwrap();
    push(&remote, &single(1, 50), &["v1"], PushOptions::default()).unwrap_err()
}

/// The message and the way out, where a request is answered so.
fn told(method: &str, path: &str, reply: Reply) -> (String, String) {
    let registry = Registry::start(Switches::default());
    registry.instead(method, path, reply);
    let error = push_error(&registry, registry.settings());
    let text = error.to_string().replace(&registry.host(), "HOST");
    (text, error.hint().unwrap_or_default().replace(&registry.host(), "HOST"))
}

#[test]
fn registry_repository_request_and_cause_are_named() {
    let reply = Reply::refusal(404, "NAME_UNKNOWN", "repository name not known to registry");
    let (text, hint) = told("POST", "/uploads/", reply);
    assert_eq!(
        text,
        "failed to push to `HOST/acme/app`: it answers 404 NAME_UNKNOWN: repository name not known to registry \
         (POST /v2/acme/app/blobs/uploads/)"
    );
    assert!(hint.starts_with("there is no such repository"), "{hint}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row for each refusal")]
fn each_refusal_has_its_way_out() {
    let json = |status, code: &str, message: &str| Reply::refusal(status, code, message);
    let detail = |status: u16, text: &str| {
        let body = serde_json::json!({ "errors": [{ "code": "UNKNOWN", "message": "unknown error",
            "detail": { "DriverName": "filesystem", "Err": text } }] });
        Reply::of(status).body("application/json", body.to_string())
    };
    for (method, path, reply, message, way) in [
        (
            "POST",
            "/uploads/",
            json(403, "DENIED", "requested access to the resource is denied"),
            "403 DENIED",
            "whoever asks now has no right to that",
        ),
        (
            "POST",
            "/uploads/",
            json(405, "UNSUPPORTED", "The operation is unsupported."),
            "405 UNSUPPORTED",
            "read-only or a mirror",
        ),
        (
            "POST",
            "/uploads/",
            json(403, "DENIED", "registry is in read-only mode"),
            "read-only mode",
            "read-only or a mirror",
        ),
        ("POST", "/uploads/", Reply::of(507), "507 Insufficient Storage", "disk of the registry is full"),
        (
            "PUT",
            "/uploads/",
            detail(500, "write /var: no space left on device"),
            "no space left on device",
            "disk of the registry is full",
        ),
        (
            "PUT",
            "/uploads/",
            json(403, "DENIED", "adding 12 MiB of storage will exceed the quota"),
            "quota",
            "quota",
        ),
        ("PUT", "/uploads/", json(413, "SIZE_INVALID", "too large"), "413 SIZE_INVALID", "no layer as large"),
        (
            "PUT",
            "/manifests/v1",
            json(409, "DENIED", "tag v1 is immutable"),
            "is immutable",
            "may not be moved",
        ),
        (
            "PUT",
            "/manifests/v1",
            json(
                400,
                "TAG_INVALID",
                "The image tag 'v1' already exists in the repository and cannot be overwritten because the repository is immutable.",
            ),
            "already exists",
            "may not be moved",
        ),
        (
            "PUT",
            "/manifests/v1",
            json(429, "TOOMANYREQUESTS", "slow"),
            "429 TOOMANYREQUESTS: slow",
            "try again later",
        ),
        ("HEAD", "/manifests/v1", Reply::of(500).body("text/html", "<h1>oops"), "500", "in trouble"),
        (
            "POST",
            "/uploads/",
            Reply::of(502).body("text/html", "<h1>bad gateway"),
            "502 with a page for people",
            "in trouble",
        ),
        ("POST", "/uploads/", Reply::of(202), "does not say where", "a proxy or a login page"),
        (
            "POST",
            "/uploads/",
            Reply::of(307).with("Location", "/v2/acme/app/blobs/uploads/"),
            "one redirect after another",
            "a proxy or a login page",
        ),
        ("POST", "/uploads/", Reply::of(307), "a redirect to nowhere", "a proxy or a login page"),
        (
            "PUT",
            "/manifests/",
            Reply::of(201).with("Docker-Content-Digest", format!("sha256:{}", "0".repeat(64))),
            "and says that it took sha256:000",
            "a proxy or a login page",
        ),
        (
            "PUT",
            "/manifests/",
            Reply::of(201).with("Docker-Content-Digest", "sha256:nonsense"),
            "which is no digest",
            "a proxy or a login page",
        ),
        ("POST", "/uploads/", Reply::refusal(400, "X", "\u{1b}[31mred\u{7}\r\n"), "\u{fffd}[31mred", ""),
        ("POST", "/uploads/", Reply::refusal(400, "UNKNOWN", &"long ".repeat(10_000)), "long lo… (POST", ""),
    ] {
        let (text, hint) = told(method, path, reply.clone());
        assert!(text.contains(message), "{message}: {text}");
        assert!(hint.contains(way), "{text}: {hint}");
        assert!(text.len() < 600 && !text.chars().any(char::is_control), "{text:?}");
    }
}

#[test]
fn who_is_not_known_is_told_how_to_log_in() {
    for auth in [Auth::Basic, Auth::Token] {
        let registry = Registry::start(Switches { auth, ..Switches::default() });
        for (credentials, message) in [
            (Credentials::Anonymous, "it wants to know who asks"),
            (Credentials::basic(USER, "wrong"), "it does not take these credentials"),
            (
                Credentials::Identity(wasmpack_packager::registry::Secret::new("wrong")),
                "it does not take these credentials",
            ),
            (
                Credentials::Bearer(wasmpack_packager::registry::Secret::new("wrong")),
                "it does not take these credentials",
            ),
        ] {
            let error = push_error(&registry, Settings { credentials, ..registry.settings() });
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.hint().unwrap().contains(&format!("`docker login {}`", registry.host())));
            let Error::Registry(failure) = error else { panic!() };
            assert!(failure.is_about_credentials());
        }
    }
}

#[test]
fn who_may_only_read_is_told_so() {
    let registry =
        Registry::start(Switches { auth: Auth::Token, grants_nothing: true, ..Switches::default() });
    let error = push_error(&registry, registry.settings());
    assert!(error.to_string().contains("it answers 401 UNAUTHORIZED"), "{error}");
    assert!(error.hint().unwrap().starts_with("whoever asks now has no right to that"), "{error}");
    assert!(registry.server.seen().len() < 20, "nobody asks for a token without end");
}

#[test]
fn a_token_server_that_is_none_is_named() {
    for (reply, message) in [
        (Reply::of(200).body("text/html", "<html>"), "answers with something else than a token"),
        (
            Reply::of(200).body("application/json", "{\"token\":\""),
            "answers with something else than a token",
        ),
        (Reply::of(200).body("application/json", "{}"), "answers without a token"),
        (
            Reply::of(200).body("application/json", "{\"token\":\"a\\r\\nX-Evil: 1\"}"),
            "that fits into no header",
        ),
        (
            Reply::of(200).body("application/json", format!("{{\"token\":\"{}\"}}", "x".repeat(40_000))),
            "that fits into no header",
        ),
        (Reply::of(200).body("application/json", " ".repeat(2 << 20)), "more than 1048576 bytes"),
        (Reply::of(503), "503 Service Unavailable"),
    ] {
        let registry = Registry::start(Switches { auth: Auth::Token, ..Switches::default() });
        let challenge = format!("Bearer realm=\"http://{}/v2/x/tags/token\"", registry.host());
        registry.instead("GET", "/tags/token", reply);
        let refusal = Reply::refusal(401, "UNAUTHORIZED", "no").with("WWW-Authenticate", challenge);
        registry.instead("HEAD", "/v2/", refusal);
        let error = push_error(&registry, registry.settings());
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn what_is_no_registry_is_not_taken_for_one() {
    let page = Server::start("127.0.0.1", |_| Reply::of(200).body("text/html", "<html>log in</html>"), || {});
    let half =
        Server::start("127.0.0.1", |_| Reply::of(200).body("application/json", "{\"tags\":[\"a"), || {});
    let other = Server::start(
        "127.0.0.1",
        |_| Reply::of(200).body("application/json", "{\"tags\":[\"a\\n\"]}"),
        || {},
    );
    for (server, message) in [
        (&page, "it answers with a page for people where JSON is expected"),
        (&half, "it answers with `application/json` that is broken where JSON is expected"),
        (&other, "it answers with JSON that is no list of tags"),
    ] {
        let reference: Reference = format!("127.0.0.1:{}/app", server.port).parse().unwrap();
        let remote = Remote::open(&reference, Access::Pull, Settings::default()).unwrap();
        let error = tags(&remote).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.hint().unwrap().contains("is a registry"));
    }
}

#[test]
fn what_is_not_there_is_named() {
    let registry = Registry::start(Switches::default());
    let folder = tempfile::tempdir().unwrap();
    let remote = registry.remote("acme/app", Access::Pull);
    let reference = registry.reference("acme/app:v9");
    let error = pull(&remote, &reference, folder.path(), &PullOptions::default()).unwrap_err();
    let expected = format!(
        "failed to pull from `{}/acme/app`: it answers 404: there is no such image (GET /v2/acme/app/manifests/v9)",
        registry.host()
    );
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("cargo wasmpack tags"));
    let error = tags(&remote).unwrap_err();
    assert!(error.to_string().contains("404 NAME_UNKNOWN"), "{error}");
}

#[test]
fn where_nobody_listens_is_told_at_once() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let reference: Reference = format!("127.0.0.1:{port}/app").parse().unwrap();
    let remote = Remote::open(&reference, Access::Pull, Settings::default()).unwrap();
    let error = tags(&remote).unwrap_err();
    assert!(error.to_string().contains("refused") && !error.to_string().contains("tries"), "{error}");
    assert!(error.hint().unwrap().contains("can be reached from here"));
}

#[test]
fn a_proxy_that_answers_itself_is_named() {
    let proxy =
        Server::start("127.0.0.1", |_| Reply::of(403).body("text/html", "<html>blocked</html>"), || {});
    let mut settings =
        Settings { plain_http: wasmpack_packager::registry::PlainHttp::Always, ..Settings::default() };
    let address = format!("http://robin:hunter2@127.0.0.1:{}", proxy.port);
    settings.proxies.http = Some(wasmpack_packager::registry::Secret::new(address));
    let remote = Remote::open(&"registry.invalid/app".parse().unwrap(), Access::Pull, settings).unwrap();
    let error = tags(&remote).unwrap_err();
    assert!(error.to_string().contains("the proxy does not connect"), "{error}");
    assert!(error.hint().unwrap().contains("NO_PROXY"));
    assert!(!format!("{error:?}").contains("hunter2"));
    assert!(proxy.seen()[0].head.starts_with("CONNECT registry.invalid:80"), "{}", proxy.seen()[0].head);
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut settings =
        Settings { plain_http: wasmpack_packager::registry::PlainHttp::Always, ..Settings::default() };
    settings.proxies.http = Some(wasmpack_packager::registry::Secret::new(format!("127.0.0.1:{port}")));
    let remote = Remote::open(&"registry.invalid/app".parse().unwrap(), Access::Pull, settings).unwrap();
    let error = tags(&remote).unwrap_err();
    assert!(error.to_string().contains("the proxy does not connect: Connection refused"), "{error}");
    assert!(error.hint().unwrap().contains("NO_PROXY"));
}
