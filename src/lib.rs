//! Switchboard: one vocabulary, and two products of it.
//!
//! `protocol` is what travels and `model` what a client believes of it: both are compiled for both sides and
//! depend on nothing else of ours. `i18n` is what the client says and `ui` its pages, rendered by the server
//! first and alive in the browser afterwards; `browser` is what only a browser can do, reached through the
//! hooks of `ui`. `server` is the binary's half and knows `ui` only as the pages that it serves.

#![forbid(unsafe_code)]
// The types of views nest as deeply as the views themselves.
#![recursion_limit = "256"]

#[cfg(feature = "hydrate")]
mod browser;
pub mod i18n;
pub mod model;
pub mod protocol;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// Room among the program's constants that nothing takes up. What splits the program divides them among its chunks, each
/// part by its own alignment, and leaves all of them in the first file if they get any longer by that; nothing refers to
/// this, so it is in no file.
#[cfg(feature = "hydrate")]
#[used]
static ROOM: [u8; 4096] = [0xff; 4096];

/// Brings the page alive: the browser calls it once the document has been read.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    ui::wake();
}
