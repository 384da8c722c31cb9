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

use wasm_opt::{OptimizationOptions, Pass};

use crate::child::{self, End};
use crate::{Error, Features, Level, error};

/// How to start the child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaryen {
    /// The program, as an absolute path: usually the caller's own.
    pub executable: PathBuf,
    /// What makes the program call [`serve`] with the arguments that follow these.
    pub arguments: Vec<OsString>,
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
/// Where its standard error goes: a file, because a full pipe nobody reads would stop it.
const SAID: &str = "stderr.txt";

impl Binaryen {
    /// Optimizes a module in a child process. Leaves no file and no process behind.
    pub(crate) fn optimize(&self, wasm: &[u8], level: Level, features: Features) -> Result<Vec<u8>, Error> {
        // The child would find out as well, some milliseconds later and with less to say.
        features.to_binaryen()?;
        let folder = tempfile::Builder::new().prefix("binaryen-").tempdir_in(&self.scratch);
        let folder = folder.map_err(io_error("create a folder in", &self.scratch))?;
        let input = folder.path().join(INPUT);
        fs::write(&input, wasm).map_err(io_error("write", &input))?;
        self.run(folder.path(), level, features)?;
        read_output(&folder.path().join(OUTPUT), wasm.len() as u64)
    }

    fn run(&self, folder: &Path, level: Level, features: Features) -> Result<(), Error> {
        let said = folder.join(SAID);
        let stderr = File::create(&said).map_err(io_error("create", &said))?;
        let mut command = Command::new(&self.executable);
        command
            .args(&self.arguments)
            .args([level.to_string(), features.to_string()])
            // A core dump of a crash belongs with the files that are removed.
            .current_dir(folder)
            .env_remove("BINARYEN_CORES")
            .env_remove("BINARYEN_PASS_DEBUG")
            .envs(self.cores.map(|cores| ("BINARYEN_CORES", cores.max(1).to_string())))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr);
        match child::run(&mut command, self.time_limit) {
            Ok(End::Exited(status)) if status.success() => Ok(()),
            Ok(End::Exited(status)) => Err(Error::Child { status, said: last_line(&said) }),
            Ok(End::Killed) => Err(Error::TimeLimit { limit: self.time_limit }),
            Err(source) => Err(Error::Start { executable: self.executable.clone(), source }),
        }
    }
}

/// What the child runs: reads `input.wasm` in the current directory, writes `output.wasm` beside it.
///
/// `arguments` are those after the caller's own: the level, and the features separated by commas. Files have no
/// path because Binaryen breaks those that are not ASCII on Windows.
///
/// # Errors
/// Where Binaryen refuses the module. It may end the process as well.
pub fn serve(arguments: &[OsString]) -> Result<(), Error> {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let [level, features] = words[..] else { return Err(Error::BadRequest) };
    let level: Level = level.parse()?;
    let names = features.split(',').filter(|name| !name.is_empty());
    let features = Features::from_names(names).ok_or(Error::BadRequest)?.to_binaryen()?;
    let mut input = INPUT;
    let bytes = fs::metadata(input).map_err(io_error("read", Path::new(input)))?.len();
    for mut options in runs(level, bytes) {
        options.mvp_features_only();
        for feature in &features {
            options.enable_feature(*feature);
        }
        options.run(input, OUTPUT).map_err(|source| Error::Binaryen { source })?;
        input = OUTPUT;
    }
    Ok(())
}

/// Above this length gufa is left out. It takes up to 220 bytes of memory for each byte of the module, which makes
/// 150 MB here, a third more time than without, and what it finds hardly grows with the program.
const GUFA_LONGEST_BYTES: u64 = 640 * 1024;

/// The runs of a level, the output of one being the input of the next.
///
/// None has an option that changes what a module does: no `--low-memory-unused`, `--traps-never-happen`,
/// `--closed-world`, `--fast-math`.
fn runs(level: Level, input_bytes: u64) -> Vec<OptimizationOptions> {
    let defaults = match level {
        Level::O0 => OptimizationOptions::new_opt_level_0(),
        Level::O1 => OptimizationOptions::new_opt_level_1(),
        Level::O2 => OptimizationOptions::new_opt_level_2(),
        Level::O3 => OptimizationOptions::new_opt_level_3(),
        Level::S => OptimizationOptions::new_optimize_for_size(),
        Level::Z => OptimizationOptions::new_optimize_for_size_aggressively(),
    };
    let for_size = matches!(level, Level::S | Level::Z);
    if !for_size || input_bytes > GUFA_LONGEST_BYTES {
        return vec![defaults];
    }
    // Gufa follows values through the whole module and knows then what virtual calls can reach. Before -Oz it took
    // 35 KB off each C++ program that uses iostream (19 % of a small one) and nothing off C and Rust. Named passes
    // run after the default ones, so that what must come before is a run of its own.
    let mut gufa = defaults.clone();
    gufa.add_default_passes(false).add_pass(Pass::Gufa);
    vec![gufa, defaults]
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
