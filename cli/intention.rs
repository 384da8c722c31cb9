//! `build --dry-run`: what would be run, and which images would come of it.

use std::fmt;

use serde::Serialize;
use wasmpack_builder::{Planned, PlannedCommand, PlannedTool};
use wasmpack_packager::Reference;

use crate::error::Error;
use crate::plan::{ModulePlan, Plan};

/// A build that is not carried out.
#[derive(Debug, Serialize)]
pub struct Intention {
    /// What lies at the path: `cargo`, `c`, `c++`, `cmake` and so on, or `module`.
    source: String,
    /// The folder of it.
    folder: String,
    /// What modules are built for.
    targets: Vec<String>,
    /// What was chosen of the machine's toolchains.
    tools: Vec<PlannedTool>,
    /// In the order in which they would be run, if nothing was fresh.
    commands: Vec<PlannedCommand>,
    images: Vec<IntendedImage>,
    /// Which part of all images these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<IntendedPart>,
    /// The key that would sign them, as signatures name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_by: Option<String>,
}

#[derive(Debug, Serialize)]
struct IntendedPart {
    part: usize,
    parts: usize,
    /// Of all parts together.
    images: usize,
}

#[derive(Debug, Serialize)]
struct IntendedImage {
    name: String,
    /// Of the optimizer.
    level: String,
    /// Exports that stay, besides those every module needs.
    keep: Vec<String>,
    /// Where it would be written.
    layout: String,
}

impl Intention {
    /// What would be done by this plan.
    ///
    /// # Errors
    /// Whatever would keep the build from beginning: a toolchain that is missing, a name that is none.
    pub fn of(plan: &Plan) -> Result<Self, Error> {
        let Plan { project, settings, machine, .. } = plan;
        let (mut all, mut programs) = (Planned::default(), Vec::new());
        for settings in settings {
            let planned = wasmpack_builder::plan(project, settings, machine)?;
            all.commands.extend(planned.commands);
            let is_new = |tool: &PlannedTool| !all.tools.contains(tool);
            let new: Vec<_> = planned.tools.into_iter().filter(is_new).collect();
            all.tools.extend(new);
            programs.extend(project.programs(settings));
        }
        let built: Vec<_> = programs.iter().map(|(_, program)| *program).collect();
        programs.retain(|(package, program)| plan.makes(*package, program));
        if programs.is_empty() && !built.is_empty() {
            return Err(Error::NothingStarts { names: built.join("`, `") });
        }
        let names = plan.names(programs.iter().copied())?;
        let image = |((package, _), name): (&(Option<&str>, &str), &Reference)| {
            let ModulePlan { pipeline, .. } = plan.of(*package);
            IntendedImage {
                name: name.to_string(),
                level: pipeline.level.to_string(),
                keep: pipeline.keep.clone(),
                layout: plan.layout(name).into_string(),
            }
        };
        let images = programs.iter().zip(&names).map(image).collect();
        Ok(Self {
            source: project.source.kind().to_owned(),
            folder: project.source.dir().to_string(),
            targets: settings.iter().map(|settings| settings.target.to_string()).collect(),
            tools: all.tools,
            commands: all.commands,
            images,
            partition: plan.share.as_ref().map(|share| IntendedPart {
                part: share.partition.part,
                parts: share.partition.parts,
                images: share.images,
            }),
            signed_by: plan.key.as_ref().map(|key| key.public().hint().to_owned()),
        })
    }
}

impl fmt::Display for Intention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "source    {} in {}", self.source, self.folder)?;
        if !self.targets.is_empty() {
            writeln!(f, "target    {}", self.targets.join(", "))?;
        }
        for PlannedTool { path, version } in &self.tools {
            writeln!(
                f,
                "tool      {path}{}",
                version.iter().map(|version| format!(" ({version})")).collect::<String>()
            )?;
        }
        for command in &self.commands {
            writeln!(f, "run       {command}")?;
        }
        if let Some(IntendedPart { part, parts, images }) = &self.partition {
            writeln!(f, "part      {part} of {parts}, with {} of {images} images", self.images.len())?;
        }
        for image in &self.images {
            writeln!(f, "image     {}, level {}, in {}", image.name, image.level, image.layout)?;
        }
        if let Some(key) = &self.signed_by {
            writeln!(f, "signed    by key {key}")?;
        }
        Ok(())
    }
}
