//! What the dialogs for polls and places make of what was typed.

use crate::protocol::{Degrees, Location, MAX_POLL_OPTION, MAX_POLL_OPTIONS, MAX_POLL_QUESTION, NewPoll};

/// The poll of this question and these answers; blank answers are none. `None` for what is no poll: without a
/// question, with fewer than two answers, or with the same twice.
#[must_use]
pub fn poll_of(question: &str, options: &[String], several: bool) -> Option<NewPoll> {
    let name = question.trim();
    let options: Vec<String> =
        options.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
    let fits = |text: &str, most: usize| !text.is_empty() && text.chars().count() <= most;
    let twice = options.iter().enumerate().any(|(place, text)| options[..place].contains(text));
    let good = fits(name, MAX_POLL_QUESTION)
        && options.len() >= 2
        && options.len() <= MAX_POLL_OPTIONS
        && options.iter().all(|text| fits(text, MAX_POLL_OPTION))
        && !twice;
    good.then(|| NewPoll { name: name.to_owned(), options, selectable: u32::from(!several) })
}

/// The place at these coordinates, written with a point or a comma.
#[must_use]
pub fn place_of(latitude: &str, longitude: &str, name: &str) -> Option<Location> {
    let degrees = |text: &str, most: f64| {
        let value: f64 = text.trim().replace(',', ".").replace('−', "-").parse().ok()?;
        Degrees::within(value, most)
    };
    Some(Location {
        latitude: degrees(latitude, 90.0)?,
        longitude: degrees(longitude, 180.0)?,
        name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
        address: None,
        live: false,
    })
}

/// A size for people, in steps of 1,000.
#[must_use]
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{}.{} MB", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// The bars of a waveform from one place to another, as an SVG path: 4 wide, 24 high.
#[must_use]
pub fn wave_path(levels: &[u8], places: std::ops::Range<usize>) -> String {
    let mut path = String::new();
    for (place, loud) in levels.iter().enumerate().take(places.end).skip(places.start) {
        let half = 1 + u32::from(*loud).min(100) * 10 / 100;
        path.push_str(&format!("M{} {}v{}", place * 4 + 2, 12 - half, half * 2));
    }
    path
}
