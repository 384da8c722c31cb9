mod parse;

fn main() {
    let text = std::env::args().nth(1).unwrap_or_default();
    println!("{}", parse::number(&text));
}
