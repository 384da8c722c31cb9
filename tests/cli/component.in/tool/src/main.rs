fn main() { println!("a module"); }
