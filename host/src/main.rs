//! flowhost
fn main() {}
