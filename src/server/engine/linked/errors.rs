//! The client's errors in our words.

use crate::server::engine::EngineError;
use crate::server::storage::StorageError;
use std::error::Error;
use whatsapp_rust::ErrorChainExt as _;
use whatsapp_rust::client::ClientError;
use whatsapp_rust::pair_code::{PairCodeError, PairCodeRejection, PairError};
use whatsapp_rust::request::IqError;
use whatsapp_rust::send::SendError;
use whatsapp_rust::wacore::store::error::StoreError;

/// Something that was asked of WhatsApp did not come to its end.
pub(super) fn asked(error: &(dyn Error + 'static)) -> EngineError {
    if let Some(rejection) = error.server_rejection() {
        return rejected(rejection.code, rejection.text);
    }
    if error.is_timeout() {
        return EngineError::NoAnswer("WhatsApp did not answer in time".to_owned());
    }
    if let Some(error) = error.store_failure() {
        return EngineError::Storage(stored(error));
    }
    if causes(error).any(never_left) { EngineError::NotConnected } else { unclear(error) }
}

/// The error and everything behind it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| (*cause).source())
}

/// Whether there was no connection to begin with. One that broke on the way leaves open what was done.
fn never_left(cause: &(dyn Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(ClientError::NotConnected | ClientError::NotLoggedIn))
        || matches!(cause.downcast_ref(), Some(IqError::NotConnected))
}

fn unclear(error: &(dyn Error + 'static)) -> EngineError {
    EngineError::NoAnswer(error.to_string())
}

/// A message was not handed over.
pub(super) fn sent(error: &SendError) -> EngineError {
    match error {
        SendError::NotLoggedIn => EngineError::NotConnected,
        SendError::InvalidRequest(text) => EngineError::Refused(text.clone()),
        other => asked(other),
    }
}

/// The server's answer to a request, by its code.
fn rejected(code: u16, text: &str) -> EngineError {
    match code {
        404 | 410 => EngineError::NoSuchRecipient,
        429 => EngineError::RateLimited,
        500..=599 => EngineError::NoAnswer(format!("{code} {text}")),
        _ => EngineError::Refused(format!("{code} {text}").trim_end().to_owned()),
    }
}

/// The server's answer to a message, by its code: a nack says no more.
pub(super) fn refused(code: &str) -> EngineError {
    let text = match code {
        "463" => "the recipient does not take messages of this account now",
        "479" => "the message is malformed",
        _ => "the message was not taken",
    };
    match code.parse() {
        Ok(code) => rejected(code, text),
        Err(_) => EngineError::Refused(format!("{code} {text}")),
    }
}

/// Whether trying again cannot change the answer.
pub(super) fn is_final(error: &EngineError) -> bool {
    matches!(error, EngineError::Refused(_) | EngineError::NoSuchRecipient)
}

/// A code for the phone was not given.
pub(super) fn pairing(error: &PairError) -> EngineError {
    match error {
        PairError::PairCode(
            PairCodeError::PhoneNumberRequired
            | PairCodeError::PhoneNumberTooShort
            | PairCodeError::PhoneNumberNotInternational,
        ) => EngineError::Refused(error.to_string()),
        PairError::PairCode(PairCodeError::CodeAlreadyOutstanding { .. }) => EngineError::RateLimited,
        PairError::PairCode(_) => EngineError::NoAnswer(error.to_string()),
        other => match other.rejection() {
            // A bad request is how WhatsApp slows down requests for one number.
            Some(rejection) if rejection.is_throttled() => EngineError::RateLimited,
            Some(PairCodeRejection::FeatureNotAvailable) => EngineError::Refused(
                "this account cannot be linked by a code: scan the QR code instead".to_owned(),
            ),
            _ => asked(other),
        },
    }
}

/// The client's storage is ours: what it met is a failure of our database.
pub(super) fn stored(error: &StoreError) -> StorageError {
    let ours = causes(error).find_map(|cause| cause.downcast_ref::<StorageError>());
    ours.cloned().unwrap_or_else(|| StorageError::Database(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use whatsapp_rust::anyhow;
    use whatsapp_rust::socket::error::EncryptSendError;

    fn server(code: u16) -> IqError {
        IqError::ServerError { code, text: "text".to_owned(), error_type: None, backoff: None }
    }

    #[test]
    fn an_unknown_outcome_is_never_taken_for_a_refusal() {
        let of = |error: SendError| sent(&error);
        assert!(matches!(of(SendError::NotLoggedIn), EngineError::NotConnected));
        assert!(matches!(of(ClientError::NotConnected.into()), EngineError::NotConnected));
        assert!(matches!(of(IqError::NotConnected.into()), EngineError::NotConnected));
        let broke = ClientError::from(EncryptSendError::channel_closed());
        assert!(matches!(of(broke.into()), EngineError::NoAnswer(_)));
        assert!(matches!(of(IqError::InternalChannelClosed.into()), EngineError::NoAnswer(_)));
        assert!(matches!(of(IqError::Timeout.into()), EngineError::NoAnswer(_)));
        assert!(matches!(of(server(404).into()), EngineError::NoSuchRecipient));
        assert!(matches!(of(server(429).into()), EngineError::RateLimited));
        assert!(matches!(of(server(503).into()), EngineError::NoAnswer(_)));
        assert!(matches!(of(server(403).into()), EngineError::Refused(text) if text == "403 text"));
        assert!(matches!(of(SendError::InvalidRequest("x".into())), EngineError::Refused(_)));
        let deep = anyhow::Error::new(server(403)).context("while asking").context("for the group");
        assert!(matches!(of(SendError::Internal(deep)), EngineError::Refused(_)));
        assert!(matches!(of(SendError::Internal(anyhow::anyhow!("?"))), EngineError::NoAnswer(_)));
        let full = StoreError::Database(Box::new(StorageError::Database("disk full".to_owned())));
        let full = anyhow::Error::new(full).context("flush");
        assert!(
            matches!(of(SendError::Internal(full)), EngineError::Storage(StorageError::Database(t)) if t == "disk full")
        );
    }

    #[test]
    fn nacks_by_their_code() {
        assert!(matches!(refused("404"), EngineError::NoSuchRecipient));
        assert!(matches!(refused("429"), EngineError::RateLimited));
        assert!(matches!(refused("503"), EngineError::NoAnswer(_)));
        assert!(matches!(refused("479"), EngineError::Refused(_)));
        assert!(matches!(refused("nonsense"), EngineError::Refused(_)));
        assert!(matches!(refused(""), EngineError::Refused(_)));
    }

    #[test]
    fn codes_for_the_phone() {
        let of = |error: PairError| pairing(&error);
        assert!(matches!(of(PairCodeError::PhoneNumberTooShort.into()), EngineError::Refused(_)));
        assert!(matches!(of(IqError::Timeout.into()), EngineError::NoAnswer(_)));
        let rejection = |code, text: &str| {
            PairError::from(IqError::ServerError {
                code,
                text: text.to_owned(),
                error_type: None,
                backoff: None,
            })
        };
        assert!(matches!(of(rejection(400, "bad-request")), EngineError::RateLimited));
        assert!(matches!(of(rejection(429, "rate-overlimit")), EngineError::RateLimited));
        assert!(matches!(of(rejection(418, "teapot")), EngineError::Refused(_)));
    }
}
