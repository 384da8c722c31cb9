//! What the image starts, and what that is told.

use serde_json::Value;

use super::image::Started;
use super::module::Chosen;
use super::places::{absolute, file_name};
use super::verdict::Verdict;
use super::walk::Walk;

/// Programs that run a module.
pub const RUNTIMES: [&str; 8] =
    ["wasmtime", "wasmedge", "wasmer", "iwasm", "wasm3", "wazero", "spin", "wamr"];

impl Walk<'_, '_> {
    /// The path of what is started, and its arguments, each with the row that says it.
    pub fn started(&mut self) -> (Option<String>, Vec<(usize, String)>) {
        let mut arguments = Vec::new();
        let mut path = None;
        let all = [self.draft.entrypoint.clone(), self.draft.cmd.clone()];
        for Started { row, words, shell, folder, .. } in all.into_iter().flatten() {
            if let Some(shell) = shell {
                self.rows.change(
                    row,
                    Verdict::cannot(
                        format!("{shell} takes a shell, and there is none in the image"),
                        "write the words into `image.args`, and let the program read variables itself",
                    ),
                );
                // What it starts can be told all the same.
                path = path.or(words
                    .iter()
                    .find(|word| word.ends_with(".wasm"))
                    .map(|word| absolute(&folder, word)));
                continue;
            }
            let mut words = words.into_iter();
            if path.is_none() {
                let first = words.next().unwrap_or_default();
                if RUNTIMES.contains(&file_name(&first)) {
                    let behind =
                        words.by_ref().find(|word| word.ends_with(".wasm") || word.ends_with(".wat"));
                    path = behind.map(|word| absolute(&folder, &word));
                } else {
                    path = Some(absolute(&folder, &first));
                }
            }
            arguments.extend(words.skip_while(|word| word == "--").map(|word| (row, word)));
        }
        (path, arguments)
    }

    pub fn tell_start(&mut self, started: Option<&str>, arguments: &[(usize, String)], chosen: &Chosen) {
        let (place, is_copied) = (&chosen.place, chosen.row.is_some());
        let values: Vec<Value> = arguments.iter().map(|(_, word)| word.as_str().into()).collect();
        if !values.is_empty() {
            self.keys.set("image", "args", values);
        }
        let all = [self.draft.entrypoint.clone(), self.draft.cmd.clone()];
        for (number, Started { row, words, was_split, .. }) in all.into_iter().flatten().enumerate() {
            if matches!(self.rows.0[row].verdict, Verdict::Cannot { .. }) {
                continue;
            }
            let mut told = Vec::new();
            if number == 0 {
                told.push(match words.first() {
                    Some(program) if RUNTIMES.contains(&file_name(program)) => {
                        format!(
                            "the module is started; `{}` and its flags are the host's affair",
                            file_name(program)
                        )
                    }
                    _ => "the module is started".to_owned(),
                });
                if is_copied && started.is_some_and(|path| path != place) {
                    let why = format!(
                        "it starts `{}`, and the module stands at `{place}`",
                        started.unwrap_or_default()
                    );
                    self.rows
                        .change(row, Verdict::cannot(why, "look whether this is the module that is meant"));
                    continue;
                }
            }
            if arguments.iter().any(|(one, _)| *one == row) {
                told.push("`image.args`".to_owned());
            }
            if was_split {
                told.push("its words without a shell".to_owned());
            }
            let verdict = if told.is_empty() {
                Verdict::not_needed("it says nothing")
            } else {
                Verdict::became(told.join("; "))
            };
            self.rows.change(row, verdict);
        }
    }
}
