//! What a program may ask its host for, and what it asks for all the same.
//!
//! What is not known is never allowed by a word: an import that no standard has, or an interface in a version that is
//! not read, may be anything. It is allowed by its own name, and by nothing else. A list that denies goes the other way:
//! it catches whatever may give what is denied, also by a name that is only like one that is known.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::callers::{Callers, Usage};
use crate::{Capability, Error, Request, Symbols};

/// What programs may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// All they may ask for; if there is no such list, whatever is not denied.
    pub allow: Option<Vec<Rule>>,
    /// What they may not ask for, even if it is allowed.
    pub deny: Vec<Rule>,
}

/// An entry of a list: a word for capabilities, or an import by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(Meaning);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    One(Capability),
    Several(&'static Group),
    Import(String),
}

/// A word that stands for more than one capability, in one of the lists at least.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    name: &'static str,
    allows: &'static [Capability],
    denies: &'static [Capability],
}

/// All of the network.
const NETWORK: &[Capability] =
    &[Capability::Listen, Capability::Connect, Capability::HttpServer, Capability::HttpClient];

/// In the order in which they are told.
const GROUPS: [Group; 5] = [
    Group {
        name: "files",
        allows: &[Capability::FilesRead, Capability::FilesWrite],
        denies: &[Capability::FilesRead, Capability::FilesWrite],
    },
    Group { name: "network", allows: NETWORK, denies: NETWORK },
    Group {
        name: "http",
        allows: &[Capability::HttpServer, Capability::HttpClient],
        denies: &[Capability::HttpServer, Capability::HttpClient],
    },
    // A server of HTTP is reached, and a client reaches out: who denies the one denies the other. Who allows sockets need not
    // have meant them.
    Group {
        name: "listen",
        allows: &[Capability::Listen],
        denies: &[Capability::Listen, Capability::HttpServer],
    },
    Group {
        name: "connect",
        allows: &[Capability::Connect],
        denies: &[Capability::Connect, Capability::HttpClient],
    },
];

/// Something that a policy does not let a program ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is asked for.
    pub request: Request,
    /// Why it is refused.
    pub cause: Cause,
    /// How it is used, where that is known.
    pub usage: Option<Usage>,
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It may give these, which an entry denies.
    Denied {
        /// The entry.
        rule: Rule,
        /// What it denies of it; nothing where it denies the import by its name.
        gives: Vec<Capability>,
    },
    /// It gives these, and no entry allows them.
    NotAllowed {
        /// What is not allowed of it.
        gives: Vec<Capability>,
    },
    /// No standard known here has it, and no entry allows it by its name.
    Unknown,
}

impl Policy {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.allow.is_none() && self.deny.is_empty()
    }

    /// Everything a module or component asks for that it may not. `keep` are exports that its host calls besides those of its
    /// kind: they decide what is used.
    ///
    /// # Errors
    /// Where it cannot be told what it asks for.
    pub fn refusals(
        &self,
        wasm: &[u8],
        symbols: Option<&Symbols>,
        keep: &[String],
    ) -> Result<Vec<Refusal>, Error> {
        let causes =
            Request::all(wasm)?.into_iter().filter_map(|request| Some((self.cause(&request)?, request)));
        let causes: Vec<_> = causes.collect();
        if causes.is_empty() {
            return Ok(Vec::new());
        }
        let callers = Callers::of(wasm, symbols, keep);
        let refusal = |(cause, request): (Cause, Request)| {
            let usage = if request.is_export { None } else { callers.usage(&request.name) };
            Refusal { request, cause, usage }
        };
        Ok(causes.into_iter().map(refusal).collect())
    }

    /// Why it does not let anybody ask for this, if it does not.
    #[must_use]
    pub fn cause(&self, request: &Request) -> Option<Cause> {
        let denied = self.deny.iter().find_map(|rule| {
            let gives = of(request, rule.denies());
            (rule.denies_name(&request.name) || !gives.is_empty())
                .then(|| Cause::Denied { rule: rule.clone(), gives })
        });
        if denied.is_some() {
            return denied;
        }
        let allow = self.allow.as_ref()?;
        if allow.iter().any(|rule| rule.0 == Meaning::Import(request.name.clone())) {
            return None;
        }
        if !request.is_standard {
            return Some(Cause::Unknown);
        }
        let allowed: BTreeSet<_> = allow.iter().flat_map(Rule::allows).collect();
        let gives: Vec<_> = request.gives.iter().filter(|one| !allowed.contains(one)).copied().collect();
        (!gives.is_empty()).then_some(Cause::NotAllowed { gives })
    }
}

/// Which of these it gives.
fn of(request: &Request, asked: &[Capability]) -> Vec<Capability> {
    request.gives.iter().filter(|one| asked.contains(one)).copied().collect()
}

impl Rule {
    fn allows(&self) -> &[Capability] {
        match &self.0 {
            Meaning::One(capability) => std::slice::from_ref(capability),
            Meaning::Several(group) => group.allows,
            Meaning::Import(_) => &[],
        }
    }

    fn denies(&self) -> &[Capability] {
        match &self.0 {
            Meaning::One(capability) => std::slice::from_ref(capability),
            Meaning::Several(group) => group.denies,
            Meaning::Import(_) => &[],
        }
    }

    /// Whether it denies an import of this name; one without a version denies all of them.
    fn denies_name(&self, name: &str) -> bool {
        let Meaning::Import(denied) = &self.0 else { return false };
        let bare = name.split_once('@').filter(|_| name.contains(':')).map(|(bare, _)| bare);
        denied == name || bare == Some(denied)
    }

    /// The words there are, those for several first.
    pub fn words() -> impl Iterator<Item = &'static str> {
        let single = Capability::ALL.map(Capability::name).into_iter();
        let groups = GROUPS.iter().map(|group| group.name);
        groups.chain(single.filter(|name| GROUPS.iter().all(|group| group.name != *name)))
    }
}

impl FromStr for Rule {
    type Err = Error;

    /// A word is one of [`Rule::words`]; the name of an import has a `.` or a `:`, which no word has.
    fn from_str(typed: &str) -> Result<Self, Error> {
        if let Some(group) = GROUPS.iter().find(|group| group.name == typed) {
            return Ok(Self(Meaning::Several(group)));
        }
        if let Some(one) = Capability::ALL.into_iter().find(|one| one.name() == typed) {
            return Ok(Self(Meaning::One(one)));
        }
        if typed.contains(['.', ':']) && typed.trim() == typed {
            return Ok(Self(Meaning::Import(typed.to_owned())));
        }
        let nearest = crate::roots::nearest_of(typed, Self::words()).map(str::to_owned);
        Err(Error::UnknownCapability { typed: typed.to_owned(), nearest })
    }
}

/// As it was written.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Meaning::One(capability) => capability.name(),
            Meaning::Several(group) => group.name,
            Meaning::Import(name) => name,
        })
    }
}

/// What is asked for, and why that is refused, in one line: ``import `env.fork` is of no standard known here, …``.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, cause, .. } = self;
        let deed = if request.is_export { "export" } else { "import" };
        write!(f, "{deed} `{}` ", request.name)?;
        match cause {
            Cause::Denied { rule, gives } if gives.is_empty() => write!(f, "is denied by its name, `{rule}`"),
            Cause::Denied { rule, gives } => {
                let verb = if request.is_standard { "gives" } else { "may give" };
                write!(f, "{verb} {}, which `{rule}` denies", listed(gives))
            }
            Cause::NotAllowed { gives } => {
                let verb = if gives.len() == 1 { "is" } else { "are" };
                write!(f, "gives {}, which {verb} not allowed", listed(gives))
            }
            Cause::Unknown => f.write_str("is of no standard known here, and not allowed by its name"),
        }
    }
}

/// `` `files-read` and `files-write` ``
fn listed(capabilities: &[Capability]) -> String {
    let mut names: Vec<_> = capabilities.iter().map(|one| format!("`{one}`")).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_are_parsed_and_told_again() {
        let words: Vec<_> = Rule::words().collect();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
        assert!(Capability::ALL.iter().all(|one| words.contains(&one.name())), "{words:?}");
        for word in words {
            assert_eq!(word.parse::<Rule>().unwrap().to_string(), word);
        }
        assert_eq!("env.fork".parse::<Rule>().unwrap().to_string(), "env.fork");
    }

    #[test]
    fn a_policy_without_lists_says_nothing() {
        let rules =
            |words: &[&str]| -> Vec<Rule> { words.iter().map(|word| word.parse().unwrap()).collect() };
        assert!(Policy::default().is_empty());
        assert!(!Policy { allow: Some(Vec::new()), deny: Vec::new() }.is_empty());
        assert!(!Policy { allow: None, deny: rules(&["network"]) }.is_empty());
        assert!(!Policy { allow: Some(rules(&["stdio"])), deny: rules(&["network"]) }.is_empty());
    }

    #[test]
    fn what_is_no_word_is_refused_with_the_one_that_was_meant() {
        let hint = |typed: &str| typed.parse::<Rule>().unwrap_err().hint().unwrap();
        for (typed, meant) in [("Files", "files"), ("file-read", "files-read"), ("STDIO", "stdio")] {
            assert!(hint(typed).starts_with(&format!("did you mean `{meant}`? ")), "{typed}");
        }
        for typed in ["", "all", "*", " env.fork", "fork"] {
            assert!(typed.parse::<Rule>().is_err(), "{typed}");
        }
    }

    #[test]
    fn no_word_allows_what_it_does_not_deny() {
        for word in Rule::words() {
            let rule: Rule = word.parse().unwrap();
            assert!(rule.allows().iter().all(|one| rule.denies().contains(one)), "{word}");
        }
    }
}
