fn main() { println!("second"); }
