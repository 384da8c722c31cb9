//! A repository of a registry.

use crate::registry::{Access, PushOptions, Remote, Settings, push};
use crate::{Error, Image, Reference, Sink};

/// Registries that are all spoken to in one way. Whoever wants several tags at once, or to know what was sent, calls
/// [`push`].
#[derive(Debug, Clone)]
pub struct Registry {
    settings: Settings,
}

impl Registry {
    /// Registries that are spoken to like this.
    #[must_use]
    pub fn with(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Sink for Registry {
    fn write(&mut self, image: &Image, reference: &Reference) -> Result<(), Error> {
        if let Some(asked) = reference.digest().filter(|asked| *asked != image.digest()) {
            return Err(Error::OtherDigest { digest: image.digest(), asked });
        }
        let remote = Remote::open(reference, Access::Push, self.settings.clone())?;
        let qualified = reference.fully_qualified();
        let tags: Vec<&str> = qualified.tag().into_iter().collect();
        push(&remote, image, &tags, PushOptions::default()).map(|_| ())
    }
}
