//! Deliveries on every database: what a crash, a replay, a deletion and a trimmed log leave.

use super::delivery::{NewDelivery, State};
use super::filter::Filter;
use super::hook::Webhook;
use super::rows::{self, Outcome, PageMark};
use super::service::Settings;
use super::signer::Secrets;
use super::{Allow, Schedule, Webhooks, Wish, store};
use crate::protocol::{EventKind, Millis, WorkspaceId};
use crate::server::journal::{Journal, Retention, trim};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::testing::databases;
use crate::server::storage::{Store, query};
use std::time::Duration;

struct Place {
    journal: Journal,
    source: Source,
    reach: Reach,
    hook: Webhook,
}

async fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for database in databases().await {
        let source = Source::system();
        let journal = Journal::start(database, source.clone()).await.unwrap();
        let workspace: WorkspaceId = "wsp".parse().unwrap();
        let (own, id) = (journal.clone(), workspace.clone());
        let write = journal.store().write(move |tx| {
            Box::pin(async move {
                let workspace = "INSERT INTO workspaces (id, name, created_at) VALUES ($1, 'w', 0)";
                tx.execute(query(workspace).bind(&id)).await?;
                let device = "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) \
                              VALUES ('dev', $1, 'd', 'created', 0, 0, 0)";
                tx.execute(query(device).bind(&id)).await?;
                own.create(tx, &id).await
            })
        });
        write.await.unwrap();
        let hook = Webhook {
            id: "whk".parse().unwrap(),
            workspace: workspace.clone(),
            // No connection is made there: it is nobody's.
            url: "https://192.0.2.1/".into(),
            description: String::new(),
            events: Filter::default(),
            devices: None,
            enabled: true,
            disabled_because: None,
            secrets: Secrets { current: "s".into(), previous: None },
            position: journal.cursor(&workspace).await.unwrap(),
            revision: 0,
            created_at: 0,
        };
        store::insert(journal.store(), &hook).await.unwrap();
        places.push(Place { journal, source, reach: Reach::whole(workspace), hook });
    }
    places
}

impl Place {
    fn store(&self) -> &Store {
        self.journal.store()
    }

    fn row(&self, seq: i64, device: Option<&str>) -> NewDelivery {
        let cursor = format!("{}-{seq}", self.hook.position.epoch).parse().unwrap();
        NewDelivery {
            id: format!("whk-{cursor}"),
            cursor,
            event_id: format!("evt{seq}").parse().unwrap(),
            event_type: "history.synced".into(),
            device: device.map(|id| id.parse().unwrap()),
            lane: "lane".into(),
            body: format!("{{\"id\":\"evt{seq}\"}}"),
            expires_at: None,
        }
    }

    async fn enqueue(&self, rows: Vec<NewDelivery>, now: Millis) -> Option<usize> {
        let position = rows.last().unwrap().cursor.clone();
        let kept = rows::enqueue(self.store(), &self.hook, position, rows, now).await.unwrap();
        kept.map(|kept| kept.len())
    }

    async fn settle(&self, id: &str, outcome: Outcome, now: Millis) {
        let delivery = rows::delivery(self.store(), &self.hook.id, id).await.unwrap().unwrap();
        rows::settle(self.store(), &delivery, None, outcome, now).await.unwrap();
    }

    async fn list(&self, state: Option<State>) -> Vec<String> {
        let page = rows::page(self.store(), &self.hook.id, state, None, 100_000).await.unwrap();
        page.into_iter().map(|delivery| delivery.event_id.to_string()).collect()
    }

    async fn note(&self, count: u32) {
        for messages in 0..count {
            let workspace = self.reach.workspace.clone();
            let write = self.store().write(move |tx| {
                Box::pin(async move {
                    tx.note(workspace, None, EventKind::history(1, messages));
                    Ok(())
                })
            });
            write.await.unwrap();
        }
    }

    async fn webhooks(&self) -> Webhooks {
        let settings = Settings {
            allow: Allow::parse("127.0.0.0/8").unwrap(),
            schedule: Schedule { first: Duration::from_millis(100), attempts: 3 },
            timeout: Duration::from_secs(2),
        };
        Webhooks::start(&self.journal, &self.source, settings).await.unwrap()
    }
}

#[tokio::test]
async fn a_position_and_what_it_passed_are_one_and_a_changed_webhook_takes_neither() {
    for place in places().await {
        let store = place.store();
        assert_eq!(place.enqueue(vec![place.row(1, None), place.row(2, Some("dev"))], 10).await, Some(2));
        assert_eq!(store::webhook(store, &place.hook.id).await.unwrap().unwrap().position.seq, 2);
        // Somebody puts it back meanwhile: what the worker read by the old row counts no more.
        let back = place.hook.position.clone();
        assert!(store::rewind(store, &place.hook.id, &back).await.unwrap());
        assert_eq!(place.enqueue(vec![place.row(3, None)], 20).await, None);
        store::keep_position(store, &place.hook, &place.row(9, None).cursor).await.unwrap();
        let hook = store::webhook(store, &place.hook.id).await.unwrap().unwrap();
        assert_eq!((hook.position.seq, hook.revision), (0, 1));
        assert_eq!(place.list(None).await, ["evt2", "evt1"]);
        // A replay from where it has not been yet skips nothing; one of another life of the log begins anew.
        let at = |text: String| text.parse().unwrap();
        assert!(store::rewind(store, &place.hook.id, &at(format!("{}-7", back.epoch))).await.unwrap());
        assert_eq!(store::webhook(store, &place.hook.id).await.unwrap().unwrap().position.seq, 0);
        assert!(store::rewind(store, &place.hook.id, &at("another-7".to_owned())).await.unwrap());
        let hook = store::webhook(store, &place.hook.id).await.unwrap().unwrap();
        assert_eq!((hook.position.to_string().as_str(), hook.revision), ("another-7", 3));
    }
}

#[tokio::test]
async fn what_is_replayed_is_put_into_the_queue_again_under_its_id() {
    for place in places().await {
        place.enqueue(vec![place.row(1, None), place.row(2, None)], 10).await;
        let first = place.row(1, None).id;
        place.settle(&first, Outcome::Delivered, 11).await;
        place.settle(&place.row(2, None).id, Outcome::Dead, 12).await;
        assert_eq!(place.list(Some(State::Pending)).await, Vec::<String>::new());
        place.enqueue(vec![place.row(1, None), place.row(2, None)], 20).await;
        assert_eq!(place.list(Some(State::Pending)).await, ["evt2", "evt1"]);
        let again = rows::delivery(place.store(), &place.hook.id, &first).await.unwrap().unwrap();
        assert_eq!((again.tries, again.finished_at, again.created_at), (0, None, 20));
    }
}

#[tokio::test]
async fn a_device_that_is_gone_takes_its_deliveries_with_it_and_gets_no_more() {
    for place in places().await {
        place.enqueue(vec![place.row(1, Some("dev")), place.row(2, None)], 10).await;
        place.store().execute(query("DELETE FROM devices WHERE id = 'dev'")).await.unwrap();
        assert_eq!(place.list(None).await, ["evt2"]);
        assert_eq!(place.enqueue(vec![place.row(3, Some("dev")), place.row(4, None)], 10).await, Some(1));
        // And so does a webhook.
        assert!(store::delete(place.store(), &place.hook.id).await.unwrap());
        assert_eq!(place.list(None).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_log_of_deliveries_is_bounded_by_count_and_age_and_what_waits_is_not_touched() {
    for place in places().await {
        let day = 24 * 3_600 * 1_000;
        let rows: Vec<NewDelivery> = (1..=1_010).map(|seq| place.row(seq, None)).collect();
        place.enqueue(rows, 10).await;
        let all = "UPDATE webhook_deliveries SET state = 'delivered', finished_at = seq WHERE seq <= 1005";
        place.store().execute(query(all)).await.unwrap();
        assert_eq!(rows::prune(place.store(), &place.hook.id, 2_000).await.unwrap(), 5);
        assert_eq!(place.list(Some(State::Delivered)).await.len(), 1_000);
        assert_eq!(rows::prune(place.store(), &place.hook.id, 7 * day + 500).await.unwrap(), 495);
        assert_eq!(rows::prune(place.store(), &place.hook.id, 400 * day).await.unwrap(), 505);
        assert_eq!(place.list(Some(State::Pending)).await.len(), 5);
    }
}

#[tokio::test]
async fn pages_go_on_where_the_one_before_ended() {
    for place in places().await {
        place.enqueue((1..=25).map(|seq| place.row(seq, None)).collect(), 10).await;
        let (mut seen, mut after) = (Vec::new(), None::<PageMark>);
        loop {
            let page = rows::page(place.store(), &place.hook.id, None, after.as_ref(), 10).await.unwrap();
            let Some(last) = page.last() else { break };
            after = PageMark::parse(&PageMark::of(last).to_string());
            assert!(after.is_some());
            seen.extend(page.iter().map(|delivery| delivery.cursor.seq));
        }
        assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
        for wrong in ["", "1", "1.2", "1.2.", "1.2.a b", "x.2.a", "1.2.a.b"] {
            assert_eq!(PageMark::parse(wrong), None, "{wrong}");
        }
    }
}

#[tokio::test]
async fn a_log_that_was_trimmed_under_a_webhook_is_said_to_its_receiver() {
    for place in places().await {
        place.note(10).await;
        trim(&place.journal, &place.reach.workspace, Retention { age: Millis::MAX / 2, count: 3 })
            .await
            .unwrap();
        let webhooks = place.webhooks().await;
        let (store, id) = (place.store(), &place.hook.id);
        let mut found = Vec::new();
        for _ in 0..200 {
            found = rows::page(store, id, None, None, 10).await.unwrap();
            if !found.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(found.len(), 1, "a notice, and no event of those that are left");
        let notice = rows::delivery(store, id, &found[0].id).await.unwrap().unwrap();
        let epoch = &place.hook.position.epoch;
        assert_eq!((notice.event_type.as_str(), notice.id), ("resync", format!("whk-{epoch}-10-resync")));
        let body: serde_json::Value = serde_json::from_str(&notice.body).unwrap();
        assert_eq!(body["data"]["reason"], "floor");
        assert_eq!(body["data"]["lastCursor"], format!("{epoch}-0"));
        assert_eq!(body["cursor"], format!("{epoch}-10"));
        // From there on it follows again.
        place.note(1).await;
        let follows = async {
            while rows::page(store, id, None, None, 10).await.unwrap().len() < 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), follows).await.unwrap();
        webhooks.shut_down().await;
    }
}

#[tokio::test]
async fn whoever_sees_some_devices_manages_only_webhooks_of_those() {
    for place in places().await {
        let webhooks = place.webhooks().await;
        let some = Reach::only(place.reach.workspace.clone(), ["dev".parse().unwrap()]);
        let wish = |devices: Option<Vec<&str>>| Wish {
            // Of everybody's, and never called: it is disabled.
            url: Some("https://8.8.8.8/".into()),
            enabled: Some(false),
            devices: Some(devices.map(|ids| ids.into_iter().map(|id| id.parse().unwrap()).collect())),
            ..Wish::default()
        };
        assert!(webhooks.create(&some, wish(None)).await.is_err());
        assert!(webhooks.create(&some, wish(Some(vec!["dev", "other"]))).await.is_err());
        let made = webhooks.create(&some, wish(Some(vec!["dev"]))).await.unwrap();
        let seen = |list: Vec<(Webhook, super::Counts)>| {
            list.into_iter().map(|(hook, _)| hook.id).collect::<Vec<_>>()
        };
        assert_eq!(seen(webhooks.list(&some).await.unwrap()), vec![made.id.clone()]);
        assert_eq!(webhooks.list(&place.reach).await.unwrap().len(), 2);
        assert!(webhooks.get(&some, &place.hook.id).await.is_err());
        assert!(webhooks.delete(&some, &place.hook.id).await.is_err());
        let elsewhere = Reach::whole("other".parse().unwrap());
        assert!(webhooks.get(&elsewhere, &made.id).await.is_err());
        webhooks.shut_down().await;
    }
}
