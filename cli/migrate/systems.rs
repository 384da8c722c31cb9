//! What becomes of a command of CMake's, make's or `configure`.

use super::c;
use super::command::Command;
use super::places::parent;
use super::verdict::Verdict;
use super::words::is_unknown;
use super::workshop::{System, Workshop};

/// Variables and settings by which builds are told of a compiler, and of where things go: the build says these itself.
const SAID: [&str; 19] = [
    "CC",
    "CXX",
    "AR",
    "LD",
    "NM",
    "RANLIB",
    "STRIP",
    "WASI_SDK",
    "WASI_SDK_PATH",
    "WASI_SDK_PREFIX",
    "SYSROOT",
    "DESTDIR",
    "CMAKE_BUILD_TYPE",
    "CMAKE_TOOLCHAIN_FILE",
    "CMAKE_SYSROOT",
    "CMAKE_INSTALL_PREFIX",
    "CMAKE_C_COMPILER",
    "CMAKE_CXX_COMPILER",
    "CMAKE_SYSTEM_NAME",
];

/// Variables and settings with flags of the compiler.
pub const OF_FLAGS: [&str; 7] = [
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "CMAKE_C_FLAGS",
    "CMAKE_CXX_FLAGS",
    "CMAKE_EXE_LINKER_FLAGS",
];

/// Judges one of CMake's.
pub fn cmake(command: &Command, workshop: &mut Workshop) -> Verdict {
    let arguments = command.arguments();
    if arguments.iter().any(|word| word == "--build" || word == "--install") {
        return Verdict::not_needed("the build runs CMake to its end");
    }
    let mut sources = command.value(&["-S"]).unwrap_or(".").to_owned();
    let (mut kept, mut words) = (Vec::new(), arguments.iter());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-S" | "-B" | "-G" => drop(words.next()),
            "-D" => kept.extend(words.next().map(|setting| format!("-D{setting}"))),
            "--preset" => kept.extend(with_value(word, words.next())),
            word if ["-S", "-B", "-G", "-H"].iter().any(|flag| word.starts_with(flag)) => {}
            word if word.starts_with('-') => kept.push(word.to_owned()),
            word => word.clone_into(&mut sources),
        }
    }
    let folder = workshop.project_folder(place(&sources, &mut kept));
    settle(System::Cmake, "CMake", &folder, kept, command, workshop)
}

/// Judges one of make's.
pub fn make(command: &Command, workshop: &mut Workshop) -> Verdict {
    let follows = |system| workshop.builds.iter().any(|build| build.system == system);
    if command.arguments().iter().any(|word| word == "install") {
        return Verdict::not_needed("the module is taken from where it was built");
    }
    let is_run_anyway = follows(System::Cmake) || follows(System::Configure);
    let (mut kept, mut words) = (Vec::new(), command.arguments().iter().peekable());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-C" | "--directory" => drop(words.next()),
            "-f" => kept.extend(with_value(word, words.next())),
            "-j" | "--jobs" => {
                let is_number = |next: &String| next.parse::<u32>().is_ok() || is_unknown(next);
                words.next_if(|next| is_number(next));
            }
            word if ["-j", "--jobs=", "--directory="].iter().any(|said| word.starts_with(said)) => {}
            word => kept.push(word.to_owned()),
        }
    }
    if is_run_anyway {
        return run_anyway(&kept);
    }
    let said = command.value(&["-C", "--directory"]).unwrap_or(".");
    let folder = workshop.project_folder(place(said, &mut kept));
    settle(System::Make, "make", &folder, kept, command, workshop)
}

/// Of make where another build runs it, without any words.
fn run_anyway(words: &[String]) -> Verdict {
    let says_nothing = |word: &String| match setting(word) {
        Some((name, _)) => SAID.contains(&name) || matches!(name, "V" | "VERBOSE"),
        None => word.is_empty() || word == "all",
    };
    let lost: Vec<&str> = words.iter().filter(|word| !says_nothing(word)).map(String::as_str).collect();
    if lost.is_empty() {
        return Verdict::not_needed("the build runs make by itself");
    }
    Verdict::cannot(
        format!("the build runs make by itself, and without `{}`", lost.join("`, `")),
        "let make do the same without it; which of several programs is meant, `build.bin` says",
    )
}

/// Judges one of `configure`.
pub fn configure(command: &Command, workshop: &mut Workshop) -> Verdict {
    let is_said = |word: &&String| {
        ["--host", "--build", "--prefix", "--target"].iter().any(|said| word.starts_with(said))
    };
    let mut kept = command.arguments().iter().filter(|word| !is_said(word)).cloned().collect();
    let folder = workshop.project_folder(place(parent(&command.words[0]), &mut kept));
    settle(System::Configure, "`configure` and make", &folder, kept, command, workshop)
}

/// A flag and the word behind it; one word, if that is not known, so that both are lost.
fn with_value(flag: &str, value: Option<&String>) -> Vec<String> {
    match value {
        Some(value) if is_unknown(value) => vec![format!("{flag} {value}")],
        value => [flag.to_owned()].into_iter().chain(value.cloned()).collect(),
    }
}

/// The folder that a command names; where it is not known, it counts among the words of the command, and this one is taken.
fn place<'a>(said: &'a str, kept: &mut Vec<String>) -> &'a str {
    if is_unknown(said) {
        kept.push(said.to_owned());
        return ".";
    }
    said
}

/// Has a build say what is kept of its command.
fn settle(
    system: System,
    name: &str,
    folder: &str,
    mut kept: Vec<String>,
    command: &Command,
    workshop: &mut Workshop,
) -> Verdict {
    kept.extend(command.assigned.iter().map(|(name, value)| format!("{name}={value}")));
    // A variable that nobody has set is no word.
    kept.retain(|word| !word.is_empty());
    kept.retain(|word| setting(word).is_none_or(|(name, _)| !SAID.contains(&name)));
    let is_of_flags = |word: &String| setting(word).is_some_and(|(name, _)| OF_FLAGS.contains(&name));
    let (mut lost, kept): (Vec<_>, Vec<_>) = kept.into_iter().partition(|word| is_unknown(word));
    let (flags, kept): (Vec<_>, Vec<_>) = kept.into_iter().partition(is_of_flags);
    let mut build = workshop.same_build(system, folder).clone();
    for (_, value) in flags.iter().filter_map(|word| setting(word)) {
        let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
        lost.extend(c::take_flags(&words, &mut build, workshop));
    }
    build.keys.append("build", "arguments", &kept);
    *workshop.same_build(system, folder) = build;
    if !lost.is_empty() {
        return c::not_known(&lost);
    }
    let arguments = if kept.is_empty() { "" } else { "; `build.arguments`" };
    Verdict::became(format!("the build runs {name}, with the compiler that it finds{arguments}"))
}

/// `NAME=VALUE`, or CMake's `-DNAME:TYPE=VALUE`.
fn setting(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.strip_prefix("-D").unwrap_or(word).split_once('=')?;
    Some((name.split(':').next().unwrap_or(name), value))
}
