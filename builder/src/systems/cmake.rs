//! CMake: a toolchain file says what to build with.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::tools::Tools;
use super::{BESIDE, Configure, Job, Work};
use crate::c::stack_guard;
use crate::{Error, Goal, Machine, Project, Settings, whole, words};

pub(super) fn work(job: &Job<'_>) -> Result<Work, Error> {
    let tools = Tools::find(job, BESIDE)?;
    let program = job.machine.find_program("cmake").ok_or_else(|| super::missing("cmake", job.machine))?;
    let arguments = &job.settings.system.arguments;
    let file = job.out.join("wasi.cmake");
    let text = toolchain_file(&tools, job.out);

    let mut command = Command::new(&program);
    let kind = match job.settings.goal {
        Goal::Size => "MinSizeRel",
        Goal::Speed => "Release",
    };
    command.args(["-S", job.dir.as_str(), "-B", job.out.as_str()]).arg(format!("-DCMAKE_BUILD_TYPE={kind}"));
    command.arg(format!("-DCMAKE_TOOLCHAIN_FILE={file}")).arg("-DCMAKE_EXPORT_COMPILE_COMMANDS=ON");
    if job.machine.find_program("ninja").is_some() {
        command.args(["-G", "Ninja"]);
    }
    command.args(arguments);
    let configure = Configure {
        command,
        state: format!("{kind} {arguments:?} {text} {PLATFORM}"),
        files: vec![(file, text), (job.out.join(PLATFORM_FILE), PLATFORM.to_owned())],
        // What CMake found out with another compiler does not hold for this one.
        stale: Some(job.out.join("CMakeCache.txt")),
    };
    let mut build = Command::new(&program);
    build.args(["--build", job.out.as_str(), "--parallel"]).arg(job.settings.workers().to_string());
    Ok(Work {
        made_with: tools.files_state(),
        compiler: Some(tools.compiler.program),
        configure: Some(configure),
        ..Work::only(build)
    })
}

/// Where the crate `cmake` is told of our compiler: Rust crates have C libraries built by CMake, too. The file lies in
/// `folder`, and is written if it is not there yet.
pub(crate) fn for_crates(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
    folder: &Utf8Path,
) -> Result<Utf8PathBuf, Error> {
    let job = Job { dir: &project.root, out: folder, project, settings, machine };
    let tools = Tools::find(&job, BESIDE)?;
    let file = folder.join("wasi.cmake");
    for (path, text) in
        [(folder.join(PLATFORM_FILE), PLATFORM.to_owned()), (file.clone(), toolchain_file(&tools, folder))]
    {
        // CMake looks at the time.
        if !fs::read_to_string(&path).is_ok_and(|present| present == text) {
            whole::write(&path, text.as_bytes())?;
        }
    }
    stack_guard::put(&project.target_directory)?;
    Ok(file)
}

/// Where CMake looks for it, below the folder of modules.
const PLATFORM_FILE: &str = "cmake/Platform/WASI.cmake";

/// What CMake is to know of WASI. There are no shared libraries; sources that want one get an archive, under a name of
/// its own, as they often want a static one beside it.
const PLATFORM: &str = r#"set(WASI 1)
set(CMAKE_EXECUTABLE_SUFFIX .wasm)
set_property(GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS TRUE)
set(CMAKE_SHARED_LIBRARY_PREFIX lib)
set(CMAKE_SHARED_LIBRARY_SUFFIX .shared.a)
foreach(language C CXX)
  set(CMAKE_SHARED_LIBRARY_${language}_FLAGS "")
  set(CMAKE_SHARED_LIBRARY_CREATE_${language}_FLAGS "")
  set(CMAKE_${language}_CREATE_SHARED_LIBRARY
    "<CMAKE_COMMAND> -E rm -f <TARGET>" "<CMAKE_AR> qc <TARGET> <OBJECTS>" "<CMAKE_AR> s <TARGET>")
endforeach()
"#;

/// `folder` holds the folder of modules.
fn toolchain_file(tools: &Tools, folder: &Utf8Path) -> String {
    let compiler = &tools.compiler;
    let set = |name: &str, words: &[&str]| {
        let words: String = words.iter().map(|word| format!(" {}", verbatim(word))).collect();
        format!("set({name}{words})")
    };
    // CMake writes them as they are into the lines of makefiles.
    let flags = |flags: &[String]| words::in_makefile(&words::quoted(flags));
    let compilers = [
        ("C", compiler.c.len(), 0, &tools.c_flags),
        // What makes a C++ compiler of clang is a flag; of zig, a word that comes first.
        ("CXX", compiler.cpp.len(), compiler.compile_cpp.len(), &tools.cpp_flags),
    ];
    let (target, for_both) = tools.flags.split_at(compiler.compile.len());
    let modules = verbatim(folder.join("cmake").as_str());
    let mut lines = vec![
        "set(CMAKE_SYSTEM_NAME WASI)".to_owned(),
        "set(CMAKE_SYSTEM_PROCESSOR wasm32)".to_owned(),
        format!("list(APPEND CMAKE_MODULE_PATH {modules})"),
    ];
    for (language, mode, headers, own) in compilers {
        let (mode, own) = own.split_at(mode);
        let (headers, own) = own.split_at(headers);
        let (always, first) = parted([headers, target].concat(), [own, for_both].concat());
        let program = [compiler.program.as_str()].into_iter();
        let program: Vec<&str> = program.chain(mode.iter().chain(&always).map(String::as_str)).collect();
        lines.push(set(&format!("CMAKE_{language}_COMPILER"), &program));
        lines.push(set(&format!("CMAKE_{language}_FLAGS_INIT"), &[&flags(&first)]));
        lines.push(set(&format!("CMAKE_{language}_LINK_FLAGS"), &[&flags(&tools.link_flags)]));
        let launcher = tools.launcher.iter();
        lines.extend(
            launcher.map(|launcher| set(&format!("CMAKE_{language}_COMPILER_LAUNCHER"), &[launcher])),
        );
    }
    if let Some([program]) = compiler.archiver.as_deref() {
        lines.push(set("CMAKE_AR", &[program]));
        lines.push(set("CMAKE_RANLIB", &[program]));
        lines.push("set(CMAKE_C_ARCHIVE_FINISH \"<CMAKE_AR> s <TARGET>\")".to_owned());
        lines.push("set(CMAKE_CXX_ARCHIVE_FINISH \"<CMAKE_AR> s <TARGET>\")".to_owned());
    }
    // Libraries of the host are of no use, its programs are.
    lines.push("set(CMAKE_FIND_ROOT_PATH \"${CMAKE_CURRENT_LIST_DIR}/none\")".to_owned());
    lines.push("set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)".to_owned());
    for kind in ["LIBRARY", "INCLUDE", "PACKAGE"] {
        lines.push(format!("set(CMAKE_FIND_ROOT_PATH_MODE_{kind} ONLY)"));
    }
    format!("{}\n", lines.join("\n"))
}

/// The flags without which nothing is compiled for our target, or not the same everywhere: they belong to the compiler, as many
/// projects set `CMAKE_C_FLAGS` themselves. And the others, which such a project replaces. CMake takes the compiler's words
/// apart at spaces, whatever quotes they have, so those with spaces can only be among the others.
fn parted(needed: Vec<String>, others: Vec<String>) -> (Vec<String>, Vec<String>) {
    let is_whole = |word: &String| words::quoted(&[word]) == *word;
    let is_path = |word: &String| word.starts_with("-ffile-prefix-map=") && is_whole(word);
    let (paths, others): (Vec<_>, Vec<_>) = others.into_iter().partition(is_path);
    // One word may belong to the one before.
    if needed.iter().all(is_whole) {
        ([needed, paths].concat(), others)
    } else {
        (paths, [needed, others].concat())
    }
}

/// An argument in which CMake sees nothing but itself: neither variables nor quotes.
fn verbatim(text: &str) -> String {
    format!("[==[{text}]==]")
}
