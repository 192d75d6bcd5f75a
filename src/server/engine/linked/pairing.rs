//! Linking a device: by a code to scan, which the client shows by itself, or by one to be typed into
//! the phone, which is asked for.

use super::errors;
use super::jids;
use super::link::{Link, Stage, Verdict, Wish};
use super::seed;
use crate::protocol::PairingCode;
use crate::server::engine::EngineError;
use std::sync::Arc;
use std::time::Duration;
use whatsapp_rust::client::Client;
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::wacore::pair_code::PairCodeUtils;

/// How long a request for a code waits for WhatsApp's greeting.
const GREETING: Duration = Duration::from_secs(20);
/// A code is shown again while the phone has at least this long to enter it.
const WORTH_SHOWING_MS: i64 = 15_000;

/// A code that the phone with this number can enter. Asked for again, it is the same one while it lives;
/// for another number, it takes the place of the one before.
pub(super) async fn code(
    link: &Arc<Link>,
    client: &Arc<Client>,
    digits: &str,
) -> Result<PairingCode, EngineError> {
    jids::number(digits)?;
    if seed::is_client_linked(client) {
        return Err(EngineError::NotPairing);
    }
    greeted(link).await?;
    let mut last = link.code.lock().await;
    let (now, attempt) = (link.source.now(), link.attempted().number);
    if let Some((of, code)) = last.as_ref()
        && *of == attempt
        && code.phone_number == digits
        && code.expires_at.saturating_sub(now) >= WORTH_SHOWING_MS
    {
        return Ok(code.clone());
    }
    if last.take().is_some() {
        client.cancel_pair_code().await;
    }
    let options = PairCodeOptions { phone_number: digits.to_owned(), ..PairCodeOptions::default() };
    let code = Box::pin(client.pair_with_code(options)).await.map_err(|error| errors::pairing(&error))?;
    let life = i64::try_from(PairCodeUtils::code_validity().as_millis()).unwrap_or(i64::MAX);
    let code = PairingCode {
        code,
        phone_number: digits.to_owned(),
        // It lives from the moment that it was asked for.
        expires_at: now.saturating_add(life),
    };
    *last = Some((attempt, code.clone()));
    Ok(code)
}

/// Returns once WhatsApp waits for a phone.
async fn greeted(link: &Link) -> Result<(), EngineError> {
    let mut stage = link.stage.subscribe();
    let settled = |stage: &Stage| *stage != Stage::Down;
    match tokio::time::timeout(GREETING, stage.wait_for(settled)).await {
        Ok(Ok(stage)) if *stage == Stage::Codes => Ok(()),
        Ok(_) => Err(EngineError::NotPairing),
        Err(_) => Err(EngineError::NotConnected),
    }
}

/// The last code to scan is spent. The client then ends the connection, unless a phone can still enter
/// a code: in that case the run goes on for as long as that one lives.
pub(super) fn codes_ran_out(link: &Arc<Link>, disconnected: bool) {
    if disconnected {
        link.decide(Verdict::QrExhausted);
        link.wish(Wish::End);
        return;
    }
    let waiting = link.clone();
    link.spawn(async move {
        let left = match waiting.code.lock().await.as_ref() {
            Some((_, code)) => code.expires_at.saturating_sub(waiting.source.now()),
            None => 0,
        };
        tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
        if *waiting.stage.borrow() == Stage::Codes {
            waiting.decide(Verdict::QrExhausted);
            waiting.wish(Wish::End);
        }
    });
}
