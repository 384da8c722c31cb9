//! One call of a function of WASI, read from what `tracing` tells of it.

use std::collections::HashMap;
use std::fmt;

use tracing::field::{Field, Visit};

use crate::Subject;
use crate::audit::{self, Names};

/// The fields of a span or event, as text.
#[derive(Debug, Default)]
pub(crate) struct Fields(HashMap<&'static str, String>);

impl Fields {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

/// A path among the arguments, and the handle of the folder it is below.
#[derive(Debug)]
struct Path {
    folder: Option<u64>,
    text: String,
}

/// A call.
#[derive(Debug)]
pub(crate) struct Call {
    /// `wasi_snapshot_preview1`, or `wasi:filesystem/types`.
    pub(crate) interface: String,
    pub(crate) function: String,
    paths: Vec<Path>,
    arguments: Fields,
    result: String,
}

/// The names of arguments that are paths, and of those that may be their folders, the nearest first.
const PATHS: &[(&str, &[&str])] = &[
    ("path", &["fd", "self_"]),
    ("old_path", &["old_fd", "fd", "self_"]),
    ("new_path", &["new_fd", "new_descriptor", "fd", "self_"]),
];

/// The names of arguments that say on what something is done.
const HANDLES: &[&str] = &["fd", "self_", "this", "request"];

/// The names of arguments that say where to.
const ADDRESSES: &[&str] = &["remote_address", "local_address", "name"];

/// What functions do that change files; `path_open` and `open-at` may.
const WRITES: &[&str] = &[
    "allocate",
    "set_size",
    "set-size",
    "set_times",
    "set-times",
    "write",
    "create_directory",
    "create-directory",
    "link",
    "remove_directory",
    "remove-directory",
    "rename",
    "symlink",
    "unlink",
    "append",
    "splice",
];

impl Call {
    pub(crate) fn new(interface: String, function: String) -> Self {
        Self { interface, function, paths: Vec::new(), arguments: Fields::default(), result: String::new() }
    }

    /// Takes its arguments, or its result.
    pub(crate) fn tell(&mut self, fields: Fields) {
        if fields.0.contains_key("result") {
            self.result = fields.text("result").to_owned();
            return;
        }
        for (path, folders) in PATHS {
            if let Some(path) = fields.0.get(path) {
                let folder = folders.iter().find_map(|folder| fields.0.get(folder));
                self.paths.push(Path { folder: folder.and_then(|folder| handle(folder)), text: text(path) });
            }
        }
        self.arguments = fields;
    }

    /// Whether the host said no.
    pub(crate) fn is_refused(&self) -> bool {
        let result = self.result.to_ascii_lowercase();
        result.starts_with("err")
            && ["acces", "perm", "notcapable", "denied"].iter().any(|word| result.contains(word))
    }

    /// Whether it writes.
    pub(crate) fn is_write(&self) -> bool {
        let of = |names: &[&str], words: &[&str]| {
            names.iter().any(|name| {
                words.iter().any(|word| self.arguments.text(name).to_ascii_lowercase().contains(word))
            })
        };
        match &*self.function {
            "path_open" => {
                of(&["oflags"], &["creat", "trunc", "excl"]) || of(&["fs_rights_base"], &["fd_write"])
            }
            "[method]descriptor.open-at" => {
                of(&["open_flags"], &["create", "trunc", "excl"]) || of(&["flags"], &["write"])
            }
            "path_readlink" | "[method]descriptor.readlink-at" => false,
            function => WRITES.iter().any(|word| function.contains(word)),
        }
    }

    /// What it is about. Handles that it gives get their names by it.
    pub(crate) fn subjects(&self, names: &mut Names) -> Vec<Subject> {
        let on = HANDLES.iter().find_map(|name| handle(self.arguments.0.get(name)?));
        let paths = self.paths.iter().map(|path| Subject::File(names.below(path.folder, &path.text)));
        let mut subjects: Vec<_> = paths.collect();
        if subjects.is_empty() {
            let address = ADDRESSES.iter().find_map(|name| self.arguments.0.get(name));
            let stream = ["stdin", "stdout", "stderr"].into_iter().find(|name| self.function.ends_with(name));
            let subject = match (address, stream, on.and_then(|on| names.of(on))) {
                (Some(address), ..) => Subject::Address(shown(address)),
                (_, Some(stream), _) => Subject::Stream(stream),
                (_, _, Some(subject)) => subject.clone(),
                _ => Subject::None,
            };
            subjects.push(subject);
        }
        if let (Some(given), Some(subject)) = (self.given(), subjects.first()) {
            names.set(given, subject.clone());
        }
        subjects
    }

    /// The handle that stands for what it is about from now on.
    fn given(&self) -> Option<u64> {
        match &*self.function {
            "fd_renumber" if self.result.starts_with("Ok") => handle(self.arguments.text("to")),
            _ => handle_in_result(&self.result),
        }
    }
}

/// The number in `Fd(3)`, `Resource { rep: 3, .. }`, `3`.
fn handle(told: &str) -> Option<u64> {
    let digits = told.split_once("rep: ").map_or(told, |(_, rest)| rest);
    let digits = digits.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The handle that a function gave.
fn handle_in_result(result: &str) -> Option<u64> {
    (result.contains("rep: ") || result.starts_with("Ok(Fd")).then(|| handle(result)).flatten()
}

/// A path as it is told: `"a/b"`, or `*guest 0x400/8`, where it was read before.
fn text(told: &str) -> String {
    match told.strip_prefix("*guest ") {
        Some(_) => audit::seen().unwrap_or_default(),
        None => unquoted(told),
    }
}

fn unquoted(told: &str) -> String {
    told.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(told).to_owned()
}

/// An address or a name as people write it.
fn shown(told: &str) -> String {
    let number = |rest: &str| {
        rest.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty()).map(str::to_owned)
    };
    let Some(port) = told.split_once("port: ").and_then(|(_, rest)| number(rest)) else {
        return unquoted(told);
    };
    let inside = told.split_once("address: (").and_then(|(_, rest)| rest.split_once(')'));
    let parts: Vec<u16> = inside
        .map(|(parts, _)| parts.split(',').filter_map(|part| part.trim().parse().ok()).collect())
        .unwrap_or_default();
    match parts[..] {
        [a, b, c, d] => format!("{a}.{b}.{c}.{d}:{port}"),
        [a, b, c, d, e, f, g, h] => format!("[{}]:{port}", std::net::Ipv6Addr::new(a, b, c, d, e, f, g, h)),
        _ => told.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_that_gets_another_number_keeps_its_name() {
        let mut names = Names::default();
        names.set(5, Subject::File("/data/a".to_owned()));
        let renumber = |to: &str, result: &str| {
            let mut call = Call::new("wasi_snapshot_preview1".to_owned(), "fd_renumber".to_owned());
            let arguments = [("fd", "Fd(5)".to_owned()), ("to", to.to_owned())];
            call.tell(Fields(HashMap::from(arguments)));
            call.tell(Fields(HashMap::from([("result", result.to_owned())])));
            call
        };
        let about = [Subject::File("/data/a".to_owned())];
        assert_eq!(renumber("Fd(6)", "Ok(())").subjects(&mut names), about);
        assert_eq!(names.of(6), about.first());
        assert_eq!(renumber("Fd(7)", "Err(Badf)").subjects(&mut names), about);
        assert_eq!(names.of(7), None);
    }

    #[test]
    fn handles_and_addresses_are_read_from_what_is_told() {
        assert_eq!(handle("Fd(3)"), Some(3));
        assert_eq!(handle("Resource { rep: 12, state: 0 }"), Some(12));
        assert_eq!(handle("nothing"), None);
        assert_eq!(handle_in_result("Ok(Fd(7))"), Some(7));
        assert_eq!(handle_in_result("Ok(7)"), None);
        let address = "Ipv4(Ipv4SocketAddress { port: 80, address: (127, 0, 0, 1) })";
        assert_eq!(shown(address), "127.0.0.1:80");
        let address = "Ipv6(Ipv6SocketAddress { port: 80, flow_info: 0, address: (0, 0, 0, 0, 0, 0, 0, 1), scope_id: 0 })";
        assert_eq!(shown(address), "[::1]:80");
        assert_eq!(shown("\"example.org\""), "example.org");
    }
}
