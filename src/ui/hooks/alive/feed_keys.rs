//! The keyboard in a thread: a feed is one stop of the Tab key (ARIA Authoring Practices, feed pattern). Arrows go
//! from message to message, Enter goes into one, and there the arrows go from control to control.

use super::when_idle;
use crate::browser::dom;
use crate::model::RowKey;
use leptos::html::Div;
use leptos::prelude::*;
use std::cell::Cell;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, MouseEvent};

/// The messages.
const ROWS: &str = "article[data-row]";
/// They, and the lines between them: a day leads to other days.
const ARTICLES: &str = "article";
const CONTROLS: &str = "a[href], button:enabled, input";

thread_local! {
    static WAITS: Cell<bool> = const { Cell::new(false) };
}

/// Puts the feed in order once the browser has nothing else to do, however often it is asked to until then.
pub(super) fn feed_order_soon() {
    if WAITS.replace(true) {
        return;
    }
    when_idle(move || {
        WAITS.set(false);
        if let Ok(Some(content)) = document().query_selector(".feed__rows") {
            feed_order(&content);
        }
    });
}

/// Says of each message where it stands, and takes what is inside it out of the order of the Tab key.
fn feed_order(content: &Element) {
    if let Ok(controls) = content.query_selector_all("article :is(a[href], button, input):not([tabindex])") {
        for control in each(&controls) {
            // An attribute that exists is always settable.
            drop(control.set_attribute("tabindex", "-1"));
        }
    }
    let Ok(articles) = content.query_selector_all(ARTICLES) else { return };
    for (at, article) in each(&articles).enumerate() {
        let place = (at + 1).to_string();
        if article.get_attribute("aria-posinset").as_ref() != Some(&place) {
            drop(article.set_attribute("aria-posinset", &place));
            // How many there are in all, nobody has counted.
            drop(article.set_attribute("aria-setsize", "-1"));
        }
    }
}

/// The row whose menu was asked for by this press.
pub fn menu_pressed(event: &MouseEvent) -> Option<RowKey> {
    row_of(event, ".message-row__more")
}

/// The row whose reactions were pressed.
pub fn reactions_pressed(event: &MouseEvent) -> Option<RowKey> {
    row_of(event, ".reactions")
}

/// The row in which something that this selector finds was pressed.
fn row_of(event: &MouseEvent, selector: &str) -> Option<RowKey> {
    let pressed = event.target()?.dyn_into::<Element>().ok()?;
    let row = pressed.closest(selector).ok()??.closest(ROWS).ok()??;
    row.get_attribute("data-row")?.parse().ok().map(RowKey)
}

/// Moves the focus: to the newest message from outside, else to what is beside, or to the first or last message; and
/// inside an article among its controls. `false` if the key is not for that.
pub fn move_in_feed(feed: NodeRef<Div>, key: &str) -> bool {
    let Some(element) = feed.get_untracked() else { return false };
    let row = dom::focused_in(ARTICLES);
    let control = dom::focused_in(CONTROLS);
    let target = match (key, row, control) {
        ("Enter", Some(row), None) => first(&row, CONTROLS),
        // What is open above the page closes first.
        ("Escape", Some(row), Some(_)) if !super::page::above() => Some(row),
        // A slider's own keys.
        ("ArrowLeft" | "ArrowRight", Some(row), Some(control)) if control.tag_name() != "INPUT" => {
            beside(&row, &control, key == "ArrowRight")
        }
        ("ArrowUp", Some(row), _) => dom::neighbour(&row, ARTICLES, false),
        ("ArrowDown", Some(row), _) => dom::neighbour(&row, ARTICLES, true),
        ("ArrowUp" | "End", ..) => last(&element, ROWS),
        ("Home", ..) => first(&element, ROWS),
        _ => return false,
    };
    target.is_some_and(|target| target.focus().is_ok())
}

fn first(element: &Element, selector: &str) -> Option<HtmlElement> {
    element.query_selector(selector).ok()??.dyn_into().ok()
}

fn last(element: &Element, selector: &str) -> Option<HtmlElement> {
    let all = element.query_selector_all(selector).ok()?;
    all.item(all.length().checked_sub(1)?)?.dyn_into().ok()
}

/// The control after this one, or before it.
fn beside(row: &Element, control: &Element, forward: bool) -> Option<HtmlElement> {
    let all = row.query_selector_all(CONTROLS).ok()?;
    let here = each(&all).position(|one| one == *control)?;
    let next = if forward { here + 1 } else { here.checked_sub(1)? };
    each(&all).nth(next)?.dyn_into().ok()
}

fn each(list: &web_sys::NodeList) -> impl Iterator<Item = Element> {
    (0..list.length()).filter_map(|at| list.item(at)?.dyn_into().ok())
}
