//! What a registry has under the name of an image that was built: what was pushed before it.

use wasmpack_packager::{self as packager, Reference};

use crate::context::Context;
use crate::delivery;
use crate::error::Error;
use crate::fetched;
use crate::registry_arguments::Access;
use crate::target::Target;

/// Fetches it; nothing where the registry has no such image, or does not show it. That is no failure: the first image has none
/// before it, and jobs of strangers may not read it. Registries say one for the other, so both are told in the same way.
///
/// # Errors
/// When the target has no name in a registry, or that cannot be reached.
pub fn before(target: &Target, access: &Access<'_>, context: &mut Context) -> Result<Option<Target>, Error> {
    let name = reference(target)?;
    delivery::check_place(&name, "say what was pushed as")?;
    match fetched::fetch(&name, access, context) {
        Ok(stored) => Ok(Some(Target::ready(stored))),
        Err(Error::Image(packager::Error::Registry(failure)))
            if failure.is_not_found() || failure.is_about_credentials() =>
        {
            context.shell.warn(format_args!("there is nothing to compare with: {failure}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn reference(target: &Target) -> Result<Reference, Error> {
    let never = |what| Error::NeverPushed { name: target.name(), what };
    match target {
        Target::Module { .. } => Err(never("a module")),
        Target::Image { image, .. } => match &image.reference {
            Some(name) => Ok(name.parse()?),
            None => Err(never("an image without a name")),
        },
    }
}
