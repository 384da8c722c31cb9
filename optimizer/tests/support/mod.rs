//! A test executable that is its own Binaryen child.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use libdeflater::{CompressionLvl, Compressor};
use wasmpack_optimizer::{Binaryen, Engine, Level, Pipeline, binaryen};

/// The first argument of a test executable that shall be a child.
const CHILD: &str = "binaryen-child";

/// A pipeline whose Binaryen is this very executable, behaving as `behaviour` says.
#[expect(clippy::disallowed_methods, reason = "a test has no command line in front of it")]
pub fn pipeline(scratch: &Path, behaviour: &[&str]) -> Pipeline {
    let arguments = [&[CHILD], behaviour].concat();
    let engine = Engine::Embedded {
        executable: env::current_exe().unwrap(),
        arguments: arguments.into_iter().map(OsString::from).collect(),
    };
    let binaryen =
        Binaryen { engine, cores: Some(2), time_limit: Duration::from_secs(60), scratch: scratch.to_owned() };
    Pipeline { level: Level::Z, keep: Vec::new(), binaryen, keep_names: false, weigh: deflated }
}

/// How many bytes gzip makes of it.
fn deflated(wasm: &[u8]) -> u64 {
    let mut compressor = Compressor::new(CompressionLvl::best());
    let mut stored = vec![0; compressor.gzip_compress_bound(wasm.len())];
    compressor.gzip_compress(wasm, &mut stored).unwrap() as u64
}

/// Where this process is a child: what it ends with, after behaving as its second argument says.
#[expect(clippy::disallowed_methods, reason = "a test has no command line in front of it")]
pub fn serve_if_child() -> Option<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match &arguments[..] {
        [child, behaviour, rest @ ..] if child == CHILD => Some(behave(behaviour.to_str().unwrap(), rest)),
        _ => None,
    }
}

#[expect(clippy::print_stderr, reason = "what a child says, its parent reads")]
#[expect(clippy::disallowed_methods, reason = "a child shows what reached it")]
fn behave(behaviour: &str, rest: &[OsString]) -> ExitCode {
    match behaviour {
        "serve" => match binaryen::serve(rest) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string));
                return ExitCode::FAILURE;
            }
        },
        "serve-damaged" if rest[0] == "fatal" && fs::exists("input.wasm.map").unwrap() => {
            std::process::abort()
        }
        "serve-damaged" => {
            binaryen::serve(&rest[1..]).unwrap();
            let map = fs::read("output.wasm.map").unwrap_or_default();
            match rest[0].to_str().unwrap() {
                "fatal" => {}
                "cut" => fs::write("output.wasm.map", &map[..map.len() - 3]).unwrap(),
                "missing" => fs::remove_file("output.wasm.map").unwrap(),
                // Of another module.
                _ => fs::write("mapped.wasm", b"\0asm\x01\0\0\0").unwrap(),
            }
        }
        "write" => fs::write("output.wasm", wat::parse_str(rest[0].to_str().unwrap()).unwrap()).unwrap(),
        "garbage" => fs::write("output.wasm", b"\0asm\x01\0\0\0\x01garbage").unwrap(),
        "huge" => fs::File::create("output.wasm").unwrap().set_len(1 << 32).unwrap(),
        "abort" => {
            eprintln!("Fatal: \x1b[31mbad\x1b[0m module\n");
            std::process::abort();
        }
        // Has done its work, and then neither ends nor, should it live so long, keeps quiet.
        "hang" => {
            fs::copy("input.wasm", "output.wasm").unwrap();
            std::thread::sleep(Duration::from_millis(1500));
            fs::write(&rest[0], "alive").unwrap();
        }
        "cores" => {
            let cores = env::vars_os().find(|(key, _)| key == "BINARYEN_CORES");
            eprintln!("{cores:?}");
            return ExitCode::FAILURE;
        }
        "nothing" => {}
        other => panic!("no behaviour `{other}`"),
    }
    ExitCode::SUCCESS
}
