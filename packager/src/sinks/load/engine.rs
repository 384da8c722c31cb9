//! The engines that take images, as the command line spells them.

use std::fmt;
use std::str::FromStr;

use super::Error;

/// A program that keeps images and runs them, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// Docker, through `docker load`.
    Docker,
    /// podman, through `podman load`.
    Podman,
    /// nerdctl, through `nerdctl load`.
    Nerdctl,
    /// containerd, through `ctr image import`; in this namespace, or the one that ctr has by itself.
    Containerd(Option<String>),
    /// k3s, through its own `ctr`.
    K3s,
    /// The nodes of this cluster of kind's, or of the one that kind has by itself.
    Kind(Option<String>),
}

impl Engine {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [Self; 6] =
        [Self::Docker, Self::Podman, Self::Nerdctl, Self::Containerd(None), Self::K3s, Self::Kind(None)];

    /// The program that an image goes through.
    #[must_use]
    pub fn program(&self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Nerdctl => "nerdctl",
            Self::Containerd(_) => "ctr",
            Self::K3s => "k3s",
            Self::Kind(_) => "kind",
        }
    }

    fn place(&self) -> Option<&str> {
        match self {
            Self::Containerd(place) | Self::Kind(place) => place.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Containerd(_) => "containerd",
            other => other.program(),
        };
        match self.place() {
            Some(place) => write!(f, "{name}={place}"),
            None => f.write_str(name),
        }
    }
}

impl FromStr for Engine {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self, Error> {
        let unknown = || Error::Unknown { typed: typed.to_owned() };
        let (name, place) = match typed.split_once('=') {
            Some((name, place)) => (name, Some(place.to_owned())),
            None => (typed, None),
        };
        // A program would take a place that begins with a dash for a flag.
        let is_word = |place: &String| {
            let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            place.starts_with(|c: char| c.is_ascii_alphanumeric()) && place.chars().all(is_inside)
        };
        if !place.as_ref().is_none_or(is_word) {
            return Err(unknown());
        }
        let engine = Self::ALL.into_iter().find(|engine| engine.to_string() == name).ok_or_else(unknown)?;
        match (engine, place) {
            (Self::Containerd(_), place) => Ok(Self::Containerd(place)),
            (Self::Kind(_), place) => Ok(Self::Kind(place)),
            (engine, None) => Ok(engine),
            (_, Some(_)) => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_read_as_it_is_written() {
        let placed = [Engine::Containerd(Some("k8s.io".to_owned())), Engine::Kind(Some("dev-1".to_owned()))];
        for engine in Engine::ALL.into_iter().chain(placed) {
            assert_eq!(engine.to_string().parse::<Engine>().unwrap(), engine);
        }
    }

    #[test]
    fn what_is_no_engine_or_no_place_is_refused() {
        for typed in ["", "ctr", "docker=x", "containerd=", "containerd=-n", "kind=a b", "kind=a/b", "Docker"]
        {
            let error = typed.parse::<Engine>().unwrap_err();
            assert!(error.hint().unwrap().contains("containerd[=NAMESPACE]"), "{typed}");
        }
    }
}
