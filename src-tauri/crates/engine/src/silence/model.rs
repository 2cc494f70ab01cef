//! Quiet hours against a reference that looks at the clock on the wall once a minute, through whole weeks in
//! which clocks are changed.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::{hours::Days, *};

/// How many sets of quiet hours are tried in each week.
const SETS: usize = 40;
/// What the reference sees: a week, and as much before and after as a window may reach into.
const DAYS_SEEN: i64 = 24;

/// A zone and a day in it on which something is odd.
const WEEKS: [(&str, &str); 9] = [
    ("UTC0", "2026-07-01T12:00:00Z"),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z"),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z"),
    // Clocks are changed at midnight.
    ("CST5CDT,M3.2.0/0,M11.1.0/1", "2026-03-08T05:00:00Z"),
    ("CST5CDT,M3.2.0/0,M11.1.0/1", "2026-11-01T05:00:00Z"),
    // By half an hour.
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-10-03T15:30:00Z"),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-04T15:00:00Z"),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z"),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z"),
];

/// What a clock on the wall shows, minute by minute.
struct Wall(Vec<(Timestamp, DateTime)>);

impl Wall {
    fn new(zone: &TimeZone, middle: Timestamp) -> Self {
        let start = middle - SignedDuration::from_hours(DAYS_SEEN * 12);
        let minutes = (0..DAYS_SEEN * 24 * 60).map(|n| {
            let at = start + SignedDuration::from_mins(n);
            (at, zone.to_datetime(at))
        });
        Self(minutes.collect())
    }

    /// From the first minute at which it shows this or more, up to and with the last at which it shows less
    /// than that. Looked for on the days around the begin.
    fn minutes(&self, begin: DateTime, end: DateTime) -> std::ops::Range<usize> {
        let from = self.0[0].1.until((jiff::Unit::Day, begin)).unwrap().get_days() - 2;
        let from = usize::try_from(from.max(0)).unwrap() * 24 * 60;
        let near = &self.0[from.min(self.0.len())..(from + 5 * 24 * 60).min(self.0.len())];
        let first = near.iter().position(|(_, shown)| *shown >= begin);
        let last = near.iter().rposition(|(_, shown)| *shown < end);
        from + first.unwrap_or(near.len())..from + last.map_or(0, |last| last + 1)
    }

    /// For each minute what is in force, by its strictness; 0 is nothing.
    fn in_force(&self, all: &[Hours]) -> Vec<u8> {
        let mut force = vec![0; self.0.len()];
        let mut dates: Vec<_> = self.0.iter().map(|(_, shown)| shown.date()).collect();
        dates.sort();
        dates.dedup();
        for (hours, date) in all.iter().flat_map(|it| dates.iter().map(move |date| (it, *date))) {
            if !hours.days.holds(date.weekday()) {
                continue;
            }
            let end = if hours.to > hours.from { date } else { date.tomorrow().unwrap() };
            let (begin, end) = (hours.from.on(date).unwrap(), hours.to.on(end).unwrap());
            for minute in self.minutes(begin, end) {
                force[minute] = force[minute].max(hours.passes.strictness());
            }
        }
        force
    }
}

/// Around midnight and where clocks are changed more often than else.
fn time(rng: &mut Rng, most: u16) -> TimeOfDay {
    let minute = match rng.u8(0..4) {
        0 => rng.u16(0..=most),
        1 => rng.u16(0..=4) * 60 + [0, 15, 30, 59][rng.usize(0..4)],
        2 => most.min(rng.u16(22..=24) * 60),
        _ => rng.u16(0..=23) * 60,
    };
    TimeOfDay::new(minute / 60, minute % 60).unwrap()
}

fn hours(rng: &mut Rng) -> Hours {
    let all = [
        jiff::civil::Weekday::Monday,
        jiff::civil::Weekday::Wednesday,
        jiff::civil::Weekday::Saturday,
        jiff::civil::Weekday::Sunday,
    ];
    let some = all[..rng.usize(1..=4)].to_vec();
    let days = if rng.bool() { Days::ALL } else { Days::of(&some).unwrap() };
    let (from, to) = (time(rng, 24 * 60 - 1), time(rng, 24 * 60));
    let least = (rng.u8(0..3) > 0).then(|| Priority::clamped(rng.i64(1..=5)));
    Hours { days, from, to, passes: Passes::from(least) }
}

#[test]
fn quiet_hours_are_what_a_clock_on_the_wall_shows() {
    let (mut silent, mut changes, mut ends) = (0, 0, 0);
    for (number, (zone, middle)) in WEEKS.into_iter().enumerate() {
        let zone = TimeZone::posix(zone).unwrap();
        let middle: Timestamp = middle.parse().unwrap();
        let wall = Wall::new(&zone, middle);
        let week = SignedDuration::from_hours(24 * 7);
        let looked: Vec<usize> = (0..wall.0.len())
            .filter(|minute| wall.0[*minute].0.duration_since(middle).as_hours().abs() < 60)
            .collect();
        for set in 0..SETS {
            let seed = (number * SETS + set) as u64;
            let mut rng = Rng::with_seed(seed);
            let quiet_hours: Vec<_> = (0..rng.usize(1..=3)).map(|_| hours(&mut rng)).collect();
            let force = wall.in_force(&quiet_hours);
            let silences = Silences { quiet_hours, zone: zone.clone(), ..Silences::default() };
            for _ in 0..30 {
                let minute = looked[rng.usize(0..looked.len())];
                let (now, shown) = wall.0[minute];
                let context = format!("seed {seed}, {shown} of {silences:#?}");
                let found = silences.of("a", now);
                let strict =
                    found.as_ref().map_or(0, |it| it.passes.map_or(u8::MAX, Priority::level));
                assert_eq!(strict, force[minute], "{context}");
                let change = silences.next_change(now).unwrap();
                let next = (minute..force.len()).find(|it| force[*it] != force[minute]);
                let next = next.map(|it| wall.0[it].0);
                assert!(change > now && next.is_none_or(|next| change <= next), "{context}");
                changes += usize::from(next == Some(change));
                let Some(found) = found else { continue };
                silent += 1;
                let end = (minute..force.len()).find(|it| force[*it] == 0).map(|it| wall.0[it].0);
                // Beyond what the reference sees it may end, or not.
                if let Some(end) = end.filter(|end| end.duration_since(now) < week) {
                    assert_eq!(found.until, Some(end), "{context}");
                    ends += 1;
                }
            }
        }
    }
    // Otherwise nothing was compared.
    assert!(silent > 3_000 && changes > 3_000 && ends > 3_000, "{silent} {changes} {ends}");
}
