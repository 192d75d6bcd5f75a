//! A chat with somebody whom the device knows.

use super::Start;
use crate::ui::components::picker::{Pick, Pool, picker};
use crate::ui::prelude::*;
use leptos::html::Dialog;

/// The list; pressing somebody opens the chat with them.
pub fn contact(start: Start, dialog: NodeRef<Dialog>) -> AnyView {
    let chosen = RwSignal::new(Vec::<Pick>::new());
    react(move |_| {
        let Some(pick) = chosen.with(|all| all.first().cloned()) else { return };
        if let Some(device) = untrack(|| start.begin()) {
            start.open(device, pick.id);
        }
    });
    view! {
        {picker(Pool::People, start.device, false, chosen, Vec::new())}
        {start.foot(dialog, None)}
    }
    .into_any()
}
