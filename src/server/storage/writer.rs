//! The one writer: many callers, one transaction.
//!
//! Each caller hands over a closure. The task takes whatever waits, runs all of it in one transaction
//! and answers everybody after the commit, so that one flush to the disk pays for many writes.
//! A closure that fails is rolled back alone and does not disturb its neighbours.

use super::{Connection, Database, Kind, Query, Row, StorageError};
use crate::protocol::{DeviceId, EventKind, WorkspaceId};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How many writes may share one transaction.
const GROUP: usize = 256;
/// How many writes may wait; beyond it, callers wait to be let in.
const WAITING: usize = 4_096;

/// An event noted in a transaction: what the journal is to log with it.
#[derive(Debug, Clone)]
pub struct Note {
    pub workspace: WorkspaceId,
    pub device: Option<DeviceId>,
    pub kind: EventKind,
}

/// What to do once the commit is on disk.
pub type Publish = Box<dyn FnOnce() + Send>;

/// Writes the notes of a whole group into the log, inside its transaction.
#[async_trait]
pub trait Recorder: Send + Sync + 'static {
    /// Gives every note its place, in this order, and answers what to do after the commit.
    async fn record(&self, connection: &mut Connection, notes: Vec<Note>) -> Result<Publish, StorageError>;
}

/// For stores without a log, in tests.
pub struct NoRecorder;

#[async_trait]
impl Recorder for NoRecorder {
    async fn record(&self, _: &mut Connection, _: Vec<Note>) -> Result<Publish, StorageError> {
        Ok(Box::new(|| ()))
    }
}

/// A transaction, as the closure sees it.
pub struct Tx<'c> {
    connection: &'c mut Connection,
    notes: &'c mut Vec<Note>,
}

impl Tx<'_> {
    /// Runs a statement; answers how many rows it changed.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn execute(&mut self, query: Query) -> Result<u64, StorageError> {
        self.connection.execute(query).await
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn rows(&mut self, query: Query) -> Result<Vec<Row>, StorageError> {
        self.connection.rows(query).await
    }

    /// The first row of a statement, if there is one.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn row(&mut self, query: Query) -> Result<Option<Row>, StorageError> {
        Ok(self.rows(query).await?.into_iter().next())
    }

    /// Which database this is: for the few statements that differ.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.connection.kind()
    }

    /// Notes what this transaction means: it is logged with it, and published once it is committed.
    pub fn note(&mut self, workspace: WorkspaceId, device: Option<DeviceId>, kind: EventKind) {
        self.notes.push(Note { workspace, device, kind });
    }
}

type Work = Box<dyn for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<Answer, StorageError>> + Send>;
/// Given to the caller after the commit, or after the group failed.
type Answer = Box<dyn FnOnce(Result<(), StorageError>) + Send>;

struct Job {
    work: Work,
    /// For the case that the work never ran.
    refused: Box<dyn FnOnce(StorageError) + Send>,
}

/// A database with its writer. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Database,
    jobs: mpsc::Sender<Job>,
}

impl Store {
    /// Starts the writer; it ends when the last clone is dropped.
    ///
    /// # Errors
    /// [`StorageError::Database`] if the writing connection cannot be opened.
    pub async fn start(database: Database, recorder: Arc<dyn Recorder>) -> Result<Self, StorageError> {
        let connection = database.writer().await?;
        let (jobs, waiting) = mpsc::channel(WAITING);
        let kind = connection.kind();
        let writer = Writer { database: database.clone(), connection: Some(connection), recorder };
        match kind {
            Kind::Postgres => drop(tokio::spawn(writer.run(waiting))),
            // It waits for the disk by holding its thread, which has to be its own.
            Kind::Sqlite => {
                let runtime = tokio::runtime::Handle::current();
                let run = move || runtime.block_on(writer.run(waiting));
                let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(run);
                drop(thread.map_err(|error| StorageError::Database(format!("no thread for it: {error}")))?);
            }
        }
        Ok(Self { database, jobs })
    }

    /// The database, for reading.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// All rows of a statement that changes nothing.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn rows(&self, query: Query) -> Result<Vec<Row>, StorageError> {
        self.database.rows(query).await
    }

    /// The first row of a statement that changes nothing, if there is one.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn row(&self, query: Query) -> Result<Option<Row>, StorageError> {
        Ok(self.rows(query).await?.into_iter().next())
    }

    /// Runs `work` in a transaction and returns once it is committed, or rolled back because it failed.
    ///
    /// Several writes share one transaction, each behind a savepoint of its own. `work` runs in the
    /// writer: it must only use its [`Tx`] and never wait for anything else.
    ///
    /// If the caller stops waiting, the work may still be committed.
    ///
    /// # Errors
    /// What `work` answered, or why the commit failed.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, StorageError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel::<Result<T, StorageError>>();
        let answer = Arc::new(std::sync::Mutex::new(Some(answer)));
        let tell = move |answer: &std::sync::Mutex<Option<oneshot::Sender<Result<T, StorageError>>>>,
                         result| {
            let sender = answer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            if let Some(sender) = sender {
                // A caller that no longer waits does not mind.
                drop(sender.send(result));
            }
        };
        let refused = answer.clone();
        let work: Work = Box::new(move |tx| {
            Box::pin(async move {
                match work(tx).await {
                    Ok(value) => {
                        let answer: Answer =
                            Box::new(move |committed| tell(&answer, committed.map(|()| value)));
                        Ok(answer)
                    }
                    Err(error) => {
                        tell(&answer, Err(error.clone()));
                        Err(error)
                    }
                }
            })
        });
        let job = Job { work, refused: Box::new(move |error| tell(&refused, Err(error))) };
        self.jobs.send(job).await.map_err(|_| StorageError::Closed)?;
        answered.await.map_err(|_| StorageError::Closed)?
    }

    /// One statement as a transaction of its own; answers how many rows it changed.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn execute(&self, query: Query) -> Result<u64, StorageError> {
        self.write(move |tx| Box::pin(tx.execute(query))).await
    }
}

struct Writer {
    database: Database,
    /// Gone after it failed in the middle of a transaction; opened anew with the next group.
    connection: Option<Connection>,
    recorder: Arc<dyn Recorder>,
}

impl Writer {
    async fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(GROUP);
        while waiting.recv_many(&mut jobs, GROUP).await > 0 {
            let mut answers = Vec::with_capacity(jobs.len());
            match self.group(&mut jobs, &mut answers).await {
                Ok(publish) => {
                    // Published before the callers know, so that nobody sees an answer whose event is
                    // not yet out.
                    publish();
                    answers.into_iter().for_each(|answer| answer(Ok(())));
                }
                Err(error) => {
                    tracing::error!(%error, "a group of writes failed");
                    // Whatever state the connection is in, it is not one to go on with.
                    self.connection = None;
                    answers.into_iter().for_each(|answer| answer(Err(error.clone())));
                    jobs.drain(..).for_each(|job| (job.refused)(error.clone()));
                }
            }
        }
    }

    async fn group(
        &mut self,
        jobs: &mut Vec<Job>,
        answers: &mut Vec<Answer>,
    ) -> Result<Publish, StorageError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.database.writer().await?),
        };
        connection.begin().await?;
        let alone = jobs.len() == 1;
        let mut notes = Vec::new();
        for job in jobs.drain(..) {
            let noted = notes.len();
            if !alone {
                connection.control("SAVEPOINT job").await?;
            }
            let result = (job.work)(&mut Tx { connection, notes: &mut notes }).await;
            match result {
                Ok(answer) => {
                    answers.push(answer);
                    if !alone {
                        connection.control("RELEASE SAVEPOINT job").await?;
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "a write was rolled back");
                    notes.truncate(noted);
                    connection.control(if alone { "ROLLBACK" } else { "ROLLBACK TO SAVEPOINT job" }).await?;
                    if alone {
                        return Ok(Box::new(|| ()));
                    }
                    connection.control("RELEASE SAVEPOINT job").await?;
                }
            }
        }
        let publish = if notes.is_empty() {
            Box::new(|| ()) as Publish
        } else {
            self.recorder.record(connection, notes).await?
        };
        connection.control("COMMIT").await?;
        Ok(publish)
    }
}
