//! Whatever the bytes are, the optimizer answers: with a module, or with an error.

use std::time::Duration;

use wasmpack_optimizer::{
    Binaryen, Engine, Error, Level, Optimized, Pipeline, exports, imports, optimize, sections,
};

/// Every kind of section.
const MODULE: &str = r#"(module $named
    (type $t (func (param i32) (result i32)))
    (import "host" "print" (func $print (param i32)))
    (table 2 4 funcref) (memory 1 2) (tag (param i32))
    (global $g (mut i32) (i32.const 7)) (export "memory" (memory 0)) (export "_start" (func $start))
    (start $first) (elem (i32.const 0) $start $first) (elem declare func $inner)
    (func $start (call $print (call $inner (i32.const 1))))
    (func $first (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 1)))
    (func $inner (type $t) (block (result i32) (i32.add (local.get 0) (global.get $g))))
    (data (i32.const 8) "text") (data "passive")
    (@custom "mine" "x") (@producers (language "C" "17")))"#;

fn optimized(wasm: &[u8]) -> Result<Optimized, Error> {
    let binaryen = Binaryen {
        engine: Engine::Off,
        cores: None,
        time_limit: Duration::from_secs(60),
        scratch: "/nonexistent/folder".into(),
    };
    let pipeline = Pipeline {
        level: Level::Size,
        keep: Vec::new(),
        binaryen,
        keep_names: false,
        weigh: |wasm| wasm.len() as u64,
    };
    // What readers make of it is no matter, as long as they come back.
    let _ = (sections(wasm), imports(wasm), exports(wasm));
    optimize(wasm, &pipeline)
}

#[test]
fn a_module_cut_short_anywhere_is_answered() {
    let whole = wat::parse_str(MODULE).unwrap();
    assert!(optimized(&whole).is_ok());
    let ends = sections(&whole).unwrap().into_iter().scan(8, |end, section| {
        *end += section.bytes as usize;
        Some(*end)
    });
    let ends: Vec<usize> = [8].into_iter().chain(ends).collect();
    assert!(ends.len() > 15);
    for length in 0..whole.len() {
        let answer = optimized(&whole[..length]);
        // At the end of a section it may be another module; anywhere else it is none.
        assert!(answer.is_err() || ends.contains(&length), "{length}");
        if let Err(error) = answer {
            assert!(error.hint().is_some(), "{error}");
        }
    }
}

#[test]
fn a_module_with_any_byte_changed_is_answered() {
    let whole = wat::parse_str(MODULE).unwrap();
    let (mut refused, mut taken) = (0, 0);
    for place in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[place] ^= change;
            match optimized(&changed) {
                Ok(done) => {
                    taken += 1;
                    assert!(done.wasm.len() <= changed.len());
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 300 && taken > 100, "{refused} refused, {taken} taken");
}

#[test]
fn what_is_claimed_and_not_there_takes_no_memory() {
    let header = b"\0asm\x01\0\0\0";
    let claims: [&[u8]; 4] = [
        b"\x0a\xff\xff\xff\xff\x0f",     // a section of 4 GiB
        b"\x01\x05\xff\xff\xff\xff\x0f", // 4,294,967,295 types
        b"\x03\x05\xff\xff\xff\xff\x0f", // as many functions
        b"\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x0a\x01\x08\x01\xff\xff\xff\xff\x0f\x7f\x0b", // as many locals
    ];
    for claim in claims {
        assert!(optimized(&[header, claim].concat()).is_err(), "{claim:x?}");
    }
}

#[test]
fn a_module_that_cannot_start_is_refused_rather_than_healed() {
    let wasm =
        wat::parse_str(r#"(module (memory 1) (data (i32.const -1) "") (func (export "_start")))"#).unwrap();
    let error = optimized(&wasm).unwrap_err();
    assert!(matches!(error, Error::NeverStarts { .. }) && error.hint().is_some(), "{error}");
}

#[test]
fn a_name_of_no_function_does_no_harm() {
    let wat = r#"(module (func (export "_start") (call 1)) (func nop) (@custom "name" "\01\05\01\7f\02no"))"#;
    assert_eq!(optimized(&wat::parse_str(wat).unwrap()).unwrap().report.after.functions, 2);
}

#[test]
fn proposals_go_through() {
    for fields in [
        r#"(memory i64 1) (func (export "_start") (i64.store (i64.const 0) (i64.const 1)))"#,
        r#"(memory 1 1 shared) (func (export "_start") (i32.atomic.store (i32.const 0) (i32.const 1)))"#,
        r#"(type $s (struct (field i32))) (func (export "_start") (drop (struct.new $s (i32.const 1))))"#,
        r#"(tag $e) (func (export "_start") (block $h (try_table (catch_all $h) (throw $e))))"#,
        r#"(func $f (export "_start") return_call $f)"#,
        r#"(memory 1) (memory 1) (func (export "_start") (i32.store 1 (i32.const 0) (i32.const 1)))"#,
    ] {
        let done = optimized(&wat::parse_str(format!("(module {fields} (func))")).unwrap()).unwrap();
        assert_eq!(exports(&done.wasm).unwrap().len(), 1, "{fields}");
    }
}

#[test]
fn ten_thousand_exports_stay_and_take_no_time() {
    let functions: String = (0..10_000).map(|number| format!("(func (export \"f{number}\"))")).collect();
    let wasm = wat::parse_str(format!("(module {functions})")).unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(exports(&optimized(&wasm).unwrap().wasm).unwrap().len(), 10_000);
    // Compared each with each, they took ten times as long.
    assert!(begun.elapsed() < Duration::from_secs(5));
}
