//! Tools that build nothing themselves: what becomes of their commands.

use camino::Utf8Path;

use super::command::Command;
use super::keys::Keys;
use super::places::{Origin, file_name};
use super::verdict::Verdict;
use super::workshop::Workshop;

/// Why most commands of a shell are not needed.
pub const LEAVES_NOTHING: &str = "it leaves nothing in the image";

/// Programs of which nothing has to become anything, and why.
const NOT_NEEDED: &[(&[&str], &str)] = &[
    (
        &["rustup", "rustc-init"],
        "the build uses the Rust that is here, and tells of a target that is missing",
    ),
    (
        &[
            "wasm-strip",
            "wasm-tools",
            "wasm-snip",
            "llvm-strip",
            "strip",
            "wasm-gc",
            "wasm-ld",
            "ar",
            "llvm-ar",
            "ranlib",
        ],
        "the build links the module and removes what is not used",
    ),
    (
        &["wasmedgec", "wasmedge", "wasmtime", "wamrc", "wasmer", "iwasm", "wazero"],
        "runtimes compile or run the module themselves, where it runs",
    ),
    (
        &[
            "mkdir",
            "ls",
            "chmod",
            "chown",
            "rm",
            "rmdir",
            "set",
            "true",
            ":",
            "echo",
            "printf",
            "cat",
            "pwd",
            "fi",
            "done",
            "}",
            "[",
            "[[",
            "test",
            "file",
            "du",
            "stat",
            "tree",
            "touch",
            "which",
            "sync",
            "esac",
            "wc",
            "sha256sum",
            "date",
            "ldconfig",
            "update-ca-certificates",
            "useradd",
            "adduser",
            "addgroup",
            "groupadd",
            "ln",
            "strings",
            "find",
            "sleep",
            "env",
            "exit",
            "source",
            ".",
            "hash",
            "type",
            "command",
            "xargs",
        ],
        LEAVES_NOTHING,
    ),
    (
        &["autoreconf", "autoconf", "automake", "libtoolize", "autogen.sh", "ninja"],
        "the build runs what the build system needs",
    ),
];

/// Programs that install others. What they say is for whoever waits for them.
pub const INSTALLERS: [&str; 16] = [
    "apt-get",
    "apt",
    "apk",
    "dnf",
    "microdnf",
    "yum",
    "pacman",
    "zypper",
    "pip",
    "pip3",
    "gem",
    "brew",
    "dpkg",
    "rpm",
    "update-alternatives",
    "xbps-install",
];

/// Words in the names of what builds or runs modules: none of it is in the image, and the build finds its own.
const OF_TOOLCHAINS: &[&str] = &[
    "clang",
    "libclang",
    "llvm",
    "lld",
    "gcc",
    "g++",
    "build-essential",
    "build-base",
    "make",
    "cmake",
    "ninja",
    "wasi-libc",
    "wasi-sdk",
    "wasm",
    "binaryen",
    "wabt",
    "curl",
    "wget",
    "git",
    "ca-certificates",
    "xz",
    "unzip",
    "tar",
    "zip",
    "gnupg",
    "gpg",
    "pkg-config",
    "pkgconf",
    "libc-dev",
    "libc6-dev",
    "musl",
    "autoconf",
    "automake",
    "libtool",
    "python3",
    "rust",
    "cargo",
    "rustup",
    "golang",
    "go",
    "tinygo",
    "zig",
    "lsb-release",
    "software-properties-common",
    "ccache",
    "netbase",
    "wasmtime",
    "wasmer",
    "iwasm",
];

/// What their downloads are called: parts of a name or address.
const DOWNLOADED: [&str; 17] = [
    "wasi-sdk",
    "wasi-libc",
    "wasi-sysroot",
    "libclang_rt",
    "wasmtime",
    "wasmedge",
    "wasmer",
    "binaryen",
    "tinygo",
    "rustup",
    "spin",
    "wasm-pack",
    "llvm",
    "go.dev",
    "golang",
    "cmake",
    "zig",
];

/// Judges a command of one of these tools; nothing, if it is none of them.
pub fn judge(command: &Command, workshop: &mut Workshop, keys: &mut Keys) -> Option<Verdict> {
    let program = command.program();
    if INSTALLERS.contains(&program) {
        return Some(installer(command));
    }
    let verdict = match program {
        "wasm-opt" => optimizer(command, workshop, keys),
        "wizer" => initializer(command, workshop, keys),
        "cp" | "mv" | "install" => moved(command, workshop),
        "curl" | "wget" | "fetch" => download(command),
        "tar" | "unzip" | "gunzip" | "xz" | "gpg" | "sh" | "bash" if is_about_a_toolchain(&command.text) => {
            Verdict::not_needed("the build finds its own tools: `cargo wasmpack doctor` says which")
        }
        "tar" | "unzip" | "gunzip" | "xz" | "gpg" => {
            Verdict::cannot("it unpacks what is not in the project", "unpack it in the project")
        }
        "git"
            if command.arguments().iter().any(|word| word == "clone")
                && !is_about_a_toolchain(&command.text) =>
        {
            Verdict::cannot("the sources come from elsewhere", "clone them, and migrate there")
        }
        "git" => Verdict::not_needed("the build works with what is here"),
        "sed" | "patch" => Verdict::cannot("it changes files on the way", "change them in the project"),
        "emcc" | "em++" | "emcmake" | "emmake" | "emconfigure" => Verdict::cannot(
            "Emscripten's modules need its JavaScript beside them",
            "compile for WASI: leave `emcc` for clang",
        ),
        "wasm-pack" | "wasm-bindgen" | "trunk" => Verdict::cannot(
            "it makes modules for browsers",
            "build the program for WASI: `cargo wasmpack build`",
        ),
        "wasi-vfs" => Verdict::cannot("it packs files into the module", "name them in `image.files`"),
        "gcc" | "g++" | "musl-gcc" => {
            Verdict::cannot("it makes a native program", "compile it for WASI, with clang")
        }
        "for" | "case" | "until" => {
            Verdict::cannot("it is a program for a shell", "say in `build.command` what builds")
        }
        _ => {
            let known = NOT_NEEDED.iter().find(|(programs, _)| programs.contains(&program));
            return known.map(|(_, why)| Verdict::not_needed(*why));
        }
    };
    Some(verdict)
}

/// What becomes of a file that a command writes where there is none in the project: the build would not have it.
pub fn written(command: &Command, workshop: &Workshop, context: &Utf8Path) -> Option<Verdict> {
    let is_there =
        |path: &&String| workshop.project_path(path, "").is_some_and(|path| context.join(path).is_file());
    let lost = command.writes.iter().find(|path| !is_there(path))?;
    let why = format!("it writes `{}`, which is not in the project", file_name(lost));
    Some(Verdict::cannot(why, "keep that file in the project"))
}

fn installer(command: &Command) -> Verdict {
    let mut operands = command.operands().into_iter();
    let verbs = ["install", "add", "-S", "-i"];
    let does_install =
        operands.next().is_some_and(|verb| verbs.contains(&verb)) || command.program() == "dpkg";
    if !does_install {
        return Verdict::not_needed(LEAVES_NOTHING);
    }
    let others: Vec<&str> = operands.filter(|name| !names_a_toolchain(name)).collect();
    if others.is_empty() {
        return Verdict::not_needed("the build finds its own tools: `cargo wasmpack doctor` says which");
    }
    Verdict::cannot(
        format!("`{}` is of the base image, and nothing of that is in the image", others.join("`, `")),
        "bring what the program links into the project, or take a crate that compiles it",
    )
}

/// Whether a package is of what builds or runs modules.
pub fn names_a_toolchain(package: &str) -> bool {
    let package = package.to_ascii_lowercase();
    OF_TOOLCHAINS.iter().any(|tool| {
        package.strip_prefix(tool).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '=', ':']))
    })
}

/// Whether a command is about what builds or runs modules. Whole parts count: `spinner` is no `spin`.
pub fn is_about_a_toolchain(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let said = parts(&text);
    DOWNLOADED.iter().map(|tool| parts(tool)).any(|tool| said.windows(tool.len()).any(|some| some == tool))
}

/// What stands between `/`, `-`, `.` and the like, without a version behind it.
fn parts(text: &str) -> Vec<&str> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit())).collect()
}

fn download(command: &Command) -> Verdict {
    let addresses: Vec<&String> = command.words.iter().filter(|word| word.contains("://")).collect();
    let are_of_toolchains = addresses.iter().all(|address| is_about_a_toolchain(address));
    if are_of_toolchains {
        return Verdict::not_needed("the build finds its own tools: `cargo wasmpack doctor` says which");
    }
    Verdict::cannot(
        "it downloads what is not in the project",
        "keep it in the project, and name it in `image.files`",
    )
}

/// `wasm-opt` is what optimizes anyway.
fn optimizer(command: &Command, workshop: &mut Workshop, keys: &mut Keys) -> Verdict {
    follow(read_by(command), command.value(&["-o", "--output"]), workshop);
    let mut others = Vec::new();
    let mut level = None;
    for word in command.arguments() {
        match word.as_str() {
            "-O" | "-Os" | "-Oz" | "-O0" => level = Some("size"),
            "-O1" => level = Some("1"),
            "-O2" => level = Some("2"),
            "-O3" | "-O4" => level = Some("3"),
            "-g" | "--debuginfo" => keys.set("optimize", "keep-names", true),
            word if word.starts_with("--strip")
                || word.starts_with("--enable")
                || word.starts_with("--disable") => {}
            "-o" | "--output" | "-all" | "--all-features" | "-v" | "--converge" | "-c" | "--vacuum"
            | "--dce" => {}
            word if word.starts_with('-') => others.push(word),
            _ => {}
        }
    }
    if !others.is_empty() {
        return Verdict::cannot(
            format!("the optimizer has no `{}`", others.join("`, `")),
            "run it on the module of `cargo wasmpack optimize`, and `pack` the result",
        );
    }
    match level {
        Some(level) if level != "size" => {
            keys.set(
                "optimize",
                "level",
                level.parse::<u8>().map_or_else(|_| level.into(), serde_json::Value::from),
            );
            Verdict::became("`optimize.level`")
        }
        _ => Verdict::not_needed("the optimizer does it, at the level `size`"),
    }
}

fn initializer(command: &Command, workshop: &mut Workshop, keys: &mut Keys) -> Verdict {
    follow(read_by(command), command.value(&["-o", "--output"]), workshop);
    let name = command.value(&["--init-func", "-f"]).unwrap_or("wizer.initialize");
    keys.set("optimize", "snapshot", name);
    Verdict::became("`optimize.snapshot`")
}

/// The module that a command reads: its first word that is no flag, and no value of one.
fn read_by(command: &Command) -> Option<&str> {
    let mut words = command.arguments().iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-o" | "--output" | "-f" | "--init-func" => drop(words.next()),
            word if word.starts_with('-') => {}
            word => return Some(word),
        }
    }
    None
}

/// What stands at a second place is what stands at the first.
fn follow(from: Option<&str>, to: Option<&str>, workshop: &mut Workshop) {
    // What only a shell knows is empty here.
    let (Some(from), Some(to)) = (from.filter(|from| !from.is_empty()), to) else { return };
    let (from, mut to) = (workshop.path(from), workshop.path(to));
    if super::places::below(&from, &to).is_some() {
        to = super::places::joined(&to, file_name(&from));
    }
    if to != from {
        workshop.places.put(to, Origin::Stage(workshop.number, from));
    }
}

fn moved(command: &Command, workshop: &mut Workshop) -> Verdict {
    let operands: Vec<&str> = command.operands();
    if let [from @ .., to] = &operands[..] {
        for from in from {
            let is_folder = to.ends_with('/') || matches!(*to, "." | "..") || operands.len() > 2;
            let to = if is_folder { format!("{to}/{}", file_name(from)) } else { (*to).to_owned() };
            follow(Some(from), Some(&to), workshop);
        }
    }
    Verdict::not_needed("what it moves is taken from where it came from")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_is_known_by_whole_parts_of_its_name() {
        for text in [
            "curl https://wasmtime.dev/install.sh -sSf",
            "https://github.com/WebAssembly/wasi-sdk/releases/download/wasi-sdk-24/wasi-sdk-24.0-x86_64-linux.tar.gz",
            "https://go.dev/dl/go1.25.3.linux-amd64.tar.gz",
            "tar -xf libclang_rt.builtins-wasm32-wasi-24.0.tar.gz",
            "bash llvm.sh 18",
            "tar xf clang+llvm-18.1.8.tar.xz",
            "dpkg -i llvm18.deb",
            "tar -xf binaryen-version_119.tar.gz",
        ] {
            assert!(is_about_a_toolchain(text), "{text}");
        }
        for text in [
            "https://example.org/spinner-data.tar",
            "https://example.org/zigzag.zip",
            "https://example.org/cargo.dev",
        ] {
            assert!(!is_about_a_toolchain(text), "{text}");
        }
    }
}
