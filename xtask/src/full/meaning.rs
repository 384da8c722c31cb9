//! What programs do stays the same: before and after optimization, examples, the corpus, and modules that nobody wrote.

use std::fs::File;
use std::process::Stdio;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Tried, ignored};
use crate::corpus;
use crate::examples::EXAMPLES;
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, process};

/// A run of a program.
struct Case {
    name: String,
    sources: Utf8PathBuf,
    /// Flags of `run`, then the program's arguments.
    flags: Vec<String>,
    arguments: Vec<String>,
    input: Option<Utf8PathBuf>,
}

pub(super) fn run(workspace: &Workspace, tool: &Tool) -> Result<Vec<Tried>> {
    let target = workspace.folder("corpus")?;
    let tried = cases(workspace)?.into_iter().map(|case| {
        let result = compare(tool, &case, &target);
        (format!("the same after optimization: {}", case.name), result)
    });
    let mut tried: Vec<_> = tried.collect();
    tried.push(("2,000 modules that nobody wrote".to_owned(), ignored(workspace, "two_thousand")));
    Ok(tried)
}

fn cases(workspace: &Workspace) -> Result<Vec<Case>> {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let case = |name: &str, sources: Utf8PathBuf, arguments: &[&str], input: Option<Utf8PathBuf>| Case {
        name: name.to_owned(),
        sources,
        flags: Vec::new(),
        arguments: words(arguments),
        input,
    };
    let mut cases = Vec::new();
    for example in EXAMPLES {
        cases.push(case(example.name, example.folder(workspace), example.arguments, None));
    }
    let wordcount = workspace.root.join("examples/wordcount");
    cases.push(Case {
        flags: words(&["--target", "wasm32-wasip2"]),
        ..case("wordcount as a component", wordcount, &["--text", "a b", "c"], None)
    });
    let registry = corpus::registry(workspace)?;
    let program = |name| corpus::program(workspace, &registry, name);
    let sql = "create table t(a, b); insert into t values (1, 'x'), (2.5, 'y'); \
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) \
        select sum(i), avg(i * 1.1), group_concat(i % 7), max(printf('%08.3f', i / 7.0)) from n, t";
    let bzip2 = program("bzip2")?;
    cases.push(case("sqlite", program("sqlite")?, &[sql], None));
    cases.push(case("sqlite with an error", program("sqlite")?, &["select nonsense"], None));
    for (level, sample) in [("-1", "sample1.ref"), ("-9", "sample3.ref"), ("-dc", "sample2.bz2")] {
        cases.push(case(&format!("bzip2 {level}"), bzip2.clone(), &[level], Some(bzip2.join(sample))));
    }
    cases.push(case("snappy", program("snappy")?, &["hello snappy "], None));
    let source = |package| corpus::in_registry(&registry, package);
    cases.push(case("hexyl", source(corpus::HEXYL), &[], Some(bzip2.join("sample3.ref"))));
    let searched = format!("{bzip2}::/sources");
    cases.push(Case {
        flags: vec!["--dir".to_owned(), searched],
        ..case(
            "ripgrep",
            source(corpus::RIPGREP),
            &["-n", "--sort", "path", "BZ_[A-Z]+_ERROR", "/sources"],
            None,
        )
    });
    Ok(cases)
}

fn compare(tool: &Tool, case: &Case, target: &Utf8Path) -> Result {
    let mut run = tool.command("run");
    run.args(["--compare", "--target-dir"]).arg(target).args(&case.flags).arg(&case.sources);
    run.arg("--").args(&case.arguments).stdin(Stdio::null());
    if let Some(input) = &case.input {
        run.stdin(File::open(input)?);
    }
    process::run(&mut run)
}
