//! What git knows of the sources.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::environment::Environment;

/// The commit that is checked out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkout {
    /// Committer time, in seconds since 1970; nothing if it is before that.
    pub time: Option<u64>,
    /// The hash; `-dirty` behind it where files that git knows have changed since.
    pub revision: String,
    /// Where the repository can be fetched from, as anybody may see it.
    pub source: Option<String>,
}

/// Asks about the commit checked out at `folder`. Nothing when there is no git, no repository, no commit yet, or
/// nothing of the folder in the commit: a repository may have others in it that it knows nothing of.
///
/// # Errors
/// What git said when it refused to answer, as it does in a folder of somebody else's.
pub fn checkout(folder: &Utf8Path, environment: &Environment) -> Result<Option<Checkout>, String> {
    if !may_be_in_repository(folder, environment) {
        return Ok(None);
    }
    // All at once: to start is most of what each of them takes.
    let [log, names, changes, url] = [
        &["log", "-1", "--no-show-signature", "--format=%H %ct"][..],
        &["ls-tree", "--name-only", "HEAD"],
        // Of files that git does not know it cannot tell which are sources: what is built lies there too.
        &["status", "--porcelain", "--untracked-files=no"],
        &["config", "--get", "remote.origin.url"],
    ]
    .map(|arguments| git(folder, arguments).spawn())
    .map(|asked| asked.and_then(Child::wait_with_output));
    let Ok(log) = log else { return Ok(None) };
    if !log.status.success() {
        return refusal(&String::from_utf8_lossy(&log.stderr)).map_or(Ok(None), Err);
    }
    let line = String::from_utf8_lossy(&log.stdout);
    // Of a time before 1970 git says nothing.
    let Some((hash, time)) = line.trim_end_matches('\n').split_once(' ') else { return Ok(None) };
    if said(names).is_none_or(|names| names.is_empty()) {
        return Ok(None);
    }
    let mark = if said(changes).is_none_or(|changes| changes.is_empty()) { "" } else { "-dirty" };
    Ok(Some(Checkout {
        time: time.parse().ok(),
        revision: format!("{hash}{mark}"),
        source: said(url).and_then(|url| public(&url)),
    }))
}

/// Whether it is worth while to start git, which takes as long as all else does where nothing is to be built.
fn may_be_in_repository(folder: &Utf8Path, environment: &Environment) -> bool {
    let has_repository = |folder: &Path| folder.join(".git").exists();
    environment.get("GIT_DIR").is_some()
        || folder.canonicalize().map_or(true, |folder| folder.ancestors().any(has_repository))
}

/// The folder of the checkout that `folder` is in.
#[must_use]
pub fn root(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let root = said(git(folder, &["rev-parse", "--show-toplevel"]).output());
    root.filter(|root| !root.is_empty()).map(Utf8PathBuf::from)
}

/// The branch that others begin from, as far as the repository around `folder` tells: that of where it was cloned from, or the
/// only one there is, or the one of a usual name.
#[must_use]
pub fn default_branch(folder: &Utf8Path) -> Option<String> {
    let cloned = said(git(folder, &["symbolic-ref", "--short", "refs/remotes/origin/HEAD"]).output());
    let cloned = cloned.and_then(|branch| Some(branch.strip_prefix("origin/")?.to_owned()));
    cloned.or_else(|| {
        let all = said(git(folder, &["for-each-ref", "--format=%(refname:short)", "refs/heads"]).output())?;
        let all: Vec<_> = all.lines().collect();
        let current = || said(git(folder, &["symbolic-ref", "--short", "HEAD"]).output());
        match all[..] {
            // It is there with the first commit.
            [] => current(),
            [only] => Some(only.to_owned()),
            _ => ["main", "master", "trunk"].into_iter().find(|name| all.contains(name)).map(str::to_owned),
        }
    })
}

/// Those of the files that git is told to know nothing of. It is asked once for each repository.
#[must_use]
pub fn ignored(paths: &[PathBuf]) -> HashSet<PathBuf> {
    let mut repositories: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for path in paths {
        let has_repository = |folder: &&Path| folder.join(".git").exists();
        let folder = path.ancestors().skip(1).find(has_repository).or(path.parent());
        repositories.entry(folder.unwrap_or(path)).or_default().push(path);
    }
    repositories.into_iter().filter_map(|(folder, paths)| ignored_in(folder, &paths)).flatten().collect()
}

/// The same of one repository; nothing, where git does not say.
fn ignored_in(folder: &Path, paths: &[&Path]) -> Option<Vec<PathBuf>> {
    let folder = Utf8Path::from_path(folder).filter(|folder| folder.is_dir())?;
    let mut command = git(folder, &["check-ignore", "--stdin", "-z"]);
    let mut asked = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let names: Vec<_> = paths.iter().filter_map(|path| path.to_str()).collect();
    let mut stdin = asked.stdin.take()?;
    // It answers while it is asked, and would wait for whoever does not read yet.
    let asking = std::thread::spawn({
        let names = names.join("\0");
        move || stdin.write_all(names.as_bytes())
    });
    let answer = asked.wait_with_output().ok()?;
    let _ = asking.join();
    let said = String::from_utf8_lossy(&answer.stdout);
    Some(said.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
}

/// What git said on stdout, if it did not fail.
fn said(answer: io::Result<Output>) -> Option<String> {
    let output = answer.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn git(folder: &Utf8Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-C", folder.as_str()])
        .args(arguments)
        // Its messages are read; and asking is no reason to write.
        .envs([("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Why git does not answer, unless there is simply nothing to tell.
fn refusal(stderr: &str) -> Option<String> {
    let nothing =
        ["not a git repository", "does not have any commits", "unknown revision", "bad default revision"];
    let line = stderr.lines().next().unwrap_or_default();
    let is_nothing = nothing.iter().any(|words| stderr.contains(words));
    (!is_nothing && !line.is_empty()).then(|| line.trim_start_matches("fatal: ").to_owned())
}

/// The address of a repository as anybody may see it, the same for whoever clones it, whichever way.
fn public(url: &str) -> Option<String> {
    let address = wasmpack_builder::public_address(url)?;
    let address = address.trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    let (_, place) = address.split_once("://")?;
    place.contains('/').then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_one_address_however_it_is_cloned() {
        for url in [
            "https://forge.example/acme/app",
            "https://forge.example/acme/app.git",
            "https://forge.example/acme/app/",
            "https://user:password@forge.example/acme/app.git",
            "ssh://git@forge.example:2222/acme/app.git",
            "git@forge.example:acme/app.git",
        ] {
            assert_eq!(public(url).as_deref(), Some("https://forge.example/acme/app"), "{url}");
        }
        for url in
            ["/srv/git/app.git", "git@work:acme/app.git", "https://forge.example", "https://forge.example/"]
        {
            assert_eq!(public(url), None, "{url}");
        }
    }

    #[test]
    fn others_begin_from_the_only_branch_or_the_one_of_a_usual_name_or_where_it_was_cloned_from() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let run = |words: &[&str]| {
            let who = ["-c", "user.name=n", "-c", "user.email=e@example.com"];
            let output = git(folder, &[]).args(who).args(words).output().unwrap();
            assert!(output.status.success(), "{words:?}");
        };
        assert_eq!(default_branch(folder), None);
        run(&["init", "--quiet", "--initial-branch", "first"]);
        assert_eq!(default_branch(folder).as_deref(), Some("first"));
        run(&["commit", "--quiet", "--allow-empty", "-m", "one"]);
        assert_eq!(default_branch(folder).as_deref(), Some("first"));
        run(&["branch", "second"]);
        assert_eq!(default_branch(folder), None);
        run(&["branch", "master"]);
        assert_eq!(default_branch(folder).as_deref(), Some("master"));
        run(&["update-ref", "refs/remotes/origin/a/b", "HEAD"]);
        run(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/a/b"]);
        assert_eq!(default_branch(folder).as_deref(), Some("a/b"));
    }

    #[test]
    fn what_is_ignored_is_known_of_several_repositories_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for name in ["one", "other"] {
            let repository = folder.path().join(name);
            std::fs::create_dir_all(repository.join("src")).unwrap();
            let place = Utf8Path::from_path(&repository).unwrap();
            assert!(git(place, &["init", "--quiet"]).status().unwrap().success());
            std::fs::write(repository.join(".gitignore"), format!("{name}.log\n")).unwrap();
            paths.extend(["src/one.log", "other.log", "src/main.rs"].map(|path| repository.join(path)));
        }
        // Of what is in no repository, nothing is.
        paths.push(folder.path().join("one.log"));
        let expected = HashSet::from([paths[0].clone(), paths[4].clone()]);
        assert_eq!(ignored(&paths), expected);
        // More than fits into a pipe, and the answer, too.
        let many: Vec<_> = (0..20_000).map(|n| folder.path().join(format!("one/{n}/one.log"))).collect();
        assert_eq!(ignored(&many).len(), many.len());
    }

    #[test]
    fn only_a_refusal_is_told() {
        assert_eq!(refusal("fatal: not a git repository (or any of the parent directories): .git\n"), None);
        assert_eq!(refusal("fatal: your current branch 'main' does not have any commits yet\n"), None);
        let dubious =
            "fatal: detected dubious ownership in repository at '/srv/app'\nTo add an exception ...\n";
        assert_eq!(refusal(dubious).unwrap(), "detected dubious ownership in repository at '/srv/app'");
    }
}
