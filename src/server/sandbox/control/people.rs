//! What a person does with a phone beside writing.

use super::Sandbox;
use crate::protocol::TypingState;
use crate::server::sandbox::event::PhoneEventKind;
use crate::server::sandbox::phone::Chat;
use crate::server::sandbox::rows::groups;
use crate::server::sandbox::{SandboxError, limits, typing};
use crate::server::storage::query;
use whatsapp_rust::Jid;

impl Sandbox {
    /// A person types on their phone, to a number or in a group. Whoever is connected sees it.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, recipient or group.
    pub async fn typing(&self, number: &str, to: &str, state: TypingState) -> Result<(), SandboxError> {
        let me = self.net.directory.need(&limits::number(number)?)?;
        let told = |number: &str, chat: String| {
            let from = me.number.clone();
            self.net.tell(number, PhoneEventKind::Typing { chat, from, state });
        };
        match Chat::parse(to)? {
            Chat::Person(peer) => {
                self.net.directory.need(&peer)?.push(&typing::stanza(&me.shown_jid(), None, state), None);
                told(&peer, me.number.clone());
            }
            Chat::Group(id) => {
                let group = groups::get(&self.net.store, &id).await?.filter(|group| group.has(&me.number));
                let missing =
                    || SandboxError::NotFound(format!("the phone {} is in no group {to}", me.number));
                let named = self.net.directory.named_account(&me.number, Some(&id)).jid;
                let stanza = typing::stanza(&Jid::group(id.as_str()), Some(&named), state);
                for number in group.ok_or_else(missing)?.numbers() {
                    if number == me.number {
                        continue;
                    }
                    if let Some(member) = self.net.directory.number(&number) {
                        member.push(&stanza, None);
                        told(&number, format!("{id}@g.us"));
                    }
                }
            }
        }
        Ok(())
    }

    /// A phone shows as online, or as gone since now. Whoever follows it sees it.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone.
    pub async fn presence(&self, number: &str, online: bool) -> Result<(), SandboxError> {
        let me = self.net.directory.need(&limits::number(number)?)?;
        let now = self.net.source.now();
        let update = query("UPDATE sandbox_accounts SET online = $2, seen_at = $3 WHERE number = $1");
        self.net.store.execute(update.bind(&me.number).bind(online).bind(now)).await?;
        self.net.show(&me, online, now);
        self.net.tell(&me.number, PhoneEventKind::Presence { from: me.number.clone(), online });
        Ok(())
    }
}
