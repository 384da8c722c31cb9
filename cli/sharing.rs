//! Which registries have results of slow work, too: by flags, over variables, over what is configured.

use std::borrow::Cow;
use std::collections::BTreeSet;

use wasmpack_packager::Reference;

use crate::args::{CacheArguments, Typed};
use crate::config;
use crate::credentials;
use crate::environment::Environment;
use crate::error::Error;
use crate::registry_arguments::RegistryArguments;
use crate::shared_cache::Repository;
use crate::user_config::UserConfig;

/// Which repositories are asked and written, and how.
#[derive(Debug)]
pub struct Sharing {
    /// Those that are asked, in this order.
    pub from: Vec<Repository>,
    /// Those that are written.
    pub to: Vec<Repository>,
    /// How registries are spoken to.
    pub registry: RegistryArguments,
    /// Where credentials are found.
    environment: Environment,
    /// The registries that the user has named, and not a project alone.
    known: BTreeSet<String>,
    /// Whether what is configured counts.
    is_open: [bool; 2],
}

/// What is asked, a list with `,` between; and what is written. Set but empty, there is none, whatever is configured.
pub const VARIABLES: [&str; 2] = ["WASMPACK_CACHE_FROM", "WASMPACK_CACHE_TO"];

impl Sharing {
    /// What flags and variables say.
    ///
    /// # Errors
    /// When a variable names what is no repository.
    pub fn typed(typed: &Typed<'_>, user: &UserConfig, environment: &Environment) -> Result<Self, Error> {
        let CacheArguments { cache_from, cache_to } = &typed.source.cache;
        let to: Vec<_> = cache_to.iter().cloned().collect();
        let said = |flags: &[Repository], name: &'static str| {
            let variable = || environment.get_even_empty(name).map(|text| listed(text, name)).transpose();
            if flags.is_empty() { variable() } else { Ok(Some(flags.to_vec())) }
        };
        let (from, to) = (said(cache_from, VARIABLES[0])?, said(&to, VARIABLES[1])?);
        let is_offline =
            typed.source.offline || typed.source.frozen || environment.is_true("CARGO_NET_OFFLINE");
        let is_open = [&from, &to].map(|said| said.is_none() && !is_offline);
        let [from, to] = [from, to].map(|said| said.filter(|_| !is_offline).unwrap_or_default());
        let known = from.iter().chain(&to).chain(user.caches()).map(|cache| cache.host().to_owned());
        let images = typed.image.tag.iter().cloned().chain(user.repository(environment));
        let images =
            images.filter_map(|image| image.parse::<Reference>().ok()?.host().map(ToOwned::to_owned));
        let known = known.chain(images).collect();
        let (registry, environment) = (typed.registry.clone(), environment.clone());
        Ok(Self { from, to, registry, environment, known, is_open })
    }

    /// Where credentials for a repository are found. Variables hold those of no registry in particular, and whoever has written a
    /// project may have named one to learn them; what is kept of logins is kept by registry.
    #[must_use]
    pub fn environment_of(&self, repository: &Repository) -> Cow<'_, Environment> {
        if self.known.contains(repository.host()) {
            Cow::Borrowed(&self.environment)
        } else {
            Cow::Owned(self.environment.without(&credentials::VARIABLES))
        }
    }

    /// Whether variables say who we are, and this repository is not told.
    #[must_use]
    pub fn withholds(&self, repository: &Repository) -> bool {
        let is_said = credentials::VARIABLES.iter().any(|name| self.environment.get(name).is_some());
        is_said && !self.known.contains(repository.host())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.is_empty() && self.to.is_empty()
    }

    /// What is configured of a package: the cache is one for all of a workspace.
    pub fn add(&mut self, config: &config::Build) {
        let from = config.cache_from.iter().flatten();
        for (repositories, is_open, configured) in [
            (&mut self.from, self.is_open[0], from.collect::<Vec<_>>()),
            (&mut self.to, self.is_open[1], config.cache_to.iter().collect()),
        ] {
            for repository in configured.into_iter().filter(|_| is_open).map(|word| &word.value) {
                if !repositories.contains(repository) {
                    repositories.push(repository.clone());
                }
            }
        }
    }
}

fn listed(text: &str, name: &'static str) -> Result<Vec<Repository>, Error> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let repositories = parts.map(str::parse).collect::<Result<_, _>>();
    repositories.map_err(|problem| Error::CacheVariable { name, problem })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::args::{ImageArguments, OptimizeArguments, SourceArguments};

    fn sharing(words: &[&str], variables: &[(&str, &str)]) -> Sharing {
        #[derive(clap::Parser)]
        struct Arguments {
            #[command(flatten)]
            source: SourceArguments,
        }
        let source = <Arguments as clap::Parser>::parse_from([&[""], words].concat()).source;
        let typed = Typed {
            path: None,
            source: &source,
            optimize: &OptimizeArguments::default(),
            image: ImageArguments::NONE,
            outputs: &[],
            registry: RegistryArguments::none(),
            partition: None,
        };
        let user = UserConfig::default();
        let mut sharing = Sharing::typed(&typed, &user, &Environment::with(variables)).unwrap();
        for config in [
            json!({"cache-from": ["a.io/config"], "cache-to": "a.io/config"}),
            json!({"cache-from": ["a.io/config", "b.io/config"]}),
            json!({}),
        ] {
            sharing.add(&serde_json::from_value(config).unwrap());
        }
        sharing
    }

    fn of(words: &[&str], variables: &[(&str, &str)]) -> [String; 2] {
        let sharing = sharing(words, variables);
        [sharing.from, sharing.to]
            .map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn flags_go_before_variables_and_these_before_what_is_configured() {
        let from = "--cache-from=a.io/flag";
        assert_eq!(of(&[], &[]), ["a.io/config b.io/config", "a.io/config"]);
        assert_eq!(of(&[from, "--cache-from=b.io/flag"], &[]), ["a.io/flag b.io/flag", "a.io/config"]);
        let variables = [(VARIABLES[0], "a.io/x, b.io/x"), (VARIABLES[1], "a.io/x")];
        assert_eq!(of(&[], &variables), ["a.io/x b.io/x", "a.io/x"]);
        assert_eq!(of(&[from], &variables), ["a.io/flag", "a.io/x"]);
        assert_eq!(of(&["--cache-to=a.io/flag"], &variables), ["a.io/x b.io/x", "a.io/flag"]);
        assert_eq!(of(&[], &VARIABLES.map(|name| (name, ""))), ["", ""]);
    }

    #[test]
    fn a_registry_that_only_a_project_names_is_not_told_what_variables_say() {
        let password = credentials::VARIABLES.map(|name| (name, "secret"));
        let token = |words: &[&str], more: &[(&'static str, &'static str)]| {
            let sharing = sharing(words, &[&password, more].concat());
            let told = sharing.from.iter().map(|cache| {
                let is_told = sharing.environment_of(cache).get(credentials::VARIABLES[0]).is_some();
                assert_eq!(sharing.withholds(cache), !is_told);
                is_told
            });
            told.collect::<Vec<_>>()
        };
        assert_eq!(token(&[], &[]), [false, false]);
        assert_eq!(token(&["--cache-to=a.io/flag"], &[]), [true, false]);
        assert_eq!(token(&["--cache-from=c.io/flag"], &[]), [true]);
        assert_eq!(token(&[], &[("WASMPACK_REPO", "b.io/acme")]), [false, true]);
        assert_eq!(token(&[], &[(VARIABLES[0], "b.io/x,c.io/x")]), [true, true]);
        assert!(!sharing(&[], &[]).withholds(&"a.io/config".parse().unwrap()));
    }

    #[test]
    fn who_wants_no_network_shares_nothing() {
        for words in [["--offline", "--cache-to=a.io/flag"], ["--frozen", "--cache-from=a.io/flag"]] {
            assert_eq!(of(&words, &[]), ["", ""]);
        }
        assert_eq!(of(&[], &[("CARGO_NET_OFFLINE", "true"), (VARIABLES[0], "a.io/x")]), ["", ""]);
    }
}
