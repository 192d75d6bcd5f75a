//! Ogg: pages of packets (RFC 3533), with Opus in them (RFC 7845).

use super::RemuxError;
use super::opus::{self, Head, RATE};
use std::io::{Read, Seek, SeekFrom, Write};

/// Segments of a page at most.
const MAX_SEGMENTS: usize = 255;
/// How much sound is put into a page, in samples: a second, as RFC 7845 (section 6) advises.
const PAGE: u64 = RATE;
/// Where a page's first fields stand.
const GRANULE: std::ops::Range<usize> = 6..14;
/// The longest page: a header, 255 segments, and 255 bytes in each.
const MAX_PAGE: u64 = 27 + 255 + 255 * 255;

const BEGINNING: u8 = 2;
const END: u8 = 4;

/// What made the file (RFC 7845, section 5.2).
const VENDOR: &[u8] = b"Switchboard";

/// Writes one stream.
pub struct Writer<W> {
    output: W,
    serial: u32,
    pre_skip: u64,
    pages: u32,
    /// Of the page that is being filled.
    segments: Vec<u8>,
    body: Vec<u8>,
    /// Samples up to the end of the page before, and up to the last packet.
    flushed: u64,
    samples: u64,
}

impl<W: Write> Writer<W> {
    /// Writes both headers.
    pub fn begin(output: W, serial: u32, head: &Head) -> Result<Self, RemuxError> {
        let pre_skip = head.pre_skip.into();
        let (segments, body) = (Vec::new(), Vec::new());
        let mut writer = Self { output, serial, pre_skip, pages: 0, segments, body, flushed: 0, samples: 0 };
        writer.put(&head.bytes)?;
        writer.flush(BEGINNING, 0)?;
        let mut tags = b"OpusTags".to_vec();
        tags.extend_from_slice(&(VENDOR.len() as u32).to_le_bytes());
        tags.extend_from_slice(VENDOR);
        // No comments.
        tags.extend_from_slice(&0_u32.to_le_bytes());
        writer.put(&tags)?;
        writer.flush(0, 0)?;
        Ok(writer)
    }

    /// Adds a packet of sound.
    pub fn packet(&mut self, packet: &[u8]) -> Result<(), RemuxError> {
        let samples = opus::samples(packet).ok_or(RemuxError::Damaged("a packet of sound"))?;
        let full = self.segments.len() + packet.len() / 255 + 1 > MAX_SEGMENTS;
        if !self.segments.is_empty() && (full || self.samples - self.flushed >= PAGE) {
            self.flush(0, self.samples)?;
        }
        self.samples = self.samples.saturating_add(samples);
        self.put(packet)
    }

    /// Ends the stream; the last `discarded` samples are not played. Answers how long it is, in milliseconds.
    pub fn end(mut self, discarded: u64) -> Result<u64, RemuxError> {
        // Never before the end of the page that came before.
        let last = self.samples.saturating_sub(discarded).max(self.flushed);
        self.flush(END, last)?;
        self.output.flush()?;
        Ok(last.saturating_sub(self.pre_skip) * 1_000 / RATE)
    }

    fn put(&mut self, packet: &[u8]) -> Result<(), RemuxError> {
        let whole = packet.len() / 255;
        if whole + 1 + self.segments.len() > MAX_SEGMENTS {
            return Err(RemuxError::Damaged("a packet's length"));
        }
        self.segments.resize(self.segments.len() + whole, 255);
        // The remainder is below 255.
        self.segments.push((packet.len() % 255) as u8);
        self.body.extend_from_slice(packet);
        Ok(())
    }

    fn flush(&mut self, flags: u8, granule: u64) -> Result<(), RemuxError> {
        let mut page = Vec::with_capacity(27 + self.segments.len() + self.body.len());
        page.extend_from_slice(b"OggS\0");
        page.push(flags);
        page.extend_from_slice(&granule.to_le_bytes());
        page.extend_from_slice(&self.serial.to_le_bytes());
        page.extend_from_slice(&self.pages.to_le_bytes());
        page.extend_from_slice(&[0; 4]);
        // `put` holds the limit.
        page.push(self.segments.len() as u8);
        page.append(&mut self.segments);
        page.append(&mut self.body);
        let sum = checksum(&page);
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        self.output.write_all(&page)?;
        self.pages = self.pages.wrapping_add(1);
        self.flushed = granule;
        Ok(())
    }
}

/// CRC-32 with the polynomial 0x04c11db7, not reflected, from 0 (RFC 3533, section 6).
pub(super) fn checksum(page: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    page.iter().fold(0, |sum, byte| (sum << 8) ^ TABLE[((sum >> 24) as u8 ^ byte) as usize])
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut sum = (at as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000_0000 == 0 { sum << 1 } else { (sum << 1) ^ 0x04c1_1db7 };
            bit += 1;
        }
        table[at] = sum;
        at += 1;
    }
    table
}

/// How long an Ogg with Opus in it is, in milliseconds, by its first and last page; `None` for what is none.
///
/// # Errors
/// What reading the file said.
pub fn ogg_duration(mut file: impl Read + Seek) -> std::io::Result<Option<u64>> {
    let mut start = Vec::new();
    file.by_ref().take(512).read_to_end(&mut start)?;
    // The header is alone on the first page.
    let segments = start.get(26).copied().map_or(0, usize::from);
    let Some(head) = start.get(27 + segments..) else { return Ok(None) };
    let pre_skip = match (head.get(..8), head.get(10..12)) {
        (Some(b"OpusHead"), Some(&[low, high])) => u64::from(u16::from_le_bytes([low, high])),
        _ => return Ok(None),
    };
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_PAGE)))?;
    let mut end = Vec::new();
    file.take(MAX_PAGE).read_to_end(&mut end)?;
    let Some(at) = end.windows(5).rposition(|five| five == b"OggS\0") else { return Ok(None) };
    let granule = end.get(at..).and_then(|page| page.get(GRANULE)?.try_into().ok()).map(u64::from_le_bytes);
    // All ones: no packet ends on that page.
    let granule = granule.filter(|granule| *granule != u64::MAX);
    Ok(granule.map(|granule| granule.saturating_sub(pre_skip).saturating_mul(1_000) / RATE))
}
