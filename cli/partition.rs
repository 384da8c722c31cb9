//! `--partition K/N`: which of a workspace's images one of several jobs makes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use wasmpack_builder::Product;
use wasmpack_packager::Digest;

/// Part `part` of `parts`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// Which one.
    pub part: usize,
    /// Of how many.
    pub parts: usize,
}

/// More jobs than anybody has runners, and few enough that the images of a large workspace are divided at once.
const MOST: usize = 1000;

impl FromStr for Partition {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(usize::MAX))
        };
        let numbers = typed.split_once('/').and_then(|(part, parts)| Some((number(part)?, number(parts)?)));
        match numbers {
            None => Err("write which part of how many, such as `1/4`".to_owned()),
            Some((_, 0)) => Err("there is one part at least, which is `1/1`".to_owned()),
            Some((_, parts)) if parts > MOST => Err(format!("there are {MOST} parts at most")),
            Some((0, parts)) => Err(format!("parts are counted from 1: write `1/{parts}` for the first")),
            Some((part, parts)) if part > parts => Err(format!("the last part is `{parts}/{parts}`")),
            Some((part, parts)) => Ok(Self { part, parts }),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.part, self.parts)
    }
}

/// What one of the jobs makes.
#[derive(Debug)]
pub struct Share {
    /// Which part it is.
    pub partition: Partition,
    /// How many images all parts have together.
    pub images: usize,
    /// The commit that all of them are of, where git knows one.
    pub revision: Option<String>,
    /// Those of this part, each with its place among all.
    places: BTreeMap<Product, usize>,
}

impl Share {
    /// The share of a part in all images, in the order in which a whole build makes them.
    #[must_use]
    pub fn of(partition: Partition, images: &[Product], revision: Option<String>) -> Self {
        // Neither has a slash in it.
        let name = |Product { package, name }: &Product| format!("{package}/{name}");
        let parts = split(images.iter().map(name), partition.parts);
        let is_ours = |image: &Product| parts.get(&name(image)) == Some(&(partition.part - 1));
        let ours = images.iter().enumerate().filter(|(_, image)| is_ours(image));
        let places = ours.map(|(place, image)| (image.clone(), place)).collect();
        Self { partition, images: images.len(), revision, places }
    }

    /// The images of this part.
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.places.keys()
    }

    /// The place of an image among those of all parts; none if it is of another part.
    #[must_use]
    pub fn place(&self, package: Option<&str>, program: &str) -> Option<usize> {
        let product = Product { package: package?.to_owned(), name: program.to_owned() };
        self.places.get(&product).copied()
    }
}

/// The part of each image, counted from 0.
///
/// Each image has a score for each part, which is a hash of both, and wants to go where its score is the highest
/// ("rendezvous hashing"): nothing but its name decides that, so machines need not talk to agree, and an image that comes or goes
/// leaves the others where they are. By themselves hashes leave some parts with twice as much as others, so a part is full with its
/// even share, and an image that comes too late takes the next best part that has room. Images are taken in the order of another hash,
/// which names that begin alike do not share. When a part is full a newcomer pushes one image out, which may push out another:
/// of 64 images in 8 parts, 2 move as a rule when one is added, where sorting them and counting off would move most.
fn split(images: impl IntoIterator<Item = String>, parts: usize) -> BTreeMap<String, usize> {
    let mut images: Vec<_> = images.into_iter().map(|name| (hash(&name), name)).collect();
    images.sort();
    let (share, mut larger) = (images.len() / parts, images.len() % parts);
    let mut taken = vec![0; parts];
    let mut chosen = BTreeMap::new();
    for (_, name) in images {
        // So many parts have one image more as do not divide evenly: the first that are asked for one.
        let has_room = |part: &usize| taken[*part] < share || (taken[*part] == share && larger > 0);
        let part = (0..parts).filter(has_room).max_by_key(|part| {
            // Of two scores that are the same, the lower part has the higher one.
            (hash(&format!("{name} {part}")), Reverse(*part))
        });
        let part = part.expect("all parts together have room for all images");
        larger -= usize::from(taken[part] == share);
        taken[part] += 1;
        chosen.insert(name, part);
    }
    chosen
}

/// The same on every machine and in every version.
fn hash(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("service-{number}/service-{number}")).collect()
    }

    fn sizes(chosen: &BTreeMap<String, usize>, parts: usize) -> Vec<usize> {
        (0..parts).map(|part| chosen.values().filter(|of| **of == part).count()).collect()
    }

    #[test]
    fn parts_are_even_and_have_every_image_once() {
        for (images, parts) in [(64, 8), (65, 8), (63, 8), (7, 3), (2, 5), (0, 3), (1, 1), (100, 7)] {
            let chosen = split(names(images), parts);
            assert_eq!(chosen.len(), images);
            let sizes = sizes(&chosen, parts);
            assert_eq!(sizes.iter().sum::<usize>(), images);
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
        }
    }

    #[test]
    fn the_order_of_the_images_does_not_matter() {
        let backwards: Vec<_> = names(64).into_iter().rev().collect();
        assert_eq!(split(names(64), 8), split(backwards, 8));
    }

    /// Jobs of one build may run on machines of any kind, and results of one version meet those of the next in a cache.
    #[test]
    fn the_parts_are_the_same_everywhere_and_always() {
        let chosen = split(["api/api", "web/web", "web/admin", "jobs/mail", "jobs/bill"].map(Into::into), 2);
        let part = |part: usize| chosen.iter().filter(move |(_, of)| **of == part).map(|(name, _)| &**name);
        assert_eq!(part(0).collect::<Vec<_>>(), ["api/api", "jobs/mail", "web/web"]);
        assert_eq!(part(1).collect::<Vec<_>>(), ["jobs/bill", "web/admin"]);
    }

    /// How many images are in another part than before.
    fn moved(before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>) -> usize {
        before.iter().filter(|(name, part)| after.get(*name).is_some_and(|now| now != *part)).count()
    }

    #[test]
    fn few_images_move_when_one_comes_or_goes() {
        let before = split(names(64), 8);
        let (mut most, mut sum) = (0, 0);
        for number in 0..64 {
            let one_more = names(64).into_iter().chain([format!("new-{number}/app")]);
            let one_less = names(64).into_iter().enumerate().filter(|(place, _)| *place != number);
            let comes = moved(&before, &split(one_more, 8));
            let goes = moved(&before, &split(one_less.map(|(_, name)| name), 8));
            most = most.max(comes).max(goes);
            sum += comes + goes;
        }
        assert!(most <= 8 && sum <= 3 * 2 * 64, "{most} at most, {sum} of 128 times");
    }

    #[test]
    fn a_share_knows_the_places_of_its_images() {
        let images: Vec<_> =
            (0..5).map(|number| Product { package: "a".into(), name: format!("p{number}") }).collect();
        let mut places = Vec::new();
        for part in 1..=2 {
            let share = Share::of(Partition { part, parts: 2 }, &images, None);
            assert_eq!(share.images, 5);
            places.extend(share.products().map(|one| share.place(Some("a"), &one.name).unwrap()));
        }
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn what_is_no_part_says_what_would_be_one() {
        let problem = |typed: &str| typed.parse::<Partition>().unwrap_err();
        assert_eq!("2/8".parse(), Ok(Partition { part: 2, parts: 8 }));
        assert_eq!(problem("0/4"), "parts are counted from 1: write `1/4` for the first");
        assert_eq!(problem("5/4"), "the last part is `4/4`");
        assert_eq!(problem("1/0"), "there is one part at least, which is `1/1`");
        assert_eq!(problem("1/99999999999999999999999"), "there are 1000 parts at most");
        for typed in ["1", "a/b", "/", "1/2/3", "-1/2", "+1/2", "1/", ""] {
            assert_eq!(problem(typed), "write which part of how many, such as `1/4`", "{typed}");
        }
    }
}
