fn main() {
    println!("migrate: {:?}", std::env::args().collect::<Vec<_>>());
}
