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
use crate::server::sandbox::rows::notices::{self, Notice};
use crate::server::sandbox::{SandboxError, cdn};
use std::collections::HashMap;
use std::io::Write as _;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::download::MediaType;
use whatsapp_rust::wacore::upload::encrypt_media_with_key;
use whatsapp_rust::wacore_binary::Server;
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::conversation::EndOfHistoryTransferType as End;
use whatsapp_rust::waproto::whatsapp::history_sync::HistorySyncType as Kind;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

/// Messages of each chat that come first.
const RECENT: usize = 40;
/// Older messages of each chat that follow.
const OLDER: usize = 1_000;
/// Older messages that go into one part.
const PART: usize = 5_000;
/// Messages that a phone sends at a time when it is asked for older ones.
const ON_DEMAND: usize = 500;
/// Compressed bytes that travel inside the message.
const INLINE: usize = 48 * 1024;

struct ChatHistory {
    key: String,
    name: Option<String>,
    messages: Vec<MessageRow>,
    group: Option<GroupRow>,
    /// What happened in the group, oldest first.
    notices: Vec<Notice>,
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
    let mut packer = Packer { net, total: shares(&chats), sent: 0, chunk: 0 };
    packer.sent += chats.iter().map(|chat| chat.messages.len().min(RECENT)).sum::<usize>();
    parts.push(packer.pack(history(Kind::INITIAL_BOOTSTRAP, newest, Vec::new(), lids)).await?);
    let names = push_names(net, account, &chats).await?;
    parts.push(packer.pack(history(Kind::PUSH_NAME, Vec::new(), names, Vec::new())).await?);
    let mut part = Vec::new();
    let mut size = 0;
    for chat in chats.iter().filter(|chat| chat.messages.len() > RECENT) {
        let older = conversation(net, chat, account, RECENT, OLDER);
        let older = starred(older, &settings.get(&chat.key).cloned().unwrap_or_default());
        size += older.messages.len();
        packer.sent += older.messages.len();
        part.push(older);
        if size >= PART {
            let part = history(Kind::RECENT, std::mem::take(&mut part), Vec::new(), Vec::new());
            parts.push(packer.pack(part).await?);
            size = 0;
        }
    }
    if !part.is_empty() {
        parts.push(packer.pack(history(Kind::RECENT, part, Vec::new(), Vec::new())).await?);
    }
    Ok(parts)
}

/// How many messages are sent in all.
fn shares(chats: &[ChatHistory]) -> usize {
    chats.iter().map(|chat| chat.messages.len().min(RECENT + OLDER)).sum()
}

/// Numbers the parts and says how far each brings the device.
struct Packer<'n> {
    net: &'n Network,
    total: usize,
    sent: usize,
    chunk: u32,
}

impl Packer<'_> {
    async fn pack(&mut self, part: wa::HistorySync) -> Result<wa::Message, SandboxError> {
        self.chunk += 1;
        let progress = (self.sent * 100).checked_div(self.total).unwrap_or(100);
        let progress = u32::try_from(progress).unwrap_or(100);
        notification(self.net, part, self.chunk, progress, None).await
    }
}

/// The answer of a phone to a device that asked for messages of a chat that are older than one: as many as it
/// wants, and at most [`ON_DEMAND`].
///
/// # Errors
/// [`SandboxError::Storage`].
pub async fn on_demand(
    net: &Network,
    account: &AccountRow,
    wanted: &wa::message::peer_data_operation_request_message::HistorySyncOnDemandRequest,
    request: &str,
) -> Result<Option<wa::Message>, SandboxError> {
    let jid: Option<Jid> = wanted.chat_jid.as_deref().and_then(|jid| jid.parse().ok());
    let key = match jid {
        Some(jid) if jid.server == Server::Group => format!("{}@g.us", jid.user),
        Some(jid) => match net.directory.person(&jid) {
            Some(person) => person.number.clone(),
            None => return Ok(None),
        },
        None => return Ok(None),
    };
    let chats = chats(net, account, &HashMap::new()).await?;
    let Some(mut chat) = chats.into_iter().find(|chat| chat.key == key) else { return Ok(None) };
    let by_id = chat.messages.iter().position(|row| Some(&row.id) == wanted.oldest_msg_id.as_ref());
    let until = wanted.oldest_msg_timestamp_ms.unwrap_or(i64::MAX);
    let before = by_id.unwrap_or_else(|| chat.messages.partition_point(|row| row.timestamp < until));
    chat.messages.truncate(before);
    let count = usize::try_from(wanted.on_demand_msg_count.unwrap_or(0)).unwrap_or(0).min(ON_DEMAND);
    let mut older = conversation(net, &chat, account, 0, count);
    older.unread_count = None;
    let part = history(Kind::ON_DEMAND, vec![older], Vec::new(), Vec::new());
    notification(net, part, 1, 100, Some(request)).await.map(Some)
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
        let gone = settings.get(&key).and_then(|settings| settings.gone_until).unwrap_or(-1);
        let mut notices = notices::of(&net.store, &group.id).await?;
        notices.retain(|notice| notice.at > gone);
        let chat = ChatHistory {
            key: key.clone(),
            name: Some(group.subject.clone()),
            messages: Vec::new(),
            group: Some(group),
            notices,
        };
        chats.insert(key, chat);
    }
    for row in messages::of(&net.store, &account.number, None).await? {
        let gone = settings.get(&row.chat).and_then(|settings| settings.gone_until);
        let deleted = settings.get(&row.chat).is_some_and(|settings| settings.deleted.contains(&row.id));
        if deleted || gone.is_some_and(|gone| row.timestamp <= gone) {
            continue;
        }
        let chat = chats.entry(row.chat.clone()).or_insert_with(|| ChatHistory {
            key: row.chat.clone(),
            name: names.get(&row.chat).cloned(),
            messages: Vec::new(),
            group: None,
            notices: Vec::new(),
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
        end_of_history_transfer: Some(true),
        end_of_history_transfer_type: Some(match chat.messages.len() <= skip + take {
            true => End::COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY,
            false => End::COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY,
        }),
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
            .chain(chat.notices.iter().rev().filter(|_| skip == 0).map(|notice| stub(notice, &jid, account)))
            .collect(),
        ..Default::default()
    }
}

/// How a chat is, as its first part says it.
fn with_settings(chat: wa::Conversation, settings: ChatSettings) -> wa::Conversation {
    let chat = starred(chat, &settings);
    wa::Conversation {
        archived: Some(settings.archived),
        pinned: Some(settings.pinned_at.map_or(0, |at| u32::try_from(seconds(at)).unwrap_or(u32::MAX))),
        mute_end_time: Some(settings.muted_until.map_or(0, seconds)),
        marked_as_unread: Some(settings.marked_unread),
        ephemeral_expiration: settings.expires_in,
        ..chat
    }
}

/// What happened in a group, as a message without content.
fn stub(notice: &Notice, chat: &str, account: &AccountRow) -> wa::HistorySyncMsg {
    let (who, from_me) = (Jid::pn(notice.who.as_str()).to_string(), notice.who == account.number);
    wa::HistorySyncMsg {
        message: MessageField::some(wa::WebMessageInfo {
            key: MessageField::some(wa::MessageKey {
                remote_jid: Some(chat.to_owned()),
                from_me: Some(from_me),
                id: Some(notice.id.clone()),
                participant: Some(who.clone()).filter(|_| !from_me),
            }),
            message_timestamp: Some(seconds(notice.at)),
            participant: Some(who),
            message_stub_type: Some(notice.stub),
            message_stub_parameters: notice.parameters.clone(),
            ..Default::default()
        }),
        msg_order_id: None,
    }
}

/// With its stars.
fn starred(mut chat: wa::Conversation, settings: &ChatSettings) -> wa::Conversation {
    for message in chat.messages.iter_mut().filter_map(|message| message.message.as_option_mut()) {
        let id = message.key.as_option().and_then(|key| key.id.as_deref()).unwrap_or_default();
        message.starred = settings.starred.contains(id).then_some(true);
    }
    chat
}

fn message(
    row: &MessageRow,
    chat: &str,
    sender: Option<Jid>,
    place: usize,
    account: &AccountRow,
) -> wa::HistorySyncMsg {
    use wa::web_message_info::{Status, StubType as Stub};
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
            // Of what was taken back, only that is left.
            message: match row.details.revoked_at {
                Some(_) => MessageField::none(),
                None => wa::Message::decode_from_slice(row.raw.as_slice())
                    .map(MessageField::some)
                    .unwrap_or_default(),
            },
            message_stub_type: row.details.revoked_at.map(|_| Stub::REVOKE),
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
        ..Default::default()
    }
}

/// The message that carries a part, or says where it lies.
async fn notification(
    net: &Network,
    mut part: wa::HistorySync,
    chunk: u32,
    progress: u32,
    request: Option<&str>,
) -> Result<wa::Message, SandboxError> {
    let kind = match part.sync_type {
        Kind::PUSH_NAME => wa::message::HistorySyncType::PUSH_NAME,
        Kind::RECENT => wa::message::HistorySyncType::RECENT,
        Kind::ON_DEMAND => wa::message::HistorySyncType::ON_DEMAND,
        _ => wa::message::HistorySyncType::INITIAL_BOOTSTRAP,
    };
    (part.chunk_order, part.progress) = (Some(chunk), Some(progress));
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&part.encode_to_vec()).map_err(SandboxError::crypto)?;
    let packed = packed.finish().map_err(SandboxError::crypto)?;
    let mut notification = wa::message::HistorySyncNotification {
        sync_type: Some(kind),
        chunk_order: Some(chunk),
        progress: Some(progress),
        peer_data_request_session_id: request.map(str::to_owned),
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
