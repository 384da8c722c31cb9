//! `cargo xtask dist`: the archive that a release has for this machine, and its digest beside it.
//!
//! The same program makes the same archive: its files are in order, belong to nobody and have one time, `SOURCE_DATE_EPOCH` or 0.

use std::fs;
use std::io::Write;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, process, shell};

const NAME: &str = "cargo-wasmpack";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What releases are built with.
const PROFILE: &str = "dist";

/// Files of this checkout that go along.
const DOCUMENTS: [&str; 4] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// Shells, and how they call a file of completions.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "cargo-wasmpack.bash"),
    ("elvish", "cargo-wasmpack.elv"),
    ("fish", "cargo-wasmpack.fish"),
    ("powershell", "_cargo-wasmpack.ps1"),
    ("zsh", "_cargo-wasmpack"),
];

/// The program that goes into the archive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Built with this profile.
    Built(String),
    /// Built already.
    At(Utf8PathBuf),
}

/// Reads `[--profile NAME | --binary FILE] [--tag TAG]`; nothing where something else is there.
pub(crate) fn parse(arguments: &[&str]) -> Option<(Program, Option<String>)> {
    let (mut program, mut tag) = (None, None);
    for pair in arguments.chunks(2) {
        match *pair {
            ["--profile", name] if program.is_none() => program = Some(Program::Built(name.to_owned())),
            ["--binary", file] if program.is_none() => program = Some(Program::At(file.into())),
            ["--tag", name] if tag.is_none() => tag = Some(name.to_owned()),
            _ => return None,
        }
    }
    Some((program.unwrap_or_else(|| Program::Built(PROFILE.to_owned())), tag))
}

pub(crate) fn run(workspace: &Workspace, program: Program, tag: Option<&str>) -> Result {
    if let Some(tag) = tag.filter(|tag| *tag != format!("v{VERSION}")) {
        return Err(format!("the tag is `{tag}`, and the version is {VERSION}: one of them is wrong").into());
    }
    let target = host()?;
    let program = match program {
        Program::Built(profile) => Tool::build_with(workspace, &profile)?.executable().to_owned(),
        Program::At(file) => file,
    };
    let version = process::stdout_of(Command::new(&program).arg("--version"))?;
    if version.trim_end() != format!("{NAME} {VERSION}") {
        let said = version.lines().next().unwrap_or_default();
        return Err(format!("`{program}` is `{said}`, and the version is {VERSION}").into());
    }
    let name = archive(VERSION, &target);
    let dist = workspace.target.join("dist");
    let folder = dist.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    shell::status("Packing", &name);
    fill(&folder, &program, workspace)?;
    let bytes = pack(&folder, &name, time()?)?;
    let file = format!("{name}{SUFFIX}");
    let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    fs::write(dist.join(&file), bytes)?;
    fs::write(dist.join(format!("{file}.sha256")), format!("{digest}  {file}\n"))?;
    shell::line(dist.join(file));
    Ok(())
}

/// What an archive is called, and the one folder in it; `[package.metadata.binstall]` says the same.
fn archive(version: &str, target: &str) -> String {
    format!("{NAME}-v{version}-{target}")
}

const SUFFIX: &str = ".tar.gz";

fn host() -> Result<String> {
    let said = process::stdout_of(Command::new("rustc").args(["--version", "--verbose"]))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not say what it runs on")?.to_owned())
}

/// All that goes into the archive.
fn fill(folder: &Utf8Path, program: &Utf8Path, workspace: &Workspace) -> Result {
    let (completions, man) = (folder.join("completions"), folder.join("man/man1"));
    fs::create_dir_all(&completions)?;
    fs::create_dir_all(&man)?;
    fs::copy(program, folder.join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX)))?;
    for document in DOCUMENTS {
        fs::copy(workspace.root.join(document), folder.join(document))?;
    }
    for (shell, file) in SHELLS {
        let text = process::stdout_of(Command::new(program).args(["completions", shell]))?;
        fs::write(completions.join(file), text)?;
    }
    process::run(
        Command::new(program)
            .args(["man", "--quiet", "--output"])
            .arg(man)
            .stdout(std::process::Stdio::null()),
    )
}

/// When all files were made, as they say.
fn time() -> Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => {
            Ok(text.parse().map_err(|_| format!("`SOURCE_DATE_EPOCH` is `{text}`, which is no time"))?)
        }
        Err(_) => Ok(0),
    }
}

/// The folder below the name, as a tar in gzip.
fn pack(folder: &Utf8Path, name: &str, time: u64) -> Result<Vec<u8>> {
    let gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for path in files(folder)? {
        let below = path.strip_prefix(folder)?;
        let is_program = below.file_stem() == Some(NAME) && below.parent() == Some(Utf8Path::new(""));
        let bytes = fs::read(&path)?;
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len().try_into()?);
        header.set_mode(if is_program { 0o755 } else { 0o644 });
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, format!("{name}/{}", below.as_str().replace('\\', "/")), &*bytes)?;
    }
    let mut gzip = tar.into_inner()?;
    gzip.flush()?;
    Ok(gzip.finish()?)
}

/// In the order of their paths.
fn files(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binstall_looks_for_what_is_made() {
        let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask has a parent folder");
        let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("there is a manifest");
        let manifest: toml::Table = manifest.parse().expect("it is TOML");
        let repository =
            manifest["workspace"]["package"]["repository"].as_str().expect("it has a repository");
        let binstall = &manifest["package"]["metadata"]["binstall"];
        let target = "x86_64-pc-windows-msvc";
        let filled = |key: &str| {
            let values = [
                ("{ repo }", repository),
                ("{ name }", NAME),
                ("{ bin }", NAME),
                ("{ version }", VERSION),
                ("{ target }", target),
                ("{ binary-ext }", ".exe"),
            ];
            let template = binstall[key].as_str().expect("it is text").to_owned();
            let filled = values.iter().fold(template, |text, (name, value)| text.replace(name, value));
            assert!(!filled.contains('{'), "{filled}");
            filled
        };
        let name = archive(VERSION, target);
        assert_eq!(filled("pkg-url"), format!("{repository}/releases/download/v{VERSION}/{name}{SUFFIX}"));
        assert_eq!(filled("bin-dir"), format!("{name}/{NAME}.exe"));
        assert_eq!(binstall["pkg-fmt"].as_str(), Some("tgz"));
    }

    #[test]
    fn the_same_files_make_the_same_archive() {
        let folder = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        let once = pack(&folder, "name", 0).expect("sources can be packed");
        assert_eq!(pack(&folder, "name", 0).expect("again"), once);
        assert_ne!(pack(&folder, "name", 1).expect("later"), once);
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&*once));
        let entries = tar.entries().expect("it is a tar");
        let paths = entries.map(|entry| {
            let entry = entry.expect("it can be read");
            assert_eq!((entry.header().mtime().ok(), entry.header().uid().ok()), (Some(0), Some(0)));
            entry.path().expect("it has a path").display().to_string()
        });
        let paths: Vec<_> = paths.collect();
        assert!(paths.is_sorted() && paths.contains(&"name/dist.rs".to_owned()), "{paths:?}");
    }

    #[test]
    fn arguments_come_in_any_order() {
        let usual = || Program::Built(PROFILE.to_owned());
        assert_eq!(parse(&[]), Some((usual(), None)));
        assert_eq!(parse(&["--tag", "v1"]), Some((usual(), Some("v1".to_owned()))));
        assert_eq!(
            parse(&["--tag", "v1", "--binary", "a"]),
            Some((Program::At("a".into()), Some("v1".to_owned())))
        );
        for wrong in [&["--tag"][..], &["--binary", "a", "--profile", "dev"], &["all"]] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
