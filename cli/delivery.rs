//! An image on its way into registries.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use wasmpack_packager::registry::{self, Habits, Plan, PushOptions, Pushed, Remote, Settings, Tally};
use wasmpack_packager::{Format, Image, Reference, Stored};

use crate::context::Context;
use crate::environment::Environment;
use crate::error::Error;
use crate::habits::Remembered;
use crate::make::Made;
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
        // None has a name that is too long.
        let Ok(name) = name.for_format(format) else { continue };
        match wasmpack_packager::open_reference(&chosen.path, &name) {
            Ok(other) if other.format_of() == chosen.reference.as_deref() => all.push((Some(format), other)),
            // Somebody's own tag, which ends as a format's does.
            Ok(_) => {}
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
pub fn names_of(
    typed: &[Reference],
    chosen: &Stored,
    format: Option<Format>,
) -> Result<Vec<Reference>, Error> {
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

/// What an image that lies somewhere is called there, so that it can be pushed: its name, or if that is of no registry, the only
/// other one it has that is.
///
/// # Errors
/// When it has no such name, or several; when what lies there is damaged.
pub fn own_names(stored: &Stored) -> Result<Vec<Reference>, Error> {
    let name = stored.reference.as_ref().map(|name| name.parse::<Reference>()).transpose()?;
    if name.as_ref().is_some_and(|name| check_place(name, "push").is_ok()) {
        return Ok(name.into_iter().collect());
    }
    let survey = wasmpack_packager::survey(&stored.path)?;
    let same = survey.images().filter(|entry| entry.digest == stored.digest);
    let names = same.filter_map(|entry| entry.name()?.parse::<Reference>().ok());
    let names: Vec<_> = names.filter(|name| check_place(name, "push").is_ok()).collect();
    match names.len() {
        0 => Ok(name.into_iter().collect()),
        1 => Ok(names),
        _ => Err(Error::SeveralNames {
            path: stored.path.clone(),
            names: names.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// So many images go at once. Each sends several blobs at once already; but lists have to settle, and registries are far away.
const AT_ONCE: usize = 4;

/// Brings what was built just now, in all its formats, to where its names say, several images at once, and all of them
/// whatever becomes of the others. The answers are in the order of the images.
///
/// # Errors
/// As [`deliver`], in place of what could not be delivered.
pub fn deliver_made(
    images: &[(&Made, &[Reference])],
    access: &Access<'_>,
    context: &mut Context,
) -> Vec<Result<Vec<Reference>, Error>> {
    let bar = if images.len() == 1 { Bar::Shown } else { Bar::None };
    let courier = Courier::new(access, Delivery::Send, bar, context);
    let next = AtomicUsize::new(0);
    let delivered = Mutex::new(Vec::new());
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some((made, also)) = images.get(place) else { break };
            let result = courier.deliver_formats(made, also);
            lock(&delivered).push((place, result));
        }
    };
    thread::scope(|scope| (0..AT_ONCE.min(images.len())).for_each(|_| drop(scope.spawn(work))));
    let mut delivered = delivered.into_inner().unwrap_or_else(PoisonError::into_inner);
    delivered.sort_by_key(|(place, _)| *place);
    delivered.into_iter().map(|(_, result)| result).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    Courier::new(access, delivery, Bar::Shown, context).deliver(image, references)
}

/// Whether there is a bar at a terminal: of several at once there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bar {
    Shown,
    None,
}

/// Who brings images, from any number of threads.
struct Courier<'a> {
    access: &'a Access<'a>,
    delivery: Delivery,
    bar: Bar,
    environment: &'a Environment,
    shell: Mutex<&'a mut Shell>,
}

impl<'a> Courier<'a> {
    fn new(access: &'a Access<'a>, delivery: Delivery, bar: Bar, context: &'a mut Context) -> Self {
        let Context { environment, shell } = context;
        Self { access, delivery, bar, environment, shell: Mutex::new(shell) }
    }

    /// One after the other, as they share most of their blobs.
    fn deliver_formats(&self, made: &Made, also: &[Reference]) -> Result<Vec<Reference>, Error> {
        let stored = made.stored()?;
        let names: Vec<_> =
            [made.reference.without_digest()].into_iter().chain(also.iter().cloned()).collect();
        let mut delivered = Vec::new();
        for (format, image) in formats(&stored)? {
            let names = self.deliver(&image.image_unread()?, &names_of(&names, &stored, format)?)?;
            delivered.extend(names.into_iter().map(|name| told_as(name, format)));
        }
        Ok(delivered)
    }

    fn deliver(&self, image: &Image, references: &[Reference]) -> Result<Vec<Reference>, Error> {
        for reference in references {
            check(reference, image)?;
        }
        // Who may not ask one of them sends nothing to another.
        let destinations = destinations(references).into_iter();
        let asked = destinations
            .map(|destination| Ok((self.access.to(destination.reference, self.environment)?, destination)));
        let mut names = Vec::new();
        let mut before: Option<&Reference> = None;
        for (settings, destination) in asked.collect::<Result<Vec<_>, Error>>()? {
            let reference = destination.reference;
            if reference.host().is_none() {
                lock(&self.shell).note(format_args!(
                    "`{reference}` names no registry: `{}` is assumed",
                    reference.fully_qualified()
                ));
            }
            let remembered = Remembered::of(reference, self.environment);
            let settings = Settings { habits: remembered.recall(), ..settings };
            match self.delivery {
                Delivery::Send => {
                    let is_near = |before: &&Reference| before.host() == reference.host();
                    let source = before.filter(is_near).map(Reference::repository);
                    let sent = self.send(image, &destination, source, settings);
                    remembered.keep(sent.as_ref().ok());
                    sent?;
                }
                Delivery::Tell => {
                    let remote = Remote::open(reference, registry::Access::Pull, settings)?;
                    tell(
                        &registry::plan(&remote, image, &destination.tags)?,
                        &remote,
                        &mut lock(&self.shell),
                    );
                }
            }
            names.push(reference.with_digest(image.digest()));
            before = Some(reference);
        }
        Ok(names)
    }

    fn send(
        &self,
        image: &Image,
        destination: &Destination<'_>,
        source: Option<&str>,
        settings: Settings,
    ) -> Result<Habits, Error> {
        let Destination { reference, tags } = destination;
        let remote = Remote::open(reference, registry::Access::Push, settings)?;
        lock(&self.shell).detail("Pushing", named(&remote, tags));
        let pushed = {
            let bar = (self.bar == Bar::Shown).then(|| lock(&self.shell).progress("Pushing"));
            let tell = |progress: registry::Progress| {
                if let Some(bar) = &bar {
                    bar.at(progress.done_bytes, progress.total_bytes);
                }
            };
            registry::push(&remote, image, tags, PushOptions { source, progress: Some(&tell) })?
        };
        let Pushed { sent, mounted, present, .. } = pushed;
        let parts = [(sent, "sent"), (mounted, "mounted"), (present, "there already")];
        let parts = parts.into_iter().filter(|(tally, _)| tally.count > 0);
        let parts: Vec<_> = parts.map(|(tally, word)| format!("{} {word}", told(tally))).collect();
        lock(&self.shell).status("Pushed", format_args!("{}, {}", named(&remote, tags), parts.join(", ")));
        Ok(remote.habits())
    }
}

/// Whether a name is that of a place in a registry.
///
/// # Errors
/// When it is not.
pub fn check_place(reference: &Reference, deed: &'static str) -> Result<(), Error> {
    // That is Docker's own registry, where nobody but Docker may write into `library`.
    let qualified = reference.fully_qualified();
    if qualified.host() == Some("docker.io") && qualified.repository().starts_with("library/") {
        return Err(Error::NoRegistry { deed, reference: reference.to_string() });
    }
    Ok(())
}

fn check(reference: &Reference, image: &Image) -> Result<(), Error> {
    check_place(reference, "push")?;
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
