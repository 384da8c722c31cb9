//! What the builder may know of the machine it runs on.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Target, linker, native};

/// The surroundings of a build, read once by the caller. Plain values, so that a test can describe any machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The folder relative paths start from; absolute.
    pub current_dir: Utf8PathBuf,
    /// Where the file system begins: `/`, unless a test describes another machine.
    pub system_root: Utf8PathBuf,
    /// `PATH`: where programs are looked for.
    pub search_path: OsString,
    /// `CARGO`: the cargo that called, to be called back; otherwise the one on the search path.
    pub cargo: Option<PathBuf>,
    /// `CARGO_HOME`, or its default in the home folder.
    pub cargo_home: Option<Utf8PathBuf>,
    /// `CARGO_TARGET_DIR`: where built things go, for C and C++ too.
    pub cargo_target_dir: Option<Utf8PathBuf>,
    /// `RUSTC`: the compiler cargo is told to use.
    pub rustc: Option<PathBuf>,
    /// `RUSTUP_TOOLCHAIN`: set by rustup for whatever it starts.
    pub rustup_toolchain: Option<String>,
    /// `RUSTFLAGS`; set but empty is not the same as not set: it hides the flags in cargo's configuration.
    pub rustflags: Option<String>,
    /// `CARGO_ENCODED_RUSTFLAGS`, which goes before `RUSTFLAGS`.
    pub encoded_rustflags: Option<String>,
    /// Those of cargo's configuration variables that are set and concern this crate.
    pub cargo_variables: BTreeMap<String, String>,
    /// Those that say where cargo puts what it makes.
    pub cargo_places: BTreeMap<String, String>,
    /// Variables by which the user tells build scripts of a C compiler for our targets, such as
    /// `CFLAGS_wasm32_wasip1`.
    pub native_variables: BTreeMap<String, String>,
    /// Flags for C and C++ that are said of this machine, such as `CFLAGS`: the crate `cc` gives those to every compiler, and those
    /// with `HOST_` before them only to what is built to run here.
    pub host_flags: BTreeMap<String, String>,
    /// `WASI_SDK_PATH`: a wasi-sdk to use before anything else.
    pub wasi_sdk_path: Option<Utf8PathBuf>,
    /// `SOURCE_DATE_EPOCH`, or 0: what compilers take for the time of day.
    pub source_date_epoch: String,
}

/// Whether a variable sets what could be in a configuration file of cargo's, and changes modules.
fn sets_cargo(name: &str) -> bool {
    let of_target =
        |target: Target| format!("CARGO_TARGET_{}_RUSTFLAGS", target.in_variables().to_uppercase());
    name == "CARGO_BUILD_RUSTFLAGS"
        || name.starts_with("CARGO_PROFILE_")
        || Target::ALL.into_iter().any(|target| name == of_target(target) || name == linker::variable(target))
}

/// What makes compilers look into folders of the host's.
const HOST_PATHS: [&str; 5] =
    ["CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH"];

/// Who we are to registries. Nothing that is built has to know: not a build script, and not a makefile.
pub(crate) const SECRETS: [&str; 3] =
    ["WASMPACK_REGISTRY_USERNAME", "WASMPACK_REGISTRY_PASSWORD", "WASMPACK_REGISTRY_TOKEN"];

impl Machine {
    /// Describes the machine from its environment variables, those of `std::env::vars_os`.
    ///
    /// A variable that is not UTF-8 counts as not set, except `PATH`, `CARGO` and `RUSTC`.
    #[must_use]
    pub fn read(current_dir: &Utf8Path, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let variables: BTreeMap<String, OsString> = named.collect();
        let variable = |name: &str| variables.get(name).cloned();
        let text = |name: &str| variable(name).and_then(|value| value.into_string().ok());
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let path =
            |name: &str| text(name).filter(|value| !value.is_empty()).map(|value| current_dir.join(value));
        let home = || path(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        Self {
            current_dir: current_dir.to_owned(),
            system_root: "/".into(),
            search_path: variable("PATH").unwrap_or_default(),
            cargo: set("CARGO").map(PathBuf::from),
            cargo_home: path("CARGO_HOME").or_else(|| home().map(|home| home.join(".cargo"))),
            cargo_target_dir: path("CARGO_TARGET_DIR"),
            rustc: set("RUSTC").map(PathBuf::from),
            rustup_toolchain: text("RUSTUP_TOOLCHAIN"),
            rustflags: text("RUSTFLAGS"),
            encoded_rustflags: text("CARGO_ENCODED_RUSTFLAGS"),
            cargo_variables: variables
                .keys()
                .filter(|name| sets_cargo(name))
                .filter_map(|name| Some((name.clone(), text(name)?)))
                .collect(),
            cargo_places: ["CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), text(name)?)))
                .collect(),
            native_variables: native::variable_names()
                .filter_map(|name| text(&name).map(|value| (name, value)))
                .collect(),
            host_flags: native::HOST_FLAGS
                .into_iter()
                .flatten()
                .filter_map(|name| text(name).map(|value| (name.to_owned(), value)))
                .collect(),
            wasi_sdk_path: path("WASI_SDK_PATH"),
            source_date_epoch: text("SOURCE_DATE_EPOCH").unwrap_or_else(|| "0".to_owned()),
        }
    }

    /// Keeps from a compiler what differs from one time and machine to the next.
    pub(crate) fn isolate(&self, compiler: &mut Command) {
        for name in HOST_PATHS.iter().chain(&SECRETS) {
            compiler.env_remove(name);
        }
        compiler.env("SOURCE_DATE_EPOCH", &self.source_date_epoch);
        // By another name of the same folder, clang would write that one into debug information.
        if let Some(folder) = compiler.get_current_dir().map(ToOwned::to_owned) {
            compiler.env("PWD", folder);
        }
    }

    /// The program `name` as the search path has it.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        which::which_in(name, Some(&self.search_path), &self.current_dir).ok()
    }

    /// A folder of the system: `path` has no leading slash.
    pub(crate) fn system(&self, path: &str) -> Utf8PathBuf {
        self.system_root.join(path)
    }
}

#[cfg(test)]
impl Machine {
    /// A machine with nothing on it below `root`, and programs only in `root/bin`.
    pub(crate) fn bare(root: &Utf8Path) -> Self {
        let bin = root.join("bin").into_os_string();
        let mut machine = Self::read(root, [("PATH".into(), bin)]);
        machine.system_root = root.to_owned();
        machine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Machine {
        Machine::read("/data".into(), variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn cargo_home_is_in_the_home_folder_unless_it_is_set() {
        assert_eq!(read(&[("HOME", "/home/me")]).cargo_home.unwrap(), "/home/me/.cargo");
        assert_eq!(read(&[("HOME", "/home/me"), ("CARGO_HOME", "/c")]).cargo_home.unwrap(), "/c");
    }

    #[test]
    fn relative_folders_start_from_the_current_one() {
        assert_eq!(read(&[("CARGO_TARGET_DIR", "out")]).cargo_target_dir.unwrap(), "/data/out");
    }

    #[test]
    fn an_empty_variable_names_no_folder_but_is_a_list_of_no_flags() {
        let unset = ["WASI_SDK_PATH", "CARGO", "RUSTC"].map(|name| (name, ""));
        let machine = read(&[&unset[..], &[("RUSTFLAGS", "")]].concat());
        assert_eq!((machine.wasi_sdk_path, machine.cargo, machine.rustc), (None, None, None));
        assert_eq!(machine.rustflags.as_deref(), Some(""));
    }

    #[test]
    fn variables_of_cargos_that_change_modules_are_kept() {
        let machine = read(&[
            ("CARGO_PROFILE_SMALL_DEBUG", "true"),
            ("CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS", "-Cx"),
            ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "-Cy"),
            ("CARGO_REGISTRIES_X_TOKEN", "secret"),
        ]);
        let names: Vec<_> = machine.cargo_variables.keys().collect();
        assert_eq!(names, ["CARGO_PROFILE_SMALL_DEBUG", "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS"]);
    }
}
