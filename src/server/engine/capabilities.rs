//! What each engine can do: one table, from which the API, the documentation and every refusal are made.
//!
//! Whoever adds an operation adds its row here; whoever makes an engine do it turns its cell.

use std::fmt::Write as _;

#[cfg(test)]
mod proofs;

/// One kind of connection to WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// A linked device of somebody's phone.
    Linked,
    /// A number at Meta's Cloud API. Nothing opens one yet: the column says what such a number can do at all.
    Cloud,
}

impl EngineKind {
    /// The spelling in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Cloud => "cloud",
        }
    }
}

/// Whether an engine does something; if not, why, in one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    Yes,
    No(&'static str),
}

use Support::{No, Yes};

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident $spelled:literal, $title:literal, $route:expr, $linked:expr, $cloud:expr;)*) => {
        /// What can be asked of a device, or learned through it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Operation { $($(#[$doc])* $name,)* }

        /// Every operation, in the order in which they are shown.
        pub const CAPABILITIES: &[Capability] = &[$(Capability {
            operation: Operation::$name, name: $spelled, title: $title, route: $route, linked: $linked, cloud: $cloud,
        },)*];
    };
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Capability {
    pub operation: Operation,
    /// The spelling in the API.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// The method and path of the REST route that does it; `None` where there is none.
    pub route: Option<(&'static str, &'static str)>,
    linked: Support,
    cloud: Support,
}

impl Capability {
    /// Whether this engine does it.
    #[must_use]
    pub fn of(&self, engine: EngineKind) -> Support {
        match engine {
            EngineKind::Linked => self.linked,
            EngineKind::Cloud => self.cloud,
        }
    }
}

const NO_PHONE: Support = No("A number at the Cloud API is registered with Meta; there is no phone to link.");
const NO_BOOK: Support = No("The Cloud API has no address book and shows no pictures.");
const NO_LIST: Support = No("The Cloud API keeps no list of chats.");
const NO_GROUPS: Support =
    No("This version does not do it yet: groups of the Cloud API are others than those of phones.");
const NO_SESSION: Support = No("The Cloud API keeps no connection that could be watched.");
const NO_OTHERS: Support = No("A number at the Cloud API has no other devices that would see it.");
const NOT_YET: Support = No("This version does not do it yet.");

operations! {
    LinkByQr "link_by_qr", "Link by scanning a code", Some(("GET", "/api/v1/devices/{device}/qr")), Yes, NO_PHONE;
    LinkByCode "link_by_code", "Link by typing a code into the phone", Some(("POST", "/api/v1/devices/{device}/pairing-code")), Yes, NO_PHONE;
    Connect "connect", "Connect and disconnect", Some(("POST", "/api/v1/devices/{device}/connect")), Yes, NO_SESSION;
    LogOut "log_out", "End the link", Some(("POST", "/api/v1/devices/{device}/logout")), Yes, NO_PHONE;
    History "history", "Read what was written before the link", Some(("GET", "/api/v1/chats/{chat}/messages")), Yes, No("The Cloud API gives no messages from before the number was registered.");
    OlderMessages "older_messages", "Ask the phone for older messages of a chat", Some(("POST", "/api/v1/chats/{chat}/history")), Yes, No("The Cloud API gives no messages from before the number was registered.");
    SendText "send_text", "Send a text", Some(("POST", "/api/v1/chats/{chat}/messages")), Yes, Yes;
    SendMedia "send_media", "Send pictures, videos, audio, documents and stickers", Some(("POST", "/api/v1/chats/{chat}/messages")), Yes, NOT_YET;
    ReceiveMedia "receive_media", "Fetch the files that came with messages", Some(("GET", "/api/v1/media/{media}/content")), Yes, NOT_YET;
    SendLocation "send_location", "Send a place", Some(("POST", "/api/v1/chats/{chat}/messages")), Yes, NOT_YET;
    SendContact "send_contact", "Send contact cards", Some(("POST", "/api/v1/chats/{chat}/messages")), Yes, NOT_YET;
    SendPoll "send_poll", "Send a poll", Some(("POST", "/api/v1/chats/{chat}/messages")), Yes, No("The Cloud API knows no polls.");
    Vote "vote", "Vote in a poll", Some(("PUT", "/api/v1/messages/{message}/vote")), Yes, No("The Cloud API knows no polls.");
    Forward "forward_message", "Pass a message on", Some(("POST", "/api/v1/messages/{message}/forward")), Yes, NOT_YET;
    React "react", "React to a message", Some(("PUT", "/api/v1/messages/{message}/reaction")), Yes, NOT_YET;
    Edit "edit_message", "Change a message that was sent", Some(("PATCH", "/api/v1/messages/{message}")), Yes, No("The Cloud API changes no message that was sent.");
    Revoke "revoke_message", "Take a message back for everybody", Some(("DELETE", "/api/v1/messages/{message}")), Yes, No("The Cloud API takes no message back.");
    PinMessage "pin_message", "Pin a message in its chat", Some(("PUT", "/api/v1/messages/{message}/pin")), Yes, No("The Cloud API pins no messages.");
    Star "star_message", "Mark a message with a star", Some(("PUT", "/api/v1/messages/{message}/star")), Yes, NO_OTHERS;
    DeleteForMe "delete_message_for_me", "Delete a message for this account alone", Some(("DELETE", "/api/v1/messages/{message}")), Yes, NO_OTHERS;
    Disappear "disappearing_messages", "Let messages of a chat disappear", Some(("PATCH", "/api/v1/chats/{chat}")), Yes, No("The Cloud API lets no messages disappear.");
    SendTemplate "send_template", "Send an approved template", None, No("Templates belong to numbers at the Cloud API."), NOT_YET;
    Retry "retry_message", "Send a failed message again", Some(("POST", "/api/v1/messages/{message}/retry")), Yes, Yes;
    MarkRead "mark_read", "Mark as read", Some(("POST", "/api/v1/chats/{chat}/read")), Yes, Yes;
    MarkPlayed "mark_played", "Tell that a voice note was listened to", Some(("POST", "/api/v1/messages/{message}/played")), Yes, No("The Cloud API tells nobody that audio was listened to.");
    Typing "typing", "Show that somebody types", Some(("POST", "/api/v1/chats/{chat}/typing")), Yes, NOT_YET;
    Presence "presence", "See who is online or types", Some(("PUT", "/api/v1/chats/{chat}/presence-subscription")), Yes, No("The Cloud API does not tell who is online or types.");
    SetPresence "set_presence", "Be shown as online, or not", Some(("PUT", "/api/v1/devices/{device}/presence")), Yes, NO_SESSION;
    Receipts "receipts", "See what was delivered and read", Some(("GET", "/api/v1/messages/{message}")), Yes, Yes;
    Trace "trace", "See the way of a message", Some(("GET", "/api/v1/messages/{message}/trace")), Yes, Yes;
    IncomingCalls "incoming_calls", "See calls that come in, and those that were missed", Some(("GET", "/api/v1/chats/{chat}/messages")), Yes, NOT_YET;
    ArchiveChat "archive_chat", "Archive chats", Some(("POST", "/api/v1/chats/{chat}/archive")), Yes, NO_LIST;
    PinChat "pin_chat", "Keep chats at the top of the list", Some(("POST", "/api/v1/chats/{chat}/pin")), Yes, NO_LIST;
    MuteChat "mute_chat", "Mute chats", Some(("POST", "/api/v1/chats/{chat}/mute")), Yes, NO_LIST;
    MarkUnread "mark_unread", "Mark chats as unread", Some(("POST", "/api/v1/chats/{chat}/unread")), Yes, NO_LIST;
    ClearChat "clear_chat", "Remove the messages of a chat for this account", Some(("POST", "/api/v1/chats/{chat}/clear")), Yes, NO_LIST;
    DeleteChat "delete_chat", "Delete a chat for this account", Some(("DELETE", "/api/v1/chats/{chat}")), Yes, NO_LIST;
    CheckNumbers "check_numbers", "Look up which numbers are on WhatsApp", Some(("POST", "/api/v1/devices/{device}/numbers/check")), Yes, No("The Cloud API cannot be asked whether a number is on WhatsApp.");
    FindNumber "find_number", "Open a chat with a number that is not known yet", Some(("POST", "/api/v1/devices/{device}/chats/{chat}/messages")), Yes, No("The Cloud API cannot be asked whether a number is on WhatsApp.");
    Groups "groups", "Read and write in groups", Some(("GET", "/api/v1/chats")), Yes, NOT_YET;
    CreateGroup "create_group", "Make groups", Some(("POST", "/api/v1/devices/{device}/groups")), Yes, NO_GROUPS;
    GroupMembers "group_members", "Add people to a group and remove them", Some(("POST", "/api/v1/devices/{device}/groups/{chat}/members")), Yes, NO_GROUPS;
    GroupRoles "group_roles", "Make members administrators, and no longer", Some(("POST", "/api/v1/devices/{device}/groups/{chat}/members")), Yes, NO_GROUPS;
    GroupSettings "group_settings", "Change a group's subject, description and settings", Some(("PATCH", "/api/v1/devices/{device}/groups/{chat}")), Yes, NO_GROUPS;
    GroupInvite "group_invite", "Invite people to a group by a link", Some(("GET", "/api/v1/devices/{device}/groups/{chat}/invite")), Yes, NO_GROUPS;
    JoinGroup "join_group", "Join a group by its link", Some(("POST", "/api/v1/devices/{device}/groups/join")), Yes, NO_GROUPS;
    LeaveGroup "leave_group", "Leave a group", Some(("POST", "/api/v1/devices/{device}/groups/{chat}/leave")), Yes, NO_GROUPS;
    GroupPicture "group_picture", "Give a group a picture", Some(("PUT", "/api/v1/devices/{device}/groups/{chat}/picture")), Yes, NOT_YET;
    GroupRequests "group_requests", "Let people into a group", Some(("POST", "/api/v1/devices/{device}/groups/{chat}/requests")), Yes, NOT_YET;
    Profile "profile", "Change the account's name, about and picture", Some(("PATCH", "/api/v1/devices/{device}/profile")), Yes, NOT_YET;
    Labels "labels", "Label chats", Some(("PUT", "/api/v1/chats/{chat}/labels/{label}")), Yes, No("The Cloud API knows no labels.");
    Drafts "drafts", "Keep what was begun to be written", Some(("PUT", "/api/v1/chats/{chat}/draft")), Yes, Yes;
    Contacts "contacts", "Read the phone's address book", Some(("GET", "/api/v1/devices/{device}/contacts")), Yes, NO_BOOK;
    SaveContact "save_contact", "Save people in the phone's address book", Some(("PUT", "/api/v1/devices/{device}/contacts/{contact}")), Yes, NO_BOOK;
    BlockContact "block_contact", "Block people", Some(("POST", "/api/v1/devices/{device}/contacts/{contact}/block")), Yes, NOT_YET;
    About "about", "See what people say about themselves", Some(("GET", "/api/v1/devices/{device}/contacts/{contact}/about")), Yes, No("The Cloud API does not tell what people say about themselves.");
    Pictures "pictures", "Show pictures of people and groups", Some(("GET", "/api/v1/pictures/{hash}")), Yes, NO_BOOK;
    Search "search", "Find messages by their words", Some(("GET", "/api/v1/search")), Yes, Yes;
    Export "export", "Take messages away as a file", Some(("GET", "/api/v1/chats/{chat}/export")), Yes, Yes;
    RejectCall "reject_call", "Decline a call that rings", Some(("POST", "/api/v1/messages/{message}/reject")), Yes, NOT_YET;
    Calls "calls", "Make and take calls", None, No("A linked device of this kind has no voice."), NOT_YET;
}

/// Whether an engine does this.
#[must_use]
pub fn support(operation: Operation, engine: EngineKind) -> Support {
    let row = CAPABILITIES.iter().find(|row| row.operation == operation);
    row.map_or(NOT_YET, |row| row.of(engine))
}

/// The page of the documentation.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# What a device can do\n\n\
         It depends on what connects it to WhatsApp: `linked` is a linked device of somebody's phone, `cloud` a number at\n\
         Meta's Cloud API, which no device of this version is. `GET /api/v1/devices/{device}/capabilities` tells it of one\n\
         device. What its engine does not do is answered 501 `not_supported`, with the reason.\n\n\
         This page is made of the table in `src/server/engine/capabilities.rs`.\n\n\
         | operation | | linked | cloud | route |\n|---|---|---|---|---|\n",
    );
    for row in CAPABILITIES {
        let cell = |engine| match row.of(engine) {
            Yes => "yes".to_owned(),
            No(why) => format!("no: {why}"),
        };
        let route = row.route.map_or_else(String::new, |(method, path)| format!("`{method} {path}`"));
        let (linked, cloud) = (cell(EngineKind::Linked), cell(EngineKind::Cloud));
        // Writing into a String cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {linked} | {cloud} | {route} |", row.name, row.title);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_one_name_and_what_is_done_has_a_route() {
        for (at, row) in CAPABILITIES.iter().enumerate() {
            assert!(CAPABILITIES[..at].iter().all(|other| other.name != row.name), "{}", row.name);
            let done = [EngineKind::Linked, EngineKind::Cloud].iter().any(|engine| row.of(*engine) == Yes);
            assert_eq!(done, row.route.is_some(), "{}", row.name);
        }
    }

    /// `SWITCHBOARD_BLESS=1` writes the page anew.
    #[test]
    fn the_page_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/capabilities.md");
        if std::env::var_os("SWITCHBOARD_BLESS").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            kept,
            page(),
            "docs/capabilities.md is not up to date: run this test with SWITCHBOARD_BLESS=1"
        );
    }
}
