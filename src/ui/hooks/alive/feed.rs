//! Where the reader stands in a thread.
//!
//! The thread scrolls in a column that is laid out from its end, so that the newest message is at 0 and
//! older ones above it, at negative positions. The browser thereby keeps the distance to the end by
//! itself: the first paint is at the end without script, and a page of older messages moves nothing. What
//! is left to do is to note what the reader's eye is on, and to bring it back to where it was when
//! something below it changed.

use super::feed_keys::feed_order_soon;
use super::gather::paints;
use super::{load_newer, load_older, mark_read};
use crate::browser::dom::{ContentWatch, SizeWatch};
use crate::browser::spawn;
use crate::model::{Hold, RowKey};
use crate::ui::client::{Client, Load};
use leptos::html::Div;
use leptos::prelude::*;
use std::cell::Cell;
use web_sys::Element;

/// Nearer to the end than this is at the end, in pixels.
const AT_END: i32 = 80;
/// Nearer to an edge of the window than this, it slides.
const NEAR: i32 = 1000;
/// With less than this beyond what is in sight, in pixels, more rows are brought before the paint.
const FILLED: i32 = 40;
/// How far below the top edge the unread line stands when a thread is opened at it.
const LANDING: i32 = 72;

thread_local! {
    /// Whether rows came or went since the reader's place was last looked after.
    static CHANGED: Cell<bool> = const { Cell::new(false) };
    /// Whether more rows are about to be brought.
    static WIDENS: Cell<bool> = const { Cell::new(false) };
    /// How far above the end of the rows that one begins which the reader's eye is on.
    static DEPTH: Cell<Option<(RowKey, i32)>> = const { Cell::new(None) };
}

/// The thread is on the page: goes to where the reader was, or to the first unread message, and keeps the
/// place when sizes change.
pub fn feed_attached(client: Client, feed: NodeRef<Div>, content: NodeRef<Div>) {
    let (Some(element), Some(inner)) = (feed.get_untracked(), content.get_untracked()) else { return };
    let anchored = client.read(|model| {
        model.open_chat().and_then(|key| model.thread(key)).is_some_and(|thread| thread.hold != Hold::Pinned)
    });
    if anchored {
        feed_restore(client, feed);
    } else if let Ok(Some(line)) = inner.query_selector(".thread-line--unread") {
        let below = top(&line) - top(&element);
        if below < LANDING {
            element.set_scroll_top(element.scroll_top() + below - LANDING);
        }
    }
    note_place(client, &element);
    widen_soon(client, &element);
    feed_order_soon();
    let order = StoredValue::new_local(ContentWatch::new(&inner, feed_order_soon));
    let watch = SizeWatch::new(&[&element, &inner], move || feed_restore(client, feed));
    let watch = StoredValue::new_local(watch);
    on_cleanup(move || {
        watch.dispose();
        order.dispose();
    });
    mark_read(client);
}

/// The rows of the page are about to change: before the next paint, so that nothing is seen to move, what the reader's
/// eye is on goes back to where it was.
pub fn feed_changed(client: Client, feed: NodeRef<Div>) {
    CHANGED.set(true);
    let look = move || {
        let Some(element) = feed.get_untracked() else { return };
        restore(client, &element);
        note_place(client, &element);
        widen_soon(client, &element);
    };
    if paints() {
        // A frame that is asked for now is the next one, and nothing else may be in it. The rows change in this turn.
        spawn(async move { look() });
    } else {
        // Refused only where there is no window.
        drop(request_animation_frame(look));
    }
}

/// The reader scrolled: notes where they are, and brings more rows near an edge.
pub fn feed_scrolled(client: Client, feed: NodeRef<Div>) {
    let Some(element) = feed.get_untracked() else { return };
    // A frame tells of scrolling first: where rows came in beneath, another one is in sight that nobody chose.
    if CHANGED.replace(false) {
        follow(client, &element);
    }
    note_place(client, &element);
    widen(client, &element);
}

/// Notes what the reader's eye is on.
fn note_place(client: Client, element: &Element) {
    let state = client.read(|model| {
        let thread = model.thread(model.open_chat()?)?;
        Some((thread.window.at_end(), thread.log.has_newer(), thread.hold == Hold::Pinned))
    });
    let (at_end, midst, pinned) = state.unwrap_or_default();
    let to_end = -element.scroll_top();
    if at_end && to_end <= AT_END && (!midst || pinned) {
        client.hold(Hold::Pinned);
        mark_read(client);
        DEPTH.set(None);
    } else if let Some((key, offset)) = first_visible(element) {
        client.hold(Hold::Anchored { key, offset });
        DEPTH.set(depth_of(element, key).map(|depth| (key, depth)));
    }
}

/// More rows are brought near an edge: those that nobody sees yet, once the browser has nothing else to do. Right behind a
/// paint they would keep it from the screen.
fn widen_soon(client: Client, element: &Element) {
    if element.scroll_height() - element.client_height() < FILLED {
        widen(client, element);
    }
    if WIDENS.replace(true) {
        return;
    }
    super::when_idle(move || {
        WIDENS.set(false);
        // Another one may be there by now.
        if let Some(element) = on_page() {
            widen(client, &element);
        }
    });
}

/// Brings more rows near an edge.
fn widen(client: Client, element: &Element) {
    let at_end =
        client.read(|model| Some(model.thread(model.open_chat()?)?.window.at_end())).unwrap_or_default();
    let to_end = -element.scroll_top();
    let to_start = element.scroll_height() - element.client_height() - to_end;
    if to_start < NEAR && !client.slide(true) {
        let view = client.thread.get_untracked();
        if view.has_older && view.older == Load::Idle {
            load_older(client);
        }
    }
    if to_end < NEAR && (at_end || !client.slide(false)) {
        let view = client.thread.get_untracked();
        if view.has_newer && view.newer == Load::Idle {
            load_newer(client);
        }
    }
}

/// Rows came or went, and perhaps the reader has scrolled since: that part is left as it is.
fn follow(client: Client, element: &Element) {
    let hold = client.read(|model| Some(model.thread(model.open_chat()?)?.hold));
    let Some(Hold::Anchored { key, .. }) = hold else { return };
    match DEPTH.get() {
        Some((known, depth)) if known == key => {
            let grown = depth_of(element, key).map_or(0, |now| now - depth);
            if grown != 0 {
                element.set_scroll_top(element.scroll_top() - grown);
            }
        }
        // Somebody jumped there, and is not there yet.
        _ => restore(client, element),
    }
}

/// Rows changed: what the reader's eye is on goes back to where it was. Run before the next paint.
pub fn feed_restore(client: Client, feed: NodeRef<Div>) {
    if let Some(element) = feed.get_untracked() {
        restore(client, &element);
    }
}

/// The feed that is on the page.
fn on_page() -> Option<Element> {
    document().query_selector(".feed").ok().flatten()
}

/// The same of whatever feed is on the page.
pub(super) fn restore_any(client: Client) {
    if let Some(feed) = on_page() {
        restore(client, &feed);
    }
}

fn restore(client: Client, element: &Element) {
    CHANGED.set(false);
    let hold = client.read(|model| Some(model.thread(model.open_chat()?)?.hold));
    match hold {
        Some(Hold::Pinned) if element.scroll_top() != 0 => element.set_scroll_top(0),
        Some(Hold::Anchored { key, offset }) => {
            if let Some(row) = row_of(element, key) {
                let moved = top(&row) - top(element) - offset;
                // A pixel of rounding is not worth a jump.
                if moved.abs() > 1 {
                    element.set_scroll_top(element.scroll_top() + moved);
                }
            }
        }
        _ => {}
    }
}

fn row_of(feed: &Element, key: RowKey) -> Option<Element> {
    feed.query_selector(&format!("[data-row=\"{}\"]", key.0)).ok().flatten()
}

/// How far above the end of all rows this one begins: scrolling changes nothing of it.
#[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
fn depth_of(feed: &Element, key: RowKey) -> Option<i32> {
    let end = feed.first_element_child()?.get_bounding_client_rect().bottom().round() as i32;
    Some(end - top(&row_of(feed, key)?))
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
fn top(element: &Element) -> i32 {
    element.get_bounding_client_rect().top().round() as i32
}

/// The first row that is not cut off at the top, and how far below the edge it begins.
fn first_visible(feed: &Element) -> Option<(RowKey, i32)> {
    let content = feed.first_element_child()?;
    let edge = top(feed);
    let rows = content.children();
    // Rows stand in order: the first that begins below the edge is found by halving.
    let (mut low, mut high) = (0, rows.length());
    while low < high {
        let middle = low + (high - low) / 2;
        if rows.item(middle).is_some_and(|row| top(&row) < edge) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let named = |index: u32| {
        let row = rows.item(index)?;
        let key = row.get_attribute("data-row")?.parse().ok()?;
        Some((RowKey(key), top(&row) - edge))
    };
    // A long message may fill the whole view: then it is the one before.
    (low..rows.length()).find_map(named).or_else(|| (0..low).rev().find_map(named))
}
