//! Texts that are almost right, made of right ones: what reads a text is tried with what nobody would write. (libFuzzer tries what
//! libraries read, in `tests/fuzz`; a program has nothing that it could be linked to.)

/// What is put in: what means something to one reader or another.
const PIECES: [&str; 16] = [
    "\"",
    "\\",
    "\n",
    "{",
    "}",
    "[",
    "]",
    "=",
    "#",
    "$",
    "<<",
    "\0",
    "é",
    "-1",
    "99999999999999999999",
    "null",
];

/// So many texts, the same each time.
pub fn mutated<'a>(seeds: &'a [&str], count: usize) -> impl Iterator<Item = String> + 'a {
    let mut random = fastrand::Rng::with_seed(3);
    (0..count).map(move |number| {
        let mut text: Vec<char> = seeds[number % seeds.len()].chars().collect();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..=text.len());
            let to = random.usize(at..=text.len().min(at + 12));
            match random.u8(..4) {
                0 => drop(text.drain(at..to)),
                1 => text.splice(at..at, PIECES[random.usize(..PIECES.len())].chars()).for_each(drop),
                2 => {
                    // A part once more, somewhere else.
                    let part: Vec<char> = text[at..to].to_vec();
                    let there = random.usize(..=text.len());
                    text.splice(there..there, part).for_each(drop);
                }
                _ => text[at..to].reverse(),
            }
        }
        text.into_iter().collect()
    })
}

#[test]
fn most_texts_are_others_than_their_seeds() {
    let seed = "[build]\nbin = \"app\"\n";
    let texts: std::collections::BTreeSet<_> = mutated(&[seed], 1000).collect();
    assert!(texts.len() > 900 && mutated(&[seed], 1000).eq(mutated(&[seed], 1000)));
}
