//! What a file's bytes say of it: its content type, its size in pixels, its length in time.

use super::rows::Probed;
use super::{MediaError, mp4, remux, sniff};
use crate::protocol::MediaKind;
use image::{ImageDecoder as _, ImageReader, metadata::Orientation};
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::Path;

/// Looks into a file. Blocks. What cannot be read of it is left open; only the disk can fail.
pub fn probe(path: &Path, claim: Option<&str>) -> Result<Probed, MediaError> {
    let mut file = File::open(path).map_err(MediaError::disk)?;
    let mut head = Vec::with_capacity(sniff::HEAD);
    file.by_ref().take(sniff::HEAD as u64).read_to_end(&mut head).map_err(MediaError::disk)?;
    file.rewind().map_err(MediaError::disk)?;
    let mut probed = Probed { content_type: sniff::content_type(&head, claim), ..Probed::default() };
    match probed.content_type.as_str() {
        "image/jpeg" | "image/png" | "image/webp" => {
            let size = dimensions(BufReader::new(file));
            (probed.width, probed.height) = (size.map(|size| size.0), size.map(|size| size.1));
        }
        "image/gif" => {
            // The logical screen, right after the signature (GIF89a, section 18).
            let side = |at: usize| {
                head.get(at..at + 2)
                    .and_then(|two| two.try_into().ok())
                    .map(u16::from_le_bytes)
                    .map(u32::from)
            };
            (probed.width, probed.height) = (side(6), side(8));
        }
        "audio/ogg" => probed.duration_ms = remux::ogg_duration(file).ok().flatten(),
        "video/webm" | "audio/webm" => {
            let described = remux::describe(BufReader::new(file));
            probed.content_type = if described.has_video { "video/webm" } else { "audio/webm" }.to_owned();
            probed.duration_ms = described.duration_ms;
            (probed.width, probed.height) = (described.width, described.height);
        }
        "video/mp4" | "video/3gpp" | "video/quicktime" | "audio/mp4" => {
            let film = mp4::describe(BufReader::new(file)).unwrap_or_default();
            (probed.width, probed.height) = (film.width, film.height);
            probed.duration_ms = film.duration_ms;
        }
        _ => {}
    }
    Ok(probed)
}

/// Whether a WebP moves: its extended header says so (RFC 9649, section 2.7).
pub fn is_animated(path: &Path) -> std::io::Result<bool> {
    const MOVES: u8 = 0b10;
    let mut head = Vec::with_capacity(21);
    File::open(path)?.take(21).read_to_end(&mut head)?;
    Ok(head.starts_with(b"RIFF")
        && head.get(8..16) == Some(b"WEBPVP8X")
        && head.get(20).is_some_and(|flags| flags & MOVES != 0))
}

/// Width and height as the picture is shown.
fn dimensions(file: BufReader<File>) -> Option<(u32, u32)> {
    let mut decoder = ImageReader::new(file).with_guessed_format().ok()?.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let turned = matches!(
        decoder.orientation().unwrap_or(Orientation::NoTransforms),
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    Some(if turned { (height, width) } else { (width, height) })
}

/// What a file is to WhatsApp. A WebP of 512 by 512 pixels is what stickers are.
pub fn kind(probed: &Probed) -> MediaKind {
    match probed.content_type.as_str() {
        "image/webp" if (probed.width, probed.height) == (Some(512), Some(512)) => MediaKind::Sticker,
        "image/jpeg" | "image/png" | "image/webp" | "image/gif" => MediaKind::Image,
        "video/mp4" | "video/3gpp" | "video/quicktime" | "video/webm" => MediaKind::Video,
        other if other.starts_with("audio/") => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_what_the_bytes_are() {
        let of = |content_type: &str, side: Option<u32>| {
            kind(&Probed {
                content_type: content_type.to_owned(),
                width: side,
                height: side,
                duration_ms: None,
            })
        };
        assert_eq!(of("image/webp", Some(512)), MediaKind::Sticker);
        assert_eq!(of("image/webp", Some(511)), MediaKind::Image);
        assert_eq!(of("image/svg+xml", None), MediaKind::Document);
        assert_eq!(of("image/heic", None), MediaKind::Document);
        assert_eq!(of("audio/webm", None), MediaKind::Audio);
        assert_eq!(of("video/mp4", None), MediaKind::Video);
        assert_eq!(of("text/html", None), MediaKind::Document);
    }
}
