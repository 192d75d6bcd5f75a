//! What waits for one webhook, lane by lane.
//!
//! A lane is what is delivered in order: a chat, else a device, else the workspace. Each has at most one
//! delivery under way, and what failed stays at its head; no lane waits for another. The queue knows no
//! database and no clock: it is what the worker keeps in memory of the rows.

use crate::protocol::Millis;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The place of a delivery in its lane.
///
/// Deliveries of an earlier life of the log come first; within one, the order is the log's. The id tells a
/// notice from the event at the same position.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Whether it is of the log's present life.
    pub present: bool,
    pub seq: i64,
    pub id: String,
}

/// So many of one lane count towards [`Queue::crowd`].
const SHARE: usize = 500;

/// One that is to be delivered now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub lane: String,
    pub place: Place,
}

#[derive(Debug, Default)]
struct Lane {
    /// By place, with the time before which it is not to be tried.
    waiting: BTreeMap<Place, Millis>,
}

/// All lanes of one webhook.
#[derive(Debug, Default)]
pub struct Queue {
    lanes: HashMap<String, Lane>,
    /// The heads of lanes with nothing under way, by when they are due.
    heads: BTreeSet<(Millis, String)>,
    /// Lanes with a delivery under way.
    busy: BTreeSet<String>,
    length: usize,
    crowd: usize,
}

impl Queue {
    /// An empty queue whose lanes in `busy` still have a delivery under way.
    #[must_use]
    pub fn with_busy(busy: impl IntoIterator<Item = String>) -> Self {
        Self { busy: busy.into_iter().collect(), ..Self::default() }
    }

    /// How many wait, without those under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// How many wait, but of each lane only so many as are its share: one chat that does not move is no crowd.
    #[must_use]
    pub fn crowd(&self) -> usize {
        self.crowd
    }

    /// Adds one; one that waits already gets the new time.
    pub fn insert(&mut self, lane: &str, place: Place, due: Millis) {
        self.unlist(lane);
        let waiting = &mut self.lanes.entry(lane.to_owned()).or_default().waiting;
        if waiting.insert(place, due).is_none() {
            self.length += 1;
            self.crowd += usize::from(waiting.len() <= SHARE);
        }
        self.list(lane);
    }

    /// Takes the one that is due first, if any is due: its lane is busy until [`Queue::finish`].
    pub fn take_due(&mut self, now: Millis) -> Option<Due> {
        let (due, _) = self.heads.first()?;
        if *due > now {
            return None;
        }
        let (_, lane) = self.heads.pop_first()?;
        let waiting = &mut self.lanes.get_mut(&lane)?.waiting;
        let (place, _) = waiting.pop_first()?;
        self.length -= 1;
        self.crowd -= usize::from(waiting.len() < SHARE);
        if waiting.is_empty() {
            self.lanes.remove(&lane);
        }
        self.busy.insert(lane.clone());
        Some(Due { lane, place })
    }

    /// The one that was under way is through (`None`), or comes again at that time, before all that wait
    /// behind it.
    pub fn finish(&mut self, taken: Due, again: Option<Millis>) {
        self.busy.remove(&taken.lane);
        match again {
            Some(due) => self.insert(&taken.lane, taken.place, due),
            None => {
                self.unlist(&taken.lane);
                self.list(&taken.lane);
            }
        }
    }

    /// When the next one is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Millis> {
        self.heads.first().map(|(due, _)| *due)
    }

    fn head(&self, lane: &str) -> Option<(Millis, String)> {
        let (_, due) = self.lanes.get(lane)?.waiting.first_key_value()?;
        Some((*due, lane.to_owned()))
    }

    fn unlist(&mut self, lane: &str) {
        if let Some(head) = self.head(lane) {
            self.heads.remove(&head);
        }
    }

    fn list(&mut self, lane: &str) {
        if !self.busy.contains(lane)
            && let Some(head) = self.head(lane)
        {
            self.heads.insert(head);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(seq: i64) -> Place {
        Place { present: true, seq, id: format!("d{seq}") }
    }

    #[test]
    fn a_failing_delivery_holds_its_own_lane_only() {
        let mut queue = Queue::default();
        for seq in 1..=4 {
            queue.insert(if seq % 2 == 0 { "even" } else { "odd" }, place(seq), 0);
        }
        let first = queue.take_due(0).unwrap();
        let second = queue.take_due(0).unwrap();
        assert_eq!(queue.take_due(0), None, "one under way in each lane");
        let (even, odd) = if first.lane == "even" { (first, second) } else { (second, first) };
        assert_eq!((even.place.seq, odd.place.seq), (2, 1));
        queue.finish(even.clone(), Some(1_000));
        queue.finish(odd, None);
        assert_eq!(queue.take_due(0).map(|due| due.place.seq), Some(3));
        assert_eq!(queue.take_due(999), None);
        assert_eq!(queue.next_due(), Some(1_000));
        assert_eq!(queue.take_due(1_000), Some(even));
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn one_lane_that_does_not_move_is_no_crowd() {
        let mut queue = Queue::default();
        for seq in 0..3_000 {
            queue.insert("stuck", place(seq), 0);
        }
        queue.insert("free", place(9_000), 0);
        queue.insert("free", place(9_000), 0);
        assert_eq!((queue.len(), queue.crowd()), (3_001, SHARE + 1));
        while let Some(due) = queue.take_due(0) {
            let share =
                |queue: &Queue| queue.lanes.values().map(|lane| lane.waiting.len().min(SHARE)).sum::<usize>();
            assert_eq!(queue.crowd(), share(&queue));
            queue.finish(due, None);
        }
        assert_eq!((queue.len(), queue.crowd()), (0, 0));
    }

    #[test]
    fn an_earlier_life_of_the_log_comes_first_and_a_notice_has_a_place_of_its_own() {
        let mut queue = Queue::default();
        queue.insert("w", place(5), 0);
        queue.insert("w", Place { present: false, seq: 90, id: "old".into() }, 0);
        queue.insert("w", Place { present: true, seq: 5, id: "d5-resync".into() }, 0);
        assert_eq!(queue.len(), 3);
        let mut taken = Vec::new();
        while let Some(due) = queue.take_due(0) {
            taken.push(due.place.id.clone());
            queue.finish(due, None);
        }
        assert_eq!(taken, ["old", "d5", "d5-resync"]);
    }

    #[test]
    fn a_busy_lane_stays_busy_through_a_reload_and_an_insert() {
        let mut queue = Queue::with_busy(["a".to_owned()]);
        queue.insert("a", place(1), 0);
        queue.insert("a", place(2), 0);
        assert_eq!((queue.take_due(9), queue.next_due()), (None, None));
        queue.finish(Due { lane: "a".into(), place: place(1) }, None);
        // It was put there again meanwhile: the worker finds in its row that it is through.
        assert_eq!(queue.take_due(9).map(|due| due.place.seq), Some(1));
    }

    proptest! {
        /// Whatever fails and whenever: within a lane, nothing is delivered before what was logged before it.
        #[test]
        fn lanes_are_in_order_and_nothing_is_lost(
            lanes in prop::collection::vec(0_u8..4, 1..60),
            fails in prop::collection::vec(any::<bool>(), 200),
        ) {
            let mut queue = Queue::default();
            let mut fails = fails.into_iter().chain(std::iter::repeat(false));
            let mut delivered: HashMap<String, Vec<i64>> = HashMap::new();
            let (mut now, mut under_way) = (0, Vec::new());
            for (seq, lane) in lanes.iter().enumerate() {
                queue.insert(&lane.to_string(), place(i64::try_from(seq).unwrap()), now);
                under_way.extend(queue.take_due(now));
                if under_way.len() > 2 {
                    let due: Due = under_way.remove(0);
                    if fails.next().unwrap() {
                        queue.finish(due, Some(now + 7));
                    } else {
                        delivered.entry(due.lane.clone()).or_default().push(due.place.seq);
                        queue.finish(due, None);
                    }
                }
                now += 1;
            }
            while queue.len() + under_way.len() > 0 {
                now += 1;
                under_way.extend(queue.take_due(now));
                if let Some(due) = under_way.pop() {
                    if fails.next().unwrap() {
                        queue.finish(due, Some(now + 7));
                    } else {
                        delivered.entry(due.lane.clone()).or_default().push(due.place.seq);
                        queue.finish(due, None);
                    }
                }
            }
            prop_assert_eq!(delivered.values().map(Vec::len).sum::<usize>(), lanes.len());
            for seqs in delivered.values() {
                prop_assert!(seqs.is_sorted());
            }
        }
    }
}
