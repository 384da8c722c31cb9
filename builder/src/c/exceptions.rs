//! What takes WebAssembly's exception handling: C++'s `throw` and `catch`, and C's `setjmp` and `longjmp`.

use crate::compiler::Compiler;
use crate::{Error, Language, Settings};

/// The first clang that knows exception handling as it was standardized, and no runtime knows the older form. Clang
/// has to be asked for it all the same.
const STANDARDIZED: u32 = 20;

/// Refuses to switch on what the libraries have not.
pub(crate) fn check(compiler: &Compiler, language: Language, settings: &Settings) -> Result<(), Error> {
    let (has_any, problem) = match language {
        Language::C => (has_setjmp(compiler), "its C library has no `setjmp`"),
        _ => (has_exceptions(compiler), "its C++ library is built without exceptions"),
    };
    if settings.c.exceptions && !has_any {
        return Err(Error::Unable { program: compiler.program.to_string(), problem });
    }
    Ok(())
}

fn has_exceptions(compiler: &Compiler) -> bool {
    compiler.sysroot.as_ref().is_some_and(|sysroot| sysroot.has_exceptions)
}

fn has_setjmp(compiler: &Compiler) -> bool {
    compiler.sysroot.as_ref().is_some_and(|sysroot| sysroot.has_setjmp)
}

/// Flags to compile with. Asked for among the flags of the settings, exceptions are the user's own affair.
pub(crate) fn compile_flags(compiler: &Compiler, language: Language, settings: &Settings) -> Vec<String> {
    if settings.c.flags.iter().any(|flag| flag.contains("exceptions")) {
        return Vec::new();
    }
    let is_cpp = language == Language::Cpp;
    if !settings.c.exceptions {
        return is_cpp.then(|| "-fno-exceptions".to_owned()).into_iter().collect();
    }
    let mut flags = Vec::new();
    if is_cpp {
        flags.push("-fwasm-exceptions");
    }
    if has_setjmp(compiler) {
        flags.extend(["-mllvm", "-wasm-enable-sjlj"]);
    }
    if compiler.version.is_some_and(|version| version >= STANDARDIZED) {
        flags.extend(["-mllvm", "-wasm-use-legacy-eh=false"]);
    }
    flags.into_iter().map(ToOwned::to_owned).collect()
}

/// Flags to link with.
pub(crate) fn link_flags(compiler: &Compiler, settings: &Settings) -> Vec<String> {
    let mut flags = Vec::new();
    if settings.c.exceptions && has_exceptions(compiler) {
        flags.extend(["-fwasm-exceptions", "-lunwind"]);
    }
    if settings.c.exceptions && has_setjmp(compiler) {
        flags.push("-lsetjmp");
    }
    flags.into_iter().map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clang::Clang;
    use crate::testing::Folder;

    fn sdk(more: &[&str]) -> Compiler {
        let mut files = vec![
            "bin/clang",
            "bin/wasm-ld",
            "share/wasi-sysroot/lib/wasm32-wasip1/libc.a",
            "share/wasi-sysroot/lib/wasm32-wasip1/noeh/libc++.a",
            "lib/clang/22/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a",
        ];
        files.extend(more);
        Clang::of_wasi_sdk(&Folder::with(&files).root).compiler(Language::Cpp).unwrap()
    }

    #[test]
    fn what_the_libraries_have_can_be_switched_on() {
        let mut settings = Settings::default();
        settings.c.exceptions = true;
        let bare = sdk(&[]);
        for language in [Language::C, Language::Cpp] {
            assert!(matches!(check(&bare, language, &settings), Err(Error::Unable { .. })), "{language:?}");
        }
        let whole = sdk(&[
            "share/wasi-sysroot/lib/wasm32-wasip1/eh/libc++.a",
            "share/wasi-sysroot/lib/wasm32-wasip1/libsetjmp.a",
        ]);
        let flags = |language| compile_flags(&whole, language, &settings).join(" ");
        assert_eq!(flags(Language::C), "-mllvm -wasm-enable-sjlj -mllvm -wasm-use-legacy-eh=false");
        assert_eq!(
            flags(Language::Cpp),
            "-fwasm-exceptions -mllvm -wasm-enable-sjlj -mllvm -wasm-use-legacy-eh=false"
        );
        assert_eq!(link_flags(&whole, &settings), ["-fwasm-exceptions", "-lunwind", "-lsetjmp"]);
        for language in [Language::C, Language::Cpp] {
            check(&whole, language, &settings).unwrap();
        }
    }

    #[test]
    fn without_the_setting_they_are_off_unless_the_user_says_so_in_a_flag() {
        let (compiler, mut settings) = (sdk(&[]), Settings::default());
        assert!(compile_flags(&compiler, Language::C, &settings).is_empty());
        assert_eq!(compile_flags(&compiler, Language::Cpp, &settings), ["-fno-exceptions"]);
        assert!(link_flags(&compiler, &settings).is_empty());
        settings.c.flags = vec!["-fwasm-exceptions".into()];
        assert!(compile_flags(&compiler, Language::Cpp, &settings).is_empty());
    }
}
