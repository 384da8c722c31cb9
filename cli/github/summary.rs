//! The summary of a job: a table of the images that were made, with sizes and digests. Names and numbers, and no more: nothing
//! in it is secret.

use std::fs::OpenOptions;
use std::io::Write as _;

use crate::breakdown::markdown::code;
use crate::context::Context;
use crate::error::Error;
use crate::image_record::without_debug_information;
use crate::outcome::Outcome;
use crate::report;
use crate::size::Size;

use super::Job;

/// Appends it to the file that the job has for it. What does not work there costs no image.
pub fn append(outcomes: &[Outcome<'_>], context: &mut Context) {
    if outcomes.is_empty() || Job::find(&context.environment).is_none() {
        return;
    }
    let Some(path) = context.environment.get("GITHUB_STEP_SUMMARY").map(str::to_owned) else { return };
    let text = match table(outcomes) {
        Ok(text) => text,
        Err(error) => return context.shell.warn(format_args!("there is no summary of the job: {error}")),
    };
    // Others have written into it before, and will after.
    let file = OpenOptions::new().append(true).create(true).open(path);
    if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
        context.shell.warn(format_args!("there is no summary of the job: {error}"));
    }
}

fn table(outcomes: &[Outcome<'_>]) -> Result<String, Error> {
    let mut text = "| image | module | layers, as stored | digest |\n|---|---:|---:|---|\n".to_owned();
    for outcome in outcomes {
        let names: Vec<_> = outcome.names.iter().map(|name| code(&name.to_string())).collect();
        let stored = &outcome.stored;
        let after = u64::try_from(stored.module()?.len()).unwrap_or(u64::MAX);
        let module = match outcome.linked().map(without_debug_information) {
            Some(before) => report::shrunk(before, after),
            None => Size(after).to_string(),
        };
        let layers = Size(stored.layers.iter().map(|layer| layer.size_bytes).sum());
        let digest = code(&stored.digest.to_string());
        text += &format!("| {} | {module} | {layers} | {digest} |\n", names.join("<br>"));
    }
    Ok(text + "\n")
}
