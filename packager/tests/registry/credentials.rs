//! N1: credentials stay home. A registry that was taken over points elsewhere, and whoever listens there hears none of them.

use std::sync::Mutex;

use wasmpack_packager::registry::{
    Access, Credentials, Habits, PullOptions, PushOptions, Remote, Secret, Settings, pull, push, tags,
};

use crate::support::http::{Reply, Server};
use crate::support::images::{attested, single};
use crate::support::registry::{Auth, IDENTITY, PASSWORD, Registry, Switches, TOKEN, USER, basic};

/// Takes everything, and asks for more.
fn attacker(address: &str) -> Server {
    let greedy = |request: &crate::support::http::Request| match request.method.as_str() {
        "PUT" | "PATCH" => Reply::of(201),
        "POST" => Reply::of(200).body("application/json", "{\"token\":\"stolen\"}"),
        _ => Reply::refusal(401, "UNAUTHORIZED", "who are you?")
            .with("WWW-Authenticate", "Basic realm=\"x\"")
            .with("WWW-Authenticate", "Bearer realm=\"http://127.0.0.2/token\",service=\"x\""),
    };
    Server::start(address, greedy, || {})
}

/// Everything by which somebody could show that they are us.
fn secrets() -> [String; 4] {
    let sent = basic().trim_start_matches("Basic ").to_owned();
    [PASSWORD.to_owned(), sent, TOKEN.to_owned(), IDENTITY.to_owned()]
}

fn assert_silent(what: &str, text: &str) {
    for secret in secrets() {
        assert!(!text.contains(&secret), "{what} holds `{secret}`: {text}");
    }
}

fn assert_heard_nothing(attacker: &Server) {
    for request in attacker.seen() {
        assert_silent("what the attacker was sent", &request.head);
        assert_silent("what the attacker was sent", &String::from_utf8_lossy(&request.body));
        assert_eq!(request.header("authorization"), None);
    }
}

/// Each way of showing who asks, and a registry that wants it.
fn ways() -> [(Auth, Credentials); 4] {
    [
        (Auth::Basic, Credentials::basic(USER, PASSWORD)),
        (Auth::Token, Credentials::basic(USER, PASSWORD)),
        (Auth::Token, Credentials::Identity(Secret::new(IDENTITY))),
        (Auth::None, Credentials::Bearer(Secret::new(format!("{TOKEN}1")))),
    ]
}

/// All that can be done with a registry; every error, as it would be told at most.
fn everything(registry: &Registry, credentials: &Credentials) -> String {
    let settings = Settings { credentials: credentials.clone(), ..registry.settings() };
    let reference = registry.reference("acme/app:v1");
    let open = |access| Remote::open(&reference, access, settings.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let errors = [
        push(&open(Access::Push), &single(1, 50), &["v1"], PushOptions::default()).err(),
        pull(&open(Access::Pull), &reference, folder.path(), &PullOptions::default()).err(),
        tags(&open(Access::Pull)).err(),
    ];
    let told = |error: wasmpack_packager::Error| format!("{error}\n{error:?}\n{:?}\n", error.hint());
    format!("{settings:?}\n{}", errors.into_iter().flatten().map(told).collect::<String>())
}

#[test]
fn what_is_remembered_wrongly_costs_questions_and_tells_nobody() {
    let attacker = attacker("127.0.0.2");
    let elsewhere = format!("http://127.0.0.2:{}/token", attacker.port);
    let wrong = [
        r#"{ "wants": "password" }"#.to_owned(),
        r#"{ "wants": { "token": { "realm": "no address", "service": null } } }"#.to_owned(),
        format!(r#"{{ "wants": {{ "token": {{ "realm": "{elsewhere}", "service": "tests" }} }} }}"#),
        r#"{ "lists_referrers": false }"#.to_owned(),
        r#"{ "lists_referrers": true }"#.to_owned(),
    ];
    for (auth, credentials) in ways() {
        for habits in &wrong {
            let registry = Registry::start(Switches { auth, ..Switches::default() });
            let habits: Habits = serde_json::from_str(habits).unwrap();
            let settings =
                Settings { credentials: credentials.clone(), habits: habits.clone(), ..registry.settings() };
            let remote = Remote::open(&registry.reference("app"), Access::Push, settings).unwrap();
            let image = attested(single(1, 50));
            push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
            push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
            let learned = serde_json::to_string(&remote.habits()).unwrap();
            assert_silent("what is remembered", &learned);
            // Who has a token for the registry itself is never asked.
            if !matches!(credentials, Credentials::Bearer(_)) {
                let word = match auth {
                    Auth::None => "wants",
                    Auth::Basic => r#""wants":"password""#,
                    Auth::Token => r#""service":"tests""#,
                };
                assert_eq!(learned.contains(word), auth != Auth::None, "{learned}");
                assert!(!learned.contains(&elsewhere), "{learned}");
            }
        }
    }
    assert!(attacker.seen().is_empty());
}

#[test]
fn a_wrong_password_is_shown_at_most_once_more_for_being_expected() {
    for (auth, expected) in [(Auth::Basic, 1), (Auth::Token, 2)] {
        let registry = Registry::start(Switches { auth, ..Switches::default() });
        let first = registry.remote("app", Access::Push);
        push(&first, &single(1, 50), &["v1"], PushOptions::default()).unwrap();
        registry.server.taken();
        let settings = Settings {
            credentials: Credentials::basic(USER, "wrong"),
            habits: first.habits(),
            ..registry.settings()
        };
        let remote = Remote::open(&registry.reference("app"), Access::Push, settings).unwrap();
        let before = registry.server.seen().len();
        push(&remote, &single(2, 50), &["v1"], PushOptions::default()).unwrap_err();
        let seen = registry.server.seen();
        let shown = seen[before..].iter().filter(|request| request.header("authorization").is_some());
        assert_eq!(shown.count(), expected, "{auth:?}");
        assert_eq!(serde_json::to_string(&remote.habits()).unwrap(), "{}");
    }
}

#[test]
fn every_way_of_asking_works_at_home() {
    for (auth, credentials) in ways() {
        let registry = Registry::start(Switches { auth, ..Switches::default() });
        let told = everything(&registry, &credentials);
        assert_eq!(told.lines().count(), 1, "{told}");
        assert_silent("what is told", &told);
    }
}

#[test]
fn a_realm_elsewhere_is_told_nothing() {
    let [near, far] = ["127.0.0.1", "127.0.0.2"].map(attacker);
    let mut landed = 0;
    for (_, credentials) in &ways()[1..3] {
        for realm in [
            format!("http://127.0.0.2:{}/token", far.port),
            format!("http://localhost:{}/token", near.port),
            format!("http://x@127.0.0.1:{}/token", near.port),
            format!("http://127.0.0.1:{}@127.0.0.2:{}/token", near.port, far.port),
            "http://169.254.169.254/token".to_owned(),
            "http://attacker.example/token".to_owned(),
            "https://10.0.0.1/token".to_owned(),
            format!("//127.0.0.2:{}/token", far.port),
            "ftp://127.0.0.1/token".to_owned(),
        ] {
            let registry = Registry::start(Switches::default());
            let challenge = format!("Bearer realm=\"{realm}\",service=\"x\"");
            let refusal = Reply::refusal(401, "UNAUTHORIZED", "no").with("WWW-Authenticate", challenge);
            registry.instead("HEAD", "/v2/", refusal.clone());
            registry.instead("GET", "/v2/", refusal);
            let told = everything(&registry, credentials);
            landed += told.matches("the realm of its challenge is refused").count();
            assert_silent("what is told", &told);
        }
    }
    // Each error is there as a text and as a value.
    assert!(landed >= 2 * 9 * 3, "{landed} realms were refused");
    for attacker in [&near, &far] {
        assert!(attacker.seen().is_empty(), "{:?}", attacker.seen());
    }
}

#[test]
fn a_token_server_that_sends_us_on_is_not_followed() {
    let attacker = attacker("127.0.0.1");
    for (_, credentials) in &ways()[1..3] {
        for status in [301, 302, 303, 307, 308] {
            let registry = Registry::start(Switches::default());
            let host = registry.host();
            let challenge = format!("Bearer realm=\"http://{host}/v2/x/tags/token\",service=\"x\"");
            let refusal = Reply::refusal(401, "UNAUTHORIZED", "no").with("WWW-Authenticate", challenge);
            let onward =
                Reply::of(status).with("Location", format!("http://127.0.0.1:{}/token", attacker.port));
            for method in ["GET", "POST"] {
                registry.instead(method, "/tags/token", onward.clone());
            }
            registry.instead("HEAD", "/v2/", refusal.clone());
            registry.instead("GET", "/v2/", refusal);
            let told = everything(&registry, credentials);
            assert!(told.contains("answers with a redirect, and nobody else is told who asks"), "{told}");
            assert_silent("what is told", &told);
        }
    }
    assert!(attacker.seen().is_empty());
}

#[test]
fn an_upload_that_goes_on_elsewhere_shows_nobody_who_sends_it() {
    let [near, far] = ["127.0.0.1", "127.0.0.2"].map(attacker);
    for (auth, credentials) in ways() {
        for location in [
            format!("http://127.0.0.1:{}/upload?x=1", near.port),
            format!("http://127.0.0.2:{}/upload?x=1", far.port),
            format!("http://localhost:{}/upload?x=1", near.port),
            format!("//127.0.0.2:{}/upload", far.port),
            format!("http://robin:x@127.0.0.1:{}/upload", near.port),
            "http://169.254.169.254/upload".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            let registry = Registry::start(Switches { auth, ..Switches::default() });
            registry.instead(
                "PUT",
                "/manifests/",
                Reply::refusal(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown"),
            );
            // The challenge comes before, so that there is something to steal.
            registry.instead("POST", "/blobs/uploads/", Reply::of(202).with("Location", location));
            assert_silent("what is told", &everything(&registry, &credentials));
        }
    }
    assert!(near.seen().len() >= 8 && far.seen().len() >= 8, "uploads landed there");
    assert_heard_nothing(&near);
    assert_heard_nothing(&far);
}

#[test]
fn a_redirect_elsewhere_shows_nobody_who_asks() {
    let [near, far] = ["127.0.0.1", "127.0.0.2"].map(attacker);
    for (auth, credentials) in ways() {
        for status in [301, 302, 303, 307, 308] {
            for place in [
                format!("http://127.0.0.1:{}/x", near.port),
                format!("http://127.0.0.2:{}/x", far.port),
                format!("http://robin:x@127.0.0.2:{}/x", far.port),
                "http://169.254.169.254/x".to_owned(),
            ] {
                let registry = Registry::start(Switches { auth, ..Switches::default() });
                let image = single(1, 50);
                let reference = registry.reference("acme/app:v1");
                let settings = Settings { credentials: credentials.clone(), ..registry.settings() };
                let remote = Remote::open(&reference, Access::Push, settings).unwrap();
                push(&remote, &image, &["v1"], PushOptions::default()).unwrap();
                let onward = Reply::of(status).with("Location", place);
                for (method, path) in
                    [("GET", "/manifests/"), ("GET", "/tags/"), ("PUT", "/blobs/"), ("POST", "/blobs/")]
                {
                    registry.instead(method, path, onward.clone());
                }
                assert_silent("what is told", &everything(&registry, &credentials));
                push(&remote, &single(2, 50), &["v1"], PushOptions::default()).unwrap_err();
            }
        }
    }
    assert!(near.seen().len() >= 40 && far.seen().len() >= 40, "redirects were followed");
    assert_heard_nothing(&near);
    assert_heard_nothing(&far);
}

#[test]
fn a_list_that_goes_on_elsewhere_is_not_read_there() {
    let attacker = attacker("127.0.0.1");
    let registry = Registry::start(Switches { auth: Auth::Basic, ..Switches::default() });
    let next = format!("<http://127.0.0.1:{}/v2/acme/app/tags/list>; rel=\"next\"", attacker.port);
    let list = Reply::of(200).body("application/json", "{\"tags\":[\"a\"]}").with("Link", next);
    registry.instead("GET", "/tags/list", list);
    let error = tags(&registry.remote("acme/app", Access::Pull)).unwrap_err();
    assert!(error.to_string().contains("its list goes on at"), "{error}");
    assert!(attacker.seen().is_empty());
}

#[test]
fn a_registry_that_quotes_secrets_is_quoted_without_them() {
    for (_, credentials) in &ways()[..3] {
        let registry = Registry::start(Switches::default());
        let quoting = format!("cannot parse {PASSWORD} or {IDENTITY} or {}", basic());
        let refusal = Reply::refusal(400, "UNKNOWN", &quoting);
        registry.instead("HEAD", "/v2/", refusal.clone());
        registry.instead("GET", "/v2/", refusal);
        let told = everything(&registry, credentials);
        let own: &[&str] = match credentials {
            Credentials::Identity(_) => &[IDENTITY],
            _ => &[PASSWORD, &basic()["Basic ".len()..]],
        };
        assert!(told.contains("***"), "{told}");
        assert!(own.iter().all(|secret| !told.contains(secret)), "{told}");
    }
}

/// What libraries log, while somebody wants to know.
static LOGGED: Mutex<Option<String>> = Mutex::new(None);

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if let Some(logged) = &mut *LOGGED.lock().unwrap() {
            *logged += &format!("{} {}\n", record.target(), record.args());
        }
    }

    fn flush(&self) {}
}

#[test]
fn no_library_logs_it() {
    *LOGGED.lock().unwrap() = Some(String::new());
    log::set_logger(&Logger).unwrap();
    // Below this level `ureq-proto` writes down every byte. Nothing of ours ever takes what libraries log.
    log::set_max_level(log::LevelFilter::Debug);
    for (auth, credentials) in ways() {
        let registry = Registry::start(Switches { auth, ..Switches::default() });
        everything(&registry, &credentials);
    }
    log::set_max_level(log::LevelFilter::Off);
    let logged = LOGGED.lock().unwrap().take().unwrap();
    assert!(logged.contains("ureq::run Request"), "requests are logged");
    for secret in [PASSWORD, IDENTITY, TOKEN, &basic()["Basic ".len()..]] {
        let line = logged.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}
