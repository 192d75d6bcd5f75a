//! Files that messages refer to, in words that every engine has.

use crate::protocol::MediaKind;
use std::fmt;
use std::path::PathBuf;

/// How long a key and a hash are, in bytes.
const LENGTH: usize = 32;

/// A file to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSource {
    /// Where its bytes are. They are only read.
    pub path: PathBuf,
    /// WhatsApp's keys differ by it.
    pub kind: MediaKind,
    /// A path at which nothing is, on a disk with room: the encrypted file is written there, and deleted.
    pub scratch: PathBuf,
}

/// What a message says of its file, so that somebody else can get and read it.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaRef {
    pub kind: MediaKind,
    /// Where it is, on whichever of WhatsApp's media hosts.
    pub direct_path: String,
    /// The same with a host; messages that are sent name both.
    pub url: Option<String>,
    /// 32 bytes: whoever has them can read the file.
    pub media_key: Vec<u8>,
    /// SHA-256 of the file, 32 bytes.
    pub file_sha256: Vec<u8>,
    /// SHA-256 of the encrypted file, 32 bytes.
    pub file_enc_sha256: Vec<u8>,
    /// In bytes. Of a message that came, only what its sender says.
    pub file_length: u64,
    /// When the key was made, in seconds since the Unix epoch; known of uploads.
    pub key_timestamp: Option<i64>,
    /// For playing before all is there; made for uploads of audio and video.
    pub streaming_sidecar: Option<Vec<u8>>,
}

impl fmt::Debug for MediaRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the key nor the path, which is a secret of its own.
        f.debug_struct("MediaRef")
            .field("kind", &self.kind)
            .field("file_length", &self.file_length)
            .finish_non_exhaustive()
    }
}

/// The most bytes of a small picture that a message brings along or takes with it. WhatsApp's own have a few thousand.
pub const MAX_PREVIEW: usize = 64 * 1024;

/// A file as its message brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundMedia {
    /// As the message says it, whole or not: what is missing is empty.
    pub reference: MediaRef,
    /// A small JPEG of it, at most [`MAX_PREVIEW`] bytes.
    pub preview: Option<Vec<u8>>,
}

/// A file that is sent: it is on WhatsApp's servers already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundMedia {
    pub reference: MediaRef,
    /// A small JPEG of it, at most [`MAX_PREVIEW`] bytes.
    pub preview: Option<Vec<u8>>,
}

impl MediaRef {
    /// Whether a file can be asked for by it at all.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let lengths = [self.media_key.len(), self.file_sha256.len(), self.file_enc_sha256.len()];
        !self.direct_path.is_empty() && lengths == [LENGTH; 3]
    }
}

/// The message that a file came with: the phone finds the file by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaOrigin {
    /// The chat's JID.
    pub chat: String,
    pub whatsapp_id: String,
    /// Who wrote it, in a group.
    pub sender: Option<String>,
    pub from_me: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_does_not_tell_its_key() {
        let reference = MediaRef {
            kind: MediaKind::Image,
            direct_path: "/v/secret".to_owned(),
            url: None,
            media_key: vec![77; 32],
            file_sha256: vec![0; 32],
            file_enc_sha256: vec![0; 32],
            file_length: 5,
            key_timestamp: None,
            streaming_sidecar: None,
        };
        let shown = format!("{reference:?}");
        assert!(!shown.contains("77") && !shown.contains("secret"), "{shown}");
    }
}
