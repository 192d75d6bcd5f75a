//! What a notice of WhatsApp itself says, in words: for threads, and for pages that are taken away.

use super::Messages;
use crate::protocol::Notice;

/// A notice with names in the place of addresses.
#[derive(Debug, Clone, Copy)]
pub struct Said<'n> {
    pub code: &'n str,
    /// Who did it, at the beginning of a sentence; empty where nobody is named.
    pub by: &'n str,
    /// To whom it was done; empty where nobody is named.
    pub people: &'n str,
    /// The new subject, number, time or whatever changed; empty where nothing is told.
    pub value: &'n str,
}

impl Messages {
    /// What a notice says. `ours` tells that this account did it; `name` what somebody is called, by address.
    #[must_use]
    pub fn notice(&self, notice: &Notice, ours: bool, name: &dyn Fn(&str) -> String) -> String {
        let words = &self.notices;
        let by = match notice.by.as_deref() {
            _ if ours => words.you.to_owned(),
            Some(by) => name(by),
            None => words.somebody.to_owned(),
        };
        let people: Vec<String> = notice.people.iter().map(|person| name(person)).collect();
        let people = (words.and)(&people);
        let value = notice.value.as_deref().unwrap_or_default();
        (words.say)(&Said { code: &notice.code, by: &by, people: &people, value })
    }
}

#[cfg(test)]
mod tests {
    use crate::i18n::Locale;
    use crate::protocol::Notice;

    fn said(code: &str, by: Option<&str>, people: &[&str], value: Option<&str>, ours: bool) -> String {
        let people = people.iter().map(|person| (*person).to_owned()).collect();
        let notice =
            Notice { code: code.into(), by: by.map(str::to_owned), people, value: value.map(str::to_owned) };
        Locale::default().messages().notice(&notice, ours, &|address| format!("+{address}"))
    }

    #[test]
    fn notices_are_sentences() {
        assert_eq!(said("members_added", Some("1"), &["2", "3", "4"], None, false), "+1 added +2, +3 and +4");
        assert_eq!(said("members_removed", Some("1"), &["2"], None, true), "You removed +2");
        assert_eq!(said("member_left", Some("2"), &["2"], None, false), "+2 left");
        assert_eq!(
            said("subject_changed", Some("1"), &[], Some("New"), false),
            "+1 changed the subject to “New”"
        );
        let on = said("disappearing_on", None, &[], Some("604800"), false);
        assert_eq!(on, "Somebody turned on disappearing messages: new ones disappear after 7 days");
        assert_eq!(said("missed_call", Some("1"), &[], Some("video"), false), "Missed video call");
        assert_eq!(said("other", None, &[], Some("community_create"), false), "Notice: community create");
        assert_eq!(said("from_the_future", None, &[], None, false), "Notice: from the future");
    }
}
