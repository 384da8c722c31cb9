//! What went into a module: the packages and libraries linked, and the tools that worked on it.
//!
//! Only what is known is said. Of Cargo packages that is everything cargo links; of C and C++ the libraries of the toolchain and
//! those that are named; of other build systems what the module tells of itself.

mod cargo_settings;
mod dep_v0;
mod libraries;
mod lock;
mod origin;
mod parameters;
mod producers;
pub(crate) mod sources;
mod tree;

pub(crate) use libraries::{Known, of_c};
pub(crate) use parameters::parameters;
pub use sources::Sources;
pub(crate) use tree::Tree;

use self::tree::Package;
use crate::Module;

/// What went into a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Materials {
    /// What is linked, the program itself first.
    pub linked: Vec<Material>,
    /// What the module says that it was made with, sorted: compilers above all.
    pub tools: Vec<Tool>,
    /// The digest of its sources, where one knows which they are. Of a command of the user's own nobody does.
    pub sources: Option<Sources>,
}

/// A package or library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Material {
    /// Its name.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
    /// The licence, as its manifest has it: not always an expression of SPDX.
    pub license: Option<String>,
    /// Its package URL (<https://github.com/package-url/purl-spec>), if it has one.
    pub purl: Option<String>,
    /// Where it comes from, if anybody can get it there.
    pub download: Option<String>,
    /// SHA-256 of what is there, in hexadecimal digits.
    pub sha256: Option<String>,
    /// What it uses, as places in [`Materials::linked`].
    pub dependencies: Vec<usize>,
}

/// A program that had a part in making a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it says its version is.
    pub version: Option<String>,
}

impl Material {
    fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// Notes the packages of a program in Rust, and lists them in the module itself.
pub(crate) fn list(module: &mut Module, packages: &[Package]) {
    if packages.is_empty() {
        return;
    }
    let tools = producers::tools(&dep_v0::custom_sections(&module.wasm));
    let rustc = tools.iter().find(|tool| tool.name == "rustc").and_then(|tool| tool.version.as_deref());
    let linked = packages.iter().map(Package::material).collect();
    module.materials.linked = libraries::of_rust(linked, rustc);
    dep_v0::append(&mut module.wasm, packages);
}

/// Adds what the module itself tells.
pub(crate) fn complete(module: &mut Module) {
    let sections = dep_v0::custom_sections(&module.wasm);
    let materials = &mut module.materials;
    if materials.linked.is_empty() {
        let listed = sections.iter().find(|section| section.name() == dep_v0::NAME);
        let listed = listed.and_then(|section| dep_v0::read(section.data()));
        materials.linked = listed.unwrap_or_else(|| vec![Material::named(&module.name)]);
    }
    let mut tools = producers::tools(&sections);
    // Compilers that say who they are know it best.
    let is_told = |known: &Tool| {
        let same =
            |tool: &Tool| tool.name.ends_with(&known.name) && starts_with(&tool.version, &known.version);
        tools.iter().any(same)
    };
    materials.tools.retain(|known| !is_told(known));
    tools.append(&mut materials.tools);
    tools.sort();
    tools.dedup();
    materials.tools = tools;
}

/// Whether a version is a closer word for another, as `22.1.8` is for `22`.
fn starts_with(version: &Option<String>, start: &Option<String>) -> bool {
    let text = |version: &Option<String>| version.clone().unwrap_or_default();
    text(version).starts_with(&text(start))
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{ProducersField, ProducersSection};

    use super::*;

    #[test]
    fn a_tool_that_the_module_names_is_not_named_again() {
        let mut field = ProducersField::new();
        field.value("Debian clang", "22.1.0 (x)");
        let mut producers = ProducersSection::new();
        producers.field("processed-by", &field);
        let mut wasm = wasm_encoder::Module::new();
        wasm.section(&producers);
        let tool = |name: &str, version: &str| Tool { name: name.into(), version: Some(version.into()) };
        let mut module = Module { name: "app".into(), wasm: wasm.finish(), ..Module::default() };
        module.materials.tools = vec![tool("zig", "0.15"), tool("clang", "22"), tool("clang", "21")];
        complete(&mut module);
        let tools = [tool("Debian clang", "22.1.0 (x)"), tool("clang", "21"), tool("zig", "0.15")];
        assert_eq!(module.materials.tools, tools);
        assert_eq!(module.materials.linked, [Material::named("app")]);
    }
}
