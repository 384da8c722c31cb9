//! Node's `node:wasi`: a second runtime, which has nothing in common with Wasmtime.

use std::process::{Command, Stdio};

use crate::images::Built;
use crate::support::stdout_of;
use crate::tools;

pub fn missing() -> Option<String> {
    tools::missing(&["node"])
}

/// Node prints the same.
pub fn runs(built: &Built) {
    let module = built.folder("node").join("app.wasm");
    std::fs::write(&module, &built.wasm).unwrap();
    let mut node = Command::new("node");
    node.arg("--no-warnings")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/consumers/run.mjs"))
        .arg(module);
    assert_eq!(stdout_of(node.args(built.arguments).stdin(Stdio::null())), built.stdout);
}
