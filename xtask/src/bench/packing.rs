//! How long it takes to pack a module that is there already, and how large the image becomes; beside others who do so.

use std::fs;
use std::io::ErrorKind;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::page::Section;
use super::timing::{RATIOS, Rounds, Timed, medians, milliseconds, rounds};
use super::{Bench, memory};
use crate::cache::{self, Program};
use crate::table::{Table, bytes};
use crate::tool::Tool;
use crate::{Result, corpus};

fn explanation() -> String {
    format!(
        "A module as it is, clang-format as somebody has published it, into an OCI archive: `buildah bud` (`FROM scratch`, \
         `COPY`) and `buildah push`; `podman build` and `podman save`; `umoci init`, `new`, `insert` and `config`, and `tar`; \
         runwasi's `oci-tar-builder`, which compresses nothing; `cargo wasmpack pack --format image` with each `--compress`, \
         and nothing kept of earlier runs. As little as there can be: the module through `cp`, `sha256sum` and `gzip`. \
         Milliseconds, the median of runs in turn; bytes of the archive; the highest resident set in MB. {RATIOS} The last \
         rows are other projects."
    )
}

const RUNS: usize = 9;

/// In the order of the table.
const COMPRESSIONS: [&str; 5] = ["none", "fast", "gzip", "zstd", "best"];

/// The place of the first that takes long.
const SLOW: usize = 3;

const OCI_TAR_BUILDER: Program<'static> = Program {
    name: "oci-tar-builder",
    version: "0.4.0",
    arguments: &["oci-tar-builder", "--version", "0.4.0"],
};

pub(super) fn sections(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let Bench { workspace, tool, .. } = bench;
    let (_, module) = corpus::CLANG_FORMAT.fetch(workspace, "clang-format")?;
    let folder = workspace.folder("bench/packing")?;
    let project = folder.join("module");
    write_project(&project, &module, "")?;
    let theirs = Theirs { folder: &folder, project: &project };
    let builder = cache::program(workspace, &OCI_TAR_BUILDER)?.join(OCI_TAR_BUILDER.name);

    // Each with what it makes.
    let peers = [
        ("buildah", "buildah.tar"),
        ("`podman build`", "podman.tar"),
        ("umoci", "umoci.tar"),
        ("`oci-tar-builder`", "oci-tar-builder.tar"),
        ("`cp`, `sha256sum`, `gzip`", "by-hand.gz"),
    ];
    let commands = [
        theirs.buildah(),
        theirs.podman(),
        theirs.umoci(),
        theirs.oci_tar_builder(&builder),
        theirs.by_hand(),
    ];
    let ours = COMPRESSIONS.map(|how| Ours { tool, project: &project, folder: &folder, how });
    let timed = |place: usize| {
        let ours = &ours[place];
        Timed::new(ours.how, ours.command()).after(|| ours.forget())
    };
    let timed_peer = |(name, made), commands| Timed::all(name, commands).after(move || theirs.forget(made));

    let mut subjects: Vec<_> =
        peers.into_iter().zip(commands).map(|(peer, of)| timed_peer(peer, of)).collect();
    subjects.extend((0..SLOW).map(timed));
    let quick = rounds(&mut subjects, RUNS)?;
    // Zopfli takes its time, and would only make the others wait.
    let mut subjects = vec![timed_peer(peers[0], theirs.buildah())];
    subjects.extend((SLOW..ours.len()).map(timed));
    let slow = rounds(&mut subjects, 3)?;

    let mut table = Table::new(["", "time", "ratio", "half of them", "bytes", "ratio", "memory"]);
    let their_bytes = folder.join(peers[0].1).metadata()?.len();
    let mut row = |name, (rounds, number): (&Rounds, usize), made: &Utf8Path, memory| -> Result {
        let [ratio, half] = rounds.ratio(number, 0);
        let made = made.metadata()?.len();
        let of_bytes = format!("{:.2}", made as f64 / their_bytes as f64);
        let time = milliseconds(rounds.median(number));
        table.row(&[name, time, ratio, half, bytes(made), of_bytes, memory]);
        Ok(())
    };
    for (number, (name, made)) in peers.into_iter().enumerate() {
        row(name.to_owned(), (&quick, number), &folder.join(made), String::new())?;
    }
    for (number, ours) in ours.iter().enumerate() {
        let measured =
            if number < SLOW { (&quick, peers.len() + number) } else { (&slow, 1 + number - SLOW) };
        row(format!("`--compress {}`", ours.how), measured, &ours.archive(), ours.memory()?)?;
    }
    for (name, project) in [
        ("500 files of 20 kB besides", with_files(&folder.join("files"), &module, 500, 20_000)?),
        ("16 files of 16 MB besides", with_files(&folder.join("large"), &module, 16, 16_000_000)?),
    ] {
        let ours = Ours { tool, project: &project, folder: &folder, how: "fast" };
        let times = medians(&mut [Timed::new(name, ours.command()).after(|| ours.forget())], 3)?;
        let name = format!("{name}, `--compress fast`");
        let memory = ours.memory()?;
        let archive_bytes = bytes(ours.archive().metadata()?.len());
        let none = String::new;
        table.row(&[name, milliseconds(times[0]), none(), none(), archive_bytes, none(), memory]);
    }
    Ok(vec![Section { title: "Packing", explanation: explanation(), table }])
}

/// One way for `cargo wasmpack` to pack a project.
struct Ours<'a> {
    tool: &'a Tool,
    project: &'a Utf8Path,
    folder: &'a Utf8Path,
    how: &'a str,
}

impl Ours<'_> {
    fn archive(&self) -> Utf8PathBuf {
        self.folder.join(self.how).with_extension("tar")
    }

    fn target(&self) -> Utf8PathBuf {
        self.folder.join("target").join(self.how)
    }

    fn command(&self) -> Command {
        let mut command = self.tool.command("pack");
        command.args(["--quiet", "--format", "image", "--compress", self.how]).arg(self.project);
        command.arg("--target-dir").arg(self.target());
        command.arg("--output").arg(format!("type=oci-archive,dest={}", self.archive()));
        command
    }

    /// Removes what an earlier run has left.
    fn forget(&self) -> Result {
        gone(fs::remove_dir_all(self.target()))?;
        gone(fs::remove_file(self.archive()))
    }

    fn memory(&self) -> Result<String> {
        self.forget()?;
        Ok((memory::peak(&mut self.command())?.own_kib * 1024 / 1_000_000).to_string())
    }
}

/// The same with others.
#[derive(Clone, Copy)]
struct Theirs<'a> {
    folder: &'a Utf8Path,
    project: &'a Utf8Path,
}

impl Theirs<'_> {
    /// In a storage of its own.
    fn in_storage(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.arg("--root").arg(self.folder.join("storage")).arg("--runroot").arg(self.folder.join("run"));
        command.args(["--storage-driver", "vfs"]).args(words);
        command
    }

    fn buildah(&self) -> Vec<Command> {
        let archive = format!("oci-archive:{}", self.folder.join("buildah.tar"));
        let build = ["bud", "--quiet", "--layers=false", "--tag", "app", self.project.as_str()];
        vec![
            self.in_storage("buildah", &build),
            self.in_storage("buildah", &["push", "--quiet", "app", &archive]),
        ]
    }

    fn podman(&self) -> Vec<Command> {
        let archive = self.folder.join("podman.tar");
        let build = ["build", "--quiet", "--layers=false", "--tag", "app", self.project.as_str()];
        let save = ["save", "--quiet", "--format", "oci-archive", "--output", archive.as_str(), "app"];
        vec![self.in_storage("podman", &build), self.in_storage("podman", &save)]
    }

    fn umoci(&self) -> Vec<Command> {
        let command = |program: &str, words: &[&str]| {
            let mut command = Command::new(program);
            command.args(words).current_dir(self.folder);
            command
        };
        let module = self.project.join("app.wasm");
        let entrypoint = ["--config.entrypoint=/app.wasm", "--architecture=wasm", "--os=wasip1"];
        vec![
            command("umoci", &["init", "--layout", "umoci"]),
            command("umoci", &["new", "--image", "umoci:app"]),
            command("umoci", &["insert", "--image", "umoci:app", module.as_str(), "/app.wasm"]),
            command("umoci", &[&["config", "--image", "umoci:app"], &entrypoint[..]].concat()),
            command("tar", &["-cf", "umoci.tar", "-C", "umoci", "."]),
        ]
    }

    fn oci_tar_builder(&self, program: &Utf8Path) -> Vec<Command> {
        let mut command = Command::new(program);
        command.args(["--name", "app", "--repo", "localhost", "--tag", "latest"]);
        command.arg("--module").arg(self.project.join("app.wasm"));
        command.arg("--out-path").arg(self.folder.join("oci-tar-builder.tar"));
        vec![command]
    }

    /// As little as anybody can do.
    fn by_hand(&self) -> Vec<Command> {
        let command = |words: [&str; 3]| {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]).current_dir(self.folder);
            command
        };
        let module = self.project.join("app.wasm");
        vec![
            command(["cp", module.as_str(), "by-hand"]),
            command(["sha256sum", "--binary", "by-hand"]),
            command(["gzip", "--force", "by-hand"]),
        ]
    }

    /// Removes what was made of this name.
    fn forget(&self, made: &str) -> Result {
        let made = self.folder.join(made);
        gone(fs::remove_file(&made))?;
        gone(fs::remove_dir_all(made.with_extension("")))
    }
}

/// What is removed may not be there.
fn gone(removed: std::io::Result<()>) -> Result {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// A folder with a module, and what each tool wants beside it.
pub(super) fn write_project(folder: &Utf8Path, module: &Utf8Path, configuration: &str) -> Result {
    fs::create_dir_all(folder)?;
    fs::copy(module, folder.join("app.wasm"))?;
    fs::write(folder.join("wasmpack.toml"), format!("[build]\nmodule = \"app.wasm\"\n{configuration}"))?;
    fs::write(
        folder.join("Containerfile"),
        "FROM scratch\nCOPY app.wasm /app.wasm\nENTRYPOINT [\"/app.wasm\"]\n",
    )?;
    Ok(())
}

/// A project with files of words and numbers.
pub(super) fn with_files(
    folder: &Utf8Path,
    module: &Utf8Path,
    count: u64,
    length: usize,
) -> Result<Utf8PathBuf> {
    write_project(folder, module, "[image]\nfiles = [{ from = \"files\" }]\n")?;
    fs::create_dir_all(folder.join("files"))?;
    for number in 0..count {
        let line = |line: u64| {
            let noise = (number << 32 | line).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            format!("the value of line {line} is {noise:x}, lazydog {}\n", noise >> 50)
        };
        let mut text = String::with_capacity(length + 100);
        text.extend((0..).map(line).take(length / 40));
        text.truncate(length);
        fs::write(folder.join(format!("files/{number}.txt")), text)?;
    }
    Ok(folder.to_owned())
}
