//! Sources to objects, side by side.

use std::fs;
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};

use super::lack::Lack;
use super::sources::SourceFile;
use super::{Job, depfile, exceptions, stamp};
use crate::words::quoted;
use crate::{Color, Error, FileState, Language, Settings, Step};

/// A compiled source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) path: Utf8PathBuf,
    /// The source it was made from.
    pub(super) source: Utf8PathBuf,
}

/// What a thread at work tells the one that reports.
enum News {
    /// With its command line.
    Started(SourceFile, String),
    Said(String),
    Failed(Error),
}

/// What `files` are compiled to, in the same order.
pub(super) fn objects(job: &Job<'_>, files: &[SourceFile]) -> Vec<Object> {
    let object =
        |file: &SourceFile| Object { path: object_path(job.objects, &file.path), source: file.path.clone() };
    files.iter().map(object).collect()
}

/// Compiles those of `files` whose object is out of date.
pub(super) fn compile(
    job: &Job<'_>,
    files: &[SourceFile],
    objects: &[Object],
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<(), Error> {
    let stale = |(_, file, object): &(usize, &SourceFile, &Object)| {
        !stamp::is_fresh(&object.path, &stamped(job, file))
    };
    let numbered =
        files.iter().zip(objects).enumerate().map(|(number, (file, object))| (number, file, object));
    let waiting: Vec<_> = numbered.filter(stale).collect();

    let workers = job.settings.workers().min(waiting.len());
    let queue = Mutex::new(waiting.into_iter());
    let (news, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..workers {
            let (news, queue) = (news.clone(), &queue);
            scope.spawn(move || {
                loop {
                    // The lock is held only while the next source is taken.
                    let next = queue.lock().map_or(None, |mut queue| queue.next());
                    let Some((number, file, object)) = next else { break };
                    let compiled = compile_one(job, number, file, &object.path, &news);
                    if let Err(error) = compiled {
                        // As make does: what is being compiled is finished, nothing more is begun.
                        queue.lock().map(|mut queue| queue.by_ref().for_each(drop)).unwrap_or_default();
                        news.send(News::Failed(error)).unwrap_or_default();
                    }
                }
            });
        }
        drop(news);
        report(told, on_step)
    })
}

/// Reports until all compilers are done; of several failures, the first counts.
fn report(told: mpsc::Receiver<News>, on_step: &mut dyn FnMut(Step<'_>)) -> Result<(), Error> {
    let mut result = Ok(());
    for news in told {
        match news {
            News::Started(SourceFile { path: source, language }, command) => {
                on_step(Step::Compiling { source: &source, language, command: &command });
            }
            News::Said(text) => on_step(Step::Diagnostics(&text)),
            News::Failed(error) => result = result.and(Err(error)),
        }
    }
    result
}

fn compile_one(
    job: &Job<'_>,
    number: usize,
    file: &SourceFile,
    object: &Utf8Path,
    news: &Sender<News>,
) -> Result<(), Error> {
    // Nobody listens any more only if the reporting thread has died; then it does not matter.
    let tell = |what| news.send(what).unwrap_or_default();
    let fixed = fixed_command(job, file);
    let words: Vec<_> = job.settings.c.launcher.iter().chain(&fixed).collect();
    tell(News::Started(file.clone(), quoted(&words)));
    let made = job.scratch.join(format!("{number}.o"));
    let rule = job.scratch.join(format!("{number}.d"));
    let started: FileState = stamp::start(&made)?;

    let (program, words) = words.split_first().expect("a command begins with a program");
    let mut command = Command::new(program);
    command.args(words).arg(color_flag(job.settings)).current_dir(job.dir);
    command.arg("-MD").arg("-MF").arg(&rule).arg("-o").arg(&made);
    job.machine.isolate(&mut command);
    let output = command.output().map_err(|source| Error::Run { program: program.to_string(), source })?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lack = Lack::of(&text);
    if !text.is_empty() {
        tell(News::Said(text));
    }
    if !output.status.success() {
        return Err(Error::Compilation { file: file.path.clone(), lack });
    }

    let rule_text = fs::read(&rule).map_err(|source| Error::Read { path: rule.clone(), source })?;
    let included = depfile::parse(&String::from_utf8_lossy(&rule_text));
    let mut inputs: Vec<Utf8PathBuf> = included.iter().map(|path| job.dir.join(path)).collect();
    inputs.push(job.compiler.program.clone());
    if let Some(parent) = object.parent() {
        fs::create_dir_all(parent).map_err(|source| Error::Write { path: parent.to_owned(), source })?;
    }
    stamp::put(&made, object, &stamped(job, file), &inputs, started)
}

/// All that an object depends on besides files: the command, and the time it takes for the time of day.
fn stamped(job: &Job<'_>, file: &SourceFile) -> Vec<String> {
    let mut stamped = fixed_command(job, file);
    stamped.push(job.machine.source_date_epoch.clone());
    stamped
}

/// The command without what does not change the object: temporary names and colours.
pub(super) fn fixed_command(job: &Job<'_>, file: &SourceFile) -> Vec<String> {
    let mut command = job.compiler.compile_command(file.language);
    command.extend(exceptions::compile_flags(job.compiler, file.language, job.settings));
    command.extend(flags(job.dir, file, job.settings));
    // A name that begins like a flag is none.
    let path = if file.path.as_str().starts_with('-') {
        Utf8Path::new(".").join(&file.path)
    } else {
        file.path.clone()
    };
    command.extend(["-c".to_owned(), path.into_string()]);
    command
}

/// The flags that come from the project. The user's own come last, so that they win.
fn flags(dir: &Utf8Path, file: &SourceFile, settings: &Settings) -> Vec<String> {
    let mut flags = general_flags(dir, settings);
    // `"header.h"` is looked for beside the source, then in these; `<header.h>` is not, because a project may well
    // have a `string.h` of its own.
    flags.extend(
        [".", "src"]
            .iter()
            .filter(|folder| dir.join(folder).is_dir())
            .map(|folder| format!("-iquote{folder}")),
    );
    flags.extend(dir.join("include").is_dir().then(|| "-Iinclude".to_owned()));
    flags.extend(settings.c.include.iter().map(|folder| format!("-I{folder}")));
    let is_cpp = file.language == Language::Cpp;
    let stds = settings.c.std.iter().filter(|std| std.contains("++") == is_cpp);
    flags.extend(stds.map(|std| format!("-std={std}")));
    flags.extend(chosen_flags(settings));
    flags
}

/// The same for build systems that compile in other folders than the project's, both languages alike.
pub(crate) fn project_flags(dir: &Utf8Path, settings: &Settings) -> Vec<String> {
    let mut flags = general_flags(dir, settings);
    flags.extend(settings.c.include.iter().map(|folder| format!("-I{}", dir.join(folder))));
    flags.extend(chosen_flags(settings));
    flags
}

fn general_flags(dir: &Utf8Path, settings: &Settings) -> Vec<String> {
    let mut flags = vec![settings.goal.clang_flag()];
    flags.extend(["-ffunction-sections", "-fdata-sections"].map(ToOwned::to_owned));
    // `__FILE__`, `assert` and debug information must not say where the checkout is.
    flags.push(format!("-ffile-prefix-map={dir}=."));
    // For the debug module; the code is the same.
    flags.push(LINES.to_owned());
    flags
}

/// What makes debug information that says lines, and nothing else.
pub(crate) const LINES: &str = "-gline-tables-only";

fn chosen_flags(settings: &Settings) -> Vec<String> {
    let c = &settings.c;
    let mut flags: Vec<String> = c.define.iter().map(|define| format!("-D{define}")).collect();
    let emulated = c.link.iter().filter_map(|library| emulation(library));
    let emulated: Vec<_> = emulated.filter(|flag| !flags.contains(flag)).collect();
    flags.extend(emulated);
    flags.extend(c.lto.then(|| "-flto".to_owned()));
    flags.extend(c.flags.iter().cloned());
    flags
}

/// The macro without which the headers do not offer what a library emulates.
fn emulation(library: &str) -> Option<String> {
    let name = library.trim_start_matches("-l").strip_prefix("wasi-emulated-")?;
    Some(format!("-D_WASI_EMULATED_{}", name.replace('-', "_").to_uppercase()))
}

/// Compilers write into a pipe, which has no colours of its own accord.
pub(super) fn color_flag(settings: &Settings) -> &'static str {
    if settings.color == Color::Always { "-fdiagnostics-color=always" } else { "-fdiagnostics-color=never" }
}

/// Below `objects`, as the source is below its folder; a source from outside stays inside here all the same.
fn object_path(objects: &Utf8Path, source: &Utf8Path) -> Utf8PathBuf {
    let parts = source.components().filter_map(|component| match component {
        camino::Utf8Component::ParentDir => Some("__"),
        camino::Utf8Component::Normal(name) => Some(name),
        _ => None,
    });
    let inside: Utf8PathBuf = parts.collect();
    format!("{}.o", objects.join(inside)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn flags_of(name: &str, language: Language, settings: &Settings, files: &[&str]) -> Vec<String> {
        let folder = Folder::with(files);
        let file = SourceFile { path: name.into(), language };
        let flags = flags(&folder.root, &file, settings);
        flags.into_iter().map(|flag| flag.replace(folder.root.as_str(), "DIR")).collect()
    }

    #[test]
    fn without_settings_the_flags_make_it_small_and_movable() {
        assert_eq!(
            flags_of("src/a.c", Language::C, &Settings::default(), &["src/a.c", "include/a.h"]),
            [
                "-Oz",
                "-ffunction-sections",
                "-fdata-sections",
                "-ffile-prefix-map=DIR=.",
                "-gline-tables-only",
                "-iquote.",
                "-iquotesrc",
                "-Iinclude"
            ]
        );
    }

    #[test]
    fn settings_become_flags_and_the_users_own_come_last() {
        let mut settings = Settings::default();
        settings.c.include = vec!["third/include".into()];
        settings.c.define = vec!["NDEBUG".into(), "N=2".into()];
        settings.c.std = vec!["c17".into(), "c++20".into()];
        settings.c.flags = vec!["-O2".into()];
        let c = flags_of("a.c", Language::C, &settings, &[]);
        assert_eq!(c[6..], ["-Ithird/include", "-std=c17", "-DNDEBUG", "-DN=2", "-O2"]);
        let cpp = flags_of("a.cc", Language::Cpp, &settings, &[]);
        assert_eq!(cpp[7..], ["-std=c++20", "-DNDEBUG", "-DN=2", "-O2"]);
    }

    #[test]
    fn an_object_lies_where_its_source_lies_and_never_outside() {
        assert_eq!(object_path("/o".into(), "src/a.c".into()), "/o/src/a.c.o");
        assert_eq!(object_path("/o".into(), "../x/a.c".into()), "/o/__/x/a.c.o");
        assert_eq!(object_path("/o".into(), "/abs/a.c".into()), "/o/abs/a.c.o");
    }
}
