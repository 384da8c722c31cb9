//! Installs what is missing, after saying what. At once done when nothing is.

use std::process::Command;

use camino::Utf8PathBuf;

use crate::needs::{NEEDS, Need};
use crate::packages::{self, Manager};
use crate::workspace::Workspace;
use crate::{Result, process, shell};

/// What the machine is set up for. Later ones need what earlier ones do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum For {
    Demo,
    Tests,
    Figures,
}

/// The target our modules are built for.
pub(crate) const TARGET: &str = "wasm32-wasip1";

/// And the one for components. The demo has none, but who goes on after it by the README does.
const COMPONENTS: &str = "wasm32-wasip2";

/// Installs what `goal` needs and the machine lacks.
pub(crate) fn run(_workspace: &Workspace, goal: For) -> Result {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| need.needed <= goal && need.is_missing()).collect();
    if !missing.is_empty() {
        shell::status("Missing", missing.iter().map(|need| need.purpose).collect::<Vec<_>>().join("; "));
        match Manager::of_system() {
            Some(Manager::Apt) => install(&missing)?,
            manager => explain(manager, &missing)?,
        }
    }
    rust(goal)
}

fn install(missing: &[&Need]) -> Result {
    packages::apt_update()?;
    let mut names = Vec::new();
    for need in missing {
        match need.apt {
            [] => names.extend(packages::apt_llvm()?),
            packages => names.extend(packages.iter().map(ToString::to_string)),
        }
    }
    packages::apt_install(&names)?;
    let still: Vec<&str> = missing.iter().filter(|need| need.is_missing()).map(|need| need.purpose).collect();
    if still.is_empty() { Ok(()) } else { Err(format!("still missing: {}", still.join("; ")).into()) }
}

/// Says what to type. Only tests can go on without: they report what they skip.
fn explain(manager: Option<Manager>, missing: &[&Need]) -> Result {
    let names =
        |manager| missing.iter().flat_map(move |need| need.packages(manager)).map(ToString::to_string);
    let advice = match manager.map(|manager| (manager, names(manager).collect::<Vec<_>>())) {
        Some((manager, names)) if !names.is_empty() => {
            format!("install with `{}`", manager.command_line(&names))
        }
        _ => "install these by hand; for C and C++, wasi-sdk or zig will do".to_owned(),
    };
    if missing.iter().any(|need| need.needed == For::Demo) {
        return Err(advice.into());
    }
    shell::warn(format!("tests that need them will be skipped; {advice}"));
    Ok(())
}

/// The Rust targets, for tests the formatter and the linter, and for figures the sources of the standard library.
fn rust(goal: For) -> Result {
    let sysroot = process::stdout_of(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sysroot = Utf8PathBuf::from(sysroot.trim_end());
    for target in [TARGET, COMPONENTS] {
        if !sysroot.join("lib/rustlib").join(target).is_dir() {
            rustup(&["target", "add", target])?;
        }
    }
    let component = |name: &str| sysroot.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    for (program, name) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if goal >= For::Tests && !component(program).exists() && which::which(program).is_err() {
            rustup(&["component", "add", name])?;
        }
    }
    if goal >= For::Figures && !sysroot.join("lib/rustlib/src/rust/library").is_dir() {
        rustup(&["component", "add", "rust-src"])?;
    }
    Ok(())
}

fn rustup(arguments: &[&str]) -> Result {
    let command = format!("rustup {}", arguments.join(" "));
    if which::which("rustup").is_err() {
        let name = arguments.last().unwrap_or(&"");
        return Err(format!(
            "`{name}` is missing, and this Rust is not rustup's: install it as you installed Rust, or use rustup and `{command}`"
        )
        .into());
    }
    shell::status("Installing", command);
    process::run(Command::new("rustup").args(arguments))
}
