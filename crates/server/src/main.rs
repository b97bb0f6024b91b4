//! The `simfra` binary.
fn main() {}
