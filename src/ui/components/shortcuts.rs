//! Keys that work anywhere, and the sheet that `?` shows.
//!
//! Single keys mean something outside of fields only, and nothing at all for whoever turned them off. Ctrl K, Alt with
//! an arrow, and Escape mean something in fields, too.

use crate::protocol::Network;
use crate::ui::chunks;
use crate::ui::hooks::{close_dialog, host, show_dialog};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::time::Duration;

/// How long after `g` a second key belongs to it.
const PATIENCE: i64 = 1_500;
/// How often it is looked whether a page that was gone to stands, and how many times.
const LOOK: Duration = Duration::from_millis(60);
const LOOKS: u32 = 50;

/// Listens, and holds the sheet, which is filled when it is shown for the first time. Stands in the page once.
#[component]
pub fn Shortcuts(client: Client) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let wanted = RwSignal::new(false);
    let go = StoredValue::new(use_navigate());
    let began = StoredValue::new(0_i64);
    let to = move |path: &str| go.with_value(|go| go(path, NavigateOptions::default()));
    react(move |_| {
        host::on_keys(move |key| {
            if host::keys_off() {
                return false;
            }
            let second = host::now() - began.get_value() < PATIENCE;
            began.set_value(0);
            match key {
                "c" if second => to("/chats"),
                "d" if second => to("/devices"),
                "s" if second => to("/settings"),
                "x" if second && client.network() == Network::Sandbox => to("/sandbox"),
                _ if second => return false,
                "g" => began.set_value(host::now()),
                "?" => {
                    if !wanted.get_untracked() {
                        wanted.set(true);
                    }
                    show_dialog(dialog);
                }
                "/" => in_chats(to, || host::focus("#search")),
                "n" if client.may_send() => {
                    in_chats(to, || {
                        host::press("[data-key=n]");
                    });
                }
                "j" => step(client, 1, to),
                "k" => step(client, -1, to),
                _ => return false,
            }
            true
        });
    });
    react(move |_| {
        host::on_shortcuts(move |shortcut| match shortcut {
            "search" => in_chats(to, || host::focus("#search")),
            "escape" => host::focus("#composer"),
            "next" => step(client, 1, to),
            _ => step(client, -1, to),
        });
    });
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby="shortcuts-title">
            {dynamic(move || wanted.get().then(|| later(chunks::dialogs(), move |dialogs| (dialogs.keys)(dialog))))}
        </dialog>
    }
}

/// What the sheet holds.
pub fn key_sheet(dialog: NodeRef<Dialog>) -> AnyView {
    let t = messages();
    // The dialog was open before this was here: nothing in it has the focus.
    react(move |done| {
        if done.is_none() {
            host::focus("dialog[open] .keys ~ .dialog__actions .button");
        }
    });
    view! {
        <div class="dialog__body">
            <h2 class="dialog__title" id="shortcuts-title">{t.shortcuts.title}</h2>
            <KeyTable/>
            <div class="dialog__actions"><button type="button" class="button" autofocus=true on:click=move |_| close_dialog(dialog)>{t.manage.done}</button></div>
        </div>
    }
    .into_any()
}

/// Does something in the chat list, after going there if need be.
fn in_chats(to: impl Fn(&str), run: fn()) {
    if !host::is_there("#search") {
        to("/chats");
    }
    once_there(run, LOOKS);
}

fn once_there(run: fn(), looks: u32) {
    if host::is_there("#search") {
        run();
    } else if looks > 0 {
        drop(set_timeout(move || once_there(run, looks - 1), LOOK));
    }
}

/// Opens the next or the previous chat of the list; the first where none is open.
fn step(client: Client, by: isize, to: impl Fn(&str)) {
    let chats = client.chats.get_untracked();
    let here = client.thread.with_untracked(|view| view.chat);
    let at = here.and_then(|here| chats.iter().position(|key| *key == here));
    let next = match at {
        Some(at) => at.checked_add_signed(by),
        None => Some(0),
    };
    let key = next.and_then(|next| chats.get(next).copied());
    let id = key.and_then(|key| client.read(|model| model.chat(key).map(|state| state.chat.id.clone())));
    if let Some(id) = id {
        to(&format!("/chats/{id}"));
    }
}

/// Every key and what it does.
#[component]
pub fn KeyTable() -> impl IntoView {
    let t = messages();
    let client = use_client();
    let sends = client.may_send();
    let rows: [(&[&'static str], &'static str); 13] = [
        (&["?"], t.shortcuts.help),
        (&["/"], t.shortcuts.search),
        (&["Ctrl K"], t.shortcuts.search),
        (&["j", "k"], t.shortcuts.next),
        (&["Alt ↓", "Alt ↑"], t.shortcuts.next),
        (&["n"], t.shortcuts.new_chat),
        (&["g", "", "c"], t.shortcuts.go_chats),
        (&["g", "", "d"], t.shortcuts.go_devices),
        (&["g", "", "s"], t.shortcuts.go_settings),
        (&["g", "", "x"], t.shortcuts.go_sandbox),
        (&["Enter"], t.shortcuts.send),
        (&["Shift Enter"], t.shortcuts.line),
        (&["Esc"], if sends { t.shortcuts.escape } else { t.viewing.close }),
    ];
    let sandbox = client.network() == Network::Sandbox;
    let does = |keys: &[&str]| match keys.last() {
        Some(&"x") => sandbox,
        Some(&("n" | "Enter" | "Shift Enter")) => sends,
        _ => true,
    };
    let rows = rows.into_iter().filter(|(keys, _)| does(keys)).map(|(keys, what)| {
        let keys = keys.iter().map(|key| match *key {
            "" => view! { <small>{t.shortcuts.then}</small> }.into_any(),
            key => view! { <kbd dir="ltr">{key}</kbd> }.into_any(),
        });
        view! { <div class="keys__row"><dt class="keys__keys">{keys.collect_view()}</dt><dd>{what}</dd></div> }
    });
    view! { <dl class="keys">{rows.collect_view()}</dl> }
}
