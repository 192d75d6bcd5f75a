//! Fetching what is pinned in the open chat, which the snapshot does not bring.

use crate::browser::{http, spawn};
use crate::model::{Input, PinInput};
use crate::protocol::{ChatId, Message, read_record};
use crate::ui::client::Client;
use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    static UNDER_WAY: RefCell<BTreeSet<ChatId>> = RefCell::default();
}

struct Pinned {
    items: Vec<Message>,
}

read_record!(Pinned { items: "items" });

/// Asks what is pinned in a chat, unless that is known.
pub fn load_pins(client: Client, id: &ChatId) {
    let wanted = client.read(|model| model.wants_pins(id));
    if !wanted || !UNDER_WAY.with_borrow_mut(|under_way| under_way.insert(id.clone())) {
        return;
    }
    let id = id.clone();
    client.apply(Input::Pins(PinInput::Asked(id.clone())));
    spawn(async move {
        let answer = http::get::<Pinned>(&format!("/api/v1/chats/{id}/pinned")).await;
        UNDER_WAY.with_borrow_mut(|under_way| under_way.remove(&id));
        match answer {
            Ok(Pinned { items }) => {
                client.apply(Input::Pins(PinInput::Answered(id.clone(), items)));
                // Events may have been missed meanwhile: then that was not the answer.
                load_pins(client, &id);
            }
            Err(_) => {
                client.apply(Input::Pins(PinInput::Failed(id)));
            }
        }
    });
}
