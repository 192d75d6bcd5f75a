//! What was written on the sandbox's phones long ago: more than could be sent while a test waits. It is written into
//! the database of a server that does not run.

use std::path::Path;
use std::sync::Arc;
use switchboard::server::storage::{Database, Location, NoRecorder, Query, Store, Value, query};
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;

/// Of the first message, so that all of them are within the last year.
fn start() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    i64::try_from(now).unwrap() - 300 * 24 * 3_600 * 1_000
}

/// `each` messages with each of these people on the phone of `number`, the texts numbered from 0; `per_second` of
/// them in every second.
pub async fn write(location: &Location, number: &str, people: &[String], each: usize, per_second: usize) {
    let database = Database::open(location).await.unwrap();
    let store = Store::start(database, Arc::new(NoRecorder)).await.unwrap();
    let select = query("SELECT COALESCE(max(seq), 0) AS seq FROM sandbox_messages WHERE number = $1");
    let mut seq = store.row(select.bind(number)).await.unwrap().unwrap().int("seq").unwrap();
    let start = start();
    for (p, person) in people.iter().enumerate() {
        let mut rows: Vec<Vec<Value>> = Vec::new();
        for n in 0..each {
            seq += 1;
            let (text, from_me) = (format!("text {n}"), n % 3 == 0);
            let message = wa::Message { conversation: Some(text.clone()), ..Default::default() };
            let at = start + i64::try_from((n / per_second) * 1_000 + n % per_second).unwrap();
            rows.push(vec![
                number.into(),
                seq.into(),
                format!("3EB0{p:06}{n:08}").into(),
                person.as_str().into(),
                if from_me { number } else { person.as_str() }.into(),
                from_me.into(),
                "text".into(),
                text.into(),
                at.into(),
                "read".into(),
                message.encode_to_vec().into(),
            ]);
        }
        for chunk in rows.chunks(2_000) {
            let head = "INSERT INTO sandbox_messages (number, seq, id, chat, sender, from_me, kind, body, timestamp, status, raw)";
            store.execute(Query::insert(head, chunk.to_vec(), "")).await.unwrap();
        }
    }
}

/// The database in the data folder of a server.
pub fn embedded(folder: &Path) -> Location {
    Location::Sqlite(folder.join("data/switchboard.db"))
}

/// Runs statements on the database of a server that does not run.
pub async fn execute(location: &Location, statements: &[&'static str]) {
    let database = Database::open(location).await.unwrap();
    let store = Store::start(database, Arc::new(NoRecorder)).await.unwrap();
    for statement in statements {
        store.execute(query(statement)).await.unwrap();
    }
}
