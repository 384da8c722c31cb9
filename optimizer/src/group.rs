//! Where a function comes from, as its mangled name tells it.

use crate::demangled;

/// The group of functions without names.
pub(crate) const UNNAMED: &str = "(no name)";
/// The group of functions of C++ that are in no namespace.
const CPP: &str = "(c++)";
/// The group of functions whose names are not mangled: those of C, of the linker, and what is exported by its own name.
const C: &str = "(c)";
/// The crate of methods on types that belong to no crate. Only the standard library can have those.
const PRIMITIVE: &str = "core";

/// The group of a function with this symbol: a crate, a namespace, or a language in parentheses.
pub(crate) fn of(symbol: &str) -> String {
    if rustc_demangle::try_demangle(symbol).is_ok() {
        of_rust(&demangled(symbol)).to_owned()
    } else if let Some(cpp) = symbol.strip_prefix("_Z") {
        of_cpp(cpp).to_owned()
    } else {
        C.to_owned()
    }
}

/// The crate of `core::fmt::write`. A `<T as Trait>::f` belongs to the crate of `T`, or, if `T` is a parameter or a
/// primitive type, to that of the trait.
fn of_rust(path: &str) -> &str {
    let Some(inside) = path.strip_prefix('<') else { return crate_of(path).unwrap_or(path) };
    let (of, interface) = as_trait(inside);
    crate_of(of).or_else(|| crate_of(interface?)).unwrap_or(PRIMITIVE)
}

/// `T as Trait>::f` in its two halves, if it has two.
fn as_trait(inside: &str) -> (&str, Option<&str>) {
    const AS: &str = " as ";
    let mut depth = 0_usize;
    for (place, c) in inside.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if inside[..place].ends_with('-') => {}
            '>' if depth == 0 => return (&inside[..place], None),
            '>' => depth -= 1,
            ' ' if depth == 0 && inside[place..].starts_with(AS) => {
                return (&inside[..place], Some(&inside[place + AS.len()..]));
            }
            _ => {}
        }
    }
    (inside, None)
}

/// The first part of a path, past `&mut`, `dyn`, `[` and the like.
fn crate_of(of: &str) -> Option<&str> {
    const WORDS: [&str; 6] = ["mut ", "const ", "dyn ", "impl ", "unsafe ", "for<'a> "];
    let mut rest = of;
    loop {
        let trimmed = rest.trim_start_matches(['&', '*', '[', '(', '<', ' ']);
        let word = WORDS.iter().find_map(|word| trimmed.strip_prefix(word));
        match word {
            Some(shorter) => rest = shorter,
            None if trimmed.len() < rest.len() => rest = trimmed,
            None => break,
        }
    }
    let (name, _) = rest.split_once("::")?;
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// The outermost namespace or class of an Itanium name, without its `_Z`
/// (<https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling>).
fn of_cpp(mangled: &str) -> &str {
    let encoding = past_thunk(mangled).trim_start_matches('Z');
    let Some(nested) = encoding.strip_prefix('N') else {
        return if encoding.starts_with("St") { "std" } else { CPP };
    };
    let name = nested.trim_start_matches(['r', 'V', 'K', 'R', 'O']);
    // `St` is `std`, the others are its classes that everybody uses: `Ss` is `std::string`.
    if name.starts_with('S') {
        return "std";
    }
    let digits = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
    let (length, rest) = name.split_at(digits);
    let outermost = length.parse().ok().and_then(|length: usize| rest.get(..length));
    match outermost {
        Some(anonymous) if anonymous.starts_with("_GLOBAL__N_") => "(anonymous namespace)",
        Some(name) => name,
        None => CPP,
    }
}

/// What a thunk (`Thn8_`, `Tv0_n24_`) or a guard (`GV`) is for.
fn past_thunk(mangled: &str) -> &str {
    if let Some(guarded) = mangled.strip_prefix("GV") {
        return guarded;
    }
    let offsets = |count: usize| mangled.splitn(count + 1, '_').nth(count).unwrap_or(mangled);
    match mangled.as_bytes() {
        [b'T', b'h', ..] => offsets(1),
        [b'T', b'v', ..] => offsets(2),
        _ => mangled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_rust_belong_to_crates() {
        let groups = [
            "_ZN4core9panicking5panic17h0123456789abcdefE",
            "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$9write_str17h0123456789abcdefE",
            "_ZN44_$LT$$RF$T$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE",
            "_RNvCs1234_7mycrate3foo",
            "_RNvYNtCs1234_7mycrate3FooNtNtCs5678_4core3fmt5Write9write_fmt",
        ]
        .map(of);
        assert_eq!(groups, ["core", "alloc", "core", "mycrate", "mycrate"]);
    }

    #[test]
    fn a_method_belongs_to_its_type_and_else_to_its_trait() {
        let crates = [
            "<T as alloc::string::ToString>::to_string",
            "<&mut W as core::fmt::Write>::write_str",
            "<<A as b::B>::C as d::D>::f",
            "<dyn core::any::Any>::is",
            "<fn(a::A) -> b::B as c::C>::f",
            "<[u8]>::concat",
            "core::fmt::num::<impl core::fmt::Debug for u32>::fmt",
            "<regex::main::{closure#0} as core::ops::FnOnce<()>>::call_once",
        ]
        .map(of_rust);
        assert_eq!(crates, ["alloc", "core", "d", "core", "c", "core", "core", "regex"]);
    }

    #[test]
    fn functions_of_cpp_belong_to_namespaces_and_others_to_their_language() {
        let groups = [
            "_ZNSt6vectorIiE4sizeEv",
            "_ZNSt3__212basic_stringIcE6appendEPKc",
            "_ZNKSs4sizeEv",
            "_ZSt4moveIiEvv",
            "_ZNK4acme5Thing3getEv",
            "_ZThn8_N4acme5Thing3getEv",
            "_ZTv0_n24_N4acme5ThingD0Ev",
            "_ZZN4acme4makeEvENKUlvE_clEv",
            "_ZN12_GLOBAL__N_15helperEv",
            "_Z3addii",
            "_Znwm",
            "printf_core",
            "_start",
        ]
        .map(of);
        let expected = ["std", "std", "std", "std", "acme", "acme", "acme", "acme", "(anonymous namespace)"];
        assert_eq!(groups[..9], expected);
        assert_eq!(groups[9..], ["(c++)", "(c++)", "(c)", "(c)"]);
    }
}
