//! Modules whose initializer has run already.
//!
//! The function runs here, in a module without a host, and what it left in memories and globals becomes the module's own
//! beginning. Whatever would be another program afterwards is refused, so far as it can be seen: an initializer that asks the
//! host for anything (what time it was, what was random, which files there were) has an answer of this machine in its memory.

use std::collections::HashSet;
use std::time::Duration;

use wasmparser::{ExternalKind, Operator, Parser, Payload, TypeRef};
use wasmtime::{Instance, Linker, Module, Store, UnknownImportError, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

use crate::engine::{self, Instances};
use crate::guest::Guest;
use crate::host::Surroundings;
use crate::memory::Memory;
use crate::meter::Meter;
use crate::{Error, Exit, Invocation, Limits, component, deadline, exit, module, runtime};

/// The export of a reactor that runs before all others; a snapshot has run it, and has it no more.
const INITIALIZE: &str = "_initialize";

/// A command that goes on with this function instead of `_start`, where its constructors must not run again.
const RESUME: &str = "wizer.resume";

/// Time for an initializer, where nobody has said how much: whoever waits is a build.
const TIME: Duration = Duration::from_secs(60);

/// Runs the exported function `initializer` of a module, and gives the module that begins with what it left. The export is gone then.
///
/// # Errors
///
/// The module is none, exports no such function, or its result would be another program: see the variants `Initializer…`.
pub fn snapshot(wasm: &[u8], initializer: &str, limits: &Limits) -> Result<Vec<u8>, Error> {
    if component::is_component(wasm) {
        return Err(Error::NoSnapshot { cause: "it is a component".to_owned() });
    }
    let limits = Limits { time: limits.time.or(Some(TIME)), ..limits.clone() };
    let is_resumed = check(wasm, initializer)?;
    let mut wizer = Wizer::new();
    wizer.init_func(initializer);
    if is_resumed {
        wizer.func_rename("_start", RESUME);
    }
    let refused = |error: wasmtime::Error| Error::NoSnapshot { cause: error.root_cause().to_string() };
    let (context, instrumented) = wizer.instrument(wasm).map_err(refused)?;
    let invocation = Invocation::default();
    let guest = Guest {
        invocation: &invocation,
        limits: &limits,
        surroundings: &Surroundings::Process,
        meter: Meter::new(),
        stop: None,
        writers: None,
        audit: None,
    };
    let engine = engine::engine(&guest, Instances::One, None)?;
    let module = runtime::within_time(&instrumented, &engine, &limits, module::compile)?;
    let function = initializer.to_owned();
    let store = engine::store(&engine, Memory::new(&limits, &guest.meter), &limits, |memory| memory);
    let run = move || run(store, &module, &function);
    let ended = deadline::within(guest.until(), &limits, || deadline::stop(&engine), run);
    let mut instantiated = match ended.map_err(|source| Error::Thread { source })? {
        Some(ended) => ended?,
        None => return Err(failed(initializer, "it had not ended in its time")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|source| Error::Thread { source })?;
    runtime.block_on(wizer.snapshot(&context, &mut instantiated)).map_err(refused)
}

fn failed(function: &str, problem: impl Into<String>) -> Error {
    Error::Initializer { function: function.to_owned(), problem: problem.into(), is_of_type: true }
}

/// A module whose initializer has run.
struct Instantiated {
    store: Store<Memory>,
    instance: Instance,
}

fn run(mut store: Store<Memory>, module: &Module, function: &str) -> Result<Instantiated, Error> {
    let ended = call(&mut store, module, function);
    match ended {
        Ok(instance) => Ok(Instantiated { store, instance }),
        Err(error) => Err(match error.downcast_ref::<UnknownImportError>() {
            Some(unknown) => Error::InitializerCalls {
                function: function.to_owned(),
                import: format!("{}::{}", unknown.module(), unknown.name()),
            },
            None => match exit::from_error(&error, store.data().refused()) {
                Exit::Trap(trap) => failed(function, format!("it trapped: {}", trap.message)),
                Exit::TimedOut => failed(function, "it had not ended in its time"),
                _ => failed(function, error.root_cause().to_string()),
            },
        }),
    }
}

fn call(store: &mut Store<Memory>, module: &Module, function: &str) -> wasmtime::Result<Instance> {
    let mut linker = Linker::new(module.engine());
    linker.define_unknown_imports_as_traps(module)?;
    let instance = linker.instantiate(&mut *store, module)?;
    if function != INITIALIZE
        && let Some(initialize) = instance.get_func(&mut *store, INITIALIZE)
    {
        initialize.call(&mut *store, &[], &mut [])?;
    }
    let initializer = instance.get_func(&mut *store, function).expect("it was looked up");
    initializer.call(store, &[], &mut [])?;
    Ok(instance)
}

impl InstanceState for Instantiated {
    async fn global_get(&mut self, name: &str, _hint: ValType) -> SnapshotVal {
        let global =
            self.instance.get_global(&mut self.store, name).expect("it is exported by its instrumentation");
        match global.get(&mut self.store) {
            Val::I32(number) => SnapshotVal::I32(number),
            Val::I64(number) => SnapshotVal::I64(number),
            Val::F32(bits) => SnapshotVal::F32(bits),
            Val::F64(bits) => SnapshotVal::F64(bits),
            Val::V128(number) => SnapshotVal::V128(number.as_u128()),
            _ => unreachable!("modules with such globals are refused"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory =
            self.instance.get_memory(&mut self.store, name).expect("it is exported by its instrumentation");
        contents(memory.data(&self.store));
    }
}

/// What a module defines, as far as it matters here.
#[derive(Default)]
struct Outline {
    imported: u32,
    /// The types of its functions, and whether a type has neither parameters nor results.
    functions: Vec<u32>,
    plain_types: Vec<bool>,
    exports: Vec<(String, u32)>,
    /// What each function calls directly.
    calls: Vec<HashSet<u32>>,
    /// Functions that do nothing.
    empty: HashSet<u32>,
}

/// Whether the function is there and can be told apart from what the program does when it starts; gives whether that is resumed.
fn check(wasm: &[u8], initializer: &str) -> Result<bool, Error> {
    let outline = Outline::of(wasm).map_err(|error| Error::InvalidModule { cause: error.to_string() })?;
    let Some(function) = outline.export(initializer) else {
        let exported = outline.exports.iter().filter(|(_, function)| outline.is_plain(*function));
        let exported = exported.map(|(name, _)| format!("{name}()")).collect();
        return Err(Error::NoFunction { function: initializer.to_owned(), several: false, exported });
    };
    if !outline.is_plain(function) {
        let problem = "it takes something or gives something back".to_owned();
        return Err(Error::Initializer { function: initializer.to_owned(), problem, is_of_type: false });
    }
    if outline.export(RESUME).is_some() {
        return Ok(true);
    }
    // Linkers put the constructors of a program before each function that a command exports. A function that both call is
    // of that kind, and would run again, over what it has made.
    let twice = |start: u32| {
        let shared = outline.called_by(start).intersection(outline.called_by(function)).copied();
        shared.into_iter().any(|callee| outline.is_plain(callee) && !outline.empty.contains(&callee))
    };
    if outline.export("_start").is_some_and(twice) {
        return Err(Error::InitializerTwice { function: initializer.to_owned() });
    }
    Ok(false)
}

impl Outline {
    fn of(wasm: &[u8]) -> wasmparser::Result<Self> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    for group in types {
                        for one in group?.into_types() {
                            let is_plain = matches!(
                                &one.composite_type.inner,
                                wasmparser::CompositeInnerType::Func(of_function)
                                    if of_function.params().is_empty() && of_function.results().is_empty()
                            );
                            outline.plain_types.push(is_plain);
                        }
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Func(of_function) = import?.ty {
                            outline.functions.push(of_function);
                            outline.imported += 1;
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for of_function in functions {
                        outline.functions.push(of_function?);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            outline.exports.push((export.name.to_owned(), export.index));
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let (mut calls, mut operators) = (HashSet::new(), 0_usize);
                    for operator in body.get_operators_reader()? {
                        operators += 1;
                        if let Operator::Call { function_index } = operator? {
                            calls.insert(function_index);
                        }
                    }
                    if operators <= 1 {
                        outline.empty.insert(outline.imported + outline.calls.len() as u32);
                    }
                    outline.calls.push(calls);
                }
                _ => {}
            }
        }
        Ok(outline)
    }

    fn export(&self, name: &str) -> Option<u32> {
        self.exports.iter().find(|(export, _)| export == name).map(|(_, function)| *function)
    }

    fn is_plain(&self, function: u32) -> bool {
        let of_function = self.functions.get(function as usize);
        of_function
            .and_then(|of_function| self.plain_types.get(*of_function as usize))
            .copied()
            .unwrap_or_default()
    }

    fn called_by(&self, function: u32) -> &HashSet<u32> {
        static NONE: std::sync::LazyLock<HashSet<u32>> = std::sync::LazyLock::new(HashSet::new);
        let defined = function.checked_sub(self.imported);
        defined.and_then(|defined| self.calls.get(defined as usize)).unwrap_or(&NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Runtime;

    fn run_snapshot(wat: &str, initializer: &str) -> Result<Exit, Error> {
        let wasm = wat::parse_str(wat).unwrap();
        let snapshot = snapshot(&wasm, initializer, &Limits::default())?;
        let ended =
            Runtime::default().run(&snapshot, &Invocation::default(), &Limits::default(), &mut |_| {});
        ended.map(|ended| ended.exit)
    }

    /// Ends with what is in memory and in a global.
    const PROGRAM: &str = r#"
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (memory (export "memory") 1)
        (global $more (mut i32) (i32.const 0))
        (func $main (call $exit (i32.add (i32.load (i32.const 0)) (global.get $more))))"#;

    #[test]
    fn a_program_begins_with_what_its_initializer_left() {
        let program = format!(
            r#"(module {PROGRAM}
                (func (export "init") (i32.store (i32.const 0) (i32.const 40)) (global.set $more (i32.const 2)))
                (func (export "_start") (call $main)))"#
        );
        assert_eq!(run_snapshot(&program, "init").unwrap(), Exit::Code(42));
        let wasm = wat::parse_str(&program).unwrap();
        let snapshot = snapshot(&wasm, "init", &Limits::default()).unwrap();
        assert!(Outline::of(&snapshot).unwrap().export("init").is_none());
    }

    #[test]
    fn what_would_be_another_program_is_refused() {
        let refusal = |functions: &str| {
            let program = format!("(module {PROGRAM} {functions})");
            run_snapshot(&program, "init").unwrap_err()
        };
        let start = r#"(func (export "_start") (call $main))"#;
        let asks = refusal(&format!(r#"(func (export "init") (drop (call $yield))) {start}"#));
        assert!(matches!(asks, Error::InitializerCalls { import, .. } if import.ends_with("::sched_yield")));
        let twice = refusal(
            r#"(func $constructors (global.set $more (i32.const 1)))
                (func (export "init") (call $constructors))
                (func (export "_start") (call $constructors) (call $main))"#,
        );
        assert!(matches!(twice, Error::InitializerTwice { .. }));
        let traps = refusal(&format!(r#"(func (export "init") unreachable) {start}"#));
        assert!(matches!(traps, Error::Initializer { problem, .. } if problem.contains("unreachable")));
        let takes = refusal(&format!(r#"(func (export "init") (param i32)) {start}"#));
        assert!(matches!(takes, Error::Initializer { .. }));
        assert!(matches!(refusal(start), Error::NoFunction { .. }));
        let tables = refusal(&format!(
            r#"(table 1 funcref) (func (export "init") (table.set (i32.const 0) (ref.null func))) {start}"#
        ));
        assert!(matches!(tables, Error::NoSnapshot { cause } if cause.contains("table.set")));
    }

    #[test]
    fn a_program_that_resumes_does_not_construct_again() {
        let program = format!(
            r#"(module {PROGRAM}
                (func $constructors (global.set $more (i32.add (global.get $more) (i32.const 1))))
                (func (export "init") (call $constructors))
                (func (export "_start") (call $constructors) (call $main))
                (func (export "wizer.resume") (call $main)))"#
        );
        assert_eq!(run_snapshot(&program, "init").unwrap(), Exit::Code(1));
    }
}
