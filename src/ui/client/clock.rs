//! The reader's clock. The first render writes times with an offset that both sides know; once the page
//! is alive, the browser's own clock and habits take over, and every time on the page is written anew.

use crate::i18n::Messages;
use crate::model::time::{clock_of, date_of, day_of, weekday_of};
use crate::protocol::Millis;
use crate::ui::context::Viewer;
use crate::ui::hooks::host;
use leptos::prelude::*;

/// Whose clock counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// So many minutes east of UTC.
    Fixed(i32),
    /// The browser's.
    Here,
}

/// The reader's clock.
#[derive(Clone, Copy)]
pub struct Clock {
    zone: RwSignal<Zone>,
    /// The present day: 'today' changes at midnight.
    today: RwSignal<i64>,
    /// Somewhere in the present minute.
    minute: RwSignal<Millis>,
}

/// A minute, in milliseconds.
const MINUTE: Millis = 60_000;

impl Clock {
    /// The clock of the first render.
    #[must_use]
    pub fn new(viewer: Viewer) -> Self {
        let today = day_of(viewer.now, viewer.utc_offset);
        Self {
            zone: RwSignal::new(Zone::Fixed(viewer.utc_offset)),
            today: RwSignal::new(today),
            minute: RwSignal::new(viewer.now),
        }
    }

    /// Turns to this clock and this moment. `true` if days may now begin elsewhere.
    pub fn set(&self, zone: Zone, now: Millis) -> bool {
        let turned = self.zone.get_untracked() != zone;
        if turned {
            self.zone.set(zone);
        }
        if self.minute.get_untracked() / MINUTE != now / MINUTE {
            self.minute.set(now);
        }
        let today = self.day_of(now);
        if self.today.get_untracked() != today {
            self.today.set(today);
        }
        turned
    }

    /// The day of a moment, without listening for a change of the clock.
    #[must_use]
    pub fn day_of(&self, at: Millis) -> i64 {
        match self.zone.get_untracked() {
            Zone::Fixed(offset) => day_of(at, offset),
            Zone::Here => day_of(at, host::utc_offset(at)),
        }
    }

    /// Whether a moment is still to come, give or take a minute.
    #[must_use]
    pub fn is_ahead(&self, at: Millis) -> bool {
        at > self.minute.get()
    }

    /// Hours and minutes.
    #[must_use]
    pub fn time(&self, at: Millis) -> String {
        let offset = match self.zone.get() {
            Zone::Fixed(offset) => offset,
            Zone::Here => match host::clock_text(at) {
                Some(text) => return text,
                None => host::utc_offset(at),
            },
        };
        let (hour, minute) = clock_of(at, offset);
        format!("{hour:02}:{minute:02}")
    }

    /// The time as a list shows it: the hour today, then yesterday, the weekday, the date.
    #[must_use]
    pub fn in_list(&self, at: Millis, t: &Messages) -> String {
        let zone = self.zone.get();
        let day = self.day_of(at);
        match self.today.get() - day {
            ..=0 => self.time(at),
            1 => t.times.yesterday.to_owned(),
            2..=6 => weekday(day, t).to_owned(),
            _ => {
                let own = if zone == Zone::Here { host::date_text(at) } else { None };
                own.unwrap_or_else(|| {
                    let (year, month, date) = date_of(day);
                    (t.times.short_date)(year, month, date)
                })
            }
        }
    }

    /// A day as a thread's line shows it.
    #[must_use]
    pub fn heading(&self, day: i64, t: &Messages) -> String {
        match self.today.get() - day {
            0 => t.times.today.to_owned(),
            1 => t.times.yesterday.to_owned(),
            2..=6 => weekday(day, t).to_owned(),
            _ => long_date(day, t),
        }
    }

    /// A moment in full: for facts about a device.
    #[must_use]
    pub fn moment(&self, at: Millis, t: &Messages) -> String {
        let time = self.time(at);
        let day = self.day_of(at);
        format!("{}, {time}", self.heading(day, t))
    }
}

fn weekday(day: i64, t: &Messages) -> &'static str {
    t.times.weekdays.get(weekday_of(day)).copied().unwrap_or_default()
}

fn long_date(day: i64, t: &Messages) -> String {
    let (year, month, date) = date_of(day);
    let month = usize::try_from(month - 1).ok().and_then(|month| t.times.months.get(month)).copied();
    (t.times.long_date)(year, month.unwrap_or_default(), date)
}
