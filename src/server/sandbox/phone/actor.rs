//! The actor: one phone's mailbox, and what it does with a request.

use super::answer::Answering;
use super::signal::Endpoint;
use crate::protocol::ChatChange;
use crate::server::engine::MessageAction;
use crate::server::sandbox::addressing::Addressing;
use crate::server::sandbox::directory::Account;
use crate::server::sandbox::limits::MAILBOX;
use crate::server::sandbox::model::{ChatSettings, NewPhoneMessage, PhoneMessage};
use crate::server::sandbox::network::Network;
use crate::server::sandbox::rows::accounts::{self, AccountRow};
use crate::server::sandbox::{SandboxError, limits};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Server;

/// How long the actor waits before it tries again what storage refused.
const PAUSE: Duration = Duration::from_millis(250);

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Chat {
    /// A number.
    Person(String),
    /// A group's id: the user part of its JID.
    Group(String),
}

impl Chat {
    /// Reads a number, a JID of a person, or a JID of a group.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`].
    pub fn parse(text: &str) -> Result<Self, SandboxError> {
        if let Some(id) = text.trim().strip_suffix("@g.us") {
            let fits =
                !id.is_empty() && id.len() <= 40 && id.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            return match fits {
                true => Ok(Self::Group(id.to_owned())),
                false => Err(SandboxError::Invalid("a group's JID has digits before @g.us".to_owned())),
            };
        }
        limits::number(text).map(Self::Person)
    }

    /// The chat that a JID means; a person must be given by number.
    #[must_use]
    pub fn of(jid: &Jid) -> Option<Self> {
        match jid.server {
            Server::Group => Some(Self::Group(jid.user.to_string())),
            Server::Pn => Some(Self::Person(jid.user.to_string())),
            _ => None,
        }
    }

    /// How a phone's messages name it: a person's digits, or a group's JID.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Person(number) => number.clone(),
            Self::Group(id) => format!("{id}@g.us"),
        }
    }

    /// Its JID.
    #[must_use]
    pub fn jid(&self) -> Jid {
        match self {
            Self::Person(number) => Jid::pn(number.as_str()),
            Self::Group(id) => Jid::group(id.as_str()),
        }
    }
}

/// What a phone is asked to do.
pub enum Request {
    /// Send a message. Answered once it is committed.
    /// An `id` makes it the same message however often it is asked for.
    Send {
        chat: Chat,
        message: Box<NewPhoneMessage>,
        id: Option<String>,
        reply: oneshot::Sender<Result<PhoneMessage, SandboxError>>,
    },
    /// Mark a chat read. Answers how many messages were unread.
    Read { chat: Chat, reply: oneshot::Sender<Result<usize, SandboxError>> },
    /// What is set of the chats.
    ChatSettings { reply: oneshot::Sender<Result<HashMap<String, ChatSettings>, SandboxError>> },
    /// Change a chat, here and on the linked devices.
    ChangeChat { chat: Chat, change: ChatChange, reply: oneshot::Sender<Result<(), SandboxError>> },
    /// Star a message, or delete it for the account, here and on the linked devices.
    ChangeMessage {
        chat: Chat,
        id: String,
        action: MessageAction,
        reply: oneshot::Sender<Result<(), SandboxError>>,
    },
    /// Look at everything that was queued before this.
    Settle { reply: oneshot::Sender<Result<(), SandboxError>> },
    /// Save a contact in the address book, and on the linked devices.
    Save { contact: String, name: String, reply: oneshot::Sender<Result<(), SandboxError>> },
    /// Go on with an answer of the phone's own.
    Answer { chat: String },
}

/// A phone at work.
pub(super) struct Phone {
    pub net: Arc<Network>,
    pub me: Arc<Account>,
    /// For its own timers; weak, so that the mailbox closes when everybody else has gone.
    pub mailbox: mpsc::WeakSender<Request>,
    /// Read when it is first needed: most phones lie still.
    pub open: Option<Open>,
    pub answering: Answering,
}

/// What an active phone has at hand.
pub(super) struct Open {
    pub row: AccountRow,
    pub endpoint: Endpoint,
}

/// Starts the actor of an account.
pub fn start(net: &Arc<Network>, number: &str, lid: &str, addressing: Addressing) -> Arc<Account> {
    let (mailbox, requests) = mpsc::channel(MAILBOX);
    let wake = Arc::new(Notify::new());
    let me =
        Arc::new(Account::new(number.to_owned(), lid.to_owned(), addressing, mailbox.clone(), wake.clone()));
    let phone = Phone {
        net: net.clone(),
        me: me.clone(),
        mailbox: mailbox.downgrade(),
        open: None,
        answering: Answering::default(),
    };
    net.tasks.spawn(phone.run(requests, wake));
    me
}

impl Phone {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>, wake: Arc<Notify>) {
        let closing = self.net.closing.clone();
        loop {
            let request = tokio::select! {
                biased;
                () = closing.cancelled() => return,
                () = wake.notified() => None,
                request = requests.recv() => match request {
                    Some(request) => Some(request),
                    None => return,
                },
            };
            // What was queued before a request is seen by it.
            let drained = self.drain().await;
            if let Err(error) = &drained {
                tracing::error!(number = %self.me.number, %error, "a phone cannot read its queue");
                wake.notify_one();
                tokio::time::sleep(PAUSE).await;
            }
            if let Some(request) = request {
                self.handle(request, drained).await;
            }
        }
    }

    async fn handle(&mut self, request: Request, drained: Result<(), SandboxError>) {
        // Whoever asked may have gone meanwhile: that changes nothing.
        match request {
            Request::Send { chat, message, id, reply } => {
                drop(reply.send(self.send_once(chat, &message, id).await))
            }
            Request::Read { chat, reply } => drop(reply.send(self.read(&chat).await)),
            Request::ChatSettings { reply } => drop(reply.send(self.chat_settings().await)),
            Request::ChangeChat { chat, change, reply } => {
                drop(reply.send(self.change_chat(&chat, change).await))
            }
            Request::ChangeMessage { chat, id, action, reply } => {
                drop(reply.send(self.change_message(&chat, &id, action).await))
            }
            Request::Settle { reply } => drop(reply.send(drained)),
            Request::Save { contact, name, reply } => {
                drop(reply.send(self.save_contact(&contact, &name).await))
            }
            Request::Answer { chat } => {
                if let Err(error) = self.go_on_answering(&chat).await {
                    tracing::warn!(number = %self.me.number, %error, "a phone cannot answer");
                }
            }
        }
    }

    /// The phone's keys and account, read at first need.
    pub async fn opened(&mut self) -> Result<&mut Open, SandboxError> {
        if self.open.is_none() {
            let row = accounts::get(&self.net.store, &self.me.number)
                .await?
                .ok_or_else(|| SandboxError::no_phone(&self.me.number))?;
            let endpoint = Endpoint::open(&row, &self.net.store, &self.net.source)?;
            self.open = Some(Open { row, endpoint });
        }
        self.open.as_mut().ok_or(SandboxError::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chats_are_numbers_or_groups() {
        assert_eq!(Chat::parse("+34 600 111 222").unwrap(), Chat::Person("34600111222".into()));
        assert_eq!(Chat::parse("34600111222@s.whatsapp.net").unwrap(), Chat::Person("34600111222".into()));
        assert_eq!(Chat::parse("120363000@g.us").unwrap(), Chat::Group("120363000".into()));
        assert!(Chat::parse("@g.us").is_err());
        assert!(Chat::parse("status@broadcast").is_err());
        assert!(Chat::parse(&format!("{}@g.us", "1".repeat(41))).is_err());
    }
}
