//! What the image starts, and what that is told.

use serde_json::Value;

use super::image::{Draft, Started};
use super::module::Chosen;
use super::places::{absolute, file_name};
use super::verdict::Verdict;
use super::walk::Walk;

/// Programs that run a module.
pub const RUNTIMES: [&str; 8] =
    ["wasmtime", "wasmedge", "wasmer", "iwasm", "wasm3", "wazero", "spin", "wamr"];

impl Walk<'_, '_> {
    /// Lets go of what Docker lets go of: an empty list says nothing, and a line for the shell takes no further words.
    fn drop_unheard(&mut self) {
        let Draft { entrypoint, cmd, .. } = &mut self.draft;
        for part in [&mut *entrypoint, &mut *cmd] {
            if let Some(empty) = part.take_if(|part| part.words.is_empty() && part.shell.is_none()) {
                self.rows.change(empty.row, Verdict::not_needed("it says nothing"));
            }
        }
        let is_line = entrypoint.as_ref().is_some_and(|entrypoint| entrypoint.was_split);
        if let Some(unheard) = cmd.take_if(|_| is_line) {
            let why = "Docker ignores it behind a line for the shell";
            self.rows.change(unheard.row, Verdict::not_needed(why));
        }
    }

    /// The path of what is started, and its arguments, each with the row that says it.
    pub fn started(&mut self) -> (Option<String>, Vec<(usize, String)>) {
        self.drop_unheard();
        let mut arguments = Vec::new();
        let (mut path, mut is_below_runtime) = (None, false);
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
            let mut words = words;
            if path.is_none() {
                let is_runtime = words.first().is_some_and(|first| RUNTIMES.contains(&file_name(first)));
                is_below_runtime |= is_runtime;
                let module = words.iter().position(|word| word.ends_with(".wasm") || word.ends_with(".wat"));
                let at = module.filter(|_| is_below_runtime).or((!is_runtime).then_some(0));
                path = at.and_then(|at| words.get(at)).map(|word| absolute(&folder, word));
                words.drain(..at.map_or(words.len(), |at| at + 1));
            }
            arguments.extend(words.into_iter().map(|word| (row, word)));
        }
        // A runtime keeps it to itself.
        if is_below_runtime && arguments.first().is_some_and(|(_, word)| word == "--") {
            arguments.remove(0);
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
            let is_fixed = self.draft.entrypoint.as_ref().is_some_and(|entrypoint| entrypoint.row == row);
            if arguments.iter().any(|(one, _)| *one == row) {
                let also = if is_fixed { ", which whoever runs the image may replace" } else { "" };
                told.push(format!("`image.args`{also}"));
            }
            if was_split {
                told.push("its words without a shell".to_owned());
            }
            if told.is_empty() {
                told.push("the module is started".to_owned());
            }
            self.rows.change(row, Verdict::became(told.join("; ")));
        }
    }
}
