//! The log on disk, and the handle that everybody holds.

use super::hub::{Channel, Hub, Logged, Subscription};
use crate::protocol::{
    Cursor, DeviceId, Epoch, Event, EventId, EventKind, LiveEvent, LiveKind, MessageId, WorkspaceId,
};
use crate::server::source::Source;
use crate::server::storage::{
    Connection, Database, Note, Publish, Query, Recorder, Row, StorageError, Store, Tx, Value, query,
    rows_per_statement,
};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;

/// How many events of one message are read at most: one that people react to again and again has many.
const EVENTS_OF_MESSAGE: i64 = 200;

/// The event log with its store. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    store: Store,
    hub: Arc<Hub>,
    source: Source,
}

struct LogRecorder {
    hub: Arc<Hub>,
    source: Source,
}

impl Journal {
    /// Starts the writer on an open database.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn start(database: Database, source: Source) -> Result<Self, StorageError> {
        let hub = Arc::new(Hub::default());
        let recorder = LogRecorder { hub: hub.clone(), source: source.clone() };
        let store = Store::start(database, Arc::new(recorder)).await?;
        Ok(Self { store, hub, source })
    }

    /// The store, for reading and writing state.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Opens a new workspace's log, inside the transaction that makes the workspace.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn create(&self, tx: &mut Tx<'_>, workspace: &WorkspaceId) -> Result<(), StorageError> {
        let insert = query("INSERT INTO streams (workspace_id, epoch, top, floor) VALUES ($1, $2, 0, 0)");
        tx.execute(insert.bind(workspace).bind(self.source.token(12))).await?;
        Ok(())
    }

    pub(super) async fn channel(&self, workspace: &WorkspaceId) -> Result<Arc<Channel>, StorageError> {
        if let Some(channel) = self.hub.get(workspace) {
            return Ok(channel);
        }
        let (epoch, top, _) = self.state(workspace).await?;
        Ok(self.hub.open(workspace, epoch, top))
    }

    /// `(epoch, top, floor)` as they stand on disk.
    pub(super) async fn state(&self, workspace: &WorkspaceId) -> Result<(Epoch, i64, i64), StorageError> {
        let select = query("SELECT epoch, top, floor FROM streams WHERE workspace_id = $1").bind(workspace);
        let row = self
            .store
            .row(select)
            .await?
            .ok_or_else(|| StorageError::Database("the workspace has no log".to_owned()))?;
        stream(&row)
    }

    /// The log's present end. Read it before any state: the state then holds everything up to it.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn cursor(&self, workspace: &WorkspaceId) -> Result<Cursor, StorageError> {
        let channel = self.channel(workspace).await?;
        Ok(Cursor { epoch: channel.epoch.clone(), seq: channel.top() })
    }

    /// Follows a workspace from now on.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn subscribe(&self, workspace: &WorkspaceId) -> Result<Subscription, StorageError> {
        Ok(Subscription::new(self.channel(workspace).await?))
    }

    /// Passes an ephemeral signal to whoever follows now.
    pub fn signal(&self, workspace: &WorkspaceId, device_id: DeviceId, kind: LiveKind) {
        self.hub.signal(workspace, LiveEvent { at: self.source.now(), device_id, kind });
    }

    /// A page of the log after a position, in order. Expired codes are left out of what a page means,
    /// not out of its count: their place is kept by the seqs of their neighbours.
    pub(super) async fn page(
        &self,
        workspace: &WorkspaceId,
        epoch: &Epoch,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Arc<Logged>>, StorageError> {
        let select = query(
            "SELECT seq, id, at, device_id, body FROM events WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        );
        let rows = self.store.rows(select.bind(workspace).bind(after).bind(limit)).await?;
        rows.iter().map(|row| logged(row, epoch).map(Arc::new)).collect()
    }

    /// The events that the log still holds of a message, in order; of very many, the first. Ask only for messages
    /// that the caller may see.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn of_message(
        &self,
        workspace: &WorkspaceId,
        message: &MessageId,
    ) -> Result<Vec<Event>, StorageError> {
        let epoch = self.channel(workspace).await?.epoch.clone();
        let select = query(
            "SELECT seq, id, at, device_id, body FROM events WHERE message_id = $1 AND workspace_id = $2 ORDER BY seq LIMIT $3",
        );
        let rows = self.store.rows(select.bind(message).bind(workspace).bind(EVENTS_OF_MESSAGE)).await?;
        rows.iter().map(|row| logged(row, &epoch).map(|logged| logged.event)).collect()
    }

    /// What time it is, by this log's clock.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.source.now()
    }
}

fn stream(row: &Row) -> Result<(Epoch, i64, i64), StorageError> {
    let epoch = Epoch::try_from(row.text("epoch")?)
        .map_err(|_| StorageError::Database("the log's epoch cannot be read".to_owned()))?;
    Ok((epoch, row.int("top")?, row.int("floor")?))
}

fn logged(row: &Row, epoch: &Epoch) -> Result<Logged, StorageError> {
    let device_id = match row.opt_text("device_id")? {
        Some(_) => Some(row.parse::<DeviceId>("device_id")?),
        None => None,
    };
    Ok(Logged::new(Event {
        cursor: Cursor { epoch: epoch.clone(), seq: row.int("seq")? },
        id: row.parse::<EventId>("id")?,
        at: row.int("at")?,
        device_id,
        kind: row.json::<EventKind>("body")?,
    }))
}

#[async_trait]
impl Recorder for LogRecorder {
    async fn record(&self, connection: &mut Connection, notes: Vec<Note>) -> Result<Publish, StorageError> {
        let at = self.source.now();
        let mut by_workspace: HashMap<WorkspaceId, Vec<Note>> = HashMap::new();
        for note in notes {
            by_workspace.entry(note.workspace.clone()).or_default().push(note);
        }
        let mut published = Vec::with_capacity(by_workspace.len());
        for (workspace, notes) in by_workspace {
            let count = i64::try_from(notes.len()).unwrap_or(i64::MAX);
            let advance = query(
                "UPDATE streams SET top = top + $2 WHERE workspace_id = $1 RETURNING epoch, top, floor",
            );
            let rows = connection.rows(advance.bind(&workspace).bind(count)).await?;
            let row =
                rows.first().ok_or_else(|| StorageError::Database("the workspace has no log".to_owned()))?;
            let (epoch, top, _) = stream(row)?;
            let mut events = Vec::with_capacity(notes.len());
            let mut values: Vec<Vec<Value>> = Vec::with_capacity(notes.len());
            for (note, seq) in notes.into_iter().zip(top - count + 1..) {
                let id = self.source.id("evt");
                let body = serde_json::to_string(&note.kind)
                    .map_err(|error| StorageError::Database(error.to_string()))?;
                values.push(vec![
                    (&workspace).into(),
                    seq.into(),
                    (&id).into(),
                    at.into(),
                    note.device.as_ref().map(DeviceId::as_str).into(),
                    body.into(),
                    note.kind.message_id().map(MessageId::as_str).into(),
                ]);
                let id =
                    id.parse().map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?;
                let cursor = Cursor { epoch: epoch.clone(), seq };
                events.push(Arc::new(Logged::new(Event {
                    cursor,
                    id,
                    at,
                    device_id: note.device,
                    kind: note.kind,
                })));
            }
            while !values.is_empty() {
                let rest = values.split_off(values.len().min(rows_per_statement(7)));
                connection
                    .execute(Query::insert(
                        "INSERT INTO events (workspace_id, seq, id, at, device_id, body, message_id)",
                        values,
                        "",
                    ))
                    .await?;
                values = rest;
            }
            published.push((workspace, epoch, events));
        }
        let hub = self.hub.clone();
        Ok(Box::new(move || {
            for (workspace, epoch, events) in published {
                hub.publish(&workspace, epoch, &events);
            }
        }))
    }
}
