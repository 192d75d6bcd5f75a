//! WhatsApp's wire, as a server speaks it: the Noise handshake, frames, stanzas.

pub mod frames;
pub mod identity;
pub mod noise;
pub mod stanza;

/// Why a client's bytes are refused. The connection is closed then.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the connection does not begin with WhatsApp's header")]
    Header,
    #[error("a frame of {0} bytes is larger than any client sends")]
    FrameTooLarge(usize),
    #[error("the handshake cannot be read: {0}")]
    Handshake(String),
    #[error("a frame cannot be decrypted or read: {0}")]
    Frame(String),
}
