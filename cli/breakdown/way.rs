//! Names of functions that fit into a line, and ways of several.

/// How long the name of a function may be, in characters.
pub const NAME: usize = 96;
/// How long it may be on a way, where there are several in a line.
const STEP: usize = 40;

/// A name cut to a length: what comes first says where it belongs, what comes last what it is.
#[must_use]
pub fn shortened(name: &str, longest: usize) -> String {
    let count = name.chars().count();
    if count <= longest {
        return name.to_owned();
    }
    let end = longest / 2;
    let start = longest - end - 1;
    let chars = name.chars();
    format!(
        "{}…{}",
        chars.clone().take(start).collect::<String>(),
        chars.skip(count - end).collect::<String>()
    )
}

/// `_start → main → … → regex::compile → regex::new`: the way to something, from an export to whoever holds on to it.
#[must_use]
pub fn of(kept_by: Option<&[String]>) -> String {
    /// Of a longer way the beginning and the end are shown.
    const LONGEST: usize = 5;
    let steps = |names: &[String]| names.iter().map(|name| step(name)).collect::<Vec<_>>();
    match kept_by {
        None => "not used".to_owned(),
        Some([]) => "exported".to_owned(),
        Some(names) if names.len() <= LONGEST => steps(names).join(" → "),
        Some(names) => {
            let (first, last) = (steps(&names[..2]), steps(&names[names.len() - 2..]));
            format!("{} → … → {}", first.join(" → "), last.join(" → "))
        }
    }
}

/// A name as short as it can be told by: `regex::…::compile` of `regex::meta::Builder::compile::<u8>`.
fn step(name: &str) -> String {
    let plain = without_parameters(name);
    let (of, rest) = match plain.find(">::") {
        // `<T as Trait>::f`, each of the types without its path.
        Some(end) if plain.starts_with('<') => (Some(without_paths(&plain[..=end])), &plain[end + 3..]),
        _ => (None, plain.as_str()),
    };
    let parts: Vec<&str> = of.as_deref().into_iter().chain(rest.split("::")).collect();
    let short = match parts.as_slice() {
        [first, _, .., last] if parts.len() > 2 => format!("{first}::…::{last}"),
        _ => parts.join("::"),
    };
    shortened(&short, STEP)
}

/// A name without the parameters of the function and those of its types, and without the type of its result.
fn without_parameters(name: &str) -> String {
    let name = without_tags(name);
    let mut depth = 0_usize;
    let mut plain = String::new();
    let mut before = ' ';
    for c in name.chars() {
        match c {
            // At the beginning stands a type with its trait.
            '<' if depth > 0 || before.is_alphanumeric() || before == ':' => depth += 1,
            '>' if depth > 0 && before != '-' => depth -= 1,
            '(' if depth == 0 && !plain.is_empty() && !matches!(before, ':' | '.') => break,
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
        before = c;
    }
    let is_typed = name.contains('(') && !plain.starts_with(['<', '(']) && !plain.contains("operator");
    let name = plain.rsplit(' ').next().filter(|_| is_typed);
    name.unwrap_or(&plain).trim_end_matches(':').to_owned()
}

/// A name without what C++ libraries tag functions with: `std::get` of `std::get[abi:nqn220108]`.
fn without_tags(name: &str) -> String {
    const TAG: &str = "[abi:";
    let (mut plain, mut rest) = (String::new(), name);
    while let Some((before, tagged)) = rest.split_once(TAG)
        && let Some((_, after)) = tagged.split_once(']')
    {
        plain += before;
        rest = after;
    }
    plain + rest
}

/// `<String as Write>` of `<alloc::string::String as core::fmt::Write>`.
fn without_paths(types: &str) -> String {
    let word = |word: &str| match word.rsplit_once("::") {
        Some((path, last)) if path.starts_with('<') => format!("<{last}"),
        Some((_, last)) => last.to_owned(),
        None => word.to_owned(),
    };
    types.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_beginning_and_end() {
        assert_eq!(shortened("core::fmt::write", 16), "core::fmt::write");
        assert_eq!(shortened("core::fmt::writé", 9), "core…rité");
    }

    #[test]
    fn a_way_says_where_it_comes_from_and_where_it_ends() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of(None), "not used");
        assert_eq!(of(Some(&[])), "exported");
        assert_eq!(of(Some(&names(&["_start", "main"]))), "_start → main");
        assert_eq!(of(Some(&names(&["a", "b", "c", "d", "e", "f"]))), "a → b → … → e → f");
    }

    #[test]
    fn steps_are_as_short_as_they_can_be_told_by() {
        let steps = [
            "core::ptr::drop_in_place::<alloc::vec::Vec<u8>>",
            "<T as alloc::string::ToString>::to_string",
            "<&mut alloc::string::String as core::fmt::Write>::write_str",
            "std::vector<int>::push_back(int const&)",
            "std::vector<int>::operator[](int)",
            "float std::get[abi:nqn220108]<float>(int)",
            &format!("get{}", "[abi:a]".repeat(100_000)),
            "rg::main",
            "encoding/json.(*Decoder).Decode",
            "(table)",
            "function 12",
        ]
        .map(step);
        assert_eq!(
            steps,
            [
                "core::…::drop_in_place",
                "<T as ToString>::to_string",
                "<&mut String as Write>::write_str",
                "std::…::push_back",
                "std::…::operator[]",
                "std::get",
                "get",
                "rg::main",
                "encoding/json.(*Decoder).Decode",
                "(table)",
                "function 12",
            ]
        );
    }
}
