//! Chromium: the page of `size --html` shows what it should, as somebody sees or hears it.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use crate::images::Built;
use crate::support::{stdout_of, wasmpack};
use crate::tools;

/// As `xtask/src/needs.rs` has them.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What a function of the module is called that the page compares with.
const EVIL: &str = "needle</script><img src=x onerror=console.error(1)>";

/// Needles of 2, 10 and 20 instructions, besides their lengths, the numbers of their locals and their ends.
const OLD: &str = r#"(module
    (func $"haystack" nop)
    (func $"needle::one" nop nop nop nop nop nop nop nop nop nop)
    (func $"needle::two" nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop)
    (func $"EVIL" nop nop))"#;
const NEEDLES: &str = "3 parts before: 41 bytes, ";

pub fn missing() -> Option<String> {
    NAMES.iter().find_map(|name| tools::find(name)).is_none().then(|| tools::missing(&NAMES[..1]))?
}

/// The map of an image, compared with a module that has names nobody should have.
pub fn shows(built: &Built) {
    let folder = built.folder("chromium");
    let (old, page) = (folder.join("old.wat"), folder.join("page.html"));
    std::fs::write(&old, OLD.replace("EVIL", EVIL)).unwrap();
    let mut size = wasmpack();
    stdout_of(size.arg("size").arg(&built.layout).arg("--diff").arg(&old).arg("--html").arg(&page));
    let bytes = built.wasm.len() as u64;

    let whole = Shown::of(&page, "");
    assert!(
        whole.text("exact").contains(&format!(" → {} bytes", thousands(bytes))),
        "{}",
        whole.text("exact")
    );
    assert_eq!(whole.cells(), bytes);

    let code = section(built, "code");
    let zoomed = Shown::of(&page, "zoom=code");
    assert_eq!((zoomed.text("crumbs"), zoomed.cells()), ("filecode".to_owned(), code));
    assert_eq!(zoomed.text("list-title"), "largest parts of code");
    assert!(zoomed.table().contains("kept by _start"), "{}", zoomed.table());

    let found = Shown::of(&page, "search=needle&show=before");
    assert!(found.text("found").starts_with(NEEDLES), "{}", found.text("found"));
    let evil = EVIL.replace('<', "&lt;").replace('>', "&gt;");
    assert_eq!(found.rows(), ["needle::two", "needle::one", &evil]);

    // Whatever is typed there, the page shows something.
    let wrong = Shown::of(&page, "zoom=no/such/place&show=%&sort=x&search=");
    assert_eq!(wrong.cells(), bytes);
}

/// The length of a section, as `inspect` has it.
fn section(built: &Built, name: &str) -> u64 {
    let described: Value =
        serde_json::from_str(&stdout_of(wasmpack().args(["inspect", "--json"]).arg(&built.layout))).unwrap();
    let sections = described["module"]["sections"].as_array().unwrap();
    sections.iter().find(|section| section["name"] == name).unwrap()["bytes"].as_u64().unwrap()
}

/// A page as the browser has it after its scripts have run.
struct Shown {
    /// Without the scripts themselves.
    html: String,
}

impl Shown {
    fn of(page: &Path, fragment: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Command::new(NAMES.iter().find_map(|name| tools::find(name)).unwrap());
        // Root, who runs the tests in CI, has no sandbox.
        browser.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]);
        browser.args(["--virtual-time-budget=5000", "--window-size=1200,900", "--dump-dom"]);
        browser.arg(format!("--user-data-dir={}", profile.path().display()));
        browser.arg(format!("file://{}#{fragment}", page.display()));
        // Into files: the page is longer than a pipe holds, and nobody reads before the browser has ended.
        let [html, errors] = ["html", "errors"].map(|name| profile.path().join(name));
        browser.stdin(Stdio::null());
        browser.stdout(File::create(&html).unwrap()).stderr(File::create(&errors).unwrap());
        let output = tools::wait(browser.spawn().unwrap(), Duration::from_secs(120));
        let [html, errors] = [html, errors].map(|file| std::fs::read_to_string(file).unwrap());
        assert!(output.status.success() && !errors.contains("CONSOLE"), "{errors}");
        let scripts = Regex::new("(?s)<script.*?</script>").unwrap();
        assert_eq!(scripts.find_iter(&html).count(), 2, "the data and the code");
        assert!(!html.contains("<img"), "a name became an element");
        Self { html: scripts.replace_all(&html, "").into_owned() }
    }

    /// The text of the element with this id.
    fn text(&self, id: &str) -> String {
        let element = Regex::new(&format!(r#"(?s)<(\w+) [^>]*\bid="{id}"[^>]*>(.*)"#)).unwrap();
        let found = element.captures(&self.html).unwrap();
        let (inside, _) = found[2].split_once(&format!("</{}>", &found[1])).unwrap();
        Regex::new("<[^>]*>").unwrap().replace_all(inside, "").into_owned()
    }

    /// What all cells of the map say they weigh, together.
    fn cells(&self) -> u64 {
        let cell =
            Regex::new(r#"<button [^>]*aria-label="[^"]*, ([0-9,]+) bytes?, [^"]* of the file""#).unwrap();
        let bytes =
            cell.captures_iter(&self.html).map(|cell| cell[1].replace(',', "").parse::<u64>().unwrap());
        bytes.sum()
    }

    /// The names in the table.
    fn rows(&self) -> Vec<String> {
        let name = Regex::new("<code>([^<]*)</code>").unwrap();
        name.captures_iter(&self.table()).map(|name| name[1].to_owned()).collect()
    }

    fn table(&self) -> String {
        let (_, table) = self.html.split_once("<tbody id=\"rows\">").unwrap();
        table.split_once("</tbody>").unwrap().0.to_owned()
    }
}

/// `12,345`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let grouped = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap());
    grouped.collect::<Vec<_>>().join(",")
}
