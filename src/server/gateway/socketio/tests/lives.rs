//! Namespaces, rooms, acknowledgements, feeds and recovery.

use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::Message;

use super::{
    super::{CloseReason, Config, DisconnectReason},
    dialect::{Desk, END},
    site::{Poller, Site},
};

fn payload(packet: &str) -> Value {
    let at = packet.find('[').unwrap_or_else(|| panic!("no event: {packet}"));
    serde_json::from_str(&packet[at..]).expect("JSON")
}

async fn hello(client: &mut Poller<'_>) -> Value {
    let event = payload(&client.next().await);
    assert_eq!(event[0], "hello");
    event[1].clone()
}

/// The numbers of so many logged events.
async fn logged(client: &mut Poller<'_>, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let event = payload(&client.next().await);
        assert_eq!(event[0], "logged");
        assert_eq!(event[2], format!("log-{}", event[1]));
        numbers.extend(event[1].as_u64());
    }
    numbers
}

#[tokio::test]
async fn refusals_arrive_with_message_and_data() {
    let site = Site::start(Desk::new(Config::default()).server).await;
    let mut client = site.open("").await;
    client.post(r#"40/device/a,{"key":"bad"}"#).await;
    assert_eq!(client.next().await, r#"44/device/a,{"message":"Invalid API key","data":{"code":401}}"#);
    client.post("40").await;
    assert_eq!(client.next().await, r#"44{"message":"API key is required"}"#);
    client.post("40/nowhere").await;
    assert_eq!(client.next().await, r#"44/nowhere,{"message":"Invalid namespace"}"#);
    assert_eq!(site.server.namespaces(), 0, "a refused namespace leaves nothing behind");
}

#[tokio::test]
async fn nobody_guesses_for_ever_on_one_connection() {
    let site = Site::start(Desk::new(Config { max_refusals: 3, ..Config::default() }).server).await;
    let mut client = site.open("").await;
    for _ in 0..3 {
        client.post(r#"40{"key":"bad"}"#).await;
        assert!(client.next().await.starts_with("44"));
    }
    assert_eq!(client.next().await, "1");
    assert!(client.is_gone().await);
}

#[tokio::test]
async fn a_namespace_lasts_from_its_first_socket_to_its_last() {
    let desk = Desk::new(Config { max_namespaces: 2, ..Config::default() });
    let site = Site::start(desk.server).await;
    let mut client = site.enter("/device/a", "&key=k", "").await;
    assert_eq!(hello(&mut client).await["session"], "k@a");
    let public = client.enter("/device/b", "").await["sid"].clone();
    hello(&mut client).await;
    assert_ne!(public, json!(client.sid), "the session's id is nobody's business");
    assert_eq!(site.server.namespaces(), 2);
    client.post("40/device/c,").await;
    assert_eq!(client.next().await, r#"44/device/c,{"message":"Too many namespaces"}"#);
    client.post("41/device/a,\x1e41/device/b,").await;
    site.until("both are empty", |server| server.namespaces() == 0).await;
    let farewells = desk.farewells.lock().expect("no panic").clone();
    assert!(farewells.iter().all(|(_, reason)| *reason == DisconnectReason::Client));
}

#[tokio::test]
async fn whoever_enters_nothing_is_sent_away() {
    let config = Config { connect_timeout: Duration::from_millis(100), ..Config::default() };
    let site = Site::start(Desk::new(config).server).await;
    let client = site.open("").await;
    assert_eq!(client.poll().await.body, "1");
    assert!(client.is_gone().await);
}

#[tokio::test]
async fn rooms_hold_whoever_joined_them() {
    let site = Site::start(Desk::new(Config { max_rooms: 1, ..Config::default() }).server).await;
    let mut one = site.enter("/", "&key=k", "").await;
    hello(&mut one).await;
    let mut two = site.enter("/", "&key=k", "").await;
    hello(&mut two).await;
    for (packet, answer) in [
        (r#"421["join","r"]"#, "431[true]"),
        (r#"421["join","r"]"#, "431[true]"),
        (r#"421["join","one too many"]"#, "431[false]"),
        (r#"422["tell","r"]"#, "432[0]"),
    ] {
        one.post(packet).await;
        assert_eq!(one.next().await, answer);
    }
    two.post(r#"423["tell","r"]"#).await;
    assert_eq!(two.next().await, "433[1]");
    assert_eq!(one.next().await, r#"42["told"]"#);
    assert_eq!(site.server.of("/").ids().len(), 2);
    assert_eq!(site.server.of("/").except("r").ids().len(), 1);
}

#[tokio::test]
async fn acknowledgements_go_both_ways_or_time_out() {
    let site = Site::start(Desk::new(Config::default()).server).await;
    let mut client = site.enter("/", "&key=k", "").await;
    hello(&mut client).await;
    client.post(r#"429["ask"]"#).await;
    assert_eq!(client.next().await, r#"420["asked"]"#);
    client.post("430[7]").await;
    assert_eq!(client.next().await, "439[7]");
    client.post(r#"429["ask"]"#).await;
    assert_eq!(client.next().await, r#"421["asked"]"#);
    assert_eq!(client.next().await, r#"439["not acknowledged in time"]"#);
    let echo = "451-5[\"echo\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID";
    client.post(echo).await;
    assert_eq!(client.next().await, r#"461-5[{"_placeholder":true,"num":0}]"#);
    assert_eq!(client.next().await, "bAQID");
}

#[tokio::test]
async fn a_slow_client_pulls_later_and_loses_nothing() {
    let desk = Desk::new(Config::default());
    let site = Site::start(desk.server).await;
    let mut client = site.enter("/", "&key=k", "").await;
    hello(&mut client).await;
    desk.log.send_replace(5_000);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(logged(&mut client, 5_000).await, (1..=5_000).collect::<Vec<_>>());
}

/// The transport takes packets while they are queued, on a thread of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_never_stalls_behind_a_fast_reader() {
    let desk = Desk::new(Config { feed_below_packets: 1, ..Config::default() });
    let site = Site::start(desk.server).await;
    desk.log.send_replace(1);
    let numbers = tokio::task::spawn_blocking(move || {
        let mut socket = site.websocket("&key=k");
        socket.send(Message::text("40")).expect("sent");
        let mut numbers = Vec::new();
        while numbers.len() < 5_000 {
            match socket.read().expect("a packet") {
                Message::Text(text) if text.starts_with(r#"42["logged""#) => {
                    numbers.extend(payload(&text)[1].as_u64());
                }
                Message::Text(text) if text.starts_with(r#"42["hello""#) => drop(desk.log.send(5_001)),
                Message::Text(_) => {}
                other => panic!("unexpected: {other}"),
            }
        }
        numbers
    });
    assert_eq!(numbers.await.expect("no panic"), (2..=5_001).collect::<Vec<_>>());
}

/// What a feed gave and nobody will take any more is not tried for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_in_the_middle_of_a_batch_is_over() {
    let desk = Desk::new(Config { feed_below_packets: 1, ..Config::default() });
    let site = Site::start(desk.server).await;
    let mut client = site.enter("/", "&key=k", "").await;
    hello(&mut client).await;
    desk.log.send_replace(40);
    logged(&mut client, 1).await;
    client.post("1").await;
    site.until("its socket has left", |server| server.namespaces() == 0).await;
}

/// It says so whenever it is asked, and at once: asked again and again, it would leave no time for anything else.
#[tokio::test]
async fn a_feed_that_closes_its_session_lets_the_waiting_poll_go() {
    let desk = Desk::new(Config::default());
    let site = Site::start(desk.server).await;
    let mut client = site.enter("/", "&key=k", "").await;
    hello(&mut client).await;
    let closing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        desk.log.send_replace(END);
    };
    let (answer, ()) = tokio::join!(client.poll(), closing);
    assert_eq!(answer.body, "1");
}

#[tokio::test]
async fn whoever_does_not_read_what_is_pushed_is_cut_off() {
    let site = Site::start(Desk::new(Config::default()).server).await;
    let mut client = site.enter("/", "&key=k", "").await;
    hello(&mut client).await;
    let all = site.server.of("/");
    let args = super::super::Args::new();
    let sent = (0..2_000).filter(|_| all.emit("told", &args).is_ok_and(|sent| sent == 1)).count();
    assert_eq!(sent, Config::default().max_queued_packets);
    assert!(client.is_gone().await);
    assert_eq!(all.volatile().emit("told", &args).ok(), Some(0));
}

/// Opens, sees three events, is cut off, misses two, and comes back.
async fn comes_back(namespace: &str, rooms: Value) {
    let desk = Desk::new(Config::default());
    let site = Site::start(desk.server.clone()).await;
    let prefix = if namespace == "/" { String::new() } else { format!("{namespace},") };
    let mut client = site.open("&key=k").await;
    let entered = client.enter(namespace, "").await;
    assert_eq!(hello(&mut client).await["recovered"], false);
    client.post(&format!(r#"42{prefix}1["join","kept"]"#)).await;
    client.next().await;
    desk.log.send_replace(3);
    assert_eq!(logged(&mut client, 3).await, [1, 2, 3]);
    client.post("1").await;
    desk.log.send_replace(5);
    let mut again = site.open("&key=k").await;
    let pid = entered["pid"].as_str().expect("a pid");
    let auth = json!({ "pid": pid, "offset": "log-3" }).to_string();
    let back = again.enter(namespace, &auth).await;
    assert_eq!(back, entered, "the same id and the same pid");
    let hello = hello(&mut again).await;
    assert_eq!((&hello["recovered"], &hello["rooms"]), (&json!(true), &rooms));
    assert_eq!(logged(&mut again, 2).await, [4, 5]);
    // An impostor: right pid, other owner.
    let mut other = site.open("&key=other").await;
    assert_ne!(other.enter(namespace, &auth).await["sid"], entered["sid"]);
    // A position that is not in the log any more.
    again.post("1").await;
    let mut lost = site.open("&key=k").await;
    let auth = json!({ "pid": pid, "offset": "log-99" }).to_string();
    assert_ne!(lost.enter(namespace, &auth).await["pid"], entered["pid"]);
}

#[tokio::test]
async fn sockets_that_are_kept_come_back() {
    comes_back("/", json!(["kept"])).await;
}

#[tokio::test]
async fn sockets_that_keep_themselves_come_back() {
    comes_back("/device/a", json!([])).await;
}

#[tokio::test]
async fn who_comes_back_replaces_what_is_left_of_him() {
    let desk = Desk::new(Config::default());
    let site = Site::start(desk.server.clone()).await;
    let mut old = site.open("&key=k").await;
    let entered = old.enter("/", "").await;
    hello(&mut old).await;
    desk.log.send_replace(1);
    let mut new = site.open("&key=k").await;
    let auth = json!({ "pid": entered["pid"] }).to_string();
    assert_eq!(new.enter("/", &auth).await, entered, "without an offset: from where its feed began");
    hello(&mut new).await;
    assert_eq!(logged(&mut new, 1).await, [1]);
    assert!(old.is_gone().await);
    assert_eq!(site.server.of("/").ids().len(), 1);
}

#[tokio::test]
async fn leaving_for_good_is_not_undone() {
    let desk = Desk::new(Config::default());
    let site = Site::start(desk.server.clone()).await;
    let mut client = site.open("&key=k").await;
    let entered = client.enter("/", "").await;
    hello(&mut client).await;
    client.post(r#"42["leave"]"#).await;
    assert_eq!(client.next().await, "41");
    // Sent before the client knew.
    client.post(r#"42["echo"]"#).await;
    let auth = json!({ "pid": entered["pid"], "offset": "log-0" }).to_string();
    assert_ne!(client.enter("/", &auth).await["pid"], entered["pid"]);
    let farewells = desk.farewells.lock().expect("no panic").clone();
    assert_eq!(farewells.first().map(|(_, reason)| *reason), Some(DisconnectReason::Server));
}

/// A stock client shows its `pid` and its offset also when it was its own choice to leave.
#[tokio::test]
async fn who_left_by_choice_starts_afresh() {
    for namespace in ["/", "/device/a"] {
        let desk = Desk::new(Config::default());
        let site = Site::start(desk.server.clone()).await;
        let prefix = if namespace == "/" { String::new() } else { format!("{namespace},") };
        let mut client = site.open("&key=k").await;
        let entered = client.enter(namespace, "").await;
        hello(&mut client).await;
        client.post(&format!("41{prefix}")).await;
        site.until("it has left", |server| server.namespaces() == 0).await;
        desk.log.send_replace(3);
        let auth = json!({ "pid": entered["pid"], "offset": "log-0" }).to_string();
        let again = client.enter(namespace, &auth).await;
        assert!(again["pid"] != entered["pid"] && again["sid"] != entered["sid"], "{namespace}: {again}");
        assert_eq!(hello(&mut client).await["recovered"], false, "{namespace}");
        desk.log.send_replace(4);
        assert_eq!(logged(&mut client, 1).await, [4], "{namespace}: what it did not want to hear");
    }
}

#[tokio::test]
async fn a_panic_costs_one_session_and_nothing_else() {
    let desk = Desk::new(Config::default());
    let site = Site::start(desk.server.clone()).await;
    let mut client = site.enter("/", "&key=k", "").await;
    hello(&mut client).await;
    client.post(r#"42["panic"]"#).await;
    site.until("its session is gone", |server| server.sessions() == 0 && server.namespaces() == 0).await;
    let mut other = site.enter("/", "&key=k", "").await;
    hello(&mut other).await;
    let farewells = desk.farewells.lock().expect("no panic").clone();
    assert_eq!(
        farewells.iter().map(|(_, reason)| *reason).collect::<Vec<_>>(),
        [DisconnectReason::Session(CloseReason::Forced)]
    );
}
