//! The way back: through the history where what is before is ours, so that going back never becomes one more step forward;
//! else to where it leads, in the place of what is on the page.

use super::host;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// Goes to an address.
type Go = Box<dyn Fn(&str, NavigateOptions) + Send + Sync>;

/// A way back.
#[derive(Clone, Copy)]
pub struct Back(StoredValue<(Go, String)>);

/// The way back from here; to this address, if the page before is none of ours.
#[must_use]
pub fn use_back(otherwise: String) -> Back {
    let go: Go = Box::new(use_navigate());
    Back(StoredValue::new((go, otherwise)))
}

impl Back {
    /// Goes back.
    pub fn go(self) {
        if host::go_back() {
            return;
        }
        self.0.with_value(|(go, otherwise)| {
            // What marks the entry stays with it: before it is still nothing of ours.
            let state = host::entry_state();
            go(otherwise, NavigateOptions { replace: true, state, ..NavigateOptions::default() });
        });
    }

    /// A link back was pressed: goes back, unless it is to open elsewhere.
    pub fn pressed(self, event: &MouseEvent) {
        let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
        if !elsewhere && event.button() == 0 {
            event.prevent_default();
            self.go();
        }
    }
}
