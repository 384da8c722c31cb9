//! Cargo packages become modules that run.

use std::fs;

use crate::support::{Sandbox, custom_sections, exports, has, has_node, holds, run};
use wasmpack_builder::toolchain::{State, survey};
use wasmpack_builder::{Error, Language, Machine, Project, Source, Toolchain};

const MANIFEST: &str = "[package]\nname = \"hello\"\nversion = \"1.2.3\"\nedition = \"2021\"\n\
    [package.metadata.wasmpack]\nkey = \"value\"\n[workspace]\n[workspace.metadata.wasmpack]\nkey = 1\n";
const MAIN: &str = "fn main() { println!(\"hello from {}\", file!()); }\n";

/// Whether there is a rustc with our target.
fn has_rust(machine: &Machine) -> bool {
    survey(machine).iter().take(3).all(|part| has(&part.name, part.state != State::Missing))
}

fn hello() -> Sandbox {
    Sandbox::new("hello", &[("Cargo.toml", MANIFEST), ("src/main.rs", MAIN)])
}

#[test]
fn a_package_becomes_a_small_command() {
    let sandbox = hello();
    if !has_rust(&sandbox.machine) || !has_node() {
        return;
    }
    let (module, steps) = sandbox.module();
    assert_eq!(run(&module, ""), "hello from src/main.rs\n");
    assert_eq!((module.name.as_str(), module.language), ("hello", Some(Language::Rust)));
    assert_eq!((module.package.as_deref(), module.version.as_deref()), (Some("hello"), Some("1.2.3")));
    assert!(steps.is_empty(), "cargo reports for itself");
    let sections = custom_sections(&module.wasm);
    assert!(
        ["name", "target_features", ".debug_line"].iter().all(|name| sections.iter().any(|has| has == name)),
        "{sections:?}"
    );
    assert!(module.path.as_str().contains("/wasmpack/"), "it was built with our profile: {}", module.path);
}

#[test]
fn sources_are_what_cargo_compiled_with_manifests_and_lock_file() {
    let sandbox = hello();
    if !has_rust(&sandbox.machine) {
        return;
    }
    let beside = "[package]\nname = \"beside\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    sandbox.write("../beside/Cargo.toml", beside);
    sandbox.write("../beside/src/lib.rs", "pub const TEXT: &str = include_str!(\"text\");\n");
    sandbox.write("../beside/src/text", "text");
    sandbox.write("Cargo.toml", &format!("{MANIFEST}[dependencies]\nbeside.path = \"../beside\"\n"));
    sandbox.write("src/main.rs", "fn main() { println!(\"{}\", beside::TEXT); }\n");
    sandbox.write("src/unused.rs", "not compiled");
    let sources = || sandbox.module().0.materials.sources.unwrap();
    let first = sources();
    // Both manifests, the lock file, `main.rs`, `lib.rs`, `text`.
    assert_eq!(first.files, 6);
    assert_eq!(sources(), first);
    sandbox.write("src/unused.rs", "not compiled either");
    assert_eq!(sources(), first);
    sandbox.write("../beside/src/text", "other text");
    assert_ne!(sources().dir_hash, first.dir_hash);
}

#[test]
fn metadata_is_known_before_the_build() {
    let sandbox = hello();
    if !has_rust(&sandbox.machine) {
        return;
    }
    let source = Source::detect(&sandbox.dir, &sandbox.settings, &sandbox.machine).unwrap();
    let project = Project::open(source, &sandbox.settings, &sandbox.machine).unwrap();
    assert_eq!(project.target_directory, sandbox.dir.with_file_name("built"));
    assert_eq!(project.packages[0].metadata["key"], "value");
    assert_eq!(project.workspace_metadata["key"], 1);
    assert!(project.packages[0].is_default);
}

#[test]
fn several_programs_are_several_modules_and_one_can_be_chosen() {
    let mut sandbox = hello();
    if !has_rust(&sandbox.machine) {
        return;
    }
    sandbox.write("src/bin/other.rs", "fn main() {}\n");
    let names = |sandbox: &Sandbox| {
        let mut names: Vec<_> = sandbox.build().0.unwrap().into_iter().map(|module| module.name).collect();
        names.sort();
        names
    };
    assert_eq!(names(&sandbox), ["hello", "other"]);
    sandbox.settings.cargo.bin = vec!["other".into()];
    assert_eq!(names(&sandbox), ["other"]);
}

#[test]
fn a_profile_of_the_users_is_completed_and_not_overridden() {
    let sandbox = hello();
    if !has_rust(&sandbox.machine) || !has_node() {
        return;
    }
    sandbox.write(
        "Cargo.toml",
        &format!("{MANIFEST}[profile.wasmpack]\ndebug-assertions = true\npanic = 'unwind'\n"),
    );
    // The build script is told the level, which the profile lacks.
    sandbox.write(
        "build.rs",
        "fn main() { println!(\"cargo:rustc-env=LEVEL={}\", std::env::var(\"OPT_LEVEL\").unwrap()); }\n",
    );
    sandbox.write(
        "src/main.rs",
        "fn main() { println!(\"{} {}\", cfg!(debug_assertions), env!(\"LEVEL\")); }\n",
    );
    assert_eq!(run(&sandbox.module().0, ""), "true z\n");
}

/// A crate outside the workspace, in a folder of cargo's home, which panics with its path; and a generic function of
/// the standard library, which panics with its own.
fn with_dependency() -> Sandbox {
    let mut sandbox = Sandbox::new(
        "far",
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"far\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[workspace]\n[dependencies]\npanics = \"1\"\n",
            ),
            (
                "src/main.rs",
                "mod made { include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\")); }\n\
                 fn main() { let n = std::env::args().count(); println!(\"{}\", panics::at(n) + made::at(n));\n\
                 let mut map = std::collections::BTreeMap::new(); map.insert(n, n); map.remove(&1); println!(\"{map:?}\"); }\n",
            ),
            (
                "build.rs",
                "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap();\n\
                 std::fs::write(out + \"/made.rs\", \"pub fn at(n: usize) -> usize { [1, 2][n] }\").unwrap(); }\n",
            ),
        ],
    );
    let home = sandbox.dir.with_file_name("home");
    let config = format!(
        "[source.crates-io]\nreplace-with = 'kept'\n[source.kept]\ndirectory = '{}'\n",
        home.join("kept")
    );
    for (path, text) in [
        ("config.toml", config.as_str()),
        ("kept/panics/Cargo.toml", "[package]\nname = \"panics\"\nversion = \"1.0.0\"\n"),
        ("kept/panics/.cargo-checksum.json", "{\"files\":{},\"package\":null}"),
        ("kept/panics/src/lib.rs", "#[inline(never)]\npub fn at(n: usize) -> usize { [1, 2, 3][n] }\n"),
    ] {
        let path = home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    sandbox.machine.cargo_home = Some(home);
    sandbox
}

#[test]
fn the_bytes_do_not_depend_on_where_the_checkout_and_cargos_home_are() {
    let (one, mut two) = (with_dependency(), with_dependency());
    if !has_rust(&one.machine) {
        return;
    }
    two.settings.jobs = std::num::NonZero::new(1);
    two.settings.target_dir = Some("in/side".into());
    let (one, two) = (one.module().0.wasm, two.module().0.wasm);
    assert!(one == two, "the modules differ");
    for expected in ["/cargo/kept/panics/src/lib.rs", "/target/wasm32-wasip1/wasmpack/build/far-", "/rustc/"]
    {
        assert!(holds(&one, expected), "{expected}");
    }
    assert!(!holds(&one, "rustlib/src/rust"));
}

#[test]
fn the_users_own_flags_are_kept_wherever_they_are() {
    const WANTS: &str = "#![allow(unexpected_cfgs)]\n#[cfg(not(wanted))] compile_error!(\"the flag was lost\");\n\
        fn main() { let n = std::env::args().count(); println!(\"{}\", [1, 2][n]); }\n";
    let configs = [
        "[build]\nrustflags = [\"--cfg\", \"wanted\"]\n",
        "[build]\nrustflags = \"--cfg wanted\"\n",
        "[target.wasm32-wasip1]\nrustflags = [\"--cfg\", \"wanted\"]\n[build]\nrustflags = [\"--cfg\", \"other\"]\n",
        "[target.'cfg(target_os = \"wasi\")']\nrustflags = [\"--cfg\", \"wanted\"]\n",
        "[target.'cfg(unix)']\nrustflags = [\"--cfg\", \"other\"]\n[build]\nrustflags = [\"--cfg\", \"wanted\"]\n",
        "",
    ];
    for config in configs {
        let mut sandbox = hello();
        if !has_rust(&sandbox.machine) {
            return;
        }
        sandbox.write("src/main.rs", WANTS);
        sandbox.write(".cargo/config.toml", config);
        sandbox.machine.rustflags = config.is_empty().then(|| "--cfg wanted".to_owned());
        // Fat link-time optimization takes long, and has no part in this.
        sandbox.settings.cargo.config = vec!["profile.wasmpack.lto=false".into()];
        let wasm = sandbox.module().0.wasm;
        assert!(!holds(&wasm, sandbox.dir.as_str()), "the checkout shows with {config:?}");
    }
}

#[test]
fn a_library_becomes_a_reactor() {
    let sandbox = Sandbox::new(
        "adder",
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"adder\"\nversion = \"0.1.0\"\n[workspace]\n[lib]\ncrate-type = [\"cdylib\"]\n",
            ),
            ("src/lib.rs", "#[no_mangle]\npub extern \"C\" fn add(a: i32, b: i32) -> i32 { a + b }\n"),
        ],
    );
    if !has_rust(&sandbox.machine) {
        return;
    }
    let (module, _) = sandbox.module();
    assert_eq!(module.name, "adder");
    assert!(exports(&module.wasm).contains(&"add".to_owned()));
}

#[test]
fn a_library_that_is_no_module_is_an_error() {
    let sandbox = Sandbox::new(
        "plain",
        &[
            ("Cargo.toml", "[package]\nname = \"plain\"\nversion = \"0.1.0\"\n[workspace]\n"),
            ("src/lib.rs", ""),
        ],
    );
    if !has_rust(&sandbox.machine) {
        return;
    }
    let (error, _) = sandbox.error();
    assert!(matches!(error, Error::NoProgram { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("cdylib"));
}

#[test]
fn what_rustc_refuses_and_what_cargo_refuses_are_told_apart() {
    let sandbox = hello();
    if !has_rust(&sandbox.machine) {
        return;
    }
    sandbox.write("src/main.rs", "fn main() { let }\n");
    let (error, _) = sandbox.error();
    assert!(matches!(error, Error::CargoBuild { .. }) && error.is_already_told(), "{error:?}");

    sandbox.write("Cargo.toml", "[package]\nname = \"hello\"\nversion = \"none\"\n");
    let (error, _) = sandbox.error();
    assert!(matches!(&error, Error::Metadata { text, .. } if text.contains("version")), "{error:?}");
}

#[test]
fn without_cargo_the_error_names_it() {
    let mut sandbox = hello();
    sandbox.machine.search_path = sandbox.dir.join("bin").into_os_string();
    sandbox.machine.cargo = None;
    sandbox.machine.rustc = None;
    let (error, _) = sandbox.error();
    assert_eq!(error.to_string(), "failed to find `cargo`");
    assert!(error.hint().unwrap().contains("https://rustup.rs"));
}

#[test]
fn a_program_that_cargo_passes_over_is_told_with_the_features_it_takes() {
    let sandbox = hello();
    if !has_rust(&sandbox.machine) {
        return;
    }
    let program = "[features]\nx = []\ny = []\n[[bin]]\nname = \"hello\"\npath = \"src/main.rs\"\nrequired-features = [\"x\", \"y\"]\n";
    sandbox.write("Cargo.toml", &format!("{MANIFEST}{program}"));
    let (error, _) = sandbox.error();
    assert!(matches!(error, Error::NoProgram { .. }), "{error:?}");
    assert_eq!(error.hint().unwrap(), "`hello` is built with `--features x,y`");
}

#[test]
fn a_c_compiler_that_was_asked_for_is_missed_by_its_name() {
    let mut sandbox = hello();
    if !has_rust(&sandbox.machine) {
        return;
    }
    // Cargo takes any crate of that name for it.
    sandbox.write("cc/Cargo.toml", "[package]\nname = \"cc\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
    sandbox.write("cc/src/lib.rs", "compile_error!(\"no compiler\");\n");
    sandbox.write("Cargo.toml", &format!("{MANIFEST}[dependencies]\ncc.path = \"cc\"\n"));
    sandbox.settings.c.toolchain = Toolchain::Clang(Some(99));
    let (error, _) = sandbox.error();
    assert!(error.hint().unwrap().ends_with("failed to find `clang-99`"), "{error:?}");
}

#[test]
fn an_example_that_is_a_library_is_no_program() {
    let sandbox = hello();
    if !has_rust(&sandbox.machine) {
        return;
    }
    sandbox
        .write("Cargo.toml", &format!("{MANIFEST}[[example]]\nname = \"plugin\"\ncrate-type = [\"rlib\"]\n"));
    sandbox.write("examples/plugin.rs", "");
    sandbox.write("examples/shown.rs", "fn main() {}\n");
    let source = Source::detect(&sandbox.dir, &sandbox.settings, &sandbox.machine).unwrap();
    let project = Project::open(source, &sandbox.settings, &sandbox.machine).unwrap();
    assert_eq!(project.packages[0].examples, ["shown"]);
}
