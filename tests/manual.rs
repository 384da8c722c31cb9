//! The manual: every console block of docs/ is run, from the top of a page to its end in one shell, and must say what stands
//! below it; files that a page says to write (`file=`) are written from the page.
//!
//! What cannot be run here says so (`norun: needs …`) and is listed in `docs/reference/unrun.md`. `BLESS=1` writes that list,
//! and into pages what commands said; `PAGE=NAME` takes one page only.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::debian::Debian;
use crate::installed::installed;
use crate::markdown::{Fence, fences};
use crate::matches::is_like;
use crate::transcripts::{environment, without_figures};

/// Programs that pages use. Where one of them is missing, the page is skipped by name.
const TOOLS: [&str; 9] =
    ["clang++-22", "cmake", "curl", "docker-registry", "jq", "openssl", "podman", "skopeo", "youki"];

/// The registry of the pages. Debian's on a port of this machine stands for it.
const REGISTRY: &str = "registry.example";

/// Where services of the pages listen. A port that is free stands for it.
const SERVICE: &str = "127.0.0.1:8080";

/// Languages of blocks that are meant to be typed.
const SHELLS: [&str; 4] = ["sh", "bash", "shell", "console"];

#[test]
fn pages_say_what_the_commands_say() {
    let wanted = variable("PAGE");
    let is_wanted = |path: &PathBuf| wanted.as_ref().is_none_or(|name| path.ends_with(name));
    // Those of errors are run beside stand-ins that fail: `errors.rs`.
    let pages = pages().into_iter().filter(|path| !path.starts_with(docs().join("errors")));
    let pages: Vec<_> = pages.filter(is_wanted).collect();
    assert!(!pages.is_empty(), "there is no page {wanted:?}");
    let mut wrong = String::new();
    for path in pages {
        let page = fs::read_to_string(&path).unwrap();
        let followed = followed(&page);
        if followed.commands.is_empty() || tools_missing(&page, &followed) {
            continue;
        }
        let run = Run::of(&page, &followed);
        let mut held = run.hold(&page, &followed);
        if variable("BLESS").is_some() {
            fs::write(&path, &held.page).unwrap();
            // What failed and should not have is wrong all the same.
            held = run.hold(&held.page, &self::followed(&held.page));
        }
        write!(wrong, "{}", held.wrong.replace("\n---", &format!("\n--- {}", path.display()))).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_not_run_is_listed() {
    let path = docs().join("reference/unrun.md");
    let list = unrun();
    if variable("BLESS").is_some() {
        fs::write(&path, &list).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == list, "docs/reference/unrun.md is stale; make it anew with BLESS=1");
}

#[test]
fn blocks_for_the_shell_are_run_or_say_what_they_need() {
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for fence in fences(&page).iter().filter(|fence| SHELLS.contains(&fence.language())) {
            let body = &page[fence.body.clone()];
            let is_marked = fence.said("norun:").is_some_and(|need| need.starts_with("needs "));
            let is_run = fence.info == "console" && body.starts_with("$ ");
            assert!(
                is_marked || is_run,
                "{}: `{}` is neither run nor marked:\n{body}",
                path.display(),
                fence.info
            );
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has no command line in front of it")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// All pages of the manual.
pub fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![docs()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// What somebody does who follows a page.
struct Followed {
    script: String,
    commands: Vec<Typed>,
}

/// A line that is typed, with those that go on with it, and what the page says it answers.
struct Typed {
    line: String,
    /// Where the answer stands in the page.
    answer: std::ops::Range<usize>,
}

/// Ends what a command said: a character that nobody writes.
const END: char = '\u{1e}';

fn followed(page: &str) -> Followed {
    // What is left running ends with the page.
    let mut script = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\nset -o pipefail\n".to_owned();
    let mut commands = Vec::new();
    for fence in fences(page) {
        let body = &page[fence.body.clone()];
        if let Some(file) = fence.said("file=") {
            writeln!(
                script,
                "mkdir -p \"$(dirname {file})\"\ncat > {file} <<'END OF FILE'\n{body}END OF FILE"
            )
            .unwrap();
        } else if fence.info == "console" {
            for typed in typed(page, &fence) {
                let ended = format!("status=$?; printf '\\n{END}%s\\n' $status; (exit $status)");
                writeln!(script, "{}\n{ended}", typed.line).unwrap();
                commands.push(typed);
            }
        }
    }
    Followed { script, commands }
}

fn typed(page: &str, fence: &Fence) -> Vec<Typed> {
    let mut commands: Vec<Typed> = Vec::new();
    let mut at = fence.body.start;
    for line in page[fence.body.clone()].split_inclusive('\n') {
        let end = at + line.len();
        let last = commands.last_mut();
        if let Some(line) = line.strip_prefix("$ ") {
            commands.push(Typed { line: line.trim_end().to_owned(), answer: end..end });
        } else if let Some(typed) = last {
            match line.strip_prefix("> ") {
                Some(more) if typed.answer.is_empty() => {
                    write!(typed.line, "\n{}", more.trim_end()).unwrap();
                    typed.answer = end..end;
                }
                _ => typed.answer.end = end,
            }
        }
        at = end;
    }
    commands
}

fn tools_missing(page: &str, followed: &Followed) -> bool {
    let is_between = |letter: char| !letter.is_alphanumeric() && !"-_+".contains(letter);
    let words = || followed.commands.iter().flat_map(|typed| typed.line.split(is_between));
    // Two are used without being typed.
    let is_used = |tool: &str| match tool {
        "docker-registry" => page.contains(REGISTRY),
        "youki" if page.contains("--engine podman") => true,
        tool => words().any(|word| word == tool),
    };
    TOOLS.into_iter().any(|tool| is_used(tool) && installed(tool).is_none())
}

/// What commands said, each with the code it ended with.
struct Run(Vec<(String, String)>);

impl Run {
    fn of(page: &str, followed: &Followed) -> Self {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [home, aside] = [&folders[0], &folders[1]].map(TempDir::path);
        let registry = page.contains(REGISTRY).then(|| Debian::start(aside, "", "").unwrap());
        let mut stand_ins = vec![(SERVICE, format!("127.0.0.1:{}", free_port()))];
        stand_ins.extend(registry.iter().map(|registry| (REGISTRY, format!("127.0.0.1:{}", registry.port))));

        let [script, said] = ["script", "said"].map(|name| aside.join(name));
        let replaced = |text: &str, name: &str, stand_in: &str| text.replace(name, stand_in);
        let text =
            stand_ins.iter().fold(followed.script.clone(), |text, (name, port)| replaced(&text, name, port));
        fs::write(&script, text).unwrap();
        let mut shell = Command::new("timeout");
        shell.args(["600", "bash"]).arg(&script).current_dir(home).stdin(Stdio::null());
        shell.envs(environment(&aside.join("target"))).env_remove("CARGO_TARGET_DIR");
        shell.envs(surroundings(aside, stand_ins.last().map_or("", |(_, place)| place)));
        let log = fs::File::create(&said).unwrap();
        shell.stdout(log.try_clone().unwrap()).stderr(log).status().unwrap();

        let said = fs::read_to_string(&said).unwrap();
        let said = stand_ins.iter().fold(said, |text, (name, port)| replaced(&text, port, name));
        let said = said.replace(home.to_str().unwrap(), "~");
        // In front of each end is what was said, and behind it the code and what the next one said.
        let mut parts = said.split(END);
        let mut before = parts.next().unwrap_or_default().to_owned();
        let ended = parts.map(|part| {
            let (code, next) = part.split_once('\n').unwrap_or((part, ""));
            (std::mem::replace(&mut before, next.to_owned()), code.to_owned())
        });
        let mut ended: Vec<_> = ended.collect();
        ended.push((before, "nothing: it was never reached or never came back".to_owned()));
        Self(ended)
    }

    /// Holds what was said against the page.
    fn hold(&self, page: &str, followed: &Followed) -> Held {
        let mut held = Held { page: page.to_owned(), wrong: String::new() };
        let next = followed.commands.iter().skip(1).map(|typed| typed.line.as_str()).chain([""]);
        let all: Vec<_> = followed.commands.iter().zip(next).zip(&self.0).collect();
        if all.len() < followed.commands.len() {
            write!(held.wrong, "\n---\nnot all of it was run\n").unwrap();
        }
        // From the end, so that places in front of a change stay where they are.
        for ((typed, next), (said, code)) in all.into_iter().rev() {
            let said = if said.trim().is_empty() { String::new() } else { format!("{}\n", said.trim_end()) };
            let expected = &page[typed.answer.clone()];
            // A failure must be meant: the page asks for the code, and shows it.
            let is_meant = code == "0" || code.parse::<u8>().is_ok() && next == "echo $?";
            if !is_meant || !is_like(&said, &without_figures(expected)) {
                let line = &typed.line;
                write!(
                    held.wrong,
                    "\n---\n$ {line}\nended with {code}, and said\n{said}in place of\n{expected}"
                )
                .unwrap();
                held.page.replace_range(typed.answer.clone(), &said);
            }
        }
        held
    }
}

/// A page with what was really said, and how that is not what stands there.
struct Held {
    page: String,
    wrong: String,
}

/// A home of its own, where podman has its storage, and the registry is spoken to without certificates.
#[expect(clippy::disallowed_methods, reason = "toolchains stay where this test finds them")]
fn surroundings(aside: &Path, registry: &str) -> Vec<(&'static str, PathBuf)> {
    let path = aside.display();
    let files = [
        (
            "storage.conf",
            format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{path}/root\"\nrunroot = \"{path}/run\"\n"),
        ),
        // By itself podman wants more for a container than it may have where this machine is one.
        (
            "containers.conf",
            "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n".into(),
        ),
        ("registries.conf", format!("[[registry]]\nlocation = \"{registry}\"\ninsecure = true\n")),
    ];
    let folder = aside.join(".config/containers");
    fs::create_dir_all(&folder).unwrap();
    files.iter().for_each(|(name, content)| fs::write(folder.join(name), content).unwrap());
    let rustup = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let rustup = rustup.unwrap_or_else(|| std::env::home_dir().unwrap().join(".rustup"));
    vec![
        ("HOME", aside.to_owned()),
        ("XDG_CONFIG_HOME", aside.join(".config")),
        ("XDG_CACHE_HOME", aside.join(".cache")),
        ("RUSTUP_HOME", rustup),
        ("CONTAINERS_STORAGE_CONF", folder.join("storage.conf")),
        ("CONTAINERS_CONF", folder.join("containers.conf")),
    ]
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The page that lists what is not run.
fn unrun() -> String {
    let mut list = "# What the tests do not run\n\n\
        The tests type every command of this manual, from the top of each page to its end, and compare what is said; files that a page \
        says to write are written from the page. These blocks are left out, because they need what a machine for tests does not have. \
        This list is made by the tests, which fail when it is stale.\n\n| page | block | needs |\n|---|---|---|\n"
        .to_owned();
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(docs()).unwrap().display().to_string();
        for fence in fences(&page) {
            let Some(need) = fence.said("norun:") else { continue };
            let body = &page[fence.body.clone()];
            let first =
                body.lines().next().unwrap_or_default().trim_start_matches("$ ").trim_end_matches('\\');
            let more = if body.lines().count() > 1 { " …" } else { "" };
            let need = need.trim_start_matches("needs ");
            writeln!(
                list,
                "| [{name}](../{name}) | `{}`{more} | {need} |",
                first.trim_end().replace('|', "\\|")
            )
            .unwrap();
        }
    }
    list
}
