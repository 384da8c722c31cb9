//! Functions that are called by their names, of modules and of components.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use wasmpack_runner::{Call, Error, Exit, Invocation, Limits, Runtime};

fn call(wat: &str, function: &str, arguments: &[&str]) -> Result<Exit, Error> {
    let arguments = arguments.iter().map(ToString::to_string).collect();
    let call = Some(Call { function: function.to_owned(), arguments });
    let invocation = Invocation { call, ..Invocation::default() };
    let wasm = wat::parse_str(wat).unwrap();
    Runtime::default().run(&wasm, &invocation, &Limits::default(), &mut |_| {}).map(|ended| ended.exit)
}

fn returned(wat: &str, function: &str, arguments: &[&str]) -> Vec<String> {
    match call(wat, function, arguments).unwrap() {
        Exit::Returned { values, is_error: false } => values,
        other => panic!("{other:?}"),
    }
}

const MODULE: &str = r#"(module
    (global $ready (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $ready (i32.const 1)))
    (func (export "ready") (result i32) (global.get $ready))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "both") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
    (func (export "nothing"))
    (func (export "trap") unreachable))"#;

#[test]
fn a_function_of_a_module_takes_and_gives_numbers() {
    assert_eq!(returned(MODULE, "add", &["40", "2"]), ["42"]);
    assert_eq!(returned(MODULE, "add", &["0xffffffff", "-1"]), ["-2"]);
    assert_eq!(returned(MODULE, "both", &["7", "1.5"]), ["1.5", "7"]);
    assert!(returned(MODULE, "nothing", &[]).is_empty());
}

#[test]
fn a_library_is_made_ready_before() {
    assert_eq!(returned(MODULE, "ready", &[]), ["1"]);
}

#[test]
fn what_cannot_be_called_is_told_with_what_can() {
    let refusal = |function: &str, arguments: &[&str]| {
        let error = call(MODULE, function, arguments).unwrap_err();
        format!("{error}: {}", error.hint().unwrap())
    };
    let missing = refusal("sub", &[]);
    assert!(
        missing.contains("no function of this name") && missing.contains("add(i32, i32) -> i32"),
        "{missing}"
    );
    assert!(missing.contains("both(i64, f64) -> (f64, i64)"), "{missing}");
    assert!(refusal("add", &["1"]).contains("it takes 2, and 1 were given"));
    assert!(refusal("add", &["1", "two"]).contains("`two` is no i32"));
    assert!(matches!(call(MODULE, "trap", &[]).unwrap(), Exit::Trap(_)));
}

/// `greet` by itself, and the same name in two interfaces.
const COMPONENT: &str = r#"(component
    (core module $code
        (memory (export "memory") 1)
        (global $free (mut i32) (i32.const 1024))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (global.get $free)
            (global.set $free (i32.add (global.get $free) (local.get 3))))
        (func (export "same") (param i32 i32) (result i32)
            (i32.store (i32.const 0) (local.get 0))
            (i32.store (i32.const 4) (local.get 1))
            (i32.const 0))
        (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "fail") (result i32) (i32.const 1)))
    (core instance $code (instantiate $code))
    (func $same (param "text" string) (result string)
        (canon lift (core func $code "same") (memory $code "memory") (realloc (func $code "realloc"))))
    (func $sum (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $code "sum")))
    (func $fail (result (result)) (canon lift (core func $code "fail")))
    (export "same" (func $same))
    (export "fail" (func $fail))
    (instance (export "acme:calc/ops@1.0.0") (export "sum" (func $sum)) (export "once" (func $sum)))
    (instance (export "acme:calc/more@1.0.0") (export "sum" (func $sum))))"#;

#[test]
fn a_function_of_a_component_takes_and_gives_wave() {
    assert_eq!(returned(COMPONENT, "same", &["plain text"]), [r#""plain text""#]);
    assert_eq!(returned(COMPONENT, "same", &[r#""in \"quotes\"""#]), [r#""in \"quotes\"""#]);
    assert_eq!(returned(COMPONENT, "once", &["40", "2"]), ["42"]);
    assert_eq!(returned(COMPONENT, "acme:calc/more@1.0.0#sum", &["-1", "2"]), ["1"]);
    let failed = call(COMPONENT, "fail", &[]).unwrap();
    assert_eq!(failed, Exit::Returned { values: vec!["err".to_owned()], is_error: true });
}

#[test]
fn a_name_of_several_functions_is_not_guessed() {
    let error = call(COMPONENT, "sum", &["1", "2"]).unwrap_err();
    assert!(error.to_string().contains("several functions of this name"), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.contains("acme:calc/ops@1.0.0#sum(a: s32, b: s32) -> s32"), "{hint}");
    let error = call(COMPONENT, "once", &["x", "2"]).unwrap_err();
    assert!(error.to_string().contains("`x` is no `a`"), "{error}");
}
