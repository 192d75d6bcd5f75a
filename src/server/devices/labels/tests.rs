use super::*;
use crate::server::journal::Journal;
use crate::server::source::Source;
use crate::server::storage::read;
use crate::server::storage::testing::{databases, furnish};

#[test]
fn labels_have_limits() {
    assert_eq!(check_name(" Paid ").unwrap(), "Paid");
    assert!(check_name(&"ñ".repeat(MAX_LABEL_NAME)).is_ok());
    for name in ["", " ", "a\nb", &"ñ".repeat(MAX_LABEL_NAME + 1)] {
        assert!(matches!(check_name(name), Err(DeviceError::Invalid(_))), "{name:?}");
    }
    assert!(check_color(LABEL_COLORS - 1).is_ok() && check_color(LABEL_COLORS).is_err());
    assert!(is_label_id("12") && is_label_id(&"9".repeat(MAX_ID)));
    for id in ["", "a,b", "a b", &"9".repeat(MAX_ID + 1)] {
        assert!(!is_label_id(id), "{id:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_may_be_labelled_before_the_label_is_known_and_stays_so() {
    for database in databases().await {
        let source = Source::system();
        let journal = Journal::start(database, source.clone()).await.unwrap();
        let store = journal.store().clone();
        furnish(&store).await;
        let stream = "INSERT INTO streams (workspace_id, epoch, top, floor) VALUES ('w', 'e', 0, 0)";
        store.execute(query(stream)).await.unwrap();
        let (workspace, device) = ("w".parse().unwrap(), "dev_1".parse().unwrap());
        let media = crate::server::media::testing::media(journal.store()).await;
        let history = crate::server::devices::HistoryLimits::default();
        let pace = crate::server::devices::Pace::default();
        let context = Context { journal, source, media, workspace, device, history, pace };
        let reach = Reach::whole("w".parse().unwrap());
        let id: ChatId = "cht_1".parse().unwrap();
        let shown = async || read::chat(&store, &reach, &id).await.unwrap().unwrap().labels;
        let jid = "34600222333@s.whatsapp.net".to_owned();
        let given = LabelChange::Chat { id: "7".into(), jid, labeled: true };
        learn(&context, given.clone()).await.unwrap();
        assert!(shown().await.is_empty(), "nobody knows yet what it is");
        let made = LabelChange::Edit { id: "7".into(), name: "Paid".into(), color: 3 };
        learn(&context, made.clone()).await.unwrap();
        assert_eq!(shown().await, ["7"]);
        for again in [given, made] {
            learn(&context, again).await.unwrap();
        }
        let events = async || {
            let rows = store.rows(query("SELECT body FROM events ORDER BY seq")).await.unwrap();
            let kind = |row: &Row| row.json::<serde_json::Value>("body").unwrap()["type"].clone();
            rows.iter().map(kind).collect::<Vec<_>>()
        };
        assert_eq!(events().await, ["label.updated", "chat.updated"], "what is known is no news");
        // What was asked for here and still waits is newer than what is told.
        let delete = LabelChange::Delete { id: "7".into() };
        let (queued, of) = (delete.clone(), context.clone());
        store.write(move |tx| Box::pin(async move { queue(tx, &of, queued).await })).await.unwrap();
        learn(&context, delete.clone()).await.unwrap();
        assert_eq!(shown().await, ["7"]);
        store.execute(query("DELETE FROM outbox")).await.unwrap();
        learn(&context, delete).await.unwrap();
        assert!(shown().await.is_empty());
        assert_eq!(events().await[2..], ["chat.updated", "label.deleted"]);
        for odd in ["", "a,b"] {
            let odd = LabelChange::Edit { id: odd.into(), name: "Odd".into(), color: 0 };
            learn(&context, odd).await.unwrap();
        }
        assert_eq!(events().await.len(), 4);
    }
}
