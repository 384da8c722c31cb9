//! What a module does stays the same: modules that nobody wrote, executed before and after optimization.
//!
//! wasm-smith makes them of numbers that are the same each time. Each exported function is called in an instance of its
//! own; compared are what it returns or that it traps, what it calls of the host and with which values, and exported
//! globals, memories and tables afterwards. Which of several traps it is may differ: a module cannot tell them apart.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use arbitrary::Unstructured;
use wasm_smith::Config;
use wasmpack_optimizer::{Binaryen, Engine as Optimizer, Level, Outcome, Pipeline};
use wasmtime::{
    Caller, Engine, Extern, ExternType, Func, FuncType, Global, Instance, Memory, Module, OptLevel, Ref,
    RefType, Store, Table, Val, ValType,
};

#[test]
fn a_hundred_modules_do_the_same_before_and_after() {
    same_before_and_after(0..100);
}

#[test]
#[ignore = "takes minutes; `cargo xtask test --full` runs it"]
fn two_thousand_modules_do_the_same_before_and_after() {
    same_before_and_after(1000..3000);
}

/// Each module of `tests/meaning/` was made into something else, once.
#[test]
fn what_went_wrong_before_does_not_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/meaning");
    let modules = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut tried = 0;
    for file in modules {
        let wasm = wat::parse_file(&file).unwrap();
        let before = observed(&engine(), &wasm, 1);
        for level in Level::ALL {
            let done = wasmpack_optimizer::optimize(&wasm, &pipeline(&wasm, level)).unwrap();
            assert_eq!(observed(&engine(), &done.wasm, 1), before, "{} at level {level}", file.display());
        }
        tried += 1;
    }
    assert!(tried >= 2, "{tried}");
}

#[test]
fn whatever_can_be_seen_of_a_module_is_looked_at() {
    let observed = |body: &str| {
        let text = format!(
            r#"(module (import "host" "b" (func $b (param f64 i64)))
                (memory (export "memory") 1) (global $g (export "g") (mut i32) (i32.const 0)) (table (export "t") 2 funcref)
                (func $f (export "f") (param i32) (result i32) {body}))"#
        );
        observed(&engine(), &wat::parse_str(text).unwrap(), 1)
    };
    let bodies = [
        "i32.const 1",
        "i32.const 2",
        "unreachable",
        "(global.set $g (i32.const 1)) i32.const 1",
        "(i32.store8 (i32.const 65535) (i32.const 1)) i32.const 1",
        "(table.set (i32.const 1) (ref.func $f)) i32.const 1",
        "(call $b (f64.const 0) (i64.const 0)) i32.const 1",
        "(call $b (f64.const -0) (i64.const 0)) i32.const 1",
        "(i32.store8 (i32.const 65535) (i32.const 1)) unreachable",
        "local.get 0",
    ];
    let seen: std::collections::BTreeSet<_> = bodies.iter().map(|body| observed(body)).collect();
    assert_eq!(seen.len(), bodies.len());
    assert_eq!(observed(bodies[2]), observed("(i32.div_u (i32.const 1) (i32.const 0))"));
}

/// What became of the modules: a test that executes nothing would prove nothing.
#[derive(Debug, Default)]
struct Counts {
    /// Functions that returned.
    returned: AtomicUsize,
    /// Functions that trapped.
    trapped: AtomicUsize,
    /// Modules that Binaryen took.
    optimized: AtomicUsize,
    /// Modules that it made others of, and smaller.
    smaller: AtomicUsize,
    /// Modules that call the host.
    asking: AtomicUsize,
}

#[expect(clippy::print_stdout, reason = "`cargo test -- --nocapture` shows what was proven")]
fn same_before_and_after(seeds: Range<u64>) {
    let (counts, next) = (Counts::default(), AtomicUsize::new(0));
    let all: Vec<u64> = seeds.collect();
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let differences: Vec<String> = thread::scope(|scope| {
        let work = || {
            let mut differences = Vec::new();
            while let Some(seed) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                differences.extend(difference(*seed, &counts));
            }
            differences
        };
        let threads: Vec<_> = (0..workers)
            .map(|_| {
                // The calls of a guest take the stack of the thread it runs in.
                thread::Builder::new().stack_size(2 * GUEST_STACK_BYTES).spawn_scoped(scope, work).unwrap()
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    println!("{} modules: {counts:?}", all.len());
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
    let Counts { returned, trapped, optimized, smaller, asking } = counts;
    assert!(optimized.into_inner() * 10 >= all.len() * 8);
    assert!(smaller.into_inner() * 10 >= all.len() * 6);
    assert!(returned.into_inner() >= all.len() && trapped.into_inner() >= all.len());
    assert!(asking.into_inner() * 10 >= all.len());
}

/// The first line in which a module that is optimized does something else.
fn difference(seed: u64, counts: &Counts) -> Option<String> {
    let wasm = module(seed);
    // From 1 on: before it are those without Binaryen.
    let level = Level::ALL[2 + seed as usize / 2 % 6];
    let done = match wasmpack_optimizer::optimize(&wasm, &pipeline(&wasm, level)) {
        Ok(done) => done,
        // No host can start it, and it is refused.
        Err(error) => {
            assert!(matches!(error, wasmpack_optimizer::Error::NeverStarts { .. }), "seed {seed}: {error}");
            return None;
        }
    };
    let pass = done.report.passes.iter().find(|pass| pass.name == "wasm-opt").unwrap();
    if !matches!(pass.outcome, Outcome::Failed { .. }) {
        counts.optimized.fetch_add(1, Ordering::Relaxed);
    }
    if pass.after.bytes < pass.before.bytes {
        counts.smaller.fetch_add(1, Ordering::Relaxed);
    }
    let engine = engine();
    let (before, after) = (observed(&engine, &wasm, seed), observed(&engine, &done.wasm, seed));
    let count = |word: &str| before.iter().filter(|line| line.contains(word)).count();
    counts.returned.fetch_add(count("returns"), Ordering::Relaxed);
    counts.trapped.fetch_add(count("traps"), Ordering::Relaxed);
    counts.asking.fetch_add(usize::from(count("asks") > 0), Ordering::Relaxed);
    let same = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    (before != after).then(|| {
        let (was, is) = (before.get(same), after.get(same));
        let [input, output] = ["before", "after"]
            .map(|when| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("meaning-{seed}-{when}.wasm")));
        std::fs::write(&input, &wasm).unwrap();
        std::fs::write(&output, &done.wasm).unwrap();
        format!("seed {seed} at level {level}: {was:?} before, {is:?} after; see {}", input.display())
    })
}

/// What modules may import.
const HOST: &str = r#"(module
    (import "host" "a" (func (param i32) (result i32)))
    (import "host" "b" (func (param f64 i64)))
    (import "host" "c" (func (result i64)))
    (import "host" "d" (func (param f32) (result f64)))
    (import "host" "e" (func))
    (import "host" "f" (func (param i32 i32 i32) (result i32)))
    (import "host" "g" (func (param i64) (result f32)))
    (import "host" "limit" (global i64))
    (import "host" "count" (global (mut i64))))"#;

/// A module with what rustc and clang use. All of them end: each function and loop counts.
fn module(seed: u64) -> Vec<u8> {
    const CALLS_AND_TURNS: u32 = 500;
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    // Binaryen 116 does not read element segments of the kinds that came with these, and no compiler writes them. So a
    // module has either the segments or the instructions.
    let old_tables = seed.is_multiple_of(2);
    let config = Config {
        bulk_memory_enabled: !old_tables,
        reference_types_enabled: !old_tables,
        min_tables: 1,
        min_element_segments: usize::from(old_tables),
        max_element_segments: if old_tables { 4 } else { 0 },
        min_types: 3,
        multi_value_enabled: seed.is_multiple_of(5),
        export_everything: seed % 4 < 2,
        min_exports: 1,
        min_funcs: 4,
        max_funcs: 20,
        max_exports: 12,
        max_globals: 8,
        max_instructions: [40, 150, 400][seed as usize % 3],
        max_imports: if seed.is_multiple_of(3) { 10 } else { 0 },
        available_imports: seed.is_multiple_of(3).then(|| wat::parse_str(HOST).unwrap()),
        max_memories: 1,
        min_memories: 1,
        max_memory32_bytes: 4 << 16,
        memory_max_size_required: true,
        max_tables: 1,
        max_table_elements: 100,
        table_max_size_required: true,
        max_data_segments: 4,
        canonicalize_nans: true,
        simd_enabled: seed % 5 < 2,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: seed.is_multiple_of(7),
        threads_enabled: false,
        ..Config::default()
    };
    let bytes: Vec<u8> = (0..2048).flat_map(|_| numbers.next().to_le_bytes()).collect();
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).unwrap();
    module.ensure_termination(CALLS_AND_TURNS).unwrap();
    module.to_bytes()
}

/// Numbers without a pattern, by Marsaglia's xorshift.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// The command itself is the Binaryen child.
fn pipeline(wasm: &[u8], level: Level) -> Pipeline {
    let binaryen = Binaryen {
        engine: Optimizer::Embedded {
            executable: env!("CARGO_BIN_EXE_cargo-wasmpack").into(),
            arguments: vec!["binaryen".into()],
        },
        cores: Some(1),
        time_limit: Duration::from_secs(60),
        scratch: env!("CARGO_TARGET_TMPDIR").into(),
    };
    let keep = wasmpack_optimizer::exports(wasm).unwrap().into_iter().map(|export| export.name).collect();
    Pipeline { level, keep, binaryen, keep_names: false, weigh: |wasm| wasm.len() as u64 }
}

/// More than what a guest's calls can take, so that none ends for want of it, whatever was inlined.
const GUEST_STACK_BYTES: usize = 32 << 20;

fn engine() -> Engine {
    let mut config = wasmtime::Config::new();
    config.cranelift_opt_level(OptLevel::None).cranelift_nan_canonicalization(true);
    // Of what ends, nothing may be made that does not.
    config.consume_fuel(true);
    config.async_stack_size(2 * GUEST_STACK_BYTES).max_wasm_stack(GUEST_STACK_BYTES);
    Engine::new(&config).unwrap()
}

/// For a hundred times what any of these modules executes.
const ENOUGH_FUEL: u64 = 100_000_000;

/// What the host was asked by a guest, and in return for what.
type Asked = Vec<String>;

/// All that can be seen of a module from the outside, in lines.
fn observed(engine: &Engine, wasm: &[u8], seed: u64) -> Vec<String> {
    let module = Module::new(engine, wasm).unwrap();
    let functions: Vec<_> = module
        .exports()
        .filter_map(|export| {
            export.ty().func().map(|ty| (export.name().to_owned(), ty.params().collect::<Vec<_>>()))
        })
        .collect();
    let mut lines = Vec::new();
    if functions.is_empty() {
        lines.extend(run(&module, None, seed));
    }
    for function in &functions {
        lines.extend(run(&module, Some(function), seed));
    }
    lines
}

/// What one exported function does, called twice in a fresh instance.
fn run(module: &Module, function: Option<&(String, Vec<ValType>)>, seed: u64) -> Vec<String> {
    let mut store = Store::new(module.engine(), Asked::new());
    store.set_fuel(ENOUGH_FUEL).unwrap();
    let imports: Vec<_> =
        module.imports().map(|import| provided(&mut store, import.name(), &import.ty())).collect();
    let instance = match Instance::new(&mut store, module, &imports) {
        Ok(instance) => instance,
        Err(error) => {
            assert!(error.is::<wasmtime::Trap>(), "{error:?}");
            store.data_mut().push("its start traps".to_owned());
            return store.into_data();
        }
    };
    for table in module.exports().filter(|export| matches!(export.ty(), ExternType::Table(_))) {
        let table = instance.get_table(&mut store, table.name()).unwrap();
        fill(&mut store, table);
    }
    let mut numbers = Numbers(seed | 1);
    for (name, parameters) in function.into_iter().cycle().take(2) {
        let called = instance.get_func(&mut store, name).unwrap();
        let arguments: Vec<_> = parameters.iter().map(|ty| value(ty, &mut numbers)).collect();
        let mut results = vec![Val::I32(0); called.ty(&store).results().len()];
        let line = match called.call(&mut store, &arguments, &mut results) {
            Ok(()) => format!("{name:?} returns {}", shown(&results)),
            Err(error) => {
                let ending = match error.downcast_ref() {
                    Some(wasmtime::Trap::OutOfFuel) => "does not end",
                    Some(wasmtime::Trap::StackOverflow) => "overflows the stack",
                    Some(_) => "traps",
                    None => panic!("{error:?}"),
                };
                format!("{name:?} {ending}")
            }
        };
        store.data_mut().push(line);
    }
    let exports = module.exports().map(|export| export.name().to_owned());
    let left: Vec<_> = exports.filter_map(|name| state(&mut store, &instance, &name)).collect();
    let mut lines = store.into_data();
    lines.extend(left);
    lines
}

/// What an exported global, memory or table holds.
fn state(store: &mut Store<Asked>, instance: &Instance, name: &str) -> Option<String> {
    match instance.get_export(&mut *store, name)? {
        Extern::Global(global) => Some(format!("{name:?} is {}", shown(&[global.get(&mut *store)]))),
        Extern::Memory(memory) => Some(format!("{name:?} holds {}", held(memory.data(&*store)))),
        Extern::Table(table) => {
            let elements = (0..table.size(&*store)).map(|index| table.get(&mut *store, index).unwrap());
            let filled: Vec<u8> = elements.map(|element| u8::from(!element.is_null())).collect();
            Some(format!("{name:?} holds {}", held(&filled)))
        }
        _ => None,
    }
}

/// Length, and the FNV-1a hash.
fn held(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{} elements, {hash:x}", bytes.len())
}

/// Values by their bits. Of what they refer to, only whether there is anything.
fn shown(values: &[Val]) -> String {
    let mut text = String::new();
    for value in values {
        let written = match value {
            Val::I32(value) => write!(text, "{value} "),
            Val::I64(value) => write!(text, "{value} "),
            Val::F32(bits) => write!(text, "f32:{bits:x} "),
            Val::F64(bits) => write!(text, "f64:{bits:x} "),
            Val::V128(value) => write!(text, "{:x} ", value.as_u128()),
            reference => write!(
                text,
                "{} ",
                if reference.ref_().is_some_and(|it| it.is_null()) { "null" } else { "something" }
            ),
        };
        written.unwrap();
    }
    text
}

/// Puts a function of the host's into the first place of a table, if there is none: who shows a table may find something there.
fn fill(store: &mut Store<Asked>, table: Table) {
    let ty = FuncType::new(store.engine(), [], [ValType::I32]);
    let is_free = table.get(&mut *store, 0).is_some_and(|element| element.is_null());
    if is_free && table.ty(&*store).element().matches(&RefType::FUNCREF) {
        let function = Func::new(&mut *store, ty, |mut caller: Caller<'_, Asked>, _, results| {
            caller.data_mut().push("asks a table".to_owned());
            results[0] = Val::I32(41);
            Ok(())
        });
        table.set(&mut *store, 0, Ref::Func(Some(function))).unwrap();
    }
}

/// A value, now and then one of those at which operators change their mind.
fn value(ty: &ValType, numbers: &mut Numbers) -> Val {
    const EDGES: [u64; 6] = [0, 1, u64::MAX, i32::MIN as u64, 1 << 63, 65_536];
    let number = numbers.next();
    let number = if number.is_multiple_of(3) {
        EDGES[(number >> 8) as usize % EDGES.len()]
    } else {
        number >> (number % 64)
    };
    match ty {
        ValType::I32 => Val::I32(number as i32),
        ValType::I64 => Val::I64(number as i64),
        ValType::F32 => Val::F32((number as i32 as f32).to_bits()),
        ValType::F64 => Val::F64((number as i64 as f64).to_bits()),
        ValType::V128 => Val::V128(u128::from(number).wrapping_mul(0x0001_0000_0001_0001).into()),
        ValType::Ref(ty) => Val::null_ref(ty.heap_type()),
    }
}

/// What a module imports: functions that write down how they were called, and give numbers that depend on it.
fn provided(store: &mut Store<Asked>, name: &str, ty: &ExternType) -> Extern {
    match ty {
        ExternType::Func(ty) => {
            let (name, returned) = (name.to_owned(), ty.results().collect::<Vec<_>>());
            Func::new(&mut *store, ty.clone(), move |mut caller: Caller<'_, Asked>, arguments, results| {
                let mut numbers = Numbers(1 + caller.data().len() as u64);
                let given = returned.iter().map(|ty| value(ty, &mut numbers));
                results.iter_mut().zip(given).for_each(|(result, given)| *result = given);
                let line = format!("asks {name:?} with {}", shown(arguments));
                caller.data_mut().push(line);
                Ok(())
            })
            .into()
        }
        ExternType::Global(ty) => {
            let value = value(ty.content(), &mut Numbers(7));
            Global::new(&mut *store, ty.clone(), value).unwrap().into()
        }
        ExternType::Memory(ty) => Memory::new(&mut *store, ty.clone()).unwrap().into(),
        ExternType::Table(ty) => {
            let null = Ref::null(RefType::heap_type(ty.element()));
            let table = Table::new(&mut *store, ty.clone(), null).unwrap();
            fill(store, table);
            table.into()
        }
        other => panic!("nothing is known of {other:?}"),
    }
}
