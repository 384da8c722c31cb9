//! Objects to a module.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::compile::{Object, color_flag};
use super::lack::Lack;
use super::{Job, exceptions, stamp, symbols, undefined};
use crate::compiler::Compiler;
use crate::settings::STACK_BYTES;
use crate::words::quoted;
use crate::{CSettings, Error, Language, Settings, Step};

/// Links `objects` to the module `name`, unless it is there and up to date, and returns where it is.
pub(super) fn link(
    job: &Job<'_>,
    name: &str,
    language: Language,
    objects: &[Object],
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<Utf8PathBuf, Error> {
    let module = module_path(job, name);
    let fixed = fixed_command(job, language, objects);
    if stamp::is_fresh(&module, &fixed) {
        on_step(Step::Fresh { module: name });
        return Ok(module);
    }
    check_main(job, objects)?;
    on_step(Step::Linking { module: name, command: &quoted(&fixed) });

    let made = job.scratch.join("module.wasm");
    let started = stamp::start(&made)?;
    let mut command = Command::new(&fixed[0]);
    command.args(&fixed[1..]).arg(color_flag(job.settings)).arg("-o").arg(&made).current_dir(job.dir);
    job.machine.isolate(&mut command);
    let output = command.output().map_err(|source| Error::Run { program: fixed[0].clone(), source })?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !text.is_empty() {
        on_step(Step::Diagnostics(&text));
    }
    if !output.status.success() {
        let lack = Lack::of(&text);
        let compiled: Vec<&Utf8Path> = objects.iter().map(|object| &*object.source).collect();
        let uncompiled = match lack {
            None => undefined::find(&text, job.dir, &compiled, &job.settings.c.sources).map(Box::new),
            Some(_) => None,
        };
        return Err(Error::Linking { module: name.to_owned(), lack, uncompiled });
    }
    let inputs = objects.iter().map(|object| object.path.clone());
    let parts = job.compiler.parts.iter().cloned();
    let inputs: Vec<_> = inputs.chain(linked_files(job.dir, &job.settings.c)).chain(parts).collect();
    stamp::put(&made, &module, &fixed, &inputs, started)?;
    Ok(module)
}

/// Where the module is kept.
pub(super) fn module_path(job: &Job<'_>, name: &str) -> Utf8PathBuf {
    job.objects.join(format!("{name}.wasm"))
}

/// The command without what does not change the module: temporary names and colours.
pub(super) fn fixed_command(job: &Job<'_>, language: Language, objects: &[Object]) -> Vec<String> {
    let mut command = job.compiler.link_command(language);
    command.extend(link_flags(job.compiler, job.settings));
    command.extend(objects.iter().map(|object| object.path.to_string()));
    command.extend(job.stack_guard.iter().map(ToString::to_string));
    // After the objects, because a library is searched only for what is missing so far.
    command.extend(libraries(&job.settings.c.link));
    command
}

/// The flags that come from the settings.
pub(crate) fn link_flags(compiler: &Compiler, settings: &Settings) -> Vec<String> {
    let stack_size = settings.c.stack_size_bytes.unwrap_or(STACK_BYTES);
    let mut flags = vec![format!("-Wl,-z,stack-size={stack_size}")];
    // To zig it says which libraries are to be compiled. clang has no use for it, and older ones would run a `wasm-opt`.
    flags.extend(compiler.version.is_none().then(|| settings.goal.clang_flag()));
    flags.extend(settings.c.lto.then(|| "-flto".to_owned()));
    flags.extend(exceptions::link_flags(compiler, settings));
    flags.extend(settings.c.flags.iter().cloned());
    // Compilers warn of flags they have no use for when they only link, and of the target's old name.
    flags.extend(["-Wno-unused-command-line-argument", "-Wno-deprecated"].map(ToOwned::to_owned));
    flags
}

/// Flags as they are, files as they are, names of libraries with `-l`.
pub(crate) fn libraries(link: &[String]) -> Vec<String> {
    let is_file = |entry: &str| entry.contains(['/', '\\']) || entry.ends_with(".a") || entry.ends_with(".o");
    let flag = |entry: &String| {
        if entry.starts_with('-') || is_file(entry) { entry.clone() } else { format!("-l{entry}") }
    };
    link.iter().map(flag).collect()
}

/// The project's own archives and objects among what is linked: by their path, or by their name and a folder to look in. What is for
/// the linker may stand behind `-Wl,` or by itself, and a value in the same word as its flag or in the next.
fn linked_files(dir: &Utf8Path, c: &CSettings) -> Vec<Utf8PathBuf> {
    let parts = |word: &String| match word.strip_prefix("-Wl,") {
        Some(parts) => parts.split(',').map(ToOwned::to_owned).collect(),
        None => vec![word.clone()],
    };
    let words: Vec<String> = c.flags.iter().chain(&c.link).flat_map(parts).collect();
    let values = |flags: &[&str]| -> Vec<&str> {
        let value = |place: usize| {
            let rest = flags.iter().find_map(|flag| words[place].strip_prefix(flag))?;
            if rest.is_empty() { words.get(place + 1).map(String::as_str) } else { Some(rest) }
        };
        (0..words.len()).filter_map(value).map(|value| value.trim_start_matches('=')).collect()
    };
    let folders = values(&["--library-directory", "--library-path", "-L"]);
    let folders: Vec<_> = folders.into_iter().map(|path| dir.join(path)).collect();
    let plain = words.iter().map(String::as_str);
    let named = values(&["--library", "-l"]).into_iter().chain(plain.clone()).flat_map(|name| {
        let archive = name.strip_prefix(':').map_or_else(|| format!("lib{name}.a"), ToOwned::to_owned);
        folders.iter().map(move |folder| folder.join(&archive))
    });
    let mut files: Vec<_> =
        plain.map(|word| dir.join(word)).chain(named).filter(|path| path.is_file()).collect();
    files.sort();
    files.dedup();
    files
}

/// One `main` and not two. With two, linkers silently take the first if their parameters differ; with none, they
/// either say something about a file the user has never heard of, or make a program that traps.
fn check_main(job: &Job<'_>, objects: &[Object]) -> Result<(), Error> {
    let mut files = Vec::new();
    for object in objects {
        let bytes =
            fs::read(&object.path).map_err(|source| Error::Read { path: object.path.clone(), source })?;
        match symbols::defines_main(&bytes) {
            // What is not wasm is for the linker to understand: with `-flto`, the compiler's own format.
            Ok(None) => return Ok(()),
            Ok(Some(true)) => files.push(object.source.clone()),
            Ok(Some(false)) => {}
            Err(source) => return Err(Error::Object { path: object.path.clone(), source }),
        }
    }
    let c = &job.settings.c;
    let begins_otherwise = |flag: &String| {
        let is_reactor = flag.ends_with("=reactor") || flag.contains("no-entry");
        // Whoever leaves out what calls `main` has a `_start` of his own.
        is_reactor || ["-nostartfiles", "-nostdlib"].contains(&&**flag)
    };
    let is_without_main = c.flags.iter().chain(&c.link).any(begins_otherwise);
    // A library may bring a `main` of its own; those of the C library do not.
    let may_come = c.link.iter().any(|entry| !entry.starts_with("-Wl,") && !entry.contains("wasi-emulated-"));
    match files.len() {
        0 if !is_without_main && !may_come => Err(Error::NoMain { dir: job.dir.to_owned() }),
        0 | 1 => Ok(()),
        _ => Err(Error::SeveralMains { files }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn libraries_are_named_as_people_name_them() {
        assert_eq!(
            libraries(&strings(&["wasi-emulated-signal", "-lm", "lib/libx.a", "extra.o", "-Wl,--export=f"])),
            ["-lwasi-emulated-signal", "-lm", "lib/libx.a", "extra.o", "-Wl,--export=f"]
        );
    }

    #[test]
    fn archives_are_found_by_path_and_by_name() {
        let folder = Folder::with(&["a.o", "lib/libx.a", "libs/liby.a"]);
        let c = CSettings {
            flags: strings(&["-Llib"]),
            link: strings(&["a.o", "-Llibs", "x", "-ly", "m"]),
            ..CSettings::default()
        };
        let found = linked_files(&folder.root, &c);
        assert_eq!(found, ["a.o", "lib/libx.a", "libs/liby.a"].map(|path| folder.root.join(path)));
    }

    #[test]
    fn archives_are_found_however_the_linker_is_told_of_them() {
        let folder = Folder::with(&["lib/libx.a"]);
        for words in [
            &["-Llib", "-l:libx.a"][..],
            &["-Wl,--whole-archive,lib/libx.a,--no-whole-archive"],
            &["-Wl,-Llib", "x"],
            &["-L", "lib", "-l", "x"],
            &["--library-directory=lib", "-lx"],
            &["--library-directory", "lib", "--library=x"],
            &["-Wl,--library-path,lib", "-Wl,-l,x"],
        ] {
            let c = CSettings { link: strings(words), ..CSettings::default() };
            assert_eq!(linked_files(&folder.root, &c), [folder.root.join("lib/libx.a")], "{words:?}");
        }
        let c = CSettings { link: strings(&["-L", "-l"]), ..CSettings::default() };
        assert!(linked_files(&folder.root, &c).is_empty());
    }
}
