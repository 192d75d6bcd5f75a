//! Addresses as the rest of the server knows them: without a device, and by number wherever the number
//! behind a LID is known.
//!
//! WhatsApp addresses a person in two ways: by number (`34600111222@s.whatsapp.net`) and by LID
//! (`100000012345678@lid`), an id that hides the number. The same person may come under either.

use crate::server::engine::{EngineError, Identity};
use async_trait::async_trait;
use whatsapp_rust::client::Client;
use whatsapp_rust::wacore_binary::JidExt as _;
use whatsapp_rust::{Jid, Server};

/// Who knows the number behind a LID.
#[async_trait]
pub(super) trait Numbers: Send + Sync {
    /// The JID by number, or `None` where it is not known.
    async fn number_of(&self, lid: &Jid) -> Option<Jid>;

    /// Our own JID by number, once we are linked.
    fn own(&self) -> Option<Jid>;

    /// Our own LID, once we are linked and where it is known.
    fn own_lid(&self) -> Option<Jid> {
        None
    }
}

#[async_trait]
impl Numbers for Client {
    async fn number_of(&self, lid: &Jid) -> Option<Jid> {
        if self.lid().is_some_and(|own| own.user == lid.user) {
            return self.own();
        }
        match self.get_lid_pn_entry(lid).await {
            Ok(entry) => entry.map(|entry| Jid::pn(&*entry.phone_number)),
            Err(error) => {
                tracing::warn!(%error, "the number behind a LID could not be looked up");
                None
            }
        }
    }

    fn own(&self) -> Option<Jid> {
        self.pn().map(|own| bare(&own))
    }

    fn own_lid(&self) -> Option<Jid> {
        self.lid().map(|own| bare(&own))
    }
}

/// The JID of the account, without a device. Devices that WhatsApp hosts for a business stand for
/// their account.
pub(super) fn bare(jid: &Jid) -> Jid {
    let mut bare = jid.to_non_ad();
    bare.server = match bare.server {
        Server::Hosted => Server::Pn,
        Server::HostedLid => Server::Lid,
        other => other,
    };
    bare
}

/// The account by number, if that is known: from what came with the message, or from what was learned
/// before. Groups and the like stay as they are.
pub(super) async fn by_number(numbers: &dyn Numbers, jid: &Jid, alternative: Option<&Jid>) -> Jid {
    let jid = bare(jid);
    if !jid.is_lid() {
        return jid;
    }
    if let Some(alternative) = alternative.map(bare).filter(Jid::is_pn) {
        return alternative;
    }
    numbers.number_of(&jid).await.unwrap_or(jid)
}

/// The two names of a person, where both are known: as [`by_number`] finds the number, or from what came beside it.
pub(super) async fn identity(
    numbers: &dyn Numbers,
    jid: &Jid,
    alternative: Option<&Jid>,
) -> Option<Identity> {
    let jid = bare(jid);
    if jid.is_pn() {
        let lid = alternative.map(bare).filter(Jid::is_lid)?;
        return Some(Identity::new(text(&lid), digits(&jid)));
    }
    if !jid.is_lid() {
        return None;
    }
    let number = by_number(numbers, &jid, alternative).await;
    number.is_pn().then(|| Identity::new(text(&jid), digits(&number)))
}

/// As text, fit for a database: PostgreSQL cannot hold a NUL.
pub(super) fn text(jid: &Jid) -> String {
    super::content::clean(jid.to_string())
}

/// The digits of a number, if the JID is one.
pub(super) fn digits(jid: &Jid) -> String {
    jid.user.to_string()
}

/// Whether it is a conversation that we show: with a person or in a group.
pub(super) fn is_chat(jid: &Jid) -> bool {
    match jid.server {
        Server::Pn | Server::Lid | Server::Hosted | Server::HostedLid | Server::Bot => !jid.user.is_empty(),
        Server::Group => !jid.user.is_empty(),
        _ => false,
    }
}

pub(super) fn is_group(jid: &Jid) -> bool {
    jid.is_group()
}

/// Reads the address of a person or group.
///
/// # Errors
/// [`EngineError::Refused`] for anything else.
pub(super) fn parse(text: &str) -> Result<Jid, EngineError> {
    text.parse::<Jid>()
        .ok()
        .map(|jid| bare(&jid))
        .filter(is_chat)
        .ok_or_else(|| EngineError::Refused("that is not the address of a person or group".to_owned()))
}

/// The JID of a number.
///
/// # Errors
/// [`EngineError::Refused`] if it has not 7 to 15 digits and nothing else (E.164 without the plus).
pub(super) fn number(digits: &str) -> Result<Jid, EngineError> {
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits && !digits.starts_with('0') {
        Ok(Jid::pn(digits))
    } else {
        Err(EngineError::Refused("a phone number has 7 to 15 digits, with the country code first".to_owned()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::collections::HashMap;

    /// What is known, for tests.
    #[derive(Default)]
    pub(in crate::server::engine::linked) struct Known {
        pub own: Option<Jid>,
        pub numbers: HashMap<String, Jid>,
    }

    #[async_trait]
    impl Numbers for Known {
        async fn number_of(&self, lid: &Jid) -> Option<Jid> {
            self.numbers.get(lid.user.as_str()).cloned()
        }

        fn own(&self) -> Option<Jid> {
            self.own.clone()
        }
    }

    pub(in crate::server::engine::linked) fn jid(text: &str) -> Jid {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_lid_becomes_a_number_wherever_that_is_known() {
        let known = Known { own: None, numbers: [("5".to_owned(), jid("34600@s.whatsapp.net"))].into() };
        let of =
            async |a: &str, b: Option<&str>| text(&by_number(&known, &jid(a), b.map(jid).as_ref()).await);
        assert_eq!(of("1:12@s.whatsapp.net", None).await, "1@s.whatsapp.net");
        assert_eq!(of("5:3@lid", None).await, "34600@s.whatsapp.net");
        assert_eq!(of("5:3@lid", Some("77:3@s.whatsapp.net")).await, "77@s.whatsapp.net");
        assert_eq!(of("6@lid", Some("7@lid")).await, "6@lid", "a LID is no alternative to a LID");
        assert_eq!(of("6@hosted.lid", None).await, "6@lid");
        assert_eq!(of("6:99@hosted", None).await, "6@s.whatsapp.net");
        assert_eq!(of("123-456@g.us", None).await, "123-456@g.us");
    }

    #[tokio::test]
    async fn both_names_of_a_person_are_learned_wherever_both_are_told() {
        let known = Known { own: None, numbers: [("5".to_owned(), jid("34600@s.whatsapp.net"))].into() };
        let of = async |a: &str, b: Option<&str>| identity(&known, &jid(a), b.map(jid).as_ref()).await;
        let both = |lid: &str, number: &str| Some(Identity::new(lid.to_owned(), number.to_owned()));
        assert_eq!(of("6:3@lid", Some("77:3@s.whatsapp.net")).await, both("6@lid", "77"));
        assert_eq!(of("77:3@s.whatsapp.net", Some("6:3@lid")).await, both("6@lid", "77"));
        assert_eq!(of("5:1@lid", None).await, both("5@lid", "34600"), "what the client knows, we learn");
        for (jid, other) in [
            ("6@lid", None),
            ("6@lid", Some("7@lid")),
            ("77@s.whatsapp.net", None),
            ("1@g.us", Some("6@lid")),
        ] {
            assert_eq!(of(jid, other).await, None, "{jid}");
        }
    }

    #[test]
    fn only_people_and_groups_are_chats() {
        assert!(parse("34600@s.whatsapp.net").is_ok());
        assert!(parse("34600:7@s.whatsapp.net").is_ok_and(|jid| jid.device == 0));
        assert!(parse("1@g.us").is_ok_and(|jid| is_group(&jid)));
        assert!(parse("1@lid").is_ok());
        for no in
            ["", "hello", "@s.whatsapp.net", "status@broadcast", "1@newsletter", "s.whatsapp.net", "1@call"]
        {
            assert!(parse(no).is_err(), "{no}");
        }
    }

    #[test]
    fn numbers_have_seven_to_fifteen_digits() {
        assert_eq!(number("34600111222").unwrap().to_string(), "34600111222@s.whatsapp.net");
        assert!(number("1234567").is_ok() && number(&"9".repeat(15)).is_ok());
        for no in ["123456", &"9".repeat(16), "0034600111", "+34600111222", "34 600 111", "", "٣٤٦٠٠١١١"]
        {
            assert!(number(no).is_err(), "{no}");
        }
    }
}
