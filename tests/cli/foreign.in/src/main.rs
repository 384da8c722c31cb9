unsafe extern "C" { fn fork() -> i32; } fn main() { println!("{}", unsafe { fork() }); }
