//! The phone on the screen: which one is held, what is on it, and what it does.

use super::host;
use crate::model::sandbox::{Fault, Hint, Phone, PhoneChat, PhoneMessage, address, belongs_to};
use crate::protocol::{DeviceId, Millis, Problem};
use crate::ui::client::{Client, Load, Tone, words};
use crate::ui::prelude::react;
use leptos::prelude::*;
use serde_json::json;
use std::time::Duration;

/// How often the other side is told that somebody types on the phone.
const TYPING_REPEAT: Millis = 3_000;
/// How long somebody is shown as typing on the phone.
const TYPING_LIFE: Duration = Duration::from_secs(10);

/// What the phone's screen shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PhoneScreen {
    #[default]
    Chats,
    /// Writing to a number that there is no conversation with yet.
    New,
    /// A conversation: its JID and its name.
    Thread { jid: String, name: String },
}

/// The sandbox as the page shows it.
#[derive(Clone, Copy)]
pub struct SandboxState {
    client: Client,
    pub phones: RwSignal<Vec<Phone>>,
    pub load: RwSignal<Load>,
    /// The phone that is held: its number.
    pub held: RwSignal<Option<String>>,
    pub screen: RwSignal<PhoneScreen>,
    pub chats: RwSignal<Vec<PhoneChat>>,
    pub messages: RwSignal<Vec<PhoneMessage>>,
    /// Who types to the held phone, as an address.
    pub typing: RwSignal<Option<String>>,
    pub faults: RwSignal<Vec<Fault>>,
    typing_said: StoredValue<Millis>,
}

/// The sandbox's state; everything is fetched once the page is alive.
#[must_use]
pub fn use_sandbox(client: Client) -> SandboxState {
    let state = SandboxState {
        client,
        phones: RwSignal::default(),
        load: RwSignal::new(Load::Loading),
        held: RwSignal::default(),
        screen: RwSignal::default(),
        chats: RwSignal::default(),
        messages: RwSignal::default(),
        typing: RwSignal::default(),
        faults: RwSignal::default(),
        typing_said: StoredValue::new(0),
    };
    react(move |_| {
        state.fetch_phones();
        state.fetch_faults();
    });
    on_cleanup(host::phone_hang_up);
    state
}

impl SandboxState {
    /// Whether phones may be made to do something: what a phone does, its person does. Else they are looked at.
    #[must_use]
    pub fn acts(&self) -> bool {
        self.client.may_send()
    }

    /// The phone that is held.
    #[must_use]
    pub fn phone(&self) -> Option<Phone> {
        let number = self.held.get()?;
        self.phones.with(|phones| phones.iter().find(|phone| phone.number == number).cloned())
    }

    /// Takes this phone into the hand.
    pub fn hold(&self, number: String) {
        let state = *self;
        self.screen.set(PhoneScreen::Chats);
        self.chats.set(Vec::new());
        self.messages.set(Vec::new());
        self.typing.set(None);
        host::phone_listen(&number, move |hint| state.hinted(&hint));
        self.held.set(Some(number));
        self.refresh();
    }

    /// Opens a conversation of the phone, and reads it.
    pub fn open(&self, jid: String, name: String) {
        self.screen.set(PhoneScreen::Thread { jid: jid.clone(), name });
        self.read(&jid);
    }

    /// The messages of the conversation on the screen.
    #[must_use]
    pub fn conversation(&self) -> Vec<PhoneMessage> {
        let PhoneScreen::Thread { jid, .. } = self.screen.get() else { return Vec::new() };
        self.messages.with(|all| all.iter().filter(|message| belongs_to(message, &jid)).cloned().collect())
    }

    /// Writes from the phone.
    pub fn write(&self, to: &str, text: String) {
        self.act("messages", json!({ "to": to, "text": text }));
        self.typing_said.set_value(0);
    }

    /// Says that somebody types on the phone, now and then.
    pub fn types(&self, to: &str) {
        let now = host::now();
        if now - self.typing_said.get_value() >= TYPING_REPEAT {
            self.typing_said.set_value(now);
            self.act("typing", json!({ "to": to, "state": "composing" }));
        }
    }

    /// Links a device to the held phone: by the code that it shows, or by a pairing code.
    pub fn link(&self, code: Result<String, String>, device: String) {
        let body = match code {
            Ok(qr) => json!({ "qr": qr }),
            Err(code) => json!({ "code": code }),
        };
        let Some(number) = self.held.get_untracked() else { return };
        let client = self.client;
        host::phone_act(&format!("/phones/{number}/scan"), Some(body), move |done| match done {
            Ok(()) => client.toast(Tone::Good, (words().sandbox.linked_now)(&device)),
            Err(problem) => client.toast(Tone::Bad, problem.detail),
        });
    }

    /// Ends the link of a device, on the phone.
    pub fn unlink(&self, device: &DeviceId) {
        self.act("unlink", json!({ "deviceId": device }));
    }

    /// Adds a phone to the network and takes it into the hand.
    pub fn add_phone(&self, name: &str, number: &str) {
        let mut body = json!({ "name": name });
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        if let (false, Some(body)) = (digits.is_empty(), body.as_object_mut()) {
            body.insert("number".to_owned(), json!(digits));
        }
        let state = *self;
        host::phone_act("/phones", Some(body), move |done| match done {
            Ok(()) => state.fetch_phones(),
            Err(problem) => state.client.toast(Tone::Bad, problem.detail),
        });
    }

    /// Begins a fault.
    pub fn fault(&self, body: serde_json::Value) {
        let state = *self;
        host::phone_act("/faults", Some(body), move |done| state.after(done));
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        let state = *self;
        host::phone_act("/faults", None, move |done| state.after(done));
    }

    fn after(&self, done: Result<(), Problem>) {
        if let Err(problem) = done {
            self.client.toast(Tone::Bad, problem.detail);
        }
        self.fetch_faults();
    }

    fn act(&self, what: &str, body: serde_json::Value) {
        let Some(number) = self.held.get_untracked() else { return };
        let state = *self;
        host::phone_act(&format!("/phones/{number}/{what}"), Some(body), move |done| {
            if let Err(problem) = done {
                state.client.toast(Tone::Bad, problem.detail);
            }
            state.refresh();
        });
    }

    fn read(&self, jid: &str) {
        let unread =
            self.chats.with_untracked(|chats| chats.iter().any(|chat| chat.jid == jid && chat.unread > 0));
        if unread && self.acts() {
            self.act("read", json!({ "chat": jid }));
        }
    }

    fn hinted(&self, hint: &Hint) {
        if hint.kind == "typing" {
            let from = hint.from.as_deref().map(|from| address(from).to_owned());
            let typing = from.filter(|_| hint.state.as_deref() != Some("paused"));
            if typing.is_some() {
                let shown = self.typing;
                // A sign of typing that is not repeated fades.
                set_timeout_or_not(
                    move || {
                        shown.try_set(None);
                    },
                    TYPING_LIFE,
                );
            }
            self.typing.set(typing);
            return;
        }
        if hint.kind == "message" {
            self.typing.set(None);
        }
        self.refresh();
    }

    fn refresh(&self) {
        let Some(number) = self.held.get_untracked() else { return };
        let state = *self;
        let of = number.clone();
        host::phone_chats(&number, move |chats| {
            if state.still(&of)
                && let Ok(chats) = chats
            {
                state.chats.set(chats);
                if let Some(PhoneScreen::Thread { jid, .. }) = state.screen.try_get_untracked() {
                    state.read(&jid);
                }
            }
        });
        let of = number.clone();
        host::phone_messages(&number, move |messages| {
            if state.still(&of)
                && let Ok(messages) = messages
            {
                state.messages.set(messages);
            }
        });
    }

    /// Whether an answer that comes now is still about the phone in the hand.
    fn still(&self, number: &str) -> bool {
        self.held.try_get_untracked().flatten().as_deref() == Some(number)
    }

    /// Fetches the phones; the newest one is taken into the hand if it was just added, else the first.
    pub fn fetch_phones(&self) {
        let state = *self;
        host::phone_phones(move |phones| match phones {
            Ok(phones) => {
                let known = state.phones.try_get_untracked().unwrap_or_default();
                let added = phones.iter().find(|phone| !known.is_empty() && !known.contains(phone)).cloned();
                let first = phones.first().cloned();
                if state.phones.try_set(phones).is_some() {
                    return;
                }
                state.load.set(Load::Idle);
                let next = added.or(first.filter(|_| state.held.get_untracked().is_none()));
                if let Some(phone) = next {
                    state.hold(phone.number);
                }
            }
            Err(_) => {
                state.load.try_set(Load::Failed);
            }
        });
    }

    fn fetch_faults(&self) {
        let faults = self.faults;
        host::phone_faults(move |list| {
            if let Ok(list) = list {
                faults.try_set(list);
            }
        });
    }
}

fn set_timeout_or_not(call: impl FnOnce() + 'static, after: Duration) {
    // Without a timer the sign stays until the next message.
    drop(set_timeout(call, after));
}
