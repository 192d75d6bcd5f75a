//! WebM: as much of Matroska as a recording has (RFC 9559).

use super::RemuxError;
use super::ebml::{self, Elements};
use super::opus::{self, Head, RATE};
use std::io::Read;

/// The longest description of tracks or of the whole that is read, in bytes.
const MAX_TRACKS: u64 = 1 << 20;
/// The longest block of sound, in bytes: no Opus packet of one stream is longer (RFC 6716, section 3.4), and no
/// page of Ogg holds more.
const MAX_BLOCK: u64 = 62_000;

mod id {
    pub const EBML: u32 = 0x1A45_DFA3;
    pub const SEGMENT: u32 = 0x1853_8067;
    pub const INFO: u32 = 0x1549_A966;
    pub const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;
    pub const DURATION: u32 = 0x4489;
    pub const TRACKS: u32 = 0x1654_AE6B;
    pub const TRACK_ENTRY: u32 = 0xAE;
    pub const TRACK_NUMBER: u32 = 0xD7;
    pub const TRACK_TYPE: u32 = 0x83;
    pub const CODEC_ID: u32 = 0x86;
    pub const CODEC_PRIVATE: u32 = 0x63A2;
    pub const VIDEO: u32 = 0xE0;
    pub const PIXEL_WIDTH: u32 = 0xB0;
    pub const PIXEL_HEIGHT: u32 = 0xBA;
    pub const CLUSTER: u32 = 0x1F43_B675;
    pub const SIMPLE_BLOCK: u32 = 0xA3;
    pub const BLOCK_GROUP: u32 = 0xA0;
    pub const BLOCK: u32 = 0xA1;
    pub const DISCARD_PADDING: u32 = 0x75A2;
}

const TYPE_VIDEO: u64 = 1;
const TYPE_AUDIO: u64 = 2;

/// What a WebM says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Described {
    pub has_video: bool,
    /// In pixels.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
    /// Recordings of browsers do not say it.
    pub duration_ms: Option<u64>,
}

/// Reads what a WebM says of itself before its first sound or picture. What cannot be read is left open.
pub fn describe(input: impl Read) -> Described {
    let mut described = Described::default();
    // A damaged file has said what it says by then.
    let _ = read_description(Elements::new(input), &mut described);
    described
}

fn read_description(mut elements: Elements<impl Read>, described: &mut Described) -> Result<(), RemuxError> {
    while let Some(element) = elements.next_element()? {
        match (element.id, element.size) {
            (id::SEGMENT, _) => {}
            (id::CLUSTER, _) => break,
            (id::INFO, Some(size)) => {
                let Some(body) = elements.body(size, MAX_TRACKS)? else { break };
                described.duration_ms = duration(&body);
            }
            (id::TRACKS, Some(size)) => {
                let Some(body) = elements.body(size, MAX_TRACKS)? else { break };
                for video in tracks(&body).filter(|track| track.kind == TYPE_VIDEO) {
                    described.has_video = true;
                    (described.width, described.height) = (video.width, video.height);
                }
            }
            (_, Some(size)) if elements.skip(size)? => {}
            _ => break,
        }
    }
    Ok(())
}

fn duration(info: &[u8]) -> Option<u64> {
    // Nanoseconds in one tick.
    let (mut scale, mut ticks) = (1_000_000, None);
    for (id, body) in ebml::children(info) {
        match id {
            id::TIMESTAMP_SCALE => scale = ebml::unsigned(body)?,
            id::DURATION => ticks = ebml::float(body),
            _ => {}
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a length in time, for people")]
    let ms = ticks? * scale as f64 / 1e6;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    (ms.is_finite() && (0.0..1e12).contains(&ms)).then_some(ms.round() as u64)
}

#[derive(Default)]
struct Track {
    number: u64,
    kind: u64,
    is_opus: bool,
    private: Vec<u8>,
    width: Option<u32>,
    height: Option<u32>,
}

fn tracks(body: &[u8]) -> impl Iterator<Item = Track> {
    ebml::children(body).filter(|(id, _)| *id == id::TRACK_ENTRY).map(|(_, entry)| {
        let mut track = Track::default();
        for (id, body) in ebml::children(entry) {
            match id {
                id::TRACK_NUMBER => track.number = ebml::unsigned(body).unwrap_or(0),
                id::TRACK_TYPE => track.kind = ebml::unsigned(body).unwrap_or(0),
                id::CODEC_ID => track.is_opus = body == b"A_OPUS",
                id::CODEC_PRIVATE => track.private = body.to_vec(),
                id::VIDEO => {
                    let side = |name: u32| {
                        let (_, body) = ebml::children(body).find(|(id, _)| *id == name)?;
                        u32::try_from(ebml::unsigned(body)?).ok()
                    };
                    (track.width, track.height) = (side(id::PIXEL_WIDTH), side(id::PIXEL_HEIGHT));
                }
                _ => {}
            }
        }
        track
    })
}

/// One packet of sound.
pub struct Block {
    pub packet: Vec<u8>,
    /// Samples at its end that are not played.
    pub discarded: u64,
}

/// Reads the packets of the first audio track.
pub struct Reader<R> {
    elements: Elements<R>,
    track: Option<(u64, Head)>,
    /// A packet whose group may still say how much of it is not played.
    held: Option<Block>,
    over: bool,
}

impl<R: Read> Reader<R> {
    pub fn new(input: R) -> Self {
        Self { elements: Elements::new(input), track: None, held: None, over: false }
    }

    /// The header of the stream. It is known once there is a block.
    pub fn head(&self) -> Result<Head, RemuxError> {
        self.track.as_ref().map(|(_, head)| head.clone()).ok_or(RemuxError::Damaged("its tracks"))
    }

    /// The next packet; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<Block>, RemuxError> {
        while !self.over {
            let Some(element) = self.elements.next_element()? else { break };
            let whole = match (element.id, element.size) {
                // What holds others is entered; their ends do not matter.
                (id::SEGMENT | id::CLUSTER | id::BLOCK_GROUP, _) => true,
                (id::TRACKS, Some(size)) => self.choose(size)?,
                (id::SIMPLE_BLOCK | id::BLOCK, Some(size)) => match self.block(size)? {
                    Found::Packet(packet) => {
                        let before = self.held.replace(Block { packet, discarded: 0 });
                        if before.is_some() {
                            return Ok(before);
                        }
                        true
                    }
                    Found::OfAnother => true,
                    Found::End => false,
                },
                (id::DISCARD_PADDING, Some(size)) => match self.elements.body(size, 8)? {
                    Some(body) => {
                        // Nanoseconds.
                        let time = ebml::signed(&body).and_then(|time| u64::try_from(time).ok()).unwrap_or(0);
                        if let Some(held) = &mut self.held {
                            held.discarded = time.saturating_mul(RATE / 1_000) / 1_000_000;
                        }
                        true
                    }
                    None => false,
                },
                (id::EBML, Some(size)) => self.elements.skip(size)?,
                (_, Some(size)) => self.elements.skip(size)?,
                (_, None) => return Err(RemuxError::Damaged("an element's length")),
            };
            self.over = !whole;
        }
        self.over = true;
        Ok(self.held.take())
    }

    fn choose(&mut self, size: u64) -> Result<bool, RemuxError> {
        let Some(body) = self.elements.body(size, MAX_TRACKS)? else { return Ok(false) };
        // Once chosen, it stays: its header is written.
        if self.track.is_none() {
            let track = tracks(&body).find(|track| track.kind == TYPE_AUDIO).ok_or(RemuxError::Silent)?;
            if !track.is_opus {
                return Err(RemuxError::Unsupported("sound that is not Opus"));
            }
            self.track = Some((track.number, opus::head(&track.private)?));
        }
        Ok(true)
    }

    /// Reads a block: its track, two bytes of time, flags, and what is in it.
    fn block(&mut self, size: u64) -> Result<Found, RemuxError> {
        const LACING: u8 = 0b110;
        let Some((wanted, _)) = &self.track else { return Err(RemuxError::Damaged("its tracks")) };
        let wanted = *wanted;
        if size > MAX_BLOCK {
            // Of a picture, or of nothing.
            return Ok(if self.elements.skip(size)? { Found::OfAnother } else { Found::End });
        }
        let Some(body) = self.elements.body(size, MAX_BLOCK)? else { return Ok(Found::End) };
        let wrong = RemuxError::Damaged("a block");
        let Some(track) = ebml::number(&body) else { return Err(wrong) };
        if track.value != wanted {
            return Ok(Found::OfAnother);
        }
        let (Some(flags), Some(packet)) = (body.get(track.length + 2), body.get(track.length + 3..)) else {
            return Err(wrong);
        };
        if flags & LACING != 0 {
            return Err(RemuxError::Unsupported("laced blocks"));
        }
        Ok(Found::Packet(packet.to_vec()))
    }
}

enum Found {
    Packet(Vec<u8>),
    OfAnother,
    /// The file ends in it.
    End,
}
