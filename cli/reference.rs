//! The pages of the manual that are made from what reads the command line and the configuration. `BLESS=1` writes them.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command};
use serde_json::Value;

use crate::commands::man::{whole, with_verbs};
use crate::config::{self, Config};
use crate::schema::schema;

/// Each key with what holds without it, where the schema does not say so, and how it may look. What it means is in the schema.
const KEYS: &[(&str, &str, &str)] = &[
    ("build.target", "`wasm32-wasip1`", r#""wasm32-wasip2""#),
    ("build.system", "", r#""make""#),
    ("build.command", "none", r#""sh build.sh""#),
    ("build.arguments", "none", r#"["-DTESTS=OFF"]"#),
    ("build.module", "the one `.wasm` in `$WASMPACK_OUT`", r#""out/app.wasm""#),
    ("build.bin", "the only one there is", r#""app""#),
    ("build.toolchain", "", r#""clang-22""#),
    ("build.sources", "", r#"["main.c", "lib/**/*.c", "!lib/test_*.c"]"#),
    ("build.include", "`include`, where it is there", r#"["vendor/include"]"#),
    ("build.define", "none", r#"["NDEBUG", "LIMIT=20"]"#),
    ("build.std", "the compiler's", r#"["c17", "c++20"]"#),
    ("build.flags", "none", r#"["-ffast-math"]"#),
    ("build.link", "none", r#"["m", "wasi-emulated-signal"]"#),
    ("build.stack-size", "", "2097152"),
    ("build.lto", "`false`", "true"),
    ("build.exceptions", "`false`", "true"),
    ("build.launcher", "none", r#""ccache""#),
    ("build.cache-from", "none", r#"["ghcr.io/acme/cache"]"#),
    ("build.cache-to", "none", r#""ghcr.io/acme/cache""#),
    ("optimize.level", "", r#""speed""#),
    ("optimize.keep", "none", r#"["greet"]"#),
    ("optimize.keep-names", "`false`", "true"),
    ("optimize.snapshot", "none", r#""wizer-initialize""#),
    ("optimize.wasm-opt", "", r#""system""#),
    ("optimize.time-limit", "", "600"),
    ("image.name", "", r#""acme/greeter""#),
    ("image.format", "", r#"["everywhere", "artifact"]"#),
    ("image.platform", "`wasi/wasm`", r#""wasip1/wasm""#),
    ("image.compress", "", r#""best""#),
    ("image.sbom", "", r#""cyclonedx""#),
    ("image.provenance", "", "false"),
    ("image.debug-module", "", "false"),
    ("image.entrypoint", "", r#""/plugin.wasm""#),
    ("image.with", "none", r#"["migrate"]"#),
    ("image.files", "none", r#"[{ from = "site", to = "/srv" }, { from = "bin/*.sh", mode = "755" }]"#),
    ("image.args", "none", r#"["world"]"#),
    ("image.env", "none", r#"{ LANG = "C.UTF-8" }"#),
    ("image.user", "none", r#""65532""#),
    ("image.ports", "none", "[8080]"),
    ("image.volumes", "none", r#"["/data"]"#),
    ("image.stop-signal", "", r#""SIGINT""#),
    ("image.labels", "version, licences, source and revision", r#"{ "com.acme.team" = "greetings" }"#),
    ("image.annotations", "what manifest and git know", r#"{ vendor = "Acme", revision = "" }"#),
    ("budget.max-size", "none", r#""800 kB""#),
    ("budget.max-growth", "none", r#""2 %""#),
    ("policy.allow", "", r#"["stdio", "exit"]"#),
    ("policy.deny", "nothing", r#"["network"]"#),
];

/// The page of a name is this text.
#[expect(clippy::disallowed_methods, reason = "a test has no command line in front of it")]
fn hold(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/reference/{name} is stale; make it anew with BLESS=1");
}

#[test]
fn every_verb_and_flag_is_on_the_page_of_commands() {
    let whole = whole();
    let mut page = "# Commands\n\n\
        Made from the definitions that read the command line. `cargo wasmpack VERB --help` says the same at a terminal, `cargo wasmpack man` as manual pages.\n\n\
        | verb | |\n|---|---|\n"
        .to_owned();
    let verbs = || with_verbs(&whole).into_iter().skip(1);
    for verb in verbs().filter(|verb| !title(verb).contains(' ')) {
        let (name, about) = (title(verb), verb.get_about().map(ToString::to_string).unwrap_or_default());
        writeln!(page, "| [`{name}`](#{name}) | {about} |").unwrap();
    }
    page += "\n## For every verb\n\n";
    whole.get_arguments().filter(|flag| flag.is_global_set()).for_each(|flag| page += &line(flag));
    for verb in verbs() {
        page += &section(verb);
    }
    hold("commands.md", &page);
}

/// `build`, or `config show`.
fn title(verb: &Command) -> String {
    let name = verb.get_bin_name().unwrap_or(verb.get_name());
    name.trim_start_matches("cargo wasmpack ").trim_start_matches("cargo-wasmpack ").to_owned()
}

fn section(verb: &Command) -> String {
    let title = title(verb);
    let depth = "#".repeat(1 + title.split(' ').count());
    let about = verb.get_long_about().or(verb.get_about()).map(ToString::to_string).unwrap_or_default();
    // The first line is a title, without a full stop.
    let about = about.split("\n\n").map(|text| format!("{}.", text.trim_end_matches('.')));
    let about = about.collect::<Vec<_>>().join("\n\n");
    let usage = verb.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let mut section = format!("\n{depth} `{title}`\n\n{about}\n\n```text\n{usage}\n```\n");
    let own = || {
        verb.get_arguments()
            .filter(|flag| !flag.is_global_set() && !flag.is_hide_set() && flag.get_id() != "help")
    };
    let mut headings: Vec<Option<&str>> = own().map(Arg::get_help_heading).collect();
    headings.sort();
    headings.dedup();
    for heading in headings {
        let heading_of = |flag: &&Arg| flag.get_help_heading() == heading;
        write!(section, "\n{}", heading.map_or(String::new(), |heading| format!("**{heading}**\n\n")))
            .unwrap();
        own().filter(heading_of).for_each(|flag| section += &line(flag));
    }
    if let Some(examples) = verb.get_after_help() {
        let examples = examples.to_string();
        let lines = examples.lines().skip(1).map(|line| line.strip_prefix("  ").unwrap_or(line));
        write!(section, "\nExamples:\n\n```text\n{}\n```\n", lines.collect::<Vec<_>>().join("\n")).unwrap();
    }
    section
}

/// A flag or an argument: how it is typed, and what it does.
fn line(flag: &Arg) -> String {
    let values = flag.get_action().takes_values();
    let names = flag.get_value_names().unwrap_or_default().join(" ");
    let long = flag
        .get_long()
        .map(|long| if values { format!("`--{long} {names}`") } else { format!("`--{long}`") });
    let short = flag.get_short().map(|short| format!("`-{short}`"));
    let typed: Vec<_> = short.into_iter().chain(long).collect();
    let typed = if typed.is_empty() { format!("`{names}`") } else { typed.join(", ") };
    let help = flag.get_long_help().or(flag.get_help()).map(ToString::to_string).unwrap_or_default();
    let words = flag.get_possible_values();
    let words = words.iter().filter(|word| values && word.get_help().is_some());
    let words: String = words
        .map(|word| format!("\n  - `{}`: {}", word.get_name(), word.get_help().unwrap_or_default()))
        .collect();
    format!("- {typed}: {}{words}\n", help.replace("\n\n", "\n\n  "))
}

#[test]
fn every_key_is_on_the_page_of_the_configuration() {
    let schema = schema();
    let mut page = "# Configuration\n\n\
        None is needed. What you want to say goes into `wasmpack.toml` beside the sources, or into `[package.metadata.wasmpack]` or `[workspace.metadata.wasmpack]` of a Cargo manifest; \
        flags and `WASMPACK_…` variables win over it, a package over its workspace. An unknown key is an error that names the nearest known one.\n\n\
        `cargo wasmpack config show --origin` tells what is configured and where; `config schema` prints [the JSON schema](../wasmpack.schema.json) that this page is made from, and by \
        which editors complete and check the file.\n"
        .to_owned();
    let mut described = Vec::new();
    for name in ["build", "optimize", "image", "budget", "policy"] {
        let table = &schema["properties"][name];
        writeln!(page, "\n## `[{name}]`\n\n{}", table["description"].as_str().unwrap()).unwrap();
        for (path, default, example) in KEYS.iter().filter(|(path, ..)| path.starts_with(&format!("{name}.")))
        {
            let key = path.split_once('.').unwrap().1;
            let said = &table["properties"][key];
            assert!(said.is_object(), "`{path}` is no key");
            let example = format!("{key} = {example}");
            let whole: Value = toml::from_str(&format!("[{name}]\n{example}")).unwrap();
            config::apply(&mut Config::default(), &whole, "here")
                .unwrap_or_else(|error| panic!("{example}: {error}"));
            let means = said["description"].as_str().unwrap();
            let is_told = ["otherwise", "Without it", "instead of"].iter().any(|words| means.contains(words));
            assert_eq!(default.is_empty(), is_told, "`{path}`: what holds without it is to be said once");
            let default = if default.is_empty() { String::new() } else { format!("; without it: {default}") };
            let kind = kind(said);
            write!(page, "\n### `{key}`\n\n{means} {kind}{default}.\n\n```toml\n{example}\n```\n").unwrap();
            described.push((name, key));
        }
        let keys = table["properties"].as_object().unwrap().keys();
        keys.for_each(|key| assert!(described.contains(&(name, key)), "`{name}.{key}` has no example"));
    }
    hold("configuration.md", &page);
}

/// What may stand there, in words.
fn kind(said: &Value) -> String {
    let listed = |words: &Value| {
        let words = words.as_array().unwrap().iter().map(|word| format!("`{word}`").replace('"', ""));
        // A number may stand there as a text, too.
        let mut known = std::collections::BTreeSet::new();
        let words: Vec<_> = words.filter(|word| known.insert(word.clone())).collect();
        format!("One of {}", words.join(", "))
    };
    if said["enum"].is_array() {
        return listed(&said["enum"]);
    }
    if let Some(ways) = said["anyOf"].as_array() {
        return ways
            .iter()
            .map(kind)
            .collect::<Vec<_>>()
            .join(", or ")
            .replace(", or One", ", or one")
            .replace(", or A", ", or a");
    }
    let one = |name: &str| match name {
        "string" => "A text",
        "integer" | "number" => "A number",
        "boolean" => "`true` or `false`",
        "array" => "A list",
        _ => "A table",
    };
    match &said["type"] {
        Value::Array(_) => "A text or a number".to_owned(),
        kind => one(kind.as_str().unwrap_or_default()).to_owned(),
    }
}
