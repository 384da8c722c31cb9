//! Links of the README, the manual and the examples lead somewhere, and every page of the manual is in its table of contents.

use std::fs;
use std::path::{Path, PathBuf};

use crate::manual::{docs, pages};
use crate::markdown::{anchors, links};

/// Files of this repository, as pages of the manual name those outside of it: on a page that a browser shows, a relative
/// link would lead nowhere.
const REPOSITORY: &str = "https://github.com/cargo-wasmpack/cargo-wasmpack/";

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples =
        fs::read_dir(root.join("examples")).unwrap().map(|entry| entry.unwrap().path().join("README.md"));
    let own = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root.join(name));
    let mut seen = 0;
    let mut wrong = Vec::new();
    for path in own.into_iter().chain(examples).chain(pages()) {
        for link in links(&fs::read_to_string(&path).unwrap()) {
            let Some((target, anchor)) = target(&path, &link) else { continue };
            seen += 1;
            if !leads(&target, &anchor) {
                wrong.push(format!("{}: {link}", path.display()));
            } else if path.starts_with(docs()) && !target.starts_with(docs()) && !link.starts_with(REPOSITORY)
            {
                wrong.push(format!(
                    "{}: {link} leaves the manual; begin it with {REPOSITORY}",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(seen > 100, "{seen}");
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let contents = docs().join("SUMMARY.md");
    let listed = links(&fs::read_to_string(&contents).unwrap());
    let mut listed: Vec<PathBuf> = listed.iter().map(|link| docs().join(link)).collect();
    listed.push(contents);
    listed.sort();
    assert_eq!(listed, pages());
}

/// The file that a link leads to, and the place there; nothing for what is outside of this repository.
fn target(page: &Path, link: &str) -> Option<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (place, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if let Some(path) = place.strip_prefix(REPOSITORY) {
        let path = ["blob/main/", "tree/main/"].iter().find_map(|branch| path.strip_prefix(branch))?;
        root.join(path)
    } else if place.contains("://") || place.starts_with("mailto:") {
        return None;
    } else if place.is_empty() {
        page.to_owned()
    } else {
        page.parent()?.join(place)
    };
    // A link that leads nowhere stays as it is, and is told.
    Some((fs::canonicalize(&target).unwrap_or(target), anchor.to_owned()))
}

fn leads(target: &Path, anchor: &str) -> bool {
    let is_page = target.extension().is_some_and(|kind| kind == "md");
    let has_anchor = || anchors(&fs::read_to_string(target).unwrap()).iter().any(|known| known == anchor);
    target.exists() && (anchor.is_empty() || !is_page || has_anchor())
}
