//! Decodes and encodes dag-cbor blocks with serde_ipld_dagcbor, for comparison with ours. ../README.md has the contract.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ipld_core::ipld::Ipld;

const PEER: &str = "serde_ipld_dagcbor";

struct Block<'a> {
    bytes: &'a [u8],
    value: Ipld,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |index: usize, default: u64| match arguments.get(index) {
        None => default,
        Some(text) => text.parse().expect("a number"),
    };
    let Some(path) = arguments.get(1) else {
        eprintln!("usage: {} INPUT [MILLISECONDS [REPETITIONS]]", arguments[0]);
        std::process::exit(2);
    };
    let time = Duration::from_millis(number(2, 300));
    let repetitions = number(3, 5).max(1);

    let input = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut refused = 0;
    let mut mismatched = 0;
    let mut blocks = Vec::new();
    for bytes in split(&input) {
        match serde_ipld_dagcbor::from_slice::<Ipld>(bytes) {
            Err(_) => refused += 1,
            Ok(value) => match serde_ipld_dagcbor::to_vec(&value) {
                Ok(again) if again == bytes => blocks.push(Block { bytes, value }),
                _ => mismatched += 1,
            },
        }
    }
    assert!(!blocks.is_empty(), "{path}: no block that {PEER} takes");

    let mut decode = Vec::new();
    let mut encode = Vec::new();
    let mut buffer = Vec::new();
    for _ in 0..repetitions {
        decode.push(time_pass(time, || {
            for block in &blocks {
                black_box(serde_ipld_dagcbor::from_slice::<Ipld>(black_box(block.bytes)).unwrap());
            }
        }));
        encode.push(time_pass(time, || {
            for block in &blocks {
                buffer.clear();
                serde_ipld_dagcbor::to_writer(&mut buffer, black_box(&block.value)).unwrap();
                black_box(&buffer);
            }
        }));
    }

    let count = blocks.len() as f64;
    let bytes: usize = blocks.iter().map(|block| block.bytes.len()).sum();
    let (decode, encode) = (median(decode), median(encode));
    println!(
        "{{\"peer\": \"{PEER}\", \"version\": \"{}\", \"blocks\": {}, \"bytes\": {bytes}, \
         \"refused\": {refused}, \"mismatched\": {mismatched}, \
         \"decode_ns_per_block\": {:.1}, \"encode_ns_per_block\": {:.1}, \
         \"decode_mb_s\": {:.1}, \"encode_mb_s\": {:.1}}}",
        version(),
        blocks.len(),
        decode / count,
        encode / count,
        bytes as f64 * 1e3 / decode,
        bytes as f64 * 1e3 / encode,
    );
}

fn split(mut input: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    while !input.is_empty() {
        let (length, rest) = input
            .split_first_chunk::<4>()
            .expect("a length of four bytes");
        let (block, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        blocks.push(block);
        input = rest;
    }
    blocks
}

/// Nanoseconds of one pass, from as many passes as fit into `time`.
fn time_pass(time: Duration, mut pass: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut passes = 0;
    loop {
        pass();
        passes += 1;
        let elapsed = start.elapsed();
        if elapsed >= time {
            return elapsed.as_nanos() as f64 / f64::from(passes);
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        (values[middle - 1] + values[middle]) / 2.0
    }
}

/// The version that Cargo.toml pins.
fn version() -> &'static str {
    let manifest = include_str!("../Cargo.toml");
    let entry = manifest.split("serde_ipld_dagcbor = \"=").nth(1);
    entry
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("unknown")
}
