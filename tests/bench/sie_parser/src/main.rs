//! Reads an SIE file with the crate `sie-parser` a number of times, and tells how long it took.

use std::{env, fs, hint::black_box, path::Path, time::Instant};

use sie_parser::{document, read_file};

fn main() {
    let mut arguments = env::args().skip(1);
    let rounds: usize = arguments.next().unwrap().parse().unwrap();
    let path = arguments.next().unwrap();
    let mut seconds = Vec::new();
    let (mut vouchers, mut rows) = (0, 0);
    for _ in 0..rounds {
        let started_at = Instant::now();
        let text = read_file(Path::new(&path)).unwrap();
        let document = black_box(document::read(black_box(&text)).unwrap());
        seconds.push(started_at.elapsed().as_secs_f64());
        vouchers = document.vouchers.len();
        rows = document
            .vouchers
            .iter()
            .map(|voucher| voucher.rows.len())
            .sum();
    }
    println!(
        r#"{{"seconds": {seconds:?}, "vouchers": {vouchers}, "rows": {rows}, "peak_bytes": {}}}"#,
        peak_bytes()
    );
}

/// As Linux tells it; 0 elsewhere.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|line| line.trim().strip_suffix(" kB"))
        .map_or(0, |kibibytes| 1024 * kibibytes.parse::<u64>().unwrap())
}
