//! The order of messages within one second. WhatsApp counts whole seconds, and parts of the history come in any order:
//! where two of them meet within a second, the phone's own order decides, whichever came first.

use crate::protocol::Millis;

/// A message of a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot<T> {
    pub what: T,
    /// The phone's own order, if it is known.
    pub order: Option<i64>,
    /// Where it stands now, if it is here already.
    pub at: Option<Millis>,
}

/// Puts new messages of a second among those that are here, each list in its order; answers all with their new
/// places. What is here moves only as far as it must.
///
/// `older` says where the new ones belong if no order is known: before what is here, or after it.
pub fn merge<T>(
    second: Millis,
    here: Vec<Spot<T>>,
    new: Vec<Spot<T>>,
    older: bool,
) -> Vec<(Spot<T>, Millis)> {
    let mut all = here;
    // None of the new ones comes before the one that was put in last.
    let mut from = 0;
    for spot in new {
        let place = match spot.order {
            Some(order) => {
                let later = |other: &Spot<T>| other.order.is_some_and(|other| other > order);
                let after_last = all.iter().rposition(|other| other.order.is_some()).map_or(0, |at| at + 1);
                all.iter().position(later).unwrap_or(after_last)
            }
            None if older => from,
            None => all.len(),
        };
        let place = place.max(from).min(all.len());
        all.insert(place, spot);
        from = place + 1;
    }
    let end = second.saturating_add(999);
    let mut next = second;
    let place = |spot: Spot<T>| {
        let at = spot.at.unwrap_or(second).max(next).min(end);
        next = at.saturating_add(1);
        (spot, at)
    };
    all.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(what: &str, order: Option<i64>, at: Millis) -> Spot<String> {
        Spot { what: what.to_owned(), order, at: Some(at) }
    }

    fn new(what: &str, order: Option<i64>) -> Spot<String> {
        Spot { what: what.to_owned(), order, at: None }
    }

    fn placed(here: Vec<Spot<String>>, new: Vec<Spot<String>>, older: bool) -> Vec<(String, Millis)> {
        merge(5_000, here, new, older).into_iter().map(|(spot, at)| (spot.what, at)).collect()
    }

    fn expect(placed: &[(String, Millis)], expected: &[(&str, Millis)]) {
        let placed: Vec<_> = placed.iter().map(|(what, at)| (what.as_str(), *at)).collect();
        assert_eq!(placed, expected);
    }

    #[test]
    fn the_phones_order_decides_whichever_part_came_first() {
        let expected = [("a", 5_000), ("b", 5_001), ("c", 5_002), ("d", 5_003)];
        let older = vec![new("a", Some(1)), new("b", Some(2))];
        let newer = vec![new("c", Some(3)), new("d", Some(4))];
        let first = |spots: &[Spot<String>]| {
            spots.iter().zip(5_000..).map(|(spot, at)| here(&spot.what, spot.order, at)).collect::<Vec<_>>()
        };
        expect(&placed(first(&older), newer.clone(), false), &expected);
        expect(&placed(first(&newer), older.clone(), true), &expected);
        // What a hint says does not matter where the order is known.
        expect(&placed(first(&newer), older, false), &expected);
        expect(
            &placed(
                vec![here("a", Some(1), 5_000), here("c", Some(3), 5_001)],
                vec![new("b", Some(2))],
                false,
            ),
            &[("a", 5_000), ("b", 5_001), ("c", 5_002)],
        );
    }

    #[test]
    fn what_came_live_stands_after_the_past() {
        expect(
            &placed(vec![here("live", None, 5_400)], vec![new("a", Some(1)), new("b", Some(2))], false),
            &[("a", 5_000), ("b", 5_001), ("live", 5_400)],
        );
        expect(
            &placed(vec![here("live", None, 5_000)], vec![new("a", Some(1))], false),
            &[("a", 5_000), ("live", 5_001)],
        );
    }

    #[test]
    fn without_an_order_the_hint_decides() {
        let known = || vec![here("c", None, 5_000)];
        let came = || vec![new("a", None), new("b", None)];
        expect(&placed(known(), came(), true), &[("a", 5_000), ("b", 5_001), ("c", 5_002)]);
        expect(&placed(known(), came(), false), &[("c", 5_000), ("a", 5_001), ("b", 5_002)]);
    }

    #[test]
    fn nothing_leaves_its_second() {
        let many = (0..1_100).map(|n| new(&n.to_string(), Some(n))).collect();
        let placed = merge(5_000, Vec::new(), many, false);
        assert!(placed.iter().all(|(_, at)| (5_000..=5_999).contains(at)));
        assert!(placed.is_sorted_by_key(|(_, at)| *at));
    }
}
