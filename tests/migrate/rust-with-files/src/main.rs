use std::{env, fs};

fn main() {
    let paths = env::var("WORDS").into_iter().chain(env::args().skip(1));
    for path in paths {
        print!("{path}: {}", fs::read_to_string(&path).expect("the image has it"));
    }
}
