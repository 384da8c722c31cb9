//! Where the user's own folders are.

use camino::Utf8PathBuf;

use crate::environment::Environment;
use crate::error::Error;

/// The folder for what we keep of registries.
///
/// # Errors
/// When nobody has said where such folders are.
pub fn caches(environment: &Environment) -> Result<Utf8PathBuf, Error> {
    if let Some(folder) = environment.get("WASMPACK_CACHE_DIR") {
        return Ok(environment.current_dir.join(folder));
    }
    of_system(environment, ["LOCALAPPDATA", "Library/Caches", "XDG_CACHE_HOME", ".cache"])
        .ok_or(Error::NoCacheFolder)
}

/// The folder for what the user has said; none, if nobody has said where such folders are.
pub fn settings(environment: &Environment) -> Option<Utf8PathBuf> {
    of_system(environment, ["APPDATA", "Library/Application Support", "XDG_CONFIG_HOME", ".config"])
}

/// By the variable of Windows, the folder in the home of macOS, and the variable and the folder in the home of all others.
fn of_system(environment: &Environment, names: [&str; 4]) -> Option<Utf8PathBuf> {
    let [windows, mac, xdg, below_home] = names;
    let path = |name: &str| environment.get(name).map(Utf8PathBuf::from);
    let home = |below: &str| path("HOME").map(|home| home.join(below));
    let folder = if cfg!(windows) {
        path(windows)
    } else if cfg!(target_os = "macos") {
        home(mac)
    } else {
        path(xdg).filter(|folder| folder.is_absolute()).or_else(|| home(below_home))
    };
    folder.map(|folder| folder.join("wasmpack"))
}
