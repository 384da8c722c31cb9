//! An order in which things that are alike stand beside each other, so that a compressor finds them again.
//!
//! Compressors replace what they have seen by a reference to it, and forget what is farther back than their window:
//! 32 KiB for gzip. Linkers put functions into the order of their sources. Moving alike ones together made layers of
//! Rust programs 5 % smaller, of C++ programs 2 to 3 %, and of C programs nothing to 1 %.

use std::collections::{HashMap, VecDeque};

/// How many bytes in a row count as something two things have in common. Shorter ones are everywhere, longer ones are
/// broken by the index of a local.
const GRAM_BYTES: usize = 5;

/// How far back a compressor of gzip sees.
const WINDOW_BYTES: usize = 32 * 1024;

/// Work grows with the square of how many there are, so that this many are put in order at once.
const LARGEST_GROUP: usize = 16 * 1024;

/// A gram that more have than this tells little, and costs much to keep track of.
const MOST_HOLDERS: usize = 512;

/// From this many bytes on, a part of the grams stands for all, so that memory does not grow any more.
const MOST_GRAMS: usize = 2 * 1024 * 1024;

/// The numbers of the things in their new order. The same for the same things, on every machine.
pub(crate) fn order(things: &[&[u8]]) -> Vec<usize> {
    let mut order = Vec::with_capacity(things.len());
    for (number, group) in things.chunks(LARGEST_GROUP).enumerate() {
        order.extend(Group::new(group).order().into_iter().map(|thing| number * LARGEST_GROUP + thing));
    }
    order
}

/// Things, and what they have in common.
struct Group<'a> {
    things: &'a [&'a [u8]],
    /// The grams of each thing.
    grams: Vec<Vec<u32>>,
    /// The things that have each gram.
    holders: Vec<Vec<u32>>,
    /// What it counts to have each gram: the more, the fewer have it.
    weights: Vec<u64>,
    /// What a thing with these grams costs.
    sizes: Vec<f64>,
}

impl<'a> Group<'a> {
    fn new(things: &'a [&'a [u8]]) -> Self {
        let bytes: usize = things.iter().map(|thing| thing.len()).sum();
        let every = (bytes / MOST_GRAMS + 1) as u64;
        let mut numbers = HashMap::new();
        let mut holders: Vec<Vec<u32>> = Vec::new();
        let mut grams = Vec::with_capacity(things.len());
        for (thing, bytes) in (0..).zip(things) {
            let hashes = bytes.windows(GRAM_BYTES).map(hash).filter(|hash| hash.is_multiple_of(every));
            let mut own: Vec<u32> = hashes
                .map(|hash| {
                    *numbers.entry(hash).or_insert_with(|| {
                        holders.push(Vec::new());
                        holders.len() as u32 - 1
                    })
                })
                .collect();
            own.sort_unstable();
            own.dedup();
            for gram in &own {
                holders[*gram as usize].push(thing);
            }
            grams.push(own);
        }
        let weights: Vec<u64> = holders.iter().map(|holders| weight(holders.len(), things.len())).collect();
        let size = |own: &Vec<u32>| {
            let sum: u64 = own.iter().map(|gram| weights[*gram as usize]).sum();
            // To the power of 3/4: neither does a thing win because it is large, nor because it is small. Square
            // roots are the same on every machine.
            let root = (sum.max(1) as f64).sqrt();
            root * root.sqrt()
        };
        let sizes = grams.iter().map(size).collect();
        for holders in &mut holders {
            if holders.len() == 1 || holders.len() > MOST_HOLDERS {
                *holders = Vec::new();
            }
        }
        Self { things, grams, holders, weights, sizes }
    }

    /// Begins with the first, and takes next whatever has most in common with what the window has.
    fn order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.things.len());
        let mut left: Vec<usize> = (0..self.things.len()).collect();
        let mut window = Window::new(self);
        while let Some(place) = window.nearest(&left) {
            // In place, so that of equals the first is taken.
            let thing = left.remove(place);
            window.add(thing);
            order.push(thing);
        }
        order
    }
}

/// The things a compressor still sees.
struct Window<'a> {
    group: &'a Group<'a>,
    things: VecDeque<usize>,
    bytes: usize,
    /// How many of the things in the window have each gram.
    seen: Vec<u32>,
    /// The weight of what each thing has in common with the window.
    common: Vec<u64>,
}

impl<'a> Window<'a> {
    fn new(group: &'a Group<'a>) -> Self {
        let (seen, common) = (vec![0; group.holders.len()], vec![0; group.things.len()]);
        Self { group, things: VecDeque::new(), bytes: 0, seen, common }
    }

    /// The place in `left` of the one that has most in common with the window.
    #[expect(clippy::cast_precision_loss, reason = "sums of weights are far below 2^53")]
    fn nearest(&self, left: &[usize]) -> Option<usize> {
        let score = |thing: &usize| self.common[*thing] as f64 / self.group.sizes[*thing];
        let mut best: Option<(f64, usize)> = None;
        for (place, score) in left.iter().map(score).enumerate() {
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, place));
            }
        }
        best.map(|(_, place)| place)
    }

    fn add(&mut self, thing: usize) {
        let Group { things, grams, holders, weights, .. } = self.group;
        self.things.push_back(thing);
        self.bytes += things[thing].len();
        for gram in &grams[thing] {
            let gram = *gram as usize;
            self.seen[gram] += 1;
            if self.seen[gram] == 1 {
                holders[gram].iter().for_each(|holder| self.common[*holder as usize] += weights[gram]);
            }
        }
        while self.bytes > WINDOW_BYTES && self.things.len() > 1 {
            self.forget();
        }
    }

    /// Takes out what was added first.
    fn forget(&mut self) {
        let Group { things, grams, holders, weights, .. } = self.group;
        let Some(thing) = self.things.pop_front() else { return };
        self.bytes -= things[thing].len();
        for gram in &grams[thing] {
            let gram = *gram as usize;
            self.seen[gram] -= 1;
            if self.seen[gram] == 0 {
                holders[gram].iter().for_each(|holder| self.common[*holder as usize] -= weights[gram]);
            }
        }
    }
}

/// Sixteen times the binary logarithm of how rare it is: what `holders` of `all` have.
fn weight(holders: usize, all: usize) -> u64 {
    // Whole numbers, because logarithms of floating point differ from machine to machine.
    let rare = ((all as u128) << 32) / holders.max(1) as u128;
    let whole = rare.ilog2();
    let rest = (rare << (127 - whole)) >> 123 & 0xf;
    16 * u64::from(whole.saturating_sub(32)) + rest as u64
}

/// FNV-1a, whose lowest bits are mixed once more because a part of the grams is chosen by them.
fn hash(gram: &[u8]) -> u64 {
    let fnv = gram.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (fnv ^ (fnv >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes without a pattern, others for each seed.
    fn noise(seed: u64, length: usize) -> Vec<u8> {
        (0..length as u64)
            .map(|place| hash(&[seed.to_le_bytes(), place.to_le_bytes()].concat()) as u8)
            .collect()
    }

    fn ordered(things: &[Vec<u8>]) -> Vec<usize> {
        order(&things.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn the_rarer_the_heavier() {
        // Between powers of two the logarithm is taken for a straight line.
        for (holders, all, expected) in [(1, 1, 0), (1, 2, 16), (2, 3, 8), (1, 1024, 160), (3, 1024, 133)] {
            assert_eq!(weight(holders, all), expected, "{holders} of {all}");
        }
    }

    #[test]
    fn what_is_alike_stands_beside_each_other() {
        let alike = |family, own| [noise(family, 200), noise(own, 50)].concat();
        let things = [alike(1, 11), alike(2, 12), alike(3, 13), alike(2, 14), alike(1, 15), alike(3, 16)];
        assert_eq!(ordered(&things), [0, 4, 1, 3, 2, 5]);
    }

    #[test]
    fn nothing_in_common_leaves_the_order_as_it_was() {
        let things: Vec<_> = (0..20).map(|seed| noise(seed, 40)).collect();
        assert_eq!(ordered(&things), (0..20).collect::<Vec<_>>());
        assert!(ordered(&[]).is_empty());
    }
}
