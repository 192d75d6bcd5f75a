//! Calls that ring: they can be declined.

use super::capabilities::Operation;
use super::changes;
use super::error::DeviceError;
use super::registry::Devices;
use crate::protocol::{Message, MessageId};
use crate::server::engine::{Change, InboundChange};
use crate::server::reach::Reach;
use crate::server::storage::{query, read};

impl Devices {
    /// Declines a call that rings; answers its notice as it stands then. One that was declined already stays so.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Conflict`] for what is no call, or none that rings,
    /// [`crate::server::engine::EngineError`] if the device is not connected.
    pub async fn reject_call(&self, reach: &Reach, message: &MessageId) -> Result<Message, DeviceError> {
        self.require(Operation::RejectCall)?;
        let store = self.inner.journal.store();
        let not_found = DeviceError::NotFound("message");
        let Some(call) = read::message(store, reach, message).await? else { return Err(not_found) };
        match call.details.notice.as_ref().map(|notice| notice.code.as_str()) {
            Some("incoming_call") => {}
            Some("rejected_call") => return Ok(call),
            Some("missed_call" | "answered_call") => {
                return Err(DeviceError::Conflict("the call does not ring any more".to_owned()));
            }
            _ => return Err(DeviceError::Conflict("the message is no call".to_owned())),
        }
        let select = query(
            "SELECT m.whatsapp_id, m.sender, c.jid FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.id = $1",
        );
        let Some(row) = store.row(select.bind(message)).await? else { return Err(not_found) };
        let (id, caller, chat) = (row.text("whatsapp_id")?, row.text("sender")?, row.text("jid")?);
        self.live(&call.device_id)?.reject_call(&id, &caller).await?;
        let context = self.context(&reach.workspace, &call.device_id);
        let done = InboundChange {
            whatsapp_id: String::new(),
            chat,
            sender: caller,
            from_me: false,
            timestamp: context.source.now(),
            target: id,
            change: Change::Notice("rejected_call".to_owned()),
        };
        store.write(move |tx| Box::pin(async move { changes::apply(tx, &context, done).await })).await?;
        read::message(store, reach, message).await?.ok_or(DeviceError::NotFound("message"))
    }
}
