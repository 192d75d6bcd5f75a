//! Tokens of trust, which contacts hand each other. Two sides write to one row: what we got (token and
//! its time) and when we last gave ours. Neither may lose what the other wrote, so both read and write
//! within one transaction.

use super::rows::{Batch, forget, held, id};
use super::{Keys, Kind, count, from_json, to_json};
use whatsapp_rust::wacore::store::error::{Result, StoreError};
use whatsapp_rust::wacore::store::traits::TcTokenEntry;

impl Keys {
    pub(super) async fn token(&self, jid: &str) -> Result<Option<TcTokenEntry>> {
        let held = self.get(Kind::Token, id(&[jid])).await?;
        held.map(|held| from_json(&held.value)).transpose()
    }

    pub(super) async fn put_token(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        self.put(Kind::Token, id(&[jid]), to_json(entry)?, 0).await
    }

    /// We gave our token to this contact. The time only ever moves forward.
    pub(super) async fn gave_token(&self, jid: &str, at: i64) -> Result<()> {
        self.change_token(jid, move |token| match token {
            Some(token) => Some(TcTokenEntry {
                sender_timestamp: Some(token.sender_timestamp.map_or(at, |before| before.max(at))),
                ..token
            }),
            None => Some(TcTokenEntry { token: Vec::new(), token_timestamp: at, sender_timestamp: Some(at) }),
        })
        .await
    }

    /// This contact gave us a token. An older one never takes the place of a newer one.
    pub(super) async fn got_token(&self, jid: &str, token: &[u8], at: i64) -> Result<()> {
        let got = token.to_vec();
        self.change_token(jid, move |token| match token {
            Some(token) if !token.token.is_empty() && at < token.token_timestamp => None,
            other => Some(TcTokenEntry {
                token: got,
                token_timestamp: at,
                sender_timestamp: other.and_then(|token| token.sender_timestamp),
            }),
        })
        .await
    }

    /// Deletes tokens of which neither half is of use any more; answers how many.
    pub(super) async fn drop_old_tokens(&self, got_before: i64, gave_before: i64) -> Result<u32> {
        let mut old = Vec::new();
        for (jid, held) in self.all(Kind::Token).await? {
            if is_old(&from_json(&held.value)?, got_before, gave_before) {
                old.push(jid);
            }
        }
        let device = self.device.clone();
        let outcome = self
            .write(move |tx| {
                Box::pin(async move {
                    // Read again: a token may have been renewed since.
                    let mut gone = Vec::new();
                    for (jid, held) in held(tx, &device, Kind::Token, &old).await? {
                        match from_json(&held.value) {
                            Ok(token) if is_old(&token, got_before, gave_before) => gone.push(jid),
                            Ok(_) => {}
                            Err(error) => return Ok(Err(error)),
                        }
                    }
                    Ok(Ok(forget(tx, &device, Kind::Token, &gone).await?))
                })
            })
            .await;
        Ok(count(outcome??))
    }

    async fn change_token<F>(&self, jid: &str, change: F) -> Result<()>
    where
        F: FnOnce(Option<TcTokenEntry>) -> Option<TcTokenEntry> + Send + 'static,
    {
        let (device, jid) = (self.device.clone(), id(&[jid]));
        let outcome = self
            .write(move |tx| {
                Box::pin(async move {
                    let found = held(tx, &device, Kind::Token, std::slice::from_ref(&jid)).await?;
                    let changed = match found.get(&jid).map(|held| from_json(&held.value)).transpose() {
                        Ok(token) => change(token).map(|token| to_json(&token)).transpose(),
                        Err(error) => Err(error),
                    };
                    match changed {
                        Ok(Some(value)) => {
                            let mut batch = Batch::default();
                            batch.put(Kind::Token, jid, value, 0);
                            batch.write(tx, &device).await?;
                            Ok(Ok(()))
                        }
                        Ok(None) => Ok(Ok(())),
                        Err(error) => Ok(Err::<(), StoreError>(error)),
                    }
                })
            })
            .await;
        outcome?
    }
}

fn is_old(token: &TcTokenEntry, got_before: i64, gave_before: i64) -> bool {
    let got = !token.token.is_empty() && token.token_timestamp >= got_before;
    let gave = token.sender_timestamp.is_some_and(|at| at >= gave_before);
    !got && !gave
}
