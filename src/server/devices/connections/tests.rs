//! The history on both databases: what is kept, how long, and what the power leaves open.

use super::*;
use crate::protocol::{CauseCode, ConnectionTimes, NextAction, WorkspaceId};
use crate::server::devices::Pace;
use crate::server::journal::Journal;
use crate::server::storage::testing::databases;

const START: Millis = 1_700_000_000_000;

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
            history: crate::server::devices::HistoryLimits::default(),
            pace: Pace::default(),
        };
        let own = context.clone();
        let made = context.journal.store().write(move |tx| {
            Box::pin(async move {
                let insert = query("INSERT INTO workspaces (id, name, created_at) VALUES ($1, 'w', 0)");
                tx.execute(insert.bind(&own.workspace)).await?;
                let insert = query("INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ($1, $2, 'd', 'created', 0, 0, 0)");
                tx.execute(insert.bind(&own.device).bind(&own.workspace)).await
            })
        });
        made.await.unwrap();
        contexts.push(context);
    }
    contexts
}

fn device(status: DeviceStatus) -> Device {
    let away = status == DeviceStatus::Disconnected;
    Device {
        id: "dev".parse().unwrap(),
        workspace_id: "wsp".parse().unwrap(),
        name: "d".into(),
        status,
        cause: away.then(|| Cause {
            code: CauseCode::ConnectionLost,
            text: "It broke.".into(),
            next: NextAction::Wait,
            retry_at: Some(START),
        }),
        phone_number: None,
        display_name: None,
        created_at: 0,
        connected_at: (status == DeviceStatus::Connected).then_some(START),
    }
}

impl Context {
    /// Time passes, then the device comes from one status to another.
    async fn step(&self, after: Millis, from: DeviceStatus, to: DeviceStatus) {
        self.source.advance(after);
        let own = self.clone();
        let write = self
            .journal
            .store()
            .write(move |tx| Box::pin(async move { record(tx, &own, from, &device(to)).await }));
        write.await.unwrap();
    }

    async fn page(&self) -> Vec<ConnectionEntry> {
        read::connection_page(self.journal.store(), &self.device, None, 200).await.unwrap().items
    }

    async fn numbers(&self, status: DeviceStatus) -> ConnectionAnalytics {
        let now = self.source.now();
        read::connection_analytics(self.journal.store(), &device(status), now).await.unwrap()
    }
}

#[tokio::test]
async fn times_and_uptime_are_counted() {
    use DeviceStatus::{Authenticating, Connected, Created, Disconnected, QrRequired, Starting};
    for context in contexts().await {
        assert_eq!(context.numbers(Created).await.since, None);
        context.step(0, Created, Starting).await;
        context.step(1_000, Starting, QrRequired).await;
        context.step(5_000, QrRequired, Authenticating).await;
        context.step(300, Authenticating, Connected).await;
        context.step(10_000, Connected, Disconnected).await;
        context.step(700, Disconnected, Connected).await;
        context.source.advance(2_000);
        let numbers = context.numbers(Connected).await;
        assert_eq!(numbers.since, Some(START));
        assert_eq!((numbers.uptime_ms, numbers.observed_ms), (12_000, 19_000));
        assert_eq!(numbers.time_to_connect_ms, ConnectionTimes { last: Some(700), mean: Some(3_500) });
        assert_eq!(numbers.scan_to_connect_ms, ConnectionTimes { last: Some(300), mean: Some(300) });
        assert_eq!((numbers.counts.started, numbers.counts.scanned, numbers.counts.connected), (1, 1, 2));
        assert_eq!((numbers.counts.disconnected, numbers.counts.failed), (1, 0));
        let page = context.page().await;
        let lost = &page[1];
        assert_eq!(lost.kind, ConnectionKind::Disconnected);
        assert_eq!(
            (lost.code.as_deref(), lost.reason.as_deref()),
            (Some("connection_lost"), Some("It broke."))
        );
        assert_eq!((page[0].until, page[2].until), (None, Some(START + 16_300)));

        // A restart ends the one and begins another.
        context.step(1_000, Connected, Starting).await;
        let kinds: Vec<_> = context.page().await.iter().take(3).map(|entry| entry.kind).collect();
        assert_eq!(kinds, [ConnectionKind::Started, ConnectionKind::Disconnected, ConnectionKind::Connected]);
        assert_eq!(context.numbers(Starting).await.uptime_ms, 13_000);
    }
}

#[tokio::test]
async fn what_the_power_left_open_ends_when_it_was_last_seen() {
    use DeviceStatus::{Connected, Created, Starting};
    for context in contexts().await {
        let store = context.journal.store();
        context.step(0, Created, Starting).await;
        context.step(100, Starting, Connected).await;
        context.source.advance(60_000);
        mark_seen(store, context.source.now()).await.unwrap();
        context.source.advance(3_600_000);
        close_left_open(store).await.unwrap();
        assert_eq!(context.page().await[0].until, Some(START + 60_100));
        context.step(0, Connected, Starting).await;
        assert_eq!(
            context.numbers(Starting).await.uptime_ms,
            60_000,
            "the hour without power does not count"
        );
    }
}

#[tokio::test]
async fn the_history_has_bounds() {
    use DeviceStatus::{Created, QrRequired, Starting};
    for context in contexts().await {
        let store = context.journal.store();
        let own = context.clone();
        let flood = store.write(move |tx| {
            Box::pin(async move {
                for n in 0..KEPT + 5 {
                    let mut entry = Entry::new(ConnectionKind::Watched, START + n);
                    entry.watcher = Some("user:u".to_owned());
                    entry.wire = Some("sse");
                    write(tx, &own.device, &own.source.id("con"), entry).await?;
                    record_qr(tx, &own).await?;
                }
                Ok(())
            })
        });
        flood.await.unwrap();
        let counts = context.numbers(QrRequired).await.counts;
        assert_eq!((counts.qr_shown, counts.watched), (KEPT, KEPT + 5), "who watches now is never dropped");
        assert_eq!(context.numbers(QrRequired).await.watchers.len(), 100);
        close_left_open(store).await.unwrap();
        let own = context.clone();
        let one = store.write(move |tx| {
            Box::pin(async move {
                let mut entry = Entry::new(ConnectionKind::Watched, START);
                entry.watcher = Some("user:u".to_owned());
                entry.wire = Some("sse");
                write(tx, &own.device, &own.source.id("con"), entry).await
            })
        });
        one.await.unwrap();
        assert_eq!(context.numbers(QrRequired).await.counts.watched, KEPT);

        context.source.advance(KEPT_FOR + 10_000);
        context.step(0, Created, Starting).await;
        let now = context.source.now();
        forget_old_connections(store, now).await.unwrap();
        let left: Vec<_> = context.page().await.iter().map(|entry| (entry.kind, entry.until)).collect();
        assert_eq!(
            left,
            [(ConnectionKind::Started, None), (ConnectionKind::Watched, None)],
            "who is still here stays"
        );
    }
}

#[tokio::test]
async fn pages_go_on_where_the_one_before_ended() {
    use DeviceStatus::{Created, Starting};
    for context in contexts().await {
        for _ in 0..5 {
            context.step(1, Created, Starting).await;
        }
        let store = context.journal.store();
        let first = read::connection_page(store, &context.device, None, 3).await.unwrap();
        assert_eq!(first.items.len(), 3);
        let rest = read::connection_page(store, &context.device, first.next.as_deref(), 3).await.unwrap();
        assert_eq!((rest.items.len(), &rest.next), (2, &None));
        assert!(first.items[2].id > rest.items[0].id, "newest first");
        let none = read::connection_page(store, &context.device, Some(""), 0).await.unwrap();
        assert!(none.items.is_empty(), "nothing is older than the beginning");
        let one = read::connection_page(store, &context.device, None, -5).await.unwrap();
        assert_eq!(one.items.len(), 1, "a page has at least one place");
    }
}
