//! The memory limit: one budget for all linear memories and tables of a guest.

use wasmtime::{ResourceLimiter, Result};

use crate::Limits;
use crate::meter::Meter;

/// What a guest may use, uses, and was refused.
#[derive(Debug)]
pub(crate) struct Memory {
    limit_bytes: u64,
    used_bytes: u64,
    refused: Option<Refused>,
    instances: usize,
    meter: Meter,
}

/// A growth that would have gone past the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) needed_bytes: u64,
    pub(crate) limit_bytes: u64,
}

impl Memory {
    pub(crate) fn new(limits: &Limits, meter: &Meter) -> Self {
        let limit_bytes = limits.memory_bytes.unwrap_or(u64::MAX);
        let instances = limits.instances;
        Self { limit_bytes, used_bytes: 0, refused: None, instances, meter: meter.clone() }
    }

    /// The last growth that was refused: why a guest that trapped may have run out of memory.
    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    fn grow(&mut self, current_bytes: usize, desired_bytes: usize) -> bool {
        let more_bytes = desired_bytes.saturating_sub(current_bytes) as u64;
        let needed_bytes = self.used_bytes.saturating_add(more_bytes);
        let granted = needed_bytes <= self.limit_bytes;
        if granted {
            self.used_bytes = needed_bytes;
            self.meter.used(needed_bytes);
        } else {
            self.refused = Some(Refused { needed_bytes, limit_bytes: self.limit_bytes });
        }
        granted
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        // Past the module's own maximum the growth fails anyway, so it is neither charged nor ours to refuse.
        Ok(maximum.is_some_and(|maximum| desired > maximum) || self.grow(current, desired))
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        // Wasmtime keeps a pointer per element.
        let bytes = |elements: usize| elements.saturating_mul(size_of::<usize>());
        Ok(maximum.is_some_and(|maximum| desired > maximum) || self.grow(bytes(current), bytes(desired)))
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.instances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Memory {
        Memory::new(&Limits { memory_bytes: Some(1000), ..Limits::default() }, &Meter::new())
    }

    #[test]
    fn all_memories_and_tables_share_one_budget() {
        let mut memory = memory();
        assert!(memory.memory_growing(0, 400, None).unwrap());
        assert!(memory.memory_growing(0, 400, None).unwrap());
        assert!(memory.table_growing(0, 10, None).unwrap());
        assert!(!memory.memory_growing(400, 600, None).unwrap());
        let used_bytes = 800 + 10 * size_of::<usize>() as u64;
        assert_eq!(memory.refused(), Some(Refused { needed_bytes: used_bytes + 200, limit_bytes: 1000 }));
    }

    #[test]
    fn a_growth_past_the_own_maximum_is_not_charged() {
        let mut memory = memory();
        assert!(memory.memory_growing(0, 2000, Some(100)).unwrap());
        assert!(memory.memory_growing(0, 1000, None).unwrap());
        assert_eq!(memory.refused(), None);
    }
}
