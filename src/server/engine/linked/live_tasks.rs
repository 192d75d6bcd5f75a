//! What is done once a device is live: show that we are there, learn what groups are called, and ask
//! again for settings that the client passed over.

use super::link::{Link, Stage};
use crate::server::engine::SessionEvent;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use whatsapp_rust::sync_task::MajorSyncTask;

/// How long a passed-over collection of settings is left alone before it is asked for again.
const SYNC_AGAIN: Duration = Duration::from_millis(500);

/// The device is live.
pub(super) fn after_connect(link: &Arc<Link>) {
    be_available(link);
    learn_groups(link);
}

/// Tells WhatsApp that we are there: only then do others see our receipts as active, and we their
/// typing. Needs the account's name; where that is not known yet, it comes back here with the name.
pub(super) fn be_available(link: &Arc<Link>) {
    let Some(client) = link.client() else { return };
    if *link.stage.borrow() != Stage::Live || client.push_name().is_empty() {
        return;
    }
    let wanted = link.available.clone();
    link.spawn(async move {
        let presence = client.presence();
        let shown = match wanted.load(Ordering::Acquire) {
            true => Box::pin(presence.set_available()).await,
            false => Box::pin(presence.set_unavailable()).await,
        };
        if let Err(error) = shown {
            tracing::debug!(%error, "whether the account is there could not be shown");
        }
    });
}

fn learn_groups(link: &Arc<Link>) {
    let Some(client) = link.client() else { return };
    let mailbox = link.mailbox.clone();
    link.spawn(async move {
        match Box::pin(super::group_query::groups(&client)).await {
            Ok(groups) => {
                for group in groups {
                    let state = super::groups::state(&client, group).await;
                    mailbox.tell(SessionEvent::GroupKnown(state));
                }
            }
            Err(error) => tracing::warn!(%error, "the groups could not be listed"),
        }
    });
}

/// Version 0.7.0 of the client passes over a change of settings that arrives while it reads the same
/// collection, and does not come back to it; this event is the only sign. So it is asked for again.
pub(super) fn sync_again(link: &Arc<Link>, collections: &[String]) {
    for collection in collections {
        let (Some(client), Ok(name)) = (link.client(), collection.parse()) else { continue };
        link.spawn(async move {
            tokio::time::sleep(SYNC_AGAIN).await;
            Box::pin(client.process_sync_task(MajorSyncTask::AppStateSync { name, full_sync: false })).await;
        });
    }
}
