//! What the image says: the instructions of the last stage, and of those it begins with.

use parse_dockerfile::{Command as Written, HealthcheckArguments, Instruction, JsonOrStringArray};
use serde_json::Value;

use super::copied::Copied;
use super::dockerfile::Step;
use super::keys::Key;
use super::variables::Variables;
use super::verdict::Verdict;
use super::walk::{Pair, Walk, not_told, pairs};
use super::words::{Reader, Token, tokens, words};
use super::workshop::Workshop;

/// What is known of the image before its module is.
#[derive(Debug, Default)]
pub struct Draft {
    /// What was copied, each with its row.
    pub copies: Vec<(usize, Copied)>,
    /// What is started.
    pub entrypoint: Option<Started>,
    /// What it is told, or what is started where nothing else is.
    pub cmd: Option<Started>,
    /// Current directories, each with its row.
    pub folders: Vec<(usize, String)>,
    /// The row of who runs it.
    user: Option<usize>,
}

/// A command that runs in the image.
#[derive(Debug, Clone)]
pub struct Started {
    pub row: usize,
    /// The number of the stage that says it.
    pub stage: usize,
    pub words: Vec<String>,
    /// Why it cannot run without a shell.
    pub shell: Option<String>,
    /// Whether it was one text.
    pub was_split: bool,
    /// The current directory.
    pub folder: String,
}

/// What an image begins with.
#[must_use]
pub fn base(image: &str, is_last: bool) -> Verdict {
    let runtimes = ["wasmtime", "wasmedge", "wasmer", "wasm", "wazero"];
    if image == "scratch" {
        Verdict::not_needed("every image is from scratch")
    } else if runtimes.iter().any(|runtime| image.contains(runtime)) {
        Verdict::not_needed("the runtime is where the image runs, and not in it")
    } else if is_last && ["static", "distroless"].iter().any(|word| image.contains(word)) {
        Verdict::not_needed("every image is from scratch; certificates and users of this one are not in it")
    } else {
        Verdict::cannot(
            format!("nothing of `{image}` is in the image, which is from scratch"),
            "name files of it that the program reads in `image.files`",
        )
    }
}

impl Walk<'_, '_> {
    /// Has the image say it, if it can; tells why not.
    pub fn try_set(
        &mut self,
        table: &'static str,
        name: &'static str,
        entry: Option<&str>,
        value: Value,
    ) -> Result<(), String> {
        let key = Key { table, name, entry: entry.map(str::to_owned) };
        if let Some(problem) = (self.question.problem)(&key, &value) {
            return Err(problem);
        }
        self.keys.set_key(key, value);
        Ok(())
    }

    /// An instruction that only says something of the image.
    pub fn say(&mut self, step: &Step<'_>, workshop: &Workshop) {
        let text = |said: &str| {
            let words = words(said, self.file.escape, &workshop.variables);
            words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
        };
        let verdict = match &step.what {
            Instruction::Entrypoint(entrypoint) => {
                return self.start(step, &entrypoint.arguments, workshop, true);
            }
            Instruction::Cmd(cmd) => return self.start(step, &cmd.arguments, workshop, false),
            Instruction::Label(label) => {
                return self.labels(step, &label.arguments.value, &workshop.variables);
            }
            Instruction::Maintainer(maintainer) => {
                let name = text(&maintainer.name.value);
                self.verdict_of("image", "annotations", Some("authors"), name.into())
            }
            Instruction::User(user) => return self.user(step, &text(&user.arguments.value)),
            Instruction::Expose(expose) => {
                let ports: Vec<String> = expose.arguments.iter().map(|port| text(&port.value)).collect();
                self.added("ports", &ports)
            }
            Instruction::Volume(volume) => {
                let paths = match &volume.arguments {
                    JsonOrStringArray::Json(paths) => &paths.value,
                    JsonOrStringArray::String(paths) => paths,
                };
                let paths: Vec<String> = paths.iter().map(|path| workshop.path(&text(&path.value))).collect();
                self.added("volumes", &paths)
            }
            Instruction::Stopsignal(signal) => {
                self.verdict_of("image", "stop-signal", None, text(&signal.arguments.value).into())
            }
            Instruction::Healthcheck(check) => match check.arguments {
                HealthcheckArguments::None { .. } => Verdict::not_needed("nothing checks it anyway"),
                _ => Verdict::cannot(
                    "a module has no second program beside it",
                    "let whoever runs it ask: a probe of Kubernetes, a request of a load balancer",
                ),
            },
            Instruction::Shell(_) => {
                Verdict::cannot("there is no shell in the image", "start the module itself")
            }
            Instruction::Onbuild(_) => {
                Verdict::cannot("nothing is built from the image", "say it where that other image is built")
            }
            _ => Verdict::not_needed(super::walk::IN_PLACE),
        };
        self.rows.add(step.line, &step.text, verdict);
    }

    fn verdict_of(
        &mut self,
        table: &'static str,
        name: &'static str,
        entry: Option<&str>,
        value: Value,
    ) -> Verdict {
        match self.try_set(table, name, entry, value) {
            Ok(()) => Verdict::became(format!("`{table}.{name}`")),
            Err(problem) => Verdict::cannot(problem, format!("say it in `{table}.{name}`")),
        }
    }

    /// Who runs the program; the last one counts.
    fn user(&mut self, step: &Step<'_>, user: &str) {
        self.keys.remove("image", "user");
        let verdict = match user {
            "root" | "0" | "0:0" | "root:root" => Verdict::not_needed("nobody else is there"),
            user => self.verdict_of("image", "user", None, user.into()),
        };
        let row = self.rows.add(step.line, &step.text, verdict);
        if let Some(earlier) = self.draft.user.replace(row) {
            self.rows.change(earlier, said_later(step.line));
        }
    }

    /// Items of a list.
    fn added(&mut self, name: &'static str, items: &[String]) -> Verdict {
        let key = Key { table: "image", name, entry: None };
        for item in items {
            let alone = Value::Array(vec![item.as_str().into()]);
            if let Some(problem) = (self.question.problem)(&key, &alone) {
                return Verdict::cannot(problem, format!("say it in `image.{name}`"));
            }
            self.keys.push("image", name, item.as_str());
        }
        Verdict::became(format!("`image.{name}`"))
    }

    pub fn say_variable(&mut self, name: &str, value: &str, unset: &[String]) -> Verdict {
        match self.verdict_of("image", "env", Some(name), value.into()) {
            Verdict::Became { what } if !unset.is_empty() => {
                Verdict::became(format!("{what}, where `${}` is empty", unset.join("`, `$")))
            }
            verdict => verdict,
        }
    }

    fn labels(&mut self, step: &Step<'_>, said: &str, variables: &Variables) {
        for pair in pairs(said, self.file.escape, variables) {
            let Pair { name, value, unset, arguments, unknown } = pair;
            let text = format!("LABEL {name}={value}");
            let verdict = match name.strip_prefix("org.opencontainers.image.") {
                Some("created" | "revision") => Verdict::not_needed("the build knows it of git"),
                Some("base.name" | "base.digest") => Verdict::not_needed("there is no base image"),
                _ if unknown.is_some() => not_told(&unknown.unwrap_or_default(), "image.labels"),
                Some(word) if !unset.is_empty() => Verdict::cannot(
                    format!("nobody says what `${}` is", unset.join("`, `$")),
                    format!("say it in `image.annotations.{word}`"),
                ),
                Some(word) if self.is_in_manifest(word, &value) => {
                    Verdict::not_needed("the manifest says it")
                }
                Some(word) => self
                    .verdict_of("image", "annotations", Some(word), value.as_str().into())
                    .written_down(&arguments, &format!("--annotation {word}=…")),
                None => self
                    .verdict_of("image", "labels", Some(&name), value.as_str().into())
                    .written_down(&arguments, &format!("--label {name}=…")),
            };
            self.rows.add(step.line, text, verdict);
        }
    }

    /// Whether a manifest in the context says it, so that the build finds it there.
    fn is_in_manifest(&self, word: &str, value: &str) -> bool {
        let key = match word {
            "title" => "name",
            "licenses" => "license",
            "source" => "repository",
            "url" => "homepage",
            "version" | "description" | "documentation" => word,
            _ => return false,
        };
        let text = std::fs::read_to_string(self.question.context.join("Cargo.toml")).unwrap_or_default();
        let manifest: Option<toml_edit::DocumentMut> = text.parse().ok();
        let said = manifest.as_ref().and_then(|manifest| manifest.get("package")?.get(key)?.as_str());
        said == Some(value)
    }

    fn start(&mut self, step: &Step<'_>, written: &Written<'_>, workshop: &Workshop, is_entrypoint: bool) {
        let is_nothing =
            matches!(written, Written::Shell(line) if line.value.trim_matches(['"', ' ', '\t']).is_empty());
        let text = if is_nothing { "ENTRYPOINT []" } else { &step.text };
        let row = self.rows.add(step.line, text, Verdict::became(""));
        let (words, shell, was_split) = match written {
            Written::Exec(words) => {
                let words: Vec<String> = words.value.iter().map(|word| word.value.to_string()).collect();
                match &words[..] {
                    [shell, flag, line] if shell.ends_with("sh") && flag == "-c" => {
                        split(line, self.file.escape)
                    }
                    _ => (words, None, false),
                }
            }
            Written::Shell(_) if is_nothing => (Vec::new(), None, false),
            Written::Shell(line) => split(line.value, self.file.escape),
            _ => (Vec::new(), None, false),
        };
        let stage = workshop.number;
        let started = Started { row, stage, words, shell, was_split, folder: workshop.folder.clone() };
        if is_entrypoint && let Some(inherited) = self.draft.cmd.take_if(|cmd| cmd.stage != stage) {
            let why =
                format!("Docker drops it where a later stage says `ENTRYPOINT`, as line {} does", step.line);
            self.rows.change(inherited.row, Verdict::not_needed(why));
        }
        let place = if is_entrypoint { &mut self.draft.entrypoint } else { &mut self.draft.cmd };
        if let Some(earlier) = place.replace(started) {
            self.rows.change(earlier.row, said_later(step.line));
        }
    }
}

/// What becomes of what a later line takes back.
fn said_later(line: usize) -> Verdict {
    Verdict::not_needed(format!("line {line} says something else"))
}

/// The words of a line for a shell, and why it takes one.
fn split(line: &str, escape: char) -> (Vec<String>, Option<String>, bool) {
    let mut words = Vec::new();
    if line.starts_with('[') {
        return (words, Some("a list that is not JSON".to_owned()), true);
    }
    let mut shell = line.contains('$').then(|| "`$`".to_owned());
    for token in tokens(line, Reader::Shell, escape, &Variables::default()) {
        match token {
            Token::Operator(operator) => shell = Some(format!("`{operator}`")),
            Token::Word(word) => {
                shell = word.unset.first().map(|name| format!("`${name}`")).or(shell);
                if word.text != "exec" || !words.is_empty() {
                    words.push(word.text);
                }
            }
        }
    }
    (words, shell, true)
}
