//! What can be sent beside a text: the menu, and the dialogs behind it.

use super::{canned, contacts, place, poll, sticker, tool_button};
use crate::model::{DeviceState, Picked, Tray};
use crate::protocol::{MediaRules, MessageKind, Problem};
use crate::ui::chunks;
use crate::ui::hooks::{ComposerState, Verb, host, rest};
use crate::ui::prelude::*;

/// The menu's id on the page.
const MENU: &str = "attach-menu";
/// Photos and films that WhatsApp shows as such, and what else a phone's gallery has.
const SHOWN: &str = "image/*,video/*";
/// What a sticker is made of.
const PICTURES: &str = "image/png,image/jpeg,image/webp,image/gif";

/// A dialog of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// Of this picture.
    Sticker(Picked),
    Poll,
    Place,
    Contact,
    Replies,
}

/// Takes files into the tray.
pub fn take(tray: RwSignal<Tray>, picked: Vec<Picked>) {
    if picked.is_empty() {
        return;
    }
    let over = tray.try_update(|tray| tray.add(picked)).unwrap_or_default();
    host::forget_files(&over);
    if tray.try_with_untracked(|tray| tray.limit.is_none()) == Some(true) {
        rest(Verb::Get, "/media".to_owned(), None, move |rules: Result<MediaRules, Problem>| {
            // Without an answer the server says it when it is too late, and nothing else is lost.
            if let Ok(rules) = rules {
                tray.try_update(|tray| tray.limit = Some(rules.max_size));
            }
        });
    }
}

/// The button and its menu, which is filled when it is opened for the first time.
pub fn attach_button(tray: RwSignal<Tray>, tool: RwSignal<Option<Tool>>) -> AnyView {
    let opened = RwSignal::new(false);
    let inside =
        move || opened.get().then(|| later(chunks::composer(), move |tools| (tools.menu)(tray, tool)));
    view! {
        {tool_button(MENU, "plus", messages().writing.attach, opened)}
        <div class="menu attach-menu" id=MENU popover="auto" on:click=move |_| host::hide_popover(MENU)>{dynamic(inside)}</div>
    }
    .into_any()
}

/// The place of the dialog that is open, if one is.
pub fn tool_place(
    composer: ComposerState,
    device: Signal<Option<DeviceState>>,
    tool: RwSignal<Option<Tool>>,
) -> AnyView {
    let close = move || {
        tool.try_set(None);
    };
    dynamic(move || {
        tool.get().map(|what| {
            above(chunks::composer(), move |tools| (tools.tool)(composer, device, tool, what.clone()), close)
        })
    })
    .into_any()
}

/// What the menu holds.
pub fn attach_menu(tray: RwSignal<Tray>, tool: RwSignal<Option<Tool>>) -> AnyView {
    let t = messages();
    let w = &t.writing;
    let files = move |accept: &'static str, as_files: bool| {
        host::pick_files(accept, move |picked| {
            // Only with what was chosen: who chooses nothing has not said how the next ones are sent.
            tray.try_update(|tray| {
                if tray.items.is_empty() && !picked.is_empty() {
                    tray.documents = as_files;
                }
            });
            take(tray, picked);
        });
    };
    let item = |icon: &'static str, label: &'static str, go: Box<dyn Fn() + Send>| {
        view! { <button type="button" class="menu__item" on:click=move |_| go()><Icon name=icon/>{label}</button> }
    };
    let opens = move |what: Tool| -> Box<dyn Fn() + Send> { Box::new(move || tool.set(Some(what.clone()))) };
    let sticker = move || {
        host::pick_file(PICTURES, move |picture| {
            tool.try_set(Some(Tool::Sticker(picture)));
        });
    };
    view! {
        {item("image", w.photo, Box::new(move || files(SHOWN, false)))}
        {item("file", w.document, Box::new(move || files("", true)))}
        {item("sticker", (t.kinds.name)(MessageKind::Sticker), Box::new(sticker))}
        {item("poll", w.poll, opens(Tool::Poll))}
        {item("place", w.place, opens(Tool::Place))}
        {item("person", w.contact, opens(Tool::Contact))}
        {item("chat", w.replies, opens(Tool::Replies))}
    }
    .into_any()
}

/// The dialog of a tool.
pub fn tool_dialog(
    composer: ComposerState,
    device: Signal<Option<DeviceState>>,
    tool: RwSignal<Option<Tool>>,
    what: Tool,
) -> AnyView {
    let close = move || tool.set(None);
    match what {
        Tool::Sticker(picture) => sticker::sticker_dialog(composer, picture, close),
        Tool::Poll => poll::poll_dialog(composer, close),
        Tool::Place => place::place_dialog(composer, close),
        Tool::Contact => contacts::contact_dialog(composer, device, close),
        Tool::Replies => canned::canned_dialog(close),
    }
}
