//! Folders of C and C++ sources become modules that run.

use std::fs;

use crate::support::{Sandbox, custom_sections, exports, has, has_node, holds, run};
use wasmpack_builder::toolchain::{State, survey};
use wasmpack_builder::{Error, Lack, Language, Machine, Project, Settings, Source};

const FACTORIAL: [(&str, &str); 4] = [
    ("include/factorial.h", "long factorial(long n);\n"),
    (
        "src/factorial.c",
        "#include <factorial.h>\nlong factorial(long n) { return n < 2 ? 1 : n * factorial(n - 1); }\n",
    ),
    ("src/deep/unused.c", "int unused = 1;\n"),
    (
        "main.c",
        "#include <stdio.h>\n#include <factorial.h>\n\
         int main(void) { printf(\"%ld %s\\n\", factorial(10), __FILE__); return 0; }\n",
    ),
];

const SORT: [(&str, &str); 2] = [
    (
        "sort.cpp",
        "#include <algorithm>\n#include <iostream>\n#include <string>\n#include <vector>\n\
         extern \"C\" int twice(int);\n\
         int main() {\n  std::vector<std::string> lines;\n  for (std::string line; std::getline(std::cin, line);)\n\
         lines.push_back(line);\n  std::sort(lines.begin(), lines.end());\n\
         for (auto &line : lines) std::cout << line << '\\n';\n  std::cout << twice(21) << '\\n';\n}\n",
    ),
    ("twice.c", "int twice(int class) { return 2 * class; }\n"),
];

/// Whether every part that a build of C++ takes is there.
fn has_clang(machine: &Machine) -> bool {
    survey(machine).iter().skip(3).all(|part| has(&part.name, part.state != State::Missing))
}

fn clang_version(sandbox: &Sandbox) -> u32 {
    let parts = survey(&sandbox.machine);
    let clang = parts.iter().find(|part| part.name == "clang").unwrap();
    let State::Found { version, .. } = &clang.state else { panic!("{clang:?}") };
    version.as_ref().unwrap().split('.').next().unwrap().parse().unwrap()
}

#[test]
fn sources_are_what_compilers_have_read_in_the_folder_and_versions_are_whole() {
    let sandbox = Sandbox::new("factorial", &FACTORIAL);
    if !has_clang(&sandbox.machine) {
        return;
    }
    sandbox.write("include/unused.h", "not read");
    let materials = || sandbox.module().0.materials;
    let first = materials();
    let sources = first.sources.as_ref().unwrap();
    assert_eq!(sources.files, 4);
    assert_eq!(materials(), first);
    sandbox.write("include/factorial.h", "/* */ long factorial(long n);\n");
    let second = materials().sources.unwrap();
    assert_ne!(second.dir_hash, sources.dir_hash);
    let runtime = first.linked.iter().find(|library| library.name == "compiler-rt").unwrap();
    let version = runtime.version.as_deref().unwrap();
    assert!(version.starts_with(&format!("{}.", clang_version(&sandbox))), "{version}");
}

#[test]
fn a_folder_of_c_becomes_a_small_command() {
    let sandbox = Sandbox::new("factorial", &FACTORIAL);
    if !has_clang(&sandbox.machine) || !has_node() {
        return;
    }
    let (module, steps) = sandbox.module();
    assert_eq!((module.name.as_str(), module.language), ("factorial", Some(Language::C)));
    assert_eq!(
        steps,
        ["compile main.c", "compile src/deep/unused.c", "compile src/factorial.c", "link factorial"]
    );
    assert_eq!(run(&module, ""), "3628800 main.c\n");
    let sections = custom_sections(&module.wasm);
    for wanted in ["name", "producers", "target_features", ".debug_line"] {
        // Up to version 14, clang used no features, and said so by saying nothing.
        let is_there = sections.iter().any(|name| name == wanted);
        assert!(is_there || wanted == "target_features" && clang_version(&sandbox) < 15, "{sections:?}");
    }
    assert_eq!(fs::read(&module.path).unwrap(), module.wasm);
}

#[test]
fn cpp_with_the_standard_library_and_c_beside_it() {
    let sandbox = Sandbox::new("sort", &SORT);
    if !has_clang(&sandbox.machine) || !has_node() {
        return;
    }
    let (module, _) = sandbox.module();
    assert_eq!(module.language, Some(Language::Cpp));
    // `class` is a name in C: the file was not compiled as C++.
    assert_eq!(run(&module, "pear\napple\n"), "apple\npear\n42\n");
}

#[test]
fn only_what_has_changed_is_compiled_again() {
    let sandbox = Sandbox::new("factorial", &FACTORIAL);
    if !has_clang(&sandbox.machine) {
        return;
    }
    sandbox.module();
    assert_eq!(sandbox.module().1, ["fresh factorial"]);

    sandbox.write("include/factorial.h", "long factorial(long number);\n");
    assert_eq!(sandbox.module().1, ["compile main.c", "compile src/factorial.c", "link factorial"]);
    assert_eq!(sandbox.module().1, ["fresh factorial"]);

    fs::remove_file(sandbox.dir.join("src/deep/unused.c")).unwrap();
    assert_eq!(sandbox.module().1, ["link factorial"]);
}

#[test]
fn other_flags_compile_everything_again_but_colours_do_not() {
    let mut sandbox = Sandbox::new("factorial", &FACTORIAL);
    if !has_clang(&sandbox.machine) {
        return;
    }
    sandbox.module();
    sandbox.settings.color = wasmpack_builder::Color::Always;
    assert_eq!(sandbox.module().1, ["fresh factorial"]);
    sandbox.settings.c.define = vec!["NDEBUG".into()];
    assert_eq!(sandbox.module().1.len(), 4);
}

#[test]
fn a_cut_module_is_linked_again() {
    let sandbox = Sandbox::new("factorial", &FACTORIAL);
    if !has_clang(&sandbox.machine) {
        return;
    }
    let (module, _) = sandbox.module();
    fs::write(&module.path, &module.wasm[..100]).unwrap();
    let (again, steps) = sandbox.module();
    assert_eq!(steps, ["link factorial"]);
    assert_eq!(again.wasm, module.wasm);
}

#[test]
fn the_bytes_do_not_depend_on_where_the_folder_is() {
    const FILES: [(&str, &str); 2] = [
        ("src/x.h", "#include <assert.h>\nstatic inline void check(int n) { assert(n > 1); }\n"),
        ("src/main.c", "#include <x.h>\nint main(int n, char **v) { check(n); (void)v; }\n"),
    ];
    let mut one = Sandbox::new("x", &FILES);
    let mut two = Sandbox::new("x", &FILES);
    if !has_clang(&one.machine) {
        return;
    }
    // With an absolute path, the compiler sees where the folder is.
    one.settings.c.include = vec![one.dir.join("src")];
    two.settings.c.include = vec![two.dir.join("src")];
    two.settings.jobs = std::num::NonZero::new(1);
    let (one, two) = (one.module().0.wasm, two.module().0.wasm);
    assert!(one == two, "the modules differ");
    assert!(holds(&one, "src/x.h"));
}

#[test]
fn what_the_compiler_refuses_is_told_in_its_own_words() {
    let sandbox =
        Sandbox::new("bad", &[("src/bad.c", "int main(void) { return 1 }\n"), ("good.c", "int x;\n")]);
    if !has_clang(&sandbox.machine) {
        return;
    }
    let (error, diagnostics) = sandbox.error();
    assert!(matches!(&error, Error::Compilation { file, lack: None } if file == "src/bad.c"), "{error:?}");
    assert!(diagnostics.contains("src/bad.c:1:26: error: expected ';'"), "{diagnostics}");
}

#[test]
fn a_failed_build_leaves_nothing_half_done() {
    let sandbox = Sandbox::new("factorial", &FACTORIAL);
    if !has_clang(&sandbox.machine) {
        return;
    }
    let (module, _) = sandbox.module();
    sandbox.write("main.c", "#include \"nowhere.h\"\n");
    sandbox.error();
    assert_eq!(fs::read(&module.path).unwrap(), module.wasm, "the last good module is still there");
    let kept = fs::read_dir(module.path.parent().unwrap()).unwrap();
    let names: Vec<_> = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.starts_with(".new-")), "{names:?}");
}

#[test]
fn exceptions_are_explained() {
    const THROWS: &str = "#include <stdexcept>\nint main() { try { throw 1; } catch (...) {} }\n";
    let sandbox = Sandbox::new("throws", &[("main.cpp", THROWS)]);
    if !has_clang(&sandbox.machine) {
        return;
    }
    let (error, _) = sandbox.error();
    assert!(error.hint().unwrap().contains("without exceptions"), "{error:?}");
}

#[test]
fn exceptions_in_the_linker_are_explained() {
    let mut sandbox = Sandbox::new("throws", &[("main.cpp", "int main() { throw 1; }\n")]);
    if !has_clang(&sandbox.machine) {
        return;
    }
    sandbox.settings.c.flags = vec!["-fexceptions".into()];
    let (error, diagnostics) = sandbox.error();
    assert!(matches!(error, Error::Linking { lack: Some(Lack::Exceptions), .. }), "{error:?}\n{diagnostics}");
    assert!(error.hint().unwrap().contains("without exceptions"));
}

#[test]
fn two_mains_are_named_even_if_the_linker_would_take_one() {
    let sandbox = Sandbox::new(
        "two",
        &[
            ("a.c", "int main(void) { return 1; }\n"),
            ("src/b.c", "int main(int n, char **v) { return n; }\n"),
        ],
    );
    if !has_clang(&sandbox.machine) {
        return;
    }
    let (error, diagnostics) = sandbox.error();
    assert_eq!(error.to_string(), "found `main` more than once: in `a.c` and `src/b.c`");
    assert!(!diagnostics.contains("wasm-ld"), "{diagnostics}");
}

#[test]
fn no_main_is_said_plainly_and_a_reactor_needs_none() {
    let mut sandbox = Sandbox::new("none", &[("a.c", "int f(void) { return 1; }\n")]);
    if !has_clang(&sandbox.machine) {
        return;
    }
    let (error, diagnostics) = sandbox.error();
    assert!(matches!(error, Error::NoMain { .. }), "{error:?}");
    assert_eq!(diagnostics, "");
    sandbox.settings.c.link = vec!["-mexec-model=reactor".into(), "-Wl,--export=f".into()];
    let exports = crate::support::exports(&sandbox.module().0.wasm);
    assert!(exports.contains(&"f".to_owned()) && exports.contains(&"_initialize".to_owned()), "{exports:?}");
}

#[test]
fn an_undefined_symbol_is_told_by_the_linker() {
    let sandbox = Sandbox::new("undefined", &[("a.c", "int f(void);\nint main(void) { return f(); }\n")]);
    if !has_clang(&sandbox.machine) {
        return;
    }
    let (error, diagnostics) = sandbox.error();
    assert!(matches!(error, Error::Linking { lack: None, .. }), "{error:?}");
    assert!(diagnostics.contains("undefined symbol: f"), "{diagnostics}");
}

#[test]
fn libraries_of_wasi_are_linked_by_name() {
    const SIGNALS: &str = "#include <signal.h>\n#include <stdio.h>\nstatic void f(int s) { printf(\"%d\\n\", s); }\n\
         int main(void) { signal(SIGINT, f); raise(SIGINT); }\n";
    let mut sandbox = Sandbox::new("signals", &[("a.c", SIGNALS)]);
    if !has_clang(&sandbox.machine) || !has_node() {
        return;
    }
    sandbox.settings.c.define = vec!["_WASI_EMULATED_SIGNAL".into()];
    sandbox.settings.c.link = vec!["wasi-emulated-signal".into()];
    assert_eq!(run(&sandbox.module().0, ""), "2\n");
}

#[test]
fn headers_of_the_system_the_tests_run_on_stay_out() {
    // In Debian's `/usr/include`, but not WASI's.
    let sandbox = Sandbox::new("host", &[("a.c", "#include <sys/epoll.h>\nint main(void) { return 0; }\n")]);
    if !has_clang(&sandbox.machine) {
        return;
    }
    assert!(sandbox.error().1.contains("'sys/epoll.h' file not found"));
}

#[test]
fn numbers_of_128_bits_are_divided() {
    const DIVISION: &str = "#include <stdio.h>\nint main(void) {\n\
        volatile unsigned __int128 a = ~(unsigned __int128)0; printf(\"%u\\n\", (unsigned)(a % 1000000007));\n}\n";
    let sandbox = Sandbox::new("division", &[("a.c", DIVISION)]);
    if !has_clang(&sandbox.machine) || !has_node() {
        return;
    }
    assert_eq!(run(&sandbox.module().0, ""), format!("{}\n", u128::MAX % 1_000_000_007));
}

#[test]
fn the_time_of_day_and_the_hosts_headers_stay_out() {
    const CLOCK: &str = "#include <stdio.h>\nint main(void) { puts(__DATE__ \" \" __TIME__); }\n";
    let mut sandbox = Sandbox::new("clock", &[("a.c", CLOCK)]);
    if !has_clang(&sandbox.machine) || !has_node() {
        return;
    }
    "0".clone_into(&mut sandbox.machine.source_date_epoch);
    assert_eq!(run(&sandbox.module().0, ""), "Jan  1 1970 00:00:00\n");
    "86400".clone_into(&mut sandbox.machine.source_date_epoch);
    assert_eq!(run(&sandbox.module().0, ""), "Jan  2 1970 00:00:00\n");
}

#[test]
fn a_deep_recursion_has_almost_a_megabyte_of_stack() {
    const DEEP: &str = "#include <stdio.h>\n\
        static int deep(int n) {\n\
            volatile char b[1000];\n\
            for (int i = 0; i < 1000; i++) b[i] = n;\n\
            return n ? deep(n - 1) + b[999] : 0;\n\
        }\n\
        int main(void) { volatile int n = 900; printf(\"%d\\n\", deep(n) != 1); }\n";
    let mut sandbox = Sandbox::new("deep", &[("a.c", DEEP)]);
    if !has_clang(&sandbox.machine) || !has_node() {
        return;
    }
    assert_eq!(run(&sandbox.module().0, ""), "1\n");
    sandbox.settings.c.stack_size_bytes = Some(64 * 1024);
    let module = sandbox.module().0;
    assert!(std::panic::catch_unwind(|| run(&module, "")).is_err());
}

#[test]
fn without_a_compiler_the_error_says_what_to_type() {
    let mut sandbox = Sandbox::new("factorial", &FACTORIAL);
    sandbox.machine.search_path = sandbox.dir.join("bin").into_os_string();
    sandbox.machine.system_root = sandbox.dir.clone();
    sandbox.machine.wasi_sdk_path = None;
    let (error, _) = sandbox.error();
    assert!(matches!(error, Error::ToolchainMissing { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("WASI_SDK_PATH"), "{error:?}");
}

#[test]
#[ignore = "needs zig; `cargo xtask test --full` installs and runs it"]
fn zig_builds_c_and_cpp_too() {
    for (name, files, input, expected) in
        [("factorial", &FACTORIAL[..], "", "3628800 main.c\n"), ("sort", &SORT[..], "b\na\n", "a\nb\n42\n")]
    {
        let mut sandbox = Sandbox::new(name, files);
        // No clang is found in a system that is not there, so zig is taken.
        sandbox.machine.system_root = sandbox.dir.clone();
        sandbox.machine.wasi_sdk_path = None;
        let (module, _) = sandbox.module();
        assert_eq!(run(&module, input), expected);
        let sections = custom_sections(&module.wasm);
        assert!(sections.contains(&"target_features".to_owned()), "{sections:?}");
        assert!(sections.contains(&".debug_line".to_owned()), "{sections:?}");
        assert_eq!(sandbox.module().1, [format!("fresh {name}")]);
        sandbox.write(if name == "sort" { "sort.cpp" } else { "main.c" }, "int f(void) { return 1; }\n");
        assert!(matches!(sandbox.error().0, Error::NoMain { .. }));
    }
}

#[test]
fn a_program_may_begin_without_main() {
    let mut sandbox = Sandbox::new("bare", &[("start.c", "void _start(void) {}\n")]);
    if !has_clang(&sandbox.machine) {
        return;
    }
    assert!(matches!(sandbox.error().0, Error::NoMain { .. }));
    sandbox.settings.c.flags = vec!["-nostartfiles".to_owned()];
    assert!(exports(&sandbox.module().0.wasm).contains(&"_start".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_link_by_which_one_came_here_is_not_in_the_module() {
    let sandbox = Sandbox::new("app", &[("main.c", "int main(void) { return 0; }\n")]);
    if !has_clang(&sandbox.machine) {
        return;
    }
    let link = sandbox.dir.with_file_name("link");
    std::os::unix::fs::symlink(&sandbox.dir, &link).unwrap();
    let mut machine = sandbox.machine.clone();
    machine.current_dir.clone_from(&link);
    // What a shell says that came by the link.
    let modules = [sandbox.dir.clone(), link].map(|folder| {
        let source = Source::detect(&folder, &sandbox.settings, &machine).unwrap();
        let target_dir = Some(sandbox.dir.with_file_name(format!("built-{}", folder.file_name().unwrap())));
        let settings = Settings { target_dir, ..sandbox.settings.clone() };
        let project = Project::open(source, &settings, &machine).unwrap();
        wasmpack_builder::build(&project, &settings, &machine, &mut |_| {}).unwrap().remove(0).wasm
    });
    assert!(modules[0] == modules[1]);
}
