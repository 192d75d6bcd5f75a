//! What is learned when, and what a merge has to know.

use super::*;
use crate::server::devices::rows;

#[tokio::test]
async fn who_somebody_is_comes_together_with_what_they_wrote() {
    for context in contexts().await {
        context.gets([message("N1", JID, JID, 1, "by number"), message("L1", LID, LID, 2, "by LID")]).await;
        let kept = context.chat(JID).await;
        let both = || Inbound::Identity(Identity::new(LID.into(), NUMBER.into()));
        let news = Inbound::Message(Box::new(message("N2", JID, JID, 3, "it is me")));
        inbound::commit(&context, vec![both(), news]).await.unwrap();
        let chats = context.chats().await;
        assert_eq!(chats.len(), 1, "{chats:?}");
        let expected = [(NUMBER, "by number"), (NUMBER, "by LID"), (NUMBER, "it is me")];
        assert_eq!(texts(&context.thread(&kept.id).await), expected);
        let told = context.events(&["chat.merged", "contact.merged", "message.new"]).await;
        let names: Vec<_> = told.iter().map(|event| event.kind.name()).collect();
        assert_eq!(names[2..], ["contact.merged", "chat.merged", "message.new"]);
        // Told again and again.
        inbound::commit(&context, vec![both()]).await.unwrap();
        assert_eq!(context.events(&["chat.merged", "contact.merged", "message.new"]).await.len(), 5);
    }
}

#[tokio::test]
async fn what_the_client_knew_before_does_not_undo_what_is_known_now() {
    const NEXT: &str = "34600999888";
    for context in contexts().await {
        context.learns(LID, NUMBER).await;
        context.gets([message("N1", JID, JID, 1, "hello")]).await;
        context.learns(LID, NEXT).await;
        let told = |seconds| vec![Identity { at: Some(seconds), ..Identity::new(LID.into(), NUMBER.into()) }];
        learn(&context, told(START / 1_000 - 1)).await.unwrap();
        assert_eq!(context.chats().await[0].phone_number.as_deref(), Some(NEXT), "that is of before");
        learn(&context, told(START / 1_000)).await.unwrap();
        assert_eq!(
            context.chats().await[0].phone_number.as_deref(),
            Some(NUMBER),
            "that could not be told then"
        );
    }
}

#[tokio::test]
async fn what_names_a_person_without_a_chat_moves_along() {
    for context in contexts().await {
        context.gets([message("N1", JID, JID, 1, "hello")]).await;
        // Done under the LID, to a message that is here under the number.
        context.done(change("N1", LID, LID, 2, Change::Reaction("👍".into()))).await;
        let device = context.device.clone();
        let labeled = context.journal.store().write(move |tx| {
            Box::pin(async move {
                let insert = query("INSERT INTO chat_labels (device_id, jid, label_id) VALUES ($1, $2, '1')");
                tx.execute(insert.bind(&device).bind(LID)).await
            })
        });
        labeled.await.unwrap();
        context.learns(LID, NUMBER).await;
        let chat = context.chat(JID).await;
        let thread = context.thread(&chat.id).await;
        assert_eq!(thread[0].details.reactions[0].from, NUMBER);
        let labels = query("SELECT jid FROM chat_labels WHERE device_id = $1").bind(&context.device);
        let rows = context.journal.store().rows(labels).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.text("jid").unwrap()).collect::<Vec<_>>(), [JID]);
    }
}

#[tokio::test]
async fn the_members_of_a_group_come_by_number_all_at_once() {
    for context in contexts().await {
        let lids: Vec<String> = (0..3).map(|nth| format!("10000000000001{nth}@lid")).collect();
        let numbers: Vec<String> = (0..3).map(|nth| format!("3460070000{nth}")).collect();
        context.gets([message("G1", GROUP, OWN, 1, "hello")]).await;
        let chat = context.chat(GROUP).await;
        let member = |jid: &String| serde_json::json!({"jid": jid, "phoneNumber": null, "name": "x", "role": "member"});
        let info = serde_json::json!({
            "chatId": chat.id, "deviceId": context.device, "jid": GROUP, "subject": "S", "description": null,
            "owner": lids[0], "createdAt": null, "left": false, "asOf": 1,
            "settings": {"announce": false, "locked": false, "approval": false, "memberAdd": true, "expiresIn": null},
            "members": lids.iter().map(member).collect::<Vec<_>>(),
        });
        let id = chat.id.clone();
        let kept = context.journal.store().write(move |tx| {
            Box::pin(async move {
                let update = query("UPDATE chats SET group_info = $2 WHERE id = $1");
                tx.execute(update.bind(&id).bind(info.to_string())).await
            })
        });
        kept.await.unwrap();
        let pairs = lids.iter().zip(&numbers);
        let learned = pairs.map(|(lid, number)| Identity::new(lid.clone(), number.clone())).collect();
        learn(&context, learned).await.unwrap();
        let told = context.events(&["group.updated", "contact.merged"]).await;
        let EventKind::GroupUpdated { group } = &told[0].kind else { panic!("{told:?}") };
        let known: Vec<_> = group.members.iter().filter_map(|one| one.phone_number.clone()).collect();
        assert_eq!((known, group.owner.as_ref()), (numbers.clone(), Some(&numbers[0])));
        assert_eq!(told.len(), 4, "the group once, and each of them: {told:?}");
    }
}

#[tokio::test]
async fn what_hangs_on_a_message_that_is_here_twice_is_kept() {
    for context in contexts().await {
        let mut answer = message("A", GROUP, OWN, 2, "an answer");
        answer.details.quoted = Some(Quoted {
            message_id: None,
            whatsapp_id: "D".into(),
            from: LID.into(),
            from_me: false,
            kind: MessageKind::Text,
            text: "twice".into(),
        });
        context
            .gets([message("D", GROUP, LID, 1, "twice"), answer, message("D", GROUP, JID, 1, "twice")])
            .await;
        context.done(change("D", GROUP, OWN, 3, Change::Reaction("🔥".into()))).await;
        let chat = context.chat(GROUP).await;
        context.learns(LID, NUMBER).await;
        let thread = context.thread(&chat.id).await;
        assert_eq!(texts(&thread), [(NUMBER, "twice"), ("34600111222", "an answer")]);
        assert_eq!(thread[0].details.reactions[0].emoji, "🔥");
        assert_eq!(thread[1].details.quoted.as_ref().unwrap().message_id.as_ref(), Some(&thread[0].id));
        let newest =
            context.journal.store().write(move |tx| Box::pin(async move { rows::chat(tx, &chat.id).await }));
        assert_eq!(newest.await.unwrap().unread, 1);
    }
}

/// Whoever adds a table or column that names a chat or a person says here what a merge does with it.
#[tokio::test]
async fn every_column_that_names_a_chat_or_person_is_known_to_the_merge() {
    let known = [
        // Moved, or rewritten.
        "chats.jid",
        "chats.lid",
        "presences.jid",
        "chat_labels.jid",
        "drafts.chat_id",
        "deleted_messages.chat_jid",
        "history_requests.chat_id",
        "contacts.jid",
        "contacts.lid",
        "contacts.phone_number",
        "message_changes.chat_jid",
        "message_receipts.person",
        "messages.chat_id",
        "messages.sender",
        "outbox.chat_id",
        "media.origin_chat",
        "media.origin_sender",
        "chat_aliases.chat_id",
        // What the merge itself goes by.
        "identities.lid",
        "lid_traces.lid",
        // Of the account, not of people.
        "devices.lid",
        "devices.phone_number",
    ];
    for context in contexts().await {
        if !matches!(context.journal.store().database(), crate::server::storage::Database::Sqlite { .. }) {
            continue;
        }
        let columns = query(
            "SELECT m.name || '.' || p.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sandbox_%' AND m.name NOT LIKE 'engine_%' \
             AND (p.name IN ('chat_id', 'person', 'sender', 'phone_number', 'origin_chat', 'origin_sender') \
             OR p.name LIKE '%jid%' OR p.name LIKE '%lid') ORDER BY 1",
        );
        let rows = context.journal.store().rows(columns).await.unwrap();
        let mut found: Vec<_> = rows.iter().map(|row| row.text("name").unwrap()).collect();
        found.sort();
        let mut known: Vec<_> = known.iter().map(|name| (*name).to_owned()).collect();
        known.sort();
        assert_eq!(found, known);
    }
}
