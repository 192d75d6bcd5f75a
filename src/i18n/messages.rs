//! The shape of a language's table, grouped by the part of the client that speaks.

use super::details::{AboutMessage, Details, Picker, Start};
use super::locale::more;
use super::messages_chats::{Chats, Composer, MessageTexts, Thread};
use super::messages_manage::{Alerts, Health, Hooks, Keys, Look, Manage, People, Quiet, Shortcuts};
use super::notice::Said;
use super::shapes::Shelf;
use super::trouble::FormError;
use super::writing::{Stickers, Viewing, Writing};
use crate::protocol::{
    CauseCode, DeviceStatus, FailureCode, MessageKind, MessageStatus, NextAction, ProblemCode,
};

/// A text.
pub type Text = &'static str;
/// A sentence around one word.
pub type With = fn(&str) -> String;
/// A sentence around two words.
pub type WithTwo = fn(&str, &str) -> String;
/// A sentence around a number.
pub type Count = fn(i64) -> String;

super::shapes::table! {
/// Everything that the client says in one language. What only its chunks say is found in the same way, as
/// `messages().settings`, and stands apart: nothing of the first file leads there.
#[derive(Debug)]
pub struct Messages {
    /// Whose table this is.
    pub shelf: Shelf,
    pub common: Common,
    pub shell: Shell,
    pub times: Times,
    pub kinds: Kinds,
    pub notices: Notices,
    pub connection: Connection,
    pub trouble: Trouble,
    pub chats: Chats,
    pub thread: Thread,
    pub message: MessageTexts,
    pub composer: Composer,
    pub writing: Writing,
    pub viewing: Viewing,
    pub devices: Devices,
    pub alerts: Alerts,
}
}

super::shapes::table! {
/// What only chunks say.
#[derive(Debug)]
pub struct More {
    pub about_message: AboutMessage,
    pub details: Details,
    pub picker: Picker,
    pub start: Start,
    pub stickers: Stickers,
    pub link: Link,
    pub sandbox: Sandbox,
    pub settings: Settings,
    pub sign_in: SignIn,
    pub manage: Manage,
    pub keys: Keys,
    pub hooks: Hooks,
    pub people: People,
    pub look: Look,
    pub shortcuts: Shortcuts,
    pub health: Health,
    pub quiet: Quiet,
}
}

impl std::ops::Deref for Messages {
    type Target = More;

    fn deref(&self) -> &More {
        more(self.shelf)
    }
}

super::shapes::texts! {
#[derive(Debug)]
pub struct Common {
    pub product: Text,
    pub cancel: Text,
    pub save: Text,
    pub back: Text,
    pub try_again: Text,
    pub discard: Text,
    pub details: Text,
    pub loading: Text,
    pub dismiss: Text,
    pub offline: Text,
}

#[derive(Debug)]
pub struct Shell {
    pub main: Text,
    pub skip: Text,
    pub chats: Text,
    pub devices: Text,
    pub sandbox: Text,
    pub settings: Text,
    pub unread: Count,
    pub device: WithTwo,
    pub not_found_title: Text,
    pub not_found_text: Text,
    pub trouble_title: Text,
    pub to_chats: Text,
    pub reload: Text,
    pub later_title: Text,
    pub later_text: Text,
}

#[derive(Debug)]
pub struct Times {
    pub today: Text,
    pub yesterday: Text,
    /// Monday first.
    pub weekdays: [Text; 7],
    /// January first.
    pub months: [Text; 12],
    /// Year, month (1 to 12), date: a day's heading, and short for lists.
    pub long_date: fn(i64, Text, i64) -> String,
    pub short_date: fn(i64, i64, i64) -> String,
}

#[derive(Debug)]
pub struct Kinds {
    pub name: fn(MessageKind) -> Text,
    pub status: fn(MessageStatus) -> Text,
    /// What a call's notice says, by its code.
    pub call: fn(&str) -> Option<Text>,
    /// What a thread shows of a message that this version cannot show.
    pub unshown: With,
}

/// Notices of WhatsApp itself; [`Messages::notice`] puts the names in.
#[derive(Debug)]
pub struct Notices {
    pub you: Text,
    /// Who is not named.
    pub somebody: Text,
    /// Several names in a row.
    pub and: fn(&[String]) -> String,
    pub say: fn(&Said<'_>) -> String,
}

#[derive(Debug)]
pub struct Connection {
    pub lost: Text,
    pub offline: Text,
    /// What is shown is of an earlier visit.
    pub kept: Text,
    pub catching_up: Text,
    /// Seconds until the next attempt.
    pub retry_in: Count,
    pub retrying: Text,
    pub try_now: Text,
    pub queued: Count,
}

/// What kind of thing went wrong: what is said of it is for [`Messages::told_problem`] and its like.
#[derive(Debug)]
pub struct Trouble {
    pub problem: fn(ProblemCode) -> Text,
    /// Why a message was not sent.
    pub failure: fn(FailureCode) -> Text,
}

#[derive(Debug)]
pub struct Devices {
    pub title: Text,
    pub lead: Text,
    pub add: Text,
    pub add_title: Text,
    pub add_text: Text,
    pub name: Text,
    pub name_hint: Text,
    pub create: Text,
    pub empty_title: Text,
    pub empty_text: Text,
    pub status: fn(DeviceStatus) -> Text,
    pub status_text: fn(DeviceStatus) -> Text,
    pub cause: fn(CauseCode) -> Text,
    pub next: fn(NextAction) -> Text,
    pub retry_in: Count,
    pub connect: Text,
    pub show_code: Text,
    pub relink: Text,
    pub restart: Text,
    pub disconnect: Text,
    pub log_out: Text,
    pub rename: Text,
    pub delete: Text,
    pub open_chats: Text,
    pub since: Text,
    /// How much of the past is here, in percent.
    pub history: Count,
    pub added: Text,
    pub number: Text,
    pub account: Text,
    pub not_linked: Text,
    pub actions: With,
    pub rename_title: With,
    pub delete_title: With,
    pub delete_text: Text,
    pub delete_confirm: Text,
    pub log_out_title: With,
    pub log_out_text: Text,
    pub log_out_confirm: Text,
    pub missing_title: Text,
    pub missing_text: Text,
    pub back: Text,
}

#[derive(Debug)]
pub struct Link {
    pub title: With,
    pub steps: Text,
    pub scan: Text,
    pub connecting: Text,
    pub ready: Text,
    pub open_app: [Text; 3],
    pub menu: Text,
    pub point: Text,
    pub code_for: With,
    pub new_code_in: Count,
    pub valid_for: Count,
    pub getting: Text,
    pub expired_title: Text,
    pub expired_text: Text,
    pub new_codes: Text,
    pub use_number: Text,
    pub use_qr: Text,
    pub number_label: Text,
    pub number_help: Text,
    pub get_code: Text,
    pub enter_code: Text,
    pub enter_menu: Text,
    pub code_expired: Text,
    pub sandbox_scan: Text,
    pub sandbox_choose: Text,
    pub sandbox_none: Text,
    pub connecting_title: Text,
    pub connecting_text: Text,
    pub done_title: Text,
    pub done_text: With,
    pub to_chats: Text,
    pub idle_text: Text,
    pub start: Text,
    pub new_code_announce: Text,
}

#[derive(Debug)]
pub struct Sandbox {
    pub title: Text,
    pub lead: Text,
    pub phones: Text,
    pub hold: With,
    pub new_phone: Text,
    pub phone_name: Text,
    pub phone_number: Text,
    pub phone_number_help: Text,
    pub add_phone: Text,
    pub answers: Text,
    pub screen: With,
    pub chats: Text,
    pub no_chats: Text,
    pub no_chats_text: Text,
    pub no_messages: Text,
    pub new_message: Text,
    pub to_number: Text,
    pub write: Text,
    pub typing: Text,
    pub link: Text,
    pub link_lead: Text,
    pub link_none: Text,
    pub scan: With,
    pub enter_code: Text,
    pub code: Text,
    pub link_with_code: Text,
    pub linked_none: Text,
    pub unlink: Text,
    pub linked_now: With,
    pub faults: Text,
    pub faults_lead: Text,
    pub all_devices: Text,
    pub device: Text,
    pub fault_name: fn(&str) -> Option<Text>,
    pub fault_text: fn(&str) -> Text,
    pub duration: Text,
    pub delay: Text,
    pub start_fault: Text,
    pub clear_faults: Text,
    pub active_faults: Text,
    pub hint: Text,
    pub hint_link: Text,
    pub failed: Text,
    pub gone_title: Text,
    pub gone_text: Text,
}

#[derive(Debug)]
pub struct Settings {
    pub title: Text,
    pub profile: Text,
    pub workspace: Text,
    pub saved: Text,
    pub appearance: Text,
    pub theme: Text,
    pub auto: Text,
    pub light: Text,
    pub dark: Text,
    pub auto_text: Text,
    pub network: Text,
    pub network_sandbox: Text,
    pub network_sandbox_text: Text,
    pub network_whatsapp: Text,
    pub network_whatsapp_text: Text,
    pub integrate_text: Text,
    pub docs: Text,
    pub session: Text,
    pub sign_out: Text,
    pub sign_out_text: Text,
    pub unsent: Count,
}

#[derive(Debug)]
pub struct SignIn {
    pub title: Text,
    pub lead: Text,
    pub email: Text,
    pub password: Text,
    pub submit: Text,
    pub submit_as: With,
    /// Who is signed in already, where somebody else follows a link.
    pub signed_in_as: With,
    pub ended: Text,
    pub sandbox: Text,
    pub sandbox_text: Text,
    pub help: Text,
    pub wrong: fn(FormError) -> Text,
    /// Seconds until it may be tried again.
    pub wait: Count,
    pub welcome_title: Text,
    pub welcome_lead: Text,
    pub name: Text,
    pub password_help: Text,
    pub new_password: Text,
    pub new_password_help: Text,
    pub insecure: Text,
    pub begin: Text,
    pub foot: Text,
}
}
