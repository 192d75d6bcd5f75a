//! The chunks: parts of the client that are not in its first file, each with what it offers. How to add one
//! stands in ARCHITECTURE.md.

use super::client::Task;
use super::components::chat_menu::chat_menu;
use super::components::chat_search::chat_search;
use super::components::composer::{self, Suggest, Tool};
use super::components::date_jump::date_form;
use super::components::search_results::SearchResults;
use super::components::{Ask, NewChat, Part, ThreadPane, detail_pane, key_sheet, message};
use super::hooks::{ComposerState, host};
use super::later::{Page, chunk};
use super::pages::{DevicePage, DevicesPage, LoginPage, SandboxPage, SettingsPage, WelcomePage};
use super::prelude::*;
#[cfg(feature = "hydrate")]
use crate::i18n::{Locale, install};
use crate::model::{DeviceState, Picked, Tray};
use crate::protocol::{ChatId, MessageId};
use leptos::html;

/// Signing in, and what users set for themselves.
#[derive(Debug)]
pub struct Account {
    login: fn() -> AnyView,
    welcome: fn() -> AnyView,
    settings: fn() -> AnyView,
}

chunk! {
    /// Signing in, and what users set for themselves.
    account: Account = Account {
        login: || view! { <LoginPage/> }.into_any(),
        welcome: || view! { <WelcomePage/> }.into_any(),
        settings: || view! { <SettingsPage/> }.into_any(),
    }
}

/// The device that a composer sends by.
type OfDevice = Signal<Option<DeviceState>>;

/// What a composer has beside its field.
#[derive(Debug)]
pub struct Composer {
    pub menu: fn(RwSignal<Tray>, RwSignal<Option<Tool>>) -> AnyView,
    pub tool: fn(ComposerState, OfDevice, RwSignal<Option<Tool>>, Tool) -> AnyView,
    pub take: fn(RwSignal<Tray>, Vec<Picked>),
    pub tray: fn(ComposerState, RwSignal<Tray>) -> AnyView,
    pub uploads: fn(Client, ChatId) -> AnyView,
    /// Goes on with files that are on their way, of this page or of earlier ones.
    #[cfg(feature = "hydrate")]
    pub resume: fn(Client),
    pub voice: fn(ComposerState, RwSignal<bool>, RwSignal<bool>) -> AnyView,
    pub emoji: fn(ComposerState, NodeRef<html::Textarea>) -> AnyView,
    /// Choosing an emoji for something else than the field.
    pub emoji_for: fn(Callback<String>) -> AnyView,
    pub look: fn(Suggest),
    pub choose: fn(Suggest),
    pub offers: fn(Suggest) -> AnyView,
}

chunk! {
    /// What a composer has beside its field.
    composer: Composer = Composer {
        menu: composer::attach_menu,
        tool: composer::tool_dialog,
        take: composer::take,
        tray: composer::tray_dialog,
        uploads: composer::uploads_list,
        #[cfg(feature = "hydrate")]
        resume: host::resume_uploads,
        voice: composer::voice_bar,
        emoji: composer::emoji_panel,
        emoji_for: composer::emoji_for,
        look: composer::look_for_offers,
        choose: composer::choose_offer,
        offers: composer::offers_list,
    }
}

/// What stands beside a thread.
#[derive(Debug)]
pub struct Details {
    pub pane: fn(ChatId, Signal<Part>) -> AnyView,
}

chunk! {
    /// What stands beside a thread.
    details: Details = Details { pane: detail_pane }
}

/// The devices: all, and each.
#[derive(Debug)]
pub struct Devices {
    all: fn() -> AnyView,
    one: fn() -> AnyView,
}

chunk! {
    /// The devices: all, and each.
    devices: Devices = Devices {
        all: || view! { <DevicesPage/> }.into_any(),
        one: || view! { <DevicePage/> }.into_any(),
    }
}

/// Dialogs that open anywhere.
#[derive(Debug)]
pub struct Dialogs {
    pub new_chat: fn(Client, NodeRef<html::Dialog>) -> AnyView,
    /// Every key and what it does.
    pub keys: fn(NodeRef<html::Dialog>) -> AnyView,
}

chunk! {
    /// Dialogs that open anywhere.
    dialogs: Dialogs = Dialogs {
        new_chat: |client, dialog| view! { <NewChat client dialog/> }.into_any(),
        keys: key_sheet,
    }
}

/// Finding chats and messages, and what is done with a chat.
#[derive(Debug)]
pub struct Finding {
    pub results: fn(Client) -> AnyView,
    /// Looking for words in one chat.
    pub in_chat: fn(Client, ChatId) -> AnyView,
    pub menu: fn(Client, Ask) -> AnyView,
    /// What the menu asks before it does what cannot be taken back.
    pub question: fn(Ask) -> AnyView,
    pub date: fn(Client) -> AnyView,
    pub show_message: fn(Client, &MessageId),
}

chunk! {
    /// Finding chats and messages, and what is done with a chat.
    finding: Finding = Finding {
        results: |client| view! { <SearchResults client/> }.into_any(),
        in_chat: chat_search,
        menu: chat_menu,
        question: Ask::view,
        date: date_form,
        show_message: host::show_message,
    }
}

/// Other languages than English.
#[cfg(feature = "hydrate")]
#[derive(Debug)]
pub struct Languages {
    pub install: fn(Locale, &str),
}

#[cfg(feature = "hydrate")]
chunk! {
    /// Other languages than English.
    languages: Languages = Languages { install }
}

/// What is done with a message.
#[derive(Debug)]
pub struct Message {
    pub menu: fn(ComposerState) -> AnyView,
    pub task: fn(Client, Task, ChatId, bool) -> AnyView,
    pub viewer: fn(Client) -> AnyView,
}

chunk! {
    /// What is done with a message.
    message: Message = Message { menu: message::menu, task: message::task, viewer: message::viewer }
}

/// The sandbox.
#[derive(Debug)]
pub struct Sandbox {
    page: fn() -> AnyView,
}

chunk! {
    /// The sandbox.
    sandbox: Sandbox = Sandbox { page: || view! { <SandboxPage/> }.into_any() }
}

/// An open conversation.
#[derive(Debug)]
pub struct Thread {
    pub pane: fn(ChatId) -> AnyView,
}

chunk! {
    /// An open conversation.
    thread: Thread = Thread { pane: |id| view! { <ThreadPane id/> }.into_any() }
}

/// `/login`.
pub fn login_page() -> Page {
    Page { load: account().load, view: || later(account(), |account| (account.login)()) }
}

/// `/welcome`.
pub fn welcome_page() -> Page {
    Page { load: account().load, view: || later(account(), |account| (account.welcome)()) }
}

/// `/settings`.
pub fn settings_page() -> Page {
    Page { load: account().load, view: || later(account(), |account| (account.settings)()) }
}

/// `/devices`.
pub fn devices_page() -> Page {
    Page { load: devices().load, view: || later(devices(), |devices| (devices.all)()) }
}

/// `/devices/{deviceId}`.
pub fn device_page() -> Page {
    Page { load: devices().load, view: || later(devices(), |devices| (devices.one)()) }
}

/// `/sandbox`.
pub fn sandbox_page() -> Page {
    Page { load: sandbox().load, view: || later(sandbox(), |sandbox| (sandbox.page)()) }
}

/// Loads the chunk of this name. All stand here: what the server renders may hold any of them.
#[cfg(feature = "hydrate")]
#[must_use]
pub fn load_named(name: &str) -> Option<super::later::Load> {
    let all = [
        (account().name, account().load),
        (composer().name, composer().load),
        (details().name, details().load),
        (devices().name, devices().load),
        (dialogs().name, dialogs().load),
        (finding().name, finding().load),
        (message().name, message().load),
        (sandbox().name, sandbox().load),
        (thread().name, thread().load),
    ];
    all.into_iter().find(|(chunk, _)| *chunk == name).map(|(_, load)| load)
}
