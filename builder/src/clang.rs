//! clang: where one is that can make modules, and what others lack.
//!
//! A clang alone is not enough. It needs wasm-ld of its own version, the builtins of compiler-rt in its own folder, a
//! libc, and for C++ a standard library. All of it is found by looking at files: starting compilers to ask them would
//! cost more than a build in which nothing has changed.

use std::env::consts::EXE_SUFFIX;

use camino::{Utf8Path, Utf8PathBuf};

use crate::compiler::Compiler;
use crate::needs::{Need, needs};
use crate::sysroot::{Sysroot, llvm_version};
use crate::{Language, Machine};

/// A clang, and what was found for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clang {
    pub(crate) program: Utf8PathBuf,
    /// The major version, where a path tells it.
    pub(crate) version: Option<u32>,
    pub(crate) linker: Option<Utf8PathBuf>,
    pub(crate) builtins: Option<Utf8PathBuf>,
    pub(crate) sysroot: Option<Sysroot>,
    archiver: Option<Utf8PathBuf>,
    /// The folder of the builtins, if clang does not look there by itself.
    resource_dir: Option<Utf8PathBuf>,
}

impl Clang {
    /// The clang of the wasi-sdk in `root`, which brings all it needs.
    pub(crate) fn of_wasi_sdk(root: &Utf8Path) -> Self {
        let bin = root.join("bin");
        let program = bin.join(format!("clang{EXE_SUFFIX}"));
        let linker = Some(bin.join(format!("wasm-ld{EXE_SUFFIX}"))).filter(|linker| linker.is_file());
        let dirs = resource_dirs(&program, None);
        let builtins = dirs.iter().find_map(|dir| builtins_in(dir));
        let version = dirs.first().and_then(|dir| major(dir));
        let sysroot = Sysroot::at(&root.join("share/wasi-sysroot"));
        let archiver = Some(bin.join(format!("llvm-ar{EXE_SUFFIX}"))).filter(|path| path.is_file());
        Self { program, version, linker, builtins, sysroot, archiver, resource_dir: None }
    }

    /// A clang of the system, with what belongs to it.
    fn of_system(program: &Utf8Path, machine: &Machine, brew: Option<&Utf8Path>) -> Self {
        let real = program.canonicalize_utf8().unwrap_or_else(|_| program.to_owned());
        let named = real.file_stem().and_then(|name| name.strip_prefix("clang-")?.parse().ok());
        let mut version = llvm_version(&real).or(named);
        let dirs = resource_dirs(&real, version);
        version = version.or_else(|| dirs.first().and_then(|dir| major(dir)));
        let mut builtins = dirs.iter().find_map(|dir| builtins_in(dir));
        let mut resource_dir = None;
        if builtins.is_none() {
            // Homebrew keeps them apart from its clang.
            resource_dir = brew
                .map(|prefix| prefix.join("share/wasi-runtimes"))
                .filter(|dir| builtins_in(dir).is_some());
            builtins = resource_dir.as_deref().and_then(builtins_in);
        }
        Self {
            program: program.to_owned(),
            version,
            linker: linker(&real, version, machine, brew),
            builtins,
            sysroot: Sysroot::of_system(machine, version, brew),
            archiver: archiver(&real, version, machine),
            resource_dir,
        }
    }

    /// Where a part is.
    pub(crate) fn part(&self, need: Need) -> Option<&Utf8Path> {
        let sysroot = self.sysroot.as_ref();
        match need {
            Need::Clang => Some(self.program.as_path()).filter(|program| program.is_file()),
            Need::Linker => self.linker.as_deref(),
            Need::Libc => sysroot.map(|sysroot| sysroot.libc.as_path()),
            Need::Builtins => self.builtins.as_deref(),
            Need::CppLibrary => sysroot.and_then(|sysroot| sysroot.libcxx.as_deref()),
        }
    }

    /// What this clang lacks to make modules from `language`.
    pub(crate) fn missing(&self, language: Language) -> Vec<Need> {
        needs(language).filter(|need| self.part(*need).is_none()).collect()
    }

    /// Whether it can be told to. Where it optimizes and links, clang runs whatever `wasm-opt` is on the search path: what comes
    /// out would differ from machine to machine, be without lines, and be larger in the end.
    fn can_leave_wasm_opt_alone(&self) -> bool {
        // 14 and 16 do not know the flag, and with it 19 does not link. Without a level of optimization at the link, none of them
        // runs it; only makefiles and CMake give one.
        const FIRST: u32 = 22;
        self.version.is_some_and(|version| version >= FIRST)
    }

    /// The compiler, if nothing is missing.
    pub(crate) fn compiler(&self, language: Language) -> Option<Compiler> {
        let parts =
            needs(language).map(|need| self.part(need).map(ToOwned::to_owned)).collect::<Option<Vec<_>>>()?;
        let sysroot = self.sysroot.as_ref()?;
        let mut compile = sysroot.compile_flags();
        let mut link = sysroot.link_flags();
        // Named by its path, because clang looks for a linker of its own version only.
        link.push(format!("-fuse-ld={}", self.linker.as_ref()?));
        // The stack below the data, as rustc has it: when it overflows, the program traps instead of going on with
        // its data overwritten.
        link.push("-Wl,--stack-first".to_owned());
        link.extend(self.can_leave_wasm_opt_alone().then(|| "--no-wasm-opt".to_owned()));
        if let Some(dir) = &self.resource_dir {
            compile.push(format!("-resource-dir={dir}"));
            link.push(format!("-resource-dir={dir}"));
        }
        Some(Compiler {
            program: self.program.clone(),
            version: self.version,
            c: Vec::new(),
            cpp: vec!["--driver-mode=g++".to_owned()],
            compile,
            compile_cpp: sysroot.compile_cpp_flags(),
            link,
            sysroot: Some(sysroot.clone()),
            archiver: self.archiver.as_ref().map(|program| vec![program.to_string()]),
            parts,
        })
    }
}

/// Every clang of the machine: a wasi-sdk in its usual place, then those on the search path.
pub(crate) fn candidates(machine: &Machine) -> Vec<Clang> {
    let mut clangs = wasi_sdks(machine);
    clangs.extend(of_search_path(machine));
    clangs
}

/// The wasi-sdk in its usual place.
pub(crate) fn wasi_sdks(machine: &Machine) -> Vec<Clang> {
    let sdk = Some(machine.system("opt/wasi-sdk")).filter(|sdk| sdk.is_dir());
    sdk.iter().map(|sdk| Clang::of_wasi_sdk(sdk)).collect()
}

/// The clang at a path, or that of the wasi-sdk there.
pub(crate) fn at(path: &Utf8Path, machine: &Machine) -> Clang {
    if path.is_dir() { Clang::of_wasi_sdk(path) } else { Clang::of_system(path, machine, None) }
}

/// The clangs on the search path, the newest first; Homebrew's need not be on it.
pub(crate) fn of_search_path(machine: &Machine) -> Vec<Clang> {
    // `/opt/homebrew/bin/brew` stands in the prefix below which everything is.
    let brew = machine.find_program("brew").and_then(|brew| Utf8PathBuf::try_from(brew).ok());
    let brew = brew.as_deref().and_then(|brew| brew.parent()?.parent());

    let of_brew = brew.map(|prefix| prefix.join("opt/llvm/bin/clang")).filter(|clang| clang.is_file());
    let mut seen = Vec::new();
    let mut clangs: Vec<Clang> = Vec::new();
    for program in of_brew.into_iter().chain(on_search_path(machine)) {
        let Ok(real) = program.canonicalize_utf8() else { continue };
        if !seen.contains(&real) {
            seen.push(real);
            clangs.push(Clang::of_system(&program, machine, brew));
        }
    }
    clangs.sort_by_key(|clang| std::cmp::Reverse(clang.version));
    clangs
}

/// `clang` and `clang-22`, in every folder of the search path.
fn on_search_path(machine: &Machine) -> Vec<Utf8PathBuf> {
    let folders =
        std::env::split_paths(&machine.search_path).filter_map(|dir| Utf8PathBuf::try_from(dir).ok());
    let entries = folders.filter_map(|dir| dir.read_dir_utf8().ok()).flatten().flatten();
    let is_clang = |name: &str| {
        let rest = name.strip_suffix(EXE_SUFFIX).and_then(|name| name.strip_prefix("clang"));
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('-').is_some_and(|version| version.parse::<u32>().is_ok())
        })
    };
    let clangs = entries.filter(|entry| is_clang(entry.file_name())).map(|entry| entry.path().to_owned());
    // Apple's own clang cannot make wasm.
    let is_apples = |path: &Utf8PathBuf| cfg!(target_os = "macos") && path.starts_with("/usr/bin");
    clangs.filter(|path| !is_apples(path)).collect()
}

/// wasm-ld beside clang, or on the search path under a name with the version, or without one if it is not another's.
fn linker(
    clang: &Utf8Path,
    version: Option<u32>,
    machine: &Machine,
    brew: Option<&Utf8Path>,
) -> Option<Utf8PathBuf> {
    let name = format!("wasm-ld{EXE_SUFFIX}");
    let beside =
        [Some(clang.with_file_name(&name)), brew.map(|prefix| prefix.join("opt/lld/bin").join(&name))];
    let on_path = |name: &str| machine.find_program(name).and_then(|path| Utf8PathBuf::try_from(path).ok());
    let fits = |path: &Utf8PathBuf| {
        let own = path.canonicalize_utf8().ok().and_then(|path| llvm_version(&path));
        own.is_none() || own == version
    };
    beside
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
        .or_else(|| on_path(&format!("wasm-ld-{}", version?)))
        .or_else(|| on_path("wasm-ld").filter(fits))
}

/// llvm-ar beside clang or on the search path, or else the system's own: it makes archives without an index, which
/// wasm-ld and rustc can do without.
fn archiver(clang: &Utf8Path, version: Option<u32>, machine: &Machine) -> Option<Utf8PathBuf> {
    let on_path = |name: &str| machine.find_program(name).and_then(|path| Utf8PathBuf::try_from(path).ok());
    Some(clang.with_file_name(format!("llvm-ar{EXE_SUFFIX}")))
        .filter(|path| path.is_file())
        .or_else(|| on_path(&format!("llvm-ar-{}", version?)))
        .or_else(|| on_path("llvm-ar"))
        .or_else(|| on_path("ar"))
}

/// `lib/clang/22` beside the folder of the program; of several, the one of this version, or the newest first.
fn resource_dirs(clang: &Utf8Path, version: Option<u32>) -> Vec<Utf8PathBuf> {
    let Some(prefix) = clang.parent().and_then(Utf8Path::parent) else { return Vec::new() };
    let folders = ["lib/clang", "lib64/clang"].map(|folder| prefix.join(folder));
    let entries = folders.iter().filter_map(|folder| folder.read_dir_utf8().ok()).flatten().flatten();
    let mut dirs: Vec<_> =
        entries.map(|entry| entry.path().to_owned()).filter(|dir| major(dir).is_some()).collect();
    dirs.retain(|dir| version.is_none() || major(dir) == version);
    dirs.sort_by_key(|dir| std::cmp::Reverse(major(dir)));
    dirs
}

/// 14 of `lib/clang/14.0.6`
fn major(resource_dir: &Utf8Path) -> Option<u32> {
    resource_dir.file_name()?.split('.').next()?.parse().ok()
}

/// The builtins, under any of the names they have had.
fn builtins_in(resource_dir: &Utf8Path) -> Option<Utf8PathBuf> {
    let lib = resource_dir.join("lib");
    [
        "wasm32-unknown-wasip1/libclang_rt.builtins.a",
        "wasm32-unknown-wasi/libclang_rt.builtins.a",
        "wasm32-wasip1/libclang_rt.builtins.a",
        "wasm32-wasi/libclang_rt.builtins.a",
        "wasip1/libclang_rt.builtins-wasm32.a",
        "wasi/libclang_rt.builtins-wasm32.a",
    ]
    .into_iter()
    .map(|name| lib.join(name))
    .find(|path| path.is_file())
}

/// The clang that lacks least; of several, the newest.
pub(crate) fn nearest(clangs: &[Clang], language: Language) -> Option<&Clang> {
    clangs.iter().min_by_key(|clang| clang.missing(language).len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Toolchain;
    use crate::testing::Folder;

    /// Debian's files for clang `version`, as they lie below `/usr`.
    fn debian(version: u32) -> Vec<String> {
        let llvm = format!("usr/lib/llvm-{version}");
        [
            format!("{llvm}/bin/clang"),
            format!("{llvm}/bin/wasm-ld"),
            format!("{llvm}/lib/clang/{version}/lib/wasi/libclang_rt.builtins-wasm32.a"),
            "usr/include/wasm32-wasi/stdio.h".to_owned(),
            "usr/lib/wasm32-wasi/libc.a".to_owned(),
        ]
        .into()
    }

    /// A folder with these files, in which `PATH` has the programs of these versions of LLVM.
    fn machine(files: &[String], versions: &[u32]) -> Folder {
        let names: Vec<&str> = files.iter().map(String::as_str).collect();
        let mut folder = Folder::with(&names);
        let bins = versions.iter().map(|version| folder.root.join(format!("usr/lib/llvm-{version}/bin")));
        folder.machine.search_path = std::env::join_paths(bins.chain([folder.root.join("bin")])).unwrap();
        folder
    }

    #[test]
    fn the_newest_clang_comes_first() {
        let folder = machine(&[debian(14), debian(22), debian(19)].concat(), &[14, 22, 19]);
        let versions: Vec<_> =
            candidates(&folder.machine).iter().map(|clang| clang.version.unwrap()).collect();
        assert_eq!(versions, [22, 19, 14]);
    }

    #[test]
    fn a_newer_clang_that_lacks_something_is_passed_over() {
        let mut newest = debian(22);
        newest.retain(|file| !file.contains("builtins"));
        let folder = machine(&[debian(14), newest].concat(), &[14, 22]);
        let compiler = Compiler::find(&folder.machine, &Toolchain::Any, Language::C).unwrap();
        assert!(compiler.program.as_str().contains("llvm-14"), "{}", compiler.program);
    }

    #[test]
    fn only_a_clang_that_links_with_it_is_told_to_leave_wasm_opt_alone() {
        for (version, expected) in [(14, false), (19, false), (22, true), (23, true)] {
            let folder = machine(&debian(version), &[version]);
            let compiler = Compiler::find(&folder.machine, &Toolchain::Any, Language::C).unwrap();
            let is_told = compiler.link.iter().any(|flag| flag == "--no-wasm-opt");
            assert_eq!(is_told, expected, "clang {version}");
        }
    }

    #[test]
    fn names_with_a_version_are_known_and_others_are_not() {
        let folder =
            Folder::with(&["bin/clang-19", "bin/clang++-19", "bin/clang-format", "bin/clang-cpp-19"]);
        assert_eq!(on_search_path(&folder.machine), [folder.root.join("bin/clang-19")]);
    }

    #[test]
    fn missing_parts_are_named_with_what_installs_them_for_this_clang() {
        let mut files = debian(22);
        files.retain(|file| !file.contains("builtins"));
        let folder = machine(&[files, vec!["bin/apt-get".to_owned()]].concat(), &[22]);
        let error = Compiler::find(&folder.machine, &Toolchain::Any, Language::Cpp).unwrap_err();
        assert_eq!(error.to_string(), "failed to find `compiler-rt builtins` and `C++ standard library`");
        assert_eq!(
            error.hint().unwrap(),
            "type `sudo apt-get install libclang-rt-22-dev-wasm32 libc++-22-dev-wasm32`"
        );
    }

    #[test]
    fn a_wasi_sdk_that_was_named_is_used_or_complained_about() {
        let sdk = [
            "sdk/bin/clang",
            "sdk/bin/wasm-ld",
            "sdk/lib/clang/21/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a",
            "sdk/share/wasi-sysroot/lib/wasm32-wasip1/libc.a",
        ];
        let mut folder = machine(&[debian(22), sdk.map(ToOwned::to_owned).into()].concat(), &[22]);
        folder.machine.wasi_sdk_path = Some(folder.root.join("sdk"));
        let compiler = Compiler::find(&folder.machine, &Toolchain::Any, Language::C).unwrap();
        assert_eq!(compiler.program, folder.root.join("sdk/bin/clang"));
        let error = Compiler::find(&folder.machine, &Toolchain::Any, Language::Cpp).unwrap_err();
        assert!(error.to_string().ends_with("there is no `C++ standard library` in it"), "{error}");
    }

    #[test]
    fn homebrews_parts_are_found_from_where_brew_is() {
        let folder = Folder::with(&[
            "bin/brew",
            "opt/llvm/bin/clang",
            "opt/lld/bin/wasm-ld",
            "share/wasi-runtimes/lib/wasi/libclang_rt.builtins-wasm32.a",
            "share/wasi-sysroot/lib/wasm32-wasip1/libc.a",
            "share/wasi-sysroot/lib/wasm32-wasip1/libc++.a",
        ]);
        let compiler = Compiler::find(&folder.machine, &Toolchain::Any, Language::Cpp).unwrap();
        assert_eq!(compiler.program, folder.root.join("opt/llvm/bin/clang"));
        assert!(compiler.compile.contains(&format!("-resource-dir={}/share/wasi-runtimes", folder.root)));
        assert!(compiler.link.contains(&format!("-fuse-ld={}/opt/lld/bin/wasm-ld", folder.root)));
    }

    /// Only where links can be made without asking.
    #[cfg(unix)]
    #[test]
    fn a_cpp_library_of_another_version_does_not_count() {
        let other = "usr/lib/llvm-19/include/wasm32-wasi/c++/v1/vector".to_owned();
        let library = "usr/lib/wasm32-wasi/libc++.a".to_owned();
        let folder = machine(&[debian(22), vec![other, library]].concat(), &[22]);
        std::fs::create_dir(folder.root.join("usr/include/wasm32-wasi/c++")).unwrap();
        let link = folder.root.join("usr/include/wasm32-wasi/c++/v1");
        std::os::unix::fs::symlink(folder.root.join("usr/lib/llvm-19/include/wasm32-wasi/c++/v1"), link)
            .unwrap();
        let clang = candidates(&folder.machine).remove(0);
        assert_eq!(clang.missing(Language::Cpp), [Need::CppLibrary]);
    }
}
