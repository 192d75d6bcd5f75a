//! Whether a client has everything that happened, and what it tells of once it has.

use super::input::Arrival;
use super::state::Model;
use crate::protocol::Cursor;

/// How a client stands to the log. It is not up to date at first, nor whenever its line is lost: only once it has taken
/// in everything up to where the log ended when the server greeted it.
#[derive(Debug, Default)]
pub struct CatchUp {
    /// Where the log ended at the greeting; absent while there was none.
    end: Option<Cursor>,
    done: bool,
    /// What arrived meanwhile: of each chat its newest message, in the order in which they came.
    missed: Vec<Arrival>,
}

impl CatchUp {
    /// The line is lost, or the log cannot serve the client's position.
    pub fn lost(&mut self) {
        self.end = None;
        self.done = false;
    }

    /// The server greeted: the log ends here now, and everything up to there follows.
    pub fn greeted(&mut self, end: Cursor) {
        self.end = Some(end);
        self.done = false;
    }

    /// The client has come this far. `true` at the moment at which it is up to date.
    pub fn reached(&mut self, cursor: &Cursor) -> bool {
        let there = |end: &Cursor| cursor.epoch == end.epoch && cursor.seq >= end.seq;
        let news = !self.done && self.end.as_ref().is_some_and(there);
        self.done |= news;
        news
    }

    /// Whether the client is up to date.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Messages came; the answer is what to tell of now. Nothing, until the client is up to date: what is read elsewhere
    /// by then is no news.
    pub fn arrived(&mut self, arrivals: Vec<Arrival>) -> Vec<Arrival> {
        if self.done {
            return arrivals;
        }
        for arrival in arrivals {
            self.missed.retain(|other| other.chat != arrival.chat);
            self.missed.push(arrival);
        }
        Vec::new()
    }

    /// What came until the client was up to date and is still unread: one message of each chat.
    pub fn missed(&mut self, model: &Model) -> Vec<Arrival> {
        let mut missed = std::mem::take(&mut self.missed);
        missed.retain(|arrival| model.chat(arrival.chat).is_some_and(|state| state.chat.unread > 0));
        missed
    }
}
