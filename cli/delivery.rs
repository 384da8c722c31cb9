//! An image on its way into registries.

use wasmpack_packager::registry::{self, Habits, Plan, PushOptions, Pushed, Remote, Settings, Tally};
use wasmpack_packager::{Format, Image, Reference, Stored};

use crate::context::Context;
use crate::error::Error;
use crate::make::Made;
use crate::memory::Memory;
use crate::registry_arguments::Access;
use crate::shell::Shell;
use crate::size::Size;

/// An image with its other formats, which were made together with it and lie beside it.
///
/// # Errors
/// When one of them is damaged.
pub fn formats(chosen: &Stored) -> Result<Vec<(Option<Format>, Stored)>, Error> {
    let mut all = vec![(None, chosen.clone())];
    let Some(Ok(name)) = chosen.reference.as_deref().map(str::parse::<Reference>) else { return Ok(all) };
    for format in Format::ALL {
        match wasmpack_packager::open_reference(&chosen.path, &name.for_format(format)?) {
            Ok(other) => all.push((Some(format), other)),
            Err(wasmpack_packager::Error::NoSuchImage { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(all)
}

/// What a format of an image is to be called: as typed, or as it is called where it lies.
///
/// # Errors
/// When it has no name, or the tag becomes too long.
pub fn names(typed: &[Reference], chosen: &Stored, format: Option<Format>) -> Result<Vec<Reference>, Error> {
    let own = || match &chosen.reference {
        Some(name) => Ok(vec![name.parse()?]),
        None => Err(Error::NoName { path: chosen.path.clone() }),
    };
    let names = if typed.is_empty() { own()? } else { typed.to_vec() };
    match format {
        None => Ok(names),
        Some(format) => Ok(names.iter().map(|name| name.for_format(format)).collect::<Result<_, _>>()?),
    }
}

/// Brings what was built just now, in all its formats, to where its names say.
///
/// # Errors
/// As [`deliver`].
pub fn deliver_made(
    made: &Made,
    also: &[Reference],
    access: &Access<'_>,
    context: &mut Context,
) -> Result<Vec<Reference>, Error> {
    let stored = made.stored()?;
    let names: Vec<_> = [made.reference.without_digest()].into_iter().chain(also.iter().cloned()).collect();
    let mut delivered = Vec::new();
    for (format, image) in formats(&stored)? {
        let names = self::names(&names, &stored, format)?;
        let names = deliver(&image.image_unread()?, &names, access, Delivery::Send, context)?;
        delivered.extend(names.into_iter().map(|name| told_as(name, format)));
    }
    Ok(delivered)
}

/// What is told of an image on stdout: `registry/repository@sha256:…`, and of a further format with its tag as well, by which
/// one tells them apart, as `build` does.
pub fn told_as(name: Reference, format: Option<Format>) -> Reference {
    if format.is_none() { name.without_tag() } else { name }
}

/// Whether anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It is.
    Send,
    /// It is only told what would be.
    Tell,
}

/// The tags that an image is to have in one repository.
struct Destination<'a> {
    /// One of its names there.
    reference: &'a Reference,
    tags: Vec<&'a str>,
}

/// Brings an image into every repository that is named, all tags of one at once; its first name in each, with its digest.
///
/// # Errors
/// A reference names no registry or another digest, or the registry does not take the image.
pub fn deliver(
    image: &Image,
    references: &[Reference],
    access: &Access<'_>,
    delivery: Delivery,
    context: &mut Context,
) -> Result<Vec<Reference>, Error> {
    for reference in references {
        check(reference, image)?;
    }
    let mut names = Vec::new();
    let mut before: Option<&Reference> = None;
    for Destination { reference, tags } in destinations(references) {
        let memory = Memory::of(reference, &context.environment);
        let settings = Settings { habits: memory.recall(), ..access.to(reference, context)? };
        let source = before.filter(|before| before.host() == reference.host()).map(Reference::repository);
        match delivery {
            Delivery::Send => {
                let sent = send(image, reference, &tags, source, settings, &mut context.shell);
                memory.keep(sent.as_ref().ok());
                sent?;
            }
            Delivery::Tell => {
                let remote = Remote::open(reference, registry::Access::Pull, settings)?;
                tell(&registry::plan(&remote, image, &tags)?, &remote, &mut context.shell);
            }
        }
        names.push(reference.with_digest(image.digest()));
        before = Some(reference);
    }
    Ok(names)
}

fn check(reference: &Reference, image: &Image) -> Result<(), Error> {
    // That is Docker's own registry, where nobody but Docker may write into `library`.
    let qualified = reference.fully_qualified();
    if qualified.host() == Some("docker.io") && qualified.repository().starts_with("library/") {
        return Err(Error::NoRegistry { reference: reference.to_string() });
    }
    match reference.digest().filter(|asked| *asked != image.digest()) {
        Some(asked) => Err(wasmpack_packager::Error::OtherDigest { digest: image.digest(), asked }.into()),
        None => Ok(()),
    }
}

/// The repositories, each once, in the order they were named.
fn destinations(references: &[Reference]) -> Vec<Destination<'_>> {
    let mut destinations: Vec<Destination<'_>> = Vec::new();
    for reference in references {
        // One that has a digest and no tag asks for none.
        let tag = reference.tag().or_else(|| reference.digest().is_none().then_some("latest"));
        let is_there = |known: &&mut Destination<'_>| {
            (known.reference.host(), known.reference.repository())
                == (reference.host(), reference.repository())
        };
        match destinations.iter_mut().find(is_there) {
            Some(known) => known.tags.extend(tag.filter(|tag| !known.tags.contains(tag))),
            None => destinations.push(Destination { reference, tags: tag.into_iter().collect() }),
        }
    }
    destinations
}

fn send(
    image: &Image,
    reference: &Reference,
    tags: &[&str],
    source: Option<&str>,
    settings: Settings,
    shell: &mut Shell,
) -> Result<Habits, Error> {
    let remote = Remote::open(reference, registry::Access::Push, settings)?;
    shell.detail("Pushing", named(&remote, tags));
    let pushed = {
        let bar = shell.progress("Pushing");
        let tell = |progress: registry::Progress| bar.at(progress.done_bytes, progress.total_bytes);
        registry::push(&remote, image, tags, PushOptions { source, progress: Some(&tell) })?
    };
    let Pushed { sent, mounted, present, .. } = pushed;
    let parts = [(sent, "sent"), (mounted, "mounted"), (present, "there already")];
    let parts = parts.into_iter().filter(|(tally, _)| tally.count > 0);
    let parts: Vec<_> = parts.map(|(tally, word)| format!("{} {word}", told(tally))).collect();
    shell.status("Pushed", format_args!("{}, {}", named(&remote, tags), parts.join(", ")));
    Ok(remote.habits())
}

fn tell(plan: &Plan<'_>, remote: &Remote, shell: &mut Shell) {
    let tags: Vec<&str> = plan.tags.iter().map(String::as_str).collect();
    let (missing, present) = (told(plan.missing()), told(plan.present));
    let verdict = if plan.is_done() { "nothing to do".to_owned() } else { format!("{missing} to send") };
    shell.status("Planned", format_args!("{}, {verdict}, {present} there already", named(remote, &tags)));
    for blob in plan.blobs.iter().chain(&plan.documents) {
        shell.detail(
            "Lacking",
            format_args!("{} {} {}", blob.digest(), blob.media_type(), Size(blob.size_bytes())),
        );
    }
}

/// `ghcr.io/acme/app:v1,v2`
fn named(remote: &Remote, tags: &[&str]) -> String {
    let separator = if tags.is_empty() { "" } else { ":" };
    format!("{}{separator}{}", remote.name(), tags.join(","))
}

/// `12 kB in 3 blobs`
fn told(tally: Tally) -> String {
    let noun = if tally.count == 1 { "blob" } else { "blobs" };
    format!("{} in {} {noun}", Size(tally.size_bytes), tally.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_one_repository_go_together() {
        let references = ["ghcr.io/a/app:v1", "quay.io/a/app:v1", "ghcr.io/a/app", "ghcr.io/a/app:v1"];
        let references = references.map(|text| text.parse::<Reference>().unwrap());
        let found = destinations(&references);
        let found: Vec<_> = found.iter().map(|one| (one.reference.host().unwrap(), &*one.tags)).collect();
        assert_eq!(found, [("ghcr.io", &["v1", "latest"][..]), ("quay.io", &["v1"])]);
    }
}
