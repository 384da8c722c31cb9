//! The Binaryen child: a good one does its work; whatever a bad one does, the module stays as it was, the report
//! says why, and nothing is left behind.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use std::fs;
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use wasmpack_optimizer::{
    BuildId, Engine, Error, Level, Optimized, Outcome, PassReport, Pipeline, Symbols, function_names,
    optimize,
};

fn main() -> ExitCode {
    if let Some(exit) = support::serve_if_child() {
        return exit;
    }
    type Test = (&'static str, fn() -> Result<(), Failed>);
    let tests: [Test; 24] = [
        ("a_good_child_makes_the_module_smaller", a_good_child_makes_the_module_smaller),
        ("every_level_works_and_is_deterministic", every_level_works_and_is_deterministic),
        ("the_number_of_cores_reaches_the_child", the_number_of_cores_reaches_the_child),
        ("a_child_that_aborts_is_survived", a_child_that_aborts_is_survived),
        ("a_child_that_hangs_is_killed", a_child_that_hangs_is_killed),
        ("a_child_that_writes_garbage_is_not_believed", a_child_that_writes_garbage_is_not_believed),
        ("a_child_that_writes_nothing_is_not_believed", a_child_that_writes_nothing_is_not_believed),
        ("a_child_that_writes_4_gib_is_not_read", a_child_that_writes_4_gib_is_not_read),
        ("a_child_that_writes_a_component_is_not_believed", a_child_that_writes_a_component_is_not_believed),
        ("a_child_that_loses_a_root_is_not_believed", a_child_that_loses_a_root_is_not_believed),
        ("a_child_that_imports_more_is_not_believed", a_child_that_imports_more_is_not_believed),
        ("a_child_that_uses_more_features_is_not_believed", a_child_that_uses_more_features_is_not_believed),
        ("a_child_that_makes_the_module_larger_is_dropped", a_child_that_makes_the_module_larger_is_dropped),
        ("a_module_binaryen_cannot_read_stays_as_it_was", a_module_binaryen_cannot_read_stays_as_it_was),
        ("names_go_along_into_the_debug_module", names_go_along_into_the_debug_module),
        ("lines_go_along_and_change_nothing", lines_go_along_and_change_nothing),
        ("lines_that_come_back_damaged_are_left_out", lines_that_come_back_damaged_are_left_out),
        ("what_is_known_of_modules_in_a_component_is_kept", what_is_known_of_modules_in_a_component_is_kept),
        ("of_several_ways_the_lightest_is_taken", of_several_ways_the_lightest_is_taken),
        ("a_section_that_somebody_may_look_for_stays", a_section_that_somebody_may_look_for_stays),
        ("the_modules_in_a_component_become_smaller", the_modules_in_a_component_become_smaller),
        ("another_binaryen_can_be_used_and_none", another_binaryen_can_be_used_and_none),
        ("what_is_finished_does_not_grow", what_is_finished_does_not_grow),
        ("bad_input_is_an_error_before_any_child_starts", bad_input_is_an_error_before_any_child_starts),
    ];
    let trials = tests.into_iter().map(|(name, test)| Trial::test(name, test)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Binaryen folds the addition; nothing here declares `target_features`.
const COMMAND: &str = r#"(module
    (import "host" "exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.add (i32.const 40) (i32.const 2)))))"#;

/// Optimizes [`COMMAND`] with a child that behaves in a way, and checks that it leaves nothing behind.
fn run(behaviour: &[&str], change: impl FnOnce(&mut Pipeline)) -> Optimized {
    let scratch = tempfile::tempdir().unwrap();
    let mut pipeline = support::pipeline(scratch.path(), behaviour);
    change(&mut pipeline);
    let optimized = optimize(&wat::parse_str(COMMAND).unwrap(), &pipeline).unwrap();
    let left: Vec<_> = fs::read_dir(scratch.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    optimized
}

/// What is told of the pass that runs the child.
fn binaryen_pass(optimized: &Optimized) -> &PassReport {
    optimized.report.passes.iter().find(|pass| pass.name == "wasm-opt").unwrap()
}

fn outcome(optimized: &Optimized) -> &Outcome {
    &binaryen_pass(optimized).outcome
}

/// The reason why the child's work was not used; the module must be as it was.
fn reason(optimized: &Optimized) -> &str {
    assert_eq!(optimized.wasm, run(&["nothing"], |pipeline| pipeline.level = Level::O0).wasm);
    match outcome(optimized) {
        Outcome::Failed { reason } => reason,
        other => panic!("{other:?}"),
    }
}

/// `Ok` where `text` contains `part`.
fn contains(text: &str, part: &str) -> Result<(), Failed> {
    if text.contains(part) { Ok(()) } else { Err(format!("`{text}` does not contain `{part}`").into()) }
}

fn a_good_child_makes_the_module_smaller() -> Result<(), Failed> {
    let optimized = run(&["serve"], |_| {});
    assert_eq!(outcome(&optimized), &Outcome::Kept);
    contains(&wasmprinter::print_bytes(&optimized.wasm)?, "i32.const 42")
}

fn every_level_works_and_is_deterministic() -> Result<(), Failed> {
    for level in Level::ALL {
        let once = run(&["serve"], |pipeline| pipeline.level = level);
        let again = run(&["serve"], |pipeline| (pipeline.level, pipeline.binaryen.cores) = (level, Some(1)));
        assert_eq!(outcome_kept(&once), !matches!(level, Level::None | Level::O0), "{level}");
        assert_eq!(once.wasm, again.wasm, "{level}");
    }
    Ok(())
}

fn outcome_kept(optimized: &Optimized) -> bool {
    optimized.report.passes.iter().any(|pass| pass.name == "wasm-opt" && pass.outcome == Outcome::Kept)
}

fn the_number_of_cores_reaches_the_child() -> Result<(), Failed> {
    contains(reason(&run(&["cores"], |pipeline| pipeline.binaryen.cores = Some(7))), r#""7""#)?;
    contains(reason(&run(&["cores"], |pipeline| pipeline.binaryen.cores = None)), "None")
}

fn a_child_that_aborts_is_survived() -> Result<(), Failed> {
    let optimized = run(&["abort"], |_| {});
    contains(reason(&optimized), "failed in the child: ")?;
    contains(reason(&optimized), "Fatal: [31mbad [0m module")
}

fn a_child_that_hangs_is_killed() -> Result<(), Failed> {
    let elsewhere = tempfile::tempdir()?;
    let sign = elsewhere.path().join("alive");
    let started = Instant::now();
    let limit = Duration::from_millis(300);
    let optimized = run(&["hang", sign.to_str().unwrap()], |pipeline| pipeline.binaryen.time_limit = limit);
    assert!(started.elapsed() < Duration::from_millis(1500));
    contains(reason(&optimized), "failed to finish in 0.3 seconds")?;
    std::thread::sleep(Duration::from_millis(2000));
    assert!(!sign.exists(), "the child lived on");
    Ok(())
}

fn a_child_that_writes_garbage_is_not_believed() -> Result<(), Failed> {
    contains(reason(&run(&["garbage"], |_| {})), "it is truncated")
}

fn a_child_that_writes_nothing_is_not_believed() -> Result<(), Failed> {
    contains(reason(&run(&["nothing"], |_| {})), "failed to read")
}

fn a_child_that_writes_4_gib_is_not_read() -> Result<(), Failed> {
    contains(reason(&run(&["huge"], |_| {})), "failed to use the child's output of 4294967296 bytes")
}

fn a_child_that_writes_a_component_is_not_believed() -> Result<(), Failed> {
    contains(reason(&run(&["write", "(component)"], |_| {})), "it is a component")
}

fn a_child_that_loses_a_root_is_not_believed() -> Result<(), Failed> {
    contains(reason(&run(&["write", "(module)"], |_| {})), "failed to keep root")
}

fn a_child_that_imports_more_is_not_believed() -> Result<(), Failed> {
    let more = r#"(module (import "host" "format_disk" (func)) (memory (export "memory") 1)
        (func (export "_start")))"#;
    contains(reason(&run(&["write", more], |_| {})), "`host` `format_disk` is new")
}

fn a_child_that_uses_more_features_is_not_believed() -> Result<(), Failed> {
    let more = r#"(module (memory (export "memory") 1)
        (func (export "_start") (drop (i32.extend8_s (i32.const 0)))))"#;
    contains(reason(&run(&["write", more], |_| {})), "sign extension operations support is not enabled")
}

fn a_child_that_makes_the_module_larger_is_dropped() -> Result<(), Failed> {
    let larger = COMMAND.replace("(i32.const 2)", "(i32.add (i32.const 1) (i32.const 1))");
    let optimized = run(&["write", &larger], |_| {});
    assert!(matches!(outcome(&optimized), Outcome::Dropped { .. }), "{:?}", outcome(&optimized));
    assert_eq!(optimized.wasm, run(&["nothing"], |pipeline| pipeline.level = Level::O0).wasm);
    Ok(())
}

fn a_module_binaryen_cannot_read_stays_as_it_was() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let wasm = wat::parse_str(
        r#"(module (tag $e)
             (func (export "_start") (block $caught (try_table (catch_all $caught) (throw $e)))))"#,
    )?;
    let optimized = optimize(&wasm, &support::pipeline(scratch.path(), &["serve"]))?;
    assert!(matches!(outcome(&optimized), Outcome::Failed { .. }), "{:?}", outcome(&optimized));
    contains(&wasmprinter::print_bytes(&optimized.wasm)?, "try_table")
}

/// Optimizes a module in the text format.
fn optimized(wat: &str, change: impl FnOnce(&mut Pipeline)) -> Result<Optimized, Failed> {
    let scratch = tempfile::tempdir()?;
    let mut pipeline = support::pipeline(scratch.path(), &["serve"]);
    change(&mut pipeline);
    Ok(optimize(&wat::parse_str(wat)?, &pipeline)?)
}

/// Two functions that Binaryen cannot do without.
const NAMED: &str = r#"(module
    (import "host" "print" (func $print (param i32)))
    (table 2 funcref) (elem (i32.const 0) $first $second) (type $t (func))
    (func $main (export "_start") (call_indirect (type $t) (i32.const 1)) (call_indirect (type $t) (i32.const 0)))
    (func $first (call $print (i32.const 1))) (func $second (call $print (i32.const 2))))"#;

fn names_go_along_into_the_debug_module() -> Result<(), Failed> {
    let names = |wasm: &[u8]| function_names(wasm).unwrap().into_values().collect::<Vec<_>>();
    for level in [Level::O0, Level::Z] {
        let done = optimized(NAMED, |pipeline| pipeline.level = level)?;
        let debug = done.debug.ok_or("there are names")?;
        assert!(names(&done.wasm).is_empty());
        assert_eq!(names(&debug), ["print", "main", "first", "second"], "{level}");
        assert_eq!(BuildId::in_debug_module(&debug)?, Some(BuildId::of(&done.wasm)));
        // The same code at the same place.
        assert_eq!(debug[..done.wasm.len()], done.wasm);
    }
    let kept = optimized(NAMED, |pipeline| pipeline.keep_names = true)?;
    assert_eq!(names(&kept.wasm).len(), 4);
    Ok(())
}

fn of_several_ways_the_lightest_is_taken() -> Result<(), Failed> {
    let way = |weigh: fn(&[u8]) -> u64| -> Result<String, Failed> {
        let done = optimized(COMMAND, |pipeline| (pipeline.level, pipeline.weigh) = (Level::Size, weigh))?;
        Ok(binaryen_pass(&done).by.clone().unwrap_or_default())
    };
    assert_eq!(way(|_| 1)?, "--gufa -Oz");
    // Called once for each way: the second one is the lighter.
    static CALLS: AtomicU64 = AtomicU64::new(10);
    let limited = "--gufa --one-caller-inline-max-function-size=60 -Oz";
    assert_eq!(way(|_| CALLS.fetch_sub(1, Ordering::Relaxed))?, limited);
    Ok(())
}

/// Binaryen's last change to it takes two blocks and a local away.
const LINES: &str = r#"(module
    (import "host" "number" (func $number (result i32)))
    (import "host" "print" (func $print (param i32)))
    (memory (export "memory") 1)
    (func $dead (call $print (i32.const 1)))
    (func (export "_start") (local $x i32) (local $y i32)
        (local.set $x (call $number))
        (local.set $y (call $number))
        (block $out
            (block $in
                (br_if $in (local.get $y))
                (call $print
                    (i32.const 5))
                (br_if $out (call $number)))
            (call $print
                (local.get $x)))
        (i32.store (i32.const 0)
            (i32.load (i32.const 4)))
        unreachable))"#;

/// [`LINES`] with and without debug information.
fn with_lines_and_without() -> (Vec<u8>, Vec<u8>) {
    let with = wat::Parser::new()
        .generate_dwarf(wat::GenerateDwarf::Lines)
        .parse_str(Some("src/a.wat".as_ref()), LINES)
        .unwrap();
    (with, wat::parse_str(LINES).unwrap())
}

/// The lines of calls, accesses to memory and the end, in the order of the code.
fn lines_of_what_traps(wasm: &[u8], debug: &[u8]) -> Vec<u32> {
    use wasmparser::Operator;
    let symbols = Symbols::of(debug).unwrap();
    let mut lines = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm).map(Result::unwrap) {
        let wasmparser::Payload::CodeSectionEntry(body) = payload else { continue };
        for operator in body.get_operators_reader().unwrap().into_iter_with_offsets() {
            let (operator, offset) = operator.unwrap();
            if let Operator::Call { .. }
            | Operator::I32Load { .. }
            | Operator::I32Store { .. }
            | Operator::Unreachable = operator
            {
                let line = symbols.at(offset).unwrap().line.expect("the line is known");
                assert!(line.is_exact && line.file == "src/a.wat", "{line:?}");
                lines.push(line.number);
            }
        }
    }
    lines
}

fn lines_go_along_and_change_nothing() -> Result<(), Failed> {
    let (with, without) = with_lines_and_without();
    let scratch = tempfile::tempdir()?;
    for level in Level::ALL.into_iter().filter(|level| *level != Level::None) {
        let pipeline = Pipeline { level, ..support::pipeline(scratch.path(), &["serve"]) };
        let (with, without) = (optimize(&with, &pipeline)?, optimize(&without, &pipeline)?);
        assert_eq!(with.wasm, without.wasm, "{level}");
        assert_eq!(with.report, without.report, "{level}");
        let debug = with.debug.unwrap();
        assert!(debug.starts_with(&with.wasm));
        assert_eq!(lines_of_what_traps(&with.wasm, &debug), [7, 8, 12, 14, 15, 18, 17, 19], "{level}");
    }
    Ok(())
}

fn lines_that_come_back_damaged_are_left_out() -> Result<(), Failed> {
    let (with, without) = with_lines_and_without();
    let scratch = tempfile::tempdir()?;
    let without = optimize(&without, &support::pipeline(scratch.path(), &["serve"]))?;
    for damage in ["cut", "missing", "foreign", "fatal"] {
        let done = optimize(&with, &support::pipeline(scratch.path(), &["serve-damaged", damage]))?;
        assert_eq!(done.wasm, without.wasm, "{damage}");
        assert_eq!(done.debug, without.debug, "{damage}");
    }
    Ok(())
}

fn what_is_known_of_modules_in_a_component_is_kept() -> Result<(), Failed> {
    let inner = r#"(core module (func $dead nop)
        (func $f (export "f") (result i32)
            (if (i32.load (i32.const 0)) (then unreachable))
            (i32.add (i32.const 40) (i32.const 2)))
        (memory 1))"#;
    let done = optimized(&format!("(component (component {inner}) {inner})"), |_| {})?;
    let debug = done.debug.unwrap();
    assert!(debug.starts_with(&done.wasm) && debug.ends_with(&BuildId::of(&done.wasm).bytes()));
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&debug)?;
    let symbols = Symbols::of(&debug)?;
    let load = b"\x28\x02\x00";
    let places = (0..done.wasm.len()).filter(|place| done.wasm[*place..].starts_with(load));
    let names: Vec<_> = places.map(|place| symbols.at(place).unwrap().name.unwrap()).collect();
    assert_eq!(names, ["f", "f"]);
    // A number may mean either.
    assert_eq!(symbols.name(0), None);
    Ok(())
}

fn a_section_that_somebody_may_look_for_stays() -> Result<(), Failed> {
    let sections = r#"(@custom ".dep-v0" "list") (@custom ".debug_line" "lines"))"#;
    let done = optimized(&format!("{} {sections}", &COMMAND[..COMMAND.len() - 1]), |_| {})?;
    assert_eq!(done.report.kept_sections, [".dep-v0"]);
    assert!(done.wasm.ends_with(b"\x0c\x07.dep-v0list"), "{:?}", done.wasm);
    Ok(())
}

fn the_modules_in_a_component_become_smaller() -> Result<(), Failed> {
    let inner = r#"(core module $m (func $dead) (func $f (export "f") (result i32) (i32.add (i32.const 40) (i32.const 2))))
        (core instance $i (instantiate $m))
        (func (export "answer") (result s32) (canon lift (core func $i "f")))"#;
    let wat = format!(r#"(component $c (component {inner}) {inner} (@custom ".dep-v0" "list"))"#);
    let done = optimized(&wat, |_| {})?;
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&done.wasm)?;
    let text = wasmprinter::print_bytes(&done.wasm)?;
    assert_eq!(text.matches("i32.const 42").count(), 2, "{text}");
    assert!(!text.contains("$dead") && !text.contains("$c"), "{text}");
    assert_eq!((done.report.before.functions, done.report.after.functions), (4, 2));
    assert_eq!(done.report.kept_sections, [".dep-v0"]);
    assert_eq!(done.report.after.bytes, done.wasm.len() as u64);
    Ok(())
}

fn another_binaryen_can_be_used_and_none() -> Result<(), Failed> {
    let off = optimized(COMMAND, |pipeline| pipeline.binaryen.engine = Engine::Off)?;
    assert!(off.report.passes.iter().all(|pass| pass.name != "wasm-opt"));
    assert!(matches!(Engine::program("/nonexistent/wasm-opt".into()), Err(Error::Start { .. })));
    if cfg!(unix) {
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("wasm-opt");
        let is_version = |number: u32| {
            let content = format!("if [ $1 = --version ]; then echo version {number}; else cp $1 $3; fi");
            fs::write(&script, format!("#!/bin/sh\n{content}\n"))
        };
        is_version(999)?;
        process::Command::new("chmod").arg("+x").arg(&script).status()?;
        let engine = Engine::program(script.clone())?;
        let mut identity = String::new();
        let done = optimized(COMMAND, |pipeline| {
            pipeline.binaryen.engine = engine.clone();
            identity = pipeline.identity();
        })?;
        contains(&identity, "version 999")?;
        assert_eq!(outcome(&done), &Outcome::Kept);
        assert_eq!(done.wasm, off.wasm);
        // It does another thing, and says the same of itself.
        fs::write(&script, format!("{}# changed\n", fs::read_to_string(&script)?))?;
        assert_ne!(Engine::program(script.clone())?, engine);
        is_version(115)?;
        let error = Engine::program(script).unwrap_err();
        assert!(matches!(error, Error::OldBinaryen { oldest: 116, .. }), "{error}");
        contains(&error.to_string(), "version 115")?;
    }
    Ok(())
}

fn what_is_finished_does_not_grow() -> Result<(), Failed> {
    let once = optimized(NAMED, |pipeline| pipeline.level = Level::Size)?.wasm;
    let scratch = tempfile::tempdir()?;
    let pipeline = Pipeline { level: Level::Size, ..support::pipeline(scratch.path(), &["serve"]) };
    assert!(optimize(&once, &pipeline)?.wasm.len() <= once.len());
    Ok(())
}

fn bad_input_is_an_error_before_any_child_starts() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let mut pipeline = support::pipeline(scratch.path(), &["serve"]);
    let mut error = |wasm: &[u8], keep: &[&str]| {
        pipeline.keep = keep.iter().map(ToString::to_string).collect();
        optimize(wasm, &pipeline).expect_err("the input is bad")
    };
    let good = wat::parse_str(COMMAND)?;
    let invalid = wat::parse_str("(module (func (result i32)))")?;
    let errors = [
        error(b"#!/bin/sh", &[]),
        error(&good[..good.len() - 5], &[]),
        error(&invalid, &[]),
        error(&good, &["_strat"]),
    ];
    assert!(matches!(
        errors,
        [
            Error::NotWasm,
            Error::Truncated { .. },
            Error::Invalid { offset: 24, .. },
            Error::UnknownRoot { .. }
        ]
    ));
    assert!(errors.iter().all(|error| error.hint().is_some()));
    Ok(())
}
