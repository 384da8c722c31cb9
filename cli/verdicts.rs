//! What `check` tells: which consumer takes which image, for people and as JSON.

use std::fmt;

use serde::Serialize;
use wasmpack_packager::consumers::{Consumer, Facts, Outcome};
use wasmpack_packager::survey::Entry;
use wasmpack_packager::{Form, keys};

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
    /// The name of the image that this is another format of.
    #[serde(skip)]
    format_of: Option<String>,
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
            format_of: entry.annotations.get(keys::FORMAT_OF).cloned(),
        };
        Self { images: images.iter().map(checked).collect() }
    }

    /// Why this is a failure: somebody who was asked does not take one of the images, or if nobody was asked, nobody does.
    /// The formats of one build are one image.
    #[must_use]
    pub fn unfit(&self, is_asked: bool) -> Option<Error> {
        let (mut told, mut way_out) = (Vec::new(), None);
        for image in self.images.iter().filter(|image| self.plain(image).is_none()) {
            let is_format = |other: &&Checked| self.plain(other).is_some_and(|plain| plain.is(image));
            let forms: Vec<&Checked> =
                [image].into_iter().chain(self.images.iter().filter(is_format)).collect();
            let unfit: Vec<&Judged> = (0..image.verdicts.len())
                .filter(|number| forms.iter().all(|form| form.verdicts[*number].outcome == FAILS))
                .map(|number| &image.verdicts[number])
                .collect();
            if unfit.is_empty() || (!is_asked && unfit.len() < image.verdicts.len()) {
                continue;
            }
            let consumers: Vec<_> = unfit.iter().map(|judged| judged.consumer).collect();
            told.push(format!("`{}` does not work for `{}`", image.name(), consumers.join("`, `")));
            way_out = way_out.or(unfit[0].reasons.iter().find_map(|reason| reason.way_out.clone()));
        }
        (!told.is_empty()).then(|| Error::Unfit { told: told.join("; "), way_out })
    }

    /// The image with the plain name, if this one is another format of it.
    fn plain(&self, image: &Checked) -> Option<&Checked> {
        let plain = image.format_of.as_ref()?;
        self.images.iter().find(|other| !other.is(image) && other.reference.as_ref() == Some(plain))
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
    /// What is said of consumers that take it, each once: below the table, where text has a mark in it.
    fn notes(&self) -> Vec<&'static str> {
        let mut notes = Vec::new();
        for note in self.verdicts.iter().filter_map(Judged::mark) {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes
    }

    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

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
        let notes = self.notes();
        let width = if notes.is_empty() { 24 } else { 27 };
        let mut above = None;
        for judged in &self.verdicts {
            let lines = judged.lines();
            let mark = notes.iter().position(|note| judged.mark() == Some(*note));
            let name = match mark {
                Some(number) => format!("{} ({})", judged.consumer, number + 1),
                None => judged.consumer.to_owned(),
            };
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
            let line = format!("{outcome:<9} {name:<width$} {}", printable(first));
            writeln!(f, "{}", line.trim_end())?;
            for line in rest {
                writeln!(f, "{:<9} {:<width$} {}", "", "", printable(line))?;
            }
        }
        for (number, note) in notes.iter().enumerate() {
            writeln!(f, "{:<9} {note}", format!("({})", number + 1))?;
        }
        Ok(())
    }
}

impl Judged {
    /// The note that a mark stands for: unless it stands there itself, or nothing works that it could be about.
    fn mark(&self) -> Option<&'static str> {
        self.note.filter(|_| !self.is_asked && self.outcome != FAILS)
    }

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
