//! What the optimizer did, in lines.

use wasmpack_builder::Module;
use wasmpack_optimizer::{Kind, Outcome, PassReport, Report};

use crate::shell::Shell;
use crate::size::{Size, percent};

/// One line per pass: what it removed.
pub fn passes(report: &Report, shell: &mut Shell) {
    for pass in &report.passes {
        if let Some(why) = &pass.unfinished {
            shell.warn(format_args!("pass `{}` took what was finished: {why}", pass.name));
        }
        match &pass.outcome {
            Outcome::Kept if pass.after == pass.before => {
                shell.detail("Removed", format_args!("{:<9} nothing", pass.name));
            }
            Outcome::Kept => {
                shell.status("Removed", removed(pass));
                if let Some(by) = &pass.by {
                    shell.detail("Chose", format_args!("{by}, the smallest as stored"));
                }
            }
            Outcome::Dropped { .. } => {
                shell.detail("Dropped", format_args!("{:<9} the module would be larger", pass.name));
            }
            Outcome::Failed { reason } => {
                shell.warn(format_args!("pass `{}` failed and was left out: {reason}", pass.name));
            }
        }
    }
    for section in &report.kept_sections {
        shell.detail("Kept", format_args!("section {section}"));
    }
    if let Some(export) = &report.dropped_export {
        shell.status("Dropped", format_args!("export {export}: a service is no command"));
    }
}

/// Warns of functions that no WASI host has. Rust's linker lets a program ask for whatever it declares.
pub fn foreign_imports(module: &Module, shell: &mut Shell) {
    // What is no module is told of by whoever reads it next.
    let imports = wasmpack_optimizer::imports(&module.wasm).unwrap_or_default();
    let foreign = imports.iter().filter(|import| import.module == "env" && import.kind == Kind::Function);
    let names: Vec<_> = foreign.map(|import| format!("`{}`", import.name)).collect();
    if names.is_empty() {
        return;
    }
    let listed = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().checked_sub(6).map_or(String::new(), |more| format!(" and {} more", more + 1));
    let name = &module.name;
    shell.warn(format_args!("`{name}` calls {listed}{more}, which no runtime offers: it will not start"));
    if let Some(hint) = wasmpack_builder::explain(imports.iter().map(|import| import.name.as_str())) {
        shell.note(hint);
    }
}

/// `hello.wasm 137.9 kB → 24.2 kB (17.6 %)`.
pub fn module(name: &str, report: &Report, shell: &mut Shell) {
    shell.status("Optimized", format_args!("{name} {}", shrunk(report.before.bytes, report.after.bytes)));
}

/// `137.9 kB → 24.2 kB (17.6 %)`.
#[must_use]
pub fn shrunk(before: u64, after: u64) -> String {
    format!("{} → {} ({})", Size(before), Size(after), percent(after, before))
}

/// `gc        92 functions, 12.3 kB`, naming only what changed.
fn removed(pass: &PassReport) -> String {
    let (before, after) = (&pass.before, &pass.after);
    let gone = [
        ("function", before.functions.saturating_sub(after.functions)),
        ("export", before.exports.saturating_sub(after.exports)),
        ("import", before.imports.saturating_sub(after.imports)),
    ];
    let counted = gone.into_iter().filter(|(_, count)| *count > 0);
    let mut parts: Vec<String> =
        counted.map(|(noun, count)| format!("{count} {noun}{}", if count == 1 { "" } else { "s" })).collect();
    parts.push(match pass.weights {
        Some((before, after)) => format!("{} of the layer", Size(before.saturating_sub(after))),
        None => Size(before.bytes.saturating_sub(after.bytes)).to_string(),
    });
    format!("{:<9} {}", pass.name, parts.join(", "))
}
