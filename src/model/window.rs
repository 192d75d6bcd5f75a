//! Which part of a thread is on the page: a contiguous range of at most [`CAP`] rows.
//!
//! The range is named by the places of its ends and not by numbers, so that a page that arrives before
//! it, or a message in its middle, moves nothing.

use super::log::MessageLog;
use super::row::{Position, RowKey};
use std::ops::Bound;

/// How many rows a fresh window has where nobody knows the screen: what fills most of them, so that a chat is there at
/// once. It is widened once those were painted.
pub const FRESH: usize = 24;
/// The fewest that it has, and the most.
const FRESH_LIMITS: (usize, usize) = (14, TARGET);
/// The height of the smallest row, in pixels, and how much of the page at least is none of the thread's.
const ROW_AND_FRAME: (usize, usize) = (36, 90);
/// How many rows a window has around a place in the midst, or at the end of which so much came that it is cut: what
/// fills a large screen.
pub const TARGET: usize = 40;
/// How many rows a window has at most: what a browser lays out within one frame.
pub const CAP: usize = 140;
/// By how many rows a window slides: what is made within one frame.
pub const STEP: usize = 10;

/// A contiguous range of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    /// The first row; `None` is the start of the log.
    top: Option<Position>,
    /// The last row; `None` is the end of the log, echoes included.
    bottom: Option<Position>,
}

impl Window {
    /// The newest rows: as many as a fresh window has, or as fill the screen.
    #[must_use]
    pub fn latest(log: &MessageLog, fresh: Option<usize>) -> Self {
        Self { top: from_end(log, fresh.unwrap_or(FRESH)), bottom: None }
    }

    /// The newest rows, as many as fill a large screen.
    #[must_use]
    pub fn end(log: &MessageLog) -> Self {
        Self { top: from_end(log, TARGET), bottom: None }
    }

    /// The rows around this place.
    #[must_use]
    pub fn around(log: &MessageLog, place: &Position) -> Self {
        let older = log.settled().range(..place.clone()).rev().nth(TARGET / 2);
        let after = (Bound::Excluded(place.clone()), Bound::Unbounded);
        let newer = log.settled().range(after).nth(TARGET / 2);
        let older = older.map(|(place, _)| place.clone());
        let newer = newer.map(|(place, _)| place.clone());
        Self { top: older.or_else(|| held_start(log)), bottom: newer.or_else(|| held_end(log)) }
    }

    /// Whether this place is on the page.
    #[must_use]
    pub fn holds(&self, place: &Position) -> bool {
        self.top.as_ref().is_none_or(|top| top <= place)
            && self.bottom.as_ref().is_none_or(|bottom| place <= bottom)
    }

    /// The last row; `None` where that is the end of the log.
    #[must_use]
    pub fn bottom(&self) -> Option<&Position> {
        self.bottom.as_ref()
    }

    /// Whether the newest row is on the page.
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.bottom.is_none()
    }

    /// Whether the oldest row that is held is on the page.
    #[must_use]
    pub fn at_start(&self, log: &MessageLog) -> bool {
        match (&self.top, log.first()) {
            (None, _) | (_, None) => true,
            (Some(top), Some(first)) => top <= first,
        }
    }

    /// The rows of the window, oldest first.
    #[must_use]
    pub fn rows(&self, log: &MessageLog) -> Vec<RowKey> {
        let mut rows: Vec<RowKey> = log.settled().range(self.bounds()).map(|(_, key)| *key).collect();
        if self.at_end() {
            rows.extend_from_slice(log.shown_echoes());
        }
        rows
    }

    /// Slides towards older rows. `false` if there is nothing older to show.
    pub fn slide_up(&mut self, log: &MessageLog) -> bool {
        if self.at_start(log) {
            // Nothing older exists: what comes late and belongs before it is at the start, too.
            if !log.has_older() {
                self.top = None;
            }
            return false;
        }
        let Some(top) = &self.top else { return false };
        let older = log.settled().range(..top.clone()).rev().nth(STEP - 1);
        self.top = older.map(|(position, _)| position.clone()).or_else(|| held_start(log));
        self.cut_bottom(log);
        true
    }

    /// Slides towards newer rows. `false` if the newest is on the page already.
    pub fn slide_down(&mut self, log: &MessageLog) -> bool {
        let Some(bottom) = &self.bottom else { return false };
        let after = (Bound::Excluded(bottom.clone()), Bound::Unbounded);
        // One more than a step tells whether the step reaches the end.
        let mut newer = log.settled().range(after).map(|(position, _)| position);
        let reached = newer.nth(STEP - 1).cloned();
        let next = if newer.next().is_some() { reached } else { held_end(log) };
        if next.as_ref() == Some(bottom) {
            return false;
        }
        self.bottom = next;
        self.cut_top(log);
        true
    }

    /// Brings the window back under its cap after rows were added to the log. A window that follows
    /// the end gives way at its top, any other at its bottom.
    pub fn settle(&mut self, log: &MessageLog, following: bool) {
        if following {
            self.bottom = None;
            if self.count(log) > CAP {
                self.top = from_end(log, TARGET);
            }
        } else {
            self.cut_bottom(log);
        }
    }

    fn count(&self, log: &MessageLog) -> usize {
        let echoes = if self.at_end() { log.shown_echoes().len() } else { 0 };
        log.settled().range(self.bounds()).count() + echoes
    }

    fn cut_bottom(&mut self, log: &MessageLog) {
        if self.count(log) > CAP {
            let last = log.settled().range(self.bounds()).nth(CAP - 1);
            // Fewer settled rows than the cap: the surplus is echoes, which have to be seen.
            if let Some((position, _)) = last {
                self.bottom = Some(position.clone());
            }
        }
    }

    fn cut_top(&mut self, log: &MessageLog) {
        if self.count(log) > CAP {
            let echoes = if self.at_end() { log.shown_echoes().len() } else { 0 };
            let room = CAP.saturating_sub(echoes).max(1);
            let first = log.settled().range(self.bounds()).rev().nth(room - 1);
            self.top = first.map(|(position, _)| position.clone());
        }
    }

    fn bounds(&self) -> (Bound<Position>, Bound<Position>) {
        let top = self.top.clone().map_or(Bound::Unbounded, Bound::Included);
        let bottom = self.bottom.clone().map_or(Bound::Unbounded, Bound::Included);
        match (&self.top, &self.bottom) {
            // `range` refuses a start behind its end; such a window shows its end alone.
            (Some(first), Some(last)) if first > last => (Bound::Included(last.clone()), bottom),
            _ => (top, bottom),
        }
    }
}

/// How many rows fill a page of this height in pixels.
#[must_use]
pub fn fresh_rows(height: usize) -> usize {
    let (row, frame) = ROW_AND_FRAME;
    let (least, most) = FRESH_LIMITS;
    height.saturating_sub(frame).div_ceil(row).clamp(least, most)
}

/// The place of the row that begins the newest `count` settled ones; where there are no more, that of the first, or `None`
/// where that is the thread's.
fn from_end(log: &MessageLog, count: usize) -> Option<Position> {
    let older = log.settled().len() > count;
    let first = log.settled().keys().rev().nth(count - 1).filter(|_| older);
    first.cloned().or_else(|| held_start(log))
}

/// The first row that is held, where the thread has older ones: a page of them moves nothing once it is here, and is not
/// all laid out in one frame. `None`, the start of all, where it has not.
fn held_start(log: &MessageLog) -> Option<Position> {
    log.first().filter(|_| log.has_older()).cloned()
}

/// The same of the last row.
fn held_end(log: &MessageLog) -> Option<Position> {
    log.settled().last_key_value().filter(|_| log.has_newer()).map(|(place, _)| place.clone())
}
