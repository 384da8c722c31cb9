//! The name of a new project: of its package, its module and its image.

use std::fmt;
use std::str::FromStr;

use wasmpack_packager::Reference;

/// A name that Cargo, CMake, Go and registries take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectName(String);

/// Names of clusters and labels of Kubernetes end there, and a workspace puts a word behind.
const LIMIT_BYTES: usize = 48;

/// Keywords of Rust, what cargo and CMake keep to themselves, and files that Windows has.
const RESERVED: &[&str] = &[
    "abstract",
    "all",
    "alloc",
    "as",
    "async",
    "aux",
    "await",
    "become",
    "box",
    "break",
    "build",
    "clean",
    "con",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "help",
    "if",
    "impl",
    "in",
    "incremental",
    "install",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "nul",
    "override",
    "package",
    "priv",
    "prn",
    "proc-macro",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

impl ProjectName {
    /// The name as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name made of a folder's.
    #[must_use]
    pub fn of_folder(folder: &str) -> Self {
        let mut name = String::new();
        for letter in folder.chars() {
            match letter.to_ascii_lowercase() {
                letter @ ('a'..='z' | '0'..='9') => name.push(letter),
                // A folder of two words has a separator between them, whatever it was.
                letter if !name.is_empty() && !name.ends_with(['-', '_']) => {
                    name.push(if letter == '_' { '_' } else { '-' });
                }
                _ => {}
            }
        }
        if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            name.insert_str(0, if name.is_empty() { "app" } else { "app-" });
        }
        name.truncate(LIMIT_BYTES);
        let name = name.trim_end_matches(['-', '_']);
        let reserved = RESERVED.contains(&name);
        Self(if reserved { format!("{name}-app") } else { name.to_owned() })
    }
}

impl FromStr for ProjectName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name.is_empty() || name.len() > LIMIT_BYTES {
            return Err(format!("a name has 1 to {LIMIT_BYTES} letters"));
        }
        let is_ours = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-' | '_');
        if let Some(letter) = name.chars().find(|letter| !is_ours(*letter)) {
            return Err(format!(
                "it has a `{}`, and packages and images take lower-case letters, digits, `-` and `_`; write `{}`",
                letter.escape_debug(),
                Self::of_folder(name)
            ));
        }
        if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            return Err(format!(
                "the name of a package begins with a letter; write `{}`",
                Self::of_folder(name)
            ));
        }
        if RESERVED.contains(&name) {
            return Err(format!("toolchains keep it for themselves; write `{}`", Self::of_folder(name)));
        }
        // Registries are stricter with `-` and `_`.
        match name.parse::<Reference>() {
            Ok(_) => Ok(Self(name.to_owned())),
            Err(_) => Err(format!("no image can be called so; write `{}`", Self::of_folder(name))),
        }
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_gives_a_name_that_is_one() {
        let long = "x-".repeat(40);
        for (folder, name) in [
            ("greeter", "greeter"),
            ("My Project", "my-project"),
            ("2048", "app-2048"),
            ("Über_uns", "ber_uns"),
            ("a--b_-c-", "a-b_c"),
            ("test", "test-app"),
            ("...", "app"),
            ("", "app"),
            (&long, &long[..LIMIT_BYTES - 1]),
        ] {
            let made = ProjectName::of_folder(folder);
            assert_eq!(made.as_str(), name, "{folder}");
            assert_eq!(made.as_str().parse(), Ok(made.clone()), "{folder}");
        }
    }

    #[test]
    fn a_name_that_somebody_would_refuse_is_refused_at_once() {
        for name in
            ["", "Greeter", "2048", "a b", "a/b", "test", "fn", "a-", "a_-b", "-a", "ä", &"x".repeat(49)]
        {
            assert!(name.parse::<ProjectName>().is_err(), "{name}");
        }
    }
}
