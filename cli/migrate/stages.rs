//! Which stages lead to the image.

use std::collections::BTreeSet;

use parse_dockerfile::{Flag, Instruction};

use super::dockerfile::{Dockerfile, Stage};

/// How the stages of a Dockerfile hang together.
#[derive(Debug)]
pub struct Stages {
    /// Their names in lower case.
    names: Vec<Option<String>>,
    /// The stage that each begins with, if it is no image.
    pub parents: Vec<Option<usize>>,
    /// Those that lead to the last one, itself among them.
    pub leading: BTreeSet<usize>,
    /// The last one and those it begins with: what they say, the image says.
    pub image: BTreeSet<usize>,
}

impl Stages {
    /// Finds out. `images` are what the stages begin with, without variables.
    #[must_use]
    pub fn of(file: &Dockerfile<'_>, images: &[String]) -> Self {
        let names: Vec<_> = file.stages.iter().map(|stage| stage.name.clone()).collect();
        let before = |number: usize, name: &str| named(&names[..number], name);
        let parents: Vec<_> =
            images.iter().enumerate().map(|(number, image)| before(number, image)).collect();
        let mut stages = Self { names, parents, leading: BTreeSet::new(), image: BTreeSet::new() };
        let last = file.stages.len() - 1;
        let mut next = vec![last];
        while let Some(number) = next.pop() {
            if stages.leading.insert(number) {
                next.extend(stages.parents[number]);
                next.extend(used(&file.stages[number]).iter().filter_map(|name| stages.find(name)));
            }
        }
        let mut ancestor = Some(last);
        while let Some(number) = ancestor {
            stages.image.insert(number);
            ancestor = stages.parents[number];
        }
        stages
    }

    /// A stage by its name or its number.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        let by_number = || name.parse().ok().filter(|number| *number < self.names.len());
        named(&self.names, name).or_else(by_number)
    }
}

fn named(names: &[Option<String>], name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    names.iter().rposition(|one| one.as_ref() == Some(&name))
}

/// What a stage copies or mounts from.
fn used(stage: &Stage<'_>) -> Vec<String> {
    let from = |options: &[Flag<'_>]| {
        let named = options.iter().filter(|flag| flag.name.value == "from");
        named.filter_map(|flag| Some(flag.value.as_ref()?.value.to_string())).collect::<Vec<_>>()
    };
    let mounted = |options: &[Flag<'_>]| {
        let values =
            options.iter().filter(|flag| flag.name.value == "mount").filter_map(|flag| flag.value.as_ref());
        let pairs = values.flat_map(|value| value.value.split(',').map(str::to_owned).collect::<Vec<_>>());
        pairs.filter_map(|pair| Some(pair.strip_prefix("from=")?.to_owned())).collect::<Vec<_>>()
    };
    let of_step = |what: &Instruction<'_>| match what {
        Instruction::Copy(copy) => from(&copy.options),
        Instruction::Add(add) => from(&add.options),
        Instruction::Run(run) => mounted(&run.options),
        _ => Vec::new(),
    };
    stage.steps.iter().flat_map(|step| of_step(&step.what)).collect()
}
