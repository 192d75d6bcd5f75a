//! The chat list: which part of it is in sight, its menus, and the filter that a visit leaves for the next.

use super::commands::ask;
use crate::browser::{dom, storage};
use crate::model::{ChatKey, Input, changed};
use crate::protocol::{Chat, ChatChange, ChatId, Command, CommandResult, Problem};
use crate::ui::client::{Client, Tone};
use crate::ui::hooks::{Verb, rest};
use leptos::html::{Nav, Ul};
use leptos::prelude::*;
use std::cell::Cell;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

/// Changes a chat. It is shown at once; if it is refused, it is as it was, unless more has happened to it by then.
pub fn change_chat(client: Client, key: ChatKey, change: ChatChange) {
    let now = |key| client.read(|model| model.chat(key).map(|state| state.chat.clone()));
    let Some(before) = now(key) else { return };
    let after = changed(before.clone(), change, super::now());
    let chat_id = before.id.clone();
    if after != before {
        client.apply(Input::Known(vec![after.clone()]));
    }
    ask(Command::ChangeChat { chat_id, change }, move |result| {
        if let Err(problem) = result {
            let shown = client.read(|model| model.chat(key).is_some_and(|state| state.chat == after));
            if shown {
                client.apply(Input::Known(vec![before]));
            }
            client.toast(Tone::Bad, problem.detail);
        }
    });
}

/// Gives a chat a label, or takes it away.
pub fn label_chat(client: Client, chat: &ChatId, label: &str, on: bool) {
    let path = format!("/chats/{chat}/labels/{}", js_sys::encode_uri_component(label));
    let verb = if on { Verb::Put } else { Verb::Delete };
    rest(verb, path, None, move |answer: Result<Chat, Problem>| match answer {
        Ok(chat) => {
            client.apply(Input::Done(Box::new(CommandResult::Chat(chat))));
        }
        Err(problem) => client.toast(Tone::Bad, problem.detail),
    });
}

thread_local! {
    /// How high a row is, as it was last looked at. To look while rows are exchanged would make the browser lay out a list
    /// whose rows have gone and whose room is not there yet, and scroll to where that ends.
    static ROW_HEIGHT: Cell<f64> = const { Cell::new(0.0) };
}

/// Which row of the list is the first in sight, and how many fit.
pub fn list_place(place: NodeRef<Nav>, list: NodeRef<Ul>) -> Option<(usize, usize)> {
    let (place, list) = (place.get_untracked()?, list.get_untracked()?);
    let height = row_height(&list)?;
    ROW_HEIGHT.set(height);
    let hidden = place.get_bounding_client_rect().top() - list.get_bounding_client_rect().top();
    let rows = |pixels: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rows of a page, not below 0"
        )]
        {
            (pixels.max(0.0) / height) as usize
        }
    };
    Some((rows(hidden), rows(place.client_height().into()) + 1))
}

/// Keeps room for the rows that are not on the page: so many above and below those that are.
pub fn pad_list(list: NodeRef<Ul>, above: usize, below: usize) {
    let Some(list) = list.get_untracked() else { return };
    let known = Some(ROW_HEIGHT.get()).filter(|height| *height > 0.0);
    let Some(height) = known.or_else(|| row_height(&list)) else { return };
    let style = web_sys::HtmlElement::style(&list);
    for (name, rows) in [("padding-block-start", above), ("padding-block-end", below)] {
        let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
        // Refused only for a property that does not exist.
        drop(style.set_property(name, &format!("{}px", rows * height)));
    }
}

/// Every row is as high as the first.
fn row_height(list: &Element) -> Option<f64> {
    let height = list.first_element_child()?.get_bounding_client_rect().height();
    (height > 0.0).then_some(height)
}

/// Back to the top of the list.
pub fn list_top(place: NodeRef<Nav>) {
    if let Some(place) = place.get_untracked() {
        place.set_scroll_top(0);
    }
}

/// The chat whose row was pointed at.
pub fn chat_under(event: &leptos::ev::MouseEvent) -> Option<ChatKey> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let row = target.closest("[data-chat]").ok()??;
    row.get_attribute("data-chat")?.parse().ok().map(ChatKey)
}

/// Opens a chat's menu, as its button does.
pub fn open_chat_menu(key: ChatKey) {
    let button = document().query_selector(&format!("[data-chat=\"{}\"] .chat-row__more", key.0));
    if let Some(button) = button.ok().flatten().and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        button.click();
    }
}

/// Moves the focus to the next or previous of what this selector finds, in the order of the page.
pub fn move_focus(selector: &str, forward: bool) -> bool {
    let Some(here) = dom::focused_in(selector) else { return false };
    let Ok(all) = document().query_selector_all(selector) else { return false };
    let at = (0..all.length()).find(|at| all.item(*at).is_some_and(|one| one.is_same_node(Some(&here))));
    let to = at.and_then(|at| if forward { at.checked_add(1) } else { at.checked_sub(1) });
    let next = to.and_then(|to| all.item(to)).and_then(|next| next.dyn_into::<HtmlElement>().ok());
    next.is_some_and(|next| next.focus().is_ok())
}

/// The filter that the last visit left.
pub fn load_filter() -> Option<String> {
    storage::load("filter")
}

/// Leaves the filter for the next visit.
pub fn keep_filter(text: &str) {
    storage::keep("filter", text);
}
