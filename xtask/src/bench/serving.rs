//! How many requests a service answers, beside a native server that does the same.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use camino::Utf8PathBuf;

use super::Bench;
use super::page::Section;
use crate::process::stdout_of;
use crate::table::{Table, bytes};
use crate::tool;
use crate::workspace::Workspace;
use crate::{Result, shell};

const EXPLANATION: &str = "`examples/http-hello` under `cargo wasmpack run`, an instance for each request, and \
    `benches/native-http`, which does the same on hyper. `wrk` asks for five seconds over 64 connections, on the same \
    processors, three times in turn; the median. Ratios are to the native server's. Errors are answers other than 200 \
    and broken connections, in all runs. Memory is the resident set in MB after the first and after the last run; processor \
    time is of the server, for each request.";

const RUNS: usize = 3;

/// A server at work.
struct Server {
    name: &'static str,
    child: Child,
    address: String,
    rounds: Vec<Round>,
}

/// What `wrk` saw, and what the server took.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    per_second: f64,
    worst_ms: f64,
    requests: u64,
    errors: u64,
    memory_kib: u64,
    processor_us: f64,
}

pub(super) fn section(bench: &Bench<'_>) -> Result<Section> {
    shell::status("Measuring", "services");
    let Bench { workspace, tool, .. } = bench;
    let layout = tool.image(&workspace.root.join("examples/http-hello"), &workspace.folder("demo")?)?;
    let mut ours = tool.command("run");
    ours.args(["--listen", "127.0.0.1:0"]).arg(layout);
    let mut servers = [
        Server::start("native", &mut Command::new(native(workspace)?))?,
        Server::start("`cargo wasmpack run`", &mut ours)?,
    ];
    for _ in 0..RUNS {
        for server in &mut servers {
            let round = server.ask()?;
            server.rounds.push(round);
        }
    }
    let mut table = Table::new([
        "",
        "requests per second",
        "",
        "99 %, ms",
        "requests",
        "errors",
        "memory",
        "",
        "processor, µs",
    ]);
    let mut native = None;
    for server in &servers {
        let rounds = &server.rounds;
        let median = |of: fn(&Round) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[RUNS / 2]
        };
        let per_second = median(|round| round.per_second);
        let ratio = per_second / *native.get_or_insert(per_second);
        let sum = |of: fn(&Round) -> u64| bytes(rounds.iter().map(of).sum());
        let memory = |round: &Round| format!("{:.1}", round.memory_kib as f64 * 1024.0 / 1e6);
        table.row(&[
            server.name.to_owned(),
            format!("{per_second:.0}"),
            format!("{ratio:.2}"),
            format!("{:.1}", median(|round| round.worst_ms)),
            sum(|round| round.requests),
            sum(|round| round.errors),
            memory(&rounds[0]),
            memory(&rounds[RUNS - 1]),
            format!("{:.0}", median(|round| round.processor_us)),
        ]);
    }
    Ok(Section { title: "Serving", explanation: EXPLANATION.to_owned(), table })
}

/// The native server.
fn native(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let mut build = workspace.cargo("build");
    build.args(["--release", "--quiet", "--message-format=json-render-diagnostics", "--manifest-path"]);
    build
        .arg(workspace.root.join("benches/native-http/Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace.folder("bench/native")?);
    let messages = stdout_of(&mut build)?;
    tool::executable(&messages, "native-http").ok_or_else(|| "cargo built no `native-http`".into())
}

impl Server {
    /// Waits until it says where it is, on stdout or stderr.
    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stdout, stderr) =
            (child.stdout.take().ok_or("no stdout")?, child.stderr.take().ok_or("no stderr")?);
        let (sender, receiver) = std::sync::mpsc::channel();
        let told = sender.clone();
        let address =
            |line: &str| line.split_once("Listening on ").map(|(_, address)| address.trim().to_owned());
        // Read on, or it would have nowhere to write its log.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                address(&line).into_iter().for_each(|address| drop(told.send(address)));
            }
        });
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(std::result::Result::ok) {
                address(&line).into_iter().for_each(|address| drop(sender.send(address)));
            }
        });
        let address = receiver.recv().map_err(|_| format!("{name} ended before it could be asked"))?;
        Ok(Self { name, child, address, rounds: Vec::new() })
    }

    fn ask(&self) -> Result<Round> {
        let before = self.processor_ms()?;
        let url = format!("{}/hello/world", self.address);
        let said = stdout_of(Command::new("wrk").args(["-t1", "-c64", "-d5s", "--latency", &url]))?;
        let after = self.processor_ms()?;
        let number = |start: &str| -> Option<&str> {
            said.lines().find_map(|line| line.trim().strip_prefix(start))?.split_whitespace().next()
        };
        let requests = said.lines().find_map(|line| line.trim().split_once(" requests in "));
        let requests: u64 = requests.ok_or("wrk said no requests")?.0.parse()?;
        let refused = number("Non-2xx or 3xx responses:").map_or(Ok(0), str::parse::<u64>)?;
        let broken =
            said.lines().find_map(|line| line.trim().strip_prefix("Socket errors: ")).map_or(0, |line| {
                line.split(|c: char| !c.is_ascii_digit())
                    .filter_map(|digits| digits.parse::<u64>().ok())
                    .sum()
            });
        Ok(Round {
            per_second: number("Requests/sec:").ok_or("wrk said no rate")?.parse()?,
            worst_ms: number("99%").and_then(in_ms).ok_or("wrk said no 99 %")?,
            requests,
            errors: refused + broken,
            memory_kib: self.memory_kib()?,
            processor_us: (after - before) * 1e3 / requests as f64,
        })
    }

    fn memory_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no resident set")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }

    fn processor_ms(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("no processor time")?;
        let ticks: Vec<f64> =
            fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
        // A hundred in a second, on every Linux.
        Ok(ticks.iter().sum::<f64>() * 10.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whoever is gone already need not be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `1.49ms`, `876.00us` or `1.20s` in milliseconds.
fn in_ms(text: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_wrk_are_read_in_their_units() {
        assert_eq!(
            ["500.00us", "1.50ms", "2.00s", "x"].map(in_ms),
            [Some(0.5), Some(1.5), Some(2000.0), None]
        );
    }
}
