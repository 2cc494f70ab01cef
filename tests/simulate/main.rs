//! Simulations over the real engine in simulated time. `cargo xtask simulate herd` runs this in
//! release; it touches no network.

mod herd;
mod plot;

use std::{env, path::PathBuf, process::ExitCode, time::Duration};

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let (Some("herd"), Some(out)) = (args.next().as_deref(), args.next()) else {
        eprintln!("usage: simulate herd FOLDER [CLIENTS [RETRY_SECONDS]]");
        return ExitCode::FAILURE;
    };
    let mut number =
        |otherwise| args.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let clients = number(1_000_000);
    let hint = Duration::from_secs(number(120).into());
    let out = PathBuf::from(out);
    let mut met = true;
    for down_s in [2, 60] {
        let runs = herd::compare(clients, down_s, hint);
        println!(
            "\n{clients} clients, hub down for {down_s} s, takes {} a second back",
            herd::accepted_per_second(clients)
        );
        println!(
            "{:28} {:>14} {:>16} {:>14}",
            "client", "peak dials/s", "dials per client", "99 % back"
        );
        for run in &runs {
            println!(
                "{:28} {:>14} {:>16.2} {:>12} s",
                run.name,
                run.peak(),
                run.dials as f64 / f64::from(clients),
                run.back_99_s.map_or("never".to_owned(), |s| format!("{s:.0}")),
            );
        }
        met &= herd::judge(&runs, clients);
        let path = out.join(format!("herd-{down_s}s.svg"));
        let title = format!("{clients} clients, hub down for {down_s} s");
        match std::fs::write(&path, plot::svg(&title, &runs)) {
            Ok(()) => println!("{}", path.display()),
            Err(error) => eprintln!("{}: {error}", path.display()),
        }
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
