//! `cargo xtask demo`: from a fresh checkout to four small images that run.

use crate::examples::EXAMPLES;
use crate::setup::{self, For};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, plain, shell, sizes};

pub(crate) fn run(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Demo)?;
    let tool = Tool::build(workspace)?;
    let plain = plain::find().ok_or("no toolchain makes modules from C and C++")?;
    let target = workspace.folder("demo")?;

    let mut table = sizes::table();
    for example in &EXAMPLES {
        let folder = example.folder(workspace);
        shell::status("Example", folder.strip_prefix(&workspace.root)?);
        let layout = tool.image(&folder, &target)?;
        shell::status("Running", format!("{} {}", example.name, typed(example.arguments)));
        shell::line(tool.stdout_of(&layout, example.arguments)?.trim_end());
        sizes::add(&mut table, example, &layout, workspace, (&tool, &plain))?;
    }
    shell::line(format_args!("\n{}\n\n{table}\n", sizes::HEADING));
    shell::line("Next: `cargo install --path .`, then `cargo wasmpack build` in a project of yours");
    Ok(())
}

/// Arguments as one would type them: in quotes where there are blanks.
fn typed(arguments: &[&str]) -> String {
    let quoted = |word: &&str| {
        if word.contains(char::is_whitespace) { format!("{word:?}") } else { (*word).to_owned() }
    };
    arguments.iter().map(quoted).collect::<Vec<_>>().join(" ")
}
