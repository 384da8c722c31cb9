//! The rules as a page: what becomes of each form, by asking them of images.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::facts::{BUILD, Facts, PACK};
use super::{CONSUMERS, Consumer, Effect, Finding, Outcome};
use crate::Platform;

/// `docs/consumers.md`: who takes which form, and where that is known from. A form is a name, and an image of that form that was
/// really made; behind a comma the name says what is special about it.
#[must_use]
pub fn markdown(forms: &[(String, Facts)]) -> String {
    let mut page = INTRODUCTION.replace("{ours}", &Platform::WASI_WASM.to_string());
    table(&mut page, forms);
    for consumer in CONSUMERS {
        section(&mut page, consumer, forms);
    }
    rules(&mut page);
    page
}

const INTRODUCTION: &str = "\
# Who runs what

`cargo wasmpack check TARGET` says this of one image, and why; `--for NAME` asks for some of these consumers, and fails where the image does
not work. A name may be that of a group: `--for kubernetes,docker`.

This page is made from the rules in `packager/src/consumers/`, by asking them (`BLESS=1 cargo test --workspace --locked --test product
consumers_page`) of images that this tool makes for it: an archive with a name for each form, of a module for WASI 0.1 or a component for WASI 0.2, and for
`{ours}` where nothing else is said. **runs**: without further ado; **if**: with a flag, which is told below; **no**: not at all. What removes a
reason stands behind an arrow; flags of ours are those of `cargo wasmpack build`, and of `pack` for a module that is there.

";

fn table(page: &mut String, forms: &[(String, Facts)]) {
    let heading = |(name, _): &(String, Facts)| match name.split_once(", ") {
        Some((form, program)) => format!("`{form}`, {program}"),
        None => format!("`{name}`"),
    };
    let names: Vec<String> = forms.iter().map(heading).collect();
    line(page, &format!("| consumer | {} |", names.join(" | ")));
    line(page, &format!("|---|{}", "---|".repeat(forms.len())));
    for consumer in CONSUMERS {
        let cells: Vec<&str> = forms.iter().map(|(_, facts)| word(consumer.judge(facts).outcome)).collect();
        let mark = if consumer.note.is_some() { " *" } else { "" };
        let cells = cells.join(" | ");
        line(page, &format!("| [`{}`](#{}){mark} | {cells} |", consumer.name, anchor(consumer)));
    }
    line(page, "\n\\* Below is something to know of it, such as that it was not measured.");
}

fn section(page: &mut String, consumer: &Consumer, forms: &[(String, Facts)]) {
    line(page, &format!("\n## {}\n", consumer.name));
    line(page, &format!("{}. By {}.", capitalised(consumer.title), consumer.usage));
    if let Some(note) = consumer.note {
        line(page, &format!("To know: {note}."));
    }
    // What is said of several forms is said once, in the order in which it is first said.
    let mut said: Vec<(Outcome, Finding, Vec<&str>)> = Vec::new();
    for (name, facts) in forms {
        let verdict = consumer.judge(facts);
        for finding in verdict.findings {
            let same =
                said.iter_mut().find(|(outcome, other, _)| *outcome == verdict.outcome && *other == finding);
            match same {
                Some((.., names)) => names.push(name),
                None => said.push((verdict.outcome, finding, vec![name])),
            }
        }
    }
    if !said.is_empty() {
        line(page, "");
    }
    for (outcome, finding, names) in said {
        let text = sentence(&finding.text, finding.way_out.as_deref(), finding.source);
        line(page, &format!("- **{}**: {text}: {}", word(outcome), names.join("; ")));
    }
}

/// Every rule once, those that hold for no form of ours among them.
fn rules(page: &mut String) {
    line(page, "\n## All rules\n");
    let mut told = BTreeSet::new();
    for rule in CONSUMERS.iter().flat_map(|consumer| consumer.rules.iter().copied().flatten()) {
        let text = sentence(rule.text, rule.way_out, rule.source);
        if told.insert(text.clone()) {
            let effect = match rule.effect {
                Effect::Refuses | Effect::Stops => "no",
                Effect::Needs => "if",
            };
            line(page, &format!("- **{effect}**: {text}"));
        }
    }
}

fn sentence(text: &str, way_out: Option<&str>, source: &str) -> String {
    let way_out = way_out.map(|way_out| format!(" → {way_out}")).unwrap_or_default();
    // The flags are enough where there are so many.
    let way_out =
        ["{pack}", "{build}", PACK, BUILD].iter().fold(way_out, |text, verb| text.replace(verb, ""));
    let ours = Platform::WASI_WASM.to_string();
    let [text, way_out] = [text, &way_out].map(|text| text.replace("{ours}", &ours));
    let source = match source.strip_prefix("https://") {
        Some(_) => format!("[source]({source})"),
        None => source.to_owned(),
    };
    format!("{text}{way_out} ({source})")
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Works => "runs",
        Outcome::WorksIf => "if",
        Outcome::Fails => "no",
    }
}

/// As GitHub makes them of headings.
fn anchor(consumer: &Consumer) -> String {
    consumer.name.replace('.', "")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("a text takes any line");
}
