//! Commands, from whichever wire: what each asks of the devices.

use crate::protocol::{Command, CommandId, CommandResult, Outcome, Permission, Problem};
use crate::server::auth::Principal;
use crate::server::devices::{DeviceError, Request};
use crate::server::gateway::state::App;

/// Does what a command asks, once: the same id answers what it answered first.
pub async fn execute(app: &App, who: &Principal, id: CommandId, command: Command) -> Outcome {
    if let Err(error) = who.require(needs(&command)) {
        return Outcome::Error(Problem::from(error));
    }
    match run(app, who, id, command).await {
        Ok(result) => Outcome::Ok(Box::new(result)),
        Err(error) => Outcome::Error(Problem::from(error)),
    }
}

/// What somebody must be allowed to do to give this command.
fn needs(command: &Command) -> Permission {
    match command {
        Command::SendText { .. }
        | Command::SendMessage { .. }
        | Command::OpenChat { .. }
        | Command::RetryMessage { .. }
        | Command::StarMessage { .. }
        | Command::DeleteMessage { .. }
        | Command::MarkRead { .. }
        | Command::MarkPlayed { .. }
        | Command::FollowPresence { .. }
        | Command::SetPresence { .. }
        | Command::SetDraft { .. }
        | Command::ChangeChat { .. }
        | Command::Typing { .. } => Permission::Send,
        Command::CreateDevice { .. }
        | Command::RenameDevice { .. }
        | Command::ConnectDevice { .. }
        | Command::DisconnectDevice { .. }
        | Command::RestartDevice { .. }
        | Command::LogOutDevice { .. }
        | Command::DeleteDevice { .. }
        | Command::RequestPairingCode { .. } => Permission::Admin,
    }
}

async fn run(
    app: &App,
    who: &Principal,
    id: CommandId,
    command: Command,
) -> Result<CommandResult, DeviceError> {
    let (devices, reach, principal) = (&app.devices, &who.reach, who.name());
    Ok(match command {
        Command::CreateDevice { name } => {
            let request = Request::new(&principal, id, &["create_device", &name]);
            CommandResult::Device(devices.create(reach, request, &name).await?)
        }
        Command::RenameDevice { device_id, name } => {
            CommandResult::Device(devices.rename(reach, &device_id, &name).await?)
        }
        Command::ConnectDevice { device_id } => {
            CommandResult::Device(devices.connect(reach, &device_id).await?)
        }
        Command::DisconnectDevice { device_id } => {
            CommandResult::Device(devices.disconnect(reach, &device_id).await?)
        }
        Command::RestartDevice { device_id } => {
            CommandResult::Device(devices.restart(reach, &device_id).await?)
        }
        Command::LogOutDevice { device_id } => {
            CommandResult::Device(devices.log_out(reach, &device_id).await?)
        }
        Command::DeleteDevice { device_id } => {
            devices.delete(reach, &device_id).await?;
            CommandResult::Done
        }
        Command::RequestPairingCode { device_id, phone_number } => {
            CommandResult::PairingCode(devices.pairing_code(reach, &device_id, &phone_number).await?)
        }
        Command::SendText { chat_id, text } => {
            let request = Request::new(&principal, id, &["send_text", chat_id.as_str(), &text]);
            CommandResult::Message(devices.send_text(reach, request, &chat_id, &text).await?)
        }
        Command::SendMessage { chat_id, message } => {
            let what = serde_json::to_string(&message).unwrap_or_default();
            let request = Request::new(&principal, id, &["send_message", chat_id.as_str(), &what]);
            CommandResult::Message(devices.send(reach, request, &chat_id, *message).await?)
        }
        Command::OpenChat { device_id, to } => {
            CommandResult::Chat(devices.open_chat(reach, &device_id, &to).await?)
        }
        Command::RetryMessage { message_id } => {
            let request = Request::new(&principal, id, &["retry_message", message_id.as_str()]);
            CommandResult::Message(devices.retry(reach, request, &message_id).await?)
        }
        Command::StarMessage { message_id, starred } => {
            let what = ["star_message", message_id.as_str(), if starred { "on" } else { "off" }];
            let request = Request::new(&principal, id, &what);
            CommandResult::Message(devices.star_message(reach, request, &message_id, starred).await?)
        }
        Command::DeleteMessage { message_id } => {
            let request = Request::new(&principal, id, &["delete_message", message_id.as_str()]);
            devices.delete_message(reach, request, &message_id).await?;
            CommandResult::Done
        }
        Command::MarkRead { chat_id, message_id } => {
            devices.mark_read(reach, &chat_id, &message_id).await?;
            CommandResult::Done
        }
        Command::MarkPlayed { message_id } => {
            CommandResult::Message(devices.mark_played(reach, &message_id).await?)
        }
        Command::FollowPresence { chat_id, seconds } => {
            CommandResult::Presence(devices.follow_presence(reach, &chat_id, seconds).await?)
        }
        Command::SetPresence { device_id, available } => {
            devices.set_available(reach, &device_id, available).await?;
            CommandResult::Done
        }
        Command::ChangeChat { chat_id, change } => {
            let what = serde_json::to_string(&change).unwrap_or_default();
            let request = Request::new(&principal, id, &["change_chat", chat_id.as_str(), &what]);
            match devices.change_chat(reach, request, &chat_id, vec![change]).await? {
                Some(chat) => CommandResult::Chat(chat),
                None => CommandResult::Done,
            }
        }
        Command::SetDraft { chat_id, text } => {
            devices.set_draft(reach, &principal, &chat_id, &text).await?;
            CommandResult::Done
        }
        Command::Typing { chat_id, state } => {
            devices.typing(reach, &chat_id, state).await?;
            CommandResult::Done
        }
    })
}
