//! The chat list: order, unread totals, filters and search.

use super::*;
use crate::model::{ChatFilter, FilterKind, changed};
use crate::protocol::{ChatChange, Label};
use proptest::prelude::*;

fn names(model: &Model, filter: &ChatFilter) -> Vec<String> {
    let keys = model.visible_chats(filter);
    keys.into_iter().map(|key| model.chat(key).unwrap().chat.name.clone()).collect()
}

fn named(n: u32, name: &str, unread: u32) -> Chat {
    Chat { name: name.into(), ..chat(n, unread, None) }
}

#[test]
fn newest_activity_comes_first() {
    let mut model = Model::new(snapshot(vec![chat(1, 0, None), chat(2, 0, None), chat(3, 0, None)], None));
    assert_eq!(names(&model, &ChatFilter::default()), ["Person 1", "Person 2", "Person 3"]);
    let said = Message { chat_id: chat_id(3), ..message(5, false) };
    let chat = chat(3, 1, Some(&said));
    assert!(model.apply(event(101, EventKind::MessageNew { message: said, chat })).order);
    assert_eq!(names(&model, &ChatFilter::default())[0], "Person 3");
}

#[test]
fn filters_and_search() {
    let group = Chat { kind: ChatKind::Group, phone_number: None, ..named(3, "La Bodega · team", 4) };
    let other = Chat { device_id: device_id(2), ..named(4, "Ana", 0) };
    let model =
        Model::new(snapshot(vec![named(1, "Sofía Lindqvist", 0), named(2, "Karim", 1), group, other], None));
    let filter = |kind| ChatFilter { kind, ..ChatFilter::default() };
    assert_eq!(names(&model, &filter(FilterKind::Unread)), ["Karim", "La Bodega · team"]);
    assert_eq!(names(&model, &filter(FilterKind::Groups)), ["La Bodega · team"]);
    let search = |query: &str| ChatFilter { query: query.into(), ..ChatFilter::default() };
    assert_eq!(names(&model, &search(" sofia ")), ["Sofía Lindqvist"]);
    assert_eq!(names(&model, &search("bodega")), ["La Bodega · team"]);
    assert_eq!(names(&model, &search("+34 611 111 112")), ["Karim"]);
    assert_eq!(names(&model, &search("nobody")), Vec::<String>::new());
    let device = ChatFilter { device: Some(device_id(2)), ..ChatFilter::default() };
    assert_eq!(names(&model, &device), ["Ana"]);
}

#[test]
fn pinned_chats_stand_on_top_and_archived_ones_apart() {
    let pinned = |n, at| Chat { pinned: true, pinned_at: Some(at), ..chat(n, 0, None) };
    let archived = Chat { archived: true, ..chat(5, 2, None) };
    let mut model = Model::new(snapshot(
        vec![chat(1, 0, None), chat(2, 0, None), pinned(3, 10), pinned(4, 20), archived],
        None,
    ));
    assert_eq!(names(&model, &ChatFilter::default()), ["Person 4", "Person 3", "Person 1", "Person 2"]);
    assert_eq!((model.archived_chats(), model.unread_chats()), (1, 0), "what is put away does not wait");
    let archive = ChatFilter { kind: FilterKind::Archived, ..ChatFilter::default() };
    assert_eq!(names(&model, &archive), ["Person 5"]);
    let search = ChatFilter { query: "person 5".into(), ..ChatFilter::default() };
    assert_eq!(names(&model, &search), ["Person 5"], "but it is found");
    let unread = ChatFilter { kind: FilterKind::Unread, ..ChatFilter::default() };
    assert_eq!(names(&model, &unread), Vec::<String>::new());
    let back = Chat { archived: false, ..chat(5, 2, None) };
    assert!(model.apply(event(101, EventKind::ChatUpdated { chat: back })).order);
    assert_eq!(names(&model, &unread), ["Person 5"]);
    assert_eq!(model.archived_chats(), 0);
}

#[test]
fn a_change_is_shown_before_the_server_says_so() {
    let before = chat(1, 3, None);
    let with = |change| changed(before.clone(), change, NOON);
    let pinned = with(ChatChange::Pin { pinned: true });
    assert_eq!((pinned.pinned, pinned.pinned_at), (true, Some(NOON)));
    let away = changed(pinned, ChatChange::Archive { archived: true }, NOON);
    assert_eq!((away.archived, away.pinned, away.pinned_at), (true, false, None));
    let read = with(ChatChange::MarkUnread { unread: false });
    assert_eq!((read.unread, read.marked_unread), (0, false));
    assert!(with(ChatChange::MarkUnread { unread: true }).marked_unread);
    assert_eq!(with(ChatChange::Mute { until: Some(7) }).muted_until, Some(7));
    assert_eq!(with(ChatChange::Delete), before);
    let mut model = Model::new(snapshot(vec![before.clone()], None));
    let marked = Chat { unread: 0, marked_unread: true, ..before };
    model.apply(Input::Known(vec![marked]));
    assert_eq!(model.unread_chats(), 1);
    assert!(model.apply(Input::Read(chat_id(1))).order, "opening it reads it");
    assert_eq!(model.unread_chats(), 0);
}

#[test]
fn labels_narrow_the_list_and_follow_their_events() {
    let label = |id: &str, name: &str| Label { id: id.into(), name: name.into(), color: 3 };
    let labelled = Chat { labels: vec!["7".into()], ..chat(2, 0, None) };
    let mut model = Model::new(snapshot(vec![chat(1, 0, None), labelled.clone()], None));
    assert!(!model.apply(event(101, EventKind::LabelUpdated { label: label("7", "Paid") })).labels);
    let labels = vec![label("7", "Paid"), label("8", "Vip")];
    assert!(model.apply(Input::Labels { device_id: device_id(1), labels }).labels);
    let filter = ChatFilter { label: Some((device_id(1), "7".into())), ..ChatFilter::default() };
    assert_eq!(names(&model, &filter), ["Person 2"]);
    assert!(model.apply(event(102, EventKind::LabelUpdated { label: label("8", "A customer") })).labels);
    model.apply(event(103, EventKind::LabelDeleted { id: "7".into() }));
    assert_eq!(model.labels(), [(device_id(1), label("8", "A customer"))]);
    let without = Chat { labels: Vec::new(), ..labelled };
    assert!(model.apply(event(104, EventKind::ChatUpdated { chat: without })).order);
    assert_eq!(names(&model, &filter), Vec::<String>::new());
}

#[test]
fn a_narrower_list_has_pages_of_its_own() {
    let mut model = Model::new(crate::protocol::Snapshot {
        next_chats: Some("c2".into()),
        ..snapshot(vec![chat(1, 0, None)], None)
    });
    let groups = ChatFilter { kind: FilterKind::Groups, ..ChatFilter::default() };
    assert_eq!(groups.address(), "/api/v1/chats?limit=100&kind=group");
    assert!(model.has_more(&groups) && model.next_of(&groups).is_none());
    let page = |next: Option<&str>| crate::protocol::Page {
        items: vec![Chat { kind: ChatKind::Group, ..chat(2, 0, None) }],
        next: next.map(Into::into),
        cursor: None,
    };
    model.apply(Input::ChatsOf { list: groups.address(), page: page(Some("g2")) });
    assert_eq!((model.has_more(&groups), model.next_of(&groups)), (true, Some("g2")));
    model.apply(Input::ChatsOf { list: groups.address(), page: page(None) });
    assert!(!model.has_more(&groups));
    assert_eq!(model.next_chats(), Some("c2"), "the whole list goes on where it was");
    let label = ChatFilter { label: Some((device_id(1), "a b".into())), ..ChatFilter::default() };
    assert_eq!(label.address(), "/api/v1/devices/device-1/chats?limit=100&label=%61%20%62");
    // Messages are looked for in the same chats.
    assert_eq!(label.of_messages(), "&device=device-1&label=%61%20%62");
    assert_eq!(groups.of_messages(), "&chatKind=group");
    assert_eq!(ChatFilter::default().of_messages(), "");
}

#[test]
fn a_filter_comes_back_as_it_was_kept() {
    let filter = ChatFilter {
        kind: FilterKind::Unread,
        device: Some(device_id(2)),
        label: Some((device_id(1), "7".into())),
        ..ChatFilter::default()
    };
    assert_eq!(ChatFilter::from_kept(&filter.kept()), filter);
    assert_eq!(ChatFilter::from_kept("nonsense"), ChatFilter::default());
    let archive = ChatFilter { kind: FilterKind::Archived, query: "x".into(), ..ChatFilter::default() };
    assert_eq!(ChatFilter::from_kept(&archive.kept()), ChatFilter::default());
}

#[test]
fn the_open_chat_stays_in_the_unread_list_when_it_is_read() {
    let mut model = Model::new(snapshot(vec![chat(1, 2, None), chat(2, 1, None)], None));
    let key = model.open(&chat_id(1)).unwrap();
    assert!(model.apply(Input::Read(chat_id(1))).order);
    let filter = ChatFilter { kind: FilterKind::Unread, keep: Some(key), ..ChatFilter::default() };
    assert_eq!(names(&model, &filter).len(), 2);
    assert_eq!(model.unread_chats(), 1);
    assert_eq!(model.apply(Input::Read(chat_id(1))), Changes::default());
}

#[test]
fn a_draft_is_shown_and_blanks_are_none() {
    let mut model = reading(1..2, false);
    let key = model.open_chat().unwrap();
    let draft = |text: &str| begins(1, text);
    assert!(model.apply(draft("half a thou")).chats.contains(&key));
    assert_eq!(model.chat(key).unwrap().draft.as_deref(), Some("half a thou"));
    assert_eq!(model.apply(draft("half a thou")), Changes::default());
    model.apply(draft(" \n"));
    assert_eq!(model.chat(key).unwrap().draft, None);
}

#[test]
fn a_further_page_adds_and_ends() {
    let mut model = Model::new(crate::protocol::Snapshot {
        next_chats: Some("c2".into()),
        ..snapshot(vec![chat(1, 0, None)], None)
    });
    assert_eq!(model.next_chats(), Some("c2"));
    let page =
        crate::protocol::Page { items: vec![chat(1, 0, None), chat(2, 3, None)], next: None, cursor: None };
    model.apply(Input::Chats(page));
    assert_eq!(names(&model, &ChatFilter::default()).len(), 2);
    assert_eq!((model.next_chats(), model.unread_chats()), (None, 1));
}

/// So many chats of device 1 wait, of which these are named beside the snapshot's chats.
fn waiting(chats: Vec<Chat>, count: u32, elsewhere: &[u32]) -> crate::protocol::Snapshot {
    let elsewhere = elsewhere.iter().map(|n| chat_id(*n)).collect();
    let unread = vec![crate::protocol::UnreadChats { device_id: device_id(1), count, elsewhere }];
    crate::protocol::Snapshot { unread, next_chats: Some("c2".into()), ..snapshot(chats, None) }
}

fn chat_page(items: Vec<Chat>) -> Input {
    Input::Chats(crate::protocol::Page { items, next: None, cursor: None })
}

#[test]
fn what_waits_beyond_the_loaded_chats_is_counted() {
    let mut model = Model::new(waiting(vec![chat(1, 2, None), chat(2, 0, None)], 4, &[3, 4, 5]));
    assert_eq!(model.unread_chats(), 4);
    // Scrolling changes nothing.
    model.apply(chat_page(vec![chat(3, 1, None), chat(6, 0, None)]));
    assert_eq!(model.unread_chats(), 4);
    // One that waits already gets another message, one that did not gets its first, one is read on the phone.
    let says = |seq: i64, n: u32, unread: u32| {
        let said = Message { chat_id: chat_id(n), ..message(n, false) };
        let chat = chat(n, unread, Some(&said));
        event(seq, EventKind::MessageNew { message: said, chat })
    };
    assert!(model.apply(says(101, 4, 2)).order);
    assert_eq!(model.unread_chats(), 4);
    model.apply(says(102, 7, 1));
    assert_eq!(model.unread_chats(), 5);
    assert!(model.apply(event(103, EventKind::ChatUpdated { chat: chat(5, 0, None) })).order);
    assert_eq!(model.unread_chats(), 4);
    // One that never waited is pinned: it did not wait before either.
    let pinned = Chat { pinned: true, pinned_at: Some(NOON), ..chat(8, 0, None) };
    model.apply(event(104, EventKind::ChatUpdated { chat: pinned }));
    assert_eq!(model.unread_chats(), 4);
    model.apply(Input::Read(chat_id(4)));
    assert_eq!(model.unread_chats(), 3);
}

#[test]
fn what_waits_elsewhere_goes_with_its_chat_and_its_device() {
    let mut model = Model::new(waiting(vec![chat(1, 0, None)], 4, &[2, 3, 4, 5]));
    assert!(model.apply(event(101, EventKind::ChatDeleted { chat_id: chat_id(2) })).order);
    assert_eq!(model.unread_chats(), 3);
    // Chat 3 goes into chat 6, which waits now.
    model.apply(event(102, EventKind::ChatMerged { from: chat_id(3), chat: chat(6, 1, None) }));
    assert_eq!(model.unread_chats(), 3);
    let archived = Chat { archived: true, ..chat(4, 2, None) };
    model.apply(event(103, EventKind::ChatUpdated { chat: archived }));
    assert_eq!(model.unread_chats(), 2);
    model.apply(event(104, EventKind::DeviceDeleted { id: device_id(1) }));
    assert_eq!(model.unread_chats(), 0);
}

#[test]
fn a_state_read_anew_counts_anew() {
    let mut model = Model::new(waiting(vec![chat(1, 1, None)], 3, &[2, 3]));
    model.apply(chat_page(vec![chat(2, 1, None), chat(3, 1, None), chat(4, 0, None)]));
    assert_eq!(model.unread_chats(), 3);
    // The phone brought chats: what is loaded stays, although the first page does not hold it.
    model.apply(Input::Reloaded(Box::new(waiting(vec![chat(1, 1, None), chat(9, 1, None)], 5, &[2, 3, 8]))));
    assert_eq!((model.unread_chats(), model.next_chats()), (5, Some("c2")));
    assert_eq!(names(&model, &ChatFilter::default()).len(), 5);
    assert_eq!(*model.cursor(), cursor(100));
    // A resync: what was loaded beyond the first page is let go.
    model.apply(Input::Snapshot(Box::new(waiting(vec![chat(1, 0, None)], 2, &[2, 3]))));
    assert_eq!(model.unread_chats(), 2);
}

#[test]
fn of_very_many_the_rest_is_a_number() {
    let mut model = Model::new(waiting(vec![chat(1, 1, None)], 900, &[2]));
    assert_eq!(model.unread_chats(), 900);
    model.apply(chat_page(vec![chat(2, 1, None), chat(3, 4, None), chat(4, 0, None)]));
    assert_eq!(model.unread_chats(), 900);
    // What a browser kept of an earlier version tells nothing.
    let mut kept = serde_json::to_value(waiting(vec![chat(1, 1, None)], 900, &[2])).unwrap();
    kept.as_object_mut().unwrap().remove("unread");
    let kept: crate::protocol::Snapshot = serde_json::from_value(kept).unwrap();
    assert_eq!(Model::new(kept).unread_chats(), 1);
}

proptest! {
    /// The counter of unread chats, kept by each event, is always what counting would say; and the
    /// order is always by activity.
    #[test]
    fn counters_and_order_hold(acts in prop::collection::vec((1_u32..6, 0_u32..3, 0_u32..50, 0_u8..4), 0..60)) {
        let mut model = Model::new(snapshot(vec![chat(1, 1, None), chat(2, 0, None)], None));
        for (index, (n, unread, at, act)) in acts.into_iter().enumerate() {
            let seq = 101 + i64::try_from(index).unwrap();
            let last = message(at, false);
            match act {
                0 => model.apply(event(seq, EventKind::ChatUpdated { chat: chat(n, unread, Some(&last)) })),
                1 => model.apply(Input::Read(chat_id(n))),
                2 => model.apply(Input::Wrote {
                    command_id: command_id(n), chat_id: chat_id(n), text: "t".into(), at: NOON + i64::from(at),
                }),
                _ => model.apply(Input::Snapshot(Box::new(snapshot(vec![chat(n, unread, Some(&last))], None)))),
            };
            // A snapshot turns the position back to 100, as one of the same state would not.
            let keys = model.visible_chats(&ChatFilter::default());
            let states: Vec<_> = keys.iter().map(|key| model.chat(*key).unwrap()).collect();
            prop_assert_eq!(model.unread_chats(), states.iter().filter(|state| state.chat.unread > 0).count());
            prop_assert!(states.windows(2).all(|pair| pair[0].activity() >= pair[1].activity()));
        }
    }
}
