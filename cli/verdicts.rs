//! What `check` tells: which consumer takes which image, for people and as JSON.

use std::fmt;

use serde::Serialize;
use wasmpack_packager::Form;
use wasmpack_packager::consumers::{Consumer, Facts, Outcome};
use wasmpack_packager::survey::Entry;

use crate::error::Error;
use crate::printable::printable;

/// Everything `check` knows. The field names are the keys of `--json`.
#[derive(Debug, Serialize)]
pub struct Verdicts {
    /// The images, in the order of the layout.
    pub images: Vec<Checked>,
}

/// One image, and what becomes of it.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Its name, if it has one.
    pub reference: Option<String>,
    /// `layout`, `archive`, or `docker-archive` for one of Docker's own, without manifests.
    pub form: &'static str,
    /// The digest of its index or manifest, if there is one.
    pub digest: Option<String>,
    /// The digest of its config, or of the first of them: Docker's ID of an image.
    pub config_digest: Option<String>,
    /// A verdict of each consumer, in the order of docs/consumers.md.
    pub verdicts: Vec<Judged>,
}

/// What one consumer makes of it.
#[derive(Debug, Serialize)]
pub struct Judged {
    /// The consumer's name, as `--for` takes it.
    pub consumer: &'static str,
    /// What it is.
    pub title: &'static str,
    /// `works`, `works-if` or `fails`.
    pub outcome: &'static str,
    /// Why, or under which conditions.
    pub reasons: Vec<Reason>,
    /// What no image can change.
    pub note: Option<&'static str>,
    /// Whether text says more of it.
    #[serde(skip)]
    is_asked: bool,
}

/// One reason.
#[derive(Debug, Serialize)]
pub struct Reason {
    /// What is in the way, or what has to be done.
    pub text: String,
    /// What removes it.
    pub way_out: Option<String>,
    /// Where this is known from.
    pub source: &'static str,
}

impl Verdicts {
    /// Asks each consumer of each image.
    #[must_use]
    pub fn of(images: &[(&Entry, Facts)], consumers: &[&'static Consumer], is_asked: bool) -> Self {
        let checked = |(entry, facts): &(&Entry, Facts)| Checked {
            reference: entry.name().map(str::to_owned),
            form: match facts.form {
                Form::Layout => "layout",
                Form::Archive => "archive",
                Form::DockerArchive => DOCKER_ARCHIVE,
            },
            digest: facts.form.has_manifests().then(|| entry.digest.to_string()),
            config_digest: entry.manifests().first().map(|(_, manifest)| manifest.config_digest.to_string()),
            verdicts: consumers.iter().map(|consumer| Judged::of(consumer, facts, is_asked)).collect(),
        };
        Self { images: images.iter().map(checked).collect() }
    }

    /// One JSON object, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("verdicts are plain data")
    }

    /// Why this is a failure: somebody who was asked takes none of the images, or if nobody was asked, nobody does.
    #[must_use]
    pub fn unfit(&self, is_asked: bool) -> Option<Error> {
        let Some(first) = self.images.first() else { return Some(Error::NothingToCheck) };
        let fails = |judged: &Judged| judged.outcome == FAILS;
        let takes_none = |number: &usize| self.images.iter().all(|image| fails(&image.verdicts[*number]));
        let unfit: Vec<usize> = (0..first.verdicts.len()).filter(takes_none).collect();
        if unfit.is_empty() || (!is_asked && unfit.len() < first.verdicts.len()) {
            return None;
        }
        let judged = |number: usize| &first.verdicts[number];
        let way_out = judged(unfit[0]).reasons.iter().find_map(|reason| reason.way_out.clone());
        Some(Error::Unfit {
            name: first.name().to_owned(),
            consumers: unfit.iter().map(|number| judged(*number).consumer).collect::<Vec<_>>().join("`, `"),
            way_out,
        })
    }
}

impl Judged {
    fn of(consumer: &Consumer, facts: &Facts, is_asked: bool) -> Self {
        let verdict = consumer.judge(facts);
        let reason = |finding: wasmpack_packager::consumers::Finding| Reason {
            text: finding.text,
            way_out: finding.way_out,
            source: finding.source,
        };
        Self {
            consumer: consumer.name,
            title: consumer.title,
            outcome: match verdict.outcome {
                Outcome::Works => "works",
                Outcome::WorksIf => "works-if",
                Outcome::Fails => FAILS,
            },
            reasons: verdict.findings.into_iter().map(reason).collect(),
            note: consumer.note,
            is_asked,
        }
    }
}

const FAILS: &str = "fails";
const DOCKER_ARCHIVE: &str = "docker-archive";

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, image) in self.images.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            image.fmt(f)?;
        }
        Ok(())
    }
}

impl Checked {
    /// What to call it.
    fn name(&self) -> &str {
        let id = self.digest.as_ref().or(self.config_digest.as_ref());
        self.reference.as_ref().or(id).map_or("an image without a name", String::as_str)
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<9} {}", "image", printable(self.name()))?;
        if self.form == DOCKER_ARCHIVE {
            writeln!(f, "{:<9} in an archive of Docker's own, without manifests", "")?;
        }
        let mut above = None;
        for judged in &self.verdicts {
            let lines = judged.lines();
            let outcome = match judged.outcome {
                "works" => "works",
                "works-if" => "works if",
                _ => "no",
            };
            // Versions of one program most often say the same.
            let is_same =
                above.replace((judged.outcome, lines.clone())) == Some((judged.outcome, lines.clone()));
            let lines = if is_same && !lines.is_empty() { vec!["the same".to_owned()] } else { lines };
            let (first, rest) =
                lines.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
            let line = format!("{outcome:<9} {:<24} {}", judged.consumer, printable(first));
            writeln!(f, "{}", line.trim_end())?;
            for line in rest {
                writeln!(f, "{:<34} {}", "", printable(line))?;
            }
        }
        Ok(())
    }
}

impl Judged {
    /// What text says of it: each reason, and below it the way out.
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for reason in &self.reasons {
            lines.push(reason.text.clone());
            lines.extend(reason.way_out.as_ref().map(|way_out| format!("help: {way_out}")));
            if self.is_asked {
                lines.push(format!("source: {}", reason.source));
            }
        }
        if self.is_asked {
            lines.extend(self.note.map(|note| format!("note: {note}")));
        }
        lines
    }
}
