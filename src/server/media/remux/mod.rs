//! From one container into another, without decoding: Opus out of WebM, as browsers record it, into Ogg, as
//! WhatsApp plays it.
//!
//! Sources: RFC 8794 (EBML), RFC 9559 (Matroska), RFC 3533 (Ogg), RFC 7845 (Opus in Ogg), RFC 6716 (Opus).

mod ebml;
mod ogg;
mod opus;
#[cfg(test)]
mod tests;
mod waveform;
mod webm;

pub use ogg::ogg_duration;
pub use waveform::ogg_waveform;
pub use webm::{Described, describe};

use std::io::{Read, Write};

/// Why a recording was not put into Ogg.
#[derive(Debug, thiserror::Error)]
pub enum RemuxError {
    /// It is not what its first bytes say; the text says where.
    #[error("it is damaged ({0})")]
    Damaged(&'static str),
    /// It is in order, but there is something in it that is not Opus as browsers record it.
    #[error("it holds {0}")]
    Unsupported(&'static str),
    #[error("there is no sound in it")]
    Silent,
    #[error("it could not be read or written: {0}")]
    Io(#[from] std::io::Error),
}

/// Puts the Opus packets of the first audio track of a WebM into Ogg, in the order in which they stand. `serial`
/// names the stream in its pages. Answers how long it is, in milliseconds.
///
/// What breaks off is taken as far as it goes: a recording may end with its page.
///
/// # Errors
/// [`RemuxError`]. What was written by then is no file.
pub fn webm_to_ogg(input: impl Read, output: impl Write, serial: u32) -> Result<u64, RemuxError> {
    let mut webm = webm::Reader::new(input);
    let mut writer = None;
    let mut output = Some(output);
    let mut discarded = 0;
    while let Some(block) = webm.next_block()? {
        let writer = match &mut writer {
            Some(writer) => writer,
            none => {
                let head = webm.head()?;
                let output = output.take().ok_or(RemuxError::Damaged("its tracks"))?;
                none.insert(ogg::Writer::begin(output, serial, &head)?)
            }
        };
        writer.packet(&block.packet)?;
        discarded = block.discarded;
    }
    writer.ok_or(RemuxError::Silent)?.end(discarded)
}
