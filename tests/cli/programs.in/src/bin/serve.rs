fn main() {
    println!("serve: {:?}", std::env::args().collect::<Vec<_>>());
}
