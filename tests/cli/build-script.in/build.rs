fn main() {
    panic!("this machine has no flux capacitor");
}
