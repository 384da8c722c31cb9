//! Binaryen, in a child process.
//!
//! Binaryen calls `abort()` on what it cannot take, cannot be cancelled, and reads its thread count only from
//! `BINARYEN_CORES`. A child is the only way to survive it, to limit its time and to choose its cores. The child is
//! an executable that links this crate and hands its last arguments to [`serve`]; which executable, and which
//! arguments come first, is a plain value: [`Binaryen`].

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::align::align;
use crate::child::{self, End};
use crate::embedded::{self, Files, Maps};
use crate::lines::{self, Lines};
use crate::recipe::Recipe;
use crate::{Engine, Error, Features, error, source_map};

/// Which Binaryen is run, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaryen {
    /// Which one.
    pub engine: Engine,
    /// Threads it may use; as many as the machine has cores where `None`. Its output does not depend on it.
    pub cores: Option<usize>,
    /// After this long it is killed.
    pub time_limit: Duration,
    /// An absolute path to an existing folder, in which each run has its own temporary folder.
    pub scratch: PathBuf,
}

/// The name of the child's input in its temporary folder.
const INPUT: &str = "input.wasm";
/// The name of its output.
const OUTPUT: &str = "output.wasm";
/// The source map of its input, if it has one.
const INPUT_MAP: &str = "input.wasm.map";
/// The source map of its output, or of [`MAPPED`].
const OUTPUT_MAP: &str = "output.wasm.map";
/// The output before its last change, which the embedded Binaryen makes or says lines, and not both.
const MAPPED: &str = "mapped.wasm";
/// Whether there are source maps, as the child is told.
const WITH_LINES: &str = "lines";
const WITHOUT_LINES: &str = "no-lines";
/// Where its standard error goes: a file, because a full pipe nobody reads would stop it.
const SAID: &str = "stderr.txt";

impl Binaryen {
    /// Optimizes a module in a child process, and takes its lines along, as far as they can be. Leaves no file and no
    /// process behind.
    pub(crate) fn optimize(
        &self,
        wasm: &[u8],
        lines: &Lines,
        recipe: Recipe,
        features: Features,
    ) -> Result<(Vec<u8>, Lines), Error> {
        let has_lines = !lines.is_empty() && self.engine.takes_lines();
        let with = if has_lines { WITH_LINES } else { WITHOUT_LINES };
        let mut command = self.command(recipe, features, with)?;
        let folder = tempfile::Builder::new().prefix("binaryen-").tempdir_in(&self.scratch);
        let folder = folder.map_err(io_error("create a folder in", &self.scratch))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).map_err(io_error("write", &path))
        };
        write(INPUT, wasm)?;
        if has_lines {
            let code = lines::code(wasm)?.map_or(0, |(offset, _)| offset);
            write(INPUT_MAP, source_map::encode(lines, code).as_bytes())?;
        }
        self.run(&mut command, folder.path())?;
        let output = read_output(&folder.path().join(OUTPUT), wasm.len() as u64)?;
        let lines = has_lines.then(|| read_lines(folder.path(), &output, lines)).flatten();
        Ok((output, lines.unwrap_or_default()))
    }

    /// The child that turns `input.wasm` in its current directory into `output.wasm`.
    fn command(&self, recipe: Recipe, features: Features, lines: &str) -> Result<Command, Error> {
        match &self.engine {
            Engine::Embedded { executable, arguments } => {
                // The child would find out as well, some milliseconds later and with less to say.
                features.to_binaryen()?;
                let mut command = Command::new(executable);
                command.args(arguments).args([recipe.to_string(), features.to_string(), lines.to_owned()]);
                Ok(command)
            }
            Engine::Program { path, .. } => {
                let mut command = Command::new(path);
                command.args([INPUT, "-o", OUTPUT, "-g", "--mvp-features"]).args(features.flags());
                command.args(recipe.flags());
                if !self.engine.picks_signs_rightly() {
                    command.arg("--skip-pass=pick-load-signs");
                }
                if lines == WITH_LINES {
                    command.args(["--input-source-map", INPUT_MAP, "--output-source-map", OUTPUT_MAP]);
                }
                Ok(command)
            }
            Engine::Off => Err(Error::BadRequest),
        }
    }

    fn run(&self, command: &mut Command, folder: &Path) -> Result<(), Error> {
        let said = folder.join(SAID);
        let stderr = File::create(&said).map_err(io_error("create", &said))?;
        command
            // A core dump of a crash belongs with the files that are removed.
            .current_dir(folder)
            .env_remove("BINARYEN_CORES")
            .env_remove("BINARYEN_PASS_DEBUG")
            .envs(self.cores.map(|cores| ("BINARYEN_CORES", cores.max(1).to_string())))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr);
        match child::run(command, self.time_limit) {
            Ok(End::Exited(status)) if status.success() => Ok(()),
            Ok(End::Exited(status)) => Err(Error::Child { status, said: last_line(&said) }),
            Ok(End::Killed) => Err(Error::TimeLimit { limit: self.time_limit }),
            Err(source) => Err(Error::Start { executable: command.get_program().into(), source }),
        }
    }
}

/// What the child runs: reads `input.wasm` in the current directory, writes `output.wasm` beside it.
///
/// `arguments` are those after the caller's own: the recipe, the features separated by commas, and whether there are
/// lines. Files have no path because Binaryen breaks those that are not ASCII on Windows.
///
/// # Errors
/// Where Binaryen refuses the module. It may end the process as well.
pub fn serve(arguments: &[OsString]) -> Result<(), Error> {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let [recipe, features, lines] = words[..] else { return Err(Error::BadRequest) };
    let recipe: Recipe = recipe.parse()?;
    let names = features.split(',').filter(|name| !name.is_empty());
    let features = Features::from_names(names).ok_or(Error::BadRequest)?.to_binaryen()?;
    let maps = Maps { input: INPUT_MAP, mapped: MAPPED, output: OUTPUT_MAP };
    let files = Files { input: INPUT, output: OUTPUT, maps: (lines == WITH_LINES).then_some(maps) };
    embedded::run(recipe, &features, &files).map_err(|source| Error::Binaryen { source })
}

/// What the child says of lines: none, where it does not or cannot be believed.
fn read_lines(folder: &Path, output: &[u8], lines: &Lines) -> Option<Lines> {
    let mapped = fs::read(folder.join(MAPPED)).ok();
    let (code, _) = lines::code(mapped.as_deref().unwrap_or(output)).ok()??;
    let lines = source_map::decode(&fs::read(folder.join(OUTPUT_MAP)).ok()?, lines.files(), code)?;
    match mapped {
        Some(mapped) => Some(lines.moved(align(&mapped, output).ok()?)),
        None => Some(lines),
    }
}

/// The child's output, unless it is absurdly long. It may be a little longer than the input: a pass that makes the
/// module larger is reported as such, not as a failure.
fn read_output(path: &Path, input_bytes: u64) -> Result<Vec<u8>, Error> {
    let limit = 2 * input_bytes + 64 * 1024;
    let file = File::open(path).map_err(io_error("read", path))?;
    let bytes = file.metadata().map_err(io_error("read", path))?.len();
    if bytes > limit {
        return Err(Error::Oversized { bytes, limit });
    }
    let mut output = Vec::new();
    file.take(limit).read_to_end(&mut output).map_err(io_error("read", path))?;
    Ok(output)
}

/// The last line of a text file after `: `, or nothing: it only explains another failure.
fn last_line(path: &Path) -> String {
    const ENOUGH: u64 = 4096;
    let tail = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(bytes.saturating_sub(ENOUGH)))?;
        let mut tail = Vec::new();
        file.take(ENOUGH).read_to_end(&mut tail)?;
        Ok(tail)
    };
    let tail = tail().unwrap_or_default();
    let text = String::from_utf8_lossy(&tail);
    let mut lines = text.lines().rev().map(error::one_line);
    lines.find(|line| !line.is_empty()).map(|line| format!(": {line}")).unwrap_or_default()
}

fn io_error(deed: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { deed, path: path.to_owned(), source }
}
