fn main() { println!("fast, on {}", base::name()); }
