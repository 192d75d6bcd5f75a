//! An export as a ZIP archive: a page for each chat, the files beside them, and a page that leads to them.
//!
//! `chats/<id>.html`, `media/<sha>.<ending>` and at last `index.html`. It is written while it is sent: of memory it takes
//! the archive's table of contents and the names of the files of one chat.

use super::escape::Escaped;
use super::html::Html;
use super::message::{File, Shown, push};
use super::pages::{Owned, Pages};
use super::zip::{Stamp, Zip};
use crate::model::time::iso;
use crate::protocol::{Chat, MediaId, Message, Millis};
use crate::server::auth::Lease;
use crate::server::media::{Media, MediaError, StoredMedia};
use crate::server::reach::Reach;
use crate::server::storage::StorageError;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use std::collections::HashSet;
use std::io;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Pieces that wait to be sent.
const WAITING: usize = 2;

/// Where pages of chats find what is beside them.
const ROOT: &str = "../";

/// Everything on its way out; ends early, and recognisably so, with the caller's credential and with the server.
pub fn stream(
    pages: Pages,
    media: Media,
    reach: Reach,
    at: Millis,
    mut lease: Lease,
    stopping: CancellationToken,
) -> impl Stream<Item = io::Result<Bytes>> {
    let (out, pieces) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let failed = out.clone();
        let bundle = Bundle::new(media, reach, at, out);
        let ended = tokio::select! {
            biased;
            () = stopping.cancelled() => Some("the server is stopping"),
            ended = lease.ended() => Some(ended.as_str()),
            () = failed.closed() => None,
            done = bundle.run(pages) => match done {
                Ok(()) => None,
                Err(error) => {
                    tracing::error!(%error, "an export was cut");
                    Some("storage does not answer just now")
                }
            },
        };
        if let Some(why) = ended {
            drop(failed.send(Err(io::Error::other(why))).await);
        }
    });
    stream::unfold(pieces, |mut pieces| async move { pieces.recv().await.map(|piece| (piece, pieces)) })
}

/// A chat whose page is being written.
struct Current {
    chat: Chat,
    html: Html,
    messages: u64,
    files: Vec<(String, StoredMedia)>,
}

struct Bundle {
    media: Media,
    reach: Reach,
    at: Millis,
    out: mpsc::Sender<io::Result<Bytes>>,
    zip: Zip,
    current: Option<Current>,
    /// Paths that are in the archive already: a file that came twice is there once.
    held: HashSet<String>,
    /// The lines of the first page.
    index: String,
}

impl Bundle {
    fn new(media: Media, reach: Reach, at: Millis, out: mpsc::Sender<io::Result<Bytes>>) -> Self {
        let zip = Zip::new(Stamp::of(&iso(at)));
        Self { media, reach, at, out, zip, current: None, held: HashSet::new(), index: String::new() }
    }

    async fn run(mut self, mut pages: Pages) -> Result<(), StorageError> {
        while let Some(parts) = pages.parts().await? {
            for part in parts {
                match part {
                    Owned::Start { chat: Some(chat) } | Owned::Chat(chat) => {
                        self.end_chat().await;
                        self.begin_chat(*chat).await;
                    }
                    Owned::Start { chat: None } => {}
                    Owned::Message(message) => self.message(&message).await?,
                    Owned::End { messages } => {
                        self.end_chat().await;
                        self.finish(messages).await;
                    }
                }
            }
        }
        Ok(())
    }

    /// Hands bytes over; whoever does not want them any more ends the task.
    async fn send(&self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            drop(self.out.send(Ok(Bytes::from(bytes))).await);
        }
    }

    async fn begin_chat(&mut self, chat: Chat) {
        let html = Html::within(ROOT);
        let (mut text, mut bytes) = (String::new(), Vec::new());
        html.head(self.at, Some(&chat), &mut text);
        self.zip.begin(&format!("chats/{}.html", chat.id), &mut bytes);
        self.zip.write(text.as_bytes(), &mut bytes);
        self.current = Some(Current { chat, html, messages: 0, files: Vec::new() });
        self.send(bytes).await;
    }

    async fn message(&mut self, message: &Message) -> Result<(), StorageError> {
        let stored = self.stored(message).await?;
        let Some(current) = &mut self.current else { return Ok(()) };
        let file = match stored {
            None => File::Elsewhere,
            Some(stored) => {
                let path = format!("media/{}.{}", stored.sha256, ending(&stored.content_type));
                let file = File::Here { path: format!("{ROOT}{path}"), shown: shown(&stored.content_type) };
                if self.held.insert(path.clone()) {
                    current.files.push((path, stored));
                }
                file
            }
        };
        current.messages += 1;
        let (mut text, mut bytes) = (String::new(), Vec::new());
        current.html.message(message, &file, &mut text);
        self.zip.write(text.as_bytes(), &mut bytes);
        self.send(bytes).await;
        Ok(())
    }

    /// The message's file, if its bytes are here.
    async fn stored(&self, message: &Message) -> Result<Option<StoredMedia>, StorageError> {
        let id =
            message.details.media.as_ref().and_then(|media| media.id.as_deref()?.parse::<MediaId>().ok());
        let Some(id) = id else { return Ok(None) };
        match self.media.for_sending(&self.reach, &id).await {
            Ok(stored) => Ok(Some(stored)),
            Err(MediaError::Storage(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Ends the page of a chat; its files follow.
    async fn end_chat(&mut self) {
        let Some(current) = self.current.take() else { return };
        let (mut text, mut bytes) = (String::new(), Vec::new());
        current.html.foot(current.messages, &mut text);
        self.zip.write(text.as_bytes(), &mut bytes);
        self.send(bytes).await;
        push(
            &mut self.index,
            format_args!(
                "<p class=\"file\" dir=\"auto\"><a href=\"chats/{}.html\">{}</a> · {} messages</p>\n",
                Escaped(current.chat.id.as_str()),
                Escaped(&current.chat.name),
                current.messages
            ),
        );
        for (path, stored) in current.files {
            self.file(&path, &stored).await;
        }
    }

    /// A file that goes away while it is read stays as far as it came, and the first page says so.
    async fn file(&mut self, path: &str, stored: &StoredMedia) {
        let mut left = stored.size;
        let mut bytes = Vec::new();
        self.zip.begin(path, &mut bytes);
        self.send(bytes).await;
        if let Ok(mut parts) = self.media.read(stored, 0..stored.size).await {
            while let Some(Ok(part)) = parts.next().await {
                let mut bytes = Vec::new();
                self.zip.write(&part, &mut bytes);
                left = left.saturating_sub(u64::try_from(part.len()).unwrap_or(0));
                self.send(bytes).await;
            }
        }
        if left > 0 {
            tracing::warn!(media = %stored.id, "a file of an export could not be read to its end");
            push(
                &mut self.index,
                format_args!("<p class=\"failure\">{} could not be read to its end.</p>\n", Escaped(path)),
            );
        }
    }

    async fn finish(&mut self, messages: u64) {
        let html = Html::within("");
        let (mut text, mut bytes) = (String::new(), Vec::new());
        html.head(self.at, None, &mut text);
        text.push_str(&self.index);
        html.foot(messages, &mut text);
        self.zip.begin("index.html", &mut bytes);
        self.zip.write(text.as_bytes(), &mut bytes);
        self.zip.finish(&mut bytes);
        self.send(bytes).await;
    }
}

/// What the name of a file ends with, by its type: what nothing runs and something opens.
fn ending(content_type: &str) -> &'static str {
    match content_type.split(';').next().unwrap_or_default().trim() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/gif" => "gif",
        "video/mp4" => "mp4",
        "video/webm" => "webm",
        "video/3gpp" => "3gp",
        "audio/ogg" => "ogg",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "audio/aac" => "aac",
        "audio/wav" | "audio/x-wav" => "wav",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "text/plain" => "txt",
        _ => "bin",
    }
}

fn shown(content_type: &str) -> Shown {
    match ending(content_type) {
        "jpg" | "png" | "webp" | "gif" => Shown::Picture,
        "mp4" | "webm" | "3gp" => Shown::Film,
        "ogg" | "mp3" | "m4a" | "aac" | "wav" => Shown::Sound,
        _ => Shown::Link,
    }
}
