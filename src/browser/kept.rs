//! What was kept for a start without network. Who keeps it is `public/beside/keep.js`, and `start.js` asks it for it
//! where the page came out of the browser's cache.

use crate::model::Kept;
use crate::protocol::decode;
use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Where the page came out of the browser's cache: the promise of what was kept.
#[must_use]
pub fn promised() -> Option<Promise> {
    let window = web_sys::window()?;
    Reflect::get(&window, &JsValue::from_str("switchboardKept")).ok()?.dyn_into().ok()
}

/// What was kept, if anything was and this version can read it.
pub async fn read(promise: Promise) -> Option<Kept> {
    let text = JsFuture::from(promise).await.ok()?.as_string()?;
    decode(&text).ok()
}
