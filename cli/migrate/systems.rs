//! What becomes of a command of CMake's, make's or `configure`.

use super::command::Command;
use super::verdict::Verdict;
use super::workshop::{System, Workshop};

/// Variables by which builds are told of a compiler; ours are told of the one that is found.
const OF_TOOLS: [&str; 12] = [
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
];

/// Variables with flags of the compiler: the build says them with its own.
pub const OF_FLAGS: [&str; 4] = ["CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS"];

/// Settings of CMake's that the build says itself.
const OF_CMAKE: [&str; 7] = [
    "CMAKE_BUILD_TYPE",
    "CMAKE_TOOLCHAIN_FILE",
    "CMAKE_SYSROOT",
    "CMAKE_INSTALL_PREFIX",
    "CMAKE_C_COMPILER",
    "CMAKE_CXX_COMPILER",
    "CMAKE_SYSTEM_NAME",
];

/// Judges one of CMake's.
pub fn cmake(command: &Command, workshop: &mut Workshop) -> Verdict {
    let arguments = command.arguments();
    if arguments.iter().any(|word| word == "--build" || word == "--install") {
        return Verdict::not_needed("the build runs CMake to its end");
    }
    let mut sources = command.value(&["-S"]).unwrap_or(".").to_owned();
    let (mut settings, mut words) = (Vec::new(), arguments.iter());
    while let Some(word) = words.next() {
        let setting = match word.as_str() {
            "-S" | "-B" | "-G" | "-H" => {
                words.next();
                continue;
            }
            "-D" => words.next().cloned().unwrap_or_default(),
            word if word.starts_with("-D") => word[2..].to_owned(),
            word if word.starts_with('-') => continue,
            word => {
                word.clone_into(&mut sources);
                continue;
            }
        };
        let name = setting.split(['=', ':']).next().unwrap_or_default();
        if !OF_CMAKE.contains(&name) && !OF_TOOLS.contains(&name) {
            settings.push(format!("-D{setting}"));
        }
    }
    let folder = workshop.project_folder(&sources);
    let build = workshop.same_build(System::Cmake, &folder);
    for setting in &settings {
        build.keys.push("build", "arguments", setting.as_str());
    }
    Verdict::became(match &settings[..] {
        [] => "the build runs CMake, with the compiler that it finds".to_owned(),
        _ => "the build runs CMake; `build.arguments`".to_owned(),
    })
}

/// Judges one of make's.
pub fn make(command: &Command, workshop: &mut Workshop) -> Verdict {
    let folder = workshop.project_folder(command.value(&["-C", "--directory"]).unwrap_or("."));
    let follows = |system| workshop.builds.iter().any(|build| build.system == system);
    if command.arguments().iter().any(|word| word == "install") {
        return Verdict::not_needed("the module is taken from where it was built");
    }
    if follows(System::Cmake) || follows(System::Configure) {
        return Verdict::not_needed("the build runs make by itself");
    }
    let mut kept = Vec::new();
    let mut words = command.arguments().iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-C" | "--directory" | "-f" => drop(words.next()),
            word if word.starts_with('-') => {}
            word => kept.push(word.to_owned()),
        }
    }
    kept.extend(command.assigned.iter().map(|(name, value)| format!("{name}={value}")));
    kept.retain(|word| word.split_once('=').is_none_or(|(name, _)| !OF_TOOLS.contains(&name)));
    let is_flags = |word: &String| word.split_once('=').is_some_and(|(name, _)| OF_FLAGS.contains(&name));
    let (flags, kept): (Vec<String>, Vec<String>) = kept.into_iter().partition(is_flags);
    let mut build = workshop.same_build(System::Make, &folder).clone();
    for word in &flags {
        let (_, value) = word.split_once('=').unwrap_or_default();
        super::c::flags_of_variable(value, &mut build, workshop);
    }
    for word in &kept {
        build.keys.push("build", "arguments", word.as_str());
    }
    *workshop.same_build(System::Make, &folder) = build;
    Verdict::became(match &kept[..] {
        [] => "the build runs make, with the compiler that it finds".to_owned(),
        _ => "the build runs make; `build.arguments`".to_owned(),
    })
}

/// Judges one of `configure`.
pub fn configure(command: &Command, workshop: &mut Workshop) -> Verdict {
    let folder = workshop.project_folder(super::places::parent(&command.words[0]));
    let build = workshop.same_build(System::Configure, &folder);
    for word in command.arguments() {
        let is_said = ["--host", "--build", "--prefix", "--target"].iter().any(|said| word.starts_with(said))
            || word.split_once('=').is_some_and(|(name, _)| OF_TOOLS.contains(&name));
        if !is_said {
            build.keys.push("build", "arguments", word.as_str());
        }
    }
    Verdict::became("the build runs `configure` and make, with the compiler that it finds")
}
