//! Reading an export page by page while it is sent.

use crate::protocol::{Chat, ChatId, Message, Millis};
use crate::server::auth::{self, Lease};
use crate::server::gateway::state::App;
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Store, read};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use std::io;
use tokio_util::sync::CancellationToken;

/// How many chats and messages are read at once.
const PAGE: i64 = 200;

/// What an export is made of, in this order.
#[derive(Debug, Clone, Copy)]
pub enum Part<'p> {
    /// With the chat, where it is one chat's.
    Start {
        at: Millis,
        chat: Option<&'p Chat>,
    },
    /// What follows is of this chat. Not said where there is but one.
    Chat(&'p Chat),
    Message(&'p Message),
    End {
        chats: u64,
        messages: u64,
    },
}

/// One form of an export.
pub trait Writer: Send {
    /// Appends a part to what is sent next.
    fn write(&mut self, part: Part<'_>, into: &mut String);
}

/// Where the reading stands.
enum Place {
    Start(Option<Box<Chat>>),
    /// Among the messages of a chat: after this one.
    Within(ChatId, Option<(Millis, String)>),
    /// Before the first chat after this one.
    Between(Option<ChatId>),
    End,
    Over,
}

/// The pages of one export.
pub struct Pages {
    store: Store,
    reach: Reach,
    at: Millis,
    /// Only messages that were there when it began: ids sort by time.
    last_id: String,
    place: Place,
    one_chat: bool,
    /// Chats that were read and are still to be gone through, the next one last.
    chats: Vec<Chat>,
    counted: (u64, u64),
}

impl Pages {
    /// Of one chat, which the caller may see.
    pub fn of_chat(app: &App, who: &auth::Principal, chat: Chat) -> Self {
        Self { one_chat: true, place: Place::Start(Some(Box::new(chat))), ..Self::of_all(app, who) }
    }

    /// Of every chat within the caller's reach.
    pub fn of_all(app: &App, who: &auth::Principal) -> Self {
        Self {
            store: app.journal.store().clone(),
            reach: who.reach.clone(),
            at: app.source.now(),
            last_id: app.source.id("msg"),
            place: Place::Start(None),
            one_chat: false,
            chats: Vec::new(),
            counted: (0, 0),
        }
    }

    /// Writes the next page; `false` when there is none.
    async fn next(&mut self, writer: &mut dyn Writer, into: &mut String) -> Result<bool, StorageError> {
        self.place = match std::mem::replace(&mut self.place, Place::Over) {
            Place::Start(chat) => {
                writer.write(Part::Start { at: self.at, chat: chat.as_deref() }, into);
                match chat {
                    Some(chat) => {
                        self.counted.0 = 1;
                        Place::Within(chat.id, None)
                    }
                    None => Place::Between(None),
                }
            }
            Place::Between(after) => self.next_chat(after, writer, into).await?,
            Place::Within(chat, after) => self.messages(chat, after, writer, into).await?,
            Place::End => {
                writer.write(Part::End { chats: self.counted.0, messages: self.counted.1 }, into);
                Place::Over
            }
            Place::Over => return Ok(false),
        };
        Ok(true)
    }

    async fn next_chat(
        &mut self,
        after: Option<ChatId>,
        writer: &mut dyn Writer,
        into: &mut String,
    ) -> Result<Place, StorageError> {
        if self.chats.is_empty() {
            self.chats = read::chats_by_id(&self.store, &self.reach, after.as_ref(), PAGE).await?;
            self.chats.reverse();
        }
        let Some(chat) = self.chats.pop() else { return Ok(Place::End) };
        self.counted.0 += 1;
        writer.write(Part::Chat(&chat), into);
        Ok(Place::Within(chat.id, None))
    }

    async fn messages(
        &mut self,
        chat: ChatId,
        after: Option<(Millis, String)>,
        writer: &mut dyn Writer,
        into: &mut String,
    ) -> Result<Place, StorageError> {
        let page = read::thread_from(&self.store, &chat, after.as_ref(), &self.last_id, PAGE).await?;
        for message in &page {
            writer.write(Part::Message(message), into);
            self.counted.1 += 1;
        }
        let full = i64::try_from(page.len()).unwrap_or(0) == PAGE;
        let last = page.last().filter(|_| full).map(|last| (last.timestamp, last.id.to_string()));
        Ok(match last {
            Some(last) => Place::Within(chat, Some(last)),
            None if self.one_chat => Place::End,
            None => Place::Between(Some(chat)),
        })
    }
}

/// A part that outlives the page that it was read with.
#[derive(Debug)]
pub enum Owned {
    Start { chat: Option<Box<Chat>> },
    Chat(Box<Chat>),
    Message(Box<Message>),
    End { messages: u64 },
}

/// Keeps the parts of one page.
struct Keeper(Vec<Owned>);

impl Writer for Keeper {
    fn write(&mut self, part: Part<'_>, _: &mut String) {
        self.0.push(match part {
            Part::Start { chat, .. } => Owned::Start { chat: chat.cloned().map(Box::new) },
            Part::Chat(chat) => Owned::Chat(Box::new(chat.clone())),
            Part::Message(message) => Owned::Message(Box::new(message.clone())),
            Part::End { messages, .. } => Owned::End { messages },
        });
    }
}

impl Pages {
    /// The parts of the next page; `None` when there is none.
    pub async fn parts(&mut self) -> Result<Option<Vec<Owned>>, StorageError> {
        let mut keeper = Keeper(Vec::new());
        let more = self.next(&mut keeper, &mut String::new()).await?;
        Ok(more.then_some(keeper.0))
    }
}

/// Everything on its way out; ends early, and recognisably so, with the caller's credential and with the server.
pub fn stream(
    pages: Pages,
    writer: Box<dyn Writer>,
    lease: Lease,
    stopping: CancellationToken,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some((pages, writer, lease)), move |left| {
        let stopping = stopping.clone();
        async move {
            let (mut pages, mut writer, mut lease) = left?;
            let mut text = String::new();
            let more = tokio::select! {
                biased;
                () = stopping.cancelled() => Err(io::Error::other("the server is stopping")),
                ended = lease.ended() => Err(io::Error::other(ended.as_str())),
                more = fill(&mut pages, &mut *writer, &mut text) => more.map_err(|error| {
                    tracing::error!(%error, "an export was cut");
                    io::Error::other("storage does not answer just now")
                }),
            };
            match more {
                Ok(_) if !text.is_empty() => Some((Ok(Bytes::from(text)), Some((pages, writer, lease)))),
                Ok(_) => None,
                Err(error) => Some((Err(error), None)),
            }
        }
    })
}

/// Writes pages until there is something to send.
async fn fill(pages: &mut Pages, writer: &mut dyn Writer, into: &mut String) -> Result<(), StorageError> {
    while into.is_empty() && pages.next(writer, into).await? {}
    Ok(())
}
