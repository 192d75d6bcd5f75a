//! Files of messages: what was uploaded to be sent, and what came.
//!
//! A row of `media` says what a file is and whether its bytes are here; the bytes are kept by their hash
//! ([`blobs`]), once for each workspace, in a folder or in a store that speaks S3 ([`s3`]). An upload is streamed to
//! the disk while it is hashed and counted, and gets its row once it is safe. A file that came with a message starts as
//! WhatsApp's reference ([`Media::remember`]) and is fetched when somebody asks for it ([`Media::fetch`]): once, however
//! many ask. What is sent is uploaded to WhatsApp once ([`Media::outbound`]).
//!
//! What a file is, its bytes say ([`sniff`]); the claim of whoever brought it counts only where they do not.

mod blobs;
mod error;
mod fetch;
mod mp4;
mod outcome;
mod probe;
pub mod remux;
mod rows;
mod s3;
mod service;
mod sniff;
mod staging;
mod sweep;
mod thumbnail;
mod upload;
mod voice;

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

pub use blobs::{ByteStream, LocalFile};
pub use error::MediaError;
pub use fetch::Sessions;
pub use outcome::seconds;
pub use rows::{ReceivedMedia, clean_name};
pub use service::{Claim, DEFAULT_LIMIT, MAX_LIMIT, Media, Remembered, Settings, StoredMedia};
pub use sniff::{is_shown_inline, served_as};
pub use staging::Staging;
pub use thumbnail::Thumbnail;
