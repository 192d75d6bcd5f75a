//! What is done once a device is live: show that we are there, learn what groups are called, and ask
//! again for settings that the client passed over.

use super::link::{Link, Stage};
use crate::server::engine::SessionEvent;
use std::sync::Arc;
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
    link.spawn(async move {
        if let Err(error) = Box::pin(client.presence().set_available()).await {
            tracing::debug!(%error, "could not be shown as available");
        }
    });
}

fn learn_groups(link: &Arc<Link>) {
    let Some(client) = link.client() else { return };
    let mailbox = link.mailbox.clone();
    link.spawn(async move {
        match Box::pin(client.groups().get_participating()).await {
            Ok(groups) => {
                for (jid, group) in groups {
                    let jid = super::jids::text(&super::jids::bare(&jid));
                    mailbox.tell(SessionEvent::Group { jid, subject: super::content::clean(group.subject) });
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
