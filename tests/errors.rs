//! The pages of the manual about errors, in `docs/errors/`: what a page shows is what is really said.
//!
//! A page has a console block, whose `$` lines are run by a shell in an empty folder. What has to be there first stands in a comment
//! before it, `<!-- given … -->`, as a script. `[..]` stands for the rest of a line, `...` for any lines. `BLESS=1` writes what was said.
//! The folder is shown as `/home/robin/app`, and `registry.example` is a registry that answers as its first folder's name says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::http::{Reply, Server};
use crate::manual::variable;
use crate::matches::is_like;

const FOLDER: &str = "/home/robin/app";
const REGISTRY: &str = "registry.example";

/// The one kind of error nobody can show: what we did not think of.
const NEVER_SHOWN: &str = "unexpected";

#[test]
fn each_page_shows_what_is_really_said() {
    let mut pages: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let only = variable("PAGE");
    let wanted = pages.iter().filter(|page| only.as_ref().is_none_or(|only| word_of(page) == *only));
    let wrong: Vec<String> = wanted.filter_map(|page| wrong_with(page)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors")
}

fn word_of(page: &Path) -> String {
    page.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// What is wrong with a page, if something is.
fn wrong_with(path: &Path) -> Option<String> {
    let word = word_of(path);
    let page = fs::read_to_string(path).unwrap();
    let blocks = page.matches("```console\n").count();
    if word == NEVER_SHOWN {
        return (blocks > 0).then(|| format!("{word}: there is an example after all"));
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().canonicalize().unwrap();
    fs::create_dir(place.join("bin")).unwrap();
    let mut written = String::new();
    let mut rest = page.as_str();
    let mut wrong = String::new();
    while let Some((before, block, after)) = next_block(rest) {
        if let Some((_, given)) = before.rsplit_once("<!-- given\n") {
            let script = given.split("-->").next().unwrap();
            let output = shell(&format!("set -e\n{script}"), &place).output().unwrap();
            assert!(output.status.success(), "{word}: {}", String::from_utf8_lossy(&output.stdout));
        }
        let said: String = commands(block).map(|line| transcript(line, &place)).collect();
        if is_like(&said, block) {
            written += &format!("{before}```console\n{block}```");
        } else {
            wrong += &format!("should be\n{block}and is\n{said}");
            written += &format!("{before}```console\n{said}```");
        }
        rest = after;
    }
    written += rest;
    if variable("BLESS").is_some() {
        fs::write(path, &written).unwrap();
        wrong.clear();
    }
    if !written.contains(&format!("\nerror[{word}]: ")) {
        wrong += &format!("there is no `error[{word}]` in it\n");
    }
    (!wrong.is_empty()).then(|| format!("{word}: {wrong}"))
}

/// What stands before the next block, what is in it, and what follows.
fn next_block(page: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = page.split_once("```console\n")?;
    let (block, after) = rest.split_once("```")?;
    Some((before, block, after))
}

fn commands(block: &str) -> impl Iterator<Item = &str> {
    block.lines().filter_map(|line| line.strip_prefix("$ "))
}

/// The command and what it says, as a page shows both.
fn transcript(line: &str, place: &Path) -> String {
    let output = shell(line, place).output().unwrap();
    let code = output.status.code().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said = said.replace(place.to_str().unwrap(), FOLDER).replace(&*SERVER.0, REGISTRY);
    let said = if said.is_empty() || said.ends_with('\n') { said } else { said + "\n" };
    let code = if code == 0 { String::new() } else { format!("? {code}\n") };
    format!("$ {line}\n{code}{said}")
}

/// A script in the place, both streams of it on stdout.
#[expect(clippy::disallowed_methods, reason = "the commands are found where this test finds them")]
fn shell(script: &str, place: &Path) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_cargo-wasmpack")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap();
    let folders = [place.join("bin"), binary].into_iter().chain(std::env::split_paths(&path));
    let mut command = Command::new("sh");
    command.current_dir(place).env("PATH", std::env::join_paths(folders).unwrap());
    let script = script.replace(REGISTRY, &SERVER.0);
    command.arg("-c").arg(format!("exec 2>&1 </dev/null\n{script}"));
    let foreign = [
        "CARGO_TARGET_DIR",
        "CONTAINERD_ADDRESS",
        "CONTAINER_HOST",
        "DOCKER_AUTH_CONFIG",
        "DOCKER_HOST",
        "GITHUB_ACTIONS",
        "REGISTRY_AUTH_FILE",
        "RUSTFLAGS",
        "SOURCE_DATE_EPOCH",
        "WASMPACK_CONFIG",
        "WASMPACK_REPO",
        "XDG_CONFIG_HOME",
        "XDG_RUNTIME_DIR",
    ];
    for variable in foreign {
        command.env_remove(variable);
    }
    for (variable, folder) in [("DOCKER_CONFIG", "docker"), ("WASMPACK_CACHE_DIR", "cache")] {
        command.env(variable, place.join(folder));
    }
    command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_COLOR", "never");
    command
}

/// The registry, and where it is.
static SERVER: LazyLock<(String, Server)> = LazyLock::new(|| {
    let server = Server::start("127.0.0.1", |request| answer(&request.method, &request.path), || {});
    (format!("127.0.0.1:{}", server.port), server)
});

/// What the registry answers to requests about a repository.
fn answer(method: &str, path: &str) -> Reply {
    let folder = path.strip_prefix("/v2/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    match folder {
        "" => Reply::of(200),
        "private" => Reply::refusal(401, "UNAUTHORIZED", "authentication required")
            .with("WWW-Authenticate", "Basic realm=\"registry\""),
        "theirs" => Reply::refusal(403, "DENIED", "requested access to the resource is denied"),
        "mirror" => Reply::refusal(405, "UNSUPPORTED", "the operation is unsupported"),
        "crowded" => crowded(method, path),
        "busy" => Reply::refusal(429, "TOOMANYREQUESTS", "rate exceeded").with("Retry-After", "3600"),
        "shop" if path.ends_with("/tags/list") => {
            Reply::of(200).body("application/json", "{\"name\":\"shop/app\",\"tags\":[\"v1\"]}")
        }
        "website" => Reply::of(200).body("text/html", "<html>Welcome!</html>"),
        "elsewhere" => Reply::of(307).with("Location", "file:///etc/passwd"),
        "damaged" => {
            Reply::of(200).body("application/vnd.oci.image.manifest.v1+json", "{\"schemaVersion\":2}")
        }
        _ => Reply::refusal(404, "NAME_UNKNOWN", "repository name not known to registry"),
    }
}

/// A registry that keeps no list of what refers to an image, and whose list under a tag others write over each time.
fn crowded(method: &str, path: &str) -> Reply {
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    match method {
        "PUT" => Reply::of(201),
        "HEAD" if path.contains("/blobs/") => Reply::of(200),
        "GET" if path.contains("/manifests/sha256-") => {
            let theirs = format!("{{\"schemaVersion\":2,\"mediaType\":\"{INDEX}\",\"manifests\":[]}}");
            Reply::of(200).body(INDEX, theirs)
        }
        _ => Reply::refusal(404, "NAME_UNKNOWN", "repository name not known to registry"),
    }
}
