//! `push`, `pull`, `tags` and `build --push` with Debian's `docker-registry`: plain, with passwords from wherever users have them,
//! and with TLS. Whatever goes wrong is told with the registry, the repository, the request and the way out, and nothing that
//! is told or kept has a password in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::debian::Debian;
use crate::documented::documented;
use crate::installed::installed;
use crate::support::{said, stdout_of, wasmpack};

/// `htpasswd -nbB robin battery`
const HTPASSWD: &str = "robin:$2y$04$kXX.4sXsAgQBu0ZlMyYlou2jPpV7xZSwcBtthlT6nxuLPQSmB1f1m\n";
const USER: &str = "robin";
const PASSWORD: &str = "battery";
/// Both, as they are sent and as files of credentials have them.
const SENT: &str = "cm9iaW46YmF0dGVyeQ==";

/// A folder with a project whose module is there already, and one for everything that is kept.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.project()).unwrap();
        fs::write(place.project().join("app.wat"), r#"(module (func (export "_start")))"#).unwrap();
        fs::write(place.project().join("wasmpack.toml"), "[build]\nmodule = \"app.wat\"\n").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn project(&self) -> PathBuf {
        self.path("project")
    }

    /// The command of somebody who has nothing but this place.
    fn command(&self, verb: &str) -> Command {
        let mut command = wasmpack();
        command.arg(verb).current_dir(self.project());
        for variable in ["REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
            command.env_remove(variable);
        }
        for name in ["TOKEN", "USERNAME", "PASSWORD"] {
            command.env_remove(format!("WASMPACK_REGISTRY_{name}"));
        }
        command.env("HOME", self.path("home")).env("DOCKER_CONFIG", self.path("docker"));
        command.env("WASMPACK_CACHE_DIR", self.path("cache")).stdin(Stdio::null());
        command
    }

    /// Builds it once, so that its layout can be pushed.
    fn layout(&self) -> PathBuf {
        stdout_of(self.command("build").args(["--quiet", "--tag", "app", "--target-dir", "target"]));
        self.project().join("target/wasmpack/app")
    }

    /// Panics if anything that is kept has a password in it.
    fn assert_silent(&self) {
        for folder in ["cache", "project"] {
            for file in files(&self.path(folder)) {
                assert_hidden(&file.display().to_string(), &fs::read(&file).unwrap());
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn assert_hidden(what: &str, bytes: &[u8]) {
    for secret in [PASSWORD, SENT] {
        let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!is_there, "{what} has `{secret}` in it: {}", String::from_utf8_lossy(bytes));
    }
}

/// Fails with this exit code, and tells all of this and no password.
fn assert_refused(command: &mut Command, code: i32, told: &[&str]) {
    let output = command.output().unwrap();
    assert_told(&output, code, told);
}

fn assert_told(output: &Output, code: i32, told: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(output.stdout.is_empty());
    for text in told {
        assert!(said.contains(text), "`{text}` is missing: {said}");
    }
    assert_hidden("stderr", said.as_bytes());
}

#[test]
fn a_plain_registry_takes_and_gives() {
    let place = Place::new();
    let Some(registry) = Debian::start(place.0.path(), "", "") else { return };
    let repository = format!("127.0.0.1:{}/acme/app", registry.port);
    let tagged = format!("{repository}:v1");
    let layout = place.layout();

    let planned = place.command("push").arg(&layout).args([&tagged, "--dry-run"]).output().unwrap();
    assert!(planned.status.success() && said(&planned).contains("Planned"), "{}", said(&planned));
    assert_refused(
        place.command("tags").arg(&repository),
        116,
        &[&repository, "404 NAME_UNKNOWN", "/tags/list"],
    );

    let pushed = place.command("push").arg(&layout).arg(&tagged).output().unwrap();
    let name = String::from_utf8(pushed.stdout.clone()).unwrap();
    assert!(name.starts_with(&format!("{repository}@sha256:")) && name.lines().count() == 1, "{name}");
    assert_eq!(planned.stdout, pushed.stdout);
    assert!(said(&pushed).contains(&format!("Pushed {tagged}, ")), "{}", said(&pushed));
    let (metadata, refs) = (place.path("metadata.json"), place.path("refs"));
    let files =
        [OsStr::new("--metadata-file"), metadata.as_os_str(), OsStr::new("--image-refs"), refs.as_os_str()];
    let again = place.command("push").arg(&layout).arg(&tagged).args(files).output().unwrap();
    assert_eq!(again.stdout, pushed.stdout);
    assert!(!said(&again).contains(" sent"), "{}", said(&again));
    assert_eq!(fs::read(refs).unwrap(), pushed.stdout);
    let told: serde_json::Value = serde_json::from_slice(&fs::read(metadata).unwrap()).unwrap();
    assert_eq!(told["image.name"].as_str(), Some(&*tagged));
    let digest = told["containerimage.digest"].as_str().unwrap();
    assert_eq!(name.trim(), format!("{repository}@{digest}"));

    let remembered = place.path("cache/registries").join(format!("127.0.0.1_{}.json", registry.port));
    assert_eq!(fs::read_to_string(remembered).unwrap(), r#"{"lists_referrers":false}"#);

    let tags = stdout_of(place.command("tags").arg(&repository));
    assert_eq!(tags.lines().find(|tag| !tag.starts_with("sha256-")), Some("v1"));
    let told = stdout_of(place.command("tags").args([&repository, "--json"]));
    let told = documented(told);
    assert_eq!(told["repository"].as_str(), Some(&*repository));
    let listed: Vec<_> =
        told["tags"].as_array().unwrap().iter().filter_map(serde_json::Value::as_str).collect();
    assert_eq!(listed, tags.lines().collect::<Vec<_>>());
    assert!(!tags.contains("sha256-"), "{tags}");
    let all = stdout_of(place.command("tags").args([&repository, "--all"]));
    assert!(all.lines().any(|tag| tag.starts_with("sha256-")), "{all}");

    // Who pulls it has no folder either.
    let checked = stdout_of(place.command("check").args(["--for", "docker-classic", &tagged]));
    assert!(checked.contains("works ") && !checked.contains("written as an archive"), "{checked}");

    let archive = place.path("pulled.tar");
    let output = format!("type=oci-archive,dest={}", archive.display());
    assert_eq!(stdout_of(place.command("pull").args([&tagged, "--output", &output])), name);
    let pulled = documented(stdout_of(place.command("pull").args([&tagged, "--json"])));
    let again = documented(stdout_of(place.command("push").arg(&archive).args([&tagged, "--json"])));
    for told in [&pulled, &again] {
        assert_eq!(told["images"][0]["references"][0], name.trim());
        assert_eq!(told["images"][0]["names"][0], *tagged);
    }
    stdout_of(place.command("validate").arg(&archive));
}

#[test]
fn what_was_built_for_a_registry_goes_there_from_its_layout() {
    let place = Place::new();
    let Some(registry) = Debian::start(place.0.path(), "", "") else { return };
    let repository = format!("127.0.0.1:{}/acme/app", registry.port);
    let layout = place.layout();
    let tagged = |tag: &str| format!("{repository}:{tag}");
    let build = |tag: &str| {
        stdout_of(place.command("build").args(["-q", "--target-dir", "target", "--tag", &tagged(tag)]))
    };
    assert_refused(place.command("push").arg(&layout), 2, &["names no registry"]);
    build("v7");
    assert_eq!(stdout_of(place.command("push").arg("-q").arg(&layout)), build("v7"));
    assert_eq!(stdout_of(place.command("tags").arg(&repository)), "v7\n");
    build("v8");
    assert_refused(place.command("push").arg(&layout), 2, &["several names", &tagged("v7"), &tagged("v8")]);

    let itself = [tagged("v9"), format!("push . {}", tagged("v9"))];
    assert_refused(place.command("push").arg(&itself[0]), 2, &["to itself", &itself[1]]);
}

#[test]
fn debug_modules_stay_here_if_they_are_to() {
    let place = Place::new();
    let Some(registry) = Debian::start(place.0.path(), "", "") else { return };
    let module = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func $secret (param i32)
            (if (local.get 0) (then (call $secret (i32.sub (local.get 0) (i32.const 1))) (call $exit (i32.const 3)))))
        (func (export "_start") (call $secret (i32.const 9))))"#;
    fs::write(place.project().join("app.wat"), module).unwrap();
    let repository = format!("127.0.0.1:{}/acme/app", registry.port);
    let pushed = |flags: &[&str]| {
        let tagged = format!("{repository}:v1");
        let always = ["-q", "--push", "--tag", &tagged, "--target-dir", "target"];
        let name = stdout_of(place.command("build").args(always).args(flags));
        (name, files(&place.project().join("target/wasmpack/app")).len())
    };
    let (name, count) = pushed(&[]);
    let (bare, less) = pushed(&["--debug-module", "false"]);
    assert_eq!(bare, name);
    let debug = place.project().join("target/wasmpack/app.debug.wasm");
    assert!(debug.is_file());
    assert!(less < count, "{less} of {count}");
    assert_eq!(pushed(&[]), (name, count));
}

#[test]
fn formats_are_told_apart_in_the_same_way_by_build_and_push() {
    let place = Place::new();
    let Some(registry) = Debian::start(place.0.path(), "", "") else { return };
    let tagged = format!("127.0.0.1:{}/acme/app:v1", registry.port);
    let formats = ["--quiet", "--tag", &tagged, "--format", "everywhere,image"];
    let built = stdout_of(place.command("build").args(formats));
    let pushed = stdout_of(place.command("build").args(formats).arg("--push"));
    let repository = tagged.trim_end_matches(":v1");
    assert_eq!(built, pushed);
    let [first, second] = [pushed.lines().next(), pushed.lines().nth(1)].map(Option::unwrap);
    assert!(first.starts_with(&format!("{repository}@sha256:")), "{pushed}");
    assert!(second.starts_with(&format!("{repository}:v1-image@sha256:")), "{pushed}");
    let layout = place.project().join("target/wasmpack/app");
    assert_eq!(stdout_of(place.command("push").arg("--quiet").arg(layout)), pushed);
    for name in pushed.lines() {
        assert_eq!(stdout_of(place.command("pull").args(["--quiet", name])).lines().count(), 1);
    }
}

/// A registry that wants a password.
fn guarded(place: &Place, http: &str) -> Option<Debian> {
    let file = place.path("htpasswd");
    fs::write(&file, HTPASSWD).unwrap();
    let auth = format!("auth:\n  htpasswd:\n    realm: tests\n    path: {}\n", file.display());
    Debian::start(place.0.path(), http, &auth)
}

/// A way in which users have their passwords: what it does to a command, and to a place for a registry of this name.
type Way = fn(&mut Command, &Place, &str);

#[cfg(unix)]
const WAYS: [Way; 4] = [
    |_, place, host| {
        let text = format!(r#"{{ "auths": {{ "{host}": {{ "auth": "{SENT}" }} }} }}"#);
        fs::create_dir_all(place.path("docker")).unwrap();
        fs::write(place.path("docker/config.json"), text).unwrap();
    },
    |command, place, host| {
        use std::os::unix::fs::PermissionsExt as _;
        let answer = format!(r#"{{ "ServerURL": "{host}", "Username": "{USER}", "Secret": "{PASSWORD}" }}"#);
        for folder in ["docker", "bin"] {
            fs::create_dir_all(place.path(folder)).unwrap();
        }
        let helper = place.path("bin/docker-credential-tests");
        fs::write(
            &helper,
            format!("#!/bin/sh\n[ \"$1\" = get ] && [ \"$(cat)\" = {host} ] && echo '{answer}'\n"),
        )
        .unwrap();
        fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
        let text = format!(r#"{{ "credHelpers": {{ "{host}": "tests" }} }}"#);
        fs::write(place.path("docker/config.json"), text).unwrap();
        command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", place.path("bin").display()));
    },
    |command, place, _| {
        let mut file = tempfile::tempfile_in(place.0.path()).unwrap();
        writeln!(file, "{PASSWORD}").unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        command.args(["--username", USER, "--password-stdin"]).stdin(file);
    },
    |command, _, _| {
        command.env("WASMPACK_REGISTRY_USERNAME", USER).env("WASMPACK_REGISTRY_PASSWORD", PASSWORD);
    },
];

#[cfg(unix)]
#[test]
fn a_password_is_found_wherever_users_have_it_and_is_told_nobody() {
    for way in WAYS {
        let place = Place::new();
        let Some(registry) = guarded(&place, "") else { return };
        let host = format!("127.0.0.1:{}", registry.port);
        let tagged = format!("{host}/acme/app:v1");
        let layout = place.layout();
        let push = |place: &Place| {
            let mut push = place.command("push");
            push.arg("--verbose").arg(&layout).arg(&tagged);
            push
        };
        assert_refused(
            &mut push(&place),
            115,
            &["it wants to know who asks: 401", &format!("{host}/acme/app"), "docker login"],
        );
        let mut build = place.command("build");
        build.args(["--verbose", "--push", "--tag", &tagged]);
        let mut tags = place.command("tags");
        tags.arg("--verbose").arg(format!("{host}/acme/app"));
        let mut pull = place.command("pull");
        pull.arg("--verbose").arg(&tagged);
        for mut command in [push(&place), push(&place), build, tags, pull] {
            way(&mut command, &place, &host);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{command:?}: {}", said(&output));
            assert_hidden("stdout", &output.stdout);
            assert_hidden("stderr", &output.stderr);
        }
        place.assert_silent();
    }
}

#[cfg(unix)]
#[test]
fn a_helper_that_fails_is_named_and_not_quoted() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let layout = place.layout();
    for folder in ["docker", "bin"] {
        fs::create_dir(place.path(folder)).unwrap();
    }
    let helper = place.path("bin/docker-credential-tests");
    fs::write(
        &helper,
        format!("#!/bin/sh\ncat >/dev/null\necho {PASSWORD}\necho it is locked >&2\nexit 1\n"),
    )
    .unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(place.path("docker/config.json"), r#"{ "credsStore": "tests" }"#).unwrap();
    let mut push = place.command("push");
    push.arg(layout).arg("127.0.0.1:1/acme/app:v1");
    push.env("PATH", format!("{}:/usr/bin:/bin", place.path("bin").display()));
    let config = place.path("docker/config.json").display().to_string();
    let failed = ": `docker-credential-tests` failed: it is locked";
    assert_refused(&mut push, 115, &["`127.0.0.1:1`", &config, failed, "help: "]);
}

#[test]
fn a_wrong_password_is_told_with_the_way_out() {
    let place = Place::new();
    let Some(registry) = guarded(&place, "") else { return };
    let repository = format!("127.0.0.1:{}/acme/app", registry.port);
    let mut push = place.command("push");
    push.arg(place.layout()).arg(format!("{repository}:v1"));
    push.env("WASMPACK_REGISTRY_USERNAME", USER).env("WASMPACK_REGISTRY_PASSWORD", "hunter2");
    let output = push.output().unwrap();
    let request = "HEAD /v2/acme/app/manifests/v1";
    assert_told(
        &output,
        115,
        &[&repository, "it does not take these credentials: 401", request, "log in again"],
    );
    assert!(!said(&output).contains("hunter2"));
}

#[test]
fn a_registry_that_may_not_be_written_says_so() {
    let place = Place::new();
    let storage = "  maintenance:\n    readonly:\n      enabled: true\n";
    let Some(registry) = Debian::start_with(place.0.path(), storage, "", "") else { return };
    let repository = format!("127.0.0.1:{}/acme/app", registry.port);
    let mut push = place.command("push");
    push.arg(place.layout()).arg(format!("{repository}:v1"));
    assert_refused(
        &mut push,
        116,
        &[&repository, "405 Method Not Allowed", "POST /v2/acme/app/blobs/uploads/", "help: "],
    );
}

#[test]
fn what_is_not_there_and_who_does_not_answer_are_told() {
    let place = Place::new();
    let Some(registry) = Debian::start(place.0.path(), "", "") else { return };
    let repository = format!("127.0.0.1:{}/acme/missing", registry.port);
    let request = "GET /v2/acme/missing/manifests/v1";
    let mut pull = place.command("pull");
    assert_refused(pull.arg(format!("{repository}:v1")), 116, &[&repository, "404", request, "help: "]);
    drop(registry);
    let mut push = place.command("push");
    push.arg(place.layout()).arg(format!("{repository}:v1"));
    let request = "HEAD /v2/acme/missing/manifests/v1";
    assert_refused(&mut push, 116, &[&repository, request, "can be reached from here"]);
}

/// An authority of this name, and a certificate of its for 127.0.0.1.
fn authority(folder: &Path, name: &str) -> Option<PathBuf> {
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        output.is_ok_and(|output| output.status.success())
    };
    fs::write(folder.join("extensions"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    let made = openssl(&format!(
        "req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.pem -days 30 -subj /CN={name}"
    )) && openssl(
        "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server",
    ) && openssl(&format!(
        "x509 -req -in server.csr -CA {name}.pem -CAkey {name}.key -CAcreateserial -out server.pem \
             -extfile extensions -days 2"
    ));
    made.then(|| folder.join(format!("{name}.pem")))
}

#[test]
fn an_authority_that_is_named_means_tls_on_this_machine_too() {
    let place = Place::new();
    let folder = place.0.path();
    if installed("openssl").is_none() {
        return;
    }
    let [other, ours] = ["other", "ours"].map(|name| authority(folder, name).expect("openssl makes one"));
    let [certificate, key] = ["server.pem", "server.key"].map(|name| place.path(name).display().to_string());
    let http = format!("  tls:\n    certificate: {certificate}\n    key: {key}\n");
    let Some(registry) = guarded(&place, &http) else { return };
    let repository = format!("127.0.0.1:{}/acme/app", registry.port);
    let layout = place.layout();
    let push = |authority: &Path| {
        let mut push = place.command("push");
        push.arg(&layout).arg(format!("{repository}:v1")).arg("--ca-file").arg(authority);
        push.env("WASMPACK_REGISTRY_USERNAME", USER).env("WASMPACK_REGISTRY_PASSWORD", PASSWORD);
        push
    };
    assert!(stdout_of(&mut push(&ours)).starts_with(&format!("{repository}@sha256:")));
    assert_refused(
        &mut push(&other),
        116,
        &[
            &repository,
            "its certificate is refused: nobody whom this machine trusts has signed it",
            "--ca-file",
        ],
    );
    // Nothing is sent by http to find out that it has to be https.
    drop(registry);
    let Some(plain) = guarded(&place, "") else { return };
    let mut push = place.command("push");
    push.arg(&layout).arg(format!("127.0.0.1:{}/acme/app:v1", plain.port)).arg("--ca-file").arg(&ours);
    assert_refused(&mut push, 116, &["does not speak TLS"]);
    place.assert_silent();
}

#[cfg(unix)]
#[test]
fn what_is_built_is_told_no_password() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("rust/Cargo.toml", "[package]\nname = \"app\"\nedition = \"2024\"\n[workspace]\n");
    write("rust/src/main.rs", "fn main() {}\n");
    let looks =
        r#"fn main() { assert!(std::env::vars().all(|(name, _)| !name.starts_with("WASMPACK_REGISTRY"))); }"#;
    write("rust/build.rs", looks);
    write(
        "make/Makefile",
        "app.wasm: main.c\n\t! env | grep WASMPACK_REGISTRY\n\t$(CC) $(CFLAGS) -o $@ main.c\n",
    );
    write("make/main.c", "int main(void) { return 0; }\n");
    write("launcher", "#!/bin/sh\nenv | grep WASMPACK_REGISTRY && exit 1\nexec \"$@\"\n");
    let launcher = folder.path().join("launcher");
    fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755)).unwrap();
    write("c/main.c", "int main(void) { return 0; }\n");
    write("c/wasmpack.toml", &format!("[build]\nlauncher = '{}'\n", launcher.display()));
    for project in ["rust", "make", "c"] {
        let mut build = wasmpack();
        for name in ["TOKEN", "USERNAME", "PASSWORD"] {
            build.env(format!("WASMPACK_REGISTRY_{name}"), PASSWORD);
        }
        stdout_of(build.arg("build").arg(folder.path().join(project)));
    }
}

/// A key that everybody knows.
fn key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packager/src/signature/test-keys").join(name)
}

#[test]
fn to_sign_an_image_in_a_registry_moves_no_tag() {
    let place = Place::new();
    let Some(registry) = Debian::start(place.0.path(), "", "") else { return };
    let repository = format!("127.0.0.1:{}/acme/app", registry.port);
    let tagged = format!("{repository}:v1");
    let push = |wat: &str| {
        fs::write(place.project().join("app.wat"), wat).unwrap();
        let name = stdout_of(place.command("build").args(["-q", "--push", "--tag", &tagged]));
        name.trim().split_once('@').unwrap().1.to_owned()
    };
    let old = push(r#"(module (func (export "_start")))"#);
    let new = push(r#"(module (memory (export "memory") 1) (func (export "_start")))"#);
    assert_ne!(old, new);
    let old = format!("{tagged}@{old}");
    stdout_of(place.command("sign").arg(&old).arg("--key").arg(key("rfc6979.pem")));
    assert!(stdout_of(place.command("pull").args(["-q", &tagged])).trim().ends_with(&new));
    let verify = |name: &str| {
        let mut verify = place.command("verify");
        verify.arg(name).arg("--key").arg(key("rfc6979.pub"));
        verify.output().unwrap()
    };
    assert!(verify(&old).status.success(), "{}", said(&verify(&old)));
    assert_eq!(verify(&tagged).status.code(), Some(118));
}

#[cfg(unix)]
#[test]
fn a_password_that_is_typed_is_read_once_and_for_one_registry() {
    let place = Place::new();
    let Some(registry) = guarded(&place, "") else { return };
    let host = format!("127.0.0.1:{}", registry.port);
    let [first, second] = ["v1", "v2"].map(|tag| format!("{host}/acme/app:{tag}"));
    let typed = |mut command: Command| {
        WAYS[2](&mut command, &place, &host);
        command
    };
    let mut push = typed(place.command("push"));
    stdout_of(push.arg(place.layout()).arg(&first));
    let mut copy = typed(place.command("push"));
    stdout_of(copy.args([&first, &second]));
    let mut sign = typed(place.command("sign"));
    stdout_of(sign.arg(&first).arg("--key").arg(key("rfc6979.pem")));
    let mut two = typed(place.command("push"));
    let third = format!("{host}/acme/app:v3");
    two.arg(place.layout()).args([&third, "localhost:1/acme/app:v1"]);
    assert_refused(&mut two, 115, &["`localhost:1`", &format!("typed are for `{host}`"), "help: "]);
    let mut tags = typed(place.command("tags"));
    assert!(!stdout_of(tags.arg(format!("{host}/acme/app"))).contains("v3"), "nothing was sent");
}

#[test]
fn somebodys_own_tag_that_ends_as_a_formats_does_stays_where_it_is() {
    let place = Place::new();
    let Some(registry) = Debian::start(place.0.path(), "", "") else { return };
    let repository = format!("127.0.0.1:{}/acme", registry.port);
    let [app, own, copy] =
        ["app:v1", "app:v1-artifact", "copy:v1"].map(|name| format!("{repository}/{name}"));
    let layout = place.layout();
    for name in [&app, &own] {
        stdout_of(place.command("push").arg("-q").arg(&layout).arg(name));
        stdout_of(place.command("pull").args(["-q", name]));
    }
    assert_eq!(stdout_of(place.command("push").args(["-q", &app, &copy])).lines().count(), 1);
    assert_eq!(stdout_of(place.command("tags").arg(format!("{repository}/copy"))), "v1\n");
}
