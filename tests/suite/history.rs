//! What was written before the link: all of it comes, in order, once, whatever happens meanwhile, and nothing live
//! waits for it.

use crate::support::{Server, past, until};
use serde_json::{Value, json};

const OWN: &str = "34600111222";

fn people(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("3461{n:07}")).collect()
}

/// A server whose first phone has so many messages with each of so many people.
fn server_with_past(
    environment: &[(&'static str, String)],
    chats: usize,
    each: usize,
) -> (Server, Vec<String>) {
    let mut server = Server::start_with(environment);
    let people = people(chats);
    for person in &people {
        server.post("/sandbox/phones", json!({"name": format!("Person {person}"), "number": person}));
    }
    server.kill();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(past::write(&past::embedded(&server.folder), OWN, &people, each, 7));
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    server.run();
    (server, people)
}

fn history(server: &Server, device: &str) -> Value {
    server.get(&format!("/devices/{device}/history"))
}

fn finished(server: &Server, device: &str) -> Value {
    until("the history to be there", || {
        let state = history(server, device);
        (state["finished"] == true).then_some(state)
    })
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["text"].as_str()).collect()
}

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("text {n}")).collect()
}

/// The events of one type until now.
fn events(server: &Server, kind: &str) -> Vec<Value> {
    let now = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    let mut since = format!("{}-0", now.rsplit_once('-').unwrap().0);
    let mut all = Vec::new();
    loop {
        let page = server.get(&format!("/events?limit=500&since={since}"));
        let items = page["items"].as_array().unwrap().clone();
        all.extend(items.iter().filter(|event| event["type"] == kind).cloned());
        if items.is_empty() {
            return all;
        }
        since = page["cursor"].as_str().unwrap().to_owned();
    }
}

#[test]
fn all_of_it_comes_in_order_and_older_messages_can_be_asked_for() {
    // More than a phone sends by itself: 1,040 of each chat.
    const EACH: usize = 1_100;
    let (server, people) = server_with_past(&[], 2, EACH);
    let device = server.linked_device(OWN);
    let state = finished(&server, &device);
    assert_eq!(
        (&state["progress"], &state["leftOut"], &state["waiting"]),
        (&json!(100), &json!(0), &json!(0))
    );
    for person in &people {
        let thread = server.thread(&device, person);
        assert_eq!(texts(&thread), numbered(EACH - 1_040..EACH), "{person}");
    }
    // Told step by step, and the end of it once all is here.
    let synced = events(&server, "history.synced");
    let progress: Vec<u64> = synced.iter().filter_map(|event| event["data"]["progress"].as_u64()).collect();
    assert!(progress.is_sorted() && progress.last() == Some(&100), "{progress:?}");
    assert!(progress.len() > 1 && progress[0] < 100, "{progress:?}");
    let ends: Vec<bool> = synced.iter().map(|event| event["data"]["finished"] == true).collect();
    assert!(!ends[0] && ends.last() == Some(&true), "{synced:#?}");
    let messages: u64 = synced.iter().filter_map(|event| event["data"]["messages"].as_u64()).sum();
    assert_eq!(json!(messages), state["messages"]);
    // The rest, when somebody asks for it; then there is nothing older.
    let chat =
        server.get(&format!("/devices/{device}/chats/{}/messages", people[0]))["items"][0]["chatId"].clone();
    let ask = format!("/chats/{}/history", chat.as_str().unwrap());
    assert_eq!(server.call("POST", &ask, Some(&json!({"count": 25}))).unwrap().0, 202);
    let asked = until("older messages", || {
        events(&server, "history.synced").into_iter().find(|event| event["data"]["chatId"] == chat)
    });
    assert_eq!((&asked["data"]["kind"], &asked["data"]["messages"]), (&json!("on_demand"), &json!(25)));
    assert_eq!(texts(&server.thread(&device, &people[0])), numbered(EACH - 1_065..EACH));
    let of_device = format!("/devices/{device}/chats/{}/history", people[0]);
    assert_eq!(server.call("POST", &of_device, Some(&json!({"count": 500}))).unwrap().0, 202);
    until("the oldest messages", || {
        (texts(&server.thread(&device, &people[0])) == numbered(0..EACH)).then_some(())
    });
    until("the end of the chat", || {
        let (status, problem) = server.call("POST", &ask, Some(&json!({"count": 1}))).unwrap();
        (status == 409 && problem["code"] == "conflict").then_some(())
    });
    // Limits of what can be asked for.
    for count in [json!(0), json!(501), json!(-1), json!("many"), Value::Null] {
        assert_eq!(server.call("POST", &ask, Some(&json!({"count": count}))).unwrap().0, 400, "{count}");
    }
    server.post(&format!("/devices/{device}/disconnect"), json!({}));
    let other = format!("/devices/{device}/chats/{}/history", people[1]);
    let (status, problem) = server.call("POST", &other, Some(&json!({"count": 1}))).unwrap();
    assert_eq!((status, &problem["code"]), (409, &json!("not_connected")));
}

#[test]
fn what_is_beyond_the_limits_is_said_and_can_be_fetched() {
    let limit = [("SWITCHBOARD_HISTORY_MESSAGES_PER_CHAT", "100".to_owned())];
    let (server, people) = server_with_past(&limit, 1, 300);
    let device = server.linked_device(OWN);
    let state = finished(&server, &device);
    assert_eq!(state["leftOut"], 200);
    assert_eq!(texts(&server.thread(&device, &people[0])), numbered(200..300));
    let ask = format!("/devices/{device}/chats/{}/history", people[0]);
    server.post(&ask, json!({"count": 150}));
    until("what was left out", || {
        (texts(&server.thread(&device, &people[0])) == numbered(50..300)).then_some(())
    });
}

#[test]
fn a_server_that_is_killed_goes_on_where_it_was() {
    const EACH: usize = 1_040;
    let (mut server, people) = server_with_past(&[], 12, EACH);
    let device = server.linked_device(OWN);
    // In the middle of it: again and again, until there is none. Not before all of it is on disk: what WhatsApp was
    // told of and we have not, it does not send again.
    let mut kills = 0;
    let mut waiting = 3;
    while kills < 6 {
        let caught = until("some of it", || {
            let state = history(&server, &device);
            if state["finished"] == true {
                return Some(false);
            }
            (state["waiting"].as_u64() >= Some(waiting)).then_some(true)
        });
        waiting = 1;
        if !caught {
            break;
        }
        server.kill();
        server.run();
        kills += 1;
    }
    assert!(kills > 0, "it was through before it could be killed");
    let state = finished(&server, &device);
    let expected = numbered(0..EACH);
    for person in &people {
        assert_eq!(texts(&server.thread(&device, person)), expected, "{person} after {kills} kills");
    }
    // Each was counted once, however often its part was begun; the sandbox's own chats are beside them.
    assert!(state["messages"].as_u64().unwrap() >= (people.len() * EACH) as u64);
    let chats = server.get(&format!("/devices/{device}/chats?limit=100"));
    let ours = |chat: &&Value| people.iter().any(|person| chat["phoneNumber"] == person.as_str());
    let ours: Vec<_> = chats["items"].as_array().unwrap().iter().filter(ours).collect();
    assert_eq!(ours.len(), people.len());
    assert!(ours.iter().all(|chat| chat["unread"] == 0), "{ours:#?}");
}

#[test]
fn live_messages_pass_while_the_history_comes() {
    let (server, people) = server_with_past(&[], 12, 1_040);
    let device = server.linked_device(OWN);
    until("some of the history", || (history(&server, &device)["messages"].as_u64() > Some(0)).then_some(()));
    let mut between = 0;
    for n in 0.. {
        if history(&server, &device)["finished"] == true {
            break;
        }
        let text = format!("live {n}");
        server.post(&format!("/sandbox/phones/{}/messages", people[0]), json!({"to": OWN, "text": text}));
        until("a live message", || {
            // The first of a chat may come before its history does.
            let path = format!("/devices/{device}/chats/{}/messages?limit=20", people[0]);
            let (_, page) = server.call("GET", &path, None).unwrap();
            page["items"].as_array()?.iter().any(|message| message["text"] == text.as_str()).then_some(())
        });
        between += u32::from(history(&server, &device)["finished"] == false);
    }
    assert!(between > 0, "no live message came before the history was through");
    // And the thread is in order all the same.
    let thread = server.thread(&device, &people[0]);
    let times: Vec<i64> = thread.iter().map(|message| message["timestamp"].as_i64().unwrap()).collect();
    assert!(times.is_sorted());
    assert_eq!(texts(&thread)[..1_040], numbered(0..1_040)[..]);
}

#[test]
fn what_was_lost_between_whatsapp_and_us_is_asked_for() {
    let (mut server, people) = server_with_past(&[], 2, 60);
    let device = server.linked_device(OWN);
    finished(&server, &device);
    server.kill();
    // As if the server had gone after WhatsApp was told that a part arrived, and before it was on disk.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(past::execute(
        &past::embedded(&server.folder),
        &[
            "DELETE FROM messages WHERE history_order IS NOT NULL AND history_order <= 20",
            "UPDATE chats SET history_end = 0",
            "UPDATE history_state SET finished_at = NULL, progress = 66, changed_at = 0",
        ],
    ));
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    server.run();
    for person in &people {
        until("what was lost", || (texts(&server.thread(&device, person)) == numbered(0..60)).then_some(()));
    }
    finished(&server, &device);
}
