//! `oci-wasm-reader CONFIG MODULE`: whether the crate `oci-wasm` reads this config, and would itself say the same of this
//! module or component.

use std::process::ExitCode;
use std::{env, fs};

use oci_wasm::WasmConfig;
use serde_json::Value;

fn main() -> ExitCode {
    let paths: Vec<String> = env::args().skip(1).collect();
    let [config, module] = &paths[..] else { panic!("usage: oci-wasm-reader CONFIG MODULE") };
    let read = WasmConfig::try_from(fs::read(config).unwrap()).unwrap();
    let wasm = fs::read(module).unwrap();
    // The layer of a component begins with another version than that of a module.
    let is_component = wasm[4..8] == [0x0d, 0, 1, 0];
    let of = if is_component { WasmConfig::from_raw_component } else { WasmConfig::from_raw_module };
    let (mut own, _) = of(wasm, read.author.clone()).unwrap();
    // It takes the clock.
    own.created = read.created;
    let [read, own] = [read, own].map(|config| serde_json::to_value(config).unwrap());
    if sorted(read.clone()) == sorted(own.clone()) {
        return ExitCode::SUCCESS;
    }
    eprintln!("read: {read:#}\nits own: {own:#}");
    ExitCode::FAILURE
}

/// The lists of imports and exports are sets.
fn sorted(mut value: Value) -> Value {
    for list in ["/component/imports", "/component/exports"] {
        if let Some(list) = value.pointer_mut(list).and_then(Value::as_array_mut) {
            list.sort_by_key(Value::to_string);
        }
    }
    value
}
