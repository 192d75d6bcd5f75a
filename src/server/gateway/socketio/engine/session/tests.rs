//! The rules of a session, with a clock of the tests' own.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{
        super::{
            Config,
            codec::{EnginePacket, PING, Text, Unit},
        },
        connection::Message,
        reason::{CloseReason, Pressure},
        request::TransportKind,
    },
    PollStep, Refused, Session,
};

const MS: Duration = Duration::from_millis(1);

fn config() -> Config {
    Config { ping_interval: 300 * MS, ping_timeout: 200 * MS, ..Config::default() }
}

fn session(carrier: TransportKind) -> (Session, Instant) {
    let now = Instant::now();
    (Session::new(now, carrier, &config()), now)
}

fn send(session: &mut Session, text: &str) -> bool {
    session.push(std::iter::once(Unit::message(text)), &config())
}

fn last(text: &'static str) -> PollStep {
    PollStep::Last(Unit::Text(Text::from_static(text)))
}

#[test]
fn a_ping_is_due_after_one_interval_and_its_pong_before_the_timeout() {
    let (mut session, start) = session(TransportKind::WebSocket);
    assert_eq!(session.tick(start + 299 * MS, &config()), Some(start + 300 * MS));
    assert_eq!(session.take_output(), Some(vec![]));
    assert_eq!(session.tick(start + 300 * MS, &config()), Some(start + 500 * MS));
    assert_eq!(session.take_output(), Some(vec![Unit::Text(PING)]));
    session.receive(EnginePacket::Pong(String::new()), start + 400 * MS, &config());
    assert_eq!(session.tick(start + 400 * MS, &config()), Some(start + 700 * MS));
    session.tick(start + 700 * MS, &config());
    session.tick(start + 899 * MS, &config());
    assert_eq!(session.closed(), None);
    session.tick(start + 900 * MS, &config());
    assert_eq!(session.closed(), Some(CloseReason::PingTimeout));
}

#[test]
fn a_pong_that_nobody_asked_for_buys_no_time() {
    let (mut session, start) = session(TransportKind::WebSocket);
    session.receive(EnginePacket::Pong(String::new()), start + 299 * MS, &config());
    assert_eq!(session.tick(start + 300 * MS, &config()), Some(start + 500 * MS));
}

#[test]
fn our_own_lateness_is_not_the_clients() {
    let (mut session, start) = session(TransportKind::WebSocket);
    assert_eq!(session.tick(start + 5_000 * MS, &config()), Some(start + 5_200 * MS));
    assert_eq!(session.closed(), None);
}

#[test]
fn a_clients_ping_is_a_fault() {
    let (mut session, start) = session(TransportKind::WebSocket);
    session.receive(EnginePacket::Ping(String::new()), start, &config());
    assert_eq!(session.closed(), Some(CloseReason::TransportError));
}

#[test]
fn messages_pass_and_nothing_passes_after_the_end() {
    let (mut session, start) = session(TransportKind::Polling);
    let message = || EnginePacket::Message("a".into());
    assert_eq!(session.receive(message(), start, &config()), Some(Message::Text("a".into())));
    assert_eq!(session.begin_poll(), Ok(()));
    session.receive(EnginePacket::Close, start, &config());
    assert_eq!(session.closed(), Some(CloseReason::TransportClose));
    assert_eq!(session.receive(message(), start, &config()), None);
    assert!(!send(&mut session, "late"));
    assert_eq!(session.poll(start, start, &config()), last("6"));
    assert_eq!(session.begin_poll(), Err(Refused::Closed));
}

#[test]
fn a_poll_that_crosses_the_clients_end_comes_home() {
    for arrives in [true, false] {
        let (mut session, start) = session(TransportKind::Polling);
        session.receive(EnginePacket::Close, start, &config());
        assert_eq!(session.ending(), Some(CloseReason::TransportClose));
        if arrives {
            assert_eq!(session.begin_poll(), Ok(()));
            let noop = Unit::Text(Text::from_static("6"));
            assert_eq!(session.poll(start, start, &config()), PollStep::Ready(vec![noop]));
        } else {
            session.tick(start + 100 * MS, &config());
        }
        assert_eq!(session.closed(), Some(CloseReason::TransportClose));
        assert_eq!(session.begin_poll(), Err(Refused::Closed));
    }
}

#[test]
fn a_second_poll_or_post_ends_the_session() {
    let (mut one, start) = session(TransportKind::Polling);
    assert_eq!(one.begin_poll(), Ok(()));
    assert_eq!(one.begin_poll(), Err(Refused::Overlap));
    assert_eq!(one.poll(start, start, &config()), last("1"));
    let (mut two, _) = session(TransportKind::Polling);
    assert_eq!(two.begin_post(), Ok(()));
    assert_eq!(two.begin_post(), Err(Refused::Overlap));
    assert_eq!(two.closed(), Some(CloseReason::TransportError));
}

#[test]
fn a_poll_that_goes_away_ends_the_session() {
    let (mut session, _) = session(TransportKind::Polling);
    assert_eq!(session.begin_poll(), Ok(()));
    session.end_poll(false);
    assert_eq!(session.closed(), Some(CloseReason::TransportError));
}

#[test]
fn an_upgrade_is_probe_then_upgrade() {
    let (mut session, start) = session(TransportKind::Polling);
    assert_eq!(session.begin_poll(), Ok(()));
    assert!(session.begin_upgrade(start, &config()).is_some());
    assert!(session.begin_upgrade(start, &config()).is_none(), "only one at a time");
    assert!(!session.complete_upgrade(&EnginePacket::Upgrade), "not before the probe");
    assert!(session.probe(&EnginePacket::Ping("probe".into())));
    assert_eq!(session.poll(start, start, &config()), PollStep::Wait(Some(start + 50 * MS)));
    assert_eq!(session.poll(start + 50 * MS, start, &config()), last("6"));
    session.end_poll(true);
    send(&mut session, "kept");
    assert!(session.complete_upgrade(&EnginePacket::Upgrade));
    assert_eq!(session.begin_poll(), Err(Refused::WrongTransport));
    assert_eq!(session.begin_post(), Err(Refused::WrongTransport));
    assert!(session.begin_upgrade(start, &config()).is_none());
    assert_eq!(session.take_output(), Some(vec![Unit::message("kept")]));
}

#[test]
fn a_poll_that_is_still_open_when_the_websocket_takes_over_comes_home() {
    let (mut session, start) = session(TransportKind::Polling);
    assert_eq!(session.begin_poll(), Ok(()));
    assert!(session.begin_upgrade(start, &config()).is_some());
    assert!(session.probe(&EnginePacket::Ping("probe".into())));
    assert!(session.complete_upgrade(&EnginePacket::Upgrade));
    send(&mut session, "for the WebSocket");
    assert_eq!(session.poll(start, start, &config()), last("6"));
    session.end_poll(true);
    assert_eq!((session.closed(), session.begin_poll()), (None, Err(Refused::WrongTransport)));
    assert_eq!(session.take_output(), Some(vec![Unit::message("for the WebSocket")]));
}

#[test]
fn packets_go_with_the_poll_while_an_upgrade_is_under_way() {
    let (mut session, start) = session(TransportKind::Polling);
    assert!(session.begin_upgrade(start, &config()).is_some());
    assert!(session.probe(&EnginePacket::Ping("probe".into())));
    send(&mut session, "a");
    assert_eq!(session.poll(start, start, &config()), PollStep::Ready(vec![Unit::message("a")]));
    session.abandon_upgrade();
    assert_eq!(session.poll(start, start, &config()), PollStep::Wait(None));
    assert!(session.begin_upgrade(start, &config()).is_some(), "another may try");
}

#[test]
fn upgrades_can_be_forbidden() {
    let (mut session, start) = session(TransportKind::Polling);
    let config = Config { allow_upgrades: false, ..config() };
    assert!(session.begin_upgrade(start, &config).is_none());
}

#[test]
fn an_orderly_end_lets_the_queue_out_first() {
    let (mut session, start) = session(TransportKind::Polling);
    send(&mut session, "a");
    session.shut(CloseReason::Forced, start + config().close_timeout);
    assert!(!send(&mut session, "late"));
    let close = Unit::Text(Text::from_static("1"));
    assert_eq!(session.poll(start, start, &config()), PollStep::Ready(vec![Unit::message("a"), close]));
    assert_eq!(session.closed(), Some(CloseReason::Forced));
}

#[test]
fn a_poll_takes_no_more_packets_than_clients_can_read() {
    let (mut session, start) = session(TransportKind::Polling);
    (0..40).for_each(|_| assert!(send(&mut session, "a")));
    session.shut(CloseReason::Forced, start + config().close_timeout);
    let mut lengths = Vec::new();
    while let PollStep::Ready(units) = session.poll(start, start, &config()) {
        lengths.push(units.len());
    }
    assert_eq!(lengths, [16, 16, 9], "the last packet says that it is over");
}

#[test]
fn an_orderly_end_does_not_wait_for_ever() {
    let (mut session, start) = session(TransportKind::Polling);
    session.shut(CloseReason::Forced, start + config().close_timeout);
    assert_eq!(session.tick(start, &config()), Some(start + config().close_timeout));
    session.tick(start + config().close_timeout, &config());
    assert_eq!(session.closed(), Some(CloseReason::Forced));
}

#[test]
fn a_full_queue_ends_the_session() {
    let (mut packets, _) = session(TransportKind::WebSocket);
    for _ in 0..config().max_queued_packets {
        assert!(send(&mut packets, ""));
    }
    assert!(!send(&mut packets, ""));
    assert_eq!(packets.closed(), Some(CloseReason::Overflow));
    let (mut bytes, _) = session(TransportKind::WebSocket);
    assert!(!send(&mut bytes, &"x".repeat(config().max_queued_bytes)));
    assert_eq!(bytes.closed(), Some(CloseReason::Overflow));
}

#[test]
fn feeds_fill_the_queue_and_no_more() {
    let (mut session, _) = session(TransportKind::WebSocket);
    let mut given = 0;
    session.fill(&config(), || {
        given += 1;
        Some([Unit::message("x")])
    });
    assert_eq!(given, config().feed_below_packets);
    assert_eq!(session.pressure(&config()), Pressure::Some);
    assert!(send(&mut session, "x"), "there is room for other things");
    assert_eq!(session.take_output().map(|units| units.len()), Some(given + 1));
    assert_eq!(session.pressure(&config()), Pressure::Low);
    let big = "x".repeat(config().max_queued_bytes);
    session.fill(&config(), || Some([Unit::message(&big)]));
    assert_eq!(session.closed(), None);
    assert_eq!(session.pressure(&config()), Pressure::High);
}

#[test]
fn a_pong_that_we_do_not_read_is_not_missed() {
    let (mut session, start) = session(TransportKind::WebSocket);
    session.tick(start + 300 * MS, &config());
    session.take_output();
    session.set_stalled(true);
    assert_eq!(session.tick(start + 500 * MS, &config()), Some(start + 700 * MS));
    session.set_stalled(false);
    session.tick(start + 700 * MS, &config());
    assert_eq!(session.closed(), Some(CloseReason::PingTimeout));
}

#[test]
fn a_client_that_neither_reads_nor_is_read_is_given_up() {
    let (mut session, start) = session(TransportKind::WebSocket);
    session.tick(start + 300 * MS, &config());
    session.set_stalled(true);
    session.tick(start + 500 * MS, &config());
    assert_eq!(session.closed(), Some(CloseReason::PingTimeout));
}

#[test]
fn a_polling_session_is_writable_while_a_poll_waits() {
    let (mut session, _) = session(TransportKind::Polling);
    assert!(!session.is_writable());
    assert_eq!(session.begin_poll(), Ok(()));
    assert!(session.is_writable());
    send(&mut session, "a");
    assert!(!session.is_writable());
}
