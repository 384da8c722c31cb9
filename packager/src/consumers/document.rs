//! The rules as a page: what becomes of each form, by asking them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::facts::{DockerList, Facts, Program, Shape, Variant};
use super::{CONSUMERS, Consumer, Effect, Finding, Outcome};
use crate::{Form, Platform};

/// `docs/consumers.md`: who takes which form, and where that is known from.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    table(&mut page);
    for consumer in CONSUMERS {
        section(&mut page, consumer);
    }
    rules(&mut page);
    page
}

const INTRODUCTION: &str = "\
# Who runs what

`cargo wasmpack check TARGET` says this of one image, and why; `--for NAME` asks for some of these consumers, and fails where the image does
not work. A name may be that of a group: `--for kubernetes,docker`.

This page is made from the rules in `packager/src/consumers/`, by asking them (`BLESS=1 cargo test --workspace --locked --test product
consumers_page`). **runs**: without further ado; **if**: with a flag, which is told below; **no**: not at all. What removes a reason stands behind
an arrow. Of each form there is an archive
with a name, written by this tool; a module is a program of WASI 0.1, a component one of WASI 0.2.

";

/// The forms of this tool, with a module and with a component.
fn forms() -> Vec<(&'static str, Facts)> {
    let module = Program::Module(vec!["memory".to_owned(), "_start".to_owned()]);
    let component = Program::Component(vec!["wasi:cli/run@0.2.0".to_owned()]);
    vec![
        ("everywhere", everywhere(&module)),
        ("everywhere, component", everywhere(&component)),
        ("image", single(Shape::Image, &module)),
        ("image, component", single(Shape::Image, &component)),
        ("wasm-layer", single(Shape::WasmLayer, &module)),
        ("artifact", single(Shape::Artifact, &module)),
        ("artifact, component", single(Shape::Artifact, &component)),
    ]
}

/// One manifest for `wasi/wasm`, in an archive of ours.
pub(super) fn single(shape: Shape, program: &Program) -> Facts {
    facts(false, vec![variant(shape, &Platform::WASI_WASM, program)])
}

/// One image in an index of four.
pub(super) fn everywhere(program: &Program) -> Facts {
    let [wasip1, amd64, arm64] = ["wasip1/wasm", "linux/amd64", "linux/arm64"].map(platform);
    let platforms = [Platform::WASI_WASM, wasip1, amd64, arm64];
    let variants = platforms.iter().map(|platform| variant(Shape::Image, platform, program));
    facts(true, variants.collect())
}

pub(super) fn facts(is_index: bool, variants: Vec<Variant>) -> Facts {
    // Docker is told of images only, and of the one for the machine it is most likely on.
    let is_image = variants.iter().all(|variant| variant.shape == Shape::Image);
    let named = variants.iter().position(Variant::is_for_machines).unwrap_or(0);
    Facts {
        long_name: Some("docker.io/library/app:latest".to_owned()),
        short_name: Some("latest".to_owned()),
        descriptor_platform: None,
        form: Form::Archive,
        is_index,
        is_ours: true,
        docker_list: if is_image { DockerList::Names(named) } else { DockerList::Missing },
        variants,
    }
}

pub(super) fn variant(shape: Shape, platform: &Platform, program: &Program) -> Variant {
    let is_artifact = shape == Shape::Artifact;
    let word = |text: &str| text.to_owned();
    Variant {
        platform: Some(platform.clone()),
        config_platform: Some(platform.clone()),
        shape,
        manifest_type: Some(word("application/vnd.oci.image.manifest.v1+json")),
        config_type: word(if is_artifact {
            crate::artifact::CONFIG
        } else {
            "application/vnd.oci.image.config.v1+json"
        }),
        layer_types: vec![word(if shape == Shape::Image {
            "application/vnd.oci.image.layer.v1.tar+gzip"
        } else {
            "application/wasm"
        })],
        has_titles: is_artifact,
        diff_ids: usize::from(shape == Shape::Image),
        entrypoint: if is_artifact { Vec::new() } else { vec![word("/app.wasm")] },
        program: program.clone(),
        ..Variant::default()
    }
}

pub(super) fn platform(text: &str) -> Platform {
    let (os, architecture) = text.split_once('/').unwrap_or((text, ""));
    Platform::new(os, architecture)
}

fn table(page: &mut String) {
    let forms = forms();
    let heading = |(name, _): &(&str, Facts)| match name.split_once(", ") {
        Some((form, program)) => format!("`{form}`, {program}"),
        None => format!("`{name}`"),
    };
    let names: Vec<String> = forms.iter().map(heading).collect();
    line(page, &format!("| consumer | {} |", names.join(" | ")));
    line(page, &format!("|---|{}", "---|".repeat(forms.len())));
    for consumer in CONSUMERS {
        let cells: Vec<&str> = forms.iter().map(|(_, facts)| word(consumer.judge(facts).outcome)).collect();
        line(page, &format!("| [`{}`](#{}) | {} |", consumer.name, anchor(consumer), cells.join(" | ")));
    }
}

fn section(page: &mut String, consumer: &Consumer) {
    line(page, &format!("\n## {}\n", consumer.name));
    line(page, &format!("{}. By {}.", capitalised(consumer.title), consumer.usage));
    if let Some(note) = consumer.note {
        line(page, &format!("To know: {note}."));
    }
    // What is said of several forms is said once, in the order in which it is first said.
    let mut said: Vec<(Outcome, Finding, Vec<&str>)> = Vec::new();
    for (name, facts) in forms() {
        let verdict = consumer.judge(&facts);
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
    let way_out = way_out.replace("{pack}", "").replace("{build}", "");
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
