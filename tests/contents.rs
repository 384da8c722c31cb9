//! What goes into an image, what it says without asking, and what is refused; where files of the checkout cannot show it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::documented::documented;
use crate::support::{said, stdout_of, wasmpack};

/// A folder with a small module and this in `wasmpack.toml`.
fn project(image: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "app.wat", r#"(module (memory (export "memory") 1) (func (export "_start")))"#);
    write(
        folder.path(),
        "wasmpack.toml",
        &format!("[build]\nmodule = \"app.wat\"\n[image]\nname = \"app\"\n{image}\n"),
    );
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What `inspect` tells of the image that is built there.
fn inspected(folder: &Path) -> Value {
    documented(stdout_of(wasmpack().args(["inspect", "--json", "-q"]).arg(folder)))
}

fn build(folder: &Path) -> Output {
    wasmpack().args(["build", "-q"]).arg(folder).output().unwrap()
}

/// Builds, and what was said when it failed as a usage error, with `FOLDER` for the project's own.
fn refused(folder: &TempDir, code: i32) -> String {
    told(&build(folder.path()), folder, code)
}

fn told(output: &Output, folder: &TempDir, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    assert_eq!(output.stdout, b"");
    let real = folder.path().canonicalize().unwrap();
    // Where the page of the error is goes without saying.
    let said = said(output);
    let (told, _page) = said.rsplit_once("see: ").unwrap();
    told.replace(real.to_str().unwrap(), "FOLDER").replace(folder.path().to_str().unwrap(), "FOLDER")
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(identity).args(arguments);
    command.envs([("GIT_COMMITTER_DATE", "2001-02-03T04:05:06Z"), ("GIT_CONFIG_GLOBAL", "/dev/null")]);
    stdout_of(&mut command).trim().to_owned()
}

fn committed(folder: &Path) {
    write(folder, ".gitignore", "target/\n");
    git(folder, &["init", "--quiet"]);
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "one"]);
}

const REVISION: &str = "org.opencontainers.image.revision";
const SOURCE: &str = "org.opencontainers.image.source";

#[test]
fn an_image_says_which_commit_it_is_of_and_keeps_secrets() {
    let folder = project("");
    let folder = folder.path();
    assert!(inspected(folder)["image"]["annotations"].get(REVISION).is_none());

    committed(folder);
    git(folder, &["remote", "add", "origin", "https://user:secret@forge.example/acme/app.git?token=secret"]);
    let hash = git(folder, &["rev-parse", "HEAD"]);
    let first = inspected(folder);
    assert_eq!(first["image"]["created"], "2001-02-03T04:05:06Z");
    for place in ["annotations", "labels"] {
        assert_eq!(first["image"][place][REVISION], hash);
        assert_eq!(first["image"][place][SOURCE], "https://forge.example/acme/app");
    }
    assert!(!first.to_string().contains("secret"));

    // What git does not know may be what was made; what it knows was changed.
    write(folder, "notes.txt", "not added");
    assert_eq!(inspected(folder), first);
    write(folder, ".gitignore", "target/\n# changed\n");
    assert_eq!(inspected(folder)["image"]["annotations"][REVISION], format!("{hash}-dirty"));

    git(folder, &["commit", "--quiet", "--all", "--message", "two"]);
    let second = inspected(folder);
    assert_ne!(second["image"]["digest"], first["image"]["digest"]);
    assert_eq!(second["image"]["layers"], first["image"]["layers"], "a commit must not send layers again");
}

#[test]
fn a_shallow_clone_and_a_folder_in_it_say_the_same_commit() {
    let origin = tempfile::tempdir().unwrap();
    let inside = project("");
    fs::create_dir(origin.path().join("apps")).unwrap();
    for file in ["app.wat", "wasmpack.toml"] {
        fs::copy(inside.path().join(file), origin.path().join("apps").join(file)).unwrap();
    }
    committed(origin.path());
    git(origin.path(), &["commit", "--quiet", "--allow-empty", "--message", "two"]);
    let clone = origin.path().join("target/clone");
    let url = format!("file://{}", origin.path().display());
    git(origin.path(), &["clone", "--quiet", "--depth", "1", &url, clone.to_str().unwrap()]);
    let image = inspected(&clone.join("apps"));
    assert_eq!(image["image"]["annotations"][REVISION], git(origin.path(), &["rev-parse", "HEAD"]));
    // A path of this machine is no source.
    assert!(image["image"]["annotations"].get(SOURCE).is_none());

    // A folder that the commit knows nothing of is of no commit.
    let stranger = origin.path().join("target/stranger");
    write(&stranger, "app.wat", "(module (memory (export \"memory\") 1) (func (export \"_start\")))");
    write(&stranger, "wasmpack.toml", "build.module = \"app.wat\"");
    assert!(inspected(&stranger)["image"]["annotations"].get(REVISION).is_none());
}

#[test]
fn a_commit_from_before_1970_is_told_and_taken_for_1970() {
    let folder = project("");
    let folder = folder.path();
    committed(folder);
    let tree = git(folder, &["rev-parse", "HEAD^{tree}"]);
    write(
        folder,
        "commit",
        &format!("tree {tree}\nauthor A <a@b> -5 +0000\ncommitter A <a@b> -5 +0000\n\none\n"),
    );
    let hash = git(folder, &["hash-object", "-t", "commit", "-w", "--literally", "commit"]);
    git(folder, &["update-ref", "HEAD", &hash]);
    let output = wasmpack().arg("build").arg(folder).output().unwrap();
    assert!(said(&output).contains("warning: the commit is from before 1970"), "{}", said(&output));
    let image = inspected(folder);
    assert_eq!(image["image"]["created"], "1970-01-01T00:00:00Z");
    assert_eq!(image["image"]["annotations"][REVISION], hash);
}

/// All documents of the only image of a layout, and their sizes together.
fn documents(layout: &Path) -> (Vec<Value>, u64) {
    let blobs = fs::read_dir(layout.join("blobs/sha256"))
        .unwrap()
        .map(|blob| fs::read(blob.unwrap().path()).unwrap());
    let documents: Vec<_> = blobs.filter(|bytes| bytes.starts_with(b"{")).collect();
    let bytes = documents.iter().map(|bytes| bytes.len() as u64).sum();
    (documents.iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect(), bytes)
}

#[test]
fn what_runs_is_configured_and_all_that_is_said_stays_small() {
    let folder = project(
        r#"
        user = "1000"
        ports = [8080]
        volumes = ["/data"]
        stop-signal = "INT"
        [image.annotations]
        description = "Counts lines, words and bytes of files, as a small program that runs wherever there is WebAssembly"
        authors = "Somebody Somewhere <somebody@forge.example>, Somebody Else <else@forge.example>"
        licenses = "MIT OR Apache-2.0"
        url = "https://wordcount.example"
        documentation = "https://docs.wordcount.example/latest"
        vendor = "Somebody"
        version = "1.2.3"
        "#,
    );
    committed(folder.path());
    git(folder.path(), &["remote", "add", "origin", "git@forge.example:somebody/wordcount.git"]);
    for (format, limit) in [("image", 3_000), ("everywhere", 12_000)] {
        let target = folder.path().join("target").join(format);
        let mut command = wasmpack();
        command.args([
            "build",
            "-q",
            "--sbom",
            "none",
            "--provenance",
            "false",
            "--format",
            format,
            "--target-dir",
        ]);
        command.arg(&target).arg(folder.path());
        stdout_of(&mut command);
        let (documents, bytes) = documents(&target.join("wasmpack/app"));
        assert!(bytes <= limit, "{format}: {bytes} bytes");
        let configs: Vec<_> = documents.iter().filter(|document| document.get("rootfs").is_some()).collect();
        assert!(!configs.is_empty());
        for config in configs {
            let config = &config["config"];
            assert_eq!(config["User"], "1000");
            assert_eq!(config["ExposedPorts"], serde_json::json!({"8080/tcp": {}}));
            assert_eq!(config["Volumes"], serde_json::json!({"/data": {}}));
            assert_eq!(config["StopSignal"], "SIGINT");
        }
    }
}

#[test]
fn several_programs_are_in_one_image_each_in_a_layer_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let manifest = |with: &str| {
        let manifest = "[package]\nname = 'server'\nversion = '1.0.0'\nedition = '2024'\n[workspace]\n";
        write(folder, "Cargo.toml", &format!("{manifest}[package.metadata.wasmpack.image]\nwith = {with}\n"));
    };
    manifest("['migrate']");
    write(folder, "src/main.rs", "fn main() { println!(\"serves\"); }");
    write(folder, "src/bin/migrate.rs", "fn main() { println!(\"migrates\"); }");
    let all = stdout_of(wasmpack().args(["build", "-q"]).arg(folder));
    assert!(all.starts_with("server@sha256:") && all.lines().count() == 1, "{all}");
    // Whoever names the one that is started means the other too.
    assert_eq!(stdout_of(wasmpack().args(["build", "-q", "--bin", "server"]).arg(folder)), all);

    let layout = folder.join("target/wasmpack/server");
    assert_eq!(stdout_of(wasmpack().args(["run", "-q"]).arg(&layout)), "serves\n");
    let image = documented(stdout_of(wasmpack().args(["inspect", "--json"]).arg(&layout)));
    assert_eq!(image["image"]["layers"].as_array().unwrap().len(), 2);
    let programs = image["programs"].as_array().unwrap();
    assert_eq!(programs.len(), 1, "{programs:?}");
    assert_eq!(
        (&programs[0]["path"], &programs[0]["bill"]["packages"][0]["name"]),
        (&"/migrate.wasm".into(), &"server".into())
    );
    assert!(programs[0]["module"]["imports"].as_array().unwrap().len() > 2, "{programs:?}");

    // Each has a debug module, beside the image and among what refers to it.
    let debug = [
        folder.join("target/wasmpack/server.debug.wasm"),
        folder.join("target/wasmpack/server+migrate.debug.wasm"),
    ];
    let kinds =
        image["image"]["referrers"].as_array().unwrap().iter().map(|referrer| &referrer["artifact_type"]);
    let is_debug = |kind: &&Value| **kind == "application/vnd.wasmpack.debug-module.v1+wasm";
    assert_eq!(kinds.filter(is_debug).count(), 2);
    // As compilers spell them.
    for (path, function) in debug.iter().zip(["6server4main", "7migrate4main"]) {
        let names = stdout_of(wasmpack().args(["inspect", "--wat"]).arg(path));
        assert!(names.contains(function), "{function}");
    }

    // And whoever names the other alone wants an image of it.
    let alone = stdout_of(wasmpack().args(["build", "-q", "--bin", "migrate"]).arg(folder));
    assert!(alone.starts_with("migrate@sha256:") && alone.lines().count() == 1, "{alone}");

    // One that goes along no more leaves nothing behind.
    manifest("[]");
    stdout_of(wasmpack().args(["build", "-q", "--bin", "server"]).arg(folder));
    assert!(debug[0].exists() && !debug[1].exists());

    let failed = |arguments: &[&str]| {
        let output = wasmpack().args(["build", "-q"]).args(arguments).arg(folder).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        said(&output)
    };
    manifest("['migrate', 'server']");
    for flags in [&[][..], &["--dry-run"]] {
        let said = failed(flags);
        assert!(
            said.contains("each of `migrate`, `server` is to go into the image of another program"),
            "{said}"
        );
    }
    manifest("['migrat']");
    assert!(failed(&[]).contains("failed to find `migrat`, which is to go into"));
}

/// A workspace of a package `one` with programs `one`, `a` and `b`, and a package `two`.
fn workspace(images: [&str; 2]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "Cargo.toml", "[workspace]\nmembers = ['one', 'two']\nresolver = '3'\n");
    for (name, image) in ["one", "two"].into_iter().zip(images) {
        let manifest = format!("[package]\nname = '{name}'\nversion = '1.0.0'\nedition = '2024'\n");
        let image = format!("[package.metadata.wasmpack.image]\n{image}\n");
        write(path, &format!("{name}/Cargo.toml"), &(manifest + &image));
        write(path, &format!("{name}/src/main.rs"), "fn main() {}");
    }
    for name in ["a", "b"] {
        write(path, &format!("one/src/bin/{name}.rs"), "fn main() {}");
    }
    folder
}

#[test]
fn a_program_that_goes_with_another_has_an_image_when_it_is_named_and_that_other_is_not() {
    let folder = workspace(["with = ['a', 'b']", ""]);
    let command = |words: &[&str], named: &[&str]| {
        let named: Vec<_> = named.iter().flat_map(|name| ["--bin", name]).collect();
        stdout_of(wasmpack().args(words).args(named).arg(folder.path()))
    };
    for (named, expected) in [
        (&[][..], &["one", "two"][..]),
        (&["a"], &["a"]),
        (&["a", "two"], &["a", "two"]),
        (&["one", "b"], &["one"]),
        (&["two"], &["two"]),
    ] {
        let built = command(&["build", "-q", "--level", "none"], named);
        let built: Vec<_> = built.lines().map(|line| line.split('@').next().unwrap()).collect();
        assert_eq!(built, expected, "{named:?}");
        let planned = documented(command(&["build", "--dry-run", "--json"], named));
        let planned: Vec<_> = planned["images"]
            .as_array()
            .unwrap()
            .iter()
            .map(|image| image["name"].as_str().unwrap())
            .collect();
        assert_eq!(planned, expected, "{named:?}");
    }
}

#[test]
fn two_images_in_one_folder_are_refused() {
    let folder = workspace(["name = 'acme/app'\nwith = ['a', 'b']", "name = 'other/app'"]);
    let output = wasmpack().args(["build", "--dry-run"]).arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = said(&output);
    assert!(said.contains("failed to make images `acme/app` and `other/app`: both would be in"), "{said}");
}

#[test]
fn files_of_a_workspace_begin_in_its_folder() {
    let folder = workspace(["with = ['a', 'b']", ""]);
    let manifest = "[workspace]\nmembers = ['one', 'two']\nresolver = '3'\n\
        [workspace.metadata.wasmpack.image]\nfiles = [{ from = 'site' }]\n";
    write(folder.path(), "Cargo.toml", manifest);
    write(folder.path(), "site/index.html", "<p>");
    stdout_of(wasmpack().args(["build", "-q", "--level", "none", "--bin", "two"]).arg(folder.path()));
    let image = inspected(&folder.path().join("target/wasmpack/two"));
    assert_eq!(image["image"]["layers"].as_array().unwrap().len(), 2);
}

#[test]
fn what_an_artifact_does_not_say_is_told() {
    let folder = project("format = ['everywhere', 'artifact']\nuser = '1000'\nenv = { A = '1' }");
    let output = wasmpack().arg("build").arg(folder.path()).output().unwrap();
    let warning = "warning: format `artifact` has no place for `env`, `user` and leaves it out\n";
    assert!(output.status.success() && said(&output).contains(warning), "{}", said(&output));
}

#[test]
fn a_strangers_word_does_not_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "pod.yaml", "image: \"wasmpack://\\e[2J\"\n");
    let mut command = wasmpack();
    command.args(["--color", "always", "resolve", "-f"]).arg(folder.path().join("pod.yaml"));
    let said = said(&command.output().unwrap());
    assert!(said.contains("`wasmpack://\\u{1b}[2J`") && !said.contains("\u{1b}[2J"), "{said:?}");
}

#[test]
fn an_empty_folder_is_kept() {
    let folder = project(
        "files = [{ from = \"data\" }, { from = \"cache\", to = \"/var/cache\" }, { from = \"a.txt\", to = \"/var/cache/\" }]",
    );
    write(folder.path(), "data/words", "one");
    write(folder.path(), "a.txt", "a");
    for empty in ["data/empty", "cache"] {
        fs::create_dir_all(folder.path().join(empty)).unwrap();
    }
    let archive = folder.path().join("app.tar");
    let output = format!("type=oci-archive,dest={}", archive.display());
    let mut build = wasmpack();
    stdout_of(
        build
            .args(["build", "-q", "--format", "image", "--compress", "none", "--output", &output])
            .arg(folder.path()),
    );
    let mut paths = Vec::new();
    let mut archive = tar::Archive::new(fs::File::open(archive).unwrap());
    for blob in archive.entries().unwrap() {
        // The layer of files is the one that is a tar with a folder in front.
        let mut layer = tar::Archive::new(blob.unwrap());
        paths.extend(
            layer
                .entries()
                .unwrap()
                .map_while(Result::ok)
                .map(|entry| entry.path().unwrap().display().to_string()),
        );
    }
    paths.sort();
    assert_eq!(
        paths,
        ["app.wasm", "data/", "data/empty/", "data/words", "var/", "var/cache/", "var/cache/a.txt"]
    );
}

#[test]
fn a_list_of_files_is_one_of_tables() {
    let folder = project("files = [\"data\"]");
    assert!(refused(&folder, 2).contains(
        "invalid type: string \"data\", expected a table such as `{ from = \"data\", to = \"/data\" }`"
    ));
    let folder = project("files = [{ from = \"app.wat\", to = \"x/../y\" }]");
    assert!(refused(&folder, 2).ends_with("help: write `to = \"/y\"`\n"));
}

#[test]
fn a_file_of_five_gigabytes_is_refused_before_it_is_read() {
    let folder = project("files = [{ from = \"data\" }]");
    write(folder.path(), "data/small", "x");
    let file = fs::File::create(folder.path().join("data/large")).unwrap();
    file.set_len(5 << 30).unwrap();
    assert_eq!(
        refused(&folder, 2),
        "error[files-too-large]: failed to pack `FOLDER/data/large`: with its 5.37 GB, the files of the image have more than 1.07 GB\n\
         help: give it to the program in a volume when the image is run\n"
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_file_of_the_project_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    type Make = fn(&Path);
    let cases: [(Make, i32, &str); 8] = [
        (
            |data| symlink("loop", data.join("loop")).unwrap(),
            1,
            "error[unreadable]: failed to pack `FOLDER/data/loop`\n  cause: Too many levels of symbolic links (os error 40)\n\
             help: remove the link, or mend what it points to\n",
        ),
        (
            |data| symlink("nowhere", data.join("broken")).unwrap(),
            2,
            "error[no-such-path]: failed to pack `FOLDER/data/broken`\n  cause: No such file or directory (os error 2)\n\
             help: remove the link, or mend what it points to\n",
        ),
        (
            |data| symlink("..", data.join("up")).unwrap(),
            2,
            "error[not-a-file]: failed to pack `FOLDER/data/up/data`: by a link it is `FOLDER/data` again, and so without end\n\
             help: remove the link, or name what is beside it\n",
        ),
        (
            |data| symlink("/etc", data.join("etc")).unwrap(),
            2,
            "error[file-outside]: failed to pack `FOLDER/data/etc`: it is `/etc`, outside the project in `FOLDER`\n\
             help: copy it into the project\n",
        ),
        (
            |data| symlink("/dev/zero", data.join("zero")).unwrap(),
            2,
            "error[file-outside]: failed to pack `FOLDER/data/zero`: it is `/dev/zero`, outside the project in `FOLDER`\n\
             help: copy it into the project\n",
        ),
        (
            |data| drop(UnixListener::bind(data.join("socket")).unwrap()),
            2,
            "error[not-a-file]: failed to pack `FOLDER/data/socket`: it is a socket\n\
             help: name the files beside it, or a pattern such as `data/*.txt`\n",
        ),
        (
            |data| {
                let status = Command::new("mkfifo").arg(data.join("pipe")).status().unwrap();
                assert!(status.success());
            },
            2,
            "error[not-a-file]: failed to pack `FOLDER/data/pipe`: it is a pipe\n\
             help: name the files beside it, or a pattern such as `data/*.txt`\n",
        ),
        (
            |data| fs::write(data.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "").unwrap(),
            2,
            "error[not-utf8]: path `FOLDER/data/caf\u{fffd}` is not UTF-8\nhelp: give it a name in UTF-8\n",
        ),
    ];
    for (make, code, expected) in cases {
        let folder = project("files = [{ from = \"data\" }]");
        write(folder.path(), "data/a.txt", "a");
        make(&folder.path().join("data"));
        assert_eq!(refused(&folder, code), expected);
        // What is not meant does not matter.
        write(
            folder.path(),
            "wasmpack.toml",
            "build.module = \"app.wat\"\nimage.files = [{ from = \"data/*.txt\" }]\n",
        );
        let output = build(folder.path());
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn a_damaged_cache_costs_time_and_nothing_else() {
    let folder = project("files = [{ from = \"data\" }]");
    let folder = folder.path();
    write(folder, "data/words", &"one two three\n".repeat(10_000));
    let first = inspected(folder);
    let target = folder.join("target/wasmpack");
    for entry in fs::read_dir(target.join(".cache")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    fs::remove_dir_all(target.join("app")).unwrap();
    assert_eq!(inspected(folder), first);
    stdout_of(wasmpack().arg("validate").arg(target.join("app")));
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = project("files = [{ from = \"data\" }]");
    write(folder.path(), "data/secret", "x");
    let file = folder.path().join("data/secret");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    let mut build = wasmpack();
    // Root may read everything, as long as it has the capabilities for it.
    if fs::read(&file).is_ok() {
        build = Command::new("setpriv");
        build.arg("--bounding-set=-dac_override,-dac_read_search").arg(wasmpack().get_program());
    }
    let output = build.args(["build", "-q"]).arg(folder.path()).output().unwrap();
    let expected = "error[unreadable]: failed to pack `FOLDER/data/secret`\n  cause: Permission denied (os error 13)\n\
                    help: let this user read it, or leave it out\n";
    assert_eq!(told(&output, &folder, 1), expected);
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_told() {
    let folder = project("files = [{ from = \"data\" }]");
    write(folder.path(), "data/words", "x");
    std::os::unix::fs::symlink("gone", folder.path().join("data/link")).unwrap();
    let said = refused(&folder, 2);
    assert!(
        said.starts_with("error[no-such-path]: failed to pack `FOLDER/data/link`\n  cause: No such file"),
        "{said}"
    );
}

/// A Cargo package whose program prints a variable that its build script sets to this expression.
fn scripted(value: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scripted");
    write(
        &path,
        "Cargo.toml",
        "[package]\nname = 'scripted'\nversion = '1.0.0'\nedition = '2024'\n[workspace]\n",
    );
    write(&path, "build.rs", &format!("fn main() {{ println!(\"cargo:rustc-env=VALUE={{}}\", {value}); }}"));
    write(&path, "src/main.rs", "fn main() { println!(\"value {}\", env!(\"VALUE\")); }");
    (folder, path)
}

fn check_reproducible(folder: &Path) -> Output {
    wasmpack().args(["build", "-q", "--check-reproducible"]).current_dir(folder).output().unwrap()
}

#[test]
fn what_is_the_same_in_two_places_is_said_to_be() {
    let (_place, folder) = scripted("42");
    committed(&folder);
    // What git does not know is copied too, and what was made is not.
    write(&folder, "src/new.rs", "pub const NEW: u8 = 7;");
    write(&folder, "src/main.rs", "mod new; fn main() { println!(\"{} {}\", new::NEW, env!(\"VALUE\")); }");
    let output = wasmpack().args(["build", "--check-reproducible"]).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let reference = String::from_utf8(output.stdout.clone()).unwrap();
    let expected = format!("   Identical {} in both places", reference.trim());
    assert!(said(&output).contains(&expected), "{}", said(&output));
    let different =
        "to build it again with another folder, target directory, home, time zone, locale, umask, ";
    assert!(said(&output).contains(different), "{}", said(&output));
    assert_eq!(git(&folder, &["status", "--porcelain"]), "M src/main.rs\n?? Cargo.lock\n?? src/new.rs");
}

#[test]
fn what_is_typed_from_outside_of_the_project_is_found_in_its_copy() {
    let place = tempfile::tempdir().unwrap();
    let inside = place.path().join("project");
    write(&inside, "app.wat", r#"(module (memory (export "memory") 1) (func (export "_start")))"#);
    write(&inside, "wasmpack.toml", "[build]\nmodule = \"app.wat\"\n[image]\nname = \"app\"\n");
    write(&inside, "data/words", "one two");
    write(place.path(), "elsewhere/note", "of nobody");
    let absolute = format!("from={},to=/data", inside.join("data").display());
    for (folder, file) in [
        ("", "from=project/data"),
        ("", "to=/data,from=project/data"),
        ("elsewhere", "from=../project/data,to=/data"),
        ("project", "from=data"),
        ("project/data", &absolute),
    ] {
        let mut build = wasmpack();
        build.args(["build", "-q", "--check-reproducible", "--file", file]).arg(&inside);
        stdout_of(build.current_dir(place.path().join(folder)));
    }
}

#[test]
fn a_number_that_differs_is_not_said_to_be_a_time() {
    // What could be a year, and is the number of jobs.
    let (_place, folder) = scripted("2000 + std::env::var(\"NUM_JOBS\").unwrap().parse::<u32>().unwrap()");
    let said = said(&check_reproducible(&folder));
    assert!(said.contains("200") && !said.contains("a time is in it"), "{said}");
    assert!(said.contains("help: look for build scripts"), "{said}");
}

#[test]
fn what_is_not_the_same_is_told_with_its_place_and_the_usual_suspect() {
    for (value, differs, suspect) in [
        (
            "std::env::current_dir().unwrap().display()",
            "layer 0 app.wasm section `data`: segment ",
            "help: the folder of the sources is in it",
        ),
        (
            "std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()",
            "layer 0 app.wasm section `data`: segment ",
            "help: look for build scripts and macros that read the clock",
        ),
        (
            "std::env::var(\"HOME\").unwrap()",
            "layer 0 app.wasm section `data`: segment ",
            "help: look for build scripts and macros that read the clock",
        ),
        (
            "std::env::var(\"NUM_JOBS\").unwrap()",
            "layer 0 app.wasm section `data`: segment ",
            "help: look for build scripts and macros that read the clock",
        ),
    ] {
        let (_place, folder) = scripted(value);
        let output = check_reproducible(&folder);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(117), "{said}");
        assert!(
            said.contains("error[not-reproducible]: `scripted` is not the same in two places:\n    layer 0 app.wasm section "),
            "{said}"
        );
        assert!(said.contains(differs), "{said}");
        assert!(said.contains(suspect), "{said}");
    }
}
