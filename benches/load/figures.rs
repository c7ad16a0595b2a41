//! Printing.

use std::fs;
use std::time::Duration;

/// Prints a line `name value unit`.
pub fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

/// The value that so many per mille of the samples do not exceed; 0 of none.
pub fn quantile(samples: &mut [Duration], permille: usize) -> Duration {
    samples.sort_unstable();
    let last = samples.len().saturating_sub(1);
    samples.get((samples.len() * permille / 1_000).min(last)).copied().unwrap_or_default()
}

/// Prints the middle and the 99th of a hundred, in milliseconds.
pub fn print_spread(name: &str, samples: &mut [Duration]) {
    print(&format!("{name}_p50_ms"), quantile(samples, 500).as_secs_f64() * 1e3, "ms");
    print(&format!("{name}_p99_ms"), quantile(samples, 990).as_secs_f64() * 1e3, "ms");
}

/// A setting of the run, from the environment.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// User and system time of a process or thread so far, from its `stat` file, in seconds.
pub fn cpu_s(stat: &str) -> f64 {
    /// Clock ticks per second on Linux.
    const TICKS_PER_S: f64 = 100.0;
    let stat = fs::read_to_string(stat).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_PER_S
}

/// User and system time of this process so far, in seconds.
pub fn own_cpu_s() -> f64 {
    cpu_s("/proc/self/stat")
}
