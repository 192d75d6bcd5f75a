//! A menu by the secondary button, by the menu key, or by a finger that stays.
//!
//! It opens when the pointer is let go: a menu that opened before would take that for a press beside it, and close.

use super::host;
use crate::model::ChatKey;
use leptos::ev::{MouseEvent, PointerEvent};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::time::Duration;

/// How long a finger stays until it means the menu.
const LONG: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Pointer {
    down: bool,
    timer: Option<TimeoutHandle>,
    /// Whose menu opens when it is let go.
    held: Option<ChatKey>,
    /// The press that follows means nothing more.
    swallow: bool,
}

/// What the pointer does above a list of chats.
#[derive(Clone, Copy)]
pub struct Hold(StoredValue<Pointer>);

/// For one list.
#[must_use]
pub fn use_hold() -> Hold {
    Hold(StoredValue::new(Pointer::default()))
}

impl Hold {
    /// A button or a finger went down.
    pub fn down(self, event: &PointerEvent) {
        self.cancel();
        let touch = event.pointer_type() == "touch";
        let key = if touch { host::chat_under(event) } else { None };
        let held = move || {
            self.0.try_update_value(|pointer| {
                pointer.held = key;
                pointer.swallow = true;
            });
        };
        let timer = key.and_then(|_| set_timeout(held, LONG).ok());
        self.0.set_value(Pointer { down: true, timer, held: None, swallow: false });
    }

    /// It was let go.
    pub fn up(self) {
        let held = self.0.try_update_value(|pointer| pointer.held.take()).flatten();
        self.cancel();
        if let Some(key) = held {
            // After what the browser itself does about the press.
            drop(set_timeout(move || host::open_chat_menu(key), Duration::ZERO));
        }
    }

    /// It scrolls, or went elsewhere.
    pub fn cancel(self) {
        self.0.try_update_value(|pointer| {
            if let Some(timer) = pointer.timer.take() {
                timer.clear();
            }
            pointer.down = false;
            pointer.held = None;
        });
    }

    /// The browser would show its own menu.
    pub fn menu(self, event: &MouseEvent) {
        let Some(key) = host::chat_under(event) else { return };
        event.prevent_default();
        let waits = self.0.try_update_value(|pointer| {
            if pointer.down {
                pointer.held = Some(key);
            }
            pointer.down
        });
        if waits != Some(true) {
            host::open_chat_menu(key);
        }
    }

    /// A press: the one that ends a long one leads nowhere.
    pub fn click(self, event: &MouseEvent) {
        let swallow = self.0.try_update_value(|pointer| pointer.swallow).unwrap_or_default();
        if swallow && event.is_trusted() {
            self.0.try_update_value(|pointer| pointer.swallow = false);
            event.prevent_default();
        }
    }
}
