//! Which number is behind a LID, and the way back.

use super::rows::{Batch, Held, forget, held, id, parts};
use super::{Keys, Kind, from_json, to_json};
use crate::server::engine::{Identity, SessionEvent};
use std::collections::BTreeMap;
use whatsapp_rust::wacore::store::error::Result;
use whatsapp_rust::wacore::store::traits::LidPnMappingEntry;

/// The row that leads from a number to one of its LIDs.
fn way_back(entry: &LidPnMappingEntry) -> String {
    id(&[&entry.phone_number, &entry.lid])
}

impl Keys {
    pub(super) async fn lid(&self, lid: &str) -> Result<Option<LidPnMappingEntry>> {
        let held = self.get(Kind::Lid, id(&[lid])).await?;
        held.map(|held| from_json(&held.value)).transpose()
    }

    /// The LID of a number that was seen last.
    pub(super) async fn number(&self, number: &str) -> Result<Option<LidPnMappingEntry>> {
        let ways = self.all_under(Kind::Number, number).await?;
        let last = ways.into_iter().max_by_key(|(_, held)| held.stamp);
        match last.and_then(|(way, _)| parts(&way).pop()) {
            Some(lid) => self.lid(&lid).await,
            None => Ok(None),
        }
    }

    pub(super) async fn lids(&self) -> Result<Vec<LidPnMappingEntry>> {
        let all = self.all(Kind::Lid).await?;
        all.iter().map(|(_, Held { value, .. })| from_json(value)).collect()
    }

    /// Keeps what is known now. When a mapping was first learned stays as it was; when a LID moves to
    /// another number, the old number no longer leads to it.
    pub(super) async fn put_lids(&self, entries: &[LidPnMappingEntry]) -> Result<()> {
        // The last word on each LID.
        let new = entries.iter().map(|entry| (id(&[&entry.lid]), entry.clone())).collect::<BTreeMap<_, _>>();
        if new.is_empty() {
            return Ok(());
        }
        let device = self.device.clone();
        let news = new.values().map(identity).collect();
        let outcome = self
            .write(move |tx| {
                Box::pin(async move {
                    let ids = new.keys().cloned().collect::<Vec<_>>();
                    let old = held(tx, &device, Kind::Lid, &ids).await?;
                    let prepared = match prepare(new, &old) {
                        Ok(prepared) => prepared,
                        Err(error) => return Ok(Err(error)),
                    };
                    forget(tx, &device, Kind::Number, &prepared.gone).await?;
                    prepared.batch.write(tx, &device).await?;
                    Ok(Ok(()))
                })
            })
            .await;
        outcome??;
        if let Some(told) = &self.told {
            told.tell(SessionEvent::Identities(news));
        }
        Ok(())
    }

    /// Tells all that is known: what a run before this one learned and could not tell any more is told now. Each with
    /// its time: the client forgets what messages told it that had waited for us, so ours may be newer.
    pub(in super::super) async fn tell_lids(&self) -> Result<()> {
        let known = self.lids().await?;
        if let Some(told) = self.told.as_ref().filter(|_| !known.is_empty()) {
            let learned =
                |entry: &LidPnMappingEntry| Identity { at: Some(entry.updated_at), ..identity(entry) };
            told.tell(SessionEvent::Identities(known.iter().map(learned).collect()));
        }
        Ok(())
    }
}

fn identity(entry: &LidPnMappingEntry) -> Identity {
    Identity::new(format!("{}@lid", entry.lid), entry.phone_number.clone())
}

struct Prepared {
    batch: Batch,
    /// Ways back that lead nowhere any more.
    gone: Vec<String>,
}

fn prepare(new: BTreeMap<String, LidPnMappingEntry>, old: &BTreeMap<String, Held>) -> Result<Prepared> {
    let mut prepared = Prepared { batch: Batch::default(), gone: Vec::new() };
    for (key, mut entry) in new {
        if let Some(held) = old.get(&key) {
            let before: LidPnMappingEntry = from_json(&held.value)?;
            if before.phone_number != entry.phone_number {
                prepared.gone.push(way_back(&before));
            }
            entry.created_at = before.created_at;
        }
        prepared.batch.put(Kind::Number, way_back(&entry), Vec::new(), entry.updated_at);
        prepared.batch.put(Kind::Lid, key, to_json(&entry)?, entry.updated_at);
    }
    Ok(prepared)
}
