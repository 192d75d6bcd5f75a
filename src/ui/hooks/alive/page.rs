//! Focus, shortcuts, the theme and countdown bars.

use crate::browser::{dom, page, spawn, storage, stream};
use crate::ui::context::Theme;
use crate::ui::later::Load;
use crate::ui::look::Look;
use leptos::html::Div;
use leptos::prelude::*;
use leptos_router::location::State;
use std::time::Duration;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::KeyboardEvent;

/// Puts the focus on the first element that this selector finds.
pub fn focus(selector: &str) {
    dom::focus(None, selector);
}

/// The same for a field that is to be written in: not where that would bring a keyboard over half of the page.
pub fn focus_to_write(selector: &str) {
    if !page::touch() {
        focus(selector);
    }
}

/// Takes the focus from the element that this selector finds, if it has it.
pub fn blur(selector: &str) {
    if let Some(element) = dom::focused_in(selector) {
        // It is there and has the focus.
        drop(element.blur());
    }
}

/// Runs what can wait until the page was painted as it is then.
pub fn after_paint(run: impl FnOnce() + 'static) {
    let run: Box<dyn FnOnce()> = Box::new(run);
    // Refused only where there is no window.
    drop(request_animation_frame(move || drop(set_timeout(run, Duration::ZERO))));
}

/// Runs what can wait until the browser has nothing else to do. What it is about may be gone by then: whoever asks looks.
pub fn when_idle(run: impl FnOnce() + 'static) {
    /// How long that may take, where the browser does not say when it is so.
    const SOON: Duration = Duration::from_millis(200);
    /// And where it never is, in milliseconds.
    const AT_LAST: f64 = 1_000.0;
    let run: Box<dyn FnOnce()> = Box::new(run);
    let idle = js_sys::Reflect::get(&window(), &"requestIdleCallback".into());
    let Some(idle) = idle.ok().and_then(|idle| idle.dyn_into::<js_sys::Function>().ok()) else {
        return drop(set_timeout(run, SOON));
    };
    let options = js_sys::Object::new();
    // Refused only by what is frozen, and for functions that are none.
    drop(js_sys::Reflect::set(&options, &"timeout".into(), &AT_LAST.into()));
    drop(idle.call2(&window(), &Closure::once_into_js(run), &options));
}

/// Listens for the shortcuts: Ctrl K, Alt with an arrow, Escape. The first two lead away from where one is: not from under
/// a dialog, and not where they open what belongs to a field.
pub fn on_shortcuts(call: impl Fn(&'static str) + 'static) {
    let handle = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        if event.is_composing() || event.default_prevented() {
            return;
        }
        // Whatever is open above the page closes first.
        if event.key() == "Escape" && above() {
            return;
        }
        let control = event.ctrl_key() || event.meta_key();
        let shortcut = match event.key().as_str() {
            "k" | "K" if control && !event.alt_key() => "search",
            "ArrowDown" if event.alt_key() => "next",
            "ArrowUp" if event.alt_key() => "previous",
            "Escape" => "escape",
            _ => return,
        };
        if shortcut != "escape" {
            let at = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let own = "select, [type=date], [type=time]";
            if dom::finds("dialog[open]") || at.is_some_and(|at| at.closest(own).ok().flatten().is_some()) {
                return;
            }
            event.prevent_default();
        }
        call(shortcut);
    });
    on_cleanup(move || handle.remove());
}

/// Whether a dialog or a menu is open.
pub(super) fn above() -> bool {
    matches!(document().query_selector("dialog[open], :popover-open"), Ok(Some(_)))
}

/// Closes a menu after something in it was chosen.
pub fn hide_popover(id: &str) {
    let menu = document().get_element_by_id(id).and_then(|menu| menu.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(menu) = menu {
        // Refused only if it is closed already.
        drop(menu.hide_popover());
    }
}

/// Goes back in the history, if the entry before is one of ours. `false` if it may not be.
#[must_use]
pub fn go_back() -> bool {
    page::go_back()
}

/// What the history holds of this entry, for the address that takes its place.
#[must_use]
pub fn entry_state() -> State {
    State::new(Some(page::entry_state()))
}

/// Shows the page in these colours, now and at the next visit.
pub fn set_theme(theme: Theme) {
    page::set_cookie("theme", theme.as_str());
    page::set_root_attribute("data-theme", theme.as_str());
}

/// Shows the page in this density, accent and wallpaper, now and at the next visit.
pub fn set_look(look: Look) {
    page::set_cookie("look", &look.to_string());
    for (name, value) in look.attributes() {
        page::set_root_attribute(name, value);
    }
}

/// Speaks this language from now on: the server writes the page anew.
pub fn choose_language(tag: &str) {
    page::set_cookie("lang", tag);
    page::reload();
}

/// Listens for keys that are pressed by themselves, outside of fields and dialogs. Whoever is called says whether
/// the key meant something.
pub fn on_keys(call: impl Fn(&str) -> bool + 'static) {
    let handle = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let held = event.ctrl_key() || event.meta_key() || event.alt_key();
        if held || event.is_composing() || event.default_prevented() || event.repeat() {
            return;
        }
        let busy = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog";
        let at = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if at.is_some_and(|at| at.closest(busy).ok().flatten().is_some()) || dom::finds("dialog[open]") {
            return;
        }
        if call(&event.key()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether this selector finds anything in the page.
#[must_use]
pub fn is_there(selector: &str) -> bool {
    dom::finds(selector)
}

/// Presses the first button that this selector finds. `false` if there is none.
pub fn press(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    let button = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok());
    button.is_some_and(|button| {
        button.click();
        true
    })
}

/// Whether single keys mean nothing in this browser.
#[must_use]
pub fn keys_off() -> bool {
    storage::load("keys").is_some()
}

/// Chooses whether single keys mean nothing in this browser.
pub fn set_keys_off(off: bool) {
    if off {
        storage::keep("keys", "off");
    } else {
        storage::forget("keys");
    }
}

/// Says on the document, and to whoever measures, that the page answers from here on.
pub fn mark_alive() {
    page::set_root_attribute("data-alive", "");
    page::mark("switchboard:alive");
}

/// Says on the document, for its styles, whether a page is on its way.
pub fn set_busy(busy: bool) {
    page::set_root_attribute("data-busy", if busy { "page" } else { "" });
}

/// Loads a chunk, and says whether it is here.
pub fn load_chunk(load: Load, then: impl FnOnce(bool) + 'static) {
    let then: Box<dyn FnOnce(bool)> = Box::new(then);
    spawn(async move { then(load().await) });
}

/// Tries to connect at once.
pub fn try_now() {
    stream::nudge();
}

/// Sets how full a countdown's bar is, in thousandths.
pub fn set_life(bar: NodeRef<Div>, permille: i64) {
    if let Some(bar) = bar.get_untracked() {
        let style = web_sys::HtmlElement::style(&bar);
        // Refused only for a property that does not exist.
        drop(style.set_property("--life", &format!("{}", permille.clamp(0, 1000))));
    }
}
