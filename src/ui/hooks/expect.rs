//! The messages of a chat are fetched while it is still being pointed at: there is time between a hand that stops on a
//! row and the press, and between a press and its end.

use super::host;
use crate::model::ChatKey;
use crate::ui::client::Client;
use leptos::ev::{MouseEvent, PointerEvent};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::time::Duration;

/// A pointer that stays for less is only on its way.
const STAYS: Duration = Duration::from_millis(60);

#[derive(Default)]
struct Pointed {
    key: Option<ChatKey>,
    timer: Option<TimeoutHandle>,
}

/// What is pointed at in a list of chats.
#[derive(Clone, Copy)]
pub struct Expect {
    client: Client,
    pointed: StoredValue<Pointed>,
}

/// For one list.
#[must_use]
pub fn use_expect(client: Client) -> Expect {
    Expect { client, pointed: StoredValue::new(Pointed::default()) }
}

impl Expect {
    /// The pointer came to something in the list.
    pub fn over(self, event: &MouseEvent) {
        let key = host::chat_under(event);
        if self.pointed.with_value(|pointed| pointed.key == key) {
            return;
        }
        self.leave();
        let client = self.client;
        let timer = key.and_then(|key| set_timeout(move || host::expect_thread(client, key), STAYS).ok());
        self.pointed.set_value(Pointed { key, timer });
    }

    /// A button or a finger went down.
    pub fn down(self, event: &PointerEvent) {
        self.leave();
        if let Some(key) = host::chat_under(event) {
            host::expect_thread(self.client, key);
        }
    }

    fn leave(self) {
        self.pointed.try_update_value(|pointed| {
            if let Some(timer) = pointed.timer.take() {
                timer.clear();
            }
            pointed.key = None;
        });
    }
}
