//! An open conversation: its messages, the part that is on the page, and how that part is laid out.

use super::log::MessageLog;
use super::pins::Pins;
use super::row::{Position, Row, RowKey};
use super::state::{COLD_MESSAGES, LET_GO, OPEN_MESSAGES, SPARE_MESSAGES};
use super::window::Window;
use crate::protocol::{MediaState, MessageId, MessageKind, Millis};
use std::ops::Bound;

/// Two messages of one sender further apart than this stand in groups of their own.
const GROUP_GAP: Millis = 5 * 60 * 1000;

/// An unread line that counts more than this is not gone after to where it belongs: it takes too many pages.
const FOLLOWED: u32 = 1_000;

/// What the reader's eye is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hold {
    /// The newest message, whatever comes.
    #[default]
    Pinned,
    /// This row, whose top is `offset` pixels below the thread's top edge.
    Anchored { key: RowKey, offset: i32 },
}

/// How a row stands among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Shape {
    /// It opens a group of one sender's messages.
    pub opens: bool,
    /// It closes that group.
    pub closes: bool,
    /// It is part of an album: its place among the pictures in a row, from 1; 0 for what stands alone.
    pub album: u8,
}

/// One line of the thread as it is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// A new day: days since 1970-01-01 by the reader's clock.
    Day(i64),
    /// From here on nothing had been read when the thread was opened: how many messages.
    Unread(u32),
    Row {
        key: RowKey,
        shape: Shape,
    },
}

/// What a slot is to a keyed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotKey {
    Day(i64),
    Unread,
    Row(RowKey),
}

impl Slot {
    /// The slot's key.
    #[must_use]
    pub fn key(&self) -> SlotKey {
        match self {
            Self::Day(day) => SlotKey::Day(*day),
            Self::Unread(_) => SlotKey::Unread,
            Self::Row { key, .. } => SlotKey::Row(*key),
        }
    }
}

/// Where the line 'n new messages' stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct UnreadLine {
    before: MessageId,
    count: u32,
    /// How many of those that it counts are older than what is held: it stands above the oldest that is, until they
    /// are there.
    missing: usize,
}

/// An open conversation.
#[derive(Debug, Default)]
pub struct Thread {
    pub log: MessageLog,
    pub window: Window,
    pub hold: Hold,
    /// Whether its messages have been loaded.
    pub loaded: bool,
    /// Messages of others that came while the reader was elsewhere in the thread.
    pub fresh: u32,
    /// Whether the reader asked for the end, which is being loaded: no unread line stops them on the way.
    pub to_end: bool,
    /// What is pinned in the chat.
    pub pins: Pins,
    /// How many rows fill the reader's screen, where that is known.
    pub fresh_rows: Option<usize>,
    unread: Option<UnreadLine>,
}

impl Thread {
    /// There may be a hole in what is held: it is asked for again before it is shown.
    pub fn doubt(&mut self) {
        self.loaded = false;
        self.pins.doubt();
    }

    /// Draws the unread line above the last `count` messages of others; takes it away for 0.
    pub fn draw_unread_line(&mut self, count: u32) {
        self.unread = None;
        if self.log.has_newer() {
            return;
        }
        let all = usize::try_from(count).unwrap_or(usize::MAX);
        if let Some((before, found)) = self.back_over_others(None, all) {
            self.unread = Some(UnreadLine { before, count, missing: all - found });
        }
    }

    /// One more message is unread than the line counts, if it stands at all: it stays where it is.
    pub fn grow_unread_line(&mut self, count: u32) {
        match &mut self.unread {
            Some(line) if line.count.checked_add(1) == Some(count) => line.count = count,
            _ => self.draw_unread_line(count),
        }
    }

    /// How many of those that the unread line counts are not held: it stands too low until they are.
    #[must_use]
    pub fn unread_missing(&self) -> usize {
        self.unread.as_ref().map_or(0, |line| line.missing)
    }

    /// Older messages are there: among them may be those that the unread line counts and had no place above. Who has
    /// not gone from the line since goes with it, unless it is very far.
    pub fn lift_unread_line(&mut self) {
        let Some(line) = self.unread.as_ref().filter(|line| line.missing > 0) else { return };
        let Some(place) = self.log.place(&line.before) else { return };
        let Some((before, found)) = self.back_over_others(Some(place), line.missing) else { return };
        let below = self.log.by_id(&line.before).map(|row| row.key);
        let (count, missing) = (line.count, line.missing - found);
        if let (Hold::Anchored { key, offset }, Some(row)) = (self.hold, self.log.by_id(&before))
            && Some(key) == below
            && count <= FOLLOWED
        {
            self.hold = Hold::Anchored { key: row.key, offset };
            if let Some(place) = self.log.place(&before) {
                self.window = Window::around(&self.log, place);
            }
        }
        self.unread = Some(UnreadLine { before, count, missing });
    }

    /// Goes back from this place, or from the end, over so many messages of others, or as many as are held: which one
    /// was the last, and how many there were.
    fn back_over_others(&self, from: Option<&Position>, count: usize) -> Option<(MessageId, usize)> {
        let end = from.map_or(Bound::Unbounded, |place| Bound::Excluded(place.clone()));
        let newest_first = self.log.settled().range((Bound::Unbounded, end)).rev();
        let rows = newest_first.filter_map(|(_, key)| self.log.row(*key));
        let others = rows.filter(|row| !row.from_me() && row.kind() != MessageKind::System);
        let (found, oldest) = others.take(count).enumerate().last()?;
        Some((oldest.id()?.clone(), found + 1))
    }

    /// Lets messages go that nobody is likely to look at next, so that a thread in which more and more comes does not
    /// grow for ever: paging brings them again. `open`: whether it is the one on the page.
    pub(super) fn let_some_go(&mut self, open: bool) {
        // What comes is not held.
        if self.log.has_newer() {
            return;
        }
        let keep = if open { OPEN_MESSAGES } else { COLD_MESSAGES };
        let far = |place: &Position| self.log.has_more_after(place, keep + SPARE_MESSAGES);
        let left_behind = self.window.bottom().filter(|place| far(place)).cloned();
        match left_behind {
            Some(bottom) if open => self.log.forget_newer_than(&bottom, keep),
            // Who comes back to it finds its end, not a place that so much has come after.
            Some(_) => self.jump_to_end(),
            None => {}
        }
        let at_end = self.hold == Hold::Pinned && self.window.at_end();
        if at_end && self.log.settled().len() > keep + SPARE_MESSAGES {
            self.log.forget_oldest(keep, LET_GO);
        }
    }

    /// The thread is opened at its unread line, also where that is above what a fresh window has; else at its end.
    pub fn open_at_unread_line(&mut self, count: u32) {
        self.draw_unread_line(count);
        if self.hold != Hold::Pinned {
            return;
        }
        // Anew: it may have been fetched for a line that is somewhere else by now, or gone.
        self.window = Window::latest(&self.log, self.fresh_rows);
        let place = self.unread.as_ref().and_then(|line| self.log.place(&line.before));
        if let Some(place) = place.filter(|place| !self.window.holds(place)) {
            self.window = Window::around(&self.log, place);
        }
    }

    /// Takes the unread line away: the reader has answered.
    pub fn clear_unread_line(&mut self) -> bool {
        self.unread.take().is_some()
    }

    /// How many messages the unread line counts; 0 where none is drawn.
    #[must_use]
    pub fn unread_line(&self) -> u32 {
        self.unread.as_ref().map_or(0, |line| line.count)
    }

    /// The reader looks elsewhere, or at the end again.
    pub fn hold(&mut self, hold: Hold) {
        self.hold = hold;
        if hold == Hold::Pinned {
            self.fresh = 0;
        }
    }

    /// Leaves the midst of the thread, if the reader jumped there: its end has to be loaded again.
    pub fn leave_midst(&mut self) {
        if self.log.has_newer() {
            self.log.forget_all();
            self.loaded = false;
            self.to_end = true;
        }
    }

    /// Back to the newest messages.
    pub fn jump_to_end(&mut self) {
        self.window = Window::latest(&self.log, self.fresh_rows);
        self.hold(Hold::Pinned);
    }

    /// The place of the newest settled message.
    #[must_use]
    pub fn end(&self) -> Option<&Position> {
        self.log.settled().last_key_value().map(|(position, _)| position)
    }

    /// The window as it is laid out. `day_of` tells the day of a time by the reader's clock.
    #[must_use]
    pub fn slots(&self, day_of: impl Fn(Millis) -> i64) -> Vec<Slot> {
        let rows: Vec<&Row> =
            self.window.rows(&self.log).into_iter().filter_map(|key| self.log.row(key)).collect();
        let mut slots = Vec::with_capacity(rows.len() + 8);
        let mut day = None;
        let mut last_row: Option<usize> = None;
        let mut above: Option<&Row> = None;
        for row in rows {
            let its_day = day_of(row.at());
            // An echo's clock may run behind the server's; the days never go back.
            let its_day = day.map_or(its_day, |shown: i64| shown.max(its_day));
            let mut divided = false;
            if day != Some(its_day) {
                day = Some(its_day);
                slots.push(Slot::Day(its_day));
                divided = true;
            }
            if let Some(line) = &self.unread
                && row.id() == Some(&line.before)
            {
                slots.push(Slot::Unread(line.count));
                divided = true;
            }
            let joins = !divided && above.is_some_and(|above| belong_together(above, row));
            if joins
                && let Some(index) = last_row
                && let Some(Slot::Row { shape, .. }) = slots.get_mut(index)
            {
                shape.closes = false;
            }
            last_row = Some(slots.len());
            slots.push(Slot::Row { key: row.key, shape: Shape { opens: !joins, closes: true, album: 0 } });
            above = Some(row);
        }
        self.lay_albums(&mut slots);
        slots
    }
}

/// Fewer pictures in a row than this stand one below the other.
const ALBUM: usize = 2;

impl Thread {
    /// Pictures and films that follow each other in a group of one sender become an album.
    ///
    /// The first may have a text, which stands for all of them.
    fn lay_albums(&self, slots: &mut [Slot]) {
        let row = |slot: &Slot| match slot {
            Slot::Row { key, .. } => self.log.row(*key),
            _ => None,
        };
        let begins = |slot: &Slot| row(slot).is_some_and(in_album);
        let pictured = |slot: &Slot| row(slot).is_some_and(|row| row.text().is_empty() && in_album(row));
        let goes_on = |slot: &Slot| matches!(slot, Slot::Row { shape, .. } if !shape.opens);
        let mut from = 0;
        while from < slots.len() {
            if !begins(&slots[from]) {
                from += 1;
                continue;
            }
            let more = slots[from + 1..].iter().take_while(|slot| goes_on(slot) && pictured(slot)).count();
            let to = from + 1 + more;
            if to - from >= ALBUM {
                for (place, slot) in slots[from..to].iter_mut().enumerate() {
                    if let Slot::Row { shape, .. } = slot {
                        // Only whether it is odd, and that it is not 0, matters after that.
                        shape.album = u8::try_from(place % 200 + 1).unwrap_or(1);
                    }
                }
            }
            from = to;
        }
    }
}

/// Pictures and films without an answer or anything else that needs room of its own.
fn in_album(row: &Row) -> bool {
    let picture = matches!(row.kind(), MessageKind::Image | MessageKind::Video);
    let Some(details) = row.details().filter(|_| picture) else { return false };
    let plain = details.quoted.is_none() && details.forwards == 0 && !details.view_once;
    let there = details.media.as_ref().is_some_and(|media| {
        media.id.is_some() && !matches!(media.state, Some(MediaState::Expired | MediaState::Refused))
    });
    plain && there && details.revoked_at.is_none() && row.failure().is_none()
}

fn belong_together(above: &Row, below: &Row) -> bool {
    let system = above.kind() == MessageKind::System || below.kind() == MessageKind::System;
    let same_sender = above.from_me() == below.from_me() && (above.from_me() || above.from() == below.from());
    !system && same_sender && (below.at() - above.at()).abs() <= GROUP_GAP
}
