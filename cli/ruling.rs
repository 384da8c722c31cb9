//! What a policy says of an image: of each program in it, what it asks for, and whether it may.

use std::fmt;

use serde::Serialize;
use wasmpack_optimizer::{Capability, Frame, Policy, Refusal, Request, Symbols, Usage};
use wasmpack_packager::survey::Program;

use crate::printable::printable;
use crate::refused::{Place, Refused};

/// What a policy says of an image or module. The field names are the keys of `--json`.
#[derive(Debug, Serialize)]
pub struct Ruling {
    /// What it is called.
    pub name: String,
    /// Its programs, those below first.
    pub programs: Vec<Ruled>,
    /// What keeps it from being known, and so from being allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// A program.
#[derive(Debug, Serialize)]
pub struct Ruled {
    /// Where it is in the image; the file's name of a module.
    pub path: String,
    /// What it asks for, in the order of its imports.
    pub requests: Vec<Verdict>,
    /// Why nobody knows, if that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    #[serde(skip)]
    refusals: Vec<Refusal>,
    /// Whether optimization takes out of it what nobody calls.
    #[serde(skip)]
    is_module: bool,
}

/// Something that a program asks for.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// An import, by its name; of a service, the export by which it is handed requests.
    pub name: String,
    /// What it gives; nothing is known of one that no standard has.
    pub gives: Vec<Capability>,
    /// Whether a standard has it.
    pub standard: bool,
    /// Whether the program may ask for it.
    pub allowed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who leads to it, the nearest first; looked for only where it is refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub called_by: Vec<Frame>,
}

impl Ruling {
    /// Holds programs against a policy. `symbols` knows names and lines of a module, and `keep` are exports that a host
    /// calls besides those it always does.
    #[must_use]
    pub fn of(
        name: String,
        programs: &[Program],
        policy: &Policy,
        symbols: impl Fn(&[u8]) -> Option<Symbols>,
        keep: &[String],
    ) -> Self {
        let ruled = |program: &Program| {
            let ruled = |refusals| Ruled::of(program, refusals);
            match policy.refusals(&program.bytes, symbols(&program.bytes).as_ref(), keep) {
                Ok(refusals) => ruled(refusals),
                Err(error) => Ruled { problem: Some(error.to_string()), ..ruled(Vec::new()) },
            }
        };
        Self { name, programs: programs.iter().map(ruled).collect(), problems: Vec::new() }
    }

    /// What is refused of it, if anything is.
    #[must_use]
    pub fn refused(&self, place: Place) -> Option<Refused> {
        let mut refused = Refused::new(self.name.clone(), place);
        for problem in &self.problems {
            refused.add_problem(problem.clone());
        }
        let is_one_of_several = self.programs.len() > 1;
        for program in &self.programs {
            let path = is_one_of_several.then_some(&*program.path);
            if let Some(problem) = &program.problem {
                refused.add_problem(format!("`{}` cannot be read: {problem}", program.path));
            }
            for refusal in &program.refusals {
                refused.add(path, refusal, program.is_module);
            }
        }
        (!refused.is_empty()).then_some(refused)
    }
}

impl Ruled {
    fn of(program: &Program, refusals: Vec<Refusal>) -> Self {
        let verdict = |request: Request| {
            let refusal = refusals.iter().find(|refusal| refusal.request == request);
            let frames = |usage: &Usage| usage.frames.clone();
            Verdict {
                gives: if request.is_standard { request.gives.to_vec() } else { Vec::new() },
                standard: request.is_standard,
                allowed: refusal.is_none(),
                reason: refusal.map(ToString::to_string),
                called_by: refusal.and_then(|refusal| refusal.usage.as_ref()).map(frames).unwrap_or_default(),
                name: request.name,
            }
        };
        let requests = Request::all(&program.bytes).unwrap_or_default();
        Self {
            path: program.path.clone(),
            requests: requests.into_iter().map(verdict).collect(),
            problem: None,
            is_module: !wasmpack_optimizer::is_component(&program.bytes),
            refusals,
        }
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<9} {}", "image", printable(&self.name))?;
        for problem in &self.problems {
            writeln!(f, "{:<9} {}", "refused", printable(problem))?;
        }
        self.programs.iter().try_for_each(|program| program.fmt(f))
    }
}

impl fmt::Display for Ruled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<9} {}", "program", printable(&self.path))?;
        if let Some(problem) = &self.problem {
            return writeln!(f, "{:<9} {}", "refused", printable(problem));
        }
        if self.requests.is_empty() {
            writeln!(f, "{:<9} it asks for nothing", "allowed")?;
        }
        let width =
            self.requests.iter().map(|request| request.name.chars().count()).max().unwrap_or_default();
        for Verdict { name, gives, standard, allowed, .. } in &self.requests {
            let verdict = if *allowed { "allowed" } else { "refused" };
            let gives: Vec<_> = gives.iter().map(ToString::to_string).collect();
            let gives = match gives.as_slice() {
                [] if *standard => "none".to_owned(),
                [] => "unknown".to_owned(),
                gives => gives.join(", "),
            };
            let width = width.min(NAME_COLUMNS);
            writeln!(f, "{verdict:<9} {:<width$} {gives}", printable(name))?;
        }
        Ok(())
    }
}

/// Longer names push their capabilities to the right.
const NAME_COLUMNS: usize = 48;
