//! What is known to fail before the work for it is done.

use camino::Utf8Path;
use wasmpack_packager::sinks::Layout;

use crate::delivery;
use crate::error::Error;
use crate::output::{Form, Output};
use crate::plan::Plan;

/// That a file can be written where it is to go, as far as that can be seen.
///
/// # Errors
/// When there is no folder for it.
pub fn file(path: &Utf8Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty());
    let Some(folder) = folder.filter(|folder| !folder.is_dir()) else { return Ok(()) };
    let source = std::io::Error::other(format!("`{folder}` is no folder"));
    Err(Error::WriteFile { path: path.to_owned(), source })
}

/// That images can be written where they are to go besides.
///
/// # Errors
/// When there is no folder for an archive, or something else where a layout is to be.
pub fn outputs(outputs: &[Output]) -> Result<(), Error> {
    outputs.iter().try_for_each(|Output { form, dest, .. }| match form {
        Form::OciLayout => Ok(Layout::at(dest).check()?),
        Form::OciArchive | Form::DockerArchive => file(dest),
    })
}

/// That all images are called by a registry, as far as their names are known before they are built.
///
/// # Errors
/// When one is not.
pub fn pushes(plan: &Plan) -> Result<(), Error> {
    for (package, program) in plan.programs() {
        let image = &plan.of(package).image;
        let names = [image.name(program)?].into_iter().chain(image.also.iter().cloned());
        names.into_iter().try_for_each(|name| delivery::check_place(&name, "push"))?;
    }
    Ok(())
}
