//! What work costs, in instructions of the processor as `callgrind` counts them: however busy a machine is, they are the same. The
//! counts they are held to are in `benches/instructions.json`, and `BLESS=1` writes them anew.
//!
//! What costs more is found by `callgrind_annotate`, in the file that a failure names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::installed::installed;
use crate::support::{said, wasmpack};
use crate::tried;

/// By how much a count may be larger. Hash tables begin at another place each time, and compilers change a little.
const MORE_PERCENT: u64 = 5;

/// How much smaller a count has to be before the baseline is out of date, and would let too much through.
const LESS_PERCENT: u64 = 15;

/// A module and its image, with about as much to do as a small real program has.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.wat"), module()).unwrap();
    for words in ["optimize app.wat -o app.wasm --wasm-opt off", "pack app.wasm --target-dir made"] {
        let output = wasmpack().args(words.split(' ')).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    folder
}

/// 2,000 functions of different lengths, of which every third is called, and data that compresses to a half.
fn module() -> String {
    let mut random = fastrand::Rng::with_seed(9);
    let mut text = String::from("(module (memory (export \"memory\") 4)\n");
    for number in 0..2000 {
        text += &format!("(func $f{number} (param i32) (result i32) (local.get 0)");
        for _ in 0..random.u32(1..40) {
            text += &format!(
                "(i32.const {}) (i32.{})",
                random.i32(..),
                ["add", "xor", "mul", "shl"][random.usize(..4)]
            );
        }
        text += ")\n";
    }
    text += "(func (export \"_start\")";
    for number in (0..2000).step_by(3) {
        text += &format!(
            "(i32.store (i32.const {}) (call $f{number} (i32.const {number})))",
            100_000 + 4 * number
        );
    }
    text += ")\n(data (i32.const 0) \"";
    for _ in 0..60_000 {
        text.push(char::from(b'a' + random.u8(..16)));
    }
    text + "\"))\n"
}

/// What is counted: a name, and a command line.
const WORK: [(&str, &str); 6] = [
    ("help", "--help"),
    ("optimize without Binaryen", "optimize app.wat -o out.wasm --wasm-opt off"),
    ("pack", "pack app.wasm --target-dir new"),
    ("pack again", "pack app.wasm --target-dir made"),
    ("inspect", "inspect made/wasmpack/app"),
    ("validate", "validate made/wasmpack/app"),
];

fn count(valgrind: &Path, words: &str, folder: &Path, counts: &Path) -> u64 {
    let command = wasmpack();
    let mut counting = Command::new(valgrind);
    counting.args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", counts.display()));
    counting.arg(command.get_program()).args(words.split(' ')).current_dir(folder);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => counting.env(name, value),
            None => counting.env_remove(name),
        };
    }
    let output = counting.output().unwrap();
    assert!(output.status.success(), "{words}: {}", said(&output));
    let told = fs::read_to_string(counts).unwrap();
    let total =
        told.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    total.unwrap().trim().parse().unwrap()
}

#[test]
fn work_takes_no_more_instructions_than_it_did() {
    let Some(valgrind) = installed("valgrind") else { return };
    let place = place();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let counts: BTreeMap<_, _> = WORK
        .iter()
        .map(|(name, words)| {
            let file: PathBuf = folder.join(format!("callgrind.{}", name.replace(' ', "-")));
            (*name, count(&valgrind, words, place.path(), &file))
        })
        .collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.json");
    if crate::manual::variable("BLESS").is_some() {
        fs::write(&file, serde_json::to_string_pretty(&counts).unwrap() + "\n").unwrap();
        return;
    }
    let baseline: BTreeMap<String, u64> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(baseline.keys().eq(counts.keys()), "`BLESS=1` writes `{}` anew", file.display());
    let mut wrong = Vec::new();
    for (name, count) in &counts {
        let before = baseline[*name];
        let percent = 100 * count / before;
        if !(100 - LESS_PERCENT..=100 + MORE_PERCENT).contains(&percent) {
            let place = folder.join(format!("callgrind.{}", name.replace(' ', "-")));
            wrong.push(format!("{name}: {count} in place of {before}, {percent} %; see {}", place.display()));
        }
    }
    assert!(wrong.is_empty(), "if it has to be so, `BLESS=1` writes the counts anew:\n{}", wrong.join("\n"));
    tried::tell("instructions", format_args!("{counts:?}"));
}
