//! What became of the images of a run, for whoever goes on with them: files that are asked for, and the summary of a job.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use wasmpack_packager::{Format, Reference, Stored};

use crate::context::Context;
use crate::delivery;
use crate::document;
use crate::error::Error;
use crate::github::{self, Job};
use crate::image_record::{ImageRecord, ImageRecords};
use crate::make::Made;

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
    /// Its module as the toolchain left it, if it was built just now.
    pub linked: Option<&'a [u8]>,
}

impl<'a> Outcome<'a> {
    /// Of an image that was built just now; `also` are its further names, and `references` what stdout names it by.
    ///
    /// # Errors
    /// When somebody has removed or damaged it already.
    pub fn of(made: &'a Made, also: &[Reference], references: Vec<String>) -> Result<Self, Error> {
        let names = [made.reference.without_digest()].into_iter().chain(also.iter().cloned());
        Ok(Self { stored: made.stored()?, names: names.collect(), references, linked: Some(&made.linked) })
    }

    /// What machines are told of it.
    ///
    /// # Errors
    /// When somebody has removed or damaged it already.
    pub fn records(&self) -> Result<Vec<ImageRecord>, Error> {
        ImageRecord::all(&self.stored, &self.names, &self.references, self.linked)
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
            let path = context.environment.current_dir.join(path);
            if !path.parent().is_some_and(Utf8Path::is_dir) {
                return Err(Error::WriteFile { path, source: std::io::ErrorKind::NotFound.into() });
            }
        }
        Ok(())
    }

    /// Writes what is asked for; in a job of GitHub's, a summary of it as well.
    ///
    /// # Errors
    /// When a file cannot be written, or an image has been damaged meanwhile.
    pub fn tell(&self, outcomes: &[Outcome<'_>], context: &mut Context) -> Result<(), Error> {
        let write = |path: &Utf8Path, text: String| {
            let path = context.environment.current_dir.join(path);
            wasmpack_packager::write_whole(path.as_std_path(), text.as_bytes())
        };
        if let Some(path) = &self.metadata_file {
            let text = serde_json::to_string_pretty(&metadata(outcomes)?).expect("a value can be written");
            write(path, text + "\n")?;
        }
        if let Some(path) = &self.image_refs {
            let references = outcomes.iter().flat_map(|outcome| &outcome.references);
            write(path, references.map(|name| format!("{name}\n")).collect())?;
        }
        github::summary::append(outcomes, context);
        Ok(())
    }
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
    match outcomes {
        [only] => entry(only),
        several => several.iter().map(|one| Ok((one.short_name(), entry(one)?))).collect(),
    }
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
