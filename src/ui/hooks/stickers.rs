//! The stickers that somebody has at hand: kept in this browser for whoever is signed in.

use super::host;
use crate::model::stickers::{Sticker, read, with, without, write};
use crate::ui::client::Client;
use leptos::prelude::*;

/// Under which name a user's stickers are kept.
fn place(client: Client) -> String {
    let user = client.me().user_id.map_or_else(|| "key".to_owned(), String::from);
    format!("stickers.{user}")
}

fn held(client: Client) -> Vec<Sticker> {
    host::kept(&place(client)).map(|kept| read(&kept)).unwrap_or_default()
}

fn hold(client: Client, all: &[Sticker]) {
    host::keep(&place(client), &write(all));
    client.stickers.update(|changes| *changes = changes.wrapping_add(1));
}

/// This user's stickers, the one that was used last first. Whoever shows them sees what changes.
#[must_use]
pub fn stickers_at_hand(client: Client) -> Vec<Sticker> {
    client.stickers.track();
    held(client)
}

/// A sticker was sent, or is to be at hand.
pub fn keep_sticker(client: Client, sticker: Sticker) {
    hold(client, &with(held(client), sticker));
}

/// A sticker is not to be at hand any more.
pub fn drop_sticker(client: Client, sticker: &Sticker) {
    hold(client, &without(held(client), sticker));
}
