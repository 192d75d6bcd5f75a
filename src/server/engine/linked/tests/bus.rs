use super::super::bus::Bus;
use super::super::jids::tests::jid;
use super::super::link::{Link, Stage, Verdict, Wish};
use super::super::mailbox::Mailbox;
use super::super::pairing::codes_ran_out;
use crate::protocol::PairingCode;
use crate::server::engine::{
    End, EngineError, EventSink, HistoryPart, HistoryPiece, HistorySink, Inbound, SessionEvent, WaitingPart,
};
use crate::server::source::Source;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use whatsapp_rust::chrono;
use whatsapp_rust::types::events::*;

pub(super) struct Nobody;

#[async_trait]
impl EventSink for Nobody {
    async fn commit(&self, _: Vec<Inbound>) -> Result<(), EngineError> {
        Ok(())
    }
    async fn poll_secret(&self, _: &str, _: &str) -> Option<Vec<u8>> {
        None
    }
    async fn event(&self, _: SessionEvent) {}
}

#[async_trait]
impl HistorySink for Nobody {
    async fn history_part(&self, _: HistoryPart) -> Result<(), EngineError> {
        Ok(())
    }
    async fn next_history_part(&self) -> Result<Option<WaitingPart>, EngineError> {
        Ok(None)
    }
    async fn history_piece(&self, _: HistoryPiece) -> Result<(), EngineError> {
        Ok(())
    }
}

const NOW: i64 = 1_700_000_000_000;

fn link() -> Arc<Link> {
    let (history, _) = tokio::sync::mpsc::unbounded_channel();
    let patience = crate::server::engine::linked::PATIENCE;
    let (mailbox, source) = (Mailbox::start(Arc::new(Nobody)), Source::fixed(NOW, 1));
    let link = Link::new(mailbox, source, history, Arc::default(), patience);
    link.begin();
    Arc::new(link)
}

fn verdict(event: Event) -> Option<Verdict> {
    let link = link();
    Bus(link.clone()).handle_event(Arc::new(event));
    link.verdict()
}

fn ended(end: End) -> Option<Verdict> {
    Some(Verdict::Ended(end))
}

fn failure(reason: ConnectFailureReason, message: Option<&str>) -> Event {
    Event::ConnectFailure(
        ConnectFailure::builder().reason(reason).maybe_message(message.map(str::to_owned)).build(),
    )
}

#[tokio::test]
async fn every_end_has_its_reason() {
    use ConnectFailureReason as Reason;
    let out = |reason| Event::LoggedOut(LoggedOut::builder().on_connect(true).reason(reason).build());
    assert_eq!(verdict(out(Reason::LoggedOut)), ended(End::Unlinked));
    assert_eq!(verdict(out(Reason::UnknownLogout)), ended(End::Unlinked));
    assert_eq!(verdict(out(Reason::AccountLocked)), ended(End::AccountLocked), "the keys may still be good");
    assert_eq!(verdict(Event::StreamReplaced(StreamReplaced::builder().build())), ended(End::Replaced));
    assert_eq!(verdict(Event::ClientOutdated(ClientOutdated::builder().build())), ended(End::ClientOutdated));
    let ban =
        TemporaryBan::builder().code(TempBanReason::from(104)).expire(chrono::Duration::seconds(60)).build();
    let Some(Verdict::Ended(End::TemporaryBan { until, text })) = verdict(Event::TemporaryBan(ban)) else {
        panic!("a ban")
    };
    assert_eq!(until, Some(NOW + 60_000));
    assert!(text.contains("same message"), "{text}");
    let forever = TemporaryBan::builder().code(TempBanReason::from(7)).expire(chrono::Duration::MAX).build();
    let Some(Verdict::Ended(End::TemporaryBan { until, .. })) = verdict(Event::TemporaryBan(forever)) else {
        panic!("a ban")
    };
    assert_eq!(until, None);

    // Those that pass by themselves are none.
    assert_eq!(verdict(failure(Reason::ServiceUnavailable, None)), None);
    assert_eq!(verdict(failure(Reason::InternalServerError, None)), None);
    let said = "no reason given".to_owned();
    assert_eq!(
        verdict(failure(Reason::TempBanned, None)),
        ended(End::TemporaryBan { until: None, text: said })
    );
    assert_eq!(verdict(failure(Reason::BadUserAgent, None)), ended(End::ClientOutdated));
    let Some(Verdict::Ended(End::Other { text })) =
        verdict(failure(Reason::Unknown(499), Some("gone fishing")))
    else {
        panic!("an end")
    };
    assert!(text.contains("499") && text.contains("gone fishing"), "{text}");
}

#[tokio::test]
async fn a_link_that_fails_is_an_end() {
    let error = PairError::builder()
        .id(jid("1@s.whatsapp.net"))
        .lid(jid("1@lid"))
        .business_name(String::new())
        .platform(String::new())
        .error("does not verify".to_owned())
        .build();
    let failed = ended(End::PairingFailed { text: "does not verify".to_owned() });
    assert_eq!(verdict(Event::PairError(error)), failed);
    let passkey = PairPasskeyRequest::builder().request_options_json("{}".to_owned()).build();
    assert!(matches!(
        verdict(Event::PairPasskeyRequest(passkey)),
        Some(Verdict::Ended(End::PairingFailed { .. }))
    ));
    let scanned = QrScannedWithoutMultidevice::builder().build();
    assert_eq!(verdict(Event::QrScannedWithoutMultidevice(scanned)), None, "the code can be scanned again");
}

#[tokio::test]
async fn the_first_reason_counts_and_none_once_it_is_stopping() {
    let link = link();
    let bus = Bus(link.clone());
    let replaced = || Arc::new(Event::StreamReplaced(StreamReplaced::builder().build()));
    bus.handle_event(replaced());
    bus.handle_event(Arc::new(failure(ConnectFailureReason::Generic, None)));
    assert_eq!(link.verdict(), ended(End::Replaced));
    assert_eq!(link.wished().await, Wish::End);

    let link = self::link();
    link.stopping.cancel();
    Bus(link.clone()).handle_event(replaced());
    assert_eq!(link.verdict(), None);
}

#[tokio::test]
async fn codes_run_out_when_neither_kind_is_left() {
    let spent = link();
    codes_ran_out(&spent, true);
    assert_eq!(spent.verdict(), Some(Verdict::QrExhausted));

    // A phone may still enter a code: it lives for a moment more.
    let link = link();
    link.codes_shown();
    let code =
        PairingCode { code: "ABCD1234".into(), phone_number: "34600111222".into(), expires_at: NOW + 50 };
    *link.code.lock().await = Some((1, code));
    codes_ran_out(&link, false);
    assert_eq!(link.verdict(), None);
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), link.wished()).await, Ok(Wish::End));
    assert_eq!(link.verdict(), Some(Verdict::QrExhausted));
}

#[tokio::test]
async fn a_link_that_was_just_made_is_not_given_up_with_the_codes() {
    let link = link();
    link.codes_shown();
    link.paired();
    codes_ran_out(&link, false);
    assert!(tokio::time::timeout(Duration::from_millis(200), link.wished()).await.is_err());
    assert_eq!(link.verdict(), None);
    // A word on the link that comes late does not take it back.
    link.live();
    link.paired();
    assert_eq!(*link.stage.borrow(), Stage::Live);
}

#[tokio::test]
async fn a_wish_for_a_new_connection_ends_with_the_old_one() {
    let link = link();
    link.wish(Wish::Renew);
    assert_eq!(link.wished().await, Wish::Renew);
    link.begin();
    assert!(tokio::time::timeout(Duration::from_millis(50), link.wished()).await.is_err());
    link.wish(Wish::End);
    link.wish(Wish::Renew);
    link.begin();
    assert_eq!(link.wished().await, Wish::End, "an end stays one");
}
