//! `migrate`: a Dockerfile → the configuration that replaces it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use wasmpack_builder::{Machine, Settings, Source};

use crate::config::{self, Config};
use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::migrate::dockerfile::{self, Problem};
use crate::migrate::error::MigrateError;
use crate::migrate::keys::Key;
use crate::migrate::report::Report;
use crate::migrate::written::{Present, Written, written};
use crate::migrate::{Migration, Question, Trouble, migrate};
use crate::printable::printable_lines;
use crate::{scaffold, schema, unbuildable};

/// Replace a Dockerfile by configuration
///
/// Says of each line what becomes of it: what is configured now, what is not needed, and what cannot be, with the reason and what to do
/// instead. The configuration goes into `wasmpack.toml`, or into the manifest of a Cargo package; what is configured already stays as
/// it is, and so does the Dockerfile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack migrate --dry-run\n  \
    cargo wasmpack migrate docker/wasi.Dockerfile --context . --build-arg VERSION=1.2.3\n  \
    cargo wasmpack migrate --json | jq -r '.lines[] | select(.verdict == \"cannot\") | .instead'")]
pub struct Arguments {
    /// The Dockerfile [default: Dockerfile or Containerfile in the current directory]
    pub dockerfile: Option<Utf8PathBuf>,
    /// Folder that it copies from [default: the one it is in]
    #[arg(long, value_name = "FOLDER")]
    pub context: Option<Utf8PathBuf>,
    /// Value of an `ARG`
    #[arg(long, value_name = "NAME=VALUE", value_parser = build_arg)]
    pub build_arg: Vec<(String, String)>,
    /// Replace what is configured already
    #[arg(long)]
    pub force: bool,
    /// Write nothing, only say what would be
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

fn build_arg(typed: &str) -> Result<(String, String), String> {
    let (name, value) = typed.split_once('=').ok_or("write `NAME=VALUE`")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Larger than any that somebody wrote.
const LIMIT_BYTES: u64 = 4 << 20;

/// What Dockerfiles are called, in the order in which they are looked for.
const NAMES: [&str; 2] = ["Dockerfile", "Containerfile"];

/// Prints what becomes of each line and writes the configuration.
///
/// # Errors
/// When there is no Dockerfile, or its image has no module; when the configuration cannot be read or written.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let current_dir = context.environment.current_dir.clone();
    let named = arguments.dockerfile.clone().map_or_else(|| find(&current_dir), Ok)?;
    let path = current_dir.join(&named);
    let text = read(&path)?;
    let above = path.parent().unwrap_or(&current_dir);
    let folder =
        arguments.context.as_ref().map_or_else(|| above.to_owned(), |folder| current_dir.join(folder));
    if !folder.is_dir() {
        return Err(MigrateError::NoContext { path: folder }.into());
    }
    let Migration { rows, folder: project, keys, flags } = answer(arguments, &path, &text, &folder, context)?;
    let present = if arguments.force { Present::Replace } else { Present::Keep };
    let head = format!("#:schema {}\n\n", schema::ID);
    let written = written(&folder.join(&project), config::FILE_NAME, &head, &keys, present)?;
    let Written { file, is_new, entries } = written;
    // As whoever typed it sees it.
    let typed = arguments.context.as_deref().or(named.parent()).unwrap_or(Utf8Path::new(""));
    let place: Utf8PathBuf = typed.join(&project).components().filter(|part| part.as_str() != ".").collect();
    let shown = file.as_ref().map(|file| place.join(&file.path));
    let build = ["cargo", "wasmpack", "build"].map(str::to_owned).into_iter().chain(flags);
    let of_folder = Some(place.to_string()).filter(|place| !place.is_empty());
    let report = Report {
        dockerfile: named.to_string(),
        file: shown.clone(),
        rows,
        entries,
        build: build.chain(of_folder).collect(),
    };
    if arguments.json {
        document::MIGRATE.tell(&report.to_json(), &mut context.shell)?;
    } else {
        context.shell.result(printable_lines(&report.to_string())).map_err(Error::WriteResult)?;
    }
    unbuildable::tell_of_programs(&programs(&report, &folder.join(&project)), context);
    if arguments.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if let (Some(file), Some(shown)) = (&file, shown) {
        scaffold::write(&folder.join(&project), std::slice::from_ref(file))?;
        let verb = if is_new { shown.to_string() } else { format!("configuration to {shown}") };
        context.shell.status("Added", verb);
    }
    tell_the_rest(&report, &path, &folder, context);
    Ok(ExitCode::SUCCESS)
}

/// What the user does next.
fn tell_the_rest(report: &Report, path: &Utf8Path, folder: &Utf8Path, context: &mut Context) {
    match report.lost() {
        0 => {}
        1 => context.shell.warn("1 line cannot be migrated; what to do instead is said beside it"),
        lost => context
            .shell
            .warn(format_args!("{lost} lines cannot be migrated; what to do instead is said beside them")),
    }
    let when = if report.lost() == 0 { "" } else { " then" };
    let ignored = folder.join(".dockerignore");
    let also = if ignored.is_file() { " and `.dockerignore`" } else { "" };
    let name = path.file_name().unwrap_or_default();
    context
        .shell
        .note(format_args!("`{name}`{also} may be deleted{when}: nothing of cargo wasmpack's reads it"));
}

/// What the build starts besides compilers.
fn programs(report: &Report, project: &Utf8Path) -> Vec<String> {
    let said = |table: &str, name: &str| {
        let found = report.entries.iter().find(|entry| entry.key.table == table && entry.key.name == name);
        found?.value.as_str().map(str::to_owned)
    };
    let system = said("build", "system");
    let is_go = system.as_deref() == Some("go") || system.is_none() && project.join("go.mod").is_file();
    match said("build", "command") {
        // Variables stand before the program, and what a shell knows itself is nowhere else.
        Some(line) => {
            let program = line.split_whitespace().find(|word| !word.contains('='));
            let is_plain = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || "-_+".contains(c));
            program.filter(|word| is_plain(word) && *word != "cd").map(str::to_owned).into_iter().collect()
        }
        None if is_go => vec!["go".to_owned()],
        None => {
            system.filter(|system| ["cmake", "make", "zig"].contains(&system.as_str())).into_iter().collect()
        }
    }
}

/// The Dockerfile of a folder.
fn find(folder: &Utf8Path) -> Result<Utf8PathBuf, MigrateError> {
    let found = NAMES.into_iter().find(|name| folder.join(name).exists());
    found
        .map(Into::into)
        .ok_or_else(|| MigrateError::NoDockerfile { folder: folder.to_owned(), others: others(folder) })
}

/// Files of a folder that are called as if they were Dockerfiles of some kind.
fn others(folder: &Utf8Path) -> Vec<String> {
    let names =
        folder.read_dir_utf8().into_iter().flatten().flatten().map(|entry| entry.file_name().to_owned());
    let is_one = |name: &String| {
        NAMES
            .iter()
            .any(|known| name.starts_with(&format!("{known}.")) || name.ends_with(&format!(".{known}")))
            && !name.ends_with(".dockerignore")
    };
    let mut names: Vec<String> = names.filter(is_one).collect();
    names.sort();
    names
}

/// The text of a Dockerfile, in which here-documents are such as the parser knows.
fn read(path: &Utf8Path) -> Result<String, Error> {
    let failed = |source| Error::ReadFile { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder" } else { "no file" };
        return Err(MigrateError::NotAFile { path: path.to_owned(), what }.into());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(LIMIT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LIMIT_BYTES {
        return Err(MigrateError::TooLarge { path: path.to_owned(), limit: LIMIT_BYTES }.into());
    }
    let text = String::from_utf8(bytes).map_err(|error| MigrateError::NotText {
        path: path.to_owned(),
        at: error.utf8_error().valid_up_to(),
    })?;
    // Windows writes a mark before the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(dockerfile::prepared(text).map_err(|problem| syntax(path, problem))?)
}

fn syntax(path: &Utf8Path, Problem { line, text, nearest }: Problem) -> MigrateError {
    MigrateError::Syntax { path: path.to_owned(), line, problem: text, nearest }
}

fn answer(
    arguments: &Arguments,
    path: &Utf8Path,
    text: &str,
    folder: &Utf8Path,
    context: &Context,
) -> Result<Migration, MigrateError> {
    let machine = Machine::read(&context.environment.current_dir, context.environment.variables());
    let given: BTreeMap<String, String> = arguments.build_arg.iter().cloned().collect();
    let kind = |folder: &Utf8Path| Some(Source::detect(folder, &Settings::default(), &machine).ok()?.kind());
    let question = Question { text, context: folder, given: &given, problem: &problem, kind: &kind };
    let path = path.to_owned();
    migrate(&question).map_err(|trouble| match trouble {
        Trouble::Syntax(problem) => syntax(&path, problem),
        Trouble::Windows { line, image } => MigrateError::Windows { path, line, image },
        Trouble::Native => {
            let others = path.parent().map(others).unwrap_or_default();
            let name = path.file_name().unwrap_or_default();
            let others = others.into_iter().filter(|other| other != name).collect();
            MigrateError::Native { path, others }
        }
        Trouble::NoModule { line } => MigrateError::NoModule { path, line },
    })
}

/// Why the configuration would refuse a value.
fn problem(key: &Key, value: &Value) -> Option<String> {
    let value = match &key.entry {
        Some(entry) => json!({ entry: value }),
        None => value.clone(),
    };
    let said = json!({ key.table: { key.name: value } });
    let error = config::apply(&mut Config::default(), &said, "the Dockerfile").err()?;
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    Some(cause.unwrap_or_else(|| error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::written::{Deed, Entry};

    #[test]
    fn what_a_build_starts_is_what_is_configured() {
        let started = |name: &'static str, value: &str| {
            let key = Key { table: "build", name, entry: None };
            let entries = vec![Entry { key, value: value.into(), deed: Deed::Set, said: None }];
            let (dockerfile, file, rows, build) = (String::new(), None, Vec::new(), Vec::new());
            programs(&Report { dockerfile, file, rows, entries, build }, Utf8Path::new("/nonexistent"))
        };
        assert_eq!(started("command", "GOFLAGS=-mod=mod tinygo build -o $WASMPACK_OUT/a.wasm"), ["tinygo"]);
        assert_eq!(started("command", "cd app && tinygo build"), [""; 0]);
        assert_eq!(started("command", "./build.sh"), [""; 0]);
        assert_eq!(started("system", "go"), ["go"]);
        assert_eq!(started("system", "c"), [""; 0]);
        assert_eq!(started("level", "s"), [""; 0]);
    }
}
