//! Labels, both ways: like what is set of chats, they are app state.

use super::content::clean;
use super::errors;
use super::jids::{self, Numbers};
use super::requests::as_addressed;
use super::session::Active;
use crate::server::engine::{EngineError, LabelChange};
use whatsapp_rust::features::AppStateError;
use whatsapp_rust::types::events::Event;

pub(super) async fn change(live: &Active, change: &LabelChange) -> Result<(), EngineError> {
    let labels = live.client.labels();
    let told = match change {
        LabelChange::Edit { id, name, color } => {
            let color = i32::try_from(*color).unwrap_or(0);
            Box::pin(labels.create_label(id, name, color)).await
        }
        LabelChange::Delete { id } => Box::pin(labels.delete_label(id)).await,
        LabelChange::Chat { id, jid, labeled } => {
            let chat = as_addressed(&live.client, jids::parse(jid)?).await;
            match labeled {
                true => Box::pin(labels.add_chat_label(id, &chat)).await,
                false => Box::pin(labels.remove_chat_label(id, &chat)).await,
            }
        }
    };
    told.map_err(|error| match error {
        // The phone has not sent the key of the app state yet.
        AppStateError::InvalidRequest(text) => EngineError::NoAnswer(text),
        error => errors::asked(&error),
    })
}

/// A change of labels that a device of the account made, if the event is one.
pub(super) async fn meaning(numbers: &dyn Numbers, event: &Event) -> Option<LabelChange> {
    match event {
        Event::LabelEditUpdate(update) => {
            let id = clean(update.label_id.clone());
            let name = update.action.name.clone().map(clean).filter(|name| !name.is_empty());
            match (update.action.deleted.unwrap_or(false), name) {
                (true, _) => Some(LabelChange::Delete { id }),
                (false, Some(name)) => {
                    let color = u32::try_from(update.action.color.unwrap_or(0)).unwrap_or(0);
                    Some(LabelChange::Edit { id, name, color })
                }
                (false, None) => None,
            }
        }
        Event::LabelAssociationUpdate(update) => {
            let jid = jids::by_number(numbers, &update.chat_jid, None).await;
            let (id, labeled) = (clean(update.label_id.clone()), update.action.labeled.unwrap_or(false));
            jids::is_chat(&jid).then(|| LabelChange::Chat { id, jid: jids::text(&jid), labeled })
        }
        _ => None,
    }
}
