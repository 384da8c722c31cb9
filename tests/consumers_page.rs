//! The page of docs/ that is made from the rules.

#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no command line in front of it")]
fn consumers_page_is_what_the_rules_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/consumers.md");
    let page = wasmpack_packager::consumers::markdown();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/consumers.md is stale; make it anew with BLESS=1");
}
