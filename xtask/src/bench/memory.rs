//! How much memory a process and its children had at most. Linux only: elsewhere there is no `/proc`.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::process::spelled;

/// Highest resident sets in KiB.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Peak {
    /// Of the process itself.
    pub(super) own_kib: u64,
    /// Of the largest of its children.
    pub(super) children_kib: u64,
}

/// Runs the command to its end and watches it. The kernel keeps the highest value itself, so looking now and then
/// misses only what is added in the last moment.
pub(super) fn peak(command: &mut Command) -> Result<Peak> {
    let mut child = command.stdin(Stdio::null()).spawn()?;
    let mut peak = Peak::default();
    let status = loop {
        let own = high_water_kib(child.id());
        peak.own_kib = peak.own_kib.max(own.unwrap_or_default());
        let own_line = command_line(child.id());
        for process in children(child.id()) {
            if command_line(process) != own_line {
                peak.children_kib = peak.children_kib.max(high_water_kib(process).unwrap_or_default());
            }
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(1));
    };
    if !status.success() {
        return Err(format!("`{}` ended with {status}", spelled(command)).into());
    }
    if peak.own_kib == 0 {
        Err("this system does not say how much memory a process has".into())
    } else {
        Ok(peak)
    }
}

/// Until a child has become another program, its memory is that of its parent.
fn command_line(process: u32) -> Vec<u8> {
    fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default()
}

fn high_water_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// A process belongs to the thread that started it, so all threads are asked.
fn children(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let lists: Vec<String> = lists.collect();
    lists.iter().flat_map(|list| list.split_whitespace()).filter_map(|id| id.parse().ok()).collect()
}
