//! Pictures drawn as stickers are: 512 by 512 pixels, with nothing around the picture, written as WebP.

use crate::model::stickers::{self, Unfit, Way};
use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

const WEBP: &str = "image/webp";

/// Makes a sticker of a picture. Answers it, and whether the picture may have moved and no longer does.
///
/// # Errors
/// Where the picture is none, or the browser does not write WebP.
pub async fn make(picture: &Blob) -> Result<(Blob, bool), Unfit> {
    let head = head(picture).await.map_err(of_picture)?;
    match stickers::way(&head, bytes(picture)) {
        Way::AsItIs => {
            // By its name it may have been taken for something else.
            let whole = picture.slice_with_f64_and_f64_and_content_type(0.0, picture.size(), WEBP);
            Ok((whole.map_err(of_picture)?, false))
        }
        Way::Drawn { stilled } => {
            let canvas = drawn(picture).await.map_err(of_picture)?;
            Ok((small(&canvas).await?, stilled))
        }
    }
}

fn of_picture(_: JsValue) -> Unfit {
    Unfit::Picture
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in bytes")]
fn bytes(file: &Blob) -> u64 {
    file.size() as u64
}

async fn head(picture: &Blob) -> Result<Vec<u8>, JsValue> {
    let head = picture.slice_with_f64_and_f64(0.0, f64::from(stickers::HEAD))?;
    let buffer = JsFuture::from(head.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// The picture in the middle of an empty square, turned as its camera says.
async fn drawn(picture: &Blob) -> Result<HtmlCanvasElement, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let document = window.document().ok_or(JsValue::NULL)?;
    let read = JsFuture::from(window.create_image_bitmap_with_blob(picture)?).await?;
    let read: ImageBitmap = read.unchecked_into();
    let place = stickers::place(read.width(), read.height()).ok_or(JsValue::NULL)?;
    let canvas: HtmlCanvasElement = document.create_element("canvas")?.unchecked_into();
    canvas.set_width(stickers::SIDE);
    canvas.set_height(stickers::SIDE);
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    // Browsers that do not know it draw it as they do.
    Reflect::set(&context, &"imageSmoothingQuality".into(), &"high".into())?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let [left, top, width, height] = [place.left, place.top, place.width, place.height].map(f64::from);
    context.draw_image_with_image_bitmap_and_dw_and_dh(&read, left, top, width, height)?;
    read.close();
    Ok(canvas)
}

/// What is drawn, as well as there is room for it.
async fn small(canvas: &HtmlCanvasElement) -> Result<Blob, Unfit> {
    for quality in stickers::QUALITIES {
        let sticker = written(canvas, quality).await.map_err(of_picture)?;
        // What a browser does not write, it writes as PNG.
        if sticker.type_() != WEBP {
            return Err(Unfit::Browser);
        }
        if bytes(&sticker) <= stickers::MOST_BYTES {
            return Ok(sticker);
        }
    }
    Err(Unfit::Picture)
}

async fn written(canvas: &HtmlCanvasElement, quality: f64) -> Result<Blob, JsValue> {
    let quality = JsValue::from_f64(quality);
    let writing = Promise::new(&mut |done, refused| {
        if let Err(error) = canvas.to_blob_with_type_and_encoder_options(&done, WEBP, &quality) {
            // It only hands the error on.
            drop(refused.call1(&JsValue::NULL, &error));
        }
    });
    JsFuture::from(writing).await?.dyn_into()
}
