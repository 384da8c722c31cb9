//! What an image is called: `[host[:port]/]name[:tag][@digest]`.
//!
//! The grammar is that of the OCI distribution specification, with the host in front as Docker and containerd
//! read it: the first component is a host when it has a dot or a port, or is `localhost`.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::{Digest, Error, Format};

const DEFAULT_HOST: &str = "docker.io";
const DEFAULT_TAG: &str = "latest";
/// Both bounds are the reference implementation's; registries have them as well.
const NAME_LIMIT: usize = 255;
const TAG_LIMIT: usize = 128;

/// The parsed name of an image, kept as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    host: Option<String>,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// The registry with its port, if one was given.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The path in the registry, without host, tag and digest.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if one was given.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one was given.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// The same name, for exactly this image.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }

    /// The same name, for whatever image carries it.
    #[must_use]
    pub fn without_digest(&self) -> Self {
        Self { digest: None, ..self.clone() }
    }

    /// The same without the tag, as `name@sha256:…` is printed.
    #[must_use]
    pub fn without_tag(&self) -> Self {
        Self { tag: None, ..self.clone() }
    }

    /// The name of another format of this image, made together with it: `app:v1-artifact` for `app:v1`.
    ///
    /// # Errors
    /// A tag that becomes too long.
    pub fn for_format(&self, format: Format) -> Result<Self, Error> {
        let tag = format!("{}-{format}", self.tag().unwrap_or(DEFAULT_TAG));
        let named = Self { tag: None, digest: None, ..self.clone() };
        format!("{named}:{tag}").parse()
    }

    /// The long form of a short name, as containerd and Docker store it: `app` is
    /// `docker.io/library/app:latest`.
    #[must_use]
    pub fn fully_qualified(&self) -> Self {
        let host = match self.host() {
            None | Some("index.docker.io") => DEFAULT_HOST,
            Some(host) => host,
        };
        let official = host == DEFAULT_HOST && !self.repository.contains('/');
        let repository =
            if official { format!("library/{}", self.repository) } else { self.repository.clone() };
        let tag = self.tag.clone().or_else(|| self.digest.is_none().then(|| DEFAULT_TAG.to_owned()));
        Self { host: Some(host.to_owned()), repository, tag, digest: self.digest }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = &self.host {
            write!(f, "{host}/")?;
        }
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |problem: &str| Error::ParseReference {
            text: text.to_owned(),
            problem: problem.to_owned(),
            instead: None,
        };
        if let Some((scheme, rest)) = text.split_once("://") {
            return Err(with_scheme(text, scheme, rest));
        }
        // `at` is the first byte of the character that breaks the rule.
        let refuse_at = |at: usize, rule: &str| match text[at..].chars().next() {
            Some(c) => {
                let number = text[..at].chars().count() + 1;
                refuse(&format!(
                    "`{}`, character {number} of it, has no place there: {rule}",
                    c.escape_debug()
                ))
            }
            None => refuse(rule),
        };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                (rest, Some(digest.parse().map_err(|_| refuse("its digest is not a sha256 one"))?))
            }
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        // Before it there may be other characters, but then the name is refused anyway, and none is lost.
        if let Some(upper) = name.find(|c: char| c.is_ascii_uppercase()).filter(|at| name[..*at].is_ascii()) {
            let instead = format!("{}{}", name.to_ascii_lowercase(), &text[name.len()..]);
            let instead = Some(instead).filter(|instead| instead.parse::<Self>().is_ok());
            return Err(Error::ParseReference {
                text: text.to_owned(),
                problem: format!("`{}`, character {} of it, is upper case", &text[upper..=upper], upper + 1),
                instead,
            });
        }
        let (host, repository) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), path),
            _ => (None, name),
        };
        if name.len() > NAME_LIMIT {
            return Err(refuse("a name has at most 255 characters"));
        }
        if !host.is_none_or(is_host) {
            return Err(refuse("its host is not `name[:port]`"));
        }
        if !repository.split('/').all(is_component) {
            let rule =
                "a name is lower-case letters and digits, with single `.`, `_`, `__`, `-` or `/` between";
            return Err(refuse_at(name.len() - repository.len() + misplaced(repository), rule));
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            let rule = "a tag is up to 128 letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`";
            let begin = name.len() + 1;
            return Err(refuse_at(begin + misplaced_in_tag(tag), rule));
        }
        let [host, tag] = [host, tag].map(|part| part.map(str::to_owned));
        let reference = Self { host, repository: repository.to_owned(), tag, digest };
        let long = reference.fully_qualified();
        if long.host.map_or(0, |host| host.len() + 1) + long.repository.len() > NAME_LIMIT {
            return Err(refuse("a name has at most 255 characters, with the host it is short for"));
        }
        Ok(reference)
    }
}

/// Addresses have a scheme, and so do references of skopeo's and Helm's; those of an image have none.
fn with_scheme(text: &str, scheme: &str, rest: &str) -> Error {
    Error::ParseReference {
        text: text.to_owned(),
        problem: format!("it begins with `{}://`, and the name of an image does not", scheme.escape_debug()),
        instead: Some(rest.to_owned()).filter(|rest| rest.parse::<Reference>().is_ok()),
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.iter().all(|end| end.is_some_and(is_word))
        && text.split(|character: char| character.is_ascii_lowercase() || character.is_ascii_digit()).all(
            |between| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'),
        )
}

/// The first byte of a name, with `/` in it, that has no place where it stands; its length if it ends too early.
fn misplaced(name: &str) -> usize {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut between = String::from("/");
    for (at, c) in name.char_indices() {
        if is_word(c) {
            between.clear();
            continue;
        }
        between.push(c);
        let is_dashes = between.chars().all(|c| c == '-');
        if !is_dashes && !matches!(&*between, "." | "_" | "__" | "/") {
            return at;
        }
    }
    // What may only stand between stands at the end.
    name.len().saturating_sub(between.len())
}

/// The same for a tag, of which only the characters are to blame, or its length.
fn misplaced_in_tag(tag: &str) -> usize {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let wrong = tag.char_indices().find(|(at, c)| !is_word(*c) && (*at == 0 || !matches!(c, '.' | '-')));
    wrong.map_or(tag.len().min(TAG_LIMIT), |(at, _)| at)
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`
pub(crate) fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= TAG_LIMIT
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// A domain name, an IPv4 address or an IPv6 address in brackets, and a port if any.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_label = |label: &str| {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let inside = |byte: u8| is_word(byte) || byte == b'-';
        [label.bytes().next(), label.bytes().next_back()].iter().all(|end| end.is_some_and(is_word))
            && label.bytes().all(inside)
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    port.is_none_or(is_port)
        && address
            .map_or_else(|| host.split('.').all(is_label), |address| address.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(text: &str) -> Reference {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn references_are_kept_as_typed_and_qualified_as_docker_does() {
        for (text, qualified) in [
            ("app", "docker.io/library/app:latest"),
            ("app:v1", "docker.io/library/app:v1"),
            ("acme/app:V1.2_x-y", "docker.io/acme/app:V1.2_x-y"),
            ("docker.io/app", "docker.io/library/app:latest"),
            ("index.docker.io/app", "docker.io/library/app:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("registry.example:5000/acme/deep/app:1", "registry.example:5000/acme/deep/app:1"),
            ("127.0.0.1:5000/app", "127.0.0.1:5000/app:latest"),
            ("[::1]:5000/app:v1", "[::1]:5000/app:v1"),
            ("[2001:db8::1]/app", "[2001:db8::1]/app:latest"),
            ("my_repo/a.b_c__d-e---f/g0", "docker.io/my_repo/a.b_c__d-e---f/g0:latest"),
        ] {
            assert_eq!(parse(text).to_string(), text);
            assert_eq!(parse(text).fully_qualified().to_string(), qualified);
        }
    }

    #[test]
    fn a_digest_takes_the_place_of_the_default_tag() {
        let reference = parse(&format!("acme/app@{DIGEST}"));
        assert_eq!(reference.digest(), Some(DIGEST.parse().unwrap()));
        assert_eq!(reference.fully_qualified().to_string(), format!("docker.io/acme/app@{DIGEST}"));
        assert_eq!(reference.without_digest().to_string(), "acme/app");
    }

    #[test]
    fn tag_and_digest_go_together() {
        let both = parse("localhost:5000/app:v1").with_digest(DIGEST.parse().unwrap());
        assert_eq!(both.to_string(), format!("localhost:5000/app:v1@{DIGEST}"));
        assert_eq!(parse(&both.to_string()), both);
        assert_eq!(both.without_tag().to_string(), format!("localhost:5000/app@{DIGEST}"));
        assert_eq!((both.host(), both.repository(), both.tag()), (Some("localhost:5000"), "app", Some("v1")));
    }

    #[test]
    fn a_short_name_has_room_for_the_host_it_is_short_for() {
        for (name, room) in [("", "docker.io/library/".len()), ("a/", "docker.io/".len() + 2)] {
            let of = |length: usize| format!("{name}{}", "b".repeat(length)).parse::<Reference>();
            let longest = of(NAME_LIMIT - room).unwrap().fully_qualified();
            assert_eq!(parse(&longest.to_string()), longest);
            assert!(of(NAME_LIMIT - room + 1).unwrap_err().to_string().contains("short for"));
        }
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        let long = format!("{}/b", "a".repeat(254));
        let long_tag = format!("app:{}", "t".repeat(129));
        for text in [
            "",
            ":v1",
            "@",
            "/app",
            "app/",
            "a//b",
            "app:",
            "app:v1:v2",
            "app@",
            "app@sha256:1",
            "app@md5:abc",
            "-app",
            "app-",
            "a..b",
            "a___b",
            "a._b",
            "app:.v1",
            "app:-v1",
            "app:v 1",
            "app:vé",
            "café",
            "a b",
            "a\nb",
            "http://host.example/app",
            "host.example:port/app",
            "host.example:70000/app",
            "host.example:/app",
            "-host.example/app",
            "[::1/app",
            "[zz]:1/app",
            "../app",
            "host.example/../app",
            &long,
            &long_tag,
            // A first component with a dot is a host, where an underscore has no place.
            "a.b_c/app",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_character_that_breaks_a_rule_is_told_with_its_place() {
        for (text, expected) in [
            ("a b", "` `, character 2 of it"),
            ("café", "`é`, character 4 of it"),
            ("ghcr.io/acme/my app:1", "` `, character 16 of it"),
            ("a..b", "`.`, character 3 of it"),
            ("a___b", "`_`, character 4 of it"),
            ("-app", "`-`, character 1 of it"),
            ("app-", "`-`, character 4 of it"),
            ("a//b", "`/`, character 3 of it"),
            ("a/b/", "`/`, character 4 of it"),
            ("app:v 1", "` `, character 6 of it"),
            ("app:.v1", "`.`, character 5 of it"),
            ("app:vé", "`é`, character 6 of it"),
            ("Acme/app", "`A`, character 1 of it, is upper case"),
            ("", "a name is lower-case letters and digits"),
        ] {
            let error = text.parse::<Reference>().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let long = format!("app:{}", "t".repeat(129)).parse::<Reference>().unwrap_err().to_string();
        assert!(long.contains("`t`, character 133 of it"), "{long}");
    }

    #[test]
    fn what_can_be_mended_is_refused_with_the_name_that_is_meant() {
        for (text, instead) in [
            ("Acme/App:V1", "write `acme/app:V1`"),
            ("LOCALHOST:5000/app", "write `localhost:5000/app`"),
            ("https://ghcr.io/acme/app", "write `ghcr.io/acme/app`"),
            ("docker://localhost:5000/app:v1", "write `localhost:5000/app:v1`"),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap_err().hint().unwrap(), instead);
        }
        let hint = "Bad Name!".parse::<Reference>().unwrap_err().hint().unwrap();
        assert!(hint.starts_with("a reference is"), "{hint}");
    }
}
