//! Fills the database of a server that does not run, inside the database: rows that come through this program one by
//! one would take longer than all that is measured. Both kinds run the same statements, and hold the same rows in
//! every run.

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};
use switchboard::server::storage::Location;

pub const CHATS: usize = 50_000;
/// Every so many messages one goes into the longest chat; the others are spread over all.
pub const LONGEST_EVERY: usize = 10;
/// When the first message was written.
pub const START: usize = 1_700_000_000_000;
/// How many milliseconds lie between two.
const STEP: usize = 100;

/// The number of the account that all devices are of.
const OWN: &str = "34600000000";
/// Messages of one statement.
const CHUNK: usize = 500_000;
/// Words of a message: from 3 on, so many different lengths.
const LENGTHS: usize = 12;
const WORDS: usize = 20_000;
/// What random numbers are below. The product of two of them fits into 64 bits.
const PRIME: usize = 2_147_483_647;

/// What takes the indexes of the messages away, and beside it what puts each back.
const SQLITE_INDEXES: &str = "SELECT 'DROP INDEX ' || name, sql FROM sqlite_master \
    WHERE type = 'index' AND tbl_name = 'messages' AND sql IS NOT NULL";
/// The same, with what is checked of each row. The primary key stays: other tables refer to it.
const POSTGRES_INDEXES: &str = "SELECT 'ALTER TABLE messages DROP CONSTRAINT ' || conname, \
    'ALTER TABLE messages ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid) \
    FROM pg_constraint WHERE conrelid = 'messages'::regclass AND contype IN ('u', 'f') \
    UNION ALL SELECT 'DROP INDEX ' || indexname, indexdef FROM pg_indexes \
    WHERE schemaname = current_schema() AND tablename = 'messages' \
    AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = 'messages'::regclass)";

/// Tells every chat its newest message.
const NEWEST: &str = "UPDATE chats SET last_message_id = (SELECT m.id FROM messages m WHERE m.chat_id = chats.id \
    ORDER BY m.timestamp DESC, m.id DESC LIMIT 1), \
    last_activity = COALESCE((SELECT max(m.timestamp) FROM messages m WHERE m.chat_id = chats.id), last_activity)";

/// A database that is being filled.
enum Filling {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Filling {
    async fn open(location: &Location) -> Self {
        match location {
            Location::Sqlite(path) => {
                // What a crash leaves behind is thrown away in any case. The one index that cannot be taken away grows
                // in all of its places at once: it has to be in memory.
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .journal_mode(SqliteJournalMode::Off)
                    .synchronous(SqliteSynchronous::Off)
                    .foreign_keys(false)
                    .pragma("cache_size", "-1000000");
                Self::Sqlite(options.connect().await.unwrap())
            }
            Location::Postgres(url) => {
                let mut filling = Self::Postgres(PgConnection::connect(url).await.unwrap());
                filling.run("SET maintenance_work_mem = '512MB'").await;
                filling.run("SET synchronous_commit = off").await;
                filling
            }
        }
    }

    async fn run(&mut self, text: impl Into<String>) {
        let statement = sqlx::raw_sql(AssertSqlSafe(text.into()));
        match self {
            Self::Sqlite(connection) => {
                statement.execute(connection).await.unwrap();
            }
            Self::Postgres(connection) => {
                statement.execute(connection).await.unwrap();
            }
        }
    }

    async fn indexes(&mut self) -> Vec<(String, String)> {
        let rows = match self {
            Self::Sqlite(connection) => {
                sqlx::query_as::<_, (String, String)>(SQLITE_INDEXES).fetch_all(connection).await
            }
            Self::Postgres(connection) => {
                sqlx::query_as::<_, (String, String)>(POSTGRES_INDEXES).fetch_all(connection).await
            }
        };
        rows.unwrap()
    }

    /// As PostgreSQL's own housekeeping would have done long before.
    async fn tidy_up(&mut self, tables: &str) {
        if matches!(self, Self::Postgres(_)) {
            self.run(format!("VACUUM (ANALYZE) {tables}")).await;
        }
    }

    async fn close(self) {
        let closed = match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        };
        closed.unwrap();
    }
}

pub fn chat_id(n: usize) -> String {
    format!("cht_{n:06}")
}

pub fn message_id(n: usize) -> String {
    format!("msg_{n:09}")
}

/// So many messages in chats of these devices, which have none.
pub async fn fill(location: &Location, devices: &[String], messages: usize) {
    let mut filling = Filling::open(location).await;
    filling.run(format!("UPDATE devices SET phone_number = '{OWN}'")).await;
    filling.run(contacts(devices)).await;
    filling.run(chats(devices)).await;
    // To make them anew once all is there takes a fraction of the time.
    let indexes = filling.indexes().await;
    for (away, _) in &indexes {
        filling.run(away).await;
    }
    for from in (0..messages).step_by(CHUNK) {
        filling.run(written(devices, from, messages.min(from + CHUNK))).await;
    }
    for (_, back) in indexes {
        filling.run(back).await;
    }
    filling.tidy_up("messages, chats, contacts").await;
    filling.run(NEWEST).await;
    filling.tidy_up("chats").await;
    filling.close().await;
}

/// Leaves the first so many messages to the server as ones that are older than its search.
pub async fn leave_for_search(location: &Location, count: usize) {
    let mut filling = Filling::open(location).await;
    let newest = message_id(count - 1);
    filling.run(format!("INSERT INTO search_backlog (message_id) VALUES ('{newest}')")).await;
    filling.close().await;
}

/// The table `numbers` with every `n` of a range.
fn numbers(from: usize, end: usize) -> String {
    let first = format!("SELECT CAST({from} AS BIGINT)");
    format!("WITH RECURSIVE numbers (n) AS ({first} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {end})")
}

/// A number with its leading zeros.
fn digits(number: &str, length: u32) -> String {
    format!("substr(CAST({} + {number} AS TEXT), 2)", 10_usize.pow(length))
}

fn device_of(devices: &[String], chat: &str) -> String {
    let one = |(n, id): (usize, &String)| format!("WHEN {n} THEN '{id}'");
    let all = devices.iter().enumerate().map(one).collect::<Vec<_>>().join(" ");
    format!("CASE {chat} % {} {all} END", devices.len())
}

fn jid_of(chat: &str) -> String {
    format!("'34' || {} || '@s.whatsapp.net'", digits(chat, 9))
}

fn contacts(devices: &[String]) -> String {
    let (numbers, device, jid, number) =
        (numbers(0, CHATS), device_of(devices, "n"), jid_of("n"), digits("n", 9));
    format!(
        "INSERT INTO contacts (device_id, jid, phone_number, saved_name) \
         {numbers} SELECT {device}, {jid}, '34' || {number}, 'Person ' || n FROM numbers"
    )
}

fn chats(devices: &[String]) -> String {
    let (numbers, id, device, jid) =
        (numbers(0, CHATS), digits("n", 6), device_of(devices, "n"), jid_of("n"));
    format!(
        "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, last_activity) \
         {numbers} SELECT 'cht_' || {id}, (SELECT id FROM workspaces), {device}, {jid}, 'direct', 0, {START} FROM numbers"
    )
}

/// A number that looks random: each message has 32 of them.
fn random(which: usize) -> String {
    let k = format!("(n * 32 + {which})");
    format!("(({k} * {k} % {PRIME} * 1103515245 + {k} * 741103597 + 12345) % {PRIME})")
}

/// Small numbers come up far more often than large ones, as words do.
fn word(place: usize) -> String {
    format!("'wort' || ({} % (1 + {} % {WORDS}))", random(2 * place), random(2 * place + 1))
}

/// What writes the messages of a range.
fn written(devices: &[String], from: usize, end: usize) -> String {
    let (numbers, other, length) = (numbers(from, end), random(31), random(30));
    let more = |n: usize| format!(" || CASE WHEN words > {n} THEN ' ' || {} ELSE '' END", word(n));
    let more: String = (3..2 + LENGTHS).map(more).collect();
    let body = format!("{} || ' ' || {} || ' ' || {}{more}", word(0), word(1), word(2));
    let (message, chat) = (digits("n", 9), digits("chat", 6));
    let (device, jid) = (device_of(devices, "chat"), jid_of("chat"));
    format!(
        "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status) \
         {numbers}, drawn AS (SELECT n, CASE WHEN n % {LONGEST_EVERY} = 0 THEN 0 ELSE {other} % {CHATS} END AS chat, \
         3 + {length} % {LENGTHS} AS words FROM numbers) \
         SELECT 'msg_' || {message}, 'cht_' || {chat}, {device}, '3EB0' || {message}, 1 - n % 2, \
         CASE WHEN n % 2 = 0 THEN '{OWN}@s.whatsapp.net' ELSE {jid} END, 'text', {body}, {START} + n * {STEP}, \
         CASE WHEN n % 50 = 0 THEN 'delivered' ELSE 'read' END FROM drawn"
    )
}
