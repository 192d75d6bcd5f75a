//! The messages of one chat that this client holds: a contiguous run, up to the newest one unless the reader jumped
//! into the midst of the thread.
//!
//! Settled messages are ordered by `(timestamp, id)`; local echoes stand behind them in the order they
//! were written. The run never has a hole: a message older than its start is left out while the server
//! still has older ones, because paging will bring it in its place. The same goes for its end, while it has not
//! reached the thread's: what comes in then is only remembered to be there.

use super::row::{Body, Echo, Position, Row, RowKey};
use crate::protocol::{
    ChatId, CommandId, Delay, DeviceId, Failure, Message, MessageId, MessageStatus, Problem, ThreadPage,
    ThreadRun,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;

/// Makes row keys, each once.
#[derive(Debug, Default)]
pub struct Keys(u64);

impl Keys {
    /// The next key.
    pub fn next(&mut self) -> RowKey {
        self.0 += 1;
        RowKey(self.0)
    }
}

/// What an insertion did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// A row that was not there before.
    Added(RowKey),
    /// A row that was there, with new content; `moved` if its place changed too.
    Changed { key: RowKey, moved: bool },
    /// Nothing new.
    Same,
    /// Older than the run, which has a hole there: paging will bring it.
    Outside,
    /// Newer than the run, which ends before the thread does.
    Beyond,
}

/// How far a message of ours has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub status: MessageStatus,
    pub failure: Option<Box<Failure>>,
    pub delay: Option<Box<Delay>>,
}

/// A contiguous run of one chat's messages.
#[derive(Debug, Default)]
pub struct MessageLog {
    settled: BTreeMap<Position, RowKey>,
    echoes: Vec<RowKey>,
    rows: HashMap<RowKey, Row>,
    positions: HashMap<MessageId, Position>,
    commands: HashMap<CommandId, RowKey>,
    has_older: bool,
    has_newer: bool,
    /// The newest message that was told of and is not held.
    beyond: Option<Position>,
    /// The ids of the chat and of its device, which all messages here share: each comes with its own copies.
    chat: Option<ChatId>,
    device: Option<DeviceId>,
}

impl MessageLog {
    /// Whether the server has messages newer than the last of this run.
    #[must_use]
    pub fn has_newer(&self) -> bool {
        self.has_newer
    }

    /// The echoes that stand behind the last row: none while that is not the thread's last.
    #[must_use]
    pub fn shown_echoes(&self) -> &[RowKey] {
        if self.has_newer { &[] } else { &self.echoes }
    }

    /// The place of this message.
    #[must_use]
    pub fn place(&self, id: &MessageId) -> Option<&Position> {
        self.positions.get(id)
    }

    /// Whether the server has messages older than the first of this run.
    #[must_use]
    pub fn has_older(&self) -> bool {
        self.has_older
    }

    /// How many rows there are, echoes included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.settled.len() + self.echoes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row with this key.
    #[must_use]
    pub fn row(&self, key: RowKey) -> Option<&Row> {
        self.rows.get(&key)
    }

    /// All rows, in no order.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.rows.values_mut()
    }

    /// The row of this message.
    #[must_use]
    pub fn by_id(&self, id: &MessageId) -> Option<&Row> {
        let position = self.positions.get(id)?;
        self.rows.get(self.settled.get(position)?)
    }

    /// The row that this command made.
    #[must_use]
    pub fn by_command(&self, id: &CommandId) -> Option<&Row> {
        self.rows.get(self.commands.get(id)?)
    }

    /// The settled messages in order.
    #[must_use]
    pub fn settled(&self) -> &BTreeMap<Position, RowKey> {
        &self.settled
    }

    /// The echoes in the order they were written.
    #[must_use]
    pub fn echoes(&self) -> &[RowKey] {
        &self.echoes
    }

    /// The place of the oldest message of the run.
    #[must_use]
    pub fn first(&self) -> Option<&Position> {
        self.settled.first_key_value().map(|(position, _)| position)
    }

    /// The newest settled message.
    #[must_use]
    pub fn last(&self) -> Option<&Message> {
        let (_, key) = self.settled.last_key_value()?;
        match &self.rows.get(key)?.body {
            Body::Settled(message) => Some(message),
            Body::Echo(_) => None,
        }
    }

    /// Takes a message that an event brought, or the server's answer to a command.
    pub fn insert(&mut self, message: Message, keys: &mut Keys) -> Inserted {
        let outside = self.has_older && self.first().is_some_and(|first| Position::of(&message) < *first);
        if outside && !self.positions.contains_key(&message.id) {
            // In the place of its echo it would be a row behind which there may be a hole.
            self.settle(&message);
            return Inserted::Outside;
        }
        let place = Position::of(&message);
        let last = self.settled.last_key_value();
        if self.has_newer
            && !self.positions.contains_key(&message.id)
            && last.is_none_or(|(last, _)| place > *last)
        {
            // The message itself is there at the thread's end.
            self.settle(&message);
            self.tell_beyond(place);
            return Inserted::Beyond;
        }
        self.put(message, keys)
    }

    /// The server has what was written here, and a page will bring it: its echo has done its part. `false` if it has none.
    pub fn settle(&mut self, message: &Message) -> bool {
        let echo = message.command_id.as_ref().and_then(|id| self.commands.get(id)).copied();
        echo.is_some_and(|key| self.discard(key))
    }

    /// There is a message here that no page brought yet.
    pub fn tell_beyond(&mut self, place: Position) {
        self.beyond = self.beyond.take().max(Some(place));
    }

    /// Takes the page after the run.
    pub fn merge_newer(&mut self, run: ThreadRun, keys: &mut Keys) -> Vec<Inserted> {
        let inserted = run.page.messages.into_iter().map(|message| self.put(message, keys)).collect();
        self.end_with(run.has_newer);
        inserted
    }

    /// Takes a page from anywhere. Where it does not meet this run there may be messages between that nobody has:
    /// then it takes the run's place.
    pub fn merge_around(&mut self, run: ThreadRun, keys: &mut Keys) -> Vec<Inserted> {
        let ThreadRun { page, has_newer } = run;
        let meets = page.messages.iter().any(|message| self.positions.contains_key(&message.id));
        if !meets {
            self.forget_older_than_last(0);
        }
        let before = page.messages.first().map(Position::of);
        if before.is_some_and(|first| self.first().is_none_or(|own| first < *own)) {
            self.has_older = page.has_older;
        }
        let after = page.messages.last().map(Position::of);
        let ends = after.is_some_and(|last| self.settled.last_key_value().is_none_or(|(own, _)| last > *own));
        let inserted = page.messages.into_iter().map(|message| self.put(message, keys)).collect();
        if !meets || (ends && self.has_newer) {
            self.end_with(has_newer);
        }
        inserted
    }

    /// Lets the messages go, but not what waits to be sent: the newest page will bring the thread's end.
    pub fn forget_all(&mut self) {
        self.forget_older_than_last(0);
        self.has_newer = false;
        self.beyond = None;
    }

    /// A page brought the run's last message. What was told of beyond it came while the page was on its way: then the
    /// next page is asked for, once.
    fn end_with(&mut self, has_newer: bool) {
        let last = self.settled.last_key_value().map(|(last, _)| last);
        let missed = self.beyond.take().is_some_and(|beyond| last.is_some_and(|last| beyond > *last));
        self.has_newer = has_newer || missed;
    }

    /// Takes the page before the run.
    pub fn merge_older(&mut self, page: ThreadPage, keys: &mut Keys) -> Vec<Inserted> {
        self.has_older = page.has_older;
        page.messages.into_iter().map(|message| self.put(message, keys)).collect()
    }

    /// Takes the newest page, at the first load or after the stream lost its place.
    ///
    /// What the page overlaps is replaced by it. If it does not reach back to this run, there may be
    /// messages between that nobody has, so the older run is dropped. Rows that stay keep their keys.
    pub fn merge_newest(&mut self, page: ThreadPage, keys: &mut Keys) -> Vec<Inserted> {
        let ids: HashSet<&MessageId> = page.messages.iter().map(|message| &message.id).collect();
        let span = page.messages.first().map(Position::of).zip(page.messages.last().map(Position::of));
        let overlaps = self.positions.keys().any(|id| ids.contains(id));
        let stale: Vec<Position> = match &span {
            None => self.settled.keys().cloned().collect(),
            Some((first, last)) => {
                let kept = |position: &Position| {
                    ids.contains(&position.id) || position > last || (overlaps && position < first)
                };
                self.settled.keys().filter(|position| !kept(position)).cloned().collect()
            }
        };
        let reaches_past =
            overlaps && span.as_ref().is_some_and(|(first, _)| self.first().is_some_and(|own| own < first));
        for position in stale {
            self.remove(&position);
        }
        if !reaches_past {
            self.has_older = page.has_older;
        }
        let inserted = page.messages.into_iter().map(|message| self.put(message, keys)).collect();
        self.end_with(false);
        inserted
    }

    /// A text was written here. `None` if this command already has a row.
    pub fn echo(&mut self, echo: Echo, keys: &mut Keys) -> Option<RowKey> {
        if self.commands.contains_key(&echo.command_id) {
            return None;
        }
        let key = keys.next();
        self.commands.insert(echo.command_id.clone(), key);
        self.echoes.push(key);
        self.rows.insert(key, Row { key, body: Body::Echo(echo) });
        Some(key)
    }

    /// The server refused the command of an echo.
    pub fn refuse(&mut self, command: &CommandId, problem: Problem) -> Option<RowKey> {
        let key = *self.commands.get(command)?;
        match &mut self.rows.get_mut(&key)?.body {
            Body::Echo(echo) => {
                echo.refused = Some(problem);
                Some(key)
            }
            Body::Settled(_) => None,
        }
    }

    /// A refused echo is sent again under a new command; its row stays the same.
    pub fn resend(&mut self, key: RowKey, command_id: CommandId, at: i64) -> bool {
        let Some(Row { body: Body::Echo(echo), .. }) = self.rows.get_mut(&key) else { return false };
        self.commands.remove(&echo.command_id);
        self.commands.insert(command_id.clone(), key);
        echo.command_id = command_id;
        echo.at = at;
        echo.refused = None;
        // It is written now, so it stands behind what was written since.
        self.echoes.retain(|other| *other != key);
        self.echoes.push(key);
        true
    }

    /// A refused echo is given up.
    pub fn discard(&mut self, key: RowKey) -> bool {
        let Some(Row { body: Body::Echo(echo), .. }) = self.rows.get(&key) else { return false };
        let command = echo.command_id.clone();
        self.commands.remove(&command);
        self.echoes.retain(|other| *other != key);
        self.rows.remove(&key);
        true
    }

    /// A receipt, or the news that it failed or has to wait. A later status never gives way to an earlier one;
    /// only a failed message may be queued again.
    pub fn progress(&mut self, id: &MessageId, to: Progress) -> Option<RowKey> {
        let Progress { status, failure, delay } = to;
        let key = *self.settled.get(self.positions.get(id)?)?;
        let Body::Settled(message) = &mut self.rows.get_mut(&key)?.body else { return None };
        let again = message.status == MessageStatus::Failed && status == MessageStatus::Queued;
        let waits = status == MessageStatus::Queued && message.status == status && delay != message.delay;
        if status <= message.status && !again && !waits {
            return None;
        }
        message.status = status;
        message.delay = if status == MessageStatus::Queued { delay } else { None };
        message.failure = if status == MessageStatus::Failed { failure } else { None };
        Some(key)
    }

    /// Keeps the newest `keep` settled messages and forgets the rest, which paging can bring again.
    pub fn forget_older_than_last(&mut self, keep: usize) -> Vec<RowKey> {
        let surplus = self.settled.len().saturating_sub(keep);
        let positions: Vec<Position> = self.settled.keys().take(surplus).cloned().collect();
        if !positions.is_empty() {
            self.has_older = true;
        }
        positions.iter().filter_map(|position| self.remove(position)).collect()
    }

    /// Forgets the oldest settled messages beyond the newest `keep`, at most `most` of them: of very many, in several
    /// goes.
    pub fn forget_oldest(&mut self, keep: usize, most: usize) {
        let surplus = self.settled.len().saturating_sub(keep);
        self.forget_older_than_last(self.settled.len() - surplus.min(most));
    }

    /// Forgets what is newer than the first `keep` settled messages after this place: the run ends before the thread
    /// does from then on, and paging can bring the rest again.
    pub fn forget_newer_than(&mut self, place: &Position, keep: usize) {
        let after = (Bound::Excluded(place.clone()), Bound::Unbounded);
        let newer: Vec<Position> =
            self.settled.range(after).skip(keep).map(|(place, _)| place.clone()).collect();
        let Some(newest) = newer.last() else { return };
        self.has_newer = true;
        self.tell_beyond(newest.clone());
        for position in &newer {
            self.remove(position);
        }
    }

    /// Whether more than `count` settled messages stand after this place.
    #[must_use]
    pub fn has_more_after(&self, place: &Position, count: usize) -> bool {
        let after = (Bound::Excluded(place.clone()), Bound::Unbounded);
        self.settled.range(after).nth(count).is_some()
    }

    /// The phone brought older messages: whatever the run starts with is no longer the start.
    pub fn expect_older(&mut self) {
        self.has_older = true;
    }

    fn put(&mut self, mut message: Message, keys: &mut Keys) -> Inserted {
        share(&mut self.chat, &mut message.chat_id);
        share(&mut self.device, &mut message.device_id);
        let position = Position::of(&message);
        if let Some(old) = self.positions.get(&message.id).cloned() {
            return self.update(old, message);
        }
        let echo = message.command_id.as_ref().and_then(|id| self.commands.get(id)).copied();
        let key = echo.unwrap_or_else(|| keys.next());
        if let Some(command) = &message.command_id {
            self.commands.insert(command.clone(), key);
        }
        self.positions.insert(message.id.clone(), position.clone());
        self.settled.insert(position, key);
        self.rows.insert(key, Row { key, body: Body::Settled(message) });
        if echo.is_some() {
            self.echoes.retain(|other| *other != key);
            return Inserted::Changed { key, moved: true };
        }
        Inserted::Added(key)
    }

    fn update(&mut self, old: Position, mut message: Message) -> Inserted {
        let Some(key) = self.settled.get(&old).copied() else { return Inserted::Same };
        let Some(row) = self.rows.get_mut(&key) else { return Inserted::Same };
        let Body::Settled(known) = &mut row.body else { return Inserted::Same };
        // Its place has this id already.
        message.id.clone_from(&old.id);
        if message.status < known.status {
            message.status = known.status;
            message.failure.clone_from(&known.failure);
            message.delay.clone_from(&known.delay);
        }
        if *known == message {
            return Inserted::Same;
        }
        let position = Position::of(&message);
        *known = message;
        let moved = position != old;
        if moved {
            self.settled.remove(&old);
            self.positions.insert(position.id.clone(), position.clone());
            self.settled.insert(position, key);
        }
        Inserted::Changed { key, moved }
    }

    /// Forgets a message that was deleted. Answers whether it was here.
    pub fn delete(&mut self, id: &MessageId) -> bool {
        let Some(position) = self.positions.get(id).cloned() else { return false };
        self.remove(&position).is_some()
    }

    fn remove(&mut self, position: &Position) -> Option<RowKey> {
        let key = self.settled.remove(position)?;
        self.positions.remove(&position.id);
        if let Some(Row { body: Body::Settled(message), .. }) = self.rows.remove(&key)
            && let Some(command) = message.command_id
        {
            self.commands.remove(&command);
        }
        Some(key)
    }
}

/// Makes an id one with the copy that is kept, if it is the same, so that the text of both is in memory once. Another
/// one is kept from now on.
fn share<Id: Clone + PartialEq>(kept: &mut Option<Id>, id: &mut Id) {
    match kept {
        Some(known) if *known == *id => id.clone_from(known),
        _ => *kept = Some(id.clone()),
    }
}
