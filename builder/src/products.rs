//! Which modules a build of Cargo packages would leave, before anything is compiled; and how to build some of them only.

use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;

use crate::{CargoSettings, Error, Machine, Package, Project, Settings, cargo};

/// What becomes a module: a program, an example or a library, by its name and that of its package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    /// The package.
    pub package: String,
    /// The program.
    pub name: String,
}

impl Project {
    /// The modules that a build by these settings would leave, in the order of [`build`](crate::build); of other sources than
    /// Cargo packages, none. Cargo is asked for features where some program needs them.
    ///
    /// # Errors
    /// Cargo refuses the manifest.
    pub fn products(&self, settings: &Settings, machine: &Machine) -> Result<Vec<Product>, Error> {
        let CargoSettings { bin, bins, example, examples, lib, .. } = &settings.cargo;
        let is_all = is_all(&settings.cargo);
        let selected = self.selected(settings);
        let features = if selected.iter().any(|package| !package.required_features.is_empty()) {
            Some(cargo::features(self, settings, machine)?)
        } else {
            None
        };
        let mut found = Vec::new();
        for package in &selected {
            let enabled = features.as_ref().and_then(|features| features.get(&package.name));
            let is_possible = |name: &String| has_features(package, name, enabled);
            let programs = package
                .programs
                .iter()
                .filter(|name| is_named(bin, name) || ((*bins || is_all) && is_possible(name)));
            let shown = package
                .examples
                .iter()
                .filter(|name| is_named(example, name) || (*examples && is_possible(name)));
            found.extend(programs.chain(shown).map(|name| (*package, name)));
        }
        // A library is a module only where there is no program.
        if found.is_empty() && (*lib || is_all) {
            let reactors = selected.iter().filter_map(|package| Some((*package, package.reactor.as_ref()?)));
            found.extend(reactors);
        }
        found.sort_by_key(|(package, name)| (&package.manifest, *name));
        let product = |(package, name): (&Package, &String)| Product {
            package: package.name.clone(),
            name: name.clone(),
        };
        Ok(found.into_iter().map(product).collect())
    }

    /// The settings by which cargo compiles what these products of [`Self::products`] need, and each becomes the module that it
    /// would become among all. More may be compiled than that, so whoever wants no more has to look at names.
    ///
    /// Packages stay selected as they are, because the features of what they share are joined over all that are selected.
    #[must_use]
    pub fn only(&self, settings: &Settings, products: &[Product]) -> Settings {
        let all = &settings.cargo;
        let selected = self.selected(settings);
        let is_program = |product: &Product| {
            let is_its = |package: &&&Package| package.name == product.package;
            selected.iter().find(is_its).is_some_and(|package| package.programs.contains(&product.name))
        };
        // Libraries cannot be told apart by name, and examples bring features of their own with them.
        if all.examples || !all.example.is_empty() || !products.iter().all(is_program) {
            return settings.clone();
        }
        let names: BTreeSet<_> = products.iter().map(|product| product.name.clone()).collect();
        let is_library_built = all.lib || is_all(all);
        let cargo = CargoSettings {
            bin: names.into_iter().collect(),
            bins: false,
            // What such a library depends on has other symbols than without it, in programs too.
            lib: is_library_built && selected.iter().any(|package| package.has_mixed_library),
            ..all.clone()
        };
        Settings { cargo, ..settings.clone() }
    }
}

/// Whether cargo is not told which targets to build.
fn is_all(cargo: &CargoSettings) -> bool {
    let CargoSettings { bin, bins, example, examples, lib, .. } = cargo;
    bin.is_empty() && example.is_empty() && !bins && !examples && !lib
}

fn is_named(names: &[String], name: &str) -> bool {
    let fits = |part: &String| part == name || Pattern::new(part).is_ok_and(|part| part.matches(name));
    names.iter().any(fits)
}

/// Whether cargo builds a program that nobody has named.
fn has_features(package: &Package, name: &str, enabled: Option<&BTreeSet<String>>) -> bool {
    let mut required = package.required_features.get(name).into_iter().flatten();
    required.all(|feature| enabled.is_some_and(|enabled| enabled.contains(feature)))
}

/// Reads lines such as `0name v1.0.0 (place)⇥default,more`: packages at depth 0, each followed by what it depends on at depth 1.
pub(crate) fn features(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut package = String::new();
    for (shown, features) in text.lines().filter_map(|line| line.split_once('\t')) {
        let name = shown.trim_start_matches(['0', '1']).split(' ').next().unwrap_or_default();
        let is_dependency = shown.starts_with('1');
        if !is_dependency {
            name.clone_into(&mut package);
        }
        let features = features.split(',').filter(|feature| !feature.is_empty());
        let as_required = features
            .map(|feature| if is_dependency { format!("{name}/{feature}") } else { feature.to_owned() });
        found.entry(package.clone()).or_default().extend(as_required);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    fn package(name: &str, programs: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            manifest: format!("/w/{name}/Cargo.toml").into(),
            is_default: true,
            programs: programs.iter().map(ToString::to_string).collect(),
            ..Package::default()
        }
    }

    fn project(packages: Vec<Package>) -> Project {
        let machine = Machine::bare("/w".into());
        let source = Source::C { dir: "/w".into() };
        Project { packages, ..Project::open(source, &Settings::default(), &machine).unwrap() }
    }

    fn products(project: &Project, cargo: &CargoSettings) -> Vec<String> {
        let settings = Settings { cargo: cargo.clone(), ..Settings::default() };
        let found = project.products(&settings, &Machine::bare("/w".into())).unwrap();
        found.into_iter().map(|Product { package, name }| format!("{package}/{name}")).collect()
    }

    #[test]
    fn programs_are_found_in_the_order_of_their_folders() {
        let project = project(vec![package("b", &["z", "a"]), package("a", &["one"]), package("lib", &[])]);
        assert_eq!(products(&project, &CargoSettings::default()), ["a/one", "b/a", "b/z"]);
        let bin = vec!["z".to_owned(), "o*".to_owned()];
        assert_eq!(products(&project, &CargoSettings { bin, ..Default::default() }), ["a/one", "b/z"]);
        let (workspace, exclude) = (true, vec!["b".to_owned()]);
        assert_eq!(
            products(&project, &CargoSettings { workspace, exclude, ..Default::default() }),
            ["a/one"]
        );
    }

    #[test]
    fn a_library_is_a_module_where_there_is_no_program() {
        let reactor = || Package { reactor: Some("re_actor".into()), ..package("re", &[]) };
        let cargo = CargoSettings::default();
        assert_eq!(products(&project(vec![reactor()]), &cargo), ["re/re_actor"]);
        assert_eq!(products(&project(vec![reactor(), package("a", &["a"])]), &cargo), ["a/a"]);
    }

    #[test]
    fn examples_and_libraries_are_products_where_they_are_asked_for() {
        let with_examples = Package { examples: vec!["e".into(), "f".into()], ..package("a", &["a"]) };
        let reactor = Package { reactor: Some("re".into()), ..package("re", &[]) };
        let project = project(vec![with_examples, reactor]);
        let of = |cargo: CargoSettings| products(&project, &cargo);
        assert_eq!(of(CargoSettings { examples: true, ..Default::default() }), ["a/e", "a/f"]);
        assert_eq!(of(CargoSettings { example: vec!["f".into()], ..Default::default() }), ["a/f"]);
        let (bins, examples) = (true, true);
        assert_eq!(of(CargoSettings { bins, examples, ..Default::default() }), ["a/a", "a/e", "a/f"]);
        assert_eq!(of(CargoSettings { lib: true, ..Default::default() }), ["re/re"]);
        let bin = vec!["none".to_owned()];
        assert!(of(CargoSettings { bin, ..Default::default() }).is_empty());
    }

    #[test]
    fn packages_stay_selected_and_only_programs_are_named() {
        let mut project = project(vec![package("a", &["a"]), package("b", &["b"])]);
        let settings = Settings {
            cargo: CargoSettings { workspace: true, ..Default::default() },
            ..Settings::default()
        };
        let product = Product { package: "b".into(), name: "b".into() };
        let only = project.only(&settings, std::slice::from_ref(&product));
        let expected = CargoSettings { workspace: true, bin: vec!["b".into()], ..Default::default() };
        assert_eq!(only.cargo, expected);
        project.packages[0].has_mixed_library = true;
        assert_eq!(project.only(&settings, &[product]).cargo, CargoSettings { lib: true, ..expected });
    }

    #[test]
    fn features_are_read_from_what_cargo_tree_shows() {
        let text = "0app v0.1.0 (/w/app)\tdefault,x\n1serde v1.0.0\tderive\n\n0lib v0.1.0 (/w/lib)\t\n";
        let found = features(text);
        assert!(found["app"].contains("x") && found["lib"].is_empty(), "{found:?}");
        let mut app = package("app", &["app"]);
        app.required_features = [("app".to_owned(), vec!["x".to_owned(), "serde/derive".to_owned()])].into();
        assert!(has_features(&app, "app", found.get("app")));
        app.required_features.insert("more".to_owned(), vec!["serde/rc".to_owned()]);
        assert!(!has_features(&app, "more", found.get("app")));
        assert!(!has_features(&app, "app", found.get("lib")));
        assert!(has_features(&app, "other", None));
    }
}
