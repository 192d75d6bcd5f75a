//! What happened in groups: notices that phones keep, and tell to devices that are linked later.

use crate::protocol::Millis;
use crate::server::sandbox::wire::stanza::{attr, attr_is, attr_jid, child, child_bytes, children};
use crate::server::storage::{StorageError, Store, Tx, query};
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::Enumeration as _;
use whatsapp_rust::waproto::whatsapp::web_message_info::StubType as Stub;

/// Something that happened in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub id: String,
    /// Digits of who did it.
    pub who: String,
    pub at: Millis,
    pub stub: Stub,
    pub parameters: Vec<String>,
}

impl Notice {
    /// What the notice that devices get says, in the words of a phone's history; `None` for what no history has.
    #[must_use]
    pub fn of(what: &Node, id: String, who: String, at: Millis) -> Option<Self> {
        let people = || {
            let people = children(what).iter().filter_map(|part| attr_jid(part, "jid"));
            people.map(|jid| jid.to_string()).collect::<Vec<_>>()
        };
        let on = |on: bool| vec![if on { "on" } else { "off" }.to_owned()];
        let alone =
            |people: &[String]| people.len() == 1 && people[0].split('@').next() == Some(who.as_str());
        let (stub, parameters) = match what.tag.as_ref() {
            "create" => {
                let subject = child(what, "group").and_then(|group| attr(group, "subject"));
                (Stub::GROUP_CREATE, subject.into_iter().collect())
            }
            "subject" => (Stub::GROUP_CHANGE_SUBJECT, attr(what, "subject").into_iter().collect()),
            "description" => {
                let text = child_bytes(what, "body").map(|text| String::from_utf8_lossy(&text).into_owned());
                (Stub::GROUP_CHANGE_DESCRIPTION, text.into_iter().collect())
            }
            "locked" | "unlocked" => (Stub::GROUP_CHANGE_RESTRICT, on(what.tag == "locked")),
            "announcement" | "not_announcement" => {
                (Stub::GROUP_CHANGE_ANNOUNCE, on(what.tag == "announcement"))
            }
            "add" if attr_is(what, "reason", "invite") => (Stub::GROUP_PARTICIPANT_INVITE, people()),
            "add" => (Stub::GROUP_PARTICIPANT_ADD, people()),
            "remove" if alone(&people()) => (Stub::GROUP_PARTICIPANT_LEAVE, people()),
            "remove" => (Stub::GROUP_PARTICIPANT_REMOVE, people()),
            "promote" => (Stub::GROUP_PARTICIPANT_PROMOTE, people()),
            "demote" => (Stub::GROUP_PARTICIPANT_DEMOTE, people()),
            "revoke" => (Stub::GROUP_CHANGE_INVITE_LINK, Vec::new()),
            "ephemeral" => (Stub::CHANGE_EPHEMERAL_SETTING, attr(what, "expiration").into_iter().collect()),
            "not_ephemeral" => (Stub::CHANGE_EPHEMERAL_SETTING, vec!["0".to_owned()]),
            _ => return None,
        };
        Some(Self { id, who, at, stub, parameters })
    }
}

/// Keeps what happened in a group.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn add(tx: &mut Tx<'_>, group: &str, notice: Notice) -> Result<(), StorageError> {
    let parameters = serde_json::to_string(&notice.parameters).unwrap_or_default().replace("\\u0000", "");
    let insert = query(
        "INSERT INTO sandbox_group_notices (group_id, id, who, at, stub, parameters) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (group_id, id) DO NOTHING",
    );
    let insert = insert.bind(group).bind(notice.id).bind(notice.who).bind(notice.at);
    tx.execute(insert.bind(i64::from(notice.stub.to_i32())).bind(parameters)).await.map(drop)
}

/// What happened in a group, oldest first.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn of(store: &Store, group: &str) -> Result<Vec<Notice>, StorageError> {
    let select = query("SELECT * FROM sandbox_group_notices WHERE group_id = $1 ORDER BY at, id").bind(group);
    let rows = store.rows(select).await?;
    let notice = |row: &crate::server::storage::Row| {
        Ok(Notice {
            id: row.text("id")?,
            who: row.text("who")?,
            at: row.int("at")?,
            stub: Stub::from_i32(row.number("stub")?).unwrap_or(Stub::UNKNOWN),
            parameters: row.json("parameters")?,
        })
    };
    rows.iter().map(notice).collect()
}
