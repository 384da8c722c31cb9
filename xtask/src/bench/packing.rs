//! How long it takes to pack a module that is there already, and how large the image becomes; beside buildah.

use std::fs;
use std::io::ErrorKind;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::timing::{Timed, medians, milliseconds};
use super::{bytes, memory};
use crate::table::Table;
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, corpus, shell};

pub(super) const EXPLANATION: &str = "A module as it is, clang-format as somebody has published it, into an OCI archive: \
    `buildah bud` (`FROM scratch`, `COPY`) and `buildah push`; `cargo wasmpack pack --format image` with each `--compress`, \
    and nothing kept of earlier runs. Milliseconds, the median of runs in turn; bytes of the archive; the highest resident \
    set in MB. Ratios are to buildah's. The last rows are other projects.";

const RUNS: usize = 9;

/// In the order of the table.
const COMPRESSIONS: [&str; 5] = ["none", "fast", "gzip", "best", "zstd"];

pub(super) fn table(workspace: &Workspace, tool: &Tool) -> Result<Table> {
    shell::status("Measuring", "packing");
    let (_, module) = corpus::CLANG_FORMAT.fetch(workspace, "clang-format")?;
    let folder = workspace.folder("bench/packing")?;
    let project = folder.join("module");
    write_project(&project, &module, "")?;
    let theirs = Theirs { folder: &folder, context: &project };

    let ours = COMPRESSIONS.map(|how| Ours { tool, project: &project, folder: &folder, how });
    let mut subjects = vec![Timed::all("buildah", theirs.commands())];
    subjects.extend(ours.iter().map(|ours| Timed::new(ours.how, ours.command()).after(|| ours.forget())));
    // Zopfli takes its time, and would only make the others wait.
    let (quick, slow) = subjects.split_at_mut(4);
    let mut times = medians(quick, RUNS)?;
    times.extend(medians(slow, 3)?);

    let mut table = Table::new(["", "time", "", "bytes", "", "memory"]);
    let their_bytes = theirs.archive().metadata()?.len();
    let mut row = |name: &str, number: usize, archive_bytes: u64, memory: String| {
        let ratio = |ours: f64, theirs: f64| format!("{:.2}", ours / theirs);
        table.row(&[
            name.to_owned(),
            milliseconds(times[number]),
            ratio(times[number].as_secs_f64(), times[0].as_secs_f64()),
            bytes(archive_bytes),
            ratio(archive_bytes as f64, their_bytes as f64),
            memory,
        ]);
    };
    row("buildah", 0, their_bytes, String::new());
    for (number, ours) in (1..).zip(&ours) {
        let memory = ours.memory()?;
        row(&format!("`--compress {}`", ours.how), number, ours.archive().metadata()?.len(), memory);
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
        table.row(&[name, milliseconds(times[0]), String::new(), archive_bytes, String::new(), memory]);
    }
    Ok(table)
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
        for removed in [fs::remove_dir_all(self.target()), fs::remove_file(self.archive())] {
            if let Err(error) = removed
                && error.kind() != ErrorKind::NotFound
            {
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn memory(&self) -> Result<String> {
        self.forget()?;
        Ok((memory::peak(&mut self.command())?.own_kib * 1024 / 1_000_000).to_string())
    }
}

/// The same with buildah, in a storage of its own.
struct Theirs<'a> {
    folder: &'a Utf8Path,
    context: &'a Utf8Path,
}

impl Theirs<'_> {
    fn archive(&self) -> Utf8PathBuf {
        self.folder.join("buildah.tar")
    }

    fn commands(&self) -> Vec<Command> {
        let buildah = |arguments: &[&str]| {
            let mut command = Command::new("buildah");
            command
                .arg("--root")
                .arg(self.folder.join("storage"))
                .arg("--runroot")
                .arg(self.folder.join("run"));
            command.args(["--storage-driver", "vfs"]).args(arguments);
            command
        };
        let archive = format!("oci-archive:{}", self.archive());
        vec![
            buildah(&["bud", "--quiet", "--layers=false", "--tag", "app", self.context.as_str()]),
            buildah(&["push", "--quiet", "app", &archive]),
        ]
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
