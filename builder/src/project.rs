//! What must be known of a source before anything is compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Metadata;
use glob::Pattern;

use crate::rustc::Rustc;
use crate::{CargoSettings, Error, Machine, Settings, Source, metadata};

/// A source that was looked into: one `cargo metadata --no-deps` for Cargo, nothing but its name for C and C++.
#[derive(Debug)]
pub struct Project {
    /// What it was opened from.
    pub source: Source,
    /// The workspace root, or the folder of the sources.
    pub root: Utf8PathBuf,
    /// Where built things go; the caller may write below its `wasmpack/`. It need not exist yet.
    pub target_directory: Utf8PathBuf,
    /// The packages of the workspace; none for C and C++.
    pub packages: Vec<Package>,
    /// `[workspace.metadata.wasmpack]`; null if there is none.
    pub workspace_metadata: serde_json::Value,
    /// Where `OUT_DIR` is; `target_directory` unless cargo was told to keep the two apart.
    pub(crate) build_directory: Utf8PathBuf,
    /// The compiler cargo will use; none for C and C++, or if there is no rustc.
    pub(crate) rustc: Option<Rustc>,
}

/// A Cargo package of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its `Cargo.toml`.
    pub manifest: Utf8PathBuf,
    /// Whether cargo builds it when it is not told what to build.
    pub is_default: bool,
    /// One sentence about it.
    pub description: Option<String>,
    /// The SPDX expression.
    pub license: Option<String>,
    /// As the manifest has them: `Name <address>`.
    pub authors: Vec<String>,
    /// Where its source is kept.
    pub repository: Option<String>,
    /// Its site.
    pub homepage: Option<String>,
    /// Where its documentation is.
    pub documentation: Option<String>,
    /// The names of its programs.
    pub programs: Vec<String>,
    /// The names of its examples.
    pub examples: Vec<String>,
    /// The name of its library, if that is a module.
    pub reactor: Option<String>,
    /// Whether its library is a module, or the like, and a library for Rust as well: cargo compiles what it depends on in a way
    /// that does for both.
    pub has_mixed_library: bool,
    /// Features without which cargo passes a program or example over, by its name.
    pub required_features: BTreeMap<String, Vec<String>>,
    /// The names of its features.
    pub features: Vec<String>,
    /// What it calls its dependencies.
    pub dependencies: Vec<String>,
    /// The folders of its dependencies that are kept in folders.
    pub path_dependencies: Vec<Utf8PathBuf>,
    /// `[package.metadata.wasmpack]`; null if there is none.
    pub metadata: serde_json::Value,
}

impl Project {
    /// Looks into `source`. For Cargo, runs `cargo metadata --no-deps` and, beside it, finds out where rustc is.
    ///
    /// # Errors
    /// There is no cargo, or it refuses the manifest.
    pub fn open(source: Source, settings: &Settings, machine: &Machine) -> Result<Self, Error> {
        let dir = source.dir().to_owned();
        match source {
            Source::Cargo { ref manifest } => {
                let (metadata, rustc) = thread::scope(|scope| {
                    let rustc = scope.spawn(|| Rustc::find(machine, &dir));
                    let metadata = metadata::of(manifest, settings, machine);
                    (metadata, rustc.join().expect("looking for rustc does not panic"))
                });
                Ok(Self::from_metadata(source, metadata?, rustc))
            }
            Source::C { .. } | Source::Cpp { .. } | Source::System { .. } | Source::Module { .. } => {
                let target_directory = target_dir(settings, machine).unwrap_or_else(|| dir.join("target"));
                Ok(Self {
                    source,
                    root: dir,
                    build_directory: target_directory.clone(),
                    target_directory,
                    packages: Vec::new(),
                    workspace_metadata: serde_json::Value::Null,
                    rustc: None,
                })
            }
        }
    }

    fn from_metadata(source: Source, metadata: Metadata, rustc: Option<Rustc>) -> Self {
        let defaults = &metadata.workspace_default_members;
        let is_default =
            |package: &cargo_metadata::Package| defaults.is_available() && defaults.contains(&package.id);
        let names = |package: &cargo_metadata::Package, is_kind: fn(&cargo_metadata::Target) -> bool| {
            package
                .targets
                .iter()
                .filter(|target| is_kind(target))
                .map(|target| target.name.clone())
                .collect()
        };
        let packages = metadata.packages.iter().map(|package| Package {
            name: package.name.to_string(),
            version: package.version.to_string(),
            manifest: package.manifest_path.clone(),
            is_default: is_default(package),
            description: package.description.clone(),
            license: package.license.clone(),
            authors: package.authors.clone(),
            repository: package.repository.clone(),
            homepage: package.homepage.clone(),
            documentation: package.documentation.clone(),
            programs: names(package, cargo_metadata::Target::is_bin),
            examples: names(package, is_program_example),
            reactor: names(package, cargo_metadata::Target::is_cdylib).into_iter().next(),
            has_mixed_library: package.targets.iter().any(is_mixed),
            required_features: required_features(package),
            features: package.features.keys().cloned().collect(),
            dependencies: package
                .dependencies
                .iter()
                .map(|one| one.rename.clone().unwrap_or_else(|| one.name.clone()))
                .collect(),
            path_dependencies: package.dependencies.iter().filter_map(|one| one.path.clone()).collect(),
            metadata: package.metadata["wasmpack"].clone(),
        });
        Self {
            packages: packages.collect(),
            root: metadata.workspace_root,
            build_directory: metadata.build_directory.unwrap_or_else(|| metadata.target_directory.clone()),
            rustc: rustc.map(|rustc| rustc.with_commit(&metadata.target_directory)),
            target_directory: metadata.target_directory,
            workspace_metadata: metadata.workspace_metadata["wasmpack"].clone(),
            source,
        }
    }

    /// The name of a folder's only module: the folder's own; of a module that is there already, the file's.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = match &self.source {
            Source::Module { file, .. } => file.file_stem(),
            _ => self.root.file_name(),
        };
        name.unwrap_or("module")
    }
}

impl Project {
    /// Refuses the name of another program, where there is only one.
    pub(crate) fn check_program(&self, settings: &Settings) -> Result<(), Error> {
        let (dir, names) = (self.source.dir().to_owned(), vec![self.name().to_owned()]);
        match settings.programs().iter().find(|wanted| !names.contains(wanted)) {
            Some(wanted) => Err(Error::WhichProgram { wanted: Some(wanted.clone()), dir, names }),
            None => Ok(()),
        }
    }

    /// The packages that the settings select, as far as one can tell before the build.
    #[must_use]
    pub fn selected(&self, settings: &Settings) -> Vec<&Package> {
        let is_named = |names: &[String], name: &str| {
            let fits = |part: &str| part == name || Pattern::new(part).is_ok_and(|part| part.matches(name));
            names.iter().any(|spec| spec.split(['@', '#']).any(fits))
        };
        let is_selected = |package: &&Package| match &settings.cargo {
            CargoSettings { workspace: true, exclude, .. } => !is_named(exclude, &package.name),
            CargoSettings { package: named, .. } if !named.is_empty() => is_named(named, &package.name),
            _ => package.is_default,
        };
        self.packages.iter().filter(is_selected).collect()
    }

    /// Puts names in the place of patterns that programs and examples are asked for by, such as `--bin 'b*'`: what is configured of a
    /// package goes by names. A pattern that fits nothing stays, for cargo to refuse.
    pub fn spell_out(&self, settings: &mut Settings) {
        let spelled = |asked: &[String], of: fn(&Package) -> &[String]| {
            let names: BTreeSet<&String> = self.selected(settings).into_iter().flat_map(of).collect();
            let mut spelled: Vec<String> = Vec::new();
            for part in asked {
                let pattern = Pattern::new(part).ok().filter(|_| !names.contains(part));
                let fits = |name: &&&String| pattern.as_ref().is_some_and(|pattern| pattern.matches(name));
                let mut fitting: Vec<_> = names.iter().filter(fits).map(|name| (*name).clone()).collect();
                if fitting.is_empty() {
                    fitting.push(part.clone());
                }
                spelled.extend(fitting);
            }
            spelled
        };
        let bin = spelled(&settings.cargo.bin, |package| &package.programs);
        let example = spelled(&settings.cargo.example, |package| &package.examples);
        (settings.cargo.bin, settings.cargo.example) = (bin, example);
    }

    /// Those of the selected packages that have anything to build, as the settings select it.
    #[must_use]
    pub fn built(&self, settings: &Settings) -> Vec<&Package> {
        let CargoSettings { bin, bins, example, examples, lib, .. } = &settings.cargo;
        let is_any_named = |names: &[String], of: &[String]| names.iter().any(|name| of.contains(name));
        let is_all = bin.is_empty() && example.is_empty() && !bins && !examples && !lib;
        let has_any = |package: &&Package| {
            let Package { programs, examples: with_examples, reactor, .. } = package;
            is_any_named(bin, programs)
                || is_any_named(example, with_examples)
                || (*bins || is_all) && !programs.is_empty()
                || *examples && !with_examples.is_empty()
                || (*lib || is_all) && reactor.is_some()
        };
        self.selected(settings).into_iter().filter(has_any).collect()
    }

    /// All folders that sources come from: of the workspace, of packages outside of its folder, and of what they depend on
    /// directly and is kept in a folder.
    #[must_use]
    pub fn folders(&self) -> Vec<Utf8PathBuf> {
        let mut folders = vec![self.root.clone()];
        let of_packages = self.packages.iter().flat_map(|package| {
            let own = package.manifest.parent().map(Utf8Path::to_owned);
            own.into_iter().chain(package.path_dependencies.iter().cloned())
        });
        for folder in of_packages {
            if !folders.iter().any(|other| folder.starts_with(other)) {
                folders.push(folder);
            }
        }
        folders
    }

    /// The programs that the settings select, and the packages they are of.
    #[must_use]
    pub fn programs<'a>(&'a self, settings: &'a Settings) -> Vec<(Option<&'a str>, &'a str)> {
        let bins = &settings.cargo.bin;
        if self.packages.is_empty() {
            let asked = settings.programs().iter().map(|name| (None, name.as_str()));
            let asked: Vec<_> = asked.collect();
            return if asked.is_empty() { vec![(None, self.name())] } else { asked };
        }
        let of_package = |package: &'a Package| {
            package.programs.iter().map(move |program| (Some(package.name.as_str()), program.as_str()))
        };
        let programs = self.selected(settings).into_iter().flat_map(of_package);
        programs.filter(|(_, program)| bins.is_empty() || bins.iter().any(|bin| bin == program)).collect()
    }
}

impl Package {
    /// Whether cargo may be asked for this feature where the package is built: for one of its own, by name alone or as
    /// `package/feature`, and for any of a dependency's.
    #[must_use]
    pub fn has_feature(&self, feature: &str) -> bool {
        match feature.split_once('/') {
            Some((package, feature)) if package == self.name => {
                self.features.iter().any(|own| own == feature)
            }
            Some((dependency, _)) => {
                self.dependencies.iter().any(|own| own == dependency.trim_end_matches('?'))
            }
            None => self.features.iter().any(|own| own == feature),
        }
    }
}

/// Whether it is a library for Rust and something that is linked by itself.
fn is_mixed(target: &cargo_metadata::Target) -> bool {
    use cargo_metadata::CrateType::{CDyLib, DyLib, Lib, RLib, StaticLib};
    let is_any =
        |kinds: &[cargo_metadata::CrateType]| target.crate_types.iter().any(|kind| kinds.contains(kind));
    is_any(&[CDyLib, DyLib, StaticLib]) && is_any(&[DyLib, Lib, RLib])
}

/// Whether it is an example that runs: others are libraries.
fn is_program_example(target: &cargo_metadata::Target) -> bool {
    target.is_example() && target.crate_types.contains(&cargo_metadata::CrateType::Bin)
}

fn required_features(package: &cargo_metadata::Package) -> BTreeMap<String, Vec<String>> {
    let targets = package.targets.iter().filter(|target| target.is_bin() || target.is_example());
    let with_some = targets.filter(|target| !target.required_features.is_empty());
    let by_name = |feature: &String| {
        let Some((dependency, name)) = feature.split_once('/') else { return feature.clone() };
        let is_it = |other: &&cargo_metadata::Dependency| other.rename.as_deref() == Some(dependency);
        let renamed = package.dependencies.iter().find(is_it).map(|dependency| &*dependency.name);
        format!("{}/{name}", renamed.unwrap_or(dependency))
    };
    let required = |target: &cargo_metadata::Target| target.required_features.iter().map(by_name).collect();
    with_some.map(|target| (target.name.clone(), required(target))).collect()
}

/// The target directory that was asked for, if any; absolute.
pub(crate) fn target_dir(settings: &Settings, machine: &Machine) -> Option<Utf8PathBuf> {
    let asked = settings.target_dir.as_deref().or(machine.cargo_target_dir.as_deref());
    asked.map(|dir: &Utf8Path| machine.current_dir.join(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(settings: &Settings, machine: &Machine) -> Project {
        Project::open(Source::C { dir: "/data/factorial".into() }, settings, machine).unwrap()
    }

    #[test]
    fn a_folder_of_c_has_the_folders_name_and_a_target_directory_inside() {
        let project = open(&Settings::default(), &Machine::bare("/elsewhere".into()));
        assert_eq!(project.name(), "factorial");
        assert_eq!(project.target_directory, "/data/factorial/target");
    }

    #[test]
    fn a_module_that_is_there_has_the_name_of_its_file_and_is_the_only_program() {
        let file = "/data/app/first.wasm".into();
        let source = Source::Module { dir: "/data/app".into(), file };
        let machine = Machine::bare("/elsewhere".into());
        let project = Project::open(source, &Settings::default(), &machine).unwrap();
        assert_eq!(project.name(), "first");
        let mut settings = Settings::default();
        assert!(project.check_program(&settings).is_ok());
        for (named, is_there) in [("first", true), ("app", false)] {
            settings.cargo.bin = vec![named.to_owned()];
            assert_eq!(project.check_program(&settings).is_ok(), is_there, "{named}");
        }
        settings.cargo.bin.clear();
        settings.system.bin = Some("app".to_owned());
        assert!(project.check_program(&settings).is_err());
    }

    #[test]
    fn only_packages_that_have_what_is_asked_for_are_built() {
        let package = |name: &str| Package { name: name.into(), is_default: true, ..Package::default() };
        let mut project = open(&Settings::default(), &Machine::bare("/elsewhere".into()));
        project.packages = vec![
            Package { programs: vec!["p".into()], ..package("program") },
            Package { examples: vec!["e".into()], ..package("example") },
            Package { reactor: Some("r".into()), ..package("reactor") },
            package("nothing"),
        ];
        let built = |cargo: CargoSettings| {
            let settings = Settings { cargo, ..Settings::default() };
            project.built(&settings).iter().map(|package| package.name.clone()).collect::<Vec<_>>()
        };
        let default = CargoSettings::default;
        assert_eq!(built(default()), ["program", "reactor"]);
        assert_eq!(built(CargoSettings { bins: true, ..default() }), ["program"]);
        assert_eq!(built(CargoSettings { examples: true, ..default() }), ["example"]);
        assert_eq!(built(CargoSettings { lib: true, ..default() }), ["reactor"]);
        assert_eq!(built(CargoSettings { bin: vec!["p".into()], ..default() }), ["program"]);
        assert_eq!(built(CargoSettings { example: vec!["e".into()], ..default() }), ["example"]);
        assert!(built(CargoSettings { bin: vec!["none".into()], ..default() }).is_empty());
    }

    #[test]
    fn patterns_become_the_names_they_fit_in_the_packages_that_are_selected() {
        let package = |name: &str, programs: &[&str]| Package {
            name: name.into(),
            programs: programs.iter().map(ToString::to_string).collect(),
            examples: vec!["pie".into()],
            is_default: name == "fruit",
            ..Package::default()
        };
        let mut project = open(&Settings::default(), &Machine::bare("/elsewhere".into()));
        project.packages = vec![package("fruit", &["pear", "apple"]), package("other", &["pea"])];
        let spelled = |bin: &[&str], workspace: bool| {
            let bin = bin.iter().map(ToString::to_string).collect();
            let cargo = CargoSettings { bin, workspace, example: vec!["p?e".into()], ..Default::default() };
            let mut settings = Settings { cargo, ..Settings::default() };
            project.spell_out(&mut settings);
            assert_eq!(settings.cargo.example, ["pie"]);
            settings.cargo.bin.join(" ")
        };
        assert_eq!(spelled(&["p*", "apple"], false), "pear apple");
        assert_eq!(spelled(&["p*"], true), "pea pear");
        assert_eq!(spelled(&["none*", "[", "plum"], true), "none* [ plum");
    }

    #[test]
    fn the_target_directory_is_the_flags_then_the_variables() {
        let mut settings = Settings::default();
        let mut machine = Machine::bare("/elsewhere".into());
        machine.cargo_target_dir = Some("/variable".into());
        assert_eq!(open(&settings, &machine).target_directory, "/variable");
        settings.target_dir = Some("flag".into());
        assert_eq!(open(&settings, &machine).target_directory, "/elsewhere/flag");
    }
}
