pub fn number(text: &str) -> u32 {
    let number: u32 = text
        .trim()
        .parse()
        .expect("a number");
    number * 2
}
