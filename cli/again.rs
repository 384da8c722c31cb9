//! `build --check-reproducible`: the same build once more, in a copy of the project in another folder, where more is another:
//! see `elsewhere`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{ArgAction, CommandFactory as _, parser::ValueSource};
use wasmpack_packager::Stored;

use crate::commands::{Arguments, build};
use crate::context::Context;
use crate::elsewhere::Elsewhere;
use crate::error::Error;
use crate::make::Made;
use crate::plan::Plan;
use crate::scratch::Scratch;
use crate::target::{self, Side};
use crate::{copies, git, github, image_difference, sharing};

/// Builds again what has been made, and says whether it is the same.
///
/// # Errors
/// When it is not, with what differs; when the copy cannot be made or built.
pub fn check(
    arguments: &build::Arguments,
    plan: &Plan,
    made: &[Made],
    context: &mut Context,
) -> Result<(), Error> {
    let copy = Copy::of(plan, &context.environment.current_dir)?;
    let environment = &context.environment;
    let elsewhere = Elsewhere::in_place(&copy.place(), plan, environment);
    let elsewhere = elsewhere.map_err(Error::Scratch)?;
    context.shell.status("Copied", format_args!("`{}`, to build it again with {elsewhere}", copy.original));
    let status = command(arguments, &copy, &elsewhere, context).status().map_err(Error::Scratch)?;
    if status.code().is_none() {
        // What ended it was most likely meant for us, too, and takes a moment to be heard.
        std::thread::sleep(Duration::from_millis(200));
    }
    if !status.success() {
        return Err(Error::Again { root: copy.original.clone(), code: status.code() });
    }
    let (mut differences, mut has_path) = (Vec::new(), false);
    for Made { reference, layout, .. } in made {
        let name = reference.without_digest();
        let again = copy.layouts().join(layout.file_name().unwrap_or_default());
        let side = |layout: &Utf8Path| {
            target::surveyed(layout, reference).map(|surveyed| Side::Image(Box::new(surveyed)))
        };
        let lines = image_difference::between(&side(layout)?, &side(&again)?)?;
        if lines.is_empty() {
            context.shell.status("Identical", format_args!("{} in both places", reference.without_tag()));
        } else {
            let open = |layout: &Utf8Path| wasmpack_packager::open_reference(layout.as_std_path(), &name);
            // What both have is no difference, whatever it says.
            let is_told = |folder: &Utf8Path| {
                Ok::<_, Error>(has(&open(layout)?, folder)? != has(&open(&again)?, folder)?)
            };
            has_path |= is_told(&copy.original)? || is_told(&copy.root())?;
            let lines: Vec<_> = lines.iter().map(|line| format!("\n    {line}")).collect();
            differences.push(format!(
                "`{}` is not the same in two places:{}",
                name.without_tag(),
                lines.concat()
            ));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::NotReproducible { differences: differences.join("\n"), suspect: suspect(has_path) })
}

/// Whether the name of a folder is in a file of the image.
fn has(image: &Stored, folder: &Utf8Path) -> Result<bool, Error> {
    let mut has = false;
    image.files(|_, content| {
        has |= contains(content, folder.as_str().as_bytes()).map_err(Error::Scratch)?;
        Ok::<_, Error>(())
    })?;
    Ok(has)
}

/// Whether these bytes are somewhere in what is read, of which a part is in memory at a time.
fn contains(mut content: impl Read, wanted: &[u8]) -> io::Result<bool> {
    let mut part = Vec::new();
    while content.by_ref().take(PART_BYTES).read_to_end(&mut part)? > 0 {
        if part.windows(wanted.len()).any(|window| window == wanted) {
            return Ok(true);
        }
        // The end of this part may be the beginning of what is wanted.
        part.drain(..(part.len() + 1).saturating_sub(wanted.len()));
    }
    Ok(false)
}

const PART_BYTES: u64 = 64 << 10;

/// What is known of the cause: the folder can be looked for, and a number may be a time or anything else.
fn suspect(has_path: bool) -> &'static str {
    if has_path {
        "the folder of the sources is in it: look for `env!`, `file!`, `__FILE__` and \
         `OUT_DIR` in sources and build scripts"
    } else {
        "look for build scripts and macros that read the clock (let them take \
         `SOURCE_DATE_EPOCH`), random numbers, the environment, or a folder without sorting it; and for path \
         dependencies outside of the workspace, whose folders cargo hashes into the names of symbols"
    }
}

/// A copy of the sources in a temporary place, gone when this is dropped.
struct Copy {
    /// What was copied.
    original: Utf8PathBuf,
    /// Where it is below the folder that the command was given in, if it is there; its name otherwise. What was typed relative to that
    /// folder is then found in the copy.
    below: Utf8PathBuf,
    place: Scratch,
}

impl Copy {
    /// Of the whole checkout, if there is one: packages may reach for what is beside them.
    fn of(plan: &Plan, current_dir: &Utf8Path) -> Result<Self, Error> {
        let project = &plan.project;
        // A repository that knows nothing of the project may be somebody's whole home.
        let is_known = plan.checkout.is_some();
        let original = git::root(&project.root).filter(|_| is_known).unwrap_or_else(|| project.root.clone());
        let place = Scratch::named("wasmpack-again-")?;
        let inside = real(&original).strip_prefix(real(current_dir)).map(Utf8Path::to_owned).ok();
        let name = || original.file_name().unwrap_or("project").into();
        let below = inside.filter(|inside| !inside.as_str().is_empty()).unwrap_or_else(name);
        let copy = Self { original, below, place };
        let (from, to) = (copy.original.as_std_path(), copy.root());
        fs::create_dir_all(to.parent().unwrap_or(&to)).map_err(Error::Scratch)?;
        let left_out = [project.target_directory.as_std_path(), copy.place.as_std_path()];
        copied(from, to.as_std_path(), &left_out)?;
        Ok(copy)
    }

    fn place(&self) -> Utf8PathBuf {
        Utf8PathBuf::from(self.place.as_std_path().to_string_lossy().into_owned())
    }

    /// A longer path than most, and the same name: folders of C sources give theirs to the program.
    fn root(&self) -> Utf8PathBuf {
        self.above().join(&self.below)
    }

    fn above(&self) -> Utf8PathBuf {
        self.place().join("quite/another/place")
    }

    fn target(&self) -> Utf8PathBuf {
        self.place().join("made")
    }

    fn layouts(&self) -> Utf8PathBuf {
        self.target().join("wasmpack")
    }

    /// Where in the copy a path is; the path itself if it is elsewhere.
    fn of_path(&self, path: &Utf8Path) -> Utf8PathBuf {
        let path = real(path);
        let inside = path.strip_prefix(real(&self.original)).map(Utf8Path::to_owned);
        inside.map_or(path, |inside| self.root().join(inside))
    }

    /// The folder of the copy that stands for the one the command was given in.
    fn current_dir(&self, current_dir: &Utf8Path) -> Utf8PathBuf {
        let real = real(current_dir);
        if real.join(&self.below) == self::real(&self.original) { self.above() } else { self.of_path(&real) }
    }

    /// The value of an option, typed in a folder: what names a file there names the copy of it, or the file itself.
    fn of_value(&self, option: &str, value: &OsStr, current_dir: &Utf8Path) -> OsString {
        let moved = |path: &str| {
            let path = current_dir.join(path);
            path.exists().then(|| self.of_path(&path))
        };
        let Some(text) = value.to_str() else { return value.to_owned() };
        let text = match option {
            "file" => {
                // Without `to`, a relative path is also the place in the image.
                let is_place = |from: &str| {
                    !text.contains(",to=") && !text.starts_with("to=") && Utf8Path::new(from).is_relative()
                };
                let part = |part: &str| match part.strip_prefix("from=").filter(|from| !is_place(from)) {
                    Some(from) => moved(from).map_or(part.to_owned(), |path| format!("from={path}")),
                    None => part.to_owned(),
                };
                text.split(',').map(part).collect::<Vec<_>>().join(",")
            }
            // A bare word is a program to be found, or a kind of toolchain.
            "wasm_opt" | "toolchain" if !text.contains('/') => text.to_owned(),
            "config" | "wasm_opt" | "toolchain" => {
                moved(text).map_or(text.to_owned(), Utf8PathBuf::into_string)
            }
            _ => text.to_owned(),
        };
        text.into()
    }
}

/// Without links, if it is there.
fn real(path: &Utf8Path) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned())
}

/// Backwards, so that a folder that is read without sorting it comes in another order.
fn copied(from: &Path, to: &Path, left_out: &[&Path]) -> Result<(), Error> {
    let failed = |path: &Path, source| Error::CopySource { path: path.to_owned(), source };
    let entries = fs::create_dir(to).and_then(|()| fs::read_dir(from)?.collect::<io::Result<Vec<_>>>());
    let mut entries = entries.map_err(|source| failed(from, source))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries.into_iter().rev() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|source| failed(&path, source))?;
        if kind.is_dir() && entry.file_name() != ".git" {
            let is_cache = path.join("CACHEDIR.TAG").is_file();
            if !is_cache && !left_out.contains(&path.as_path()) {
                copied(&path, &to, left_out)?;
            }
        } else {
            copied_file(&path, &to, kind).map_err(|source| failed(&path, source))?;
        }
    }
    Ok(())
}

fn copied_file(path: &Path, to: &Path, kind: fs::FileType) -> io::Result<()> {
    if path.file_name().is_some_and(|name| name == ".git") {
        fs::write(to, format!("gitdir: {}\n", git_directory(path)?.display()))
    } else if kind.is_symlink() {
        copies::link(&fs::read_link(path)?, to)
    } else if kind.is_file() {
        fs::copy(path, to).map(drop)
    } else {
        Ok(())
    }
}

/// The repository that a `.git` stands for. The copy asks it too, instead of having one: both are the same commit.
fn git_directory(path: &Path) -> io::Result<PathBuf> {
    if path.is_dir() {
        return path.canonicalize();
    }
    let text = fs::read_to_string(path)?;
    let named = text.trim().trim_start_matches("gitdir:").trim();
    path.parent().unwrap_or(path).join(named).canonicalize()
}

/// The same command in the copy.
fn command(arguments: &build::Arguments, copy: &Copy, elsewhere: &Elsewhere, context: &Context) -> Command {
    let environment = &context.environment;
    let mut words = vec![OsString::from("build")];
    let here = &environment.current_dir;
    words.extend(retyped(&environment.arguments, &|option, value| copy.of_value(option, value, here)));
    words.push(format!("--target-dir={}", copy.target()).into());
    words.push(format!("--jobs={}", elsewhere.jobs()).into());
    let in_copy = |path: &Utf8Path| copy.of_path(&here.join(path));
    match (&arguments.path, &arguments.source.manifest_path) {
        (_, Some(manifest)) => words.push(format!("--manifest-path={}", in_copy(manifest)).into()),
        (Some(path), None) => words.push(in_copy(path).into()),
        (None, None) => {}
    }
    let mut command = elsewhere.command(&environment.executable);
    command
        .args(words)
        .current_dir(copy.current_dir(here))
        // A job tells of an image once.
        .env(github::SWITCH, "false")
        // What others have made proves nothing of what is made here.
        .envs(sharing::VARIABLES.map(|name| (name, "")))
        // Only what was made first is told.
        .stdout(std::process::Stdio::null());
    command
}

/// What the copy has otherwise, or must not write a second time.
const OTHERWISE: [&str; 21] = [
    "json",
    "message_format",
    "path",
    "manifest_path",
    "target_dir",
    "output",
    "load",
    "check_reproducible",
    "sign",
    "push",
    "metadata_file",
    "image_refs",
    "username",
    "password_stdin",
    "ca_file",
    "client_cert",
    "client_key",
    "plain_http",
    "jobs",
    "cache_from",
    "cache_to",
];

/// The options of `build` as they were typed, but for those; values as `value_of` has them for the copy.
fn retyped(arguments: &[OsString], value_of: &dyn Fn(&str, &OsStr) -> OsString) -> Vec<OsString> {
    let mut command = Arguments::command();
    command.build();
    let Ok(matches) = command.try_get_matches_from_mut(arguments) else { return Vec::new() };
    let Some((verb, matches)) = matches.subcommand() else { return Vec::new() };
    let options = command.find_subcommand(verb).into_iter().flat_map(clap::Command::get_arguments);
    let mut words = Vec::new();
    for option in options {
        let id = option.get_id().as_str();
        let is_typed =
            matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine);
        let Some(name) = option.get_long().filter(|_| is_typed && !OTHERWISE.contains(&id)) else { continue };
        match option.get_action() {
            ArgAction::SetTrue => words.push(format!("--{name}").into()),
            ArgAction::Count => {
                words.extend((0..matches.get_count(id)).map(|_| OsString::from(format!("--{name}"))));
            }
            _ => words.extend(matches.get_raw(id).into_iter().flatten().map(|value| {
                let mut word = OsString::from(format!("--{name}="));
                word.push(value_of(id, value));
                word
            })),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_typed_again_but_for_places() {
        let typed = [
            "cargo-wasmpack",
            "-v",
            "build",
            "there",
            "--sign=key.pem",
            "-o",
            "type=oci-archive,dest=a.tar",
            "--check-reproducible",
            "--bin",
            "a",
            "--bin=b",
            "-F",
            "x,y",
            "--cmd=--help",
            "--target-dir",
            "t",
            "--locked",
            "-t",
            "app:1",
            "--annotation",
            "licenses=MIT",
            "-v",
            "-j4",
        ];
        let words = retyped(&typed.map(OsString::from), &|_, value| value.to_owned());
        let mut words: Vec<_> = words.into_iter().map(|word| word.into_string().unwrap()).collect();
        words.sort();
        assert_eq!(
            words,
            [
                "--annotation=licenses=MIT",
                "--bin=a",
                "--bin=b",
                "--cmd=--help",
                "--features=x,y",
                "--locked",
                "--tag=app:1",
                "--verbose"
            ]
        );
    }

    #[test]
    fn a_copy_has_what_is_tracked_and_not_what_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for path in ["src/main.rs", "target/app.wasm", "cache/CACHEDIR.TAG", ".git/HEAD"] {
            let path = from.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        copied(&from, &to, &[&from.join("target")]).unwrap();
        let mut names: Vec<_> = fs::read_dir(&to)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [".git", "src"]);
        let git = fs::read_to_string(to.join(".git")).unwrap();
        assert_eq!(git, format!("gitdir: {}\n", from.join(".git").canonicalize().unwrap().display()));
    }

    #[test]
    fn what_cannot_be_copied_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("sub")).unwrap();
        // Of a checkout that is gone.
        fs::write(from.join("sub/.git"), "gitdir: nowhere\n").unwrap();
        let error = copied(&from, &to, &[]).unwrap_err().to_string();
        assert_eq!(error, format!("failed to copy `{}`, to build it again", from.join("sub/.git").display()));
    }
}
