//! What went wrong, in the page's language.
//!
//! The server says in one English sentence what happened in this very case, and by a code what kind of thing it was. A
//! page in English shows the sentence; in every other language the code is told instead.

use super::Messages;
use crate::protocol::{Cause, CauseCode, Failure, Problem, read_name};
use serde::Serialize;

/// What was wrong with what a form of the pages before signing in, or of the profile, sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FormError {
    WrongPassword,
    /// Too many attempts; the form says when to come back.
    Throttled,
    /// The link was used up, or is too old.
    LinkUsed,
    Email,
    EmailTaken,
    Password,
    /// Storage does not answer.
    Unavailable,
    Other,
}

read_name!(FormError {
    "wrong_password" => WrongPassword,
    "throttled" => Throttled,
    "link_used" => LinkUsed,
    "email" => Email,
    "email_taken" => EmailTaken,
    "password" => Password,
    "unavailable" => Unavailable,
    "other" => Other,
});

impl Messages {
    /// A sentence of the server's, where the page speaks its language and there is one.
    #[must_use]
    pub fn of_server<'a>(&self, sentence: &'a str) -> Option<&'a str> {
        Some(sentence).filter(|sentence| self.shelf.0.is_none() && !sentence.is_empty())
    }

    /// A problem whose detail may be shown on this page.
    #[must_use]
    pub fn told_problem(&self, mut problem: Problem) -> Problem {
        if self.of_server(&problem.detail).is_none() {
            (self.trouble.problem)(problem.code).clone_into(&mut problem.detail);
        }
        problem
    }

    /// Why a message was not sent.
    #[must_use]
    pub fn failure(&self, failure: &Failure) -> String {
        self.of_server(&failure.text).unwrap_or((self.trouble.failure)(failure.code)).to_owned()
    }

    /// Why a device is in its state.
    #[must_use]
    pub fn cause(&self, cause: &Cause) -> String {
        self.cause_of(cause.code, &cause.text)
    }

    /// The same of a code and the server's sentence, which counts where it differs from case to case.
    #[must_use]
    pub fn cause_of(&self, code: CauseCode, sentence: &str) -> String {
        let varies = matches!(
            code,
            CauseCode::PairingFailed | CauseCode::TemporaryBan | CauseCode::Storage | CauseCode::Other
        );
        let own = self.of_server(sentence).filter(|_| varies);
        own.unwrap_or((self.devices.cause)(code)).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::FormError;
    use crate::i18n::Locale;
    use crate::protocol::{
        Cause, CauseCode, ConnectionKind, Failure, FailureCode, NextAction, Problem, ProblemCode,
    };

    /// Every text that a code has in a language, by the code's name.
    fn texts(locale: Locale) -> Vec<(String, &'static str)> {
        let t = locale.messages();
        let mut texts = Vec::new();
        let problems = ProblemCode::ALL.map(|code| (format!("problem {code:?}"), (t.trouble.problem)(code)));
        texts.extend(problems);
        let failures = FailureCode::NAMED.iter();
        texts.extend(failures.map(|(name, code)| (format!("failure {name}"), (t.trouble.failure)(*code))));
        let causes = CauseCode::NAMED.iter();
        texts.extend(causes.map(|(name, code)| (format!("cause {name}"), (t.devices.cause)(*code))));
        let forms = FormError::NAMED.iter();
        texts.extend(forms.map(|(name, error)| (format!("form {name}"), (t.sign_in.wrong)(*error))));
        let kinds = ConnectionKind::NAMED.iter();
        texts.extend(kinds.map(|(name, kind)| (format!("kind {name}"), (t.health.kind)(*kind))));
        texts
    }

    #[test]
    fn every_code_has_a_text_in_every_language() {
        let english = texts(Locale::English);
        assert!(english.len() > 50, "{}", english.len());
        assert!(english.iter().all(|(_, text)| !text.is_empty()), "{english:#?}");
        for locale in [Locale::Spanish, Locale::Portuguese, Locale::Arabic, Locale::German] {
            for ((name, text), (_, own)) in texts(locale).into_iter().zip(&english) {
                assert!(!text.trim().is_empty(), "{} has nothing for {name}", locale.tag());
                assert_ne!(text, *own, "{}: {name} is not translated", locale.tag());
            }
        }
    }

    #[test]
    fn the_servers_sentence_is_for_pages_in_its_language() {
        let [en, de] = [Locale::English, Locale::German].map(Locale::messages);
        let problem = || Problem::new(ProblemCode::NotFound, "There is no such file.");
        assert_eq!(en.told_problem(problem()).detail, "There is no such file.");
        let told = de.told_problem(problem());
        assert_eq!((told.detail.as_str(), told.code), ("Das gibt es nicht.", ProblemCode::NotFound));
        assert_eq!(de.told_problem(told.clone()), told, "told twice is told once");
        assert_eq!(
            en.told_problem(Problem::new(ProblemCode::NotFound, "")).detail,
            ProblemCode::NotFound.title()
        );

        let failure = Failure {
            code: FailureCode::Refused,
            text: "It was not sent: WhatsApp refused it (479).".into(),
        };
        assert_eq!(en.failure(&failure), failure.text);
        assert_eq!(de.failure(&failure), "WhatsApp hat sie abgelehnt.");

        let cause =
            |code| Cause { code, text: "The phone of +1.".into(), next: NextAction::Wait, retry_at: None };
        assert_eq!(en.cause(&cause(CauseCode::PairingFailed)), "The phone of +1.");
        assert_eq!(en.cause(&cause(CauseCode::Stopped)), "It was stopped here.");
        assert_eq!(
            de.cause(&cause(CauseCode::PairingFailed)),
            "Das Telefon hat die Verknüpfung nicht angenommen."
        );
    }
}
