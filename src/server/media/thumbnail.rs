//! Pictures made small. The decoders read bytes of strangers: how many pixels and how much memory they may take
//! is bounded before they start.

use super::MediaError;
use super::service::{Media, StoredMedia, blocking};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, metadata::Orientation};
use std::io::Cursor;
use std::path::PathBuf;

/// The longer side of a thumbnail, in pixels.
const SIDE: u32 = 320;
/// The longest side of a picture that is decoded, in pixels.
const MAX_SIDE: u32 = 16_384;
/// How many pixels a picture that is decoded may have.
const MAX_PIXELS: u64 = 50_000_000;
/// How much memory its decoding may take, in bytes: four for each pixel, with room.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;
/// Of JPEG, from 1 to 100.
const QUALITY: u8 = 80;

/// A picture made small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

impl Media {
    /// A picture of at most 320 by 320 pixels: JPEG, or PNG where there is transparency.
    ///
    /// # Errors
    /// [`MediaError::NoThumbnail`] for what is no JPEG, PNG or WebP, is damaged, or has more than 50 megapixels.
    pub async fn thumbnail(&self, stored: &StoredMedia) -> Result<Thumbnail, MediaError> {
        let format = match stored.content_type.as_str() {
            "image/jpeg" => ImageFormat::Jpeg,
            "image/png" => ImageFormat::Png,
            "image/webp" => ImageFormat::WebP,
            _ => return Err(MediaError::NoThumbnail),
        };
        let _turn = self.inner.thumbnails.acquire().await.map_err(MediaError::disk)?;
        let path = stored.path.clone();
        blocking(move || small(path, format)).await
    }
}

fn small(path: PathBuf, format: ImageFormat) -> Result<Thumbnail, MediaError> {
    let mut reader = ImageReader::open(path).map_err(MediaError::disk)?;
    reader.set_format(format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let damaged = |_| MediaError::NoThumbnail;
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(MediaError::NoThumbnail);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    let mut picture = if width.max(height) > SIDE { picture.thumbnail(SIDE, SIDE) } else { picture };
    picture.apply_orientation(orientation);
    let mut bytes = Vec::new();
    let content_type = if picture.color().has_alpha() {
        picture.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).map_err(damaged)?;
        "image/png"
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        picture.to_rgb8().write_with_encoder(encoder).map_err(damaged)?;
        "image/jpeg"
    };
    Ok(Thumbnail { content_type, bytes })
}
