//! One person under two names, on both databases.

mod learning;

use super::*;
use crate::protocol::{
    Chat, ChatId, ChatKind, Details, Event, Message, MessageKind, MessageStatus, Millis, Quoted, WorkspaceId,
};
use crate::server::devices::{inbound, receipts};
use crate::server::engine::{Change, Inbound, InboundChange, InboundMessage, ReceiptKind};
use crate::server::journal::Journal;
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::read::ChatsLike;
use crate::server::storage::search::{Sought, Wanted, search};
use crate::server::storage::testing::databases;

const START: Millis = 1_700_000_000_000;
const LID: &str = "100000000000005@lid";
const NUMBER: &str = "34600333444";
const JID: &str = "34600333444@s.whatsapp.net";
const OWN: &str = "34600111222@s.whatsapp.net";
const GROUP: &str = "120363000000000001@g.us";

async fn contexts() -> Vec<Context> {
    let mut contexts = Vec::new();
    for database in databases().await {
        let source = Source::fixed(START, 7);
        let journal = Journal::start(database, source.clone()).await.unwrap();
        let workspace: WorkspaceId = "wsp".parse().unwrap();
        let media = crate::server::media::testing::media(journal.store()).await;
        let context = Context {
            journal,
            source,
            media,
            workspace,
            device: "dev".parse().unwrap(),
            history: crate::server::devices::history::HistoryLimits::default(),
            pace: crate::server::devices::context::Pace::default(),
        };
        let own = context.clone();
        let made = context.journal.store().write(move |tx| {
            Box::pin(async move {
                let insert = query("INSERT INTO workspaces (id, name, created_at) VALUES ($1, 'w', 0)");
                tx.execute(insert.bind(&own.workspace)).await?;
                own.journal.create(tx, &own.workspace).await?;
                let insert = query("INSERT INTO devices (id, workspace_id, name, status, phone_number, created_at, wanted, linked) VALUES ($1, $2, 'd', 'connected', '34600111222', 0, 1, 1)");
                tx.execute(insert.bind(&own.device).bind(&own.workspace)).await
            })
        });
        made.await.unwrap();
        contexts.push(context);
    }
    contexts
}

fn message(id: &str, chat: &str, sender: &str, at: Millis, text: &str) -> InboundMessage {
    InboundMessage {
        whatsapp_id: id.into(),
        chat: chat.into(),
        chat_kind: if chat == GROUP { ChatKind::Group } else { ChatKind::Direct },
        sender: sender.into(),
        from_me: sender == OWN,
        push_name: (sender != OWN).then(|| "Marta".into()),
        timestamp: START + at * 1_000,
        kind: MessageKind::Text,
        text: text.into(),
        details: Box::default(),
        secret: None,
        raw: None,
        media: None,
    }
}

fn change(target: &str, chat: &str, sender: &str, at: Millis, change: Change) -> InboundChange {
    InboundChange {
        whatsapp_id: format!("C{at}"),
        chat: chat.into(),
        sender: sender.into(),
        from_me: false,
        timestamp: START + at * 1_000,
        target: target.into(),
        change,
    }
}

impl Context {
    async fn gets(&self, messages: impl IntoIterator<Item = InboundMessage>) {
        let batch = messages.into_iter().map(|message| Inbound::Message(Box::new(message))).collect();
        inbound::commit(self, batch).await.unwrap();
    }

    async fn done(&self, change: InboundChange) {
        inbound::commit(self, vec![Inbound::Change(change)]).await.unwrap();
    }

    async fn learns(&self, lid: &str, number: &str) {
        learn(self, vec![Identity::new(lid.into(), number.into())]).await.unwrap();
    }

    fn reach(&self) -> Reach {
        Reach::whole(self.workspace.clone())
    }

    async fn chats(&self) -> Vec<Chat> {
        let page = read::chat_page(self.journal.store(), &self.reach(), None, None, 50).await;
        page.unwrap().items
    }

    async fn chat(&self, jid: &str) -> Chat {
        read::chat_by_jid(self.journal.store(), &self.device, jid).await.unwrap().unwrap()
    }

    async fn thread(&self, chat: &ChatId) -> Vec<Message> {
        let page = read::thread_page(self.journal.store(), &self.reach(), chat, None, 100).await;
        page.unwrap().unwrap().messages
    }

    /// The events of these types, after so many of them.
    async fn events(&self, kinds: &[&str]) -> Vec<Event> {
        let select = query("SELECT * FROM events WHERE workspace_id = $1 ORDER BY seq").bind(&self.workspace);
        let rows = self.journal.store().rows(select).await.unwrap();
        let events = rows.iter().map(|row| {
            let mut event: serde_json::Value = row.json("body").unwrap();
            event["cursor"] = format!("e-{}", row.int("seq").unwrap()).into();
            event["id"] = row.text("id").unwrap().into();
            event["at"] = row.int("at").unwrap().into();
            serde_json::from_value::<Event>(event).unwrap()
        });
        events.filter(|event| kinds.contains(&event.kind.name())).collect()
    }
}

fn texts(messages: &[Message]) -> Vec<(&str, &str)> {
    messages.iter().map(|message| (message.from.as_str(), message.text.as_str())).collect()
}

#[tokio::test]
async fn two_chats_become_one_with_all_that_they_had() {
    for context in contexts().await {
        let mut answer = message("L2", LID, LID, 4, "second under the LID");
        answer.details.quoted = Some(Quoted {
            message_id: None,
            whatsapp_id: "L1".into(),
            from: LID.into(),
            from_me: false,
            kind: MessageKind::Text,
            text: "first under the LID".into(),
        });
        context
            .gets([
                message("N1", JID, JID, 1, "first by number"),
                message("L1", LID, LID, 2, "first under the LID"),
                message("O1", LID, OWN, 3, "ours"),
                answer,
                // The history gave it twice: once under each name.
                message("D", JID, JID, 5, "twice"),
                message("D", LID, LID, 5, "twice"),
            ])
            .await;
        context.done(change("O1", LID, LID, 6, Change::Reaction("👍".into()))).await;
        // Something done to a message that is only known under the other name.
        context
            .done(change("N1", LID, LID, 6, Change::Edit { text: "edited".into(), mentions: vec![] }))
            .await;
        let receipt = receipts::Receipt {
            chat: LID.into(),
            person: LID.into(),
            whatsapp_ids: vec!["O1".into()],
            kind: ReceiptKind::Read,
            at: START + 7_000,
        };
        receipts::apply(&context, receipt).await.unwrap();
        let (old, kept) = (context.chat(LID).await, context.chat(JID).await);
        assert_ne!(old.id, kept.id);
        assert_eq!((old.lid.as_deref(), kept.lid.as_deref()), (Some(LID), None));
        let twice: Vec<_> =
            context.thread(&old.id).await.into_iter().filter(|one| one.text == "twice").collect();

        context.learns(LID, NUMBER).await;
        context.learns(LID, NUMBER).await;

        let chats = context.chats().await;
        assert_eq!(chats.len(), 1, "{chats:?}");
        let chat = &chats[0];
        assert_eq!((&chat.id, chat.jid.as_str(), chat.lid.as_deref()), (&kept.id, JID, Some(LID)));
        assert_eq!((chat.unread, chat.name.as_str()), (4, "Marta"));
        let thread = context.thread(&old.id).await;
        let own = "34600111222";
        let expected = [
            (NUMBER, "edited"),
            (NUMBER, "first under the LID"),
            (own, "ours"),
            (NUMBER, "second under the LID"),
            (NUMBER, "twice"),
        ];
        assert_eq!(
            texts(&thread),
            expected,
            "in the order in which they were written, none lost, none twice"
        );
        assert!(thread.iter().all(|message| message.chat_id == kept.id));
        assert_eq!(thread[2].details.reactions[0].from, NUMBER);
        assert_eq!(thread[2].status, MessageStatus::Read);
        let quoted = thread[3].details.quoted.as_ref().unwrap();
        assert_eq!((quoted.from.as_str(), quoted.message_id.as_ref()), (NUMBER, Some(&thread[1].id)));
        let people = receipts::of_message(context.journal.store(), &thread[2].id).await.unwrap();
        assert_eq!(people.iter().map(|one| one.person.as_str()).collect::<Vec<_>>(), [NUMBER]);
        assert_eq!(chat.last_message.as_ref().map(|last| last.text.as_str()), Some("twice"));

        // Old names answer.
        let store = context.journal.store();
        assert_eq!(read::chat(store, &context.reach(), &old.id).await.unwrap().unwrap().id, kept.id);
        assert_eq!(context.chat(LID).await.id, kept.id);
        let contact = read::contact(store, &context.device, LID).await.unwrap().unwrap();
        assert_eq!((contact.jid.as_str(), contact.lid.as_deref()), (JID, Some(LID)));
        // And what was indexed in the old one is found in the other.
        let sought = |chat: &ChatId, sender: &str| Sought {
            wanted: Some(Wanted::parse("under").unwrap()),
            device: None,
            chat: Some(chat.clone()),
            sender: Some(sender.to_owned()),
            from_me: None,
            kind: None,
            starred: false,
            since: None,
            until: None,
            chats: ChatsLike::default(),
        };
        for sender in [LID, JID] {
            let found = search(store, &context.reach(), &sought(&kept.id, sender), None, 10).await.unwrap();
            assert_eq!(found.items.len(), 2, "{sender}");
        }

        // Everybody is told, once.
        let told = context.events(&["chat.merged", "contact.merged", "message.deleted"]).await;
        let names: Vec<_> = told.iter().map(|event| event.kind.name()).collect();
        assert_eq!(names, ["contact.merged", "chat.merged", "message.deleted"]);
        assert!(
            matches!(&told[0].kind, EventKind::ContactMerged { from, contact } if from == LID && contact.jid == JID)
        );
        assert!(
            matches!(&told[1].kind, EventKind::ChatMerged { from, chat } if *from == old.id && chat.id == kept.id)
        );
        assert!(
            matches!(&told[2].kind, EventKind::MessageDeleted { message_id, .. } if *message_id == twice[0].id)
        );

        // What still comes under the LID is theirs.
        context.gets([message("L9", LID, LID, 9, "late")]).await;
        assert_eq!(context.chats().await.len(), 1);
        assert_eq!(texts(&context.thread(&kept.id).await).last(), Some(&(NUMBER, "late")));
        let left =
            query("SELECT count(*) AS count FROM lid_traces WHERE device_id = $1").bind(&context.device);
        assert_eq!(store.row(left).await.unwrap().unwrap().int("count").unwrap(), 0);
    }
}

#[tokio::test]
async fn a_chat_keeps_its_id_where_the_number_had_none() {
    for context in contexts().await {
        context.gets([message("L1", LID, LID, 1, "hello")]).await;
        let before = context.chat(LID).await;
        context.learns(LID, NUMBER).await;
        let after = context.chat(JID).await;
        assert_eq!((&after.id, after.phone_number.as_deref()), (&before.id, Some(NUMBER)));
        assert_eq!(texts(&context.thread(&after.id).await), [(NUMBER, "hello")]);
        let told = context.events(&["chat.merged", "contact.merged", "chat.updated"]).await;
        let names: Vec<_> = told.iter().map(|event| event.kind.name()).collect();
        assert_eq!(names[names.len() - 2..], ["contact.merged", "chat.updated"]);
        assert!(!names.contains(&"chat.merged"));
    }
}

#[tokio::test]
async fn what_somebody_did_in_a_group_is_theirs() {
    for context in contexts().await {
        let mut named = message("G2", GROUP, OWN, 2, "@100000000000005 look");
        named.details.mentions = vec![LID.into()];
        context
            .gets([
                message("G1", GROUP, LID, 1, "under the LID"),
                named,
                // The same message, heard under both names.
                message("G3", GROUP, JID, 3, "twice"),
                message("G3", GROUP, LID, 3, "twice"),
            ])
            .await;
        context.done(change("G2", GROUP, LID, 4, Change::Reaction("👍".into()))).await;
        context.done(change("G2", GROUP, JID, 5, Change::Reaction("🎉".into()))).await;
        // Of a message that is not here yet.
        context.done(change("G9", GROUP, LID, 6, Change::Reaction("🔥".into()))).await;
        let chat = context.chat(GROUP).await;
        context.learns(LID, NUMBER).await;
        let thread = context.thread(&chat.id).await;
        assert_eq!(
            texts(&thread),
            [(NUMBER, "under the LID"), ("34600111222", "@100000000000005 look"), (NUMBER, "twice")]
        );
        assert_eq!(thread[0].sender_name.as_deref(), Some("Marta"));
        let details: &Details = &thread[1].details;
        assert_eq!(details.mentions, [NUMBER]);
        let reactions: Vec<_> =
            details.reactions.iter().map(|one| (one.from.as_str(), one.emoji.as_str())).collect();
        assert_eq!(reactions, [(NUMBER, "🎉")], "one person has one reaction: the newest");
        assert_eq!(context.chat(GROUP).await.unread, 2);
        context.gets([message("G9", GROUP, OWN, 6, "late")]).await;
        let late = context.thread(&chat.id).await.pop().unwrap();
        assert_eq!(late.details.reactions[0].from, NUMBER);
        assert_eq!(context.events(&["chat.merged"]).await.len(), 0);
        assert_eq!(context.events(&["contact.merged"]).await.len(), 1);
    }
}

#[tokio::test]
async fn whoever_changes_their_number_takes_the_conversation_along() {
    const NEXT: &str = "34600999888";
    for context in contexts().await {
        context.learns(LID, NUMBER).await;
        context.gets([message("N1", JID, JID, 1, "under the old number")]).await;
        let chat = context.chat(JID).await;
        assert_eq!(chat.lid.as_deref(), Some(LID));
        context.learns(LID, NEXT).await;
        let moved = context.chat(&jid_of(NEXT)).await;
        assert_eq!((&moved.id, moved.lid.as_deref()), (&chat.id, Some(LID)));
        assert_eq!(texts(&context.thread(&moved.id).await), [(NEXT, "under the old number")]);
        // Somebody else gets the old number, and is somebody else.
        context.learns("100000000000006@lid", NUMBER).await;
        context.gets([message("N2", JID, JID, 2, "a stranger")]).await;
        assert_eq!(context.chats().await.len(), 2);
        // And changes it in turn: what the first one wrote stays where it is.
        context.learns("100000000000006@lid", "34600777666").await;
        assert_eq!(texts(&context.thread(&moved.id).await), [(NEXT, "under the old number")]);
    }
}
