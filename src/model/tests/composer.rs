//! What is sent beside plain texts: files on their way, polls, places; and what happens to a text while it is written.

use super::*;
use crate::model::writing::{
    Canned, Named, Sought, canned_like, mark, put, read_canned, sought, with_numbers, write_canned,
};
use crate::model::{
    Body, KeptUpload, MAX_FILES, Outbox, Picked, Sending, SendingState, Slot, Tray, loudness, next_upload,
    place_of, poll_of, restore_upload, upload_due, wave_path, waveform,
};
use crate::protocol::{
    Command, GroupMember, GroupRole, Media, MediaInfo, MediaKind, MediaState, NewMedia, NewMessage, NewPoll,
    Problem, ProblemCode,
};

fn picked(key: u32, size: u64) -> Picked {
    Picked { key, name: format!("{key}.png"), size, content_type: "image/png".into(), url: String::new() }
}

fn info(kind: MediaKind, content_type: &str) -> MediaInfo {
    MediaInfo {
        id: "med_1".parse().unwrap(),
        kind,
        state: MediaState::Available,
        cause: None,
        content_type: content_type.into(),
        size: Some(7),
        sha256: None,
        file_name: Some("a.png".into()),
        width: Some(40),
        height: Some(30),
        duration_ms: None,
        waveform: None,
        device_id: None,
        created_at: NOON,
    }
}

#[test]
fn a_tray_that_was_emptied_has_chosen_nothing_for_the_next_files() {
    let chosen = || {
        let mut tray = Tray { documents: true, together: true, limit: Some(9), ..Tray::default() };
        tray.add(vec![picked(1, 1)]);
        tray
    };
    let ways: [fn(&mut Tray); 3] =
        [|tray| drop(tray.take(&chat_id(1), None)), |tray| tray.remove(1), Tray::empty];
    for way in ways {
        let mut tray = chosen();
        way(&mut tray);
        assert_eq!(tray, Tray { limit: Some(9), ..Tray::default() });
    }
}

#[test]
fn a_tray_takes_so_many_files_and_tells_which_are_too_large() {
    let mut tray = Tray::default();
    assert!(!tray.ready());
    assert_eq!(tray.add(vec![picked(1, 10), picked(2, 0)]), [0_u32; 0]);
    assert!(!tray.ready(), "an empty file is refused by the server");
    tray.remove(2);
    assert!(tray.ready());
    tray.limit = Some(9);
    assert!(!tray.ready());
    tray.limit = Some(10);
    assert!(tray.ready());
    let many = (10..10 + u32::try_from(MAX_FILES).unwrap()).map(|key| picked(key, 1)).collect();
    assert_eq!(tray.add(many).len(), 1);
    assert_eq!((tray.items.len(), tray.left_out), (MAX_FILES, 1));
}

#[test]
fn captions_go_with_their_files_or_one_with_the_first() {
    let mut tray = Tray::default();
    tray.add(vec![picked(1, 1), picked(2, 1)]);
    tray.caption(1, " one ".into());
    tray.caption(2, "two".into());
    let quoted = message_id(5);
    let all = tray.clone().take(&chat_id(1), Some(&quoted));
    assert_eq!(all.iter().map(|one| one.caption.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!((all[0].quoted.as_ref(), all[1].quoted.as_ref()), (Some(&quoted), None));
    tray.together = true;
    let all = tray.take(&chat_id(1), None);
    assert_eq!(all.iter().map(|one| one.caption.as_str()).collect::<Vec<_>>(), ["one", ""]);
    assert!(tray.items.is_empty());
    let message = all[0].message(&info(MediaKind::Image, "image/png"));
    assert_eq!((message.text.as_deref(), message.media.unwrap().id.as_str()), (Some("one"), "med_1"));
}

#[test]
fn files_are_uploaded_one_after_the_other_and_a_failed_one_holds_up_nobody() {
    let mut tray = Tray::default();
    tray.add(vec![picked(1, 1), picked(2, 1), picked(3, 1)]);
    let mut all = tray.take(&chat_id(1), None);
    assert_eq!(next(&all, NOON), Some(1));
    all[0].state = SendingState::Uploading(40);
    assert_eq!(next(&all, NOON), None);
    all[0].failed(&Problem::new(ProblemCode::TooLarge, "Too large."), NOON);
    assert_eq!(all[0].state, SendingState::Failed("Too large.".into()));
    assert_eq!(next(&all, NOON), Some(2));
    assert_eq!(upload_due(&all), None);
}

fn next(all: &[Sending], now: i64) -> Option<u32> {
    next_upload(all, now).map(|one| one.picked.key)
}

#[test]
fn one_that_did_not_get_through_is_tried_again_before_what_was_chosen_after_it() {
    let mut tray = Tray::default();
    tray.add(vec![picked(1, 1), picked(2, 1)]);
    let mut all = tray.take(&chat_id(1), None);
    tray.add(vec![picked(3, 1)]);
    all.extend(tray.take(&chat_id(2), None));
    let cut = Problem::new(ProblemCode::Unavailable, "The server cannot be reached.");
    all[0].failed(&cut, NOON);
    assert_eq!(next(&all, NOON + 9_999), Some(3), "another chat does not wait for it");
    all[2].state = SendingState::Uploading(0);
    assert_eq!((next(&all, NOON + 20_000), upload_due(&all)), (None, None), "one at a time");
    all.pop();
    assert_eq!((next(&all, NOON + 9_999), upload_due(&all)), (None, Some(NOON + 10_000)));
    assert_eq!(next(&all, NOON + 10_000), Some(1));
    all[0].failed(&cut, NOON);
    assert_eq!(upload_due(&all), Some(NOON + 20_000), "twice as long each time");
    for _ in 0..40 {
        all[0].failed(&cut, NOON);
    }
    assert_eq!(upload_due(&all), Some(NOON + 300_000));
    // One that stands behind it in its chat may be due before it, and waits all the same.
    all[1].failed(&cut, NOON);
    assert_eq!((next(&all, NOON + 20_000), upload_due(&all)), (None, Some(NOON + 300_000)));
    let busy = Problem { retry_after: Some(900), ..Problem::new(ProblemCode::RateLimited, "Slowly.") };
    all[0].failed(&busy, NOON);
    assert_eq!(upload_due(&all), Some(NOON + 900_000));
}

#[test]
fn what_is_kept_of_a_file_brings_it_back_at_its_place() {
    let mut one = Sending::voice(chat_id(1), picked(1, 9), &[10, 90, 20], Some(message_id(4)));
    assert_eq!(one.kept(), None, "nothing is kept that has no command yet");
    (one.id, one.order) = (Some(command_id(1)), 10);
    one.caption = "Listen".into();
    let text = serde_json::to_string(&one.kept()).unwrap();
    let kept: KeptUpload = serde_json::from_str(&text).unwrap();
    assert_eq!(Some(&kept), one.kept().as_ref());
    let mut back = kept.sending(picked(7, 9));
    assert_eq!((back.picked.key, back.caption.as_str(), &back.waveform), (7, "Listen", &one.waveform));
    assert_eq!((back.id.clone(), back.quoted.clone()), (Some(command_id(1)), Some(message_id(4))));
    back.failed(&Problem::new(ProblemCode::UnsupportedMediaType, "No."), NOON);
    assert_eq!(back.kept().unwrap().sending(picked(8, 9)).state, SendingState::Failed("No.".into()));

    let mut later = back.clone();
    (later.id, later.order) = (Some(command_id(2)), 20);
    let mut all = vec![later];
    restore_upload(&mut all, back.clone());
    restore_upload(&mut all, back);
    assert_eq!(all.iter().map(|one| one.order).collect::<Vec<_>>(), [10, 20]);
}

#[test]
fn a_voice_message_is_one_only_in_what_whatsapp_plays_as_one() {
    let sending = crate::model::Sending::voice(chat_id(1), picked(1, 9), &[10, 90, 20], None);
    let voice = sending.message(&info(MediaKind::Audio, "audio/webm")).media.unwrap();
    assert!(voice.voice && voice.waveform.len() == 64);
    assert!(!sending.message(&info(MediaKind::Audio, "audio/mp4")).media.unwrap().voice);
    assert_eq!(waveform(&[]), [0_u8; 0]);
    assert_eq!(waveform(&[5; 640]), [5_u8; 64]);
    assert_eq!(waveform(&[1, 99])[63], 99);
    assert_eq!((loudness(&[128; 8]), loudness(&[0, 128, 255])), (0, 100));
    assert_eq!(wave_path(&[0, 100, 0], 1..2), "M6 1v22");
}

#[test]
fn what_is_sent_is_in_the_thread_before_the_server_has_it() {
    let mut model = reading(1..4, false);
    let media = NewMedia::of("med_1");
    let message = NewMessage { text: Some("look".into()), media: Some(media), ..NewMessage::default() };
    model.apply(Input::Posted {
        command_id: command_id(1),
        chat_id: chat_id(1),
        message: Box::new(message),
        media: Some(Box::new(info(MediaKind::Image, "image/png"))),
        at: NOON + 500_000,
    });
    let row = shown(&model).pop().unwrap();
    assert_eq!((row.kind(), row.text(), row.status()), (MessageKind::Image, "look", MessageStatus::Queued));
    assert_eq!(row.details().unwrap().media.as_ref().unwrap().width, Some(40));
    model.apply(Input::Refused {
        command_id: command_id(1),
        chat_id: chat_id(1),
        problem: Problem::new(ProblemCode::NotFound, "There is no such file."),
    });
    assert_eq!(shown(&model).pop().unwrap().failure(), Some("There is no such file."));

    let poll = NewPoll { name: "Where?".into(), options: vec!["Here".into(), "There".into()], selectable: 1 };
    model.apply(Input::Posted {
        command_id: command_id(2),
        chat_id: chat_id(1),
        message: Box::new(NewMessage { poll: Some(poll), ..NewMessage::default() }),
        media: None,
        at: NOON + 600_000,
    });
    let row = shown(&model).pop().unwrap();
    assert_eq!((row.kind(), row.text()), (MessageKind::Poll, "Where?"));
    let mut sent = message_of(50);
    sent.command_id = Some(command_id(2));
    model.apply(arrives(101, sent, 0));
    let after = shown(&model);
    assert_eq!(after.iter().filter(|one| one.key == row.key).count(), 1, "the row stays the same");
    assert!(after.iter().any(|one| one.key == row.key && matches!(one.body, Body::Settled(_))));
}

fn message_of(n: u32) -> Message {
    message(n, true)
}

#[test]
fn what_is_no_text_survives_a_reload_too() {
    let poll = poll_of("Where?", &["a".into(), "b".into()], true);
    let send = |message| Command::SendMessage { chat_id: chat_id(1), message: Box::new(message) };
    let posted = send(NewMessage { poll, ..NewMessage::default() });
    assert!(
        Outbox::keeps(&posted) && Outbox::posted(&posted).is_some() && Outbox::written(&posted).is_none()
    );
    let text = send(NewMessage { text: Some("a".into()), ..NewMessage::default() });
    assert!(Outbox::keeps(&text) && Outbox::posted(&text).is_none() && Outbox::written(&text).is_some());
    let named =
        send(NewMessage { text: Some("@1".into()), mentions: vec!["1".into()], ..NewMessage::default() });
    assert!(Outbox::posted(&named).is_some());
}

#[test]
fn polls_and_places_are_checked_before_they_are_sent() {
    let options = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let poll = poll_of(" Where? ", &options(&["Here ", "", "There"]), false).unwrap();
    assert_eq!((poll.name.as_str(), poll.options.len(), poll.selectable), ("Where?", 2, 1));
    assert_eq!(poll_of("q", &options(&["a", "b"]), true).unwrap().selectable, 0);
    assert!(poll_of("", &options(&["a", "b"]), true).is_none());
    assert!(poll_of("q", &options(&["a", " "]), true).is_none());
    assert!(poll_of("q", &options(&["a", "a "]), true).is_none());
    let place = place_of("40,4168", " -3.7038", " Sol ").unwrap();
    assert_eq!((place.latitude.get(), place.longitude.get()), (40.4168, -3.7038));
    assert_eq!(place.name.as_deref(), Some("Sol"));
    assert!(place_of("91", "0", "").is_none() && place_of("", "0", "").is_none());
}

#[test]
fn marks_stand_at_the_edges_of_words_and_come_off_again() {
    assert_eq!(mark("say hello now", (4, 9), '*'), ("say *hello* now".into(), (5, 10)));
    assert_eq!(mark("say *hello* now", (5, 10), '*'), ("say hello now".into(), (4, 9)));
    assert_eq!(mark("a word ", (1, 7), '_'), ("a _word_ ".into(), (3, 7)));
    assert_eq!(mark("😀 b", (3, 4), '*'), ("😀 *b*".into(), (4, 5)), "places are counted in UTF-16");
    assert_eq!(mark("", (0, 0), '*'), ("**".into(), (1, 1)));
    assert_eq!(put("a😀b", (1, 3), "👍"), ("a👍b".into(), 3));
}

#[test]
fn what_is_looked_for_stands_before_the_caret() {
    let member = |part, words: &str| Some(Sought::Member { part, words: words.into() });
    assert_eq!(sought("/th", 3), Some(Sought::Reply { part: (0, 3), words: "th".into() }));
    assert_eq!(sought("and/or", 6), None);
    assert_eq!(sought("hi @An", 6), member((3, 6), "an"));
    assert_eq!(sought("hi @An there", 6), member((3, 6), "an"));
    assert_eq!(sought("a@b.org", 7), None);
    assert_eq!(sought("@ now", 5), None);
    assert_eq!(sought("hi", 2), None);
}

#[test]
fn those_who_are_named_travel_by_their_numbers() {
    let named = |name: &str, address: &str| Named { name: name.into(), address: address.into() };
    let all = [named("Ana", "34600"), named("Ana Ruiz", "34611"), named("Leo", "1@lid")];
    let (text, who) = with_numbers("@Ana Ruiz and @Ana: @Leo", &all);
    assert_eq!(text, "@34611 and @34600: @1");
    assert_eq!(who, ["34600", "34611", "1@lid"], "in the order in which they are known");
    assert_eq!(with_numbers("@Anabel, @Ana", &all), ("@Anabel, @34600".into(), vec!["34600".into()]));
    assert_eq!(with_numbers("Ana", &all), ("Ana".into(), Vec::new()));
}

#[test]
fn a_text_shows_the_names_of_those_whom_it_names() {
    let model = reading(1..4, false);
    let mentions = ["34611111111".to_owned(), "34699999999".to_owned()];
    let shown = model.with_names("@34611111111 and @34699999999", &mentions);
    assert_eq!(shown, "@Person 1 and @34699999999");
    assert_eq!(model.with_names("@346111111112", &mentions), "@346111111112", "the number of somebody else");
}

#[test]
fn a_text_that_is_changed_names_the_same_people_as_before() {
    let model = reading(1..4, false);
    let mentions = ["34699999999".to_owned(), "34611111111".to_owned(), "34611111112".to_owned()];
    let before = "@34611111111, @34611111112 and @34699999999";
    let (text, named) = model.named_in(before, &mentions);
    assert_eq!(text, "@Person 1, @Person 2 and @34699999999");
    assert_eq!(with_numbers(&text, &named), (before.to_owned(), mentions.to_vec()));
    let (text, who) = with_numbers("@Person 2 alone", &named);
    assert_eq!((text.as_str(), who), ("@34611111112 alone", vec!["34611111112".to_owned()]));
}

#[test]
fn of_two_of_the_same_name_each_is_the_one_who_was_chosen() {
    let member = |number: &str| GroupMember {
        jid: format!("{number}@s.whatsapp.net"),
        phone_number: Some(number.into()),
        name: "Ana".into(),
        picture: None,
        role: GroupRole::Member,
    };
    let named = ["34600111222", "34600333444"].map(|number| Named::of(&member(number), true));
    assert_eq!(named[0].name, "Ana (+34 600 111 222)");
    let text = format!("@{} before @{}", named[1].name, named[0].name);
    let (text, who) = with_numbers(&text, &named);
    assert_eq!((text.as_str(), who.len()), ("@34600333444 before @34600111222", 2));
    assert_eq!(Named::of(&member("34600111222"), false).name, "Ana");

    let twins = vec![
        Chat { name: "Ana".into(), ..chat(1, 0, None) },
        Chat { name: "Ana".into(), ..chat(2, 0, None) },
    ];
    let model = Model::new(snapshot(twins, None));
    let mentions = ["34611111111".to_owned(), "34611111112".to_owned()];
    let (text, named) = model.named_in("@34611111112 @34611111111", &mentions);
    assert_eq!(text, "@Ana (+34 611 111 112) @Ana (+34 611 111 111)");
    assert_eq!(with_numbers(&text, &named), ("@34611111112 @34611111111".into(), mentions.to_vec()));
}

#[test]
fn people_are_called_by_what_is_known_of_them() {
    let mut group = chat(2, 0, None);
    group.kind = ChatKind::Group;
    group.jid = "1@g.us".into();
    group.phone_number = None;
    let mut unnamed = chat(3, 0, None);
    unnamed.name = unnamed.phone_number.clone().unwrap();
    let mut known = chat(1, 0, None);
    known.lid = Some("100000012345678@lid".into());
    let mut written = Message { chat_id: chat_id(2), from: "34699999999".into(), ..message(1, false) };
    written.sender_name = Some("Leo".into());
    let thread = ThreadPage { chat_id: chat_id(2), messages: vec![written], has_older: false };
    let mut state = snapshot(vec![known, group, unnamed], Some(thread));
    state.devices[0].display_name = Some("Front desk".into());
    let mut model = Model::new(state);
    let named = |model: &Model, address: &str| model.name_of(address);
    assert_eq!(named(&model, "34611111111").as_deref(), Some("Person 1"));
    assert_eq!(named(&model, "100000012345678@lid").as_deref(), Some("Person 1"));
    assert_eq!(named(&model, "34600000001").as_deref(), Some("Front desk"), "oneself");
    assert_eq!(named(&model, "34611111113"), None, "a number is no name");
    assert_eq!(model.name_in(&chat_id(1), "anybody").as_deref(), Some("Person 1"), "there is nobody else");
    assert_eq!(model.name_in(&chat_id(2), "anybody"), None);
    // Also of a thread that is here and not open.
    model.open(&chat_id(1));
    assert_eq!(named(&model, "34699999999").as_deref(), Some("Leo"));
    let text = "@100000012345678, @34699999999 and @34600000001: mail a@b.org, @34611111113, @1";
    let says = "@Person 1, @Leo and @Front desk: mail a@b.org, @34611111113, @1";
    assert_eq!(model.with_known_names(text), says);
    // What is told of a message that came has the names, too.
    let mut comes = Message { text: "Ask @34699999999".into(), ..message(5, false) };
    comes.details.mentions = vec!["34699999999".into()];
    let changes = model.apply(arrives(101, comes, 1));
    assert_eq!(changes.arrived[0].text, "Ask @Leo");
}

#[test]
fn short_replies_are_kept_as_text() {
    let reply = |name: &str, text: &str| Canned { name: name.into(), text: text.into() };
    let all = vec![reply("thanks", "Thank you!"), reply("bank", "Our bank…"), reply("th", "x")];
    assert_eq!(read_canned(&write_canned(&all)), all);
    assert!(read_canned("no JSON").is_empty());
    let names: Vec<String> = canned_like(&all, "th").into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["thanks", "th"]);
}

#[test]
fn pictures_in_a_row_are_an_album_and_can_be_looked_at_one_after_the_other() {
    let picture = |n: u32, text: &str| {
        let mut message = message(n, false);
        message.kind = MessageKind::Image;
        message.text = text.into();
        message.details.media = Some(Media {
            id: Some(format!("med_{n}")),
            state: Some(MediaState::Available),
            ..Media::default()
        });
        message
    };
    let mut lost = picture(7, "");
    lost.details.media.as_mut().unwrap().state = Some(MediaState::Expired);
    let messages = vec![
        picture(1, ""),
        picture(2, ""),
        picture(3, ""),
        picture(4, "look"),
        message(5, false),
        picture(6, ""),
        lost,
    ];
    let page = ThreadPage { chat_id: chat_id(1), messages, has_older: false };
    let model = Model::new(snapshot(vec![chat(1, 0, None)], Some(page)));
    let albums: Vec<u8> = model
        .slots(|_| 0)
        .into_iter()
        .filter_map(|slot| match slot {
            Slot::Row { shape, .. } => Some(shape.album),
            _ => None,
        })
        .collect();
    assert_eq!(albums, [1, 2, 3, 0, 0, 0, 0]);
    let media: Vec<String> = model.exhibits(Vec::new()).into_iter().map(|one| one.media).collect();
    assert_eq!(media, ["med_1", "med_2", "med_3", "med_4", "med_6"]);
}
