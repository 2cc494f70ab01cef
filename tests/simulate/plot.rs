//! The dials per second of each herd as an SVG, on a logarithmic scale.

use std::fmt::Write;

use crate::herd::Run;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const BOTTOM: f64 = 50.0;
const TOP: f64 = 60.0;
const RIGHT: f64 = 230.0;
/// Seconds shown.
const SECONDS: usize = 240;
const COLOURS: [&str; 5] = ["#0b7a5e", "#35b28d", "#c2410c", "#b58900", "#6b6fb3"];

pub(crate) fn svg(title: &str, runs: &[Run]) -> String {
    let greatest = runs.iter().map(Run::peak).max().unwrap_or(1).max(10) as f64;
    let decades = greatest.log10().ceil();
    let x = |second: usize| LEFT + (WIDTH - LEFT - RIGHT) * second as f64 / SECONDS as f64;
    let y = |rate: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * rate.max(1.0).log10() / decades;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"16\">{title}: dials per second</text>\n"
    );
    let mut draw = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    for decade in 0..=decades as i32 {
        let at = y(10_f64.powi(decade));
        draw(format!(
            "<line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0,
            10_u64.pow(decade.unsigned_abs())
        ));
    }
    for second in (0..=SECONDS).step_by(30) {
        draw(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{second} s</text>",
            x(second),
            HEIGHT - BOTTOM + 20.0
        ));
    }
    for (run, colour) in runs.iter().zip(COLOURS) {
        let mut points = String::new();
        for second in 0..SECONDS {
            let rate = run.per_second.get(second).copied().unwrap_or(0);
            let _ = write!(points, "{:.1},{:.1} ", x(second), y(rate as f64));
        }
        draw(format!(
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"/>"
        ));
    }
    for (row, (run, colour)) in runs.iter().zip(COLOURS).enumerate() {
        let at = TOP + 20.0 * row as f64;
        draw(format!(
            "<line x1=\"{0:.0}\" x2=\"{1:.0}\" y1=\"{at}\" y2=\"{at}\" stroke=\"{colour}\" stroke-width=\"3\"/>\
             <text x=\"{2:.0}\" y=\"{3}\">{4}</text>",
            WIDTH - RIGHT + 20.0,
            WIDTH - RIGHT + 44.0,
            WIDTH - RIGHT + 52.0,
            at + 4.0,
            run.name
        ));
    }
    out.push_str("</svg>\n");
    out
}
