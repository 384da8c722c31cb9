//! What a runner of GitHub's does with the steps of a workflow or an action, as far as ours use it.

use std::collections::BTreeMap;

use regex::{Captures, Regex};
use serde_json::Value;

use super::place::{Place, Ran};

/// Values of expressions, such as `github.actor`.
pub type Values = BTreeMap<String, String>;

/// A run of steps.
pub struct Job<'a> {
    pub place: &'a Place,
    pub values: Values,
    pub variables: BTreeMap<String, String>,
}

impl Job<'_> {
    /// Runs the steps one after the other; after the first that fails, those only that want to run then. The outcome is that of
    /// the first that failed, with what all have said.
    pub fn run(&mut self, steps: &Value) -> Ran {
        for file in ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"] {
            self.place.write(file, "");
            self.variables.insert(file.to_owned(), self.place.path(file).display().to_string());
        }
        let mut all = Ran { code: 0, stdout: String::new(), stderr: String::new() };
        for step in steps.as_array().unwrap() {
            let condition = step["if"].as_str().unwrap_or("true");
            let goes_on = all.code == 0 || condition.contains("cancelled()");
            let Some(script) = step["run"].as_str().filter(|_| goes_on && self.holds(condition)) else {
                continue;
            };
            assert!(!script.contains("${{"), "an expression becomes code: {script}");
            let mut variables = self.variables.clone();
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                variables.insert(name.clone(), self.expand(value.as_str().unwrap()));
            }
            // Who names a shell gets it with more care.
            let flags = if step["shell"].is_null() { ["-e"].as_slice() } else { &["-e", "-o", "pipefail"] };
            let Ran { code, stdout, stderr } = self.place.bash(flags, script, &variables);
            all.code = if all.code == 0 { code } else { all.code };
            all.stdout += &stdout;
            all.stderr += &stderr;
            let file = self.place.read("GITHUB_ENV");
            let added = file.lines().map(|line| line.split_once('=').unwrap());
            self.variables.extend(added.map(|(name, value)| (name.to_owned(), value.to_owned())));
            if let Some(id) = step["id"].as_str() {
                let file = self.place.read("GITHUB_OUTPUT");
                let outputs = file.lines().filter_map(|line| line.split_once('='));
                let named =
                    |(name, value): (&str, &str)| (format!("steps.{id}.outputs.{name}"), value.to_owned());
                self.values.extend(outputs.map(named));
            }
        }
        all
    }

    /// An expression without `${{`: terms that are joined by `&&`.
    fn holds(&self, condition: &str) -> bool {
        condition.split(" && ").all(|term| {
            let quoted = |text: &str| text.trim_matches('\'').to_owned();
            if let Some(file) =
                term.strip_prefix("hashFiles('").and_then(|rest| rest.strip_suffix("') != ''"))
            {
                return self.place.path("project").join(file).exists();
            }
            match term
                .split_once(" == ")
                .map(|sides| (true, sides))
                .or(term.split_once(" != ").map(|sides| (false, sides)))
            {
                Some((equal, (name, value))) => (self.values[name] == quoted(value)) == equal,
                None => ["true", "!cancelled()"].contains(&term) || panic!("{term} is not known here"),
            }
        })
    }

    fn expand(&self, text: &str) -> String {
        let expression = Regex::new(r"\$\{\{ (.*?) \}\}").unwrap();
        expression.replace_all(text, |found: &Captures<'_>| self.values[&found[1]].clone()).into_owned()
    }
}
