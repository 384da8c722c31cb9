//! `compile_commands.json`, by which editors know how each source is compiled.
//!
//! The format is <https://clang.llvm.org/docs/JSONCompilationDatabase.html>.

use std::fs;

use camino::Utf8Path;
use serde::Serialize;

use super::Job;
use super::compile::{Object, fixed_command};
use super::sources::SourceFile;
use crate::{Error, whole};

#[derive(Serialize)]
struct Entry<'a> {
    directory: &'a Utf8Path,
    file: &'a Utf8Path,
    arguments: Vec<String>,
    output: &'a Utf8Path,
}

/// Writes it into `folder`, if it is not there as it should be.
pub(super) fn write(
    job: &Job<'_>,
    files: &[SourceFile],
    objects: &[Object],
    folder: &Utf8Path,
) -> Result<(), Error> {
    let entry = |(file, object)| entry(job, file, object);
    let entries: Vec<_> = files.iter().zip(objects).map(entry).collect();
    let text = serde_json::to_vec_pretty(&entries).expect("the database is plain data");
    let path = folder.join("compile_commands.json");
    if fs::read(&path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    whole::write(&path, &text)
}

fn entry<'a>(job: &Job<'a>, file: &'a SourceFile, object: &'a Object) -> Entry<'a> {
    Entry { directory: job.dir, file: &file.path, arguments: fixed_command(job, file), output: &object.path }
}
