//! By which of its two names an account comes to others: by number, or by LID.

use super::directory::Directory;
use super::rows::links::Address;
use serde::{Deserialize, Serialize};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::builder::NodeBuilder;

/// How an account, or a group's members, are addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// By number, with the LID beside it.
    #[default]
    Pn,
    /// By LID, with the number beside it.
    Lid,
    /// By LID alone: whoever is written to does not learn the number. Of an account only.
    Hidden,
}

impl Addressing {
    /// The spelling in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pn => "pn",
            Self::Lid => "lid",
            Self::Hidden => "hidden",
        }
    }

    /// The one that is spelled so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pn, Self::Lid, Self::Hidden].into_iter().find(|one| one.as_str() == text)
    }
}

/// What somebody is called in a stanza.
pub struct Named {
    pub jid: Jid,
    /// The other name, unless it is not told.
    pub other: Option<Jid>,
}

impl Named {
    /// The JIDs of a device of an account under its two names.
    fn of(number: Jid, lid: Jid, addressing: Addressing) -> Self {
        match addressing {
            Addressing::Pn => Self { jid: number, other: Some(lid) },
            Addressing::Lid => Self { jid: lid, other: Some(number) },
            Addressing::Hidden => Self { jid: lid, other: None },
        }
    }

    /// As whoever sends a stanza to a person.
    #[must_use]
    pub fn sender(self, stanza: NodeBuilder) -> NodeBuilder {
        let other = if self.jid.is_lid() { "sender_pn" } else { "sender_lid" };
        let stanza = stanza.attr("from", self.jid);
        match self.other {
            Some(jid) => stanza.attr(other, jid),
            None => stanza,
        }
    }

    /// As whoever does something in a group.
    #[must_use]
    pub fn participant(self, stanza: NodeBuilder) -> NodeBuilder {
        let other = if self.jid.is_lid() { "participant_pn" } else { "participant_lid" };
        let stanza = stanza.attr("participant", self.jid);
        match self.other {
            Some(jid) => stanza.attr(other, jid),
            None => stanza,
        }
    }

    /// As one of a group's members.
    #[must_use]
    pub fn member(self, node: NodeBuilder) -> NodeBuilder {
        let other = if self.jid.is_lid() { "phone_number" } else { "lid" };
        let node = node.attr("jid", self.jid);
        match self.other {
            Some(jid) => node.attr(other, jid),
            None => node,
        }
    }
}

impl Directory {
    /// What a device of an account is called: to a person, or in a group.
    #[must_use]
    pub fn named(&self, address: &Address, group: Option<&str>) -> Named {
        let number = super::directory::jid(address);
        let Some(account) = self.number(&address.number) else { return Named { jid: number, other: None } };
        let lid = Jid::lid_device(account.lid.as_str(), address.device);
        let own = account.addressing();
        let addressing = match group {
            None => own,
            // Whoever hides their number hides it in a group as well, where the group can.
            Some(group) if self.is_by_lid(group) => match own {
                Addressing::Hidden => Addressing::Hidden,
                Addressing::Pn | Addressing::Lid => Addressing::Lid,
            },
            Some(_) => Addressing::Pn,
        };
        Named::of(number, lid, addressing)
    }

    /// How a stanza in a group says which names it uses.
    #[must_use]
    pub fn mode(&self, group: &str) -> &'static str {
        if self.is_by_lid(group) { Addressing::Lid.as_str() } else { Addressing::Pn.as_str() }
    }

    /// What a conversation is called in what an account's own devices are told.
    #[must_use]
    pub fn chat_jid(&self, chat: &super::phone::Chat) -> Jid {
        match chat {
            super::phone::Chat::Person(number) => self.named_account(number, None).jid,
            super::phone::Chat::Group(_) => chat.jid(),
        }
    }

    /// The same for the account itself.
    #[must_use]
    pub fn named_account(&self, number: &str, group: Option<&str>) -> Named {
        self.named(&Address { number: number.to_owned(), device: 0 }, group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::sandbox::wire::stanza::{attr, node};

    #[test]
    fn both_names_stand_in_a_stanza_unless_one_is_hidden() {
        let (number, lid) = (|| Jid::pn_device("34600111222", 3), || Jid::lid_device("100000000000005", 3));
        let named = |addressing| Named::of(number(), lid(), addressing).sender(node("message")).build();
        let stanza = named(Addressing::Pn);
        assert_eq!(attr(&stanza, "from"), Some(number().to_string()));
        assert_eq!(attr(&stanza, "sender_lid"), Some(lid().to_string()));
        let stanza = named(Addressing::Lid);
        assert_eq!(attr(&stanza, "from"), Some(lid().to_string()));
        assert_eq!(attr(&stanza, "sender_pn"), Some(number().to_string()));
        let stanza = named(Addressing::Hidden);
        assert_eq!(attr(&stanza, "from"), Some(lid().to_string()));
        assert_eq!((attr(&stanza, "sender_pn"), attr(&stanza, "sender_lid")), (None, None));
        for addressing in [Addressing::Pn, Addressing::Lid, Addressing::Hidden] {
            assert_eq!(Addressing::parse(addressing.as_str()), Some(addressing));
        }
    }
}
