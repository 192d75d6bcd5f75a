//! The chats so far, as a phone tells them to a device that was just linked.
//!
//! First the chats with their newest messages, so that the device's list is alive at once; then the
//! names that people gave themselves; then older messages. What is small travels inside the message,
//! the rest through the media server, encrypted as all media is.

use super::bootstrap::protocol;
use crate::protocol::MessageStatus;
use crate::server::sandbox::addressing::{Addressing, Named};
use crate::server::sandbox::model::ChatSettings;
use crate::server::sandbox::network::Network;
use crate::server::sandbox::rows::accounts::{self, AccountRow};
use crate::server::sandbox::rows::groups::{self, GroupRow};
use crate::server::sandbox::rows::messages::{self, MessageRow};
use crate::server::sandbox::{SandboxError, cdn};
use std::collections::HashMap;
use std::io::Write as _;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::download::MediaType;
use whatsapp_rust::wacore::upload::encrypt_media_with_key;
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::history_sync::HistorySyncType as Kind;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

/// Messages of each chat that come first.
const RECENT: usize = 40;
/// Older messages of each chat that follow.
const OLDER: usize = 1_000;
/// Compressed bytes that travel inside the message.
const INLINE: usize = 48 * 1024;

struct ChatHistory {
    key: String,
    name: Option<String>,
    messages: Vec<MessageRow>,
    group: Option<GroupRow>,
}

/// The messages that tell everything.
///
/// # Errors
/// [`SandboxError::Storage`].
pub async fn parts(
    net: &Network,
    account: &AccountRow,
    settings: &HashMap<String, ChatSettings>,
) -> Result<Vec<wa::Message>, SandboxError> {
    let chats = chats(net, account, settings).await?;
    let mut parts = Vec::new();
    let newest = chats.iter().map(|chat| {
        let conversation = conversation(net, chat, account, 0, RECENT);
        with_settings(conversation, settings.get(&chat.key).cloned().unwrap_or_default())
    });
    let newest = newest.collect();
    let lids = lid_mappings(net, &chats);
    parts.push(notification(net, history(Kind::INITIAL_BOOTSTRAP, newest, Vec::new(), lids), 100).await?);
    let names = push_names(net, account, &chats).await?;
    parts.push(notification(net, history(Kind::PUSH_NAME, Vec::new(), names, Vec::new()), 100).await?);
    let older: Vec<_> = chats
        .iter()
        .filter(|chat| chat.messages.len() > RECENT)
        .map(|chat| conversation(net, chat, account, RECENT, OLDER))
        .collect();
    if !older.is_empty() {
        parts.push(notification(net, history(Kind::RECENT, older, Vec::new(), Vec::new()), 100).await?);
    }
    Ok(parts)
}

/// All chats of a phone, the newest first; messages oldest first.
async fn chats(
    net: &Network,
    account: &AccountRow,
    settings: &HashMap<String, ChatSettings>,
) -> Result<Vec<ChatHistory>, SandboxError> {
    let names: HashMap<_, _> = accounts::contacts(&net.store, &account.number).await?.into_iter().collect();
    let mut chats: HashMap<String, ChatHistory> = HashMap::new();
    for group in groups::of(&net.store, Some(&account.number)).await? {
        let key = format!("{}@g.us", group.id);
        let chat = ChatHistory {
            key: key.clone(),
            name: Some(group.subject.clone()),
            messages: Vec::new(),
            group: Some(group),
        };
        chats.insert(key, chat);
    }
    for row in messages::of(&net.store, &account.number, None).await? {
        let gone = settings.get(&row.chat).and_then(|settings| settings.gone_until);
        if gone.is_some_and(|gone| row.timestamp <= gone) {
            continue;
        }
        let chat = chats.entry(row.chat.clone()).or_insert_with(|| ChatHistory {
            key: row.chat.clone(),
            name: names.get(&row.chat).cloned(),
            messages: Vec::new(),
            group: None,
        });
        chat.messages.push(row);
    }
    let mut chats: Vec<_> = chats.into_values().collect();
    let last = |chat: &ChatHistory| chat.messages.last().map_or(0, |row| row.timestamp);
    chats.sort_by(|a, b| last(b).cmp(&last(a)).then_with(|| a.key.cmp(&b.key)));
    Ok(chats)
}

/// What a chat is called, by the key that the phone keeps it under.
fn name_of(net: &Network, key: &str) -> Named {
    match key.strip_suffix("@g.us") {
        Some(id) => Named { jid: Jid::group(id), other: None },
        None => net.directory.named_account(key, None),
    }
}

/// `take` messages of a chat, after the `skip` newest ones; the newest first, as WhatsApp sends them.
fn conversation(
    net: &Network,
    chat: &ChatHistory,
    account: &AccountRow,
    skip: usize,
    take: usize,
) -> wa::Conversation {
    let Named { jid, other } = name_of(net, &chat.key);
    let group = chat.group.as_ref().map(|group| group.id.as_str());
    let pn_jid = other.filter(Jid::is_pn).map(|number| number.to_string());
    let jid = jid.to_string();
    let last = chat.messages.last().map_or(0, |row| seconds(row.timestamp));
    let unread = chat.messages.iter().filter(|row| !row.from_me && row.status != MessageStatus::Read).count();
    let participant = chat.group.as_ref().map(|group| participants(net, group)).unwrap_or_default();
    wa::Conversation {
        id: jid.clone(),
        pn_jid,
        name: chat.name.clone(),
        last_msg_timestamp: Some(last),
        conversation_timestamp: Some(last),
        unread_count: Some(u32::try_from(unread).unwrap_or(u32::MAX)),
        end_of_history_transfer: Some(chat.messages.len() <= skip + take),
        participant,
        messages: chat
            .messages
            .iter()
            .enumerate()
            .rev()
            .skip(skip)
            .take(take)
            .map(|(place, row)| {
                let sender = group.map(|group| net.directory.named_account(&row.sender, Some(group)).jid);
                message(row, &jid, sender, place, account)
            })
            .collect(),
        ..Default::default()
    }
}

/// How a chat is, as its first part says it.
fn with_settings(chat: wa::Conversation, settings: ChatSettings) -> wa::Conversation {
    wa::Conversation {
        archived: Some(settings.archived),
        pinned: Some(settings.pinned_at.map_or(0, |at| u32::try_from(seconds(at)).unwrap_or(u32::MAX))),
        mute_end_time: Some(settings.muted_until.map_or(0, seconds)),
        marked_as_unread: Some(settings.marked_unread),
        ..chat
    }
}

fn message(
    row: &MessageRow,
    chat: &str,
    sender: Option<Jid>,
    place: usize,
    account: &AccountRow,
) -> wa::HistorySyncMsg {
    use wa::web_message_info::Status;
    let sender = sender.map(|sender| sender.to_string());
    let status = match row.status {
        MessageStatus::Read => Status::READ,
        MessageStatus::Delivered => Status::DELIVERY_ACK,
        _ => Status::SERVER_ACK,
    };
    wa::HistorySyncMsg {
        message: MessageField::some(wa::WebMessageInfo {
            key: MessageField::some(wa::MessageKey {
                remote_jid: Some(chat.to_owned()),
                from_me: Some(row.from_me),
                id: Some(row.id.clone()),
                participant: sender.clone().filter(|_| !row.from_me),
            }),
            message: wa::Message::decode_from_slice(row.raw.as_slice())
                .map(MessageField::some)
                .unwrap_or_default(),
            message_timestamp: Some(seconds(row.timestamp)),
            status: Some(status),
            participant: sender,
            push_name: row.from_me.then(|| account.name.clone()),
            ..Default::default()
        }),
        msg_order_id: Some(place as u64 + 1),
    }
}

fn participants(net: &Network, group: &GroupRow) -> Vec<wa::GroupParticipant> {
    use wa::group_participant::Rank;
    group
        .members
        .iter()
        .map(|(number, admin)| wa::GroupParticipant {
            user_jid: net.directory.named_account(number, Some(&group.id)).jid.to_string(),
            rank: Some(match admin {
                _ if *number == group.creator => Rank::SUPERADMIN,
                true => Rank::ADMIN,
                false => Rank::REGULAR,
            }),
            ..Default::default()
        })
        .collect()
}

fn seconds(millis: i64) -> u64 {
    millis.div_euclid(1_000).unsigned_abs()
}

/// Everybody who appears in the chats, and the account itself.
fn people(chats: &[ChatHistory]) -> Vec<String> {
    let mut numbers: Vec<String> = Vec::new();
    for chat in chats {
        match &chat.group {
            Some(group) => numbers.extend(group.numbers()),
            None => numbers.push(chat.key.clone()),
        }
    }
    numbers.sort();
    numbers.dedup();
    numbers
}

fn lid_mappings(net: &Network, chats: &[ChatHistory]) -> Vec<wa::PhoneNumberToLIDMapping> {
    let accounts = people(chats).into_iter().filter_map(|number| net.directory.number(&number));
    let accounts = accounts.filter(|account| account.addressing() != Addressing::Hidden);
    accounts
        .map(|account| wa::PhoneNumberToLIDMapping {
            pn_jid: Some(account.jid().to_string()),
            lid_jid: Some(Jid::lid(account.lid.as_str()).to_string()),
        })
        .collect()
}

async fn push_names(
    net: &Network,
    account: &AccountRow,
    chats: &[ChatHistory],
) -> Result<Vec<wa::Pushname>, SandboxError> {
    let mut numbers = people(chats);
    if !numbers.contains(&account.number) {
        numbers.push(account.number.clone());
    }
    let names = accounts::names(&net.store, &numbers).await?;
    let name = |(number, name): (String, String)| wa::Pushname {
        id: Some(net.directory.named_account(&number, None).jid.to_string()),
        pushname: Some(name),
    };
    Ok(names.into_iter().map(name).collect())
}

fn history(
    kind: Kind,
    conversations: Vec<wa::Conversation>,
    pushnames: Vec<wa::Pushname>,
    lids: Vec<wa::PhoneNumberToLIDMapping>,
) -> wa::HistorySync {
    wa::HistorySync {
        sync_type: kind,
        conversations,
        pushnames,
        phone_number_to_lid_mappings: lids,
        progress: Some(100),
        ..Default::default()
    }
}

/// The message that carries a part, or says where it lies.
async fn notification(
    net: &Network,
    part: wa::HistorySync,
    progress: u32,
) -> Result<wa::Message, SandboxError> {
    let kind = match part.sync_type {
        Kind::PUSH_NAME => wa::message::HistorySyncType::PUSH_NAME,
        Kind::RECENT => wa::message::HistorySyncType::RECENT,
        _ => wa::message::HistorySyncType::INITIAL_BOOTSTRAP,
    };
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&part.encode_to_vec()).map_err(SandboxError::crypto)?;
    let packed = packed.finish().map_err(SandboxError::crypto)?;
    let mut notification = wa::message::HistorySyncNotification {
        sync_type: Some(kind),
        chunk_order: Some(1),
        progress: Some(progress),
        ..Default::default()
    };
    if packed.len() <= INLINE {
        notification.initial_hist_bootstrap_inline_payload = Some(packed);
    } else {
        let key = net.source.bytes::<32>();
        let sealed =
            encrypt_media_with_key(&packed, MediaType::History, Some(&key)).map_err(SandboxError::crypto)?;
        let name = cdn::name_of(&sealed.data_to_upload);
        notification.media_key = Some(sealed.media_key.to_vec());
        notification.file_sha256 = Some(sealed.file_sha256.to_vec());
        notification.file_enc_sha256 = Some(sealed.file_enc_sha256.to_vec());
        notification.file_length = Some(packed.len() as u64);
        notification.direct_path = Some(cdn::path(&name));
        let (bytes, now) = (sealed.data_to_upload, net.source.now());
        net.store.write(move |tx| Box::pin(async move { cdn::keep(tx, &name, bytes, now).await })).await?;
    }
    Ok(protocol(wa::message::ProtocolMessage {
        r#type: Some(Type::HISTORY_SYNC_NOTIFICATION),
        history_sync_notification: MessageField::some(notification),
        ..Default::default()
    }))
}
