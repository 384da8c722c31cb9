//! The packages that cargo links into modules, as `cargo tree` shows them: of all that cargo tells, only that looks at target,
//! features and kinds of dependencies as a build does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::Material;
use super::lock::Lock;
use super::origin::Origin;
use crate::{Error, Machine, Project, answer, artifacts, cargo, systems};

/// A package that is linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) license: Option<String>,
    pub(super) origin: Origin,
    pub(super) sha256: Option<String>,
    /// Places of other packages.
    pub(super) dependencies: Vec<usize>,
}

impl Package {
    /// The same for everybody.
    pub(crate) fn material(&self) -> Material {
        let Self { name, version, license, origin, sha256, dependencies } = self.clone();
        Material {
            purl: origin.purl(&name, &version),
            download: origin.download(&name, &version),
            version: Some(version),
            name,
            license,
            sha256,
            dependencies,
        }
    }
}

/// What is linked into any module of a build.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tree {
    packages: Vec<Package>,
    /// Folders of those that are in folders, by their places.
    folders: BTreeMap<usize, Utf8PathBuf>,
}

impl Tree {
    /// Asks cargo, by a `command` that says for which packages, features and target, or finds what it said the last time. With
    /// examples, what they depend on counts too. `config` is where cargo's configuration is, or may be.
    pub(crate) fn of(
        project: &Project,
        mut command: Command,
        has_examples: bool,
        machine: &Machine,
        config: Vec<Utf8PathBuf>,
    ) -> Result<Self, Error> {
        command.args(["--prefix=depth", "--format=\t{p}\t{l}\t", "--edges"]);
        // Procedural macros run while building.
        command.arg(if has_examples { "normal,dev,no-proc-macro" } else { "normal,no-proc-macro" });
        let words = answer::words(&command, machine);
        let name = format!("{:08x}.tree.json", systems::fingerprint(&words.join("\n")));
        let kept = project.target_directory.join("wasmpack/.materials").join(name);
        if let Some(tree) = answer::known(&kept, &words).and_then(|tree| serde_json::from_str(&tree).ok()) {
            return Ok(tree);
        }
        let started = answer::start(&kept);
        let output = command.output().map_err(|source| cargo::could_not_run(&command, source))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let text = text.trim().trim_start_matches("error: ").to_owned();
            return Err(Error::Tree { text });
        }
        let lock_file = project.root.join("Cargo.lock");
        let lock = fs::read_to_string(&lock_file).ok().and_then(|text| toml::from_str(&text).ok());
        let tree = Self::parse(&String::from_utf8_lossy(&output.stdout), &lock.unwrap_or_default());
        if let Some(started) = started {
            let manifests = tree.folders.values().map(|folder| folder.join("Cargo.toml"));
            let manifests = manifests.chain(project.packages.iter().map(|package| package.manifest.clone()));
            let manifests = manifests.chain([project.root.join("Cargo.toml")]);
            let manifests = artifacts::with_those_above(manifests);
            let paths = manifests.into_iter().chain([lock_file]).chain(config);
            let answer = serde_json::to_string(&tree).expect("what is kept is plain data");
            answer::keep(&kept, words, paths, started, &answer);
        }
        Ok(tree)
    }

    /// Reads lines such as `1 name v1.0.0 (place) license`, with tabs between. What was shown before ends in `(*)`, and is not shown
    /// with its dependencies again.
    fn parse(text: &str, lock: &Lock) -> Self {
        let mut tree = Self::default();
        let (mut places, mut above) = (BTreeMap::new(), Vec::<usize>::new());
        for line in text.lines() {
            let mut parts = line.split('\t');
            let (Some(depth), Some(shown), Some(license)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let Ok(depth) = depth.parse::<usize>() else { continue };
            let place = *places.entry(shown.to_owned()).or_insert_with(|| tree.add(shown, license, lock));
            above.truncate(depth);
            if let Some(parent) = above.last().copied() {
                let dependencies = &mut tree.packages[parent].dependencies;
                if !dependencies.contains(&place) {
                    dependencies.push(place);
                }
            }
            above.push(place);
        }
        tree
    }

    fn add(&mut self, shown: &str, license: &str, lock: &Lock) -> usize {
        let mut words = shown.splitn(3, ' ');
        let name = words.next().unwrap_or_default();
        let version = words.next().unwrap_or_default().trim_start_matches('v');
        let rest = words.next().map(|rest| rest.strip_prefix("(proc-macro) ").unwrap_or(rest));
        // A folder may end in `)` itself.
        let place = rest.and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
        let locked = lock.find(name, version, place);
        let number = self.packages.len();
        self.packages.push(Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: Some(license.to_owned()).filter(|license| !license.is_empty()),
            origin: Origin::of(locked.and_then(|locked| locked.source.as_deref())),
            sha256: locked.and_then(|locked| locked.checksum.clone()),
            dependencies: Vec::new(),
        });
        if let Some(folder) = place.filter(|place| Path::new(place).is_absolute()) {
            self.folders.insert(number, folder.into());
        }
        number
    }

    /// What is linked into the programs of the package in `folder`: itself, then the rest by their names and versions. Nothing
    /// if cargo has not shown that package.
    pub(crate) fn below(&self, folder: &Utf8Path) -> Vec<Package> {
        let root = self.folders.iter().find(|(_, other)| *other == folder);
        let Some((root, _)) = root else { return Vec::new() };
        let (mut reached, mut open) = (BTreeSet::new(), vec![*root]);
        while let Some(place) = open.pop() {
            if reached.insert(place) {
                open.extend(&self.packages[place].dependencies);
            }
        }
        let mut order: Vec<usize> = reached.into_iter().collect();
        let name_of = |place: &usize| {
            let Package { name, version, origin, .. } = &self.packages[*place];
            (*place != *root, name, version, origin)
        };
        order.sort_by(|one, other| name_of(one).cmp(&name_of(other)));
        let renumbered: BTreeMap<usize, usize> = order.iter().copied().zip(0..).collect();
        let package = |place: &usize| {
            let mut package = self.packages[*place].clone();
            for dependency in &mut package.dependencies {
                *dependency = renumbered[dependency];
            }
            package.dependencies.sort_unstable();
            package
        };
        order.iter().map(package).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "\
0\tapp v0.1.0 (/w/app)\tMIT\t
1\tserde v1.0.0\tMIT OR Apache-2.0\t
2\tserde_core v1.0.0\tMIT OR Apache-2.0\t
1\tnear v0.2.0 (/elsewhere/near)\t\t
2\tserde v1.0.0\tMIT OR Apache-2.0\t (*)

0\tother v0.1.0 (/w/other)\t\t
1\tserde_core v1.0.0\tMIT OR Apache-2.0\t
";

    #[test]
    fn a_folder_may_have_any_name() {
        for place in ["/w/app (copy)", "/w/(app)", "/w/app)"] {
            for kind in ["", "(proc-macro) "] {
                let tree = Tree::parse(&format!("0\tapp v0.1.0 {kind}({place})\tMIT\t\n"), &Lock::default());
                assert_eq!(tree.below(place.into()).len(), 1, "{kind}{place}");
            }
        }
    }

    #[test]
    fn each_program_has_its_own_packages_the_root_first() {
        let tree = Tree::parse(SHOWN, &Lock::default());
        let shown = |folder: &str| {
            let packages = tree.below(folder.into());
            packages
                .iter()
                .map(|package| format!("{} {:?}", package.name, package.dependencies))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown("/w/app"), ["app [1, 2]", "near [2]", "serde [3]", "serde_core []"]);
        assert_eq!(shown("/w/other"), ["other [1]", "serde_core []"]);
        assert!(shown("/w/none").is_empty());
        let licenses: Vec<_> =
            tree.below("/w/app".into()).into_iter().map(|package| package.license).collect();
        let both = Some("MIT OR Apache-2.0".to_owned());
        assert_eq!(licenses, [Some("MIT".to_owned()), None, both.clone(), both]);
    }
}
