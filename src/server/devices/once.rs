//! What WhatsApp is asked for while the caller waits, done once under the caller's key.
//!
//! It cannot be one transaction: so it is written down that it begins, and then how it ended. What was cut off in
//! between is not done again, because nobody knows whether it was done.

use super::commands::{self, Request};
use super::error::DeviceError;
use super::registry::Devices;
use crate::server::engine::EngineError;
use crate::server::storage::{Query, StorageError, query};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How far a request came.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage<T> {
    Begun,
    Done(T),
}

impl Devices {
    /// Does something once: whoever asks again under the same id is answered what the first call was. It goes on to
    /// its end also if the caller does not wait for it. What failed may be asked for again, unless WhatsApp gave no
    /// answer: then it may have been done.
    ///
    /// # Errors
    /// Those of `act`; [`DeviceError::Conflict`] if the same request is being done, or was cut off;
    /// [`DeviceError::IdempotencyMismatch`] if its id stands for another.
    pub async fn once<T>(
        &self,
        request: Request,
        act: impl Future<Output = Result<T, DeviceError>> + Send + 'static,
    ) -> Result<T, DeviceError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        if let Some(answer) = self.begin(&request).await? {
            return Ok(answer);
        }
        let devices = self.clone();
        let task = tokio::spawn(async move {
            let outcome = act.await;
            if let Some(statement) = ending(&request, &outcome)? {
                devices.inner.journal.store().execute(statement).await?;
            }
            outcome
        });
        task.await.unwrap_or(Err(DeviceError::Stopping))
    }

    /// The answer that there is already; `None` where there is none, and it is written down that it begins.
    async fn begin<T>(&self, request: &Request) -> Result<Option<T>, DeviceError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let (request, now) = (request.clone(), self.inner.source.now());
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                Ok(match commands::recall::<Stage<T>>(tx, &request).await?.settled() {
                    Err(error) => Err(error),
                    Ok(Some(Stage::Done(answer))) => Ok(Some(answer)),
                    Ok(Some(Stage::Begun)) => Err(DeviceError::Conflict(
                        "this request was begun before, and it is not known yet how it ends: look whether it was \
                         done before you ask under another key"
                            .to_owned(),
                    )),
                    Ok(None) => {
                        commands::remember(tx, &request, &Stage::<()>::Begun, now).await?;
                        Ok(None)
                    }
                })
            })
        });
        write.await?
    }
}

/// What is written down of how a request ended; nothing if that is not known.
fn ending<T: Serialize>(
    request: &Request,
    outcome: &Result<T, DeviceError>,
) -> Result<Option<Query>, DeviceError> {
    let statement = match outcome {
        Ok(answer) => {
            let result = serde_json::to_string(&Stage::Done(answer))
                .map_err(|error| StorageError::Database(error.to_string()))?;
            query("UPDATE commands SET result = $3 WHERE principal = $1 AND id = $2")
                .bind(&request.principal)
                .bind(&request.id)
                .bind(result)
        }
        Err(DeviceError::Engine(EngineError::NoAnswer(_))) => return Ok(None),
        Err(_) => query("DELETE FROM commands WHERE principal = $1 AND id = $2")
            .bind(&request.principal)
            .bind(&request.id),
    };
    Ok(Some(statement))
}
