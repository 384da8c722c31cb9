//! What became of the images of a run, for whoever goes on with them: files that are asked for, and the summary of a job.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use wasmpack_packager::{Format, Reference, Stored};

use crate::context::Context;
use crate::delivery;
use crate::document;
use crate::error::Error;
use crate::foreseen;
use crate::github::{self, Job};
use crate::image_record::{ImageRecord, ImageRecords};
use crate::make::Made;
use crate::part_record::{self, MadeRecord, PartRecord};
use crate::partition::Share;

/// Which files are asked for.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OutcomeArguments {
    /// Write digests and names to this file, as JSON with the keys of buildx: `containerimage.digest` and so on; of several
    /// images, an object with one such entry for each, by its name
    #[arg(long, value_name = "FILE", help_heading = "Image Options")]
    pub metadata_file: Option<Utf8PathBuf>,
    /// Write what stdout says to this file, too: one `name@sha256:…` in each line
    #[arg(long, value_name = "FILE", help_heading = "Image Options")]
    pub image_refs: Option<Utf8PathBuf>,
}

/// One image.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// It, as it is stored, in its own format.
    pub stored: Stored,
    /// All its names, with tags.
    pub names: Vec<Reference>,
    /// What stdout names it by, with its other formats.
    pub references: Vec<String>,
    /// What was made, if it was built just now.
    pub made: Option<&'a Made>,
}

impl<'a> Outcome<'a> {
    /// Of an image that was built just now; `also` are its further names, and `references` what stdout names it by.
    ///
    /// # Errors
    /// When somebody has removed or damaged it already.
    pub fn of(made: &'a Made, also: &[Reference], references: Vec<String>) -> Result<Self, Error> {
        let names = [made.reference.without_digest()].into_iter().chain(also.iter().cloned());
        Ok(Self { stored: made.stored()?, names: names.collect(), references, made: Some(made) })
    }

    /// What machines are told of it.
    ///
    /// # Errors
    /// When somebody has removed or damaged it already.
    pub fn records(&self) -> Result<Vec<ImageRecord>, Error> {
        ImageRecord::all(&self.stored, &self.names, &self.references, self.linked())
    }

    /// Its module as the toolchain left it, if it was built just now.
    #[must_use]
    pub fn linked(&self) -> Option<&[u8]> {
        self.made.map(|made| &*made.linked)
    }

    /// What it is called among others: each has a layout of this name.
    fn short_name(&self) -> String {
        let name = self.names.first().map(Reference::repository).unwrap_or_default();
        name.rsplit('/').next().unwrap_or_default().to_owned()
    }
}

impl OutcomeArguments {
    /// Whether anybody goes on with it.
    #[must_use]
    pub fn is_wanted(&self, context: &Context) -> bool {
        self.metadata_file.is_some() || self.image_refs.is_some() || Job::find(&context.environment).is_some()
    }

    /// Whether the files can be there at the end: said before minutes of work.
    ///
    /// # Errors
    /// When a folder is missing.
    pub fn check(&self, context: &Context) -> Result<(), Error> {
        for path in [&self.metadata_file, &self.image_refs].into_iter().flatten() {
            foreseen::file(&context.environment.current_dir.join(path))?;
        }
        Ok(())
    }

    /// Writes what is asked for; in a job of GitHub's, a summary of it as well. With a share, metadata say which part they are of.
    ///
    /// # Errors
    /// When a file cannot be written, or an image has been damaged meanwhile.
    pub fn tell(
        &self,
        outcomes: &[Outcome<'_>],
        share: Option<&Share>,
        context: &mut Context,
    ) -> Result<(), Error> {
        let metadata = || match share {
            Some(share) => metadata_of_part(outcomes, share),
            None => metadata(outcomes),
        };
        if self.metadata_file.is_some() {
            self.write_metadata(&metadata()?, context)?;
        }
        self.write_references(outcomes.iter().flat_map(|outcome| &outcome.references), context)?;
        github::summary::append(outcomes, context);
        Ok(())
    }

    /// Writes the file with metadata, if it is asked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_metadata(&self, metadata: &Value, context: &Context) -> Result<(), Error> {
        self.metadata_file.as_deref().map_or(Ok(()), |path| write(path, &metadata_text(metadata), context))
    }

    /// Writes the file with names, if it is asked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_references<'a>(
        &self,
        references: impl Iterator<Item = &'a String>,
        context: &Context,
    ) -> Result<(), Error> {
        let text = || references.map(|name| format!("{name}\n")).collect::<String>();
        self.image_refs.as_deref().map_or(Ok(()), |path| write(path, &text(), context))
    }
}

fn write(path: &Utf8Path, text: &str, context: &Context) -> Result<(), Error> {
    let path = context.environment.current_dir.join(path);
    wasmpack_packager::write_whole(path.as_std_path(), text.as_bytes())?;
    Ok(())
}

/// Metadata as they are written.
#[must_use]
pub fn metadata_text(metadata: &Value) -> String {
    serde_json::to_string_pretty(metadata).expect("a value can be written") + "\n"
}

/// Prints images as one JSON object.
///
/// # Errors
/// When somebody has removed or damaged one already, or stdout is closed.
pub fn document(outcomes: &[Outcome<'_>], context: &mut Context) -> Result<(), Error> {
    let records = outcomes.iter().map(Outcome::records).collect::<Result<Vec<_>, Error>>()?;
    let told = ImageRecords { images: records.into_iter().flatten().collect() };
    document::IMAGES.tell(&told, &mut context.shell)
}

/// As buildx writes it: of one image its keys, as `buildx build` does, and of several an entry for each, as `buildx bake`.
fn metadata(outcomes: &[Outcome<'_>]) -> Result<Value, Error> {
    Ok(joined(entries(outcomes)?))
}

/// What is written of images, from the entry of each.
#[must_use]
pub fn joined(mut entries: Vec<(String, Value)>) -> Value {
    match entries.pop() {
        Some((_, only)) if entries.is_empty() => only,
        last => entries.into_iter().chain(last).collect(),
    }
}

fn entries(outcomes: &[Outcome<'_>]) -> Result<Vec<(String, Value)>, Error> {
    outcomes.iter().map(|one| Ok((one.short_name(), entry(one)?))).collect()
}

/// An entry for each image, however many there are, and which part this is.
fn metadata_of_part(outcomes: &[Outcome<'_>], share: &Share) -> Result<Value, Error> {
    let made = |one: &Outcome<'_>| {
        let place = one.made.and_then(|made| share.place(made.package.as_deref(), &made.program));
        let place = place.expect("what is made is of this part");
        MadeRecord { name: one.short_name(), place, references: one.references.clone() }
    };
    let record = PartRecord {
        version: part_record::VERSION,
        part: share.partition.part,
        parts: share.partition.parts,
        images: share.images,
        revision: share.revision.clone(),
        made: outcomes.iter().map(made).collect(),
    };
    let record = serde_json::to_value(record).expect("a record is plain data");
    let record = (part_record::KEY.to_owned(), record);
    Ok([record].into_iter().chain(entries(outcomes)?).collect())
}

/// The keys of one image, and of its other formats, by what they are called.
fn entry(outcome: &Outcome<'_>) -> Result<Value, Error> {
    let mut whole = Value::Null;
    let mut others = json!({});
    for (format, stored) in delivery::formats(&outcome.stored)? {
        let keys = keys(&stored, format, &outcome.names)?;
        match format {
            None => whole = keys,
            Some(format) => others[format.to_string()] = keys,
        }
    }
    if others.as_object().is_some_and(|others| !others.is_empty()) {
        whole["wasmpack.formats"] = others;
    }
    Ok(whole)
}

fn keys(stored: &Stored, format: Option<Format>, names: &[Reference]) -> Result<Value, Error> {
    let image = stored.image_unread()?;
    let named = |name: &Reference| match format {
        None => Ok(name.fully_qualified().to_string()),
        Some(format) => Ok(name.for_format(format)?.fully_qualified().to_string()),
    };
    let names = names.iter().map(named).collect::<Result<Vec<_>, Error>>()?;
    let descriptor = image.root().descriptor();
    Ok(json!({
        "containerimage.config.digest": stored.config_digest.to_string(),
        "containerimage.descriptor": descriptor,
        "containerimage.digest": image.digest().to_string(),
        "image.name": names.join(","),
    }))
}
