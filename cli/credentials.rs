//! Who we are to a registry: as typed, as variables say, or as `podman login` and `docker login` have left it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};

use camino::Utf8PathBuf;
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use serde_json::{Map, Value};
use wasmpack_packager::Reference;
use wasmpack_packager::registry::{Credentials, Secret};

use crate::environment::Environment;
use crate::error::Error;

/// Who we are to whatever registry is asked: a token, or a name and a password.
pub const VARIABLES: [&str; 3] =
    ["WASMPACK_REGISTRY_TOKEN", "WASMPACK_REGISTRY_USERNAME", "WASMPACK_REGISTRY_PASSWORD"];

/// A password longer than this is something else.
const PASSWORD_LIMIT_BYTES: u64 = 64 << 10;

/// Finds what a registry knows the user of this repository by; nobody, if nothing is said anywhere.
///
/// What was typed goes before variables, and these before files: first those that podman reads, then Docker's.
///
/// # Errors
/// A file cannot be read or understood, or a helper that it names does not answer.
pub fn find(
    reference: &Reference,
    typed: Option<(&str, Secret)>,
    environment: &Environment,
) -> Result<Credentials, Error> {
    if let Some((user, password)) = typed {
        return Ok(Credentials::Basic { user: user.to_owned(), password });
    }
    match VARIABLES.map(|name| environment.get(name)) {
        // A secret that was made of a file often ends as a file does.
        [Some(token), _, _] => return Ok(Credentials::Bearer(Secret::new(token.trim_end()))),
        [None, Some(user), Some(password)] => {
            return Ok(Credentials::basic(user, password.trim_end_matches(['\r', '\n'])));
        }
        [None, None, None] => {}
        [None, Some(_), None] => return Err(Error::HalfCredentials { missing: VARIABLES[2] }),
        [None, None, Some(_)] => return Err(Error::HalfCredentials { missing: VARIABLES[1] }),
    }
    let keys = keys(reference);
    let login = login(reference.fully_qualified().host().unwrap_or_default());
    // GitLab and others give the content of such a file in a variable.
    if let Some(text) = environment.get("DOCKER_AUTH_CONFIG")
        && let Some(found) = within("DOCKER_AUTH_CONFIG".into(), text.as_bytes(), &keys, &login)?
    {
        return Ok(found);
    }
    for path in files(environment) {
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(Error::ReadFile { path, source }),
        };
        if let Some(found) = within(path, &text, &keys, &login)? {
            return Ok(found);
        }
    }
    Ok(Credentials::Anonymous)
}

/// The password that is the first line of what is read.
///
/// # Errors
/// It cannot be read, or there is none.
pub fn password(from: impl io::Read) -> Result<Secret, Error> {
    let mut text = String::new();
    from.take(PASSWORD_LIMIT_BYTES).read_to_string(&mut text).map_err(Error::ReadPassword)?;
    match text.lines().next().filter(|password| !password.is_empty()) {
        Some(password) => Ok(Secret::new(password)),
        None => Err(Error::NoPassword),
    }
}

/// Where such files are, in the order they are asked (containers-auth.json(5), `docker login --help`).
fn files(environment: &Environment) -> Vec<Utf8PathBuf> {
    let path = |name: &str| environment.get(name).map(Utf8PathBuf::from);
    // Who names a file means no other.
    if let Some(named) = path("REGISTRY_AUTH_FILE") {
        return vec![environment.current_dir.join(named)];
    }
    let home = path(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    let below = |folder: Option<Utf8PathBuf>, file: &str| folder.map(|folder| folder.join(file));
    let config = path("XDG_CONFIG_HOME").or_else(|| below(home.clone(), ".config"));
    let docker = path("DOCKER_CONFIG").or_else(|| below(home, ".docker"));
    [
        below(path("XDG_RUNTIME_DIR"), "containers/auth.json").or_else(runtime_file),
        below(config, "containers/auth.json"),
        below(docker, "config.json"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Where podman has it on Linux for who has no such folder, as root and in CI.
fn runtime_file() -> Option<Utf8PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt as _;
        let user = fs::metadata("/proc/self").ok()?.uid();
        Some(format!("/run/containers/{user}/auth.json").into())
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// What a repository may be called in such a file, the narrowest first: podman writes paths of repositories, and Docker
/// hosts, older ones as addresses.
fn keys(reference: &Reference) -> Vec<String> {
    let reference = reference.fully_qualified();
    let host = reference.host().unwrap_or_default();
    let whole = format!("{host}/{}", reference.repository());
    let parts = whole.match_indices('/').map(|(end, _)| whole[..end].to_owned());
    let mut keys: Vec<String> = parts.chain([whole.clone()]).collect();
    keys.reverse();
    keys.push(login(host));
    keys.extend(["", "/", "/v1", "/v1/", "/v2", "/v2/"].map(|end| format!("https://{host}{end}")));
    keys
}

/// What `docker login` calls a registry, and so what a helper is asked for.
fn login(host: &str) -> String {
    // An address of long ago.
    let is_docker = host == "docker.io";
    if is_docker { "https://index.docker.io/v1/".to_owned() } else { host.to_owned() }
}

fn within(
    path: Utf8PathBuf,
    text: &[u8],
    keys: &[String],
    login: &str,
) -> Result<Option<Credentials>, Error> {
    let named =
        Named::read(text).map_err(|problem| Error::CredentialsFile { path: path.clone(), problem })?;
    for key in keys.iter().filter(|key| named.keys.contains(*key) || named.store.is_some() && *key == login) {
        match answer(get_credential_from_reader(text, key)) {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            Err(cause) => {
                return Err(Error::Credentials {
                    path,
                    registry: key.clone(),
                    problem: told(&cause, named.helper(key)),
                });
            }
        }
    }
    Ok(None)
}

/// What a file has an entry for, and which helper is asked for all the rest.
struct Named {
    keys: BTreeSet<String>,
    store: Option<String>,
    document: Value,
}

impl Named {
    fn read(text: &[u8]) -> Result<Self, String> {
        let document: Value = serde_json::from_slice(text).map_err(|cause| cause.to_string())?;
        let keys =
            |table: &str| document.get(table).and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let store = document.get("credsStore").and_then(Value::as_str);
        Ok(Self {
            keys: keys("auths").chain(keys("credHelpers")).cloned().collect(),
            store: store.filter(|store| !store.is_empty()).map(ToOwned::to_owned),
            document,
        })
    }

    /// The end of the name of the program that is asked for it.
    fn helper(&self, key: &str) -> &str {
        let own = self.document.get("credHelpers").and_then(|helpers| helpers.get(key)?.as_str());
        own.or(self.store.as_deref()).unwrap_or_default()
    }
}

/// That there are none is no error.
fn answer(
    found: Result<DockerCredential, CredentialRetrievalError>,
) -> Result<Option<Credentials>, CredentialRetrievalError> {
    match found {
        Ok(DockerCredential::IdentityToken(token)) => Ok(Some(Credentials::Identity(Secret::new(token)))),
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            Ok(Some(Credentials::basic(user, password)))
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        Err(cause) if says_nothing(&cause) => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Whether a helper has only said that it knows of nothing (docker-credential-helpers, `credentials/error.go`).
fn says_nothing(cause: &CredentialRetrievalError) -> bool {
    let CredentialRetrievalError::HelperFailure { stdout, stderr, .. } = cause else { return false };
    let nothing = ["credentials not found", "no credentials", "not found in native keychain"];
    nothing.iter().any(|words| stdout.contains(words) || stderr.contains(words))
}

/// Why there are none, without the output of helpers, which may have secrets in it.
fn told(cause: &CredentialRetrievalError, helper: &str) -> String {
    match cause {
        CredentialRetrievalError::HelperCommunicationError => {
            format!("the program `docker-credential-{helper}` that it names cannot be started")
        }
        CredentialRetrievalError::MalformedHelperResponse => "its helper answers something else".to_owned(),
        CredentialRetrievalError::HelperFailure { helper, stderr, .. } => {
            let line = stderr.lines().next().unwrap_or_default();
            format!("`{helper}` failed: {line}")
        }
        CredentialRetrievalError::CredentialDecodingError => {
            "its `auth` is not base64 of `name:password`".to_owned()
        }
        CredentialRetrievalError::CredentialMismatchError => {
            "its `auth` says another than its `username`".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutated::mutated;

    #[test]
    fn the_narrowest_name_goes_first() {
        let keys = keys(&"ghcr.io/acme/app:v1".parse().unwrap());
        assert_eq!(keys[..3], ["ghcr.io/acme/app", "ghcr.io/acme", "ghcr.io"]);
        assert!(keys.contains(&"https://ghcr.io/v2/".to_owned()));
    }

    fn found(text: &str, reference: &str) -> Result<Option<Credentials>, Error> {
        let reference: Reference = reference.parse().unwrap();
        let login = login(reference.fully_qualified().host().unwrap());
        within("config.json".into(), text.as_bytes(), &keys(&reference), &login)
    }

    #[test]
    fn each_way_to_write_a_registry_is_found() {
        // `user:pass`
        let auth = r#"{ "auth": "dXNlcjpwYXNz" }"#;
        for (key, reference) in [
            ("ghcr.io", "ghcr.io/acme/app"),
            ("ghcr.io/acme", "ghcr.io/acme/app"),
            ("https://ghcr.io", "ghcr.io/acme/app"),
            ("https://index.docker.io/v1/", "app"),
            ("docker.io", "acme/app"),
            ("localhost:5000", "localhost:5000/app"),
        ] {
            let text = format!(r#"{{ "auths": {{ "{key}": {auth} }} }}"#);
            assert_eq!(found(&text, reference).unwrap(), Some(Credentials::basic("user", "pass")), "{key}");
        }
        let other = format!(r#"{{ "auths": {{ "ghcr.io/other": {auth}, "example.com": {auth} }} }}"#);
        assert_eq!(found(&other, "ghcr.io/acme/app").unwrap(), None);
        let token = r#"{ "auths": { "ghcr.io": { "identitytoken": "t" } } }"#;
        assert_eq!(found(token, "ghcr.io/app").unwrap(), Some(Credentials::Identity(Secret::new("t"))));
    }

    #[test]
    fn what_cannot_be_understood_is_named_and_not_shown() {
        for (text, expected) in [
            ("{", "config.json"),
            (r#"{ "auths": { "ghcr.io": { "auth": "%%%hunter2" } } }"#, "base64"),
            (
                r#"{ "credHelpers": { "ghcr.io": "of-nobody" } }"#,
                "`docker-credential-of-nobody` that it names cannot be started",
            ),
        ] {
            let error = found(text, "ghcr.io/app").unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_helper_for_all_registries_is_asked_once_by_the_name_of_a_login() {
        for (reference, login) in
            [("ghcr.io/acme/app", "ghcr.io"), ("acme/app", "https://index.docker.io/v1/")]
        {
            let error = found(r#"{ "credsStore": "of-nobody" }"#, reference).unwrap_err();
            let Error::Credentials { registry, problem, .. } = error else { panic!("{error}") };
            assert_eq!(registry, login);
            assert!(problem.contains("`docker-credential-of-nobody`"), "{problem}");
            assert_eq!(found(r#"{ "credsStore": "" }"#, reference).unwrap(), None);
        }
    }

    #[test]
    fn a_helper_that_knows_of_nothing_has_not_failed() {
        let failed = |stdout: &str, stderr: &str| {
            let (helper, stdout, stderr) = ("h".to_owned(), stdout.to_owned(), stderr.to_owned());
            answer(Err(CredentialRetrievalError::HelperFailure { helper, stdout, stderr }))
        };
        for words in ["credentials not found in native keychain", "no credentials server URL"] {
            assert_eq!(failed(words, "").unwrap(), None);
            assert_eq!(failed("", words).unwrap(), None);
        }
        let cause = failed("hunter2", "the keychain is locked").unwrap_err();
        assert_eq!(told(&cause, "h"), "`h` failed: the keychain is locked");
        assert_eq!(answer(Err(CredentialRetrievalError::NoCredentialConfigured)).unwrap(), None);
    }

    /// Who one is to `ghcr.io/acme/app` with these variables.
    fn who(variables: &[(&str, &str)]) -> Result<Credentials, Error> {
        find(&"ghcr.io/acme/app".parse().unwrap(), None, &Environment::with(variables))
    }

    #[test]
    fn what_is_typed_goes_before_variables() {
        let token = ("WASMPACK_REGISTRY_TOKEN", "t");
        let user = ("WASMPACK_REGISTRY_USERNAME", "user");
        let password = ("WASMPACK_REGISTRY_PASSWORD", "pass");
        let typed = Some(("me", Secret::new("mine")));
        let found = find(&"app".parse().unwrap(), typed, &Environment::with(&[token])).unwrap();
        assert_eq!(found, Credentials::basic("me", "mine"));
        assert_eq!(who(&[token, user, password]).unwrap(), Credentials::Bearer(Secret::new("t")));
        assert_eq!(who(&[user, password]).unwrap(), Credentials::basic("user", "pass"));
        for (half, lacks) in [(user, password), (password, user)] {
            let Err(Error::HalfCredentials { missing }) = who(&[half]) else { panic!("{half:?}") };
            assert_eq!(missing, lacks.0);
        }
        assert_eq!(who(&[]).unwrap(), Credentials::Anonymous);
    }

    #[test]
    fn files_are_asked_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap();
        // `a:a`, `b:b` and so on.
        let says = |auth: &str| format!(r#"{{ "auths": {{ "ghcr.io": {{ "auth": "{auth}" }} }} }}"#);
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let variables = [("XDG_RUNTIME_DIR", &*format!("{root}/run")), (home, root)];
        assert_eq!(who(&variables).unwrap(), Credentials::Anonymous);
        put(".docker/config.json", &says("YTph"));
        assert_eq!(who(&variables).unwrap(), Credentials::basic("a", "a"));
        put(".config/containers/auth.json", &says("Yjpi"));
        assert_eq!(who(&variables).unwrap(), Credentials::basic("b", "b"));
        // One that has nothing of this registry.
        put("run/containers/auth.json", "{}");
        assert_eq!(who(&variables).unwrap(), Credentials::basic("b", "b"));
        put("run/containers/auth.json", &says("Yzpj"));
        assert_eq!(who(&variables).unwrap(), Credentials::basic("c", "c"));
        let config = says("ZDpk");
        let named = [variables[0], variables[1], ("DOCKER_AUTH_CONFIG", &*config)];
        assert_eq!(who(&named).unwrap(), Credentials::basic("d", "d"));
        let nothing = [variables[0], variables[1], ("DOCKER_AUTH_CONFIG", "{}")];
        assert_eq!(who(&nothing).unwrap(), Credentials::basic("c", "c"));
        // Who names a file means no other.
        let other = format!("{root}/other.json");
        let named = [variables[0], variables[1], ("REGISTRY_AUTH_FILE", &*other)];
        assert_eq!(who(&named).unwrap(), Credentials::Anonymous);
        // What is there and cannot be read is no reason to go on.
        let named = [variables[0], variables[1], ("REGISTRY_AUTH_FILE", root)];
        assert!(matches!(who(&named), Err(Error::ReadFile { .. })));
    }

    #[test]
    fn a_password_is_one_line() {
        assert_eq!(
            password(
                &b"hunter2
"[..]
            )
            .unwrap(),
            Secret::new("hunter2")
        );
        assert!(matches!(
            password(
                &b"
"[..]
            ),
            Err(Error::NoPassword)
        ));
    }

    #[test]
    fn whatever_stands_in_a_file_of_credentials_is_taken_or_refused() {
        let seeds = [
            r#"{"auths": {"ghcr.io": {"auth": "cm9iaW46YmF0dGVyeQ=="}, "https://index.docker.io/v1/": {}}}"#,
            r#"{"auths": {"ghcr.io/acme": {"identitytoken": "abc", "auth": "cm9iaW46"}}, "HttpHeaders": {"a": "b"}}"#,
        ];
        let (mut taken, mut refused) = (0, 0);
        for text in mutated(&seeds, 4000) {
            match found(&text, "ghcr.io/acme/app") {
                Ok(_) => taken += 1,
                Err(error) => {
                    refused += 1;
                    assert!(!format!("{error} {error:?}").contains("battery"), "{text}");
                }
            }
        }
        assert!(taken > 100 && refused > 100, "{taken}, {refused}");
    }
}
