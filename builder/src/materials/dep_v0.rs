//! `.dep-v0`, the list of packages that `cargo auditable` writes into programs: JSON, compressed as zlib does it. Scanners look
//! for it (<https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>).

use std::collections::{BTreeMap, BTreeSet};

use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};
use serde::{Deserialize, Serialize};
use wasm_encoder::{CustomSection, Section as _};
use wasmparser::{CustomSectionReader, Parser, Payload};

use super::Material;
use super::origin::Origin;
use super::tree::Package;

/// The name of the section.
pub(crate) const NAME: &str = ".dep-v0";

/// The list as it is written; fields in the order of the format's own library.
#[derive(Serialize, Deserialize)]
struct List {
    packages: Vec<Listed>,
    /// 1: procedural macros are no part of the program.
    #[serde(default)]
    format: u32,
}

#[derive(Serialize, Deserialize)]
struct Listed {
    name: String,
    version: String,
    source: String,
    #[serde(default = "runtime", skip_serializing_if = "is_runtime")]
    kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    root: bool,
}

fn runtime() -> String {
    "runtime".to_owned()
}

fn is_runtime(kind: &str) -> bool {
    kind == "runtime"
}

/// All custom sections, also of modules in a component.
pub(crate) fn custom_sections(wasm: &[u8]) -> Vec<CustomSectionReader<'_>> {
    let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let custom = payloads.filter_map(|payload| match payload {
        Payload::CustomSection(section) => Some(section),
        _ => None,
    });
    custom.collect()
}

/// Puts the list of these packages, of which the first is the program's own, at the end of a module. One that is there
/// already stays as it is.
pub(crate) fn append(wasm: &mut Vec<u8>, packages: &[Package]) {
    if custom_sections(wasm).iter().any(|section| section.name() == NAME) {
        return;
    }
    let listed = packages.iter().enumerate().map(|(number, package)| Listed {
        name: package.name.clone(),
        version: package.version.clone(),
        source: package.origin.kind().to_owned(),
        kind: runtime(),
        dependencies: package.dependencies.clone(),
        root: number == 0,
    });
    let list = List { packages: listed.collect(), format: 1 };
    let json = serde_json::to_vec(&list).expect("a list of packages is plain data");
    CustomSection { name: NAME.into(), data: compressed(&json).into() }.append_to(wasm);
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut result = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut result).expect("the bound is large enough");
    result.truncate(length);
    result
}

/// What claims to be longer is none of ours.
const LIMIT_BYTES: usize = 8 << 20;

/// So is what lists more: the largest programs have a few thousand, and each uses a few others.
const LIMIT_PACKAGES: usize = 10_000;
const LIMIT_DEPENDENCIES: usize = 20 * LIMIT_PACKAGES;

fn decompressed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut result = vec![0; 64 << 10];
    loop {
        match Decompressor::new().zlib_decompress(bytes, &mut result) {
            Ok(length) => {
                result.truncate(length);
                return Some(result);
            }
            Err(DecompressionError::InsufficientSpace) if result.len() < LIMIT_BYTES => {
                result.resize(2 * result.len(), 0);
            }
            Err(_) => return None,
        }
    }
}

/// The packages in such a section, the root first; nothing, if it is not as it should be. A stranger may have written it.
pub(super) fn read(section: &[u8]) -> Option<Vec<Material>> {
    let list: List = serde_json::from_slice(&decompressed(section)?).ok()?;
    let dependencies: usize = list.packages.iter().map(|listed| listed.dependencies.len()).sum();
    if list.packages.len() > LIMIT_PACKAGES || dependencies > LIMIT_DEPENDENCIES {
        return None;
    }
    let is_linked = |listed: &Listed| is_runtime(&listed.kind);
    let mut order: Vec<usize> =
        (0..list.packages.len()).filter(|place| is_linked(&list.packages[*place])).collect();
    order.sort_by_key(|place| !list.packages[*place].root);
    let places: BTreeMap<usize, usize> = order.iter().copied().zip(0..).collect();
    let used = |dependencies: &[usize]| {
        let places = dependencies.iter().filter_map(|old| places.get(old).copied());
        places.collect::<BTreeSet<_>>().into_iter().collect()
    };
    let material = |place: &usize| {
        let Listed { name, version, source, dependencies, .. } = &list.packages[*place];
        // Of other origins, only their kind is in the list.
        let origin = if source == "crates.io" { Origin::CratesIo } else { Origin::Local };
        Material {
            name: name.clone(),
            version: Some(version.clone()),
            purl: origin.purl(name, version),
            download: origin.download(name, version),
            dependencies: used(dependencies),
            ..Material::default()
        }
    };
    (!order.is_empty()).then(|| order.iter().map(material).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages() -> [Package; 2] {
        let package = |name: &str, origin, dependencies| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: None,
            origin,
            sha256: None,
            dependencies,
        };
        [package("app", Origin::Local, vec![1]), package("libc", Origin::CratesIo, Vec::new())]
    }

    #[test]
    fn the_list_is_as_the_format_has_it_and_comes_last() {
        let mut wasm = wat::parse_str("(module (func))").unwrap();
        let before = wasm.clone();
        append(&mut wasm, &packages());
        assert!(wasm.starts_with(&before));
        let [section] = &custom_sections(&wasm)[..] else { panic!("one section") };
        assert_eq!(
            String::from_utf8(decompressed(section.data()).unwrap()).unwrap(),
            concat!(
                r#"{"packages":[{"name":"app","version":"1.0.0","source":"local","dependencies":[1],"root":true},"#,
                r#"{"name":"libc","version":"1.0.0","source":"crates.io"}],"format":1}"#
            )
        );
        let read = read(section.data()).unwrap();
        assert_eq!(read[0].dependencies, [1]);
        assert_eq!(read[1].purl.as_deref(), Some("pkg:cargo/libc@1.0.0"));
    }

    #[test]
    fn a_list_that_is_there_stays() {
        let mut wasm = wat::parse_str(r#"(module (@custom ".dep-v0" "x"))"#).unwrap();
        let before = wasm.clone();
        append(&mut wasm, &packages());
        assert_eq!(wasm, before);
    }

    #[test]
    fn what_is_no_list_is_none() {
        for bytes in [&b""[..], b"garbage", &compressed(b"{}"), &compressed(br#"{"packages":[]}"#)] {
            assert_eq!(read(bytes), None);
        }
        let endless = compressed(&vec![b' '; 3 * LIMIT_BYTES]);
        assert_eq!(read(&endless), None);
        let listed = |count: usize| {
            let package = r#"{"name":"a","version":"1","source":"git"}"#;
            compressed(format!(r#"{{"packages":[{}]}}"#, vec![package; count].join(",")).as_bytes())
        };
        assert_eq!(read(&listed(LIMIT_PACKAGES)).unwrap().len(), LIMIT_PACKAGES);
        assert_eq!(read(&listed(LIMIT_PACKAGES + 1)), None);
        let beyond = br#"{"packages":[{"name":"a","version":"1","source":"git","dependencies":[7]}]}"#;
        assert!(read(&compressed(beyond)).unwrap()[0].dependencies.is_empty());
    }

    #[test]
    fn a_dependency_is_told_once_by_its_new_place() {
        let packages = br#"{"packages":[{"name":"b","version":"1","source":"git","dependencies":[1,1,0,9]},
            {"name":"build","version":"1","source":"git","kind":"build"},
            {"name":"a","version":"1","source":"git","dependencies":[0,1,0],"root":true}]}"#;
        let read = read(&compressed(packages)).unwrap();
        let told: Vec<_> = read.iter().map(|one| (one.name.as_str(), one.dependencies.as_slice())).collect();
        assert_eq!(told, [("a", &[1][..]), ("b", &[1])]);
    }
}
