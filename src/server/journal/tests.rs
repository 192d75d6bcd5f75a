//! The log: order, resume, and what happens when it cannot.

use super::{Journal, Position, Pulled, Pump, Retention, trim};
use crate::protocol::{
    Cursor, DeviceId, EventKind, LiveKind, Millis, Qr, ResyncReason, TypingState, WorkspaceId,
};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::testing::databases;
use crate::server::storage::{StorageError, query, read};
use futures_util::future::join_all;
use std::time::Duration;

struct Log {
    journal: Journal,
    workspace: WorkspaceId,
    source: Source,
}

const START: Millis = 1_700_000_000_000;

async fn logs() -> Vec<Log> {
    let mut logs = Vec::new();
    for database in databases().await {
        let source = Source::fixed(START, 7);
        let journal = Journal::start(database, source.clone()).await.unwrap();
        let workspace: WorkspaceId = "wsp".parse().unwrap();
        let (own, id) = (journal.clone(), workspace.clone());
        journal
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    tx.execute(
                        query("INSERT INTO workspaces (id, name, created_at) VALUES ($1, 'w', 0)").bind(&id),
                    )
                    .await?;
                    own.create(tx, &id).await
                })
            })
            .await
            .unwrap();
        logs.push(Log { journal, workspace, source });
    }
    logs
}

impl Log {
    async fn note(&self, kind: EventKind) {
        let workspace = self.workspace.clone();
        let write = self.journal.store().write(move |tx| {
            Box::pin(async move {
                tx.note(workspace, None, kind);
                Ok(())
            })
        });
        write.await.unwrap();
    }

    async fn history(&self, messages: u32) {
        self.note(EventKind::history(1, messages)).await;
    }

    async fn attach(&self, since: Option<&Cursor>) -> Pump {
        Pump::attach(&self.journal, &Reach::whole(self.workspace.clone()), since).await.unwrap()
    }
}

/// The next so many events, as their numbers of messages; ephemeral signals are passed over.
async fn take(pump: &mut Pump, count: usize) -> Vec<u32> {
    let mut got = Vec::new();
    while got.len() < count {
        let pulled =
            tokio::time::timeout(Duration::from_secs(10), pump.next()).await.expect("in time").unwrap();
        match pulled {
            Pulled::Events(events) => {
                got.extend(events.iter().filter_map(|logged| match &logged.event.kind {
                    EventKind::HistorySynced { messages, .. } => Some(*messages),
                    _ => None,
                }))
            }
            Pulled::Live(_) => {}
            Pulled::Lost(reason) => panic!("lost: {reason:?}"),
        }
    }
    got
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_leave_no_hole_and_every_reader_sees_one_order() {
    for log in logs().await {
        let mut early = log.attach(None).await;
        let start = early.cursor();
        join_all((0..500).map(|n| log.history(n))).await;
        let order = take(&mut early, 500).await;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..500).collect::<Vec<_>>());
        // One that comes later, and one that was half-way.
        assert_eq!(take(&mut log.attach(Some(&start)).await, 500).await, order);
        let half = Cursor { epoch: start.epoch.clone(), seq: start.seq + 250 };
        assert_eq!(take(&mut log.attach(Some(&half)).await, 250).await, order[250..]);
        let rows = log.journal.store().rows(query("SELECT seq FROM events ORDER BY seq")).await.unwrap();
        let seqs: Vec<i64> = rows.iter().map(|row| row.int("seq").unwrap()).collect();
        assert_eq!(seqs, (1..=500).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_further_behind_than_memory_reads_the_disk_and_joins_live_without_a_seam() {
    for log in logs().await {
        let mut slow = log.attach(None).await;
        let first = slow.cursor();
        for part in 0..30 {
            join_all((0..100).map(|n| log.history(part * 100 + n))).await;
        }
        let writing = async {
            for n in 3_000..3_100 {
                log.history(n).await;
            }
        };
        let (mut got, ()) = tokio::join!(take(&mut slow, 3_100), writing);
        assert_eq!(&got[3_000..], (3_000..3_100).collect::<Vec<_>>());
        got.sort_unstable();
        got.dedup();
        assert_eq!(got.len(), 3_100);
        assert_eq!(take(&mut log.attach(Some(&first)).await, 3_100).await.len(), 3_100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_fails_leaves_no_event() {
    for log in logs().await {
        let mut pump = log.attach(None).await;
        let workspace = log.workspace.clone();
        let failing = log.journal.store().write(move |tx| {
            Box::pin(async move {
                tx.note(workspace, None, EventKind::history(0, 666));
                Err::<(), _>(StorageError::Database("on purpose".to_owned()))
            })
        });
        let (failed, (), ()) = tokio::join!(failing, log.history(1), log.history(2));
        assert!(failed.is_err());
        let mut got = take(&mut pump, 2).await;
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
        assert_eq!(log.journal.cursor(&log.workspace).await.unwrap().seq, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_that_cannot_be_served_are_told() {
    for log in logs().await {
        for n in 0..10 {
            log.history(n).await;
        }
        let top = log.attach(None).await.cursor();
        assert_eq!(*log.attach(Some(&top)).await.position(), Position::Recovered);
        let ahead = Cursor { seq: top.seq + 1, ..top.clone() };
        assert_eq!(*log.attach(Some(&ahead)).await.position(), Position::Lost(ResyncReason::Ahead));
        let other = Cursor { epoch: "elsewhere".to_owned().try_into().unwrap(), seq: 3 };
        assert_eq!(*log.attach(Some(&other)).await.position(), Position::Lost(ResyncReason::Epoch));

        let mut behind = log.attach(Some(&Cursor { seq: 2, ..top.clone() })).await;
        let removed =
            trim(&log.journal, &log.workspace, Retention { age: Millis::MAX / 2, count: 4 }).await.unwrap();
        assert_eq!(removed, 6);
        let floor = Cursor { seq: 5, ..top.clone() };
        assert_eq!(*log.attach(Some(&floor)).await.position(), Position::Lost(ResyncReason::Floor));
        let reachable = Cursor { seq: 6, ..top.clone() };
        assert_eq!(take(&mut log.attach(Some(&reachable)).await, 4).await, [6, 7, 8, 9]);
        // Memory still reaches back for one that was attached before.
        assert_eq!(take(&mut behind, 8).await, [2, 3, 4, 5, 6, 7, 8, 9]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_go_by_age() {
    for log in logs().await {
        log.history(1).await;
        log.source.advance(1_000);
        log.history(2).await;
        log.source.advance(500);
        let keep = Retention { age: 1_000, count: 100 };
        assert_eq!(trim(&log.journal, &log.workspace, keep).await.unwrap(), 1);
        assert_eq!(trim(&log.journal, &log.workspace, keep).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_the_log_was_trimmed_under_is_told() {
    for log in logs().await {
        let mut slow = log.attach(None).await;
        // More than memory holds.
        for _ in 0..30 {
            join_all((0..100).map(|n| log.history(n))).await;
        }
        trim(&log.journal, &log.workspace, Retention { age: Millis::MAX / 2, count: 100 }).await.unwrap();
        assert!(matches!(slow.next().await.unwrap(), Pulled::Lost(ResyncReason::Lag)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_code_is_not_replayed() {
    for log in logs().await {
        let start = log.attach(None).await.cursor();
        let code = |text: &str, life: Millis| EventKind::DeviceQr {
            qr: Qr {
                qr: text.to_owned(),
                issued_at: log.source.now(),
                expires_at: log.source.now() + life,
                attempt: 1,
            },
        };
        log.note(code("old", 20_000)).await;
        log.source.advance(20_000);
        log.note(code("present", 20_000)).await;
        let mut pump = log.attach(Some(&start)).await;
        let Pulled::Events(events) = pump.next().await.unwrap() else { panic!("events") };
        let codes = events.iter().filter_map(|logged| match &logged.event.kind {
            EventKind::DeviceQr { qr } => Some(qr.qr.as_str()),
            _ => None,
        });
        assert_eq!(codes.collect::<Vec<_>>(), ["present"]);
        assert_eq!(pump.cursor().seq, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_pass_live_and_leave_no_trace() {
    for log in logs().await {
        let mut pump = log.attach(None).await;
        let device: DeviceId = "dev".parse().unwrap();
        let typing = LiveKind::Typing {
            chat_id: "cht".parse().unwrap(),
            sender_name: None,
            from: "34".to_owned(),
            state: TypingState::Composing,
        };
        log.journal.signal(&log.workspace, device, typing.clone());
        let Pulled::Live(event) = pump.next().await.unwrap() else { panic!("a signal") };
        assert_eq!(event.kind, typing);
        assert_eq!(log.journal.cursor(&log.workspace).await.unwrap().seq, 0);
        // A flood of them neither blocks nor hides what is in the log.
        for _ in 0..2_000 {
            log.journal.signal(&log.workspace, "dev".parse().unwrap(), typing.clone());
        }
        log.history(5).await;
        assert_eq!(take(&mut pump, 1).await, [5]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_goes_on_after_a_restart() {
    let folder = std::env::temp_dir().join(format!("switchboard_test_{}", Source::system().token(16)));
    let place = crate::server::storage::Location::Sqlite(folder.join("db"));
    let open = || async {
        Journal::start(crate::server::storage::Database::open(&place).await.unwrap(), Source::system())
            .await
            .unwrap()
    };
    let journal = open().await;
    let workspace = crate::server::auth::first_workspace(&journal, &Source::system()).await.unwrap();
    let log = Log { journal, workspace: workspace.clone(), source: Source::system() };
    let start = log.attach(None).await.cursor();
    log.history(1).await;
    drop(log);
    let log = Log { journal: open().await, workspace, source: Source::system() };
    log.history(2).await;
    let mut pump = log.attach(Some(&start)).await;
    assert_eq!(*pump.position(), Position::Recovered);
    assert_eq!(take(&mut pump, 2).await, [1, 2]);
    drop(std::fs::remove_dir_all(folder));
}

/// Adds a device, and says so in the same transaction.
async fn add_device(log: &Log, id: &str) {
    let (workspace, id) = (log.workspace.clone(), id.parse::<DeviceId>().unwrap());
    let write = log.journal.store().write(move |tx| {
        Box::pin(async move {
            let insert = "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ($1, $2, 'd', 'created', 0, 0, 0)";
            tx.execute(query(insert).bind(&id).bind(&workspace)).await?;
            tx.note(workspace, Some(id), EventKind::history(0, 0));
            Ok(())
        })
    });
    write.await.unwrap();
}

#[tokio::test]
async fn devices_and_the_position_that_they_stand_for_are_read_together() {
    for log in logs().await {
        let whole = Reach::whole(log.workspace.clone());
        let (none, start) = read::devices_at(log.journal.store(), &whole).await.unwrap();
        assert_eq!((none.len(), start.seq), (0, 0));
        let adding = async {
            for n in 1..=50 {
                add_device(&log, &format!("dev_{n}")).await;
            }
        };
        let reading = async {
            loop {
                let (devices, at) = read::devices_at(log.journal.store(), &whole).await.unwrap();
                assert_eq!(i64::try_from(devices.len()).unwrap(), at.seq);
                if at.seq == 50 {
                    break;
                }
            }
        };
        tokio::join!(adding, reading);
        let of = |ids: &[&str]| Reach::only(log.workspace.clone(), ids.iter().map(|id| id.parse().unwrap()));
        let (one, at) = read::devices_at(log.journal.store(), &of(&["dev_7", "elsewhere"])).await.unwrap();
        assert_eq!((one.len(), one[0].id.as_str(), at.seq), (1, "dev_7", 50));
        let (none, at) = read::devices_at(log.journal.store(), &of(&[])).await.unwrap();
        assert_eq!((none.len(), at.seq), (0, 50));
        let elsewhere = Reach::whole("elsewhere".parse().unwrap());
        assert!(read::devices_at(log.journal.store(), &elsewhere).await.is_err());
    }
}
