//! What programs expect of a system and WASI lacks, recognised in what compilers and linkers say.

use std::collections::BTreeSet;

/// Something that is not to be had, or not without asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// C++ exceptions, where the standard library is built without.
    Exceptions,
    /// `setjmp` and `longjmp`.
    Setjmp,
    /// Threads, and what guards them.
    Threads,
    /// Sockets: WASI's first version has none that a program can open.
    Sockets,
    /// Other processes.
    Processes,
    /// Something that the C library emulates in a library of its own: `signal`, `mman`, `getpid` ...
    Emulated(Vec<String>),
    /// Users, groups, permissions, limits, and what a program can do to its descriptors.
    Owners,
    /// What is built would have to run here, or was built by the host's own compiler.
    Host,
    /// A header of a library that is not part of the toolchain.
    Header(String),
}

const SETJMP: [&str; 5] = ["setjmp", "longjmp", "_setjmp", "sigsetjmp", "siglongjmp"];
const SOCKETS: [&str; 7] =
    ["socket", "connect", "bind", "listen", "getaddrinfo", "gethostbyname", "inet_addr"];
const PROCESSES: [&str; 10] =
    ["fork", "vfork", "execv", "execve", "execvp", "execl", "execlp", "system", "popen", "waitpid"];

const OWNERS: [&str; 20] = [
    "chown",
    "fchown",
    "lchown",
    "chmod",
    "fchmod",
    "fchmodat",
    "umask",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "setuid",
    "setgid",
    "getpwuid",
    "getpwnam",
    "setrlimit",
    "getrlimit",
    "mkstemp",
    "dup",
    "dup2",
];

impl Lack {
    /// The first thing in `text` that explains why it was said.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if ["with exceptions disabled", "__cxa_throw", "__cxa_allocate_exception"]
            .iter()
            .any(|mark| text.contains(mark))
        {
            return Some(Self::Exceptions);
        }
        let emulated: BTreeSet<_> = text.lines().filter_map(emulated).collect();
        if !emulated.is_empty() {
            return Some(Self::Emulated(emulated.into_iter().map(ToOwned::to_owned).collect()));
        }
        if text.contains("Setjmp/longjmp support requires") {
            return Some(Self::Setjmp);
        }
        text.lines().find_map(of_line)
    }

    /// The way out.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Exceptions => NO_EXCEPTIONS.to_owned(),
            Self::Setjmp => NO_SETJMP.to_owned(),
            Self::Threads => NO_THREADS.to_owned(),
            Self::Sockets => NO_SOCKETS.to_owned(),
            Self::Processes => NO_PROCESSES.to_owned(),
            Self::Owners => NO_OWNERS.to_owned(),
            Self::Host => NO_HOST.to_owned(),
            Self::Emulated(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("\"wasi-emulated-{name}\"")).collect();
                format!("the C library can emulate this: add {} to `link` in `[build]`", names.join(", "))
            }
            Self::Header(name) => format!(
                "if `{name}` is the project's own, name its folder in `include` of `[build]`; if it is a library's, put \
                 the library's sources beside the project and name them in `sources`: WASI has no packages of libraries"
            ),
        }
    }
}

const NO_EXCEPTIONS: &str = "the C++ standard library here is built without exceptions, which `throw` and `try` take: set \
    WASI_SDK_PATH to a wasi-sdk whose library has them, and `exceptions = true` in `[build]`; or return errors as values";
const NO_SETJMP: &str = "`setjmp` takes WebAssembly's exception handling and a C library that has it, as those of \
    wasi-sdk 25 and later: set WASI_SDK_PATH to one, and `exceptions = true` in `[build]`";
const NO_THREADS: &str = "a WASI program has one thread: build without threads \
    (many libraries have a macro or an option for that)";
const NO_SOCKETS: &str = "a program for `wasm32-wasip1` cannot open sockets: build without networking, \
    or write the service in Rust for `wasm32-wasip2`";
const NO_PROCESSES: &str =
    "a WASI program cannot start or wait for other processes: leave that part out with a macro";

const NO_OWNERS: &str = "WASI has no users, permissions or limits, and no copies of descriptors: leave these calls out \
    with a macro, or give them a meaning: `define = [\"chown(path,user,group)=0\"]` in `[build]`";
const NO_HOST: &str = "what is built here is WebAssembly: a makefile that names `gcc` itself should say `$(CC)`, and what \
    it builds cannot be run while building";

/// Headers say which library has what they lack.
fn emulated(line: &str) -> Option<&str> {
    between(line, "link with -lwasi-emulated-", |c| c.is_ascii_lowercase() || c == '-')
}

fn of_line(line: &str) -> Option<Lack> {
    if let Some(header) =
        between(line, "fatal error: '", |c| c != '\'').filter(|_| line.contains("file not found"))
    {
        return Some(match header {
            "setjmp.h" => Lack::Setjmp,
            "threads.h" | "pthread.h" => Lack::Threads,
            "netdb.h" | "sys/un.h" | "net/if.h" => Lack::Sockets,
            "sys/wait.h" | "spawn.h" => Lack::Processes,
            "pwd.h" | "grp.h" | "sys/resource.h" => Lack::Owners,
            header => Lack::Header(header.to_owned()),
        });
    }
    if ["file format not recognized", "Exec format error", "cannot execute binary file"]
        .iter()
        .any(|mark| line.contains(mark))
    {
        return Some(Lack::Host);
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    // As CMake has it.
    match between(line, "Could NOT find ", is_name) {
        Some("Threads") => return Some(Lack::Threads),
        Some(package) => return Some(Lack::Header(package.to_owned())),
        None => {}
    }
    let marks = [
        "undefined symbol: ",
        "undeclared function '",
        "undeclared identifier '",
        "undeclared library function '",
    ];
    let name = marks.iter().find_map(|mark| between(line, mark, is_name));
    let of_std = between(line, "no member named '", is_name).filter(|_| line.contains("namespace 'std'"));
    match (name, of_std) {
        (Some(name), _) if SETJMP.contains(&name) => Some(Lack::Setjmp),
        (Some(name), _) if name.starts_with("pthread_") || name.starts_with("thrd_") => Some(Lack::Threads),
        (Some(name), _) if SOCKETS.contains(&name) => Some(Lack::Sockets),
        (Some(name), _) if PROCESSES.contains(&name) => Some(Lack::Processes),
        (Some(name), _) if OWNERS.contains(&name) => Some(Lack::Owners),
        // No header says who has these.
        (Some("clock" | "times"), _) => Some(Lack::Emulated(vec!["process-clocks".to_owned()])),
        (Some("getpid"), _) => Some(Lack::Emulated(vec!["getpid".to_owned()])),
        (_, Some("thread" | "jthread" | "mutex" | "condition_variable" | "async" | "future")) => {
            Some(Lack::Threads)
        }
        _ => None,
    }
}

/// What follows `mark`, as long as `belongs` holds; nothing if that is empty.
fn between<'a>(text: &'a str, mark: &str, belongs: impl Fn(char) -> bool) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|found| !found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    // As clang 22 and wasm-ld 22 write them.
    #[test]
    fn what_compilers_and_linkers_say_is_understood() {
        let cases = [
            ("a.cc:3:5: error: cannot use 'throw' with exceptions disabled", Lack::Exceptions),
            ("wasm-ld-22: error: a.o: undefined symbol: __cxa_throw", Lack::Exceptions),
            ("a.c:1:10: fatal error: 'setjmp.h' file not found", Lack::Setjmp),
            ("setjmp.h:4:2: error: Setjmp/longjmp support requires Exception handling support", Lack::Setjmp),
            ("wasm-ld: error: a.o: undefined symbol: pthread_create", Lack::Threads),
            ("a.cc:4:8: error: no member named 'thread' in namespace 'std'", Lack::Threads),
            ("wasm-ld: error: a.o: undefined symbol: socket", Lack::Sockets),
            ("a.c:5:3: error: call to undeclared function 'fork'; ISO C99 and later", Lack::Processes),
            (
                "clang -lwasi-emulated-mman a.c\n#error \"... link with -lwasi-emulated-signal\"\n\
                 times.h:2:2: error: ... link with -lwasi-emulated-process-clocks",
                Lack::Emulated(vec!["process-clocks".into(), "signal".into()]),
            ),
            ("a.c:1:10: fatal error: 'zlib.h' file not found", Lack::Header("zlib.h".into())),
            ("  Could NOT find Threads (missing: Threads_FOUND)", Lack::Threads),
            ("  Could NOT find ZLIB (missing: ZLIB_LIBRARY)", Lack::Header("ZLIB".into())),
            ("wasm-ld: error: a.o: undefined symbol: clock", Lack::Emulated(vec!["process-clocks".into()])),
            ("wasm-ld: error: a.o: undefined symbol: getpid", Lack::Emulated(vec!["getpid".into()])),
            ("a.c:3:3: error: call to undeclared function 'fchown'; ISO C99", Lack::Owners),
            ("/bin/sh: 1: ./gen: Exec format error", Lack::Host),
        ];
        for (text, lack) in cases {
            assert_eq!(Lack::of(text), Some(lack), "{text}");
        }
    }

    #[test]
    fn a_mistake_of_the_users_own_is_not_explained() {
        for text in
            ["a.c:2:1: error: expected ';'", "undefined symbol: my_function", "undeclared identifier 'x'"]
        {
            assert_eq!(Lack::of(text), None, "{text}");
        }
    }
}
