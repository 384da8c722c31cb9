fn main() {
    println!("a component");
    std::process::exit(1);
}
