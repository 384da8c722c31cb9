//! Guests that mean harm, each stopped inside its limits, and nothing of the host is touched.
//!
//! One file for each in `hostile/`, with comments that say its limits and how it ends. `denied` is an exit code other than 0, which it
//! would have had it been let.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use wasmpack_runner::{Access, Bound, Directory, Error, Exit, Invocation, Limits, record};

/// A folder that the guest is given, inside of one that it is not.
struct Box {
    outside: tempfile::TempDir,
}

impl Box {
    const SECRET: &str = "nobody's business";

    fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        let inside = outside.path().join("inside");
        fs::create_dir_all(inside.join("inner")).unwrap();
        fs::write(inside.join("note"), "a note").unwrap();
        fs::write(outside.path().join("secret"), Self::SECRET).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("..", inside.join("out")).unwrap();
        Self { outside }
    }

    fn given(&self, access: Access) -> Directory {
        Directory { host: self.outside.path().join("inside"), guest: "/".to_owned(), access }
    }

    /// That all is as it was, but for what a guest may have made inside.
    fn check(&self, name: &str) {
        let mut names: Vec<_> = fs::read_dir(self.outside.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["inside", "secret"], "{name}");
        assert_eq!(fs::read_to_string(self.outside.path().join("secret")).unwrap(), Self::SECRET, "{name}");
        assert_eq!(fs::read_to_string(self.outside.path().join("inside/note")).unwrap(), "a note", "{name}");
    }
}

/// What the comments at the top of a guest say under `key`.
fn said<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let lines = text.lines().take_while(|line| line.starts_with(";;"));
    lines.filter_map(|line| line.strip_prefix(&format!(";; {key}: "))).collect()
}

fn limits(text: &str) -> Limits {
    // What none of them comes near, unless it means to.
    let mut limits = Limits { memory_bytes: Some(128 << 20), ..Limits::default() };
    for limit in said(text, "limit") {
        let (name, value) = limit.split_once(' ').unwrap();
        match name {
            "time" => limits.time = Some(Duration::from_secs_f64(value.parse().unwrap())),
            "fuel" => limits.fuel = Some(value.parse().unwrap()),
            "memory" => limits.memory_bytes = Some(value.parse().unwrap()),
            "output" => limits.output_bytes = Some(value.parse().unwrap()),
            "handles" => limits.handles = value.parse().unwrap(),
            _ => panic!("there is no limit {name}"),
        }
    }
    limits
}

/// Whether it ended as one of the words separated by ` or ` says.
fn is_one_of(ended: &Result<Exit, Error>, ends: &str) -> bool {
    ends.split(" or ").any(|end| match (end.split_once(' ').unwrap_or((end, "")), ended) {
        (("timed", _), Ok(Exit::TimedOut)) | (("trap", ""), Ok(Exit::Trap(_))) => true,
        (("stopped", bound), Ok(Exit::Stopped(at))) => format!("{at:?}") == bound,
        (("code", expected), Ok(Exit::Code(code))) => *code == expected.parse::<i32>().unwrap(),
        (("denied", _), Ok(Exit::Code(code))) => *code != 0,
        (("trap", message), Ok(Exit::Trap(trap))) => trap.message == message,
        (("error", name), Err(error)) => format!("{error:?}").starts_with(name),
        _ => false,
    })
}

#[test]
fn every_hostile_guest_is_stopped_and_touches_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut guests: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    guests.sort();
    assert!(guests.len() >= 25, "{}", guests.len());
    for path in guests {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let place = Box::new();
        let access = match said(&text, "folder")[..] {
            [] => Access::ReadWrite,
            ["read only"] => Access::ReadOnly,
            _ => panic!("{name}: what folder?"),
        };
        let invocation = Invocation { directories: vec![place.given(access)], ..Invocation::default() };
        let began = Instant::now();
        let recorded = record(&wasm, &invocation, &limits(&text), b"", 2 << 20);
        let took = began.elapsed();
        let kept = recorded.as_ref().map_or(0, |recorded| recorded.stdout.len() + recorded.stderr.len());
        let ended = recorded.map(|recorded| recorded.exit);
        let [ends] = said(&text, "ends")[..] else { panic!("{name} does not say how it ends") };
        assert!(is_one_of(&ended, ends), "{name}: {ended:?}");
        assert!(kept <= 1_000_000, "{name} wrote {kept} bytes");
        // Far from what it takes; a guest that is not stopped takes for ever.
        assert!(took < Duration::from_secs(30), "{name} took {took:?}");
        place.check(name);
    }
}

fn refused(wasm: &[u8], limits: &Limits) -> Error {
    record(wasm, &Invocation::default(), limits, b"", 0).unwrap_err()
}

#[test]
fn a_module_that_is_too_large_is_not_even_read() {
    let wasm = wat::parse_str(r#"(module (func (export "_start")))"#).unwrap();
    let size_bytes = wasm.len() as u64;
    let limits = Limits { module_bytes: Some(size_bytes - 1), ..Limits::default() };
    assert!(
        matches!(refused(&wasm, &limits), Error::ModuleLimit { size_bytes: told, .. } if told == size_bytes)
    );
    let limits = Limits { module_bytes: Some(size_bytes), ..Limits::default() };
    assert!(record(&wasm, &Invocation::default(), &limits, b"", 0).is_ok());
}

#[test]
fn compiling_has_an_end() {
    let functions = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))\n".repeat(20_000);
    let wasm = wat::parse_str(format!(r#"(module {functions} (func (export "_start")))"#)).unwrap();
    let limits = Limits { compile_time: Some(Duration::from_millis(1)), ..Limits::default() };
    assert!(matches!(refused(&wasm, &limits), Error::CompileTime { .. }));
}

/// A component with so many instances of one module, that is a command as far as anybody can see.
fn component(instances: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $m))\n".repeat(instances);
    wat::parse_str(format!(
        r#"(component
            (core module $m (func (export "run") (result i32) (i32.const 0)))
            (core instance $first (instantiate $m))
            {instances}
            (func $run (result (result)) (canon lift (core func $first "run")))
            (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))"#
    ))
    .unwrap()
}

#[test]
fn a_component_has_a_bounded_number_of_instances() {
    let limits = Limits { instances: 20, ..Limits::default() };
    let run = |wasm: &[u8]| record(wasm, &Invocation::default(), &limits, b"", 0);
    assert_eq!(run(&component(10)).unwrap().exit, Exit::Code(0));
    assert_eq!(run(&component(30)).unwrap().exit, Exit::Stopped(Bound::Instances));
}

#[test]
fn components_in_each_other_have_an_end() {
    let mut component = wat::parse_str("(component)").unwrap();
    for _ in 0..5_000 {
        let mut outer = wat::parse_str("(component)").unwrap();
        outer.push(4);
        let mut left = component.len();
        while left > 127 {
            outer.push((left & 127) as u8 | 128);
            left >>= 7;
        }
        outer.push(left as u8);
        outer.append(&mut component);
        component = outer;
    }
    let error = refused(&component, &Limits::default());
    assert!(matches!(&error, Error::InvalidModule { cause } if cause.contains("deep")), "{error:?}");
}
