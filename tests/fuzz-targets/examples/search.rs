//! Searches for expensive inputs: `cargo run --release --workspace --example search -- TARGET SECONDS [FOLDER]`.
//!
//! It mutates the corpus and the most expensive inputs found so far. The cost is CPU time and memory, in total and for
//! each byte of the input. A violated property or limit is a finding, which ends the search. The search writes the most
//! expensive inputs to the folder.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for developers of the host"
)]

#[path = "../tests/replay/mutation.rs"]
mod mutation;

use flowhost_fuzz_targets::{Cost, TARGETS, process_memory, take_cost};
use mutation::Mutator;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Inputs that are kept for each objective.
const MAX_KEPT: usize = 24;
/// Bytes of the largest input.
const MAX_INPUT_BYTES: usize = 4 << 10;
/// Minimum for the bytes of an input in a cost for each byte.
const MIN_COUNTED_BYTES: usize = 48;
/// Bytes that the process may grow by while it handles one input.
const MAX_GROWTH: i64 = 96 << 20;

/// The score of an input: the search keeps the highest.
type Score = fn(&Input) -> f64;

/// The objectives of the search, with their scores.
const OBJECTIVES: [(&str, Score); 4] = [
    ("time", |input| input.cost.time.as_secs_f64()),
    ("bytes", |input| input.grown as f64),
    ("time-per-byte", |input| input.cost.time.as_secs_f64() / input.bytes.len().max(MIN_COUNTED_BYTES) as f64),
    ("bytes-per-byte", |input| input.cost.total as f64 / input.bytes.len().max(MIN_COUNTED_BYTES) as f64),
];

#[derive(Clone)]
struct Input {
    bytes: Vec<u8>,
    cost: Cost,
    /// Bytes that the process grew by.
    grown: i64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let target = TARGETS.iter().find(|target| arguments.first().is_some_and(|name| *name == target.name));
    let target = target.expect("the name of a target");
    let seconds = arguments.get(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(600);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder.join("corpus").join(target.name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let dictionary = fs::read_to_string(folder.join("dictionaries").join(target.name).with_extension("dict"));
    let words: Vec<Vec<u8>> =
        dictionary.unwrap_or_default().lines().filter_map(|line| mutation::parse_word(line.trim())).collect();
    let found = arguments.get(2).map_or_else(std::env::temp_dir, PathBuf::from);
    fs::create_dir_all(&found).unwrap();

    let mut kept: Vec<Vec<Input>> = OBJECTIVES.iter().map(|_| Vec::new()).collect();
    let mut tried = 0_u64;
    let mut round = 0_u64;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        // Each round mutates the corpus and the inputs found so far, with its own seed.
        let pool: Vec<Vec<u8>> =
            corpus.iter().cloned().chain(kept.iter().flatten().map(|input| input.bytes.clone())).collect();
        let mut mutator = Mutator::seeded(&pool, words.clone(), MAX_INPUT_BYTES, round);
        for index in 0..2_000 {
            let bytes = if round == 0 && index < corpus.len() { corpus[index].clone() } else { mutator.next() };
            let input = handle(target.parse, bytes, &found);
            tried += 1;
            for ((_, worth), inputs) in OBJECTIVES.iter().zip(&mut kept) {
                keep_best(inputs, &input, *worth);
            }
            if begun.elapsed() >= Duration::from_secs(seconds) {
                break;
            }
        }
        round += 1;
    }
    println!("{}: {tried} executions in {:?}", target.name, begun.elapsed());
    for ((name, _), inputs) in OBJECTIVES.iter().zip(&kept) {
        let Some(Input { bytes, cost, grown }) = inputs.first() else { continue };
        println!(
            "{name}: {:?}, {} bytes at once, {} in all, process grew by {grown}: {}",
            cost.time,
            cost.peak,
            cost.total,
            bytes.escape_ascii()
        );
        fs::write(found.join(format!("{}-{name}", target.name)), bytes).unwrap();
    }
}

/// Runs a target on an input and measures the cost. Writes the input to the file `finding` if the target panics or the
/// process grows too much.
fn handle(parse: fn(&[u8]), bytes: Vec<u8>, found: &Path) -> Input {
    take_cost();
    let (before, _) = process_memory();
    let result = std::panic::catch_unwind(|| parse(&bytes));
    let (_, most) = process_memory();
    let grown = most - before;
    if result.is_err() || grown > MAX_GROWTH {
        fs::write(found.join("finding"), &bytes).unwrap();
        panic!("a finding; the process grew by {grown} bytes: {}", bytes.escape_ascii());
    }
    let mut cost = take_cost();
    // A second measurement corrects a time that other work on the machine has increased.
    if cost.time > Duration::from_millis(4) {
        parse(&bytes);
        cost.time = cost.time.min(take_cost().time);
    }
    Input { bytes, cost, grown }
}

fn keep_best(inputs: &mut Vec<Input>, input: &Input, worth: Score) {
    let place = inputs.partition_point(|other| worth(other) >= worth(input));
    if place < MAX_KEPT && inputs.iter().all(|other| other.bytes != input.bytes) {
        inputs.insert(place, input.clone());
        inputs.truncate(MAX_KEPT);
    }
}
