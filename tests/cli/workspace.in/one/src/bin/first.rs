fn main() { println!("first"); }
