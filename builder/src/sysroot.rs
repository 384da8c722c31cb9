//! C and C++ libraries for WASI, in the layouts they come in.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Machine, Target};

/// What C and C++ are compiled for.
const TARGET: &str = Target::Wasip1.name();

/// The names of our target's folders, the newest first. They hold the same: the target was renamed.
const FOLDERS: [&str; 2] = [TARGET, "wasm32-wasi"];

/// A libc, and perhaps a C++ standard library beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sysroot {
    pub(crate) libc: Utf8PathBuf,
    pub(crate) libcxx: Option<Utf8PathBuf>,
    /// Whether there is a C++ library with exceptions.
    pub(crate) has_exceptions: bool,
    /// Whether there is a library with `setjmp`.
    pub(crate) has_setjmp: bool,
    /// Whether there is no `__stack_chk_fail` in libc, though compiler-rt calls it.
    pub(crate) lacks_stack_guard: bool,
    layout: Layout,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Layout {
    /// One folder, which clang can be left to search.
    Whole { root: Utf8PathBuf },
    /// Headers and libraries apart, or below the target's old name, where new clangs do not look.
    Apart { include: Utf8PathBuf, include_cpp: Option<Utf8PathBuf>, lib: Utf8PathBuf },
}

impl Sysroot {
    /// What the system has for a clang of this version: Debian's packages, or `share/wasi-sysroot` (Arch, Homebrew).
    pub(crate) fn of_system(
        machine: &Machine,
        version: Option<u32>,
        brew: Option<&Utf8Path>,
    ) -> Option<Self> {
        let shared =
            [Some(machine.system("usr")), Some(machine.system("usr/local")), brew.map(ToOwned::to_owned)];
        let mut shared = shared.into_iter().flatten().map(|prefix| prefix.join("share/wasi-sysroot"));
        Self::of_debian(machine, version).or_else(|| shared.find_map(|root| Self::at(&root)))
    }

    /// A folder with `include` and `lib`, as wasi-sdk has it in `share/wasi-sysroot`.
    pub(crate) fn at(root: &Utf8Path) -> Option<Self> {
        FOLDERS.into_iter().find_map(|folder| {
            let lib = root.join("lib").join(folder);
            let libc = existing(lib.join("libc.a"))?;
            // Newer ones have the C++ library twice, without exceptions and with them; clang picks.
            let libcxx =
                ["", "noeh", "eh"].into_iter().find_map(|kind| existing(lib.join(kind).join("libc++.a")));
            let has_exceptions = lib.join("eh/libc++.a").exists();
            let has_setjmp = lib.join("libsetjmp.a").exists();
            if folder == TARGET {
                let layout = Layout::Whole { root: root.to_owned() };
                return Some(Self {
                    libc,
                    libcxx,
                    has_exceptions,
                    has_setjmp,
                    lacks_stack_guard: false,
                    layout,
                });
            }
            let below = |path: &str| {
                let include = root.join("include");
                existing(include.join(folder).join(path)).or_else(|| existing(include.join(path)))
            };
            let include = below("stdio.h")?.parent()?.to_owned();
            let layout = Layout::Apart { include, include_cpp: below("c++/v1"), lib };
            Some(Self { libc, libcxx, has_exceptions, has_setjmp, lacks_stack_guard: false, layout })
        })
    }

    /// Debian has libc below `/usr`, and the C++ library of one version of LLVM at a time.
    fn of_debian(machine: &Machine, version: Option<u32>) -> Option<Self> {
        FOLDERS.into_iter().find_map(|folder| {
            let include = machine.system("usr/include").join(folder);
            let lib = machine.system("usr/lib").join(folder);
            existing(include.join("stdio.h"))?;
            let libc = existing(lib.join("libc.a"))?;
            // These are links to the version that is installed, and it has to be the compiler's.
            let fits = |path: &Utf8PathBuf| {
                let installed = path.canonicalize_utf8().ok().and_then(|path| llvm_version(&path));
                installed.is_none() || installed == version
            };
            let libcxx = existing(lib.join("libc++.a")).filter(fits);
            let include_cpp = existing(include.join("c++/v1")).filter(fits);
            let libcxx = libcxx.filter(|_| include_cpp.is_some());
            let layout = Layout::Apart { include, include_cpp, lib };
            let (has_exceptions, has_setjmp) = (false, false);
            Some(Self { libc, libcxx, has_exceptions, has_setjmp, lacks_stack_guard: true, layout })
        })
    }

    /// Flags to compile with. In folders that are apart, nothing else is searched, or `/usr/include` would be too.
    pub(crate) fn compile_flags(&self) -> Vec<String> {
        let mut flags = vec![format!("--target={TARGET}")];
        match &self.layout {
            Layout::Whole { root } => flags.push(format!("--sysroot={root}")),
            Layout::Apart { include, .. } => {
                flags.extend(["-nostdlibinc".to_owned(), format!("-isystem{include}")]);
            }
        }
        flags
    }

    /// Flags to compile C++ with; they go before the others, because the C++ headers wrap the C headers.
    pub(crate) fn compile_cpp_flags(&self) -> Vec<String> {
        match &self.layout {
            Layout::Apart { include_cpp: Some(include), .. } => vec![format!("-isystem{include}")],
            _ => Vec::new(),
        }
    }

    /// Flags to link with.
    pub(crate) fn link_flags(&self) -> Vec<String> {
        match &self.layout {
            Layout::Whole { root } => vec![format!("--target={TARGET}"), format!("--sysroot={root}")],
            // By the name of the folder, because clang looks for its builtins under that name too. `-B` is for
            // `crt1-command.o`, `-L` for the libraries.
            Layout::Apart { lib, .. } => {
                let target = lib.file_name().unwrap_or(TARGET);
                vec![format!("--target={target}"), format!("-B{lib}"), format!("-L{lib}")]
            }
        }
    }

    /// One folder for tools that cannot be told of two: this one if it is whole, otherwise a folder of links at
    /// `view`. rustc has a libc of its own, so there is none in it; and headers are the same for all our targets.
    pub(crate) fn whole(&self, view: &Utf8Path) -> io::Result<Utf8PathBuf> {
        let (include, include_cpp, lib) = match &self.layout {
            Layout::Whole { root } => return Ok(root.clone()),
            Layout::Apart { include, include_cpp, lib } => (include, include_cpp, lib),
        };
        for target in Target::ALL.map(Target::name) {
            link(include, &view.join("include").join(target))?;
            for file in lib.read_dir_utf8()? {
                let file = file?;
                let name = file.file_name();
                if name.starts_with("libc++") || name.starts_with("libwasi-emulated") {
                    link(file.path(), &view.join("lib").join(target).join(name))?;
                }
            }
        }
        if let Some(include_cpp) = include_cpp.as_ref().filter(|path| !path.starts_with(include)) {
            link(include_cpp, &view.join("include/c++/v1"))?;
        }
        Ok(view.to_owned())
    }
}

/// Makes `link` point to `to`, if it does not yet.
#[cfg(unix)]
fn link(to: &Utf8Path, link: &Utf8Path) -> io::Result<()> {
    if link.read_link_utf8().is_ok_and(|present| present == to) {
        return Ok(());
    }
    if let Some(folder) = link.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Another build may be making the same links.
    let draft = format!("{link}.{}", std::process::id());
    std::os::unix::fs::symlink(to, &draft)?;
    std::fs::rename(draft, link)
}

/// Only Linux distributions keep headers and libraries apart.
#[cfg(not(unix))]
fn link(_to: &Utf8Path, _link: &Utf8Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The number in `/usr/lib/llvm-22/bin/clang`.
pub(crate) fn llvm_version(path: &Utf8Path) -> Option<u32> {
    path.components().find_map(|component| component.as_str().strip_prefix("llvm-")?.parse().ok())
}

fn existing(path: Utf8PathBuf) -> Option<Utf8PathBuf> {
    Some(path).filter(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    /// What `of_system` finds among these files, with the folder's own path written as `R`.
    fn flags(files: &[&str]) -> Option<[Vec<String>; 3]> {
        let folder = Folder::with(files);
        let found = Sysroot::of_system(&folder.machine, Some(22), None)?;
        let plain =
            |flags: Vec<String>| flags.iter().map(|flag| flag.replace(folder.root.as_str(), "R")).collect();
        Some([plain(found.compile_flags()), plain(found.compile_cpp_flags()), plain(found.link_flags())])
    }

    #[test]
    fn debians_layout_is_spelled_out() {
        let files = [
            "usr/include/wasm32-wasi/stdio.h",
            "usr/include/wasm32-wasi/c++/v1/vector",
            "usr/lib/wasm32-wasi/libc.a",
            "usr/lib/wasm32-wasi/libc++.a",
        ];
        let [compile, cpp, link] = flags(&files).unwrap();
        assert_eq!(compile, ["--target=wasm32-wasip1", "-nostdlibinc", "-isystemR/usr/include/wasm32-wasi"]);
        assert_eq!(cpp, ["-isystemR/usr/include/wasm32-wasi/c++/v1"]);
        assert_eq!(link, ["--target=wasm32-wasi", "-BR/usr/lib/wasm32-wasi", "-LR/usr/lib/wasm32-wasi"]);
    }

    #[test]
    fn a_sysroot_with_the_new_name_is_left_to_clang() {
        let files = [
            "usr/share/wasi-sysroot/lib/wasm32-wasip1/libc.a",
            "usr/share/wasi-sysroot/lib/wasm32-wasi/libc.a",
        ];
        let [compile, cpp, link] = flags(&files).unwrap();
        assert_eq!(compile, ["--target=wasm32-wasip1", "--sysroot=R/usr/share/wasi-sysroot"]);
        assert!(cpp.is_empty());
        assert_eq!(link, compile);
    }

    #[test]
    fn a_sysroot_with_the_old_name_is_spelled_out() {
        let files = [
            "usr/share/wasi-sysroot/lib/wasm32-wasi/libc.a",
            "usr/share/wasi-sysroot/include/stdio.h",
            "usr/share/wasi-sysroot/include/c++/v1/vector",
        ];
        let [compile, cpp, link] = flags(&files).unwrap();
        assert_eq!(compile[2], "-isystemR/usr/share/wasi-sysroot/include");
        assert_eq!(cpp, ["-isystemR/usr/share/wasi-sysroot/include/c++/v1"]);
        assert_eq!(link[1], "-BR/usr/share/wasi-sysroot/lib/wasm32-wasi");
    }

    #[test]
    fn headers_without_a_library_are_no_sysroot() {
        assert_eq!(flags(&["usr/include/wasm32-wasi/stdio.h"]), None);
    }

    #[test]
    fn the_cpp_library_of_either_kind_is_found() {
        for kind in ["libc++.a", "noeh/libc++.a"] {
            let folder =
                Folder::with(&["s/lib/wasm32-wasip1/libc.a", &format!("s/lib/wasm32-wasip1/{kind}")]);
            assert!(Sysroot::at(&folder.root.join("s")).unwrap().libcxx.is_some(), "{kind}");
        }
    }
}
