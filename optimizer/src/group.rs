//! Where a function comes from, as its name tells it.

/// The group of functions without names.
pub(crate) const UNNAMED: &str = "(no name)";
/// The group of functions of C++ that are in no namespace.
const CPP: &str = "(c++)";
/// The group of functions of C and the linker, and of what is exported by its own name.
const C: &str = "(c)";
/// The crate of methods on types that belong to no crate. Only the standard library can have those.
const PRIMITIVE: &str = "core";

/// The group of a function with this name, which is not mangled any more: a crate, a namespace, a package, or a
/// language in parentheses.
pub(crate) fn of(name: &str) -> &str {
    /// How Binaryen calls what several functions were merged into, before the name of the first.
    const MERGED: &str = "byn$mgfn-shared$";
    let name = name.strip_prefix(MERGED).unwrap_or(name);
    if let Some(inside) = name.strip_prefix('<') {
        of_method(inside)
    } else if name.contains("::") || name.contains('(') && !name.contains(".(") {
        namespace(name).unwrap_or(CPP)
    } else if name.starts_with("_Z") {
        CPP
    } else {
        package(name).unwrap_or(C)
    }
}

/// The crate of Rust's `<T as Trait>::f`: that of `T`, or, if `T` is a parameter or a primitive type, that of the trait.
fn of_method(inside: &str) -> &str {
    let (of, interface) = as_trait(inside);
    first(of).or_else(|| first(interface?)).unwrap_or(PRIMITIVE)
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
fn first(of: &str) -> Option<&str> {
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

/// The outermost namespace or class of `int acme::get<std::pair<int, int>>(int) const`.
fn namespace(function: &str) -> Option<&str> {
    const ANONYMOUS: &str = "(anonymous namespace)";
    let (mut start, mut depth, mut outermost) = (0, 0_usize, None);
    for (place, c) in function.char_indices() {
        let rest = &function[place..];
        match c {
            'o' if depth == 0 && is_operator(rest) => break,
            ':' if rest.starts_with("::") && depth == 0 && outermost.is_none() => {
                let name = &function[start..place];
                outermost = Some(name.split_once('<').map_or(name, |(name, _)| name));
            }
            '(' if depth == 0 && !rest.starts_with(ANONYMOUS) => break,
            // What came before was the type of the result, or `virtual thunk to`.
            ' ' if depth == 0 => (start, outermost) = (place + 1, None),
            '<' | '(' => depth += 1,
            '>' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    outermost
}

/// Whether `operator<<` or the like stands there, in which a bracket is none.
fn is_operator(rest: &str) -> bool {
    let after = rest.strip_prefix("operator");
    after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

/// `encoding/json` of Go's `encoding/json.(*Decoder).Decode`, `fmt` of Zig's `fmt.format`.
fn package(function: &str) -> Option<&str> {
    /// What compilers and linkers of C put behind a dot.
    const SUFFIXES: [&str; 7] = ["constprop", "part", "isra", "cold", "llvm", "lto_priv", "command_export"];
    let folders = function.rfind('/').map_or(0, |slash| slash + 1);
    let (name, rest) = function[folders..].split_once('.')?;
    let is_suffix = rest.starts_with(|c: char| c.is_ascii_digit()) || rest.is_empty();
    let suffix = rest.split('.').next().unwrap_or_default();
    (!name.is_empty() && !is_suffix && !SUFFIXES.contains(&suffix)).then(|| &function[..folders + name.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demangled;

    fn of_symbol(symbol: &str) -> String {
        of(&demangled(symbol)).to_owned()
    }

    #[test]
    fn functions_of_rust_belong_to_crates() {
        let groups = [
            "_ZN4core9panicking5panic17h0123456789abcdefE",
            "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$9write_str17h0123456789abcdefE",
            "_ZN44_$LT$$RF$T$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE",
            "_RNvCs1234_7mycrate3foo",
            "_RNvYNtCs1234_7mycrate3FooNtNtCs5678_4core3fmt5Write9write_fmt",
        ]
        .map(of_symbol);
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
            "operators::call",
        ]
        .map(of);
        assert_eq!(crates, ["alloc", "core", "d", "core", "c", "core", "core", "regex", "operators"]);
    }

    #[test]
    fn functions_of_cpp_belong_to_namespaces_and_others_to_their_language() {
        let groups = [
            "_ZNSt6vectorIiE4sizeEv",
            "_ZNSt3__212basic_stringIcE6appendEPKc",
            "_ZNKSs4sizeEv",
            "_ZSt4moveIiEvv",
            "_ZNK4acme5Thing3getEv",
            "_ZZN4acme4makeEvENKUlvE_clEv",
            "_ZN12_GLOBAL__N_16helperEv",
            "_Z3addii",
            "_Znwm",
            "_Zwhatever",
            "printf_core",
            "_start",
        ]
        .map(of_symbol);
        assert_eq!(groups[..7], ["std", "std", "std", "std", "acme", "acme", "(anonymous namespace)"]);
        assert_eq!(groups[7..], ["(c++)", "(c++)", "(c++)", "(c)", "(c)"]);
    }

    /// Most linkers have demangled the names of C++ already.
    #[test]
    fn namespaces_come_after_the_type_of_the_result() {
        let groups = [
            "std::__2::locale::locale()",
            "char* snappy::EmitCopy<false>(char*, unsigned long)",
            "std::ostream<char, std::traits<char>>& acme::print<int>(std::ostream<char>&)",
            "virtual thunk to std::__2::basic_istream<char>::~basic_istream().1",
            "Box<acme::Item>::get() const",
            "(anonymous namespace)::helper(acme::Item)",
            "std::ostream& operator<<(std::ostream&, acme::Item const&)",
            "operator new(unsigned long)",
            "add(std::pair<int, int>)",
            "byn$mgfn-shared$std::get()",
        ]
        .map(of);
        assert_eq!(groups[..6], ["std", "snappy", "acme", "std", "Box", "(anonymous namespace)"]);
        assert_eq!(groups[6..], ["(c++)", "(c++)", "(c++)", "std"]);
    }

    #[test]
    fn functions_of_go_and_zig_belong_to_packages() {
        let functions = [
            "runtime.mallocgc",
            "encoding/json.(*Decoder).Decode",
            "gopkg.in/yaml%2ev3.parse",
            "fmt.format__anon_12",
        ];
        assert_eq!(functions.map(of), ["runtime", "encoding/json", "gopkg.in/yaml%2ev3", "fmt"]);
        let functions =
            ["__dtor.33", "parse.constprop.0", "tick.llvm.123", "_start.command_export", ".x", "memcpy"];
        assert_eq!(functions.map(of), ["(c)"; 6]);
    }
}
