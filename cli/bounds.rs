//! `--limit NAME=VALUE`: what a guest may spend, as it is typed.

use std::str::FromStr;
use std::time::Duration;

use wasmpack_runner::{Bound, Limits};

use crate::args::parse_seconds;
use crate::budget::MaxSize;
use crate::error::Error;
use crate::size::{Size, grouped};

/// One limit, with its new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Memory(Option<u64>),
    Fuel(Option<u64>),
    Stack(usize),
    Output(Option<u64>),
    Handles(usize),
    Instances(usize),
    Module(Option<u64>),
    CompileTime(Option<Duration>),
    RequestTime(Option<Duration>),
    Requests(usize),
}

/// In the order of the documentation.
const NAMES: &str = "`memory`, `fuel`, `stack`, `output`, `handles`, `instances`, `module`, `compile-time`, `request-time` and `requests`";

impl FromStr for Limit {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let (name, value) = typed.split_once('=').ok_or("write `NAME=VALUE`, such as `memory=512 MiB`")?;
        Ok(match name {
            "memory" => Self::Memory(unless_none(value, size)?),
            "fuel" => Self::Fuel(unless_none(value, count)?),
            "stack" => Self::Stack(stack(value)?),
            "output" => Self::Output(unless_none(value, size)?),
            "handles" => Self::Handles(index(count(value)?)?),
            "instances" => Self::Instances(index(count(value)?)?),
            "module" => Self::Module(unless_none(value, size)?),
            "compile-time" => Self::CompileTime(unless_none(value, parse_seconds)?),
            "request-time" => Self::RequestTime(unless_none(value, parse_seconds)?),
            "requests" => Self::Requests(index(count(value)?.max(1))?),
            _ => return Err(format!("there is no limit `{name}`; there are {NAMES}")),
        })
    }
}

impl Limit {
    /// Sets it.
    pub fn set(self, limits: &mut Limits) {
        match self {
            Self::Memory(bytes) => limits.memory_bytes = bytes,
            Self::Fuel(fuel) => limits.fuel = fuel,
            Self::Stack(bytes) => limits.stack_bytes = bytes,
            Self::Output(bytes) => limits.output_bytes = bytes,
            Self::Handles(handles) => limits.handles = handles,
            Self::Instances(instances) => limits.instances = instances,
            Self::Module(bytes) => limits.module_bytes = bytes,
            Self::CompileTime(time) => limits.compile_time = time,
            Self::RequestTime(time) => limits.request_time = time,
            Self::Requests(requests) => limits.requests = requests,
        }
    }
}

/// That a guest did too much of something, and the limit to raise.
#[must_use]
pub fn stopped(name: String, bound: Bound, limits: &Limits) -> Error {
    let limit = match bound {
        Bound::Fuel => "fuel=NUMBER",
        Bound::Instances => "instances=NUMBER",
        Bound::Output => "output=SIZE",
        Bound::Handles => "handles=NUMBER",
    };
    Error::Stopped { name, reason: reason(bound, limits), limit }
}

/// What a guest did too much of.
#[must_use]
pub fn reason(bound: Bound, limits: &Limits) -> String {
    match bound {
        Bound::Fuel => {
            format!("it has used up its fuel, {} instructions", grouped(limits.fuel.unwrap_or_default()))
        }
        Bound::Instances => {
            format!("it has more than {} instances, memories or tables", grouped(limits.instances as u64))
        }
        Bound::Output => format!("it wrote more than {}", Size(limits.output_bytes.unwrap_or_default())),
        Bound::Handles => {
            format!("it has more than {} files or streams open", grouped(limits.handles as u64))
        }
    }
}

fn unless_none<T>(value: &str, parse: fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if value == "none" { Ok(None) } else { parse(value).map(Some) }
}

fn size(value: &str) -> Result<u64, String> {
    value.parse().map(|MaxSize(bytes)| bytes)
}

/// Every thread that runs a guest gets as much.
const LARGEST_STACK_BYTES: u64 = 1 << 30;

fn stack(value: &str) -> Result<usize, String> {
    match size(value)? {
        bytes @ 1..=LARGEST_STACK_BYTES => index(bytes),
        _ => Err(format!("a stack has 1 byte to {}", Size(LARGEST_STACK_BYTES))),
    }
}

fn count(value: &str) -> Result<u64, String> {
    value.replace([',', '_'], "").parse().map_err(|_| format!("`{value}` is no number"))
}

fn index(number: u64) -> Result<usize, String> {
    usize::try_from(number).map_err(|_| format!("{number} is too much for this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_sets_its_own_limit() {
        let typed = [
            "memory=64 MiB",
            "fuel=1,000",
            "stack=256KiB",
            "output=none",
            "handles=9",
            "instances=2",
            "module=1 MB",
            "compile-time=1.5",
            "request-time=none",
            "requests=8",
        ];
        let mut limits = Limits::default();
        for limit in typed {
            limit.parse::<Limit>().unwrap().set(&mut limits);
        }
        let expected = Limits {
            memory_bytes: Some(64 << 20),
            time: None,
            fuel: Some(1000),
            stack_bytes: 256 << 10,
            output_bytes: None,
            handles: 9,
            instances: 2,
            module_bytes: Some(1_000_000),
            compile_time: Some(Duration::from_millis(1500)),
            request_time: None,
            requests: 8,
        };
        assert_eq!(limits, expected);
    }

    #[test]
    fn all_that_one_limit_counts_is_told() {
        let limits = Limits { instances: 5, ..Limits::default() };
        // A module is one instance, and may have many tables.
        assert_eq!(reason(Bound::Instances, &limits), "it has more than 5 instances, memories or tables");
    }

    #[test]
    fn what_is_no_limit_is_refused_with_what_there_is() {
        for (typed, said) in [
            ("memory", "NAME=VALUE"),
            ("ram=1 GB", "there is no limit `ram`"),
            ("memory=much", "no size"),
            ("stack=none", "no size"),
            ("stack=0", "1 byte to"),
            ("stack=18446744073709551615", "1 byte to"),
            ("fuel=-1", "`-1` is no number"),
        ] {
            let refusal = typed.parse::<Limit>().unwrap_err();
            assert!(refusal.contains(said), "{typed}: {refusal}");
        }
    }
}
