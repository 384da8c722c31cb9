fn main() { println!("two"); }
