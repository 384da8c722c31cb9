//! Packages of one workspace may be built in different ways: each way is a build of its own.

use std::collections::BTreeMap;

use wasmpack_builder::{CargoSettings, Goal, Package, Project, Settings, Target, Toolchain};
use wasmpack_optimizer::Level;

/// What decides how a package is built, of all that its configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// What for.
    pub target: Target,
    /// With what aim.
    pub goal: Goal,
    /// With which C compiler, if there is any C in it.
    pub toolchain: Toolchain,
    /// What is given the compiler's command line.
    pub launcher: Option<String>,
    /// With how large a stack, if one is asked for.
    pub stack_size_bytes: Option<u32>,
}

/// Compilers are to aim at what the optimizer does.
#[must_use]
pub fn goal(level: Level) -> Goal {
    match level {
        Level::O2 | Level::O3 | Level::Speed => Goal::Speed,
        Level::None | Level::O0 | Level::O1 | Level::S | Level::Z | Level::Size => Goal::Size,
    }
}

/// One copy of the settings for each kind of the packages that are to be built, each selecting its own.
#[must_use]
pub fn split(
    settings: &Settings,
    project: &Project,
    kinds: &BTreeMap<Option<String>, Kind>,
) -> Vec<Settings> {
    let mut groups: BTreeMap<Kind, Vec<&Package>> = BTreeMap::new();
    for package in project.built(settings) {
        let kind = kinds.get(&Some(package.name.clone())).cloned().unwrap_or_default();
        groups.entry(kind).or_default().push(package);
    }
    if groups.len() > 1 {
        return groups
            .into_iter()
            .map(|(kind, packages)| of_kind(settings, project, kind, &packages))
            .collect();
    }
    // What was typed is handed on as it is.
    let only = groups.into_keys().next().or_else(|| kinds.get(&None).cloned());
    vec![only.map_or_else(|| settings.clone(), |kind| with(settings.clone(), kind))]
}

/// The settings for these packages alone: of the programs and features that were named, for theirs.
fn of_kind(settings: &Settings, project: &Project, kind: Kind, packages: &[&Package]) -> Settings {
    let all = &settings.cargo;
    let named = |names: &[String], of: fn(&Package) -> &[String]| {
        let is_of_these = |name: &&String| packages.iter().any(|package| of(package).contains(name));
        names.iter().filter(is_of_these).cloned().collect()
    };
    let selected = project.selected(settings);
    // One that no package has, cargo is to refuse.
    let is_theirs = |feature: &&str| {
        let have = |packages: &[&Package]| packages.iter().any(|package| package.has_feature(feature));
        have(packages) || !have(&selected)
    };
    let features =
        all.features.iter().flat_map(|list| list.split([',', ' '])).filter(|name| !name.is_empty());
    let has_library = |package: &&Package| package.reactor.is_some() || package.has_mixed_library;
    let cargo = CargoSettings {
        package: packages.iter().map(|package| package.name.clone()).collect(),
        workspace: false,
        exclude: Vec::new(),
        bin: named(&all.bin, |package| &package.programs),
        example: named(&all.example, |package| &package.examples),
        lib: all.lib && packages.iter().any(has_library),
        features: features.filter(is_theirs).map(ToOwned::to_owned).collect(),
        ..all.clone()
    };
    with(Settings { cargo, ..settings.clone() }, kind)
}

fn with(mut settings: Settings, kind: Kind) -> Settings {
    (settings.target, settings.goal, settings.c.toolchain) = (kind.target, kind.goal, kind.toolchain);
    // The folder that was named may say it of all.
    settings.c.launcher = kind.launcher.or(settings.c.launcher);
    settings.c.stack_size_bytes = kind.stack_size_bytes.or(settings.c.stack_size_bytes);
    settings
}
