//! What registries were like the last time, kept for the next: one small file for each, below the user's folder for caches.
//!
//! It is worth a question or two, and whatever goes wrong with it costs just these. Nothing in it is secret.

use std::fs;
use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;
use wasmpack_packager::Reference;
use wasmpack_packager::registry::Habits;

use crate::environment::Environment;
use crate::fetched;

/// Registries change seldom, and nobody should have to know that there is a file to remove.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of one registry.
#[derive(Debug)]
pub struct Memory {
    /// Nothing where there is no folder for caches.
    path: Option<Utf8PathBuf>,
    known: Option<Habits>,
}

impl Memory {
    /// What is known of the registry of a reference.
    pub fn of(reference: &Reference, environment: &Environment) -> Self {
        let reference = reference.fully_qualified();
        // Ports and addresses have characters that some systems do not take in file names.
        let plain = |character: char| if matches!(character, ':' | '[' | ']') { '_' } else { character };
        let file = reference.host().map(|host| host.chars().map(plain).collect::<String>() + ".json");
        let path =
            file.and_then(|file| Some(fetched::caches(environment).ok()?.join("registries").join(file)));
        let known = path.as_ref().filter(|path| is_young(path)).and_then(|path| {
            let text = fs::read(path).ok()?;
            serde_json::from_slice(&text).ok()
        });
        Self { path, known }
    }

    /// What the registry was like the last time.
    pub fn recall(&self) -> Habits {
        self.known.clone().unwrap_or_default()
    }

    /// Keeps what it was like this time; after a failure it is forgotten, as it may have been wrong.
    pub fn keep(&self, habits: Option<&Habits>) {
        let Some(path) = &self.path else { return };
        if habits == self.known.as_ref() {
            return;
        }
        // Whatever fails here is asked for again.
        let _ = match habits {
            None => fs::remove_file(path),
            Some(habits) => write(path, habits),
        };
    }
}

/// Whole or not at all, as others may read it at the same time.
fn write(path: &Utf8PathBuf, habits: &Habits) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut file, habits)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how old it is decides whether a registry is asked again, and nothing else"
)]
fn is_young(path: &Utf8PathBuf) -> bool {
    let written = fs::metadata(path).and_then(|file| file.modified());
    // What comes from the future is not believed.
    let age = written.ok().and_then(|written| SystemTime::now().duration_since(written).ok());
    age.is_some_and(|age| age < LIFE)
}
