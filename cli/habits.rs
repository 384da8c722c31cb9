//! What registries were like the last time, kept for the next: one small file for each, below the user's folder for caches.
//!
//! It is worth a question or two, and whatever goes wrong with it costs just these. Nothing in it is secret.

use std::fs;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::Reference;
use wasmpack_packager::registry::Habits;

use crate::environment::Environment;
use crate::folders;

/// Registries change seldom, and nobody should have to know that there is a file to remove.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of one registry.
#[derive(Debug)]
pub struct Remembered {
    /// Nothing where there is no folder for caches.
    path: Option<Utf8PathBuf>,
    known: Option<Habits>,
}

impl Remembered {
    /// What is known of the registry of a reference.
    pub fn of(reference: &Reference, environment: &Environment) -> Self {
        Self::below(folders::caches(environment).ok().as_deref(), reference)
    }

    fn below(caches: Option<&Utf8Path>, reference: &Reference) -> Self {
        let reference = reference.fully_qualified();
        // Ports and addresses have characters that some systems do not take in file names.
        let plain = |character: char| if matches!(character, ':' | '[' | ']') { '_' } else { character };
        let file = reference.host().map(|host| host.chars().map(plain).collect::<String>() + ".json");
        let path = caches.zip(file).map(|(caches, file)| caches.join("registries").join(file));
        let known = path.as_deref().filter(|path| is_young(path)).and_then(|path| {
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
fn write(path: &Utf8Path, habits: &Habits) -> std::io::Result<()> {
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
fn is_young(path: &Utf8Path) -> bool {
    let written = fs::metadata(path).and_then(|file| file.modified());
    // What comes from the future is not believed.
    let age = written.ok().and_then(|written| SystemTime::now().duration_since(written).ok());
    age.is_some_and(|age| age < LIFE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_known_for_a_day_and_forgotten_after_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let of = |name: &str| Remembered::below(Some(folder), &name.parse().unwrap());
        let habits: Habits =
            serde_json::from_str(r#"{ "wants": "password", "lists_referrers": true }"#).unwrap();
        of("[::1]:5000/acme/app").keep(Some(&habits));
        assert_eq!(of("[::1]:5000/other").recall(), habits);
        assert_eq!(of("localhost:5000/acme/app").recall(), Habits::default());

        let path = folder.join("registries/___1__5000.json");
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        for (time, expected) in [(written - LIFE, Habits::default()), (written, habits.clone())] {
            fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            assert_eq!(of("[::1]:5000/app").recall(), expected);
        }
        fs::write(&path, "{").unwrap();
        assert_eq!(of("[::1]:5000/app").recall(), Habits::default());
        of("[::1]:5000/app").keep(None);
        assert!(path.exists(), "what was not understood is written over by who knows better");
        of("[::1]:5000/app").keep(Some(&habits));
        of("[::1]:5000/app").keep(None);
        assert!(!path.exists());
        Remembered::below(None, &"localhost/app".parse().unwrap()).keep(Some(&habits));
    }
}
