//! What is nowhere but in this page's memory, because the browser had no room to keep it: for as long as there is such
//! a thing, whoever leaves the page is asked first, and they are told why.

use crate::browser::page;
use crate::ui::client::{Client, Tone, words};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

thread_local! {
    /// Commands by their ids, drafts by the names that they are kept under.
    static UNKEPT: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    /// Somebody was told since there was last nothing.
    static TOLD: Cell<bool> = const { Cell::new(false) };
    static ASKS: Cell<bool> = const { Cell::new(false) };
}

/// Notes something that is not kept.
pub(super) fn add(name: &str) {
    UNKEPT.with_borrow_mut(|all| all.insert(name.to_owned()));
    // Only from here on: browsers treat pages that ask differently.
    if !ASKS.replace(true) {
        page::on_window(&["beforeunload"], |event| {
            if UNKEPT.with_borrow(|all| !all.is_empty()) {
                page::ask_before_leaving(&event);
            }
        });
    }
}

/// It is kept, or was sent, or was given up. `true` if it was not kept before.
pub(super) fn remove(name: &str) -> bool {
    UNKEPT.with_borrow_mut(|all| {
        let was = all.remove(name);
        if all.is_empty() {
            TOLD.set(false);
        }
        was
    })
}

/// Whether it is noted as not kept.
pub(super) fn holds(name: &str) -> bool {
    UNKEPT.with_borrow(|all| all.contains(name))
}

/// Says so, once for all that is not kept.
pub(super) fn tell(client: Client) {
    if UNKEPT.with_borrow(|all| !all.is_empty()) && !TOLD.replace(true) {
        client.toast(Tone::Bad, words().composer.not_kept);
    }
}
