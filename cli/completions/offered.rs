//! What shells offer behind an option. Many are read as words or paths by whoever knows them, and clap knows nothing of them; so
//! a command line that is only made for its completions is told here.

use std::collections::BTreeSet;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, ValueHint};
use wasmpack_builder::Target;
use wasmpack_optimizer::{Capability, Level};
use wasmpack_packager::consumers::CONSUMERS;
use wasmpack_packager::sinks::load::Engine;
use wasmpack_packager::{Compression, Format, Platform};

use crate::container::Place;

/// Words that stand for several capabilities.
const GROUPS: [&str; 3] = ["files", "http", "network"];

/// The command, with what is offered behind the options of all its verbs.
#[must_use]
pub fn offering(command: Command) -> Command {
    let verbs: Vec<String> = visible(&command).collect();
    command.mut_args(offered).mut_subcommands(|verb| {
        let verb = offering(verb);
        // The pages of manuals are about the verbs beside this one.
        if verb.get_name() == "man" {
            verb.mut_arg("verb", |arg| arg.value_parser(parser(verbs.clone())))
        } else {
            verb
        }
    })
}

fn visible(command: &Command) -> impl Iterator<Item = String> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(|verb| verb.get_name().to_owned())
}

fn offered(arg: Arg) -> Arg {
    let words = words(arg.get_id().as_str());
    if !words.is_empty() {
        return arg.value_parser(parser(words));
    }
    match hint(&arg) {
        Some(hint) => arg.value_hint(hint),
        None => arg,
    }
}

/// clap wants words that live as long as the program does, which ends when the script is printed.
fn parser(words: Vec<String>) -> PossibleValuesParser {
    PossibleValuesParser::new(words.into_iter().map(|word| PossibleValue::new(&*word.leak())))
}

/// The words of which one stands behind the option with this name; none, if there are others.
fn words(option: &str) -> Vec<String> {
    fn texts<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<String> {
        all.into_iter().map(|one| one.to_string()).collect()
    }
    let engines = || texts(Engine::ALL);
    match option {
        "to" | "load" => [engines(), vec!["auto".to_owned()]].concat(),
        "engine" => {
            let is_place = |name: &String| name.parse::<Place>().is_ok();
            let engines = engines().into_iter().filter(is_place);
            [Place::Here.to_string()].into_iter().chain(engines).collect()
        }
        "format" => texts(Format::ALL),
        "platform" => texts(Platform::EVERYWHERE),
        "compress" => texts(Compression::ALL),
        "level" => texts(Level::ALL),
        "triple" => texts([Target::Wasip1, Target::Wasip2]),
        "toolchain" => texts(["clang", "wasi-sdk", "zig"]),
        "wasm_opt" => texts(["embedded", "system", "off"]),
        "allow" | "deny" => texts(GROUPS).into_iter().chain(texts(Capability::ALL)).collect(),
        "consumers" => {
            let names = CONSUMERS.iter().map(|consumer| consumer.name);
            let groups = names.clone().filter_map(|name| name.split_once('-')).map(|(group, _)| group);
            texts(names.chain(groups).collect::<BTreeSet<_>>())
        }
        _ => Vec::new(),
    }
}

/// What kind of path it is, by what stands for it in the help.
fn hint(arg: &Arg) -> Option<ValueHint> {
    // This one is in the image.
    if arg.get_id() == "entrypoint" {
        return None;
    }
    let value = arg.get_value_names()?.first()?.as_str();
    match value {
        "FILE" | "KEY" => Some(ValueHint::FilePath),
        "FOLDER" | "DIRECTORY" | "HOST[::GUEST]" => Some(ValueHint::DirPath),
        "PATH" | "OLD" | "FILE|FOLDER|-" => Some(ValueHint::AnyPath),
        _ => match arg.get_id().as_str() {
            "path" | "target" | "module" => Some(ValueHint::AnyPath),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    use crate::commands::Arguments;

    #[test]
    fn every_word_that_is_offered_is_read() {
        for word in words("to") {
            word.parse::<crate::loading::Destination>().unwrap();
        }
        for word in words("engine") {
            word.parse::<Place>().unwrap();
        }
        for word in words("allow") {
            word.parse::<wasmpack_optimizer::Rule>().unwrap();
        }
        for word in words("consumers") {
            assert!(!wasmpack_packager::consumers::named(&word).is_empty(), "{word}");
        }
        for word in words("toolchain") {
            word.parse::<wasmpack_builder::Toolchain>().unwrap();
        }
        for word in words("platform") {
            word.parse::<Platform>().unwrap();
        }
    }

    #[test]
    fn every_option_with_words_is_one_of_some_verb() {
        fn ids(command: &Command, found: &mut BTreeSet<String>) {
            found.extend(command.get_arguments().map(|arg| arg.get_id().to_string()));
            command.get_subcommands().for_each(|verb| ids(verb, found));
        }
        let mut found = BTreeSet::new();
        ids(&Arguments::command(), &mut found);
        for option in [
            "to",
            "load",
            "engine",
            "format",
            "platform",
            "compress",
            "level",
            "triple",
            "toolchain",
            "wasm_opt",
            "allow",
            "deny",
            "consumers",
        ] {
            assert!(found.contains(option) && !words(option).is_empty(), "{option}");
        }
    }
}
