//! Who takes an image, and why not: rules as data, each with its source.
//!
//! ```text
//! Survey -> Facts -> judge(Consumer) -> Verdict { outcome, findings: reason, way out, source }
//! ```
//!
//! A [`Consumer`] is one row in `table.rs`: how it chooses among the variants of an index, and which rules it has. A
//! A rule is one row in `rules.rs`. What was measured is in `measured.rs`, as tests.

mod document;
mod facts;
#[cfg(test)]
mod measured;
mod rules;
mod table;

pub use document::markdown;
pub use facts::{DockerList, Facts, Interface, Program, Shape, Variant};
pub use table::CONSUMERS;

use crate::{Form, Platform};

/// A program that takes images, in one version and set-up.
#[derive(Debug)]
pub struct Consumer {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// How an image comes to it.
    pub usage: &'static str,
    /// What else there is to know, which no image can change.
    pub note: Option<&'static str>,
    pick: Pick,
    rules: &'static [&'static [Rule]],
}

/// Which variant of an index a consumer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    /// The one for the machine, and none other.
    Machine(Refusal),
    /// The one for the machine, or with a flag any other.
    Any,
    /// The one that `manifest.json` names.
    Docker,
    /// All of them: it only copies.
    All,
}

/// What a consumer says where there is none for the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    reason: &'static str,
    source: &'static str,
}

/// Something that keeps an image from running, or a condition under which it does.
#[derive(Debug)]
pub(crate) struct Rule {
    effect: Effect,
    /// What is in the way, or what has to be done. `{platform}` and such are filled in.
    text: &'static str,
    /// The flag, of ours or theirs, that removes it. `{pack}` and `{build}` stand before ours.
    way_out: Option<&'static str>,
    /// Where this is known from.
    source: &'static str,
    holds: fn(&Case<'_>) -> bool,
}

/// What comes of it when a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It is not even taken, as by `docker load`.
    Refuses,
    /// It does not work.
    Stops,
    /// It works if this is done.
    Needs,
}

/// What a rule looks at.
struct Case<'a> {
    facts: &'a Facts,
    variant: &'a Variant,
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It works.
    Works,
    /// It works if something is done, which each finding says.
    WorksIf,
    /// It does not work.
    Fails,
}

/// What a consumer makes of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How it ends.
    pub outcome: Outcome,
    /// Why: everything in the way, or else every condition.
    pub findings: Vec<Finding>,
}

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is in the way, or what has to be done.
    pub text: String,
    /// The flag, of ours or theirs, that removes it.
    pub way_out: Option<String>,
    /// Where this is known from.
    pub source: &'static str,
}

impl Consumer {
    /// What it makes of an image.
    #[must_use]
    pub fn judge(&self, facts: &Facts) -> Verdict {
        let variant = match self.pick(facts) {
            Ok(variant) => variant,
            Err(finding) => return Verdict { outcome: Outcome::Fails, findings: vec![finding] },
        };
        let case = Case { facts, variant };
        if variant.absent.is_some() {
            return Verdict { outcome: Outcome::Fails, findings: vec![rules::ABSENT.finding(&case)] };
        }
        let stops = self.findings(&case, &[Effect::Refuses, Effect::Stops]);
        if !stops.is_empty() {
            return Verdict { outcome: Outcome::Fails, findings: stops };
        }
        let findings = self.findings(&case, &[Effect::Needs]);
        let outcome = if findings.is_empty() { Outcome::Works } else { Outcome::WorksIf };
        Verdict { outcome, findings }
    }

    /// Why it does not even take an image, whatever becomes of one that it takes; nothing if it does.
    #[must_use]
    pub fn refusals(&self, facts: &Facts) -> Vec<Finding> {
        match self.pick(facts) {
            Ok(variant) if variant.absent.is_some() => vec![rules::ABSENT.finding(&Case { facts, variant })],
            Ok(variant) => self.findings(&Case { facts, variant }, &[Effect::Refuses]),
            Err(finding) => vec![finding],
        }
    }

    /// Why it does not run an image, of which it is known that it takes it; nothing if it does.
    #[must_use]
    pub fn stops(&self, facts: &Facts) -> Vec<Finding> {
        match self.pick(facts) {
            Ok(variant) => self.findings(&Case { facts, variant }, &[Effect::Stops]),
            Err(finding) => vec![finding],
        }
    }

    fn findings(&self, case: &Case<'_>, effects: &[Effect]) -> Vec<Finding> {
        let rules = self.rules.iter().copied().flatten();
        let holding = rules.filter(|rule| effects.contains(&rule.effect) && (rule.holds)(case));
        holding.map(|rule| rule.finding(case)).collect()
    }

    fn pick<'a>(&self, facts: &'a Facts) -> Result<&'a Variant, Finding> {
        let nothing = || Finding {
            text: "there is no image in it".to_owned(),
            way_out: None,
            source: "https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md",
        };
        let first = facts.runnable().min_by_key(|variant| {
            let distance = variant.named_platform().map_or(2, crate::Platform::distance);
            // What is not there is no choice for who may choose.
            (variant.absent.is_some(), !variant.is_for_machines(), distance)
        });
        match self.pick {
            Pick::Docker => rules::docker_list(facts),
            Pick::Machine(refusal) if facts.is_index => {
                let machine = facts.runnable().find(|variant| variant.is_for_machines());
                machine.ok_or_else(|| refusal.finding(facts))
            }
            _ => first.ok_or_else(nothing),
        }
    }

    /// Every source of its rules, each once, in the order of the rules.
    #[cfg(test)]
    fn sources(&self) -> Vec<&'static str> {
        let refusal = match self.pick {
            Pick::Machine(refusal) => Some(refusal.source),
            Pick::Docker => Some(rules::DOCKER_LIST),
            Pick::Any | Pick::All => None,
        };
        let mut sources: Vec<&'static str> = Vec::new();
        for source in refusal.into_iter().chain(self.rules.iter().copied().flatten().map(|rule| rule.source))
        {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        sources
    }
}

impl Refusal {
    fn finding(self, facts: &Facts) -> Finding {
        let attested = facts.variants.iter().any(|variant| variant.is_attestation);
        let way_out = if attested {
            "`{pack}--format everywhere`; of `docker buildx build`: `--provenance=false`, then it is one manifest"
        } else {
            "`{pack}--format everywhere`"
        };
        let [pack, _] = facts.verbs();
        Finding {
            text: self.reason.to_owned(),
            way_out: Some(way_out.replace("{pack}", pack)),
            source: self.source,
        }
    }
}

impl Rule {
    fn finding(&self, case: &Case<'_>) -> Finding {
        Finding {
            text: case.fill(self.text),
            way_out: self.way_out.map(|way_out| case.fill(way_out)),
            source: self.source,
        }
    }
}

impl Case<'_> {
    fn fill(&self, text: &str) -> String {
        let Self { facts, variant } = self;
        let platform = variant.named_platform().map(ToString::to_string);
        let config_platform = variant.config_platform.as_ref().map(ToString::to_string);
        let first = |words: &[String]| words.first().cloned();
        let program = first(&variant.entrypoint).or_else(|| first(&variant.cmd));
        let absent = match (&variant.absent, &variant.program) {
            (Some(part), _) => part.clone(),
            (None, Program::Absent(reason) | Program::Broken(reason)) => reason.clone(),
            (None, Program::Native) => "is no WebAssembly".to_owned(),
            (None, _) => String::new(),
        };
        let form = if facts.form == Form::Layout { "layout" } else { "archive" };
        let [pack, build] = facts.verbs().map(str::to_owned);
        let values = [
            ("{pack}", pack),
            ("{build}", build),
            ("{ours}", Platform::WASI_WASM.to_string()),
            ("{platform}", platform.unwrap_or_default()),
            ("{config platform}", config_platform.unwrap_or_else(|| "nothing".to_owned())),
            ("{program}", program.unwrap_or_default()),
            ("{absent}", absent),
            ("{form}", form.to_owned()),
            ("{name}", facts.short_name.clone().unwrap_or_default()),
            ("{config}", variant.config_type.clone()),
            ("{user}", variant.user.clone().unwrap_or_default()),
            ("{foreign}", variant.foreign().unwrap_or_default()),
            ("{strange layer}", variant.strange_layer().unwrap_or_default().to_owned()),
            ("{layers}", variant.layers()),
            ("{layer}", variant.layer_types.last().cloned().unwrap_or_default()),
        ];
        // What is filled in is a stranger's, and is not filled in again.
        let mut filled = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            filled += &rest[..start];
            rest = &rest[start..];
            let known = values.iter().find(|(key, _)| rest.starts_with(key));
            let (key, value) = known.map_or(("{", "{"), |(key, value)| (*key, &**value));
            filled += value;
            rest = &rest[key.len()..];
        }
        crate::error::printable(&(filled + rest))
    }
}

/// The consumers of this name, or of this group of names: `kubernetes` are all that begin with `kubernetes-`.
#[must_use]
pub fn named(name: &str) -> Vec<&'static Consumer> {
    let is_in_group =
        |consumer: &&Consumer| consumer.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    match CONSUMERS.iter().find(|consumer| consumer.name == name) {
        Some(consumer) => vec![consumer],
        None => CONSUMERS.iter().filter(is_in_group).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_is_a_consumer_or_a_group_of_them() {
        let names: BTreeSet<&str> = CONSUMERS.iter().map(|consumer| consumer.name).collect();
        assert_eq!(names.len(), CONSUMERS.len(), "each has a name of its own");
        let found = |name| named(name).iter().map(|consumer| consumer.name).collect::<Vec<_>>();
        assert_eq!(found("wkg"), ["wkg"]);
        assert_eq!(found("docker"), ["docker-containerd", "docker-classic"]);
        assert_eq!(found("dock"), [""; 0]);
        assert_eq!(found(""), [""; 0]);
    }

    #[test]
    fn every_rule_has_a_source() {
        for consumer in CONSUMERS {
            for source in consumer.sources() {
                let is_source = ["https://", "measured with "].iter().any(|start| source.starts_with(start));
                assert!(is_source, "{}: {source}", consumer.name);
            }
            assert!(!consumer.sources().is_empty(), "{}", consumer.name);
        }
    }

    #[test]
    fn what_a_stranger_wrote_is_filled_in_once_and_steers_no_terminal() {
        let variant = Variant {
            entrypoint: vec!["{user}\u{1b}[2J".to_owned()],
            user: Some("root".to_owned()),
            ..Variant::default()
        };
        let case = Case { facts: &Facts::default(), variant: &variant };
        assert_eq!(case.fill("{ `{program}` as {user}"), "{ `{user}\u{fffd}[2J` as root");
    }
}
