//! C and C++ inside Rust crates: what their build scripts are told of the compiler.
//!
//! About a quarter of all crates have some. Their build scripts use the crate `cc`, which compiles for the host as it
//! is, and for anything else if variables say with what.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::c::{self, exceptions};
use crate::compiler::Compiler;
use crate::needs::{self, Need};
use crate::systems::cmake;
use crate::{
    Error, Language, Machine, Project, Remedy, Settings, Target, Toolchain, remap, target_directory, words,
};

/// What build scripts are told, and what is to be said if they fail.
#[derive(Debug, Default)]
pub(crate) struct Native {
    /// Variables for cargo, which hands them on.
    pub(crate) variables: Vec<(String, String)>,
    /// The compiler they tell of.
    pub(crate) compiler: Option<Utf8PathBuf>,
    /// How to get a compiler, if crates may ask for one and there is none, or none for C++.
    pub(crate) remedy: Option<Remedy>,
    /// That the compiler is missing that was asked for.
    pub(crate) missing: Option<Error>,
}

/// The crate that asks for a compiler.
pub(crate) const CC: &str = "cc";

/// What the crate `cc`, and `bindgen`, look up for each target.
const KINDS: [&str; 6] = ["CC", "CXX", "AR", "CFLAGS", "CXXFLAGS", "BINDGEN_EXTRA_CLANG_ARGS"];

/// Variables of flags, and by what others `cc` is told them of the host alone.
pub(crate) const HOST_FLAGS: [[&str; 2]; 2] = [["CFLAGS", "HOST_CFLAGS"], ["CXXFLAGS", "HOST_CXXFLAGS"]];

/// By this `cc` knows that there are quotes in flags.
const SHELL_ESCAPED: &str = "CC_SHELL_ESCAPED_FLAGS";

/// The names under which `cc` looks for a variable, the most special first, without the last: that one is the host's
/// too.
fn names(kind: &str, target: Target) -> [String; 3] {
    [format!("{kind}_{target}"), format!("{kind}_{}", target.in_variables()), format!("TARGET_{kind}")]
}

/// The name under which the crate `cmake` looks for a toolchain file.
fn cmake_name(target: Target) -> String {
    format!("CMAKE_TOOLCHAIN_FILE_{}", target.in_variables())
}

/// All of these for all targets.
pub(crate) fn variable_names() -> impl Iterator<Item = String> {
    let of_kind = |kind| Target::ALL.into_iter().flat_map(move |target| names(kind, target));
    let files = Target::ALL.into_iter().map(cmake_name);
    KINDS
        .into_iter()
        .flat_map(of_kind)
        .chain(files)
        .chain(["WASI_SYSROOT", SHELL_ESCAPED].map(ToOwned::to_owned))
}

/// Looks whether there are such crates, and then for a compiler.
pub(crate) fn find(project: &Project, settings: &Settings, machine: &Machine) -> Native {
    let (target, toolchain) = (settings.target, &settings.c.toolchain);
    let is_settled = names("CC", target).iter().any(|name| machine.native_variables.contains_key(name));
    if is_settled || !has_crate(&project.root, CC) {
        return Native::default();
    }
    let find = |language| Compiler::find(machine, toolchain, language).ok();
    // `cc` takes a program apart at its spaces, if it has words behind it.
    let can_be_told = |compiler: &Compiler| {
        driver(compiler, &compiler.c).0 == compiler.program || !has_space(&compiler.program)
    };
    let Some(compiler) = find(Language::Cpp).or_else(|| find(Language::C)).filter(can_be_told) else {
        let remedy = needs::remedy(machine, &Need::ALL, None);
        let asked = Some(toolchain).filter(|toolchain| **toolchain != Toolchain::Any);
        let missing = asked.and_then(|toolchain| Compiler::find(machine, toolchain, Language::C).err());
        return Native { remedy, missing, ..Native::default() };
    };
    let variables = variables(&compiler, project, settings, machine);
    // That of zig is zig's own: C++ compiles then, and rustc cannot link it.
    let has_cpp = compiler.sysroot.as_ref().is_some_and(|sysroot| sysroot.libcxx.is_some());
    let remedy = if has_cpp { None } else { needs::remedy(machine, &Need::ALL, None) };
    Native { variables, compiler: Some(compiler.program), remedy, missing: None }
}

impl Native {
    /// Tells a command of it. What is said of flags without saying for what is said of the host: it stays with what is built to run
    /// here, as build scripts link it.
    pub(crate) fn tell(&self, command: &mut Command, machine: &Machine) {
        command.envs(self.variables.iter().cloned());
        if self.variables.is_empty() {
            return;
        }
        for [plain, of_host] in HOST_FLAGS {
            let Some(flags) = machine.host_flags.get(plain) else { continue };
            command.env_remove(plain);
            if !machine.host_flags.contains_key(of_host) {
                command.env(of_host, flags);
            }
        }
    }
}

/// Whether this crate is among the dependencies. Before the first build there is no lock file, and it may be so.
pub(crate) fn has_crate(root: &Utf8Path, name: &str) -> bool {
    let (lock, line) = (fs::read_to_string(root.join("Cargo.lock")), format!("name = \"{name}\""));
    lock.map_or(true, |lock| lock.lines().any(|other| other == line))
}

fn variables(
    compiler: &Compiler,
    project: &Project,
    settings: &Settings,
    machine: &Machine,
) -> Vec<(String, String)> {
    let target = settings.target;
    let mut remapped = remap::roots(project, machine);
    let view = project.target_directory.join("wasmpack/.sysroot");
    // What cannot be written there is cargo's to complain about: it writes there too.
    let _ = target_directory::make(&project.target_directory);
    let sysroot = compiler.sysroot.as_ref().and_then(|sysroot| sysroot.whole(&view).ok());
    remapped.extend(sysroot.clone().map(|sysroot| (sysroot, "/sysroot".to_owned())));

    // `cc` says for which target.
    let compile = compiler.compile.iter().filter(|flag| !flag.starts_with("--target="));
    let mut flags: Vec<String> = compile.cloned().collect();
    let bindgen = [&flags[..], &["-fvisibility=default".to_owned()]].concat();
    flags.extend(remapped.into_iter().map(|(from, to)| format!("-ffile-prefix-map={from}={to}")));
    // Rust's own code has lines as well.
    flags.push(c::LINES.to_owned());
    let exceptions = exceptions::compile_flags(compiler, Language::Cpp, settings);
    let (c, c_flags) = driver(compiler, &compiler.c);
    let (cpp, cpp_flags) = driver(compiler, &compiler.cpp);

    let mut variables = vec![
        ("CC", c),
        ("CXX", cpp),
        ("CFLAGS", words::quoted(&[c_flags, &flags].concat())),
        ("CXXFLAGS", words::quoted(&[cpp_flags, &compiler.compile_cpp, &flags, &exceptions].concat())),
        ("BINDGEN_EXTRA_CLANG_ARGS", words::quoted(&bindgen)),
    ];
    variables.extend(compiler.archiver.iter().map(|archiver| ("AR", archiver.join(" "))));
    let settled =
        |kind: &str| names(kind, target).into_iter().find_map(|name| machine.native_variables.get(&name));
    let has_quotes = variables.iter().any(|(kind, value)| kind.ends_with("FLAGS") && value.contains('\''));
    let is_escaped = machine.native_variables.contains_key(SHELL_ESCAPED);
    // Flags that were written without quotes in mind must be read as they were meant.
    let as_meant = |flags: &str| {
        let words: Vec<_> = flags.split_whitespace().map(ToOwned::to_owned).collect();
        if has_quotes && !is_escaped { words::quoted(&words) } else { flags.to_owned() }
    };
    let mut told: Vec<(String, String)> = variables
        .into_iter()
        .filter_map(|(kind, value)| {
            let name = format!("{kind}_{}", target.in_variables());
            match settled(kind) {
                // Of two flags that say different things, the last one counts.
                Some(theirs) if kind.ends_with("FLAGS") => {
                    Some((name, format!("{value} {}", as_meant(theirs))))
                }
                Some(theirs) if kind.ends_with("ARGS") => Some((name, format!("{value} {theirs}"))),
                Some(_) => None,
                None => Some((name, value)),
            }
        })
        .collect();
    // `cc` links the C++ library from there, in a way that cannot bear a space.
    let sysroot = sysroot.filter(|sysroot| !has_space(sysroot));
    let (toolchain_file, theirs) = (cmake_name(target), &machine.native_variables);
    if !theirs.contains_key(&toolchain_file) && has_crate(&project.root, "cmake") {
        let file = cmake::for_crates(project, settings, machine, &view.join("cmake"));
        told.extend(file.ok().map(|file| (toolchain_file, file.into_string())));
    }
    if !machine.native_variables.contains_key("WASI_SYSROOT") {
        told.extend(sysroot.map(|sysroot| ("WASI_SYSROOT".to_owned(), sysroot.into_string())));
    }
    if has_quotes {
        told.push((SHELL_ESCAPED.to_owned(), "1".to_owned()));
    }
    told
}

/// The program with the words that must follow it, as zig's `cc`; and the flags, of which zig's name for the target is
/// one: the last name counts, and `cc` gives its own before.
fn driver<'a>(compiler: &Compiler, mode: &'a [String]) -> (String, &'a [String]) {
    let (words, flags) = mode.split_at(mode.iter().take_while(|word| !word.starts_with('-')).count());
    let words = std::iter::once(compiler.program.as_str()).chain(words.iter().map(String::as_str));
    (words.collect::<Vec<_>>().join(" "), flags)
}

fn has_space(path: &Utf8Path) -> bool {
    path.as_str().contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_are_said_of_this_machine_stay_with_what_runs_here() {
        let variables = [("CFLAGS", "-march=native"), ("CXXFLAGS", "-g"), ("HOST_CXXFLAGS", "-O1")];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let machine = Machine::read("/".into(), variables);
        let told = |native: Native| {
            let mut command = Command::new("cargo");
            native.tell(&mut command, &machine);
            let text = |text: &std::ffi::OsStr| text.to_str().unwrap().to_owned();
            command.get_envs().map(|(name, value)| (text(name), value.map(text))).collect::<Vec<_>>()
        };
        assert!(told(Native::default()).is_empty());
        let ours = ("CC_wasm32_wasip1".to_owned(), "clang".to_owned());
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(
            told(Native { variables: vec![ours.clone()], ..Native::default() }),
            [
                (ours.0, value("clang")),
                ("CFLAGS".to_owned(), None),
                ("CXXFLAGS".to_owned(), None),
                ("HOST_CFLAGS".to_owned(), value("-march=native")),
            ]
        );
    }
}
