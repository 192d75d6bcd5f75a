//! Every kind of message that phones send and hold, through the stock client.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, ana_and_ben, until};
use switchboard::protocol::{MessageKind, Millis};
use switchboard::server::sandbox::{NewPhoneMessage, PhoneMessage, Sandbox, SandboxError};
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;
use whatsapp_rust::wacore::types::events::UnavailableType;

/// What the control surface is asked for, as its JSON.
fn asked(to: &str, mut body: serde_json::Value) -> NewPhoneMessage {
    body["to"] = to.into();
    serde_json::from_value(body).unwrap()
}

async fn send(sandbox: &Sandbox, from: &str, to: &str, body: serde_json::Value) -> PhoneMessage {
    sandbox.send(from, asked(to, body), None).await.unwrap()
}

async fn refused(sandbox: &Sandbox, body: serde_json::Value) -> SandboxError {
    let shown = body.to_string();
    match sandbox.send(BEN, asked(ANA, body), None).await {
        Ok(_) => panic!("it was sent: {shown}"),
        Err(error) => error,
    }
}

/// Waits until a phone holds a message with this id of which this is so.
async fn shows(
    sandbox: &Sandbox,
    number: &str,
    id: &str,
    is: impl Fn(&PhoneMessage) -> bool,
) -> PhoneMessage {
    until(&format!("{number} shows {id}"), || async {
        let messages = sandbox.messages(number, None).await.unwrap();
        messages.into_iter().find(|message| message.id == id && is(message))
    })
    .await
}

/// The message with this id, as a device gets it.
async fn gets(device: &mut Device, id: &str) -> wa::Message {
    device
        .wait(id, |event| {
            let found = event.messages().find(|message| message.info.id == id);
            found.map(|message| (*message.message).clone())
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotes_mentions_places_and_cards_reach_devices() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut ana = Device::linked(&sandbox, "dev_a", ANA).await;
    let question = ana.client.send_text(&Jid::pn(BEN), "when?").await.unwrap().message_id;
    shows(&sandbox, BEN, &question, |_| true).await;
    let body = serde_json::json!({"text": "now, @34611000001", "quoted": question, "mentions": [ANA]});
    let answer = send(&sandbox, BEN, ANA, body).await;
    let quoted = answer.details.quoted.clone().unwrap();
    assert_eq!((quoted.text.as_str(), quoted.from.as_str(), quoted.from_me), ("when?", ANA, false));
    let got = gets(&mut ana, &answer.id).await;
    let context = got.extended_text_message.as_option().unwrap().context_info.as_option().unwrap();
    assert_eq!(context.stanza_id.as_deref(), Some(question.as_str()));
    assert_eq!(context.quoted_message.as_option().unwrap().text_content(), Some("when?"));
    assert_eq!(context.mentioned_jid, [Jid::pn(ANA).to_string()]);
    // Ana's phone sees the same, from its side.
    let held = shows(&sandbox, ANA, &answer.id, |_| true).await;
    assert!(held.details.quoted.unwrap().from_me);
    assert_eq!(held.details.mentions, [ANA]);

    let place = serde_json::json!({"latitude": 40.4, "longitude": -3.7, "name": "Plaza", "address": "1"});
    let sent = send(&sandbox, BEN, ANA, serde_json::json!({"location": place})).await;
    assert_eq!(sent.kind, MessageKind::Location);
    let got = gets(&mut ana, &sent.id).await;
    assert_eq!(got.location_message.as_option().unwrap().degrees_longitude, Some(-3.7));
    let held = shows(&sandbox, ANA, &sent.id, |_| true).await;
    assert_eq!(serde_json::to_value(held.details.location.unwrap()).unwrap(), place);
    let live = serde_json::json!({"location": {"latitude": 1.0, "longitude": 2.0, "live": true}});
    let live = send(&sandbox, BEN, ANA, live).await;
    assert!(gets(&mut ana, &live.id).await.live_location_message.is_set());

    let card = serde_json::json!({"contact": {"name": "Zoë; Ltd", "phoneNumbers": ["+34 600 111 222"]}});
    let card = send(&sandbox, BEN, ANA, card).await;
    let got = gets(&mut ana, &card.id).await;
    let vcard = got.contact_message.as_option().unwrap().vcard.clone().unwrap();
    assert!(vcard.contains("FN:Zoë\\; Ltd\n") && vcard.contains("waid=34600111222:+34600111222"), "{vcard}");
    let held = shows(&sandbox, ANA, &card.id, |_| true).await;
    assert_eq!(held.details.contacts[0].phone_numbers, ["34600111222"]);
    // Passed on twice: each time it counts.
    let once = send(&sandbox, BEN, ANA, serde_json::json!({"forward": {"messageId": sent.id}})).await;
    let twice = send(&sandbox, BEN, ANA, serde_json::json!({"forward": {"messageId": once.id}})).await;
    assert_eq!((once.details.forwards, twice.details.forwards), (1, 2));
    let got = gets(&mut ana, &twice.id).await;
    let context = got.location_message.as_option().unwrap().context_info.as_option().unwrap();
    assert_eq!((context.is_forwarded, context.forwarding_score), (Some(true), Some(2)));
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reactions_edits_and_take_backs_change_their_message() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut ana = Device::linked(&sandbox, "dev_a", ANA).await;
    let sent = send(&sandbox, BEN, ANA, serde_json::json!({"text": "a tpyo"})).await;
    gets(&mut ana, &sent.id).await;
    let edit = serde_json::json!({"edit": {"messageId": sent.id, "text": "a typo"}});
    let edited = send(&sandbox, BEN, ANA, edit).await;
    assert_eq!((edited.id.as_str(), edited.text.as_str()), (sent.id.as_str(), "a typo"));
    let edited_at: Option<Millis> = edited.details.edited_at;
    assert!(edited_at.is_some());
    let text = ana
        .wait("the edit", |event| {
            event.messages().find_map(|message| {
                let protocol = message.message.get_base_message().protocol_message.as_option()?;
                let id = protocol.key.as_option()?.id.clone()?;
                let text = protocol.edited_message.as_option()?.text_content()?.to_owned();
                (id == sent.id).then_some(text)
            })
        })
        .await;
    assert_eq!(text, "a typo");
    shows(&sandbox, ANA, &sent.id, |held| held.text == "a typo" && held.details.edited_at.is_some()).await;

    let theirs = ana.client.send_text(&Jid::pn(BEN), "look").await.unwrap().message_id;
    shows(&sandbox, BEN, &theirs, |_| true).await;
    let react = |emoji: &str| serde_json::json!({"reaction": {"messageId": theirs, "emoji": emoji}});
    let reacted = send(&sandbox, BEN, ANA, react("❤️")).await;
    assert_eq!(reacted.details.reactions.len(), 1);
    let emoji = ana
        .wait("the reaction", |event| {
            event.messages().find_map(|message| message.message.reaction_message.as_option()?.text.clone())
        })
        .await;
    assert_eq!(emoji, "❤️");
    shows(&sandbox, ANA, &theirs, |held| held.details.reactions.len() == 1).await;
    assert!(send(&sandbox, BEN, ANA, react("")).await.details.reactions.is_empty());
    shows(&sandbox, ANA, &theirs, |held| held.details.reactions.is_empty()).await;

    // What may not be done.
    let foreign = refused(&sandbox, serde_json::json!({"edit": {"messageId": theirs, "text": "x"}})).await;
    assert!(matches!(foreign, SandboxError::Conflict(_)), "{foreign:?}");
    let foreign = refused(&sandbox, serde_json::json!({"revoke": {"messageId": theirs}})).await;
    assert!(matches!(foreign, SandboxError::Conflict(_)), "{foreign:?}");
    let unknown = refused(&sandbox, serde_json::json!({"text": "x", "quoted": "NOPE"})).await;
    assert!(matches!(unknown, SandboxError::NotFound(_)), "{unknown:?}");
    for wrong in [
        serde_json::json!({}),
        serde_json::json!({"text": "x", "location": {"latitude": 1.0, "longitude": 1.0}}),
        serde_json::json!({"location": {"latitude": 91.0, "longitude": 1.0}}),
        serde_json::json!({"poll": {"name": "?", "options": ["one"]}}),
        serde_json::json!({"poll": {"name": "?", "options": ["one", "one"]}}),
        serde_json::json!({"contact": {"name": "x"}}),
        serde_json::json!({"text": "x", "viewOnce": true}),
        serde_json::json!({"kind": "poll", "text": "x"}),
        serde_json::json!({"reaction": {"messageId": theirs, "emoji": "word"}}),
        serde_json::json!({"media": {"content": "%", "contentType": "image/png"}}),
        serde_json::json!({"media": {"content": "", "contentType": "image/png"}}),
    ] {
        let shown = wrong.to_string();
        let error = refused(&sandbox, wrong).await;
        assert!(matches!(error, SandboxError::Invalid(_)), "{shown}: {error:?}");
    }

    // Under a key it is taken back once, however often it is asked for.
    let revoke = || asked(ANA, serde_json::json!({"revoke": {"messageId": sent.id}}));
    let gone = sandbox.send(BEN, revoke(), Some("key")).await.unwrap();
    assert!(gone.text.is_empty() && gone.details.revoked_at.is_some() && gone.details.edited_at.is_none());
    assert_eq!(sandbox.send(BEN, revoke(), Some("key")).await.unwrap(), gone);
    let other = sandbox.send(BEN, NewPhoneMessage::text(ANA, "x"), Some("key")).await;
    assert!(matches!(other, Err(SandboxError::Exists(_))), "{other:?}");
    shows(&sandbox, ANA, &sent.id, |held| held.details.revoked_at.is_some()).await;
    let again = refused(&sandbox, serde_json::json!({"revoke": {"messageId": sent.id}})).await;
    assert!(matches!(again, SandboxError::Conflict(_)), "{again:?}");
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polls_are_voted_on_by_phones_and_devices() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut ana = Device::linked(&sandbox, "dev_a", ANA).await;
    let (me, ben) = (Jid::pn(ANA), Jid::pn(BEN));
    let voters = |held: &PhoneMessage| -> Vec<Vec<String>> {
        let poll = held.details.poll.as_ref().unwrap();
        poll.options.iter().map(|option| option.voters.clone()).collect()
    };
    // A phone's poll, a device's vote.
    let poll = serde_json::json!({"poll": {"name": "Where?", "options": ["Here", "There"], "selectable": 1}});
    let poll = send(&sandbox, BEN, ANA, poll).await;
    assert_eq!((poll.kind, poll.text.as_str()), (MessageKind::Poll, "Where?"));
    let got = gets(&mut ana, &poll.id).await;
    let secret = got.message_context_info.as_option().unwrap().message_secret.clone().unwrap();
    let there = ["There".to_owned()];
    ana.client.polls().vote(&ben, &poll.id, &ben, &secret, &there).await.unwrap();
    for number in [ANA, BEN] {
        let held = shows(&sandbox, number, &poll.id, |held| !voters(held)[1].is_empty()).await;
        assert_eq!(voters(&held), [vec![], vec![ANA.to_owned()]]);
    }
    let vote = |options: &[&str]| serde_json::json!({"vote": {"messageId": poll.id, "options": options}});
    assert_eq!(voters(&send(&sandbox, BEN, ANA, vote(&["Here"])).await)[0], [BEN]);
    assert!(voters(&send(&sandbox, BEN, ANA, vote(&[])).await)[0].is_empty());
    for wrong in [vote(&["Nowhere"]), vote(&["Here", "There"]), vote(&["Here", "Here"])] {
        assert!(matches!(refused(&sandbox, wrong).await, SandboxError::Invalid(_)));
    }
    // A device's poll, a phone's vote.
    let options = ["A".to_owned(), "B".to_owned()];
    let (made, secret) = ana.client.polls().create(&ben, "Which?", &options, 2).await.unwrap();
    shows(&sandbox, BEN, &made.message_id, |_| true).await;
    let both = serde_json::json!({"vote": {"messageId": made.message_id, "options": ["A", "B"]}});
    assert_eq!(voters(&send(&sandbox, BEN, ANA, both).await), [vec![BEN.to_owned()], vec![BEN.to_owned()]]);
    shows(&sandbox, ANA, &made.message_id, |held| voters(held)[0] == [BEN]).await;
    let vote = ana
        .wait("the vote", |event| {
            event.messages().find_map(|message| {
                let update = message.message.poll_update_message.as_option()?;
                let of = update.poll_creation_message_key.as_option()?.id.clone()?;
                (of == made.message_id).then(|| update.vote.as_option().cloned()).flatten()
            })
        })
        .await;
    let cipher = whatsapp_rust::wacore::poll::PollVoteCiphertext {
        enc_payload: vote.enc_payload.as_deref().unwrap(),
        enc_iv: vote.enc_iv.as_deref().unwrap(),
    };
    let chosen = ana.client.polls().decrypt_vote(cipher, &secret, &made.message_id, &me, &ben).await.unwrap();
    assert_eq!(chosen.len(), 2);
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_of_phones_reaches_devices_and_what_is_seen_once_does_not() {
    use base64::Engine as _;
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut ana = Device::linked(&sandbox, "dev_a", ANA).await;
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
    let content = base64::engine::general_purpose::STANDARD.encode(&bytes);
    let media = serde_json::json!({"content": content, "contentType": "image/jpeg", "width": 4, "height": 3});
    let sent = send(&sandbox, BEN, ANA, serde_json::json!({"media": media, "text": "look"})).await;
    assert_eq!((sent.kind, sent.text.as_str()), (MessageKind::Image, "look"));
    let shown = sent.details.media.clone().unwrap();
    assert_eq!((shown.size, shown.width, shown.content_type.as_str()), (200_000, Some(4), "image/jpeg"));
    let got = gets(&mut ana, &sent.id).await;
    assert_eq!(ana.client.download(got.image_message.as_option().unwrap()).await.unwrap(), bytes);
    for number in [ANA, BEN] {
        let media = sandbox.media(number, &sent.id).await.unwrap();
        assert_eq!((media.content_type.as_str(), media.bytes == bytes), ("image/jpeg", true));
    }
    for (kind, content_type) in
        [("document", "application/pdf"), ("sticker", "image/webp"), ("audio", "audio/ogg")]
    {
        let media = serde_json::json!({"content": content, "contentType": content_type, "kind": kind});
        let sent = send(&sandbox, BEN, ANA, serde_json::json!({"media": media})).await;
        assert_eq!(sent.kind.as_str(), kind);
        gets(&mut ana, &sent.id).await;
        assert_eq!(sandbox.media(ANA, &sent.id).await.unwrap().bytes, bytes);
    }
    let once = send(&sandbox, BEN, ANA, serde_json::json!({"media": media, "viewOnce": true})).await;
    assert!(once.details.view_once);
    let notice = ana
        .wait("the notice", |event| match event {
            Event::UndecryptableMessage(notice) => {
                Some((notice.info.id.clone(), notice.is_unavailable, notice.unavailable_type))
            }
            _ => None,
        })
        .await;
    assert_eq!(notice, (once.id.clone(), true, UnavailableType::ViewOnce));
    shows(&sandbox, ANA, &once.id, |held| held.details.view_once && held.kind == MessageKind::Image).await;
    assert_eq!(sandbox.media(ANA, &once.id).await.unwrap().bytes, bytes);
    let text = send(&sandbox, BEN, ANA, serde_json::json!({"text": "no media"})).await;
    assert!(matches!(sandbox.media(BEN, &text.id).await, Err(SandboxError::NotFound(_))));
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_rings_and_hangs_up() {
    use whatsapp_rust::wacore::types::call::CallAction;
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut ana = Device::linked(&sandbox, "dev_a", ANA).await;
    sandbox.call(BEN, ANA, true).await.unwrap();
    let (id, from) = ana
        .wait("the call", |event| match event {
            Event::IncomingCall(call) => match &call.action {
                CallAction::Offer { call_id, is_video: true, .. } => {
                    Some((call_id.clone(), call.from.to_string()))
                }
                _ => None,
            },
            _ => None,
        })
        .await;
    assert_eq!(from, Jid::pn(BEN).to_string());
    let ended = |event: &Event| match event {
        Event::IncomingCall(call) => match &call.action {
            CallAction::Terminate { call_id, .. } => Some(call_id.clone()),
            _ => None,
        },
        _ => None,
    };
    sandbox.end_call(BEN, ANA).await.unwrap();
    assert_eq!(ana.wait("the end", ended).await, id);
    // By itself, after a while.
    sandbox.call(BEN, ANA, false).await.unwrap();
    assert_ne!(ana.wait("the end by itself", ended).await, id);
    assert!(matches!(sandbox.call(BEN, BEN, false).await, Err(SandboxError::Invalid(_))));
    assert!(matches!(sandbox.call(BEN, "34699999999", false).await, Err(SandboxError::NotFound(_))));
    sandbox.close().await;
}
