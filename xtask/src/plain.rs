//! The system's C and C++ toolchain as one uses it without us: what sizes are compared with.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Result, process};

/// Commands that make a module from sources named after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plain {
    c: Vec<String>,
    cpp: Vec<String>,
}

/// As everybody builds a release.
const FLAGS: [&str; 1] = ["-O2"];

/// Debian's C++ library is built without exceptions; with them, nothing links.
const CPP_FLAGS: [&str; 3] = ["-O2", "-std=c++17", "-fno-exceptions"];

/// The first toolchain that is whole: a wasi-sdk, Debian's clang, one with a shared sysroot, zig.
pub(crate) fn find() -> Option<Plain> {
    wasi_sdk().or_else(debian).or_else(shared_sysroot).or_else(zig)
}

impl Plain {
    fn new(c: &[&str], cpp: &[&str]) -> Self {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        Self { c: owned(c), cpp: owned(cpp) }
    }

    /// Makes `module` from C or C++ sources, with further flags.
    pub(crate) fn build(&self, sources: &[Utf8PathBuf], more: &[&str], module: &Utf8Path) -> Result {
        let is_cpp = sources.iter().any(|path| path.extension() == Some("cpp"));
        let (words, flags) = if is_cpp { (&self.cpp, &CPP_FLAGS[..]) } else { (&self.c, &FLAGS[..]) };
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(flags).args(sources).args(more).arg("-o").arg(module);
        process::run(&mut command)
    }
}

/// The C and C++ sources in a folder.
pub(crate) fn sources(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let entries = folder.read_dir_utf8().map_err(|error| format!("failed to read `{folder}`: {error}"))?;
    let mut sources: Vec<Utf8PathBuf> = entries.flatten().map(camino::Utf8DirEntry::into_path).collect();
    sources.retain(|path| path.extension().is_some_and(|extension| ["c", "cpp"].contains(&extension)));
    sources.sort();
    Ok(sources)
}

fn wasi_sdk() -> Option<Plain> {
    let named = std::env::var("WASI_SDK_PATH").ok().map(Utf8PathBuf::from);
    let sdk = named.unwrap_or_else(|| "/opt/wasi-sdk".into());
    let [c, cpp] = ["clang", "clang++"].map(|name| sdk.join("bin").join(name));
    (c.exists() && cpp.exists()).then(|| Plain::new(&[c.as_str()], &[cpp.as_str()]))
}

/// Below `/usr/lib/llvm-22`, and below `/usr/lib/wasm32-wasi` links to the C++ library of one version.
pub(crate) fn debian_llvm() -> Option<Utf8PathBuf> {
    let library = Utf8Path::new("/usr/lib/wasm32-wasi/libc++.a").canonicalize_utf8().ok()?;
    let is_llvm = |path: &&Utf8Path| path.file_name().is_some_and(|name| name.starts_with("llvm-"));
    library.ancestors().find(is_llvm).map(ToOwned::to_owned)
}

fn debian() -> Option<Plain> {
    let llvm = debian_llvm()?;
    let [c, cpp, linker] = ["clang", "clang++", "wasm-ld"].map(|name| llvm.join("bin").join(name));
    let mut resource_dirs = llvm.join("lib/clang").read_dir_utf8().ok()?.flatten();
    let has_builtins =
        resource_dirs.any(|dir| dir.path().join("lib/wasi/libclang_rt.builtins-wasm32.a").exists());
    let is_whole = c.exists() && cpp.exists() && linker.exists() && has_builtins;
    // The target's new name, which newer ones ask for, is not yet that of Debian's folders.
    // clang would run a `wasm-opt` that happens to be there.
    let flags = ["--target=wasm32-wasi", "-Wno-deprecated", "--no-wasm-opt"];
    is_whole
        .then(|| Plain::new(&[&[c.as_str()], &flags[..]].concat(), &[&[cpp.as_str()], &flags[..]].concat()))
}

/// Arch's and Homebrew's.
fn shared_sysroot() -> Option<Plain> {
    let prefixes = ["/usr", "/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];
    let sysroots = prefixes.map(|prefix| Utf8Path::new(prefix).join("share/wasi-sysroot"));
    let sysroot = sysroots.into_iter().find(|path| path.join("lib/wasm32-wasi/libc++.a").exists())?;
    let keg = |formula: &str, name: &str| {
        let path = Utf8Path::new("/opt/homebrew/opt").join(formula).join("bin").join(name);
        path.exists().then(|| path.into_string())
    };
    let clang = keg("llvm", "clang").or_else(|| which::which("clang").ok().map(|_| "clang".to_owned()))?;
    let cpp = format!("{clang}++");
    let linker =
        keg("lld", "wasm-ld").or_else(|| which::which("wasm-ld").ok().map(|_| "wasm-ld".to_owned()))?;
    let flags = ["--target=wasm32-wasi", &format!("--sysroot={sysroot}"), &format!("-fuse-ld={linker}")];
    Some(Plain::new(&[&[clang.as_str()], &flags[..]].concat(), &[&[cpp.as_str()], &flags[..]].concat()))
}

fn zig() -> Option<Plain> {
    which::which("zig").ok()?;
    Some(Plain::new(&["zig", "cc", "-target", "wasm32-wasi"], &["zig", "c++", "-target", "wasm32-wasi"]))
}
