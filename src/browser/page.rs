//! The page itself: whether it is looked at, its title, cookies, and leaving it.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, HtmlDocument, VisibilityState, Window};

/// A year, in seconds.
const YEAR: u32 = 31_536_000;

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// Whether somebody looks at the page: it is visible and its window has the focus.
#[must_use]
pub fn attended() -> bool {
    document().is_some_and(|document| {
        document.visibility_state() == VisibilityState::Visible && document.has_focus().unwrap_or(true)
    })
}

/// Whether the page is visible at all.
#[must_use]
pub fn visible() -> bool {
    document().is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

/// Whether the machine says that it has no network.
#[must_use]
pub fn offline() -> bool {
    web_sys::window().is_some_and(|window| !window.navigator().on_line())
}

/// Whether the pointer is a finger: then Enter makes a new line.
#[must_use]
pub fn touch() -> bool {
    let query = web_sys::window().and_then(|window| window.match_media("(pointer: coarse)").ok()?);
    query.is_some_and(|query| query.matches())
}

/// Whether its reader wants nothing to move by itself.
#[must_use]
pub fn calm() -> bool {
    let query =
        web_sys::window().and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok()?);
    query.is_some_and(|query| query.matches())
}

/// Whether there is too little room for the details beside the thread: as in `layout.css`.
#[must_use]
pub fn narrow() -> bool {
    let query = web_sys::window().and_then(|window| window.match_media("(width < 1100px)").ok()?);
    query.is_some_and(|query| query.matches())
}

/// Whether the page is a phone's, with one pane at a time: as in `layout.css`.
#[must_use]
pub fn phone() -> bool {
    let query = web_sys::window().and_then(|window| window.match_media("(width < 760px)").ok()?);
    query.is_some_and(|query| query.matches())
}

/// The height of the page, in pixels; 0 where there is no window.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of a page")]
pub fn height() -> usize {
    let height = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64());
    height.unwrap_or_default() as usize
}

/// What the history holds of this entry beside its address.
#[must_use]
pub fn entry_state() -> wasm_bindgen::JsValue {
    let history = web_sys::window().and_then(|window| window.history().ok());
    history.and_then(|history| history.state().ok()).unwrap_or(wasm_bindgen::JsValue::NULL)
}

/// Goes back in the history, unless this is the entry that a page began with (`start.js` marks it): the one before it may
/// be anybody's, or there may be none. `false` then.
#[must_use]
pub fn go_back() -> bool {
    let first = js_sys::Reflect::get(&entry_state(), &"first".into()).is_ok_and(|first| first.is_truthy());
    let history = web_sys::window().and_then(|window| window.history().ok());
    !first && history.is_some_and(|history| history.back().is_ok())
}

/// The name in the browser's tab.
pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// A cookie for our own pages, for a year.
pub fn set_cookie(name: &str, value: &str) {
    let Some(document) = document().and_then(|document| document.dyn_into::<HtmlDocument>().ok()) else {
        return;
    };
    // Refused only where cookies are off: the choice then lasts as long as the page.
    drop(document.set_cookie(&format!("{name}={value}; path=/; max-age={YEAR}; samesite=lax")));
    // Browsers write in the background. Who reads waits until it is written, and a page that is loaded next is of it.
    drop(document.cookie());
}

/// An attribute of the document's root, where the styles read the theme.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        drop(root.set_attribute(name, value));
    }
}

/// A mark in the browser's own record of times.
pub fn mark(name: &str) {
    if let Some(performance) = web_sys::window().and_then(|window| window.performance()) {
        // Refused only for names that are the browser's own.
        drop(performance.mark(name));
    }
}

/// What the document's root says of this.
#[must_use]
pub fn root_attribute(name: &str) -> Option<String> {
    document()?.document_element()?.get_attribute(name)
}

/// The language that the page is written in, as the document says.
#[must_use]
pub fn language() -> Option<String> {
    root_attribute("lang")
}

/// Where the page's texts are, if they are a file of their own.
#[must_use]
pub fn texts_address() -> Option<String> {
    document()?.get_element_by_id("texts")?.get_attribute("href")
}

/// Loads the page again.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        drop(window.location().reload());
    }
}

/// Puts a text on the clipboard. `None` where the browser has none for this page: over plain HTTP.
#[must_use]
pub fn copy(text: &str) -> Option<js_sys::Promise> {
    let navigator = web_sys::window()?.navigator();
    let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into()).ok()?;
    let write = js_sys::Reflect::get(&clipboard, &"writeText".into()).ok()?;
    let write = write.dyn_into::<js_sys::Function>().ok()?;
    write.call1(&clipboard, &text.into()).ok()?.dyn_into().ok()
}

/// Where this server is, as this browser reaches it: scheme, name and port.
#[must_use]
pub fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// Where the page is: the path of its address.
#[must_use]
pub fn path() -> String {
    web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
}

/// Leaves for another address, with a fresh load.
pub fn leave(path: &str) {
    if let Some(window) = web_sys::window() {
        drop(window.location().assign(path));
    }
}

/// The session has ended: signs in again, where that is said, and comes back here. Whoever is signed in all the same, as
/// somebody else perhaps, comes back at once.
pub fn sign_in_again() {
    let Some(location) = web_sys::window().map(|window| window.location()) else { return };
    let path = location.pathname().unwrap_or_default();
    if path != "/login" {
        let here = path + &location.search().unwrap_or_default();
        let next = String::from(js_sys::encode_uri_component(&here));
        leave(&format!("/login?next={next}&ended"));
    }
}

/// Has the browser ask whoever leaves the page whether they want to: `event` is that they do.
pub fn ask_before_leaving(event: &Event) {
    event.prevent_default();
    // Browsers of before 2024 go by this alone. Refused by none.
    drop(js_sys::Reflect::set(event, &"returnValue".into(), &true.into()));
}

/// Raises an event on the window, for scripts beside this client.
pub fn raise(name: &str, detail: &str) {
    raise_value(name, &js_sys::JSON::parse(detail).unwrap_or_default());
}

/// The same with a value that is passed on as it is.
pub fn raise_value(name: &str, detail: &wasm_bindgen::JsValue) {
    let init = web_sys::CustomEventInit::new();
    init.set_detail(detail);
    if let (Some(window), Ok(event)) =
        (web_sys::window(), web_sys::CustomEvent::new_with_event_init_dict(name, &init))
    {
        drop(window.dispatch_event(&event));
    }
}

/// Calls back for as long as the page lives, whenever one of these happens to the window.
pub fn on_window(names: &[&str], call: impl FnMut(Event) + 'static) {
    listen(web_sys::window().map(Window::unchecked_into), names, call);
}

/// The same, with the text that the event brings.
pub fn on_told(name: &str, mut call: impl FnMut(String) + 'static) {
    on_window(&[name], move |event| {
        let detail = event.dyn_ref::<web_sys::CustomEvent>().and_then(|event| event.detail().as_string());
        call(detail.unwrap_or_default());
    });
}

/// The same, for what happens to the document.
pub fn on_document(names: &[&str], call: impl FnMut(Event) + 'static) {
    listen(document().map(web_sys::Document::unchecked_into), names, call);
}

fn listen(target: Option<web_sys::EventTarget>, names: &[&str], call: impl FnMut(Event) + 'static) {
    let Some(target) = target else { return };
    let closure = Closure::<dyn FnMut(Event)>::new(call);
    for name in names {
        drop(target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref()));
    }
    // Listens as long as the page lives.
    closure.forget();
}
