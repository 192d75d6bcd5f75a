//! One icon of the sprite in `public/icons.svg`.

use leptos::prelude::*;

/// The sprite's path.
pub const SPRITE: &str = "/icons.svg";

/// What the sprite holds, as a number in its address: browsers keep it for good, and ask for the next one by another
/// number. Without that each icon that appears asks the server whether it changed, and keeps a sprite of its own.
pub const SPRITE_VERSION: u32 = {
    let bytes = include_bytes!("../../../public/icons.svg");
    // FNV-1a: what differs here is told apart, and nobody means to deceive.
    let (mut hash, mut at) = (0x811c_9dc5_u32, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
};

/// A picture that says what the words beside it say: hidden from screen readers.
#[component]
pub fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <use_ href=format!("{SPRITE}?{SPRITE_VERSION:x}#{name}")></use_>
        </svg>
    }
}
