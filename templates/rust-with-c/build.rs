//! Compiles the C part, for whatever Rust is compiled for.

fn main() {
    println!("cargo::rerun-if-changed=c");
    cc::Build::new()
        .file("c/crc32.c")
        .include("c")
        .warnings_into_errors(true)
        .compile("crc32");
}
