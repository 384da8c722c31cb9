//! What toolchains link into every program.

use std::fs;

use camino::Utf8Path;

use super::{Material, Materials, Tool};
use crate::compiler::Compiler;
use crate::{Language, Machine, asked, toolchain};

/// LLVM's own licence, for all its libraries.
const LLVM: &str = "Apache-2.0 WITH LLVM-exception";

/// That of wasi-libc and of what it has taken in: musl, dlmalloc, cloudlibc, libpreopen
/// (<https://github.com/WebAssembly/wasi-libc/blob/main/LICENSE>).
const LIBC: &str =
    "(Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT) AND MIT AND BSD-2-Clause AND CC0-1.0";

/// Parts of wasi-libc that have a library of their own.
const OF_LIBC: [&str; 10] = ["c", "m", "dl", "rt", "pthread", "crypt", "util", "resolv", "xnet", "setjmp"];

/// Adds the standard library that came with rustc, and the libc in it, to the packages of a program.
pub(crate) fn of_rust(mut packages: Vec<Material>, rustc: Option<&str>) -> Vec<Material> {
    let std = packages.len();
    // Its version goes on with the commit and the day: `1.95.0 (59807616e 2026-04-14)`.
    let version = rustc.and_then(|version| version.split_whitespace().next()).map(ToOwned::to_owned);
    let purl = version.as_ref().map(|version| format!("pkg:generic/rust-std@{version}"));
    if let Some(root) = packages.first_mut() {
        root.dependencies.push(std);
    }
    packages.push(Material {
        version,
        license: Some("MIT OR Apache-2.0".to_owned()),
        purl,
        dependencies: vec![std + 1],
        ..Material::named("rust-std")
    });
    packages.push(libc(None));
    packages
}

/// What is known of a C toolchain.
#[derive(Debug, Default)]
pub(crate) struct Known {
    compiler: Option<Tool>,
    /// The version of the compiler, if its libraries have the same.
    llvm: Option<String>,
    libc: Option<String>,
}

impl Known {
    /// Asks the compiler for its version, or finds what it said the last time in a file below `target_directory`.
    pub(crate) fn of(compiler: &Compiler, machine: &Machine, target_directory: &Utf8Path) -> Self {
        let kept = target_directory.join("wasmpack/.sysroot/compiler.json");
        let version =
            asked::once(&compiler.program, &kept, || toolchain::version_of(&compiler.program, None));
        // zig has a version of its own, and brings libraries of which it does not say what version they are.
        let is_clang = compiler.sysroot.is_some();
        let name = if is_clang { "clang" } else { "zig" };
        Self {
            compiler: Some(Tool { name: name.to_owned(), version: version.clone() }),
            llvm: version.filter(|_| is_clang),
            libc: libc_version(compiler, machine),
        }
    }
}

/// A program in C or C++: itself, and the libraries of its toolchain, and those that are named.
pub(crate) fn of_c(name: &str, known: Known, language: Language, link: &[String]) -> Materials {
    let Known { compiler, llvm, libc: libc_version } = known;
    let of_llvm = |name: &str| Material {
        version: llvm.clone(),
        license: Some(LLVM.to_owned()),
        ..Material::named(name)
    };
    let mut linked = vec![Material::named(name), libc(libc_version), of_llvm("compiler-rt")];
    let of_cpp = if language == Language::Cpp { &["libc++", "libc++abi"][..] } else { &[] };
    linked.extend(of_cpp.iter().map(|name| of_llvm(name)));
    let named = link.iter().filter(|name| !is_of_libc(name));
    linked.extend(named.map(|name| Material::named(Utf8Path::new(name).file_name().unwrap_or(name))));
    linked[0].dependencies = (1..linked.len()).collect();
    Materials { linked, tools: compiler.into_iter().collect(), sources: None }
}

fn is_of_libc(name: &str) -> bool {
    OF_LIBC.contains(&name) || name.starts_with("wasi-emulated-")
}

fn libc(version: Option<String>) -> Material {
    let version_of = |version: &String| format!("@{version}");
    let purl =
        format!("pkg:github/webassembly/wasi-libc{}", version.as_ref().map(version_of).unwrap_or_default());
    let license = Some(LIBC.to_owned());
    Material { purl: Some(purl), version, license, ..Material::named("wasi-libc") }
}

/// As a wasi-sdk says in a file of its own, or as Debian knows it.
fn libc_version(compiler: &Compiler, machine: &Machine) -> Option<String> {
    let libc = &compiler.sysroot.as_ref()?.libc;
    let said = libc.ancestors().find_map(|folder| fs::read_to_string(folder.join("VERSION")).ok());
    let of_sdk = said.and_then(|said| word_after(&said, "wasi-libc:"));
    of_sdk.or_else(|| of_debian(libc, machine))
}

/// The version in the list of installed packages.
fn of_debian(libc: &Utf8Path, machine: &Machine) -> Option<String> {
    libc.strip_prefix(machine.system("usr/lib")).ok()?;
    let status = fs::read_to_string(machine.system("var/lib/dpkg/status")).ok()?;
    let start = status.find("Package: wasi-libc\n")?;
    let entry = status[start..].split("\n\n").next()?;
    word_after(entry, "Version:")
}

fn word_after(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_a_wasi_sdk_and_as_debian_write_them() {
        let sdk = "25.0\nwasi-libc: 574b88da4817\nllvm: ab4b5a2db582\nllvm-version: 19.1.5\n";
        assert_eq!(word_after(sdk, "wasi-libc:").as_deref(), Some("574b88da4817"));
        let debian = "Package: wasi-libc\nStatus: install ok installed\nVersion: 0.0~git20220510-1\n";
        assert_eq!(word_after(debian, "Version:").as_deref(), Some("0.0~git20220510-1"));
        assert_eq!(word_after("", "Version:"), None);
    }

    #[test]
    fn a_program_uses_its_libraries_and_named_ones_that_are_not_of_libc() {
        let link = ["m", "wasi-emulated-signal", "lib/libpng.a"].map(ToOwned::to_owned);
        let linked = of_c("app", Known::default(), Language::Cpp, &link).linked;
        let names: Vec<_> = linked.iter().map(|material| material.name.as_str()).collect();
        assert_eq!(names, ["app", "wasi-libc", "compiler-rt", "libc++", "libc++abi", "libpng.a"]);
        assert_eq!(linked[0].dependencies, [1, 2, 3, 4, 5]);
        assert!(linked[1..5].iter().all(|library| library.license.is_some()), "{linked:?}");
    }

    #[test]
    fn a_rust_program_has_the_standard_library_and_its_libc() {
        let linked = of_rust(vec![Material::named("app")], Some("1.95.0 (59807616e 2026-04-14)"));
        assert_eq!(
            (linked[0].dependencies.as_slice(), linked[1].dependencies.as_slice()),
            (&[1][..], &[2][..])
        );
        assert_eq!(linked[1].version.as_deref(), Some("1.95.0"));
    }
}
