//! Which form of an answer a client prefers: RFC 9110, section 12.5.1.

use axum::http::{HeaderMap, header};

/// The best of what is offered, in our own order where the client likes two the same; `None` if it takes none of
/// them. A client that says nothing takes the first.
pub fn best<'o>(headers: &HeaderMap, offers: &[&'o str]) -> Option<&'o str> {
    let said: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let said = said.join(",");
    let ranges: Vec<Range> = said.split(',').filter_map(Range::read).collect();
    if ranges.is_empty() {
        // Nothing that could be read says as much as nothing.
        return offers.first().copied();
    }
    let mut chosen: Option<(&str, u16)> = None;
    for offer in offers {
        let fitting = ranges.iter().filter_map(|range| Some((range.fit(offer)?, range.weight)));
        let weight = fitting.max_by_key(|(fit, _)| *fit).map_or(0, |(_, weight)| weight);
        if weight > chosen.map_or(0, |(_, best)| best) {
            chosen = Some((offer, weight));
        }
    }
    chosen.map(|(offer, _)| offer)
}

/// One part of the header: `image/*;q=0.5`.
struct Range {
    kind: String,
    subtype: String,
    /// In thousandths.
    weight: u16,
}

impl Range {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        if kind.is_empty() || subtype.is_empty() || kind == "*" && subtype != "*" {
            return None;
        }
        let mut weight = 1_000;
        for part in parts {
            let Some((name, value)) = part.split_once('=') else { continue };
            if name.trim().eq_ignore_ascii_case("q") {
                weight = thousandths(value.trim())?;
            }
        }
        Some(Self { kind: kind.to_ascii_lowercase(), subtype: subtype.to_ascii_lowercase(), weight })
    }

    /// How exactly it names a type, if it does.
    fn fit(&self, offer: &str) -> Option<u8> {
        let (kind, subtype) = offer.split_once('/')?;
        match (self.kind.as_str(), self.subtype.as_str()) {
            ("*", "*") => Some(0),
            (this, "*") if this == kind => Some(1),
            (this, that) if this == kind && that == subtype => Some(2),
            _ => None,
        }
    }
}

/// `0.5` as 500: one digit, and at most three after the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match (whole, part) {
        ("0", part) => Some(part),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        best(&headers, &["application/json", "image/svg+xml", "image/png"])
    }

    #[test]
    fn the_heaviest_is_chosen_and_what_fits_nothing_is_refused() {
        let (json, svg, png) = (Some("application/json"), Some("image/svg+xml"), Some("image/png"));
        assert_eq!(best(&HeaderMap::new(), &["a/b"]), Some("a/b"));
        for (accept, chosen) in [
            ("*/*", json),
            ("", json),
            ("nonsense", json),
            ("image/png", png),
            ("IMAGE/PNG", png),
            ("image/*", svg),
            ("image/png;q=0.9, application/json;q=0.5", png),
            ("image/png;q=0.5, application/json;q=0.51", json),
            ("image/png;q=0, image/*;q=0.2", svg),
            ("*/*;q=0.1, image/png;q=0.2", png),
            ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", svg),
            ("text/html", None),
            ("text/html, image/png;q=0", None),
            ("application/json;q=0, */*;q=0", None),
            ("image/png;q=2, text/html", None),
            ("image/png;q=0.1234, text/html", None),
        ] {
            assert_eq!(of(accept), chosen, "{accept}");
        }
    }
}
