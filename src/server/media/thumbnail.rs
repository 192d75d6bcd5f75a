//! Pictures made small. The decoders read bytes of strangers: how many pixels and how much memory they may take
//! is bounded before they start.

use super::MediaError;
use super::service::{Media, StoredMedia, blocking};
use crate::protocol::MediaId;
use crate::server::reach::Reach;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, metadata::Orientation};
use std::io::Cursor;
use std::path::Path;

/// The longer side of a thumbnail, in pixels.
const SIDE: u32 = 320;
/// The side of a profile picture, in pixels.
const PROFILE_SIDE: u32 = 640;
/// The longest side of a picture that is decoded, in pixels.
const MAX_SIDE: u32 = 16_384;
/// How many pixels a picture that is decoded may have.
const MAX_PIXELS: u64 = 50_000_000;
/// How much memory its decoding may take, in bytes: four for each pixel, with room.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;
/// Of JPEG, from 1 to 100.
const QUALITY: u8 = 80;
/// The longer side of the picture that is sent along, in pixels: as in WhatsApp's own clients.
const PREVIEW_SIDE: u32 = 100;
/// Of that picture, which stands for the file for a moment only.
const PREVIEW_QUALITY: u8 = 60;
const JPEG: &str = "image/jpeg";

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
        self.made_small(stored, |path, format| {
            let picture = small(path, format, SIDE)?;
            if picture.color().has_alpha() {
                let mut bytes = Vec::new();
                let written = picture.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png);
                written.map_err(damaged)?;
                return Ok(Thumbnail { content_type: "image/png", bytes });
            }
            Ok(Thumbnail { content_type: JPEG, bytes: jpeg(&picture.to_rgb8(), QUALITY)? })
        })
        .await
    }

    /// The small picture that came with a file, or was sent with it; `None` if there is none.
    ///
    /// # Errors
    /// [`MediaError::NotFound`], [`MediaError::Storage`].
    pub async fn preview(&self, reach: &Reach, id: &MediaId) -> Result<Option<Thumbnail>, MediaError> {
        let preview = self.record(reach, id).await?.preview;
        Ok(preview.map(|bytes| Thumbnail { content_type: JPEG, bytes }))
    }

    /// A picture as WhatsApp takes them for profiles and groups: the square in its middle, 640 by 640 pixels, JPEG.
    ///
    /// # Errors
    /// [`MediaError::Invalid`] for what is no JPEG, PNG or WebP, is damaged, or has more than 50 megapixels.
    pub async fn profile_picture(&self, stored: &StoredMedia) -> Result<Vec<u8>, MediaError> {
        let made = self.made_small(stored, |path, format| {
            let picture = whole(path, format)?;
            let picture = picture.resize_to_fill(PROFILE_SIDE, PROFILE_SIDE, FilterType::Triangle);
            jpeg(&picture.to_rgb8(), QUALITY)
        });
        made.await.map_err(|error| match error {
            MediaError::NoThumbnail => MediaError::Invalid(
                "A profile picture is a JPEG, PNG or WebP of at most 50 megapixels.".to_owned(),
            ),
            error => error,
        })
    }

    /// A small JPEG to be sent along with a picture.
    ///
    /// # Errors
    /// As [`Media::thumbnail`].
    pub(super) async fn make_preview(&self, stored: &StoredMedia) -> Result<Vec<u8>, MediaError> {
        self.made_small(stored, |path, format| {
            let picture = small(path, format, PREVIEW_SIDE)?;
            // What shines through is white in every client.
            let mut flat =
                image::RgbImage::from_pixel(picture.width(), picture.height(), image::Rgb([255; 3]));
            for (x, y, pixel) in picture.to_rgba8().enumerate_pixels() {
                let [red, green, blue, alpha] = pixel.0.map(u16::from);
                let over =
                    |colour: u16| u8::try_from((colour * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255);
                flat.put_pixel(x, y, image::Rgb([over(red), over(green), over(blue)]));
            }
            jpeg(&flat, PREVIEW_QUALITY)
        })
        .await
    }

    async fn made_small<T: Send + 'static>(
        &self,
        stored: &StoredMedia,
        make: impl FnOnce(&Path, ImageFormat) -> Result<T, MediaError> + Send + 'static,
    ) -> Result<T, MediaError> {
        let format = match stored.content_type.as_str() {
            JPEG => ImageFormat::Jpeg,
            "image/png" => ImageFormat::Png,
            "image/webp" => ImageFormat::WebP,
            _ => return Err(MediaError::NoThumbnail),
        };
        let _turn = self.inner.thumbnails.acquire().await.map_err(MediaError::disk)?;
        let file = self.local(stored).await?;
        blocking(move || make(file.path(), format)).await
    }
}

fn damaged(_: image::ImageError) -> MediaError {
    MediaError::NoThumbnail
}

fn jpeg(picture: &image::RgbImage, quality: u8) -> Result<Vec<u8>, MediaError> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).map_err(damaged)?;
    Ok(bytes)
}

/// A picture of at most so many pixels on its longer side, as it is to be seen.
fn small(path: &Path, format: ImageFormat, side: u32) -> Result<DynamicImage, MediaError> {
    let (picture, orientation) = decoded(path, format)?;
    let large = picture.width().max(picture.height()) > side;
    let mut picture = if large { picture.thumbnail(side, side) } else { picture };
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// A picture in its own size, as it is to be seen.
fn whole(path: &Path, format: ImageFormat) -> Result<DynamicImage, MediaError> {
    let (mut picture, orientation) = decoded(path, format)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// A picture as it lies in its file, and how it is to be turned.
fn decoded(path: &Path, format: ImageFormat) -> Result<(DynamicImage, Orientation), MediaError> {
    let mut reader = ImageReader::open(path).map_err(MediaError::disk)?;
    reader.set_format(format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(MediaError::NoThumbnail);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(damaged)?, orientation))
}
