//! The same with a real registry, Debian's `docker-registry` 2.8.2: plain, with passwords, and with TLS of an authority of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasmpack_packager::registry::{
    Access, Cause, Credentials, Distrust, PlainHttp, PullOptions, PushOptions, Referring, Remote, Settings,
    pull, push, referrers, tags,
};
use wasmpack_packager::{Error, Reference};

use crate::support::debian::Debian;
use crate::support::http::{Reply, Server};
use crate::support::images::{assert_holds, attested, bytes, everywhere, single};

fn assert_round(port: u16, settings: &Settings) {
    let image = attested(everywhere(1, 3 << 20));
    let reference: Reference = format!("127.0.0.1:{port}/acme/app:v1").parse().unwrap();
    let remote = Remote::open(&reference, Access::Push, settings.clone()).unwrap();
    let pushed = push(&remote, &image, &["v1", "latest"], PushOptions::default()).unwrap();
    assert_eq!(pushed.sent.count, 15);
    let again = push(&remote, &image, &["v1", "latest"], PushOptions::default()).unwrap();
    assert_eq!((again.sent.count, again.tags.len()), (0, 0));

    let remote = Remote::open(&reference, Access::Pull, settings.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = PullOptions { referring: Referring::Take, ..PullOptions::default() };
    pull(&remote, &reference, folder.path(), &options).unwrap();
    assert_holds(folder.path(), &reference, &image);
    assert_eq!(referrers(&remote, image.digest()).unwrap().len(), 2);
    let fallback = format!("sha256-{}", image.digest().hex());
    assert_eq!(tags(&remote).unwrap(), ["latest".to_owned(), fallback, "v1".to_owned()]);

    let other: Reference = format!("127.0.0.1:{port}/acme/other").parse().unwrap();
    let remote = Remote::open(&other, Access::Push, settings.clone()).unwrap();
    let options = PushOptions { source: Some("acme/app"), ..PushOptions::default() };
    assert_eq!(push(&remote, &image, &["v1"], options).unwrap().mounted.count, 8);
}

#[test]
fn plain_on_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let Some(debian) = Debian::start(folder.path(), "", "") else { return };
    assert_round(debian.port, &Settings::default());
    // Another client reads what we wrote.
    let copy = folder.path().join("copy");
    let from = format!("docker://127.0.0.1:{}/acme/app:v1", debian.port);
    let arguments = ["copy", "--all", "--src-tls-verify=false", "--preserve-digests"];
    match Command::new("skopeo").args(arguments).arg(from).arg(format!("oci:{}:v1", copy.display())).status()
    {
        Ok(status) => assert!(status.success()),
        Err(_) => return eprintln!("skipped: skopeo is not installed"),
    }
    for blob in everywhere(1, 3 << 20).blobs() {
        assert!(fs::read(copy.join("blobs/sha256").join(blob.digest().hex())).unwrap() == bytes(blob));
    }
}

#[test]
fn with_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("htpasswd");
    // `htpasswd -nbB robin battery`
    fs::write(&file, format!("{HTPASSWD}\n")).unwrap();
    let auth = format!("auth:\n  htpasswd:\n    realm: tests\n    path: {}\n", file.display());
    let Some(debian) = Debian::start(folder.path(), "", &auth) else { return };
    let known = Settings { credentials: Credentials::basic("robin", "battery"), ..Settings::default() };
    assert_round(debian.port, &known);
    for (credentials, message) in [
        (Credentials::Anonymous, "it wants to know who asks: 401"),
        (Credentials::basic("robin", "wrong"), "it does not take these credentials: 401"),
    ] {
        let reference: Reference = format!("127.0.0.1:{}/acme/app", debian.port).parse().unwrap();
        let settings = Settings { credentials, ..Settings::default() };
        let remote = Remote::open(&reference, Access::Push, settings).unwrap();
        let error = push(&remote, &single(1, 50), &["v1"], PushOptions::default()).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}

const HTPASSWD: &str = "robin:$2y$04$kXX.4sXsAgQBu0ZlMyYlou2jPpV7xZSwcBtthlT6nxuLPQSmB1f1m";

/// An authority, and a certificate of its for 127.0.0.1, made by `openssl`.
struct Certificates {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

fn openssl(folder: &Path, arguments: &str) -> bool {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
    output.is_ok_and(|output| output.status.success())
}

impl Certificates {
    /// `validity` is what openssl is told of it, `name` whom it is for.
    fn new(folder: &Path, validity: &str, name: &str) -> Option<Self> {
        fs::write(folder.join("extensions"), format!("subjectAltName={name}\n")).unwrap();
        let made = [
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=tests",
            "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server",
            &format!(
                "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -extfile extensions {validity}"
            ),
        ];
        if !made.iter().all(|arguments| openssl(folder, arguments)) {
            eprintln!("skipped: openssl is not installed");
            return None;
        }
        let [ca, certificate, key] = ["ca.pem", "server.pem", "server.key"].map(|name| folder.join(name));
        Some(Self { ca, certificate, key })
    }

    fn configuration(&self) -> String {
        format!("  tls:\n    certificate: {}\n    key: {}\n", self.certificate.display(), self.key.display())
    }
}

fn distrust(port: u16, settings: Settings) -> Option<Distrust> {
    let remote =
        Remote::open(&format!("127.0.0.1:{port}/app").parse().unwrap(), Access::Pull, settings).unwrap();
    let error = tags(&remote).unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    match error {
        Error::Registry(failure) => match failure.cause() {
            Cause::Certificate { kind, .. } => Some(*kind),
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    }
}

#[test]
fn with_tls_of_an_authority_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let Some(certificates) = Certificates::new(folder.path(), "-days 2", "IP:127.0.0.1") else { return };
    let Some(debian) = Debian::start(folder.path(), &certificates.configuration(), "") else { return };
    let secure = Settings { plain_http: PlainHttp::Never, ..Settings::default() };
    assert_round(debian.port, &Settings { ca_files: vec![certificates.ca.clone()], ..secure.clone() });
    assert_eq!(distrust(debian.port, secure.clone()), Some(Distrust::Authority));
    // A file that is none is told by its name.
    let missing = Settings { ca_files: vec![folder.path().join("missing.pem")], ..secure };
    let remote =
        Remote::open(&format!("127.0.0.1:{}/app", debian.port).parse().unwrap(), Access::Pull, missing)
            .unwrap();
    assert!(tags(&remote).unwrap_err().to_string().contains("missing.pem"));
}

#[test]
fn certificates_out_of_their_time_or_for_others_are_refused() {
    for (validity, name, expected) in
        [("-days -1", "IP:127.0.0.1", Distrust::Time), ("-days 2", "DNS:other.example", Distrust::Name)]
    {
        let folder = tempfile::tempdir().unwrap();
        let Some(certificates) = Certificates::new(folder.path(), validity, name) else { return };
        let Some(debian) = Debian::start(folder.path(), &certificates.configuration(), "") else { return };
        let ca_files = vec![certificates.ca.clone()];
        let settings = Settings { plain_http: PlainHttp::Never, ca_files, ..Settings::default() };
        assert_eq!(distrust(debian.port, settings), Some(expected));
    }
}

#[test]
fn what_speaks_no_tls_is_not_spoken_to_without() {
    let plain = Server::start("127.0.0.1", |_| Reply::of(200), || {});
    let settings = Settings { plain_http: PlainHttp::Never, ..Settings::default() };
    assert_eq!(distrust(plain.port, settings), Some(Distrust::NoTls));
}

#[test]
fn a_registry_with_tls_that_points_to_plain_http_is_not_followed() {
    let listener = Server::start("127.0.0.1", |_| Reply::of(202), || {});
    let http = format!("http://127.0.0.1:{}", listener.port);
    let folder = tempfile::tempdir().unwrap();
    let Some(certificates) = Certificates::new(folder.path(), "-days 2", "IP:127.0.0.1") else { return };
    let ca_files = vec![certificates.ca.clone()];
    let credentials = Credentials::basic("robin", "battery");
    let settings = Settings { plain_http: PlainHttp::Never, ca_files, credentials, ..Settings::default() };
    let token = format!(
        "auth:\n  token:\n    realm: {http}/token\n    service: x\n    issuer: x\n    rootcertbundle: {}\n",
        certificates.ca.display()
    );
    for (host, auth, message) in [
        (format!("  host: {http}\n"), String::new(), "is not https as the registry is"),
        (String::new(), token, "the realm of its challenge is refused"),
    ] {
        let Some(debian) = Debian::start(folder.path(), &(certificates.configuration() + &host), &auth)
        else {
            return;
        };
        let reference: Reference = format!("127.0.0.1:{}/acme/app", debian.port).parse().unwrap();
        let remote = Remote::open(&reference, Access::Push, settings.clone()).unwrap();
        let error = push(&remote, &single(1, 50), &["v1"], PushOptions::default()).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    assert!(listener.seen().is_empty());
}
