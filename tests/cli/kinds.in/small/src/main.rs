fn main() { println!("small"); }
