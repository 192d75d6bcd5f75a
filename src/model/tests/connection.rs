//! The connection's rules, step by step and under anything that may happen.

use crate::model::{Action, Connection, ConnectionInput as Input, Phase, Transport};
use Transport::{EventStream, WebSocket};
use proptest::prelude::*;

fn live() -> Connection {
    let mut connection = Connection::default();
    assert_eq!(connection.step(Input::Start, 0, 0.5), [Action::Open(WebSocket)]);
    assert!(connection.step(Input::Hello(WebSocket), 100, 0.5).is_empty());
    assert_eq!(connection.phase(), Phase::Live(WebSocket));
    connection
}

#[test]
fn a_quiet_connection_is_pinged_and_a_dead_one_given_up() {
    let mut connection = live();
    assert_eq!(connection.wake_at(), Some(25_100));
    assert_eq!(connection.step(Input::Timer, 25_100, 0.5), [Action::Ping]);
    assert_eq!(connection.wake_at(), Some(35_100));
    connection.step(Input::Frame(WebSocket), 26_000, 0.5);
    assert_eq!(connection.wake_at(), Some(51_000));
    connection.step(Input::Timer, 51_000, 0.5);
    assert_eq!(connection.step(Input::Timer, 61_000, 0.5), [Action::Close(WebSocket)]);
    assert_eq!(connection.phase(), Phase::Waiting { until: 61_250 });
}

#[test]
fn back_off_grows_to_half_a_minute_and_jitters_over_the_whole_span() {
    let mut connection = live();
    let mut now = 1000;
    let mut spans = Vec::new();
    connection.step(Input::Closed(WebSocket), now, 1.0);
    for _ in 0..12 {
        let Phase::Waiting { until } = connection.phase() else { panic!("not waiting") };
        spans.push(until - now);
        now = until;
        let opened = connection.step(Input::Timer, now, 1.0);
        let [Action::Open(transport)] = opened[..] else { panic!("{opened:?}") };
        connection.step(Input::Closed(transport), now, 1.0);
    }
    assert_eq!(spans[..7], [500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
    assert!(spans[7..].iter().all(|span| *span == 30_000));
    connection.step(Input::Nudge, now, 0.0);
    assert_eq!(connection.phase(), Phase::Opening);
}

#[test]
fn two_refused_web_sockets_turn_to_the_event_stream_and_back() {
    let mut connection = Connection::default();
    connection.step(Input::Start, 0, 0.0);
    assert_eq!(connection.step(Input::Closed(WebSocket), 10, 0.0), [Action::CheckSession]);
    assert_eq!(connection.step(Input::Timer, 10, 0.0), [Action::Open(WebSocket)]);
    connection.step(Input::Closed(WebSocket), 20, 0.0);
    assert_eq!(connection.step(Input::Timer, 20, 0.0), [Action::Open(EventStream)]);
    connection.step(Input::Hello(EventStream), 30, 0.0);
    assert_eq!(connection.phase(), Phase::Live(EventStream));

    // Now and then a WebSocket is tried beside it; a failure leaves the event stream alone.
    assert_eq!(connection.wake_at(), Some(20_030));
    assert_eq!(connection.step(Input::Timer, 20_030, 0.0), [Action::Open(WebSocket)]);
    assert!(connection.step(Input::Closed(WebSocket), 20_100, 0.0).is_empty());
    assert_eq!(connection.phase(), Phase::Live(EventStream));
    assert_eq!(connection.wake_at(), Some(60_100));
    connection.step(Input::Timer, 60_100, 0.0);
    assert_eq!(connection.step(Input::Timer, 70_100, 0.0), [Action::Close(WebSocket)], "no answer in time");

    connection.step(Input::Timer, 150_100, 0.0);
    assert_eq!(connection.step(Input::Hello(WebSocket), 150_200, 0.0), [Action::Close(EventStream)]);
    assert_eq!(connection.phase(), Phase::Live(WebSocket));
    assert!(connection.step(Input::Closed(EventStream), 150_300, 0.0).is_empty());
}

#[test]
fn when_neither_gets_through_they_take_turns() {
    let mut connection = Connection::default();
    let mut now = 0;
    let mut opened = connection.step(Input::Start, now, 0.0);
    let mut tried = Vec::new();
    for _ in 0..6 {
        let Some(Action::Open(transport)) = opened.first().copied() else { panic!("{opened:?}") };
        tried.push(transport);
        connection.step(Input::Closed(transport), now, 0.0);
        now += 40_000;
        opened = connection.step(Input::Timer, now, 0.0);
    }
    assert_eq!(tried, [WebSocket, WebSocket, EventStream, WebSocket, EventStream, WebSocket]);
}

#[test]
fn a_page_that_is_seen_again_asks_whether_the_connection_lives() {
    let mut connection = live();
    assert_eq!(connection.step(Input::Nudge, 5_000, 0.5), [Action::Ping]);
    assert!(connection.step(Input::Nudge, 5_001, 0.5).is_empty());
    assert_eq!(connection.step(Input::Timer, 15_000, 0.5), [Action::Close(WebSocket)]);
}

#[test]
fn an_attempt_that_hangs_is_given_up() {
    let mut connection = Connection::default();
    connection.step(Input::Start, 0, 0.5);
    assert_eq!(connection.step(Input::Timer, 9_999, 0.5), []);
    assert_eq!(connection.step(Input::Timer, 10_000, 0.5), [Action::Close(WebSocket), Action::CheckSession]);
}

#[test]
fn after_the_state_was_fetched_anew_it_connects_anew() {
    let mut connection = live();
    let actions = connection.step(Input::Reopen, 500, 0.5);
    assert_eq!(actions, [Action::Close(WebSocket), Action::Open(WebSocket)]);
}

#[test]
fn when_the_network_is_gone_it_is_down_at_once_and_tries_again() {
    let mut connection = live();
    assert_eq!(connection.step(Input::Offline, 500, 0.5), [Action::Close(WebSocket)]);
    assert_eq!(connection.phase(), Phase::Waiting { until: 750 });
    assert!(connection.step(Input::Offline, 600, 0.5).is_empty(), "it is down already");
    assert_eq!(connection.step(Input::Nudge, 700, 0.5), [Action::Open(WebSocket)], "it is back");
    assert!(connection.step(Input::Offline, 710, 0.5).is_empty(), "an attempt fails by itself");
}

fn any_input() -> impl Strategy<Value = Input> {
    prop::sample::select(vec![
        Input::Start,
        Input::Hello(WebSocket),
        Input::Hello(EventStream),
        Input::Frame(WebSocket),
        Input::Frame(EventStream),
        Input::Closed(WebSocket),
        Input::Closed(EventStream),
        Input::Timer,
        Input::Nudge,
        Input::Offline,
        Input::Reopen,
    ])
}

proptest! {
    /// Whatever happens, a started connection is live or has a time at which it goes on.
    #[test]
    fn it_never_falls_asleep(inputs in prop::collection::vec((any_input(), 0_i64..40_000, 0.0..1.0_f64), 0..80)) {
        let mut connection = Connection::default();
        let mut now = 0;
        connection.step(Input::Start, now, 0.5);
        for (input, later, chance) in inputs {
            now += later;
            connection.step(input, now, chance);
            prop_assert!(connection.wake_at().is_some(), "{connection:?}");
            prop_assert!(connection.phase() != Phase::Idle);
        }
    }

    /// However long it fails, the next attempt is at most half a minute away.
    #[test]
    fn the_wait_is_bounded(failures in 1_usize..60, chance in 0.0..1.0_f64) {
        let mut connection = Connection::default();
        let mut now = 0;
        connection.step(Input::Start, now, chance);
        for _ in 0..failures {
            connection.step(Input::Timer, now, chance);
            connection.step(Input::Closed(WebSocket), now, chance);
            connection.step(Input::Closed(EventStream), now, chance);
            if let Phase::Waiting { until } = connection.phase() {
                prop_assert!((0..=30_000).contains(&(until - now)));
                now = until;
            }
        }
    }
}
