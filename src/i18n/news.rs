//! News in words for people who are not looking: in notifications of a page, and in pushes.

use super::Messages;
use crate::protocol::{DeviceStatus, MessageKind, Notice};

impl Messages {
    /// What a message says in one line: of a call that, else its text, else what it is.
    #[must_use]
    pub fn message_line(&self, kind: MessageKind, text: &str, call: Option<&Notice>) -> String {
        match call {
            // Who calls is whose chat it is in.
            Some(call) => self.notice(call, false, &|address| address.to_owned()),
            None if text.is_empty() => (self.kinds.name)(kind).to_owned(),
            None => text.to_owned(),
        }
    }

    /// What heads the news of a device that is down, and what it says.
    #[must_use]
    pub fn device_line(&self, name: &str, status: DeviceStatus) -> (String, &'static str) {
        let words = &self.devices;
        ((self.shell.device)(name, (words.status)(status)), (words.status_text)(status))
    }
}

#[cfg(test)]
mod tests {
    use crate::i18n::Locale;
    use crate::protocol::{DeviceStatus, MessageKind, Notice};

    #[test]
    fn news_is_told_in_the_readers_language() {
        let [en, de] = [Locale::English, Locale::German].map(Locale::messages);
        assert_eq!(en.message_line(MessageKind::Image, "", None), "Photo");
        assert_eq!(de.message_line(MessageKind::Image, "", None), "Foto");
        assert_eq!(de.message_line(MessageKind::Image, "Look", None), "Look");
        let call = Notice {
            code: "missed_call".into(),
            by: Some("34600111222".into()),
            people: Vec::new(),
            value: Some("video".into()),
        };
        assert_eq!(en.message_line(MessageKind::System, "", Some(&call)), "Missed video call");
        assert_eq!(de.message_line(MessageKind::System, "", Some(&call)), "Verpasster Videoanruf");
        assert_eq!(
            en.device_line("Front desk", DeviceStatus::LoggedOut),
            ("Front desk: Logged out".to_owned(), "The link was ended. Link it again to go on.")
        );
    }
}
