//! What has to be known of Opus: how long a packet is, and what its header says.

use super::RemuxError;

/// Samples a second that Opus counts in, whatever was recorded (RFC 7845, section 4).
pub const RATE: u64 = 48_000;
/// The longest a packet may be, in samples: 120 ms (RFC 6716, section 3.2.5).
const MAX_PACKET: u64 = 5_760;
/// The longest header: 255 channels are mapped in it (RFC 7845, section 5.1).
const MAX_HEAD: usize = 21 + 255;

/// How long a packet is, in samples (RFC 6716, section 3.1); `None` if it is none.
pub fn samples(packet: &[u8]) -> Option<u64> {
    let first = *packet.first()?;
    let frame: u64 = match first >> 3 {
        config @ 0..=11 => [480, 960, 1_920, 2_880][usize::from(config % 4)],
        config @ 12..=15 => [480, 960][usize::from(config % 2)],
        config => [120, 240, 480, 960][usize::from(config % 4)],
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 63),
    };
    let samples = frame * frames;
    (1..=MAX_PACKET).contains(&samples).then_some(samples)
}

/// The stream's header (RFC 7845, section 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub bytes: Vec<u8>,
    /// Samples at the start that are not played.
    pub pre_skip: u16,
}

/// Reads a header; WebM keeps it as it stands in Ogg.
pub fn head(bytes: &[u8]) -> Result<Head, RemuxError> {
    let wrong = RemuxError::Damaged("its Opus header");
    // Version 1, and whatever is compatible with it.
    let (Some(b"OpusHead"), Some(0..=15), Some(channels), Some(&[low, high])) =
        (bytes.get(..8), bytes.get(8), bytes.get(9), bytes.get(10..12))
    else {
        return Err(wrong);
    };
    let Some(family) = bytes.get(18) else { return Err(wrong) };
    let needed = if *family == 0 { 19 } else { 21 + usize::from(*channels) };
    if *channels == 0 || bytes.len() < needed || bytes.len() > MAX_HEAD {
        return Err(wrong);
    }
    Ok(Head { bytes: bytes.to_vec(), pre_skip: u16::from_le_bytes([low, high]) })
}
