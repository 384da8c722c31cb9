//! Projects that exist to be measured: as many files or packages as one wants to know about.

use std::fmt::Write as _;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::Result;

/// A C project of `count` files beside its `main.c`, which calls a function of each. Returns one of the files.
pub(super) fn c_files(folder: &Utf8Path, count: usize) -> Result<Utf8PathBuf> {
    let (mut header, mut calls) = (String::new(), String::new());
    for number in 0..count {
        writeln!(header, "int f{number}(int);")?;
        writeln!(calls, "    sum += f{number}(sum);")?;
        let source = format!(
            "#include <stdio.h>\n#include \"all.h\"\nint f{number}(int x) {{ return x + {number}; }}\n"
        );
        write(folder, &format!("src/f{number}.c"), &source)?;
    }
    write(folder, "include/all.h", &header)?;
    let main = format!(
        "#include <stdio.h>\n#include \"all.h\"\nint main(void) {{\n    int sum = 0;\n{calls}    printf(\"%d\\n\", sum);\n}}\n"
    );
    write(folder, "src/main.c", &main)?;
    Ok(folder.join("src/f0.c"))
}

/// A Cargo workspace of `count` packages with a program each.
pub(super) fn packages(folder: &Utf8Path, count: usize) -> Result {
    write(folder, "Cargo.toml", "[workspace]\nmembers = [\"p*\"]\nresolver = \"3\"\n")?;
    for number in 0..count {
        let manifest = format!("[package]\nname = \"p{number}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        write(folder, &format!("p{number}/Cargo.toml"), &manifest)?;
        let main = format!("fn main() {{\n    println!(\"{number}\");\n}}\n");
        write(folder, &format!("p{number}/src/main.rs"), &main)?;
    }
    Ok(())
}

/// A file that is right stays as it is, so that nothing is built again.
fn write(folder: &Utf8Path, path: &str, text: &str) -> Result {
    let path = folder.join(path);
    if fs::read_to_string(&path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(folder))?;
    Ok(fs::write(&path, text)?)
}
