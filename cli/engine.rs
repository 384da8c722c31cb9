//! Which Binaryen was asked for.

use wasmpack_builder::Machine;
use wasmpack_optimizer::Engine;

use crate::environment::Environment;
use crate::error::Error;

/// The hidden verb under which our own executable runs Binaryen.
pub const VERB: &str = "binaryen";

/// `embedded`, `system`, `off`, or the path of a `wasm-opt`.
///
/// # Errors
/// When there is no such program, or it does not say its version.
pub fn find(asked: Option<&str>, environment: &Environment) -> Result<Engine, Error> {
    let path = match asked.unwrap_or("embedded") {
        "off" => return Ok(Engine::Off),
        "embedded" => {
            let executable = environment.executable.clone();
            return Ok(Engine::Embedded { executable, arguments: vec![VERB.into()] });
        }
        "system" => {
            let machine = Machine::read(&environment.current_dir, environment.variables());
            machine.find_program("wasm-opt").ok_or(Error::NoWasmOpt)?
        }
        path => environment.current_dir.join(path).into(),
    };
    Engine::program(path).map_err(Error::Engine)
}
