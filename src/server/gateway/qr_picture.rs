//! A code to scan as a picture: for whoever shows it without drawing it.

use base64::Engine as _;
use fast_qr::QRBuilder;
use fast_qr::convert::{Builder as _, svg::SvgBuilder};

/// Pixels of one module.
const SCALE: usize = 8;
/// Modules of white around the code, as the standard wants them.
const QUIET: usize = 4;

/// The picture cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The text is longer than the largest code holds.
    #[error("this code does not fit into a picture")]
    TooLong,
    #[error("the picture cannot be encoded")]
    Encoding,
}

/// An SVG document.
///
/// # Errors
/// [`PictureError::TooLong`].
pub fn svg(text: &str) -> Result<String, PictureError> {
    Ok(SvgBuilder::default().margin(2).to_str(&code(text)?))
}

/// A PNG: black on white, eight pixels a module, four modules of quiet zone.
///
/// # Errors
/// [`PictureError`].
pub fn png(text: &str) -> Result<Vec<u8>, PictureError> {
    let code = code(text)?;
    let side = (code.size + 2 * QUIET) * SCALE;
    let mut rows = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            let (column, row) = ((x / SCALE).wrapping_sub(QUIET), (y / SCALE).wrapping_sub(QUIET));
            let dark = column < code.size && row < code.size && code[row][column].value();
            rows.push(if dark { 0 } else { 255 });
        }
    }
    encode(&rows, side).map_err(|_| PictureError::Encoding)
}

/// The PNG as a `data:` URL, which an `<img>` shows as it is.
///
/// # Errors
/// [`PictureError`].
pub fn data_url(text: &str) -> Result<String, PictureError> {
    let png = png(text)?;
    Ok(format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png)))
}

fn code(text: &str) -> Result<fast_qr::QRCode, PictureError> {
    QRBuilder::new(text).build().map_err(|_| PictureError::TooLong)
}

fn encode(gray: &[u8], side: usize) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let side = u32::try_from(side).unwrap_or(0);
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(gray)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_becomes_a_picture() {
        let text = format!("2@{},{},{},{},1", "r".repeat(44), "n".repeat(44), "i".repeat(44), "a".repeat(44));
        assert!(svg(&text).unwrap().starts_with("<svg"));
        assert!(png(&text).unwrap().starts_with(b"\x89PNG"));
        assert!(data_url(&text).unwrap().starts_with("data:image/png;base64,iVBORw0KGgo"));
        let long = "x".repeat(5_000);
        assert_eq!(svg(&long), Err(PictureError::TooLong));
        assert_eq!(data_url(&long), Err(PictureError::TooLong));
    }
}
