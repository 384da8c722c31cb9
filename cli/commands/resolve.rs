//! `resolve`: Kubernetes documents with sources in, the same with images out.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::Reference;

use crate::args::{OptimizeArguments, SourceArguments, TargetArguments, Typed};
use crate::context::Context;
use crate::delivery;
use crate::error::Error;
use crate::gate;
use crate::make::{self, Made};
use crate::outcome::{Outcome, OutcomeArguments};
use crate::plan::Plan;
use crate::registry_arguments::{Access, RegistryArguments};
use crate::yaml::{self, Place};

/// What stands in front of the path of a project.
const SCHEME: &str = "wasmpack://";

/// Put the digests of images into Kubernetes documents
///
/// Every text `wasmpack://PATH` becomes `name@sha256:…` of the image that is built from the project at PATH, which starts
/// in the current directory; `wasmpack://PATH#NAME` is one of several programs. All else stays byte for byte. The documents
/// go to stdout when every image is built, and with `--push` is where its name says. `WASMPACK_REPO` is the registry in the names.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    WASMPACK_REPO=ghcr.io/acme cargo wasmpack resolve -f deploy/ > resolved.yaml\n  \
    WASMPACK_REPO=ghcr.io/acme cargo wasmpack resolve --push -f deployment.yaml | kubectl apply -f -")]
pub struct Arguments {
    /// A file, a folder with `.yaml`, `.yml` and `.json` files, or `-` for stdin
    #[arg(short, long, value_name = "FILE|FOLDER|-", required = true)]
    pub filename: Vec<Utf8PathBuf>,
    /// Also what is in the folders of a folder
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Push the images, so that clusters find them
    #[arg(long, help_heading = "Registry Options")]
    pub push: bool,
    #[command(flatten)]
    pub registry: RegistryArguments,
    #[command(flatten)]
    pub outcome: OutcomeArguments,
    #[command(flatten)]
    pub source: SourceArguments,
    #[command(flatten)]
    pub optimize: OptimizeArguments,
}

/// A file, read.
struct Document {
    name: String,
    text: String,
    places: Vec<Place>,
}

/// Builds what the documents name, and prints them.
///
/// # Errors
/// When a file cannot be read, is no YAML, or names what cannot be built, or is not let through. Nothing is printed then.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let mut documents = Vec::new();
    for name in &arguments.filename {
        documents.extend(read(name, arguments.recursive, &context.environment.current_dir)?);
    }
    let access = arguments.registry.access()?;
    arguments.outcome.check(context)?;
    let (mut references, mut images) = (BTreeMap::new(), Vec::new());
    for Document { name, places, .. } in &documents {
        for place in places {
            if !references.contains_key(&place.text) {
                let image = built(place, arguments, &access, context).map_err(|source| Error::Resolve {
                    text: place.text.clone(),
                    place: format!("{name}:{}:{}", place.line, place.column),
                    source: Box::new(source),
                })?;
                references.insert(place.text.clone(), image.reference());
                images.push(image);
            }
        }
    }
    if references.is_empty() {
        context.shell.warn(format_args!("nothing begins with `{SCHEME}`, so nothing is built"));
    } else if !arguments.push {
        context.shell.note("the images have been built, not pushed; `--push` does both");
    }
    let texts: Vec<_> = documents.into_iter().map(|document| document.resolved(&references)).collect();
    context.shell.result_bytes(joined(&texts).as_bytes()).map_err(Error::WriteResult)?;
    let outcomes = images.iter().map(Built::outcome).collect::<Result<Vec<_>, Error>>()?;
    arguments.outcome.tell(&outcomes, None, context)?;
    Ok(ExitCode::SUCCESS)
}

/// An image of a project that a document names.
struct Built {
    made: Made,
    /// Its further names.
    also: Vec<Reference>,
}

impl Built {
    fn reference(&self) -> String {
        self.made.reference.without_tag().to_string()
    }

    fn outcome(&self) -> Result<Outcome<'_>, Error> {
        Outcome::of(&self.made, &self.also, vec![self.reference()])
    }
}

/// The image that a place names.
fn built(
    place: &Place,
    arguments: &Arguments,
    access: &Access<'_>,
    context: &mut Context,
) -> Result<Built, Error> {
    let asked = place.text.strip_prefix(SCHEME).unwrap_or_default();
    let (path, program) = match asked.split_once('#') {
        Some((path, program)) => (path, Some(program)),
        None => (asked, None),
    };
    if path.is_empty() {
        return Err(Error::NoPath);
    }
    let path = Utf8Path::new(path);
    let mut source = arguments.source.clone();
    source.bin.extend(program.map(ToOwned::to_owned));
    let nothing = TargetArguments::default();
    let typed = Typed {
        path: Some(path),
        source: &source,
        optimize: &arguments.optimize,
        registry: &arguments.registry,
        ..nothing.typed()
    };
    let plan = Plan::resolve(&typed, context)?;
    let made = <[Made; 1]>::try_from(make::images(&plan, context)?).map_err(|made| {
        let names = made.iter().map(|made| made.reference.repository());
        Error::SeveralPrograms { path: path.to_owned(), names: names.collect::<Vec<_>>().join("`, `") }
    });
    let [made] = made?;
    gate::pass(std::slice::from_ref(&made))?;
    if arguments.push {
        for delivered in delivery::deliver_made(&[(&made, plan.also(&made))], access, context) {
            delivered?;
        }
    }
    let reference = made.reference.without_tag();
    if reference.host().is_none() {
        context.shell.warn(format_args!(
            "`{}` has no registry in front, so a cluster looks for it at Docker Hub; set `WASMPACK_REPO`",
            reference.repository()
        ));
    }
    let also = plan.also(&made).to_vec();
    Ok(Built { made, also })
}

impl Document {
    fn new(name: String, text: String) -> Result<Self, Error> {
        let places = yaml::texts(&text, SCHEME).map_err(|fault| Error::ParseDocument {
            place: format!("{name}:{}:{}", fault.line, fault.column),
            problem: fault.problem,
        })?;
        Ok(Self { name, text, places })
    }

    /// From the end, so that the places in front stay where they are.
    fn resolved(mut self, references: &BTreeMap<String, String>) -> String {
        for place in self.places.into_iter().rev() {
            let reference = &references[&place.text];
            // Where there are no quotes, a bracket would begin a list.
            if place.is_quoted || !reference.contains('[') {
                self.text.replace_range(place.range, reference);
            } else {
                self.text.replace_range(place.range, &format!("\"{reference}\""));
            }
        }
        self.text
    }
}

/// One file is given as it is; several are parted as documents are.
fn joined(texts: &[String]) -> String {
    let mut all = String::new();
    // By a bracket at the beginning, kubectl takes all for JSON.
    if let [first, _, ..] = texts
        && first.trim_start().starts_with('{')
    {
        all += "---\n";
    }
    for (number, text) in texts.iter().enumerate() {
        if number > 0 && !all.is_empty() {
            all += if all.ends_with('\n') { "" } else { "\n" };
            all += if text.starts_with("---") { "" } else { "---\n" };
        }
        all += text;
    }
    all
}

fn read(name: &Utf8Path, recursive: bool, folder: &Utf8Path) -> Result<Vec<Document>, Error> {
    if name == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(Error::ReadInput)?;
        return Ok(vec![Document::new("stdin".to_owned(), text)?]);
    }
    let failed = |source| Error::ReadFile { path: name.to_owned(), source };
    let path = folder.join(name);
    if !std::fs::metadata(&path).map_err(failed)?.is_dir() {
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        return Ok(vec![Document::new(name.to_string(), text)?]);
    }
    let mut found = Vec::new();
    collect(name, folder, recursive, &mut found)?;
    if found.is_empty() {
        return Err(Error::NoDocuments { folder: name.to_owned() });
    }
    let documents = found.iter().map(|name| read(name, recursive, folder));
    Ok(documents.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
}

/// The files that `kubectl apply -f FOLDER` would read, in the order of their names.
fn collect(
    name: &Utf8Path,
    folder: &Utf8Path,
    recursive: bool,
    found: &mut Vec<Utf8PathBuf>,
) -> Result<(), Error> {
    let failed = |source| Error::ReadFile { path: name.to_owned(), source };
    let entries = folder.join(name).read_dir_utf8().map_err(failed)?;
    let mut names = entries
        .map(|entry| Ok(name.join(entry?.file_name())))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(failed)?;
    names.sort();
    for name in names {
        if folder.join(&name).is_dir() {
            if recursive {
                collect(&name, folder, recursive, found)?;
            }
        } else if matches!(name.extension(), Some("yaml" | "yml" | "json")) {
            found.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_files_are_parted_and_one_is_not() {
        let join = |texts: &[&str]| joined(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(join(&["a: 1"]), "a: 1");
        assert_eq!(join(&["a: 1", "b: 2\n", "---\nc: 3\n"]), "a: 1\n---\nb: 2\n---\nc: 3\n");
    }

    #[test]
    fn several_files_are_yaml_whatever_the_first_is() {
        let join = |texts: &[&str]| joined(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(join(&["{\"a\": 1}\n", "b: 2\n"]), "---\n{\"a\": 1}\n---\nb: 2\n");
        assert_eq!(join(&["{\"a\": 1}\n"]), "{\"a\": 1}\n");
    }

    #[test]
    fn a_bracket_gets_quotes_where_there_are_none() {
        let document = Document::new("x".into(), "- wasmpack://a\n- 'wasmpack://a'\n".into()).unwrap();
        let references = BTreeMap::from([("wasmpack://a".to_owned(), "[::1]:5000/a@sha256:1".to_owned())]);
        assert_eq!(
            document.resolved(&references),
            "- \"[::1]:5000/a@sha256:1\"\n- '[::1]:5000/a@sha256:1'\n"
        );
    }
}
