//! cargo: asked about a workspace, then made to build it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use toml::Table;

use crate::artifacts::Told;
use crate::machine::SECRETS;
use crate::materials::{self, Tree};
use crate::native::Native;
use crate::project::target_dir;
use crate::rustflags::{self, Rustflags};
use crate::settings::{CargoSettings, Color, Messages, STACK_BYTES, Std};
use crate::turn::Turn;
use crate::{
    Error, Machine, Module, Project, Settings, Step, Target, artifacts, cargo_config, linker, native,
    products, profile, rustc, sccache,
};

/// The command that tells of the workspace of `manifest`, without its dependencies.
pub(crate) fn metadata_command(
    manifest: &Utf8Path,
    settings: &Settings,
    machine: &Machine,
) -> Result<Command, Error> {
    let mut command = command(manifest, settings, machine)?;
    command.args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"]).arg(manifest);
    command.args(resolution_flags(&settings.cargo, machine));
    // What it says becomes part of an error.
    command.env("CARGO_TERM_COLOR", "never");
    without_certificates(&mut command);
    Ok(command)
}

/// Cargo reads the certificates of the system when it starts, for as long as all the rest takes; where it meets no server, it
/// can be told not to. (rustup's stand-in might meet one: it may have to install the toolchain.)
fn without_certificates(command: &mut Command) {
    if rustc::sysroot_around(Path::new(command.get_program())).is_some() {
        command.env("SSL_CERT_FILE", "/dev/null");
    }
}

/// Builds what the settings select; nothing, if what it is made of `is_known`. Cargo's progress and diagnostics go straight to
/// standard error.
pub(crate) fn build(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
    on_step: &mut dyn FnMut(Step<'_>),
    is_known: &mut dyn FnMut(&[Utf8PathBuf]) -> bool,
) -> Result<Option<Vec<Module>>, Error> {
    // Until the modules are read.
    let _turn = Turn::with_cargo(&project.target_directory, profile::folder(&settings.cargo), on_step)?;
    let (mut command, native) = build_command(project, settings, machine)?;
    command.stdout(Stdio::piped());
    let child = command.spawn();
    let failed = |source| could_not_run(&command, source);
    let mut child = child.map_err(failed)?;
    let stdout = child.stdout.take().expect("standard output is piped");
    // Cargo says that the build is over before it begins to tidy up: the modules are there then, and can be looked at meanwhile.
    let mut on_line = |line: &str| {
        if settings.messages != Messages::Drawn {
            on_step(Step::Message(line));
        }
    };
    let told = artifacts::read(BufReader::new(stdout), &mut on_line);
    let is_all_known = told.as_ref().is_ok_and(|Told { artifacts, is_built }| {
        if !is_built {
            return false;
        }
        let mut files = artifacts::made_of(project, artifacts);
        let given = given_config(&settings.cargo, machine);
        files.extend(cargo_config::files(project.source.dir(), machine.cargo_home.as_deref(), &given));
        is_known(&files)
    });
    let status = child.wait().map_err(failed)?;
    let Told { artifacts, .. } = told.map_err(failed)?;
    if !status.success() {
        // Only now there is a lock file for sure, which knows whether there are such crates.
        let is_native = native::has_crate(&project.root, native::CC);
        return Err(Error::CargoBuild {
            native: native.remedy.filter(|_| is_native),
            missing: native.missing.filter(|_| is_native).map(Box::new),
        });
    }
    if is_all_known {
        return Ok(None);
    }
    let mut modules = artifacts::modules(project, settings, &artifacts)?;
    let tree = tree(project, settings, machine)?;
    for module in &mut modules {
        let package = project.packages.iter().find(|package| Some(&package.name) == module.package.as_ref());
        let Some(folder) = package.and_then(|package| package.manifest.parent()) else { continue };
        let packages = tree.below(folder);
        if packages.is_empty() {
            on_step(Step::Unlisted { module: &module.name, folder });
        }
        materials::list(module, &packages);
        module.materials.sources = materials::sources::of_cargo(project, module);
    }
    Ok(Some(modules))
}

/// What the modules of a build are linked from.
fn tree(project: &Project, settings: &Settings, machine: &Machine) -> Result<Tree, Error> {
    let manifest = project.source.dir().join("Cargo.toml");
    let mut command = command(&manifest, settings, machine)?;
    without_certificates(&mut command);
    command.env("CARGO_TERM_COLOR", "never");
    command.arg("tree").arg("--manifest-path").arg(manifest).arg(format!("--target={}", settings.target));
    let cargo = &settings.cargo;
    // All that can be needed is there, after a build.
    command.args((!cargo.offline && !cargo.frozen).then_some("--offline"));
    command.args(selection(cargo)).args(resolution_flags(cargo, machine));
    let given = given_config(cargo, machine);
    let config = cargo_config::candidates(project.source.dir(), machine.cargo_home.as_deref(), &given);
    Tree::of(project, command, cargo.examples || !cargo.example.is_empty(), machine, config)
}

/// The features that a build joins for each package it selects, as only `cargo tree` tells; those of what it depends on as
/// `dependency/feature`, as `required-features` name them.
pub(crate) fn features(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    let manifest = project.source.dir().join("Cargo.toml");
    let mut command = command(&manifest, settings, machine)?;
    command.env("CARGO_TERM_COLOR", "never");
    command.arg("tree").arg("--manifest-path").arg(&manifest).arg(format!("--target={}", settings.target));
    command.args(["--edges=normal", "--depth=1", "--no-dedupe", "--prefix=depth", "--format={p}\t{f}"]);
    command.args(selection(&settings.cargo)).args(resolution_flags(&settings.cargo, machine));
    let output = command.output().map_err(|source| could_not_run(&command, source))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Metadata { manifest, text: text.trim().trim_start_matches("error: ").to_owned() });
    }
    Ok(products::features(&String::from_utf8_lossy(&output.stdout)))
}

/// cargo, rustc, the C compiler that crates are told of, and the command that builds.
pub(crate) fn plan(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
) -> Result<(Vec<Utf8PathBuf>, Vec<Command>), Error> {
    let (command, native) = build_command(project, settings, machine)?;
    let rust = [program(machine), rustc::program(machine)].into_iter().flatten();
    let programs = rust.filter_map(|path| Utf8PathBuf::try_from(path).ok()).chain(native.compiler);
    Ok((programs.collect(), vec![command]))
}

/// The command that builds, and what it is told of C compilers.
fn build_command(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
) -> Result<(Command, Native), Error> {
    let rustc = project.rustc.as_ref();
    let rustc = rustc.ok_or_else(|| missing("rustc", machine))?;
    rustc.check_target(settings.target, machine)?;
    let given = given_config(&settings.cargo, machine);
    let config = cargo_config::read(project.source.dir(), machine.cargo_home.as_deref(), &given);
    let mut flags = rustflags::remapping(project, machine);
    let linker = linker::of(settings.target, machine, &config);
    let link_arg = |argument: &str| linker::flag(linker.as_deref(), argument);
    // Before the user's own and those of build scripts, of which the last counts.
    let stack_bytes = settings.c.stack_size_bytes.unwrap_or(STACK_BYTES);
    flags.push(link_arg(&format!("-zstack-size={stack_bytes}")));
    if is_ours(settings) {
        let lines = profile::line_flags(&manifest_of(project), &config, &machine.cargo_variables);
        flags.extend(lines.iter().map(ToString::to_string));
    }
    if settings.target == Target::Wasip2 {
        flags.push(link_arg(KEEP_MODULE));
    }
    if settings.cargo.std == Std::Minimal {
        rustc.check_sources(machine)?;
        flags.extend(IMMEDIATE_ABORT.map(ToOwned::to_owned));
    }
    let flags = rustflags::add(&flags, settings.target, machine, &config);

    let manifest = project.source.dir().join("Cargo.toml");
    let mut command = command(&manifest, settings, machine)?;
    command.arg("build").arg("--manifest-path").arg(&manifest);
    command.args(build_arguments(settings, &missing_profile_keys(project, settings, machine, &config)));
    match flags {
        Rustflags::Variable(value) => {
            command.env("CARGO_ENCODED_RUSTFLAGS", value);
        }
        Rustflags::Config(values) => {
            command.args(values.iter().flat_map(|value| ["--config", value]));
        }
    }
    if settings.cargo.std == Std::Minimal {
        // These switches are for nightly toolchains, unless one says that one knows.
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    command
        .args(sccache::cargo_config(settings).into_iter().flat_map(|value| ["--config".to_owned(), value]));
    let native = native::find(project, settings, machine);
    native.tell(&mut command, machine);
    // Build scripts and their compilers take it for the time of day.
    command.env("SOURCE_DATE_EPOCH", &machine.source_date_epoch);
    // Last, because of two `--config` that set the same, the later wins.
    command.args(resolution_flags(&settings.cargo, machine));
    Ok((command, native))
}

/// Cargo in the project's folder, so that the project's own configuration holds wherever the caller is.
fn command(manifest: &Utf8Path, settings: &Settings, machine: &Machine) -> Result<Command, Error> {
    let cargo = program(machine).ok_or_else(|| missing("cargo", machine))?;
    let mut command = Command::new(cargo);
    command.current_dir(manifest.parent().unwrap_or(manifest)).env("PATH", &machine.search_path);
    if let Some(home) = &machine.cargo_home {
        // Its path goes into the flags, so it has to be the one that is used.
        command.env("CARGO_HOME", home);
    }
    for name in SECRETS {
        command.env_remove(name);
    }
    // What is compiled incrementally depends on what was compiled before.
    command.env("CARGO_INCREMENTAL", "0");
    if let Some(dir) = target_dir(settings, machine) {
        command.env("CARGO_TARGET_DIR", dir);
    }
    Ok(command)
}

/// The cargo that called us, or else the one on the search path.
pub(crate) fn program(machine: &Machine) -> Option<PathBuf> {
    machine.cargo.clone().or_else(|| machine.find_program("cargo"))
}

pub(crate) fn missing(program: &str, machine: &Machine) -> Error {
    let remedy = rustc::remedy(machine);
    Error::ToolchainMissing { parts: vec![program.to_owned()], remedy }
}

/// The values of `--config`, with the paths of files made absolute, as cargo is run in another folder.
pub(crate) fn given_config(cargo: &CargoSettings, machine: &Machine) -> Vec<String> {
    let absolute = |value: &String| {
        let path = machine.current_dir.join(value);
        if !value.contains('=') || path.is_file() { path.into_string() } else { value.clone() }
    };
    cargo.config.iter().map(absolute).collect()
}

/// What makes cargo compile the standard library.
const MINIMAL_STD: [&str; 2] = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];

/// What makes the linker of components leave out its last step: a component could not be optimized any more. What it
/// leaves is a module that says what component it is to become.
const KEEP_MODULE: &str = "--skip-wit-component";

/// What makes rustc leave out all that prints panics.
const IMMEDIATE_ABORT: [&str; 2] = ["-Zunstable-options", "-Cpanic=immediate-abort"];

/// What every command of cargo understands.
fn resolution_flags(cargo: &CargoSettings, machine: &Machine) -> Vec<String> {
    let mut arguments = Vec::new();
    flag(&mut arguments, "--locked", cargo.locked);
    flag(&mut arguments, "--offline", cargo.offline);
    flag(&mut arguments, "--frozen", cargo.frozen);
    options(&mut arguments, "--config", &given_config(cargo, machine));
    arguments
}

/// The arguments of `cargo build` that come from the settings alone.
fn build_arguments(settings: &Settings, profile_keys: &[String]) -> Vec<String> {
    let cargo = &settings.cargo;
    let profile = cargo.profile.as_deref().unwrap_or(profile::NAME);
    let mut arguments = vec![format!("--target={}", settings.target), format!("--profile={profile}")];
    // Cargo draws diagnostics, unless somebody else is to have them; what was built comes as JSON in any case.
    let messages = match settings.messages {
        Messages::Drawn => "json-render-diagnostics",
        Messages::Handed => "json",
        Messages::HandedInColor => "json,json-diagnostic-rendered-ansi",
    };
    arguments.push(format!("--message-format={messages}"));
    if cargo.std == Std::Minimal {
        arguments.extend(MINIMAL_STD.map(ToOwned::to_owned));
    }
    options(&mut arguments, "--config", profile_keys);
    options(&mut arguments, "--bin", &cargo.bin);
    flag(&mut arguments, "--bins", cargo.bins);
    options(&mut arguments, "--example", &cargo.example);
    flag(&mut arguments, "--examples", cargo.examples);
    flag(&mut arguments, "--lib", cargo.lib);
    arguments.extend(selection(cargo));
    arguments.extend(settings.jobs.map(|jobs| format!("--jobs={jobs}")));
    arguments.extend(std::iter::repeat_n("--verbose".to_owned(), settings.verbose.into()));
    flag(&mut arguments, "--quiet", settings.quiet);
    if settings.color != Color::Auto {
        arguments.push(format!("--color={}", settings.color.as_str()));
    }
    arguments
}

/// Which packages, with which features: for a build, and for whoever asks what belongs to it.
fn selection(cargo: &CargoSettings) -> Vec<String> {
    let mut arguments = Vec::new();
    options(&mut arguments, "--package", &cargo.package);
    flag(&mut arguments, "--workspace", cargo.workspace);
    options(&mut arguments, "--exclude", &cargo.exclude);
    options(&mut arguments, "--features", &cargo.features);
    flag(&mut arguments, "--all-features", cargo.all_features);
    flag(&mut arguments, "--no-default-features", cargo.no_default_features);
    arguments
}

fn flag(arguments: &mut Vec<String>, name: &str, is_set: bool) {
    arguments.extend(is_set.then(|| name.to_owned()));
}

fn options(arguments: &mut Vec<String>, name: &str, values: &[String]) {
    arguments.extend(values.iter().flat_map(|value| [name.to_owned(), value.clone()]));
}

/// What completes the `wasmpack` profile; nothing if the user has chosen another one.
fn missing_profile_keys(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
    config: &[Table],
) -> Vec<String> {
    if !is_ours(settings) {
        return Vec::new();
    }
    profile::missing_keys(settings.goal, &manifest_of(project), config, &machine.cargo_variables)
}

/// Whether nothing was said of profiles, or ours was named.
fn is_ours(settings: &Settings) -> bool {
    settings.cargo.profile.as_deref().is_none_or(|name| name == profile::NAME)
}

/// The manifest with the profiles.
pub(crate) fn manifest_of(project: &Project) -> Table {
    let text = fs::read_to_string(project.root.join("Cargo.toml")).unwrap_or_default();
    // Cargo has read this manifest a moment ago, so it can be parsed.
    text.parse().unwrap_or_default()
}

pub(crate) fn could_not_run(command: &Command, source: std::io::Error) -> Error {
    Error::Run { program: OsStr::to_string_lossy(command.get_program()).into_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_settings_the_profile_is_ours() {
        assert_eq!(
            build_arguments(&Settings::default(), &["profile.wasmpack.lto=\"fat\"".to_owned()]),
            [
                "--target=wasm32-wasip1",
                "--profile=wasmpack",
                "--message-format=json-render-diagnostics",
                "--config",
                "profile.wasmpack.lto=\"fat\"",
            ]
        );
    }

    #[test]
    fn selection_is_handed_on_as_it_is() {
        let cargo = CargoSettings {
            package: vec!["a".into(), "b".into()],
            bins: true,
            features: vec!["x".into()],
            no_default_features: true,
            profile: Some("release".into()),
            ..Default::default()
        };
        let settings = Settings {
            cargo,
            verbose: 2,
            jobs: std::num::NonZero::new(3),
            color: Color::Never,
            ..Default::default()
        };
        let expected = "--profile=release --message-format=json-render-diagnostics --bins --package a --package b \
                        --features x --no-default-features --jobs=3 --verbose --verbose --color=never";
        assert_eq!(build_arguments(&settings, &[])[1..].join(" "), expected);
    }

    #[test]
    fn files_given_as_configuration_are_found_from_the_callers_folder() {
        let machine = Machine::bare("/data".into());
        let config = vec!["extra.toml".to_owned(), "a.b=1".to_owned()];
        let cargo = CargoSettings { config, locked: true, ..Default::default() };
        let flags = resolution_flags(&cargo, &machine);
        assert_eq!(flags, ["--locked", "--config", "/data/extra.toml", "--config", "a.b=1"]);
    }

    #[test]
    fn a_chosen_profile_gets_no_keys_of_ours() {
        let machine = Machine::bare("/data".into());
        let mut settings = Settings::default();
        let project =
            Project::open(crate::Source::C { dir: "/data/none".into() }, &settings, &machine).unwrap();
        assert_eq!(missing_profile_keys(&project, &settings, &machine, &[]).len(), 6);
        settings.cargo.profile = Some("release".into());
        assert!(missing_profile_keys(&project, &settings, &machine, &[]).is_empty());
    }
}
