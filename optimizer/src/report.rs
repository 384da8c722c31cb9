//! What the optimizer did, as values: the caller prints it, and stores it beside a cached module.

use serde::{Deserialize, Serialize};

use crate::{Census, ModuleKind, Weights};

/// What happened to one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whether the module is a program or a library.
    pub kind: ModuleKind,
    /// The module as it came in.
    pub before: Census,
    /// The module as it went out; of a component, the figures of its module and the bytes of the whole.
    pub after: Census,
    /// One entry per pass that ran, in running order.
    pub passes: Vec<PassReport>,
    /// Custom sections that stay, because somebody may look for them.
    pub kept_sections: Vec<String>,
    /// What a component does not export though it could, because consumers would take it for something else.
    pub dropped_export: Option<String>,
}

/// What one pass did. The `after` of a pass is the `before` of the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassReport {
    /// The name of the pass.
    pub name: String,
    /// The module as the pass got it.
    pub before: Census,
    /// The module as the next pass gets it; equal to `before` unless the outcome is [`Outcome::Kept`].
    pub after: Census,
    /// What became of the pass's result.
    pub outcome: Outcome,
    /// Which of several ways made it, if there were several.
    pub by: Option<String>,
    /// What the module weighs as it will be stored, before and after, if it was changed for the sake of that.
    pub weights: Option<Weights>,
    /// Why one of several ways was not gone to its end, if time ran out: another day, it may be the better one.
    pub unfinished: Option<String>,
}

/// What became of a pass's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is used.
    Kept,
    /// It was larger than what the pass got.
    Dropped {
        /// Its length.
        bytes: u64,
    },
    /// There was none, or it broke a promise.
    Failed {
        /// Why, as one line.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_being_stored() {
        let census = Census { bytes: 8, ..Census::default() };
        let pass = |name: &str, outcome| PassReport {
            name: name.into(),
            before: census,
            after: census,
            outcome,
            by: None,
            weights: Some((9, 8)),
            unfinished: None,
        };
        let report = Report {
            dropped_export: None,
            kept_sections: vec![".dep-v0".into()],
            kind: ModuleKind::Command,
            before: census,
            after: census,
            passes: vec![
                pass("gc", Outcome::Kept),
                pass("gc", Outcome::Dropped { bytes: 9 }),
                pass("wasm-opt", Outcome::Failed { reason: "crash".into() }),
            ],
        };
        let stored = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&stored).unwrap(), report);
    }
}
