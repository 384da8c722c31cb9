//! Real projects in temporary folders, built with the real toolchains.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;
use wasmpack_builder::{Error, Machine, Module, Project, Settings, Source, Step};
use wasmparser::{Parser, Payload};

/// A project that is about to be built.
pub struct Sandbox {
    pub dir: Utf8PathBuf,
    pub machine: Machine,
    pub settings: Settings,
    _guard: TempDir,
}

/// What was told during a build.
#[derive(Debug, Default)]
pub struct Told {
    /// `compile a.c`, `link x`, `fresh x`, in sorted order, because compilers run side by side.
    pub steps: Vec<String>,
    pub diagnostics: String,
}

impl Sandbox {
    /// A folder named `name` with these files.
    pub fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(guard.path()).unwrap().canonicalize_utf8().unwrap();
        let dir = root.join(name);
        fs::create_dir(&dir).unwrap();
        let mut machine = Machine::read(&dir, variables());
        // A folder with another system's packages in it, to try other versions of the toolchain without installing.
        if let Some(system) = variable("WASMPACK_TEST_SYSTEM").and_then(|system| system.into_string().ok()) {
            machine.system_root = system.into();
            machine.search_path = machine.system_root.join("usr/bin").into_os_string();
        }
        // Not where `CARGO_TARGET_DIR` may say, which is that of the tests themselves.
        let settings = Settings { target_dir: Some(root.join("built")), ..Settings::default() };
        let sandbox = Self { dir, machine, settings, _guard: guard };
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn build(&self) -> (Result<Vec<Module>, Error>, Told) {
        let mut told = Told::default();
        let result = Source::detect(&self.dir, &self.settings, &self.machine)
            .and_then(|source| Project::open(source, &self.settings, &self.machine))
            .and_then(|project| {
                wasmpack_builder::build(&project, &self.settings, &self.machine, &mut |step| match step {
                    Step::Compiling { source, .. } => told.steps.push(format!("compile {source}")),
                    Step::Linking { module, .. } => told.steps.push(format!("link {module}")),
                    Step::Waiting { folder } => told.steps.push(format!("wait for {folder}")),
                    Step::Fresh { module } => told.steps.push(format!("fresh {module}")),
                    Step::NotLaunched { launcher, .. } => told.steps.push(format!("without {launcher}")),
                    Step::Reused { hits, misses } => {
                        told.steps.push(format!("reuse {hits} of {}", hits + misses));
                    }
                    Step::Running { command } => told.steps.push(format!("run {command}")),
                    Step::Unlisted { module, .. } => told.steps.push(format!("no list for {module}")),
                    Step::Diagnostics(text) | Step::Message(text) => told.diagnostics.push_str(text),
                })
            });
        told.steps.sort();
        (result, told)
    }

    /// Builds the only module, and returns it with the steps that were told.
    #[track_caller]
    pub fn module(&self) -> (Module, Vec<String>) {
        let (result, told) = self.build();
        let mut modules =
            result.unwrap_or_else(|error| panic!("{error}: {:?}\n{}", error.hint(), told.diagnostics));
        assert_eq!(modules.len(), 1, "{modules:?}");
        (modules.remove(0), told.steps)
    }

    #[track_caller]
    pub fn error(&self) -> (Error, String) {
        let (result, told) = self.build();
        (result.unwrap_err(), told.diagnostics)
    }
}

#[expect(clippy::disallowed_methods, reason = "tests use the machine they run on")]
fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

#[expect(clippy::disallowed_methods, reason = "tests use the machine they run on")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Whether the program `name` is there. Without it a test says so and passes; on a CI machine it fails instead.
pub fn has(name: &str, is_there: bool) -> bool {
    assert!(is_there || variable("CI").is_none_or(|ci| ci != "true"), "{name} is missing");
    if !is_there {
        println!("skipped: {name} is missing");
    }
    is_there
}

/// What the module prints when Node runs it with `input`.
pub fn run(module: &Module, input: &str) -> String {
    const SCRIPT: &str = "
        const { WASI } = require('node:wasi');
        const wasi = new WASI({ version: 'preview1', args: ['app'] });
        const module = new WebAssembly.Module(require('node:fs').readFileSync(process.argv[1]));
        wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));";
    let dir = tempfile::tempdir().unwrap();
    let stdin = dir.path().join("stdin");
    fs::write(&stdin, input).unwrap();
    let mut node = Command::new("node");
    node.args(["--no-warnings", "-e", SCRIPT]).arg(&module.path).stdin(fs::File::open(stdin).unwrap());
    let output = node.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub fn has_node() -> bool {
    has("node", Command::new("node").arg("--version").output().is_ok())
}

/// The names of the custom sections.
pub fn custom_sections(wasm: &[u8]) -> Vec<String> {
    let payloads = Parser::new(0).parse_all(wasm).map(Result::unwrap);
    payloads
        .filter_map(|payload| match payload {
            Payload::CustomSection(section) => Some(section.name().to_owned()),
            _ => None,
        })
        .collect()
}

/// The names of the exports.
pub fn exports(wasm: &[u8]) -> Vec<String> {
    let payloads = Parser::new(0).parse_all(wasm).map(Result::unwrap);
    payloads
        .filter_map(|payload| match payload {
            Payload::ExportSection(section) => Some(section),
            _ => None,
        })
        .flat_map(|section| section.into_iter().map(|export| export.unwrap().name.to_owned()))
        .collect()
}

/// Whether `text` is anywhere in the module.
pub fn holds(wasm: &[u8], text: &str) -> bool {
    wasm.windows(text.len()).any(|window| window == text.as_bytes())
}
