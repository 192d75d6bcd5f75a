//! Messages from before the link, and how far they are.

use super::{Millis, read_name};
use serde::Serialize;

/// What a part of the history is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    /// The chats with their newest messages, right after the link.
    Initial,
    /// Older messages of the last months.
    Recent,
    /// Everything that the phone has.
    Full,
    /// What people call themselves.
    Names,
    /// Older messages of one chat, which were asked for.
    OnDemand,
    /// Something else that the phone tells.
    Other,
}

read_name!(HistoryKind {
    "initial" => Initial,
    "recent" => Recent,
    "full" => Full,
    "names" => Names,
    "on_demand" => OnDemand,
    "other" => Other,
});

impl HistoryKind {
    /// The spelling on the wire and in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Recent => "recent",
            Self::Full => "full",
            Self::Names => "names",
            Self::OnDemand => "on_demand",
            Self::Other => "other",
        }
    }

    /// The kind that is spelled so; what is not known is something else.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let all = [Self::Initial, Self::Recent, Self::Full, Self::Names, Self::OnDemand];
        all.into_iter().find(|kind| kind.as_str() == text).unwrap_or(Self::Other)
    }

    /// Whether such parts carry the messages that a link brings along, so that their progress is that of all.
    #[must_use]
    pub fn is_of_the_link(self) -> bool {
        matches!(self, Self::Initial | Self::Recent | Self::Full)
    }
}

/// How far the history of a device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryState {
    /// What came last; absent until something came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<HistoryKind>,
    /// How much of it is here, in percent, as the phone says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<u8>,
    /// Chats and messages that were kept. A chat that came in two parts counts twice.
    pub chats: u64,
    pub messages: u64,
    /// Messages that were not kept, because of the limits that are configured. They can be asked for chat by chat.
    pub left_out: u64,
    /// Parts that are here and not worked through yet.
    pub waiting: u64,
    /// Whether all that the phone wanted to send is here.
    pub finished: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Millis>,
}
