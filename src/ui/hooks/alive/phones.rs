//! The sandbox's control surface, for the phone on the screen.

use crate::browser::hints::Hints;
use crate::browser::http;
use crate::browser::spawn;
use crate::model::sandbox::{Fault, Hint, Items, Phone, PhoneChat, PhoneMessage};
use crate::protocol::{Problem, decode};
use gloo_net::http::Method;
use std::cell::RefCell;

const ROOT: &str = "/api/v1/sandbox";

fn fetch<T: serde::de::DeserializeOwned + 'static>(
    path: String,
    then: impl FnOnce(Result<T, Problem>) + 'static,
) {
    spawn(async move { then(http::get::<T>(&path).await) });
}

/// The phones of the network.
pub fn phone_phones(then: impl FnOnce(Result<Vec<Phone>, Problem>) + 'static) {
    fetch::<Items<Phone>>(format!("{ROOT}/phones"), |list| then(list.map(|list| list.items)));
}

/// A phone's conversations.
pub fn phone_chats(number: &str, then: impl FnOnce(Result<Vec<PhoneChat>, Problem>) + 'static) {
    fetch::<Items<PhoneChat>>(format!("{ROOT}/phones/{number}/chats"), |list| {
        then(list.map(|list| list.items))
    });
}

/// What a phone holds.
pub fn phone_messages(number: &str, then: impl FnOnce(Result<Vec<PhoneMessage>, Problem>) + 'static) {
    let path = format!("{ROOT}/phones/{number}/messages");
    fetch::<Items<PhoneMessage>>(path, |list| then(list.map(|list| list.items)));
}

/// The faults that are in force.
pub fn phone_faults(then: impl FnOnce(Result<Vec<Fault>, Problem>) + 'static) {
    fetch::<Items<Fault>>(format!("{ROOT}/faults"), |list| then(list.map(|list| list.items)));
}

/// Does something: a path below the surface, with a body, or a removal without one.
pub fn phone_act(
    path: &str,
    body: Option<serde_json::Value>,
    then: impl FnOnce(Result<(), Problem>) + 'static,
) {
    let path = format!("{ROOT}{path}");
    spawn(async move {
        let method = if body.is_some() { Method::POST } else { Method::DELETE };
        then(http::act(method, &path, body.map(|body| body.to_string())).await);
    });
}

thread_local! {
    /// One phone is held at a time.
    static LISTENING: RefCell<Option<Hints>> = const { RefCell::new(None) };
}

/// Listens for what happens to a phone, and no longer to the one before.
pub fn phone_listen(number: &str, hint: impl Fn(Hint) + 'static) {
    let hints = Hints::open(&format!("{ROOT}/stream?phone={number}"), move |text| {
        if let Ok(heard) = decode(&text) {
            hint(heard);
        }
    });
    LISTENING.set(hints);
}

/// Listens to no phone any more.
pub fn phone_hang_up() {
    LISTENING.set(None);
}
