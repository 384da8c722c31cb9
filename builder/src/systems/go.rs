//! Go: its own compiler makes modules for WASI.

use std::process::Command;

use super::{Job, System, Work};
use crate::{Error, Module};

pub(super) fn work(job: &Job<'_>) -> Result<Work, Error> {
    let mut build = go(job)?;
    // Paths and the state of the checkout stay out of the module.
    build
        .args(["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"])
        .args(&job.settings.system.arguments);
    let made = if job.settings.cargo.bins || !job.settings.programs().is_empty() {
        let folder = job.out.join("bin");
        let packages = selected(&mut go(job)?, job)?;
        // By the separator at its end, Go knows that it is a folder.
        build.arg("-o").arg(folder.join("")).args(&packages);
        packages.iter().map(|package| folder.join(name(package))).collect()
    } else {
        let module = job.out.join(format!("{}.wasm", job.project.name()));
        build.arg("-o").arg(&module).arg(".");
        vec![module]
    };
    Ok(Work { made, ..Work::only(build) })
}

/// Whether what was made of the folder is a program: of a library Go makes an archive, under the same name.
pub(super) fn check(job: &Job<'_>, modules: &[Module]) -> Result<(), Error> {
    if modules.iter().all(|module| module.wasm.starts_with(b"\0asm")) {
        return Ok(());
    }
    let dir = job.dir.to_owned();
    let names = packages(&mut go(job)?)?.unwrap_or_default();
    let names: Vec<_> = names.iter().map(|package| name(package).to_owned()).collect();
    Err(if names.is_empty() {
        Error::NothingBuilt { system: System::Go, dir }
    } else {
        Error::WhichProgram { wanted: None, dir, names }
    })
}

fn go(job: &Job<'_>) -> Result<Command, Error> {
    let program = job.machine.find_program("go").ok_or_else(|| super::missing("go", job.machine))?;
    let mut command = Command::new(&program);
    command.current_dir(job.dir).envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]);
    Ok(command)
}

/// All packages with programs, unless Go finds something wrong.
fn packages(go: &mut Command) -> Result<Option<Vec<String>>, Error> {
    let format = "{{if eq .Name \"main\"}}{{.ImportPath}}{{end}}";
    let output = go.args(["list", "-f", format, "./..."]).output();
    let output = output.map_err(|source| Error::Run { program: "go".to_owned(), source })?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success().then(|| text.lines().map(ToOwned::to_owned).collect()))
}

/// The packages with the programs that are asked for.
fn selected(go: &mut Command, job: &Job<'_>) -> Result<Vec<String>, Error> {
    // What is wrong, the build says too.
    let Some(packages) = packages(go)? else { return Ok(vec!["./...".to_owned()]) };
    if job.settings.cargo.bins {
        return Ok(packages);
    }
    let find = |wanted: &String| {
        let found = packages.iter().find(|package| name(package) == wanted);
        found.cloned().ok_or_else(|| Error::WhichProgram {
            wanted: Some(wanted.clone()),
            dir: job.dir.to_owned(),
            names: packages.iter().map(|package| name(package).to_owned()).collect(),
        })
    };
    job.settings.programs().iter().map(find).collect()
}

/// What Go calls the program of a package: the last part of its path that is no version.
fn name(package: &str) -> &str {
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut parts = package.rsplit('/');
    let last = parts.next().unwrap_or(package);
    if is_version(last) { parts.next().unwrap_or(last) } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_called_as_its_package_without_the_version() {
        let packages = ["example.com/tools/sum", "example.com/sum/v2", "sum", "v2", "example.com/vim"];
        assert_eq!(packages.map(name), ["sum", "sum", "sum", "v2", "vim"]);
    }
}
