//! How benches print what they have measured.

use std::{fmt::Display, time::Duration};

/// Prints the names of the columns that [`print`] fills.
pub fn heading() {
    println!("{:<56} {:>18}   aim", "figure", "here");
}

/// Prints a figure beside its aim, which may be empty.
pub fn print(figure: &str, value: impl Display, aim: &str) {
    println!("{figure:<56} {value:>18}   {aim}");
}

/// The value below which this share of the samples is, which it sorts.
pub fn quantile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort();
    let last = samples.len() - 1;
    samples[((last as f64) * share).round() as usize]
}

/// A length of time in milliseconds.
#[must_use]
pub fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
