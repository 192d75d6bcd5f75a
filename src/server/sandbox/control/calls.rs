//! What a person does with a phone that calls or is called.

use super::Sandbox;
use crate::server::sandbox::calls::{Outcome, end, part, ring};
use crate::server::sandbox::wire::stanza::node;
use crate::server::sandbox::{SandboxError, limits};
use std::time::Duration;

/// How long a phone rings before it gives up.
const RINGING: Duration = Duration::from_secs(5);

impl Sandbox {
    /// A phone calls a number: its devices ring, and after five seconds the call ends. Whoever calls again hangs up
    /// first.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, [`SandboxError::Invalid`] for its own number.
    pub async fn call(&self, number: &str, to: &str, video: bool) -> Result<(), SandboxError> {
        self.net.open()?;
        let (from, to) = self.parties(number, to)?;
        end(&self.net, &from, &to, None, Outcome::HungUp).await?;
        let id =
            self.net.source.bytes::<16>().iter().fold(String::new(), |id, byte| id + &format!("{byte:02X}"));
        self.net.calls().insert((from.clone(), to.clone()), id.clone());
        let mut media = vec![node("audio").attr("enc", "opus").attr("rate", "16000").build()];
        if video {
            media.push(node("video").build());
        }
        ring(&self.net, &from, &to, part(&self.net, "offer", &from, &id).children(media).build()).await?;
        let (net, closing) = (self.net.clone(), self.net.closing.clone());
        self.net.tasks.spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = tokio::time::sleep(RINGING) => {
                    if let Err(error) = end(&net, &from, &to, Some(&id), Outcome::HungUp).await {
                        tracing::error!(%error, "a call did not end");
                    }
                }
            }
        });
        Ok(())
    }

    /// The phone hangs up. If it does not call, nothing happens.
    ///
    /// # Errors
    /// As [`Sandbox::call`].
    pub async fn end_call(&self, number: &str, to: &str) -> Result<(), SandboxError> {
        let (from, to) = self.parties(number, to)?;
        end(&self.net, &from, &to, None, Outcome::HungUp).await.map(drop)
    }

    /// The called phone takes the call, or declines it.
    ///
    /// # Errors
    /// As [`Sandbox::call`], and [`SandboxError::Invalid`] if that number does not call it now.
    pub async fn take_call(&self, number: &str, caller: &str, answer: bool) -> Result<(), SandboxError> {
        let (callee, caller) = self.parties(number, caller)?;
        let outcome = if answer { Outcome::Answered } else { Outcome::Declined };
        if end(&self.net, &caller, &callee, None, outcome).await? {
            return Ok(());
        }
        Err(SandboxError::Invalid("that number does not call this phone now".to_owned()))
    }

    fn parties(&self, from: &str, to: &str) -> Result<(String, String), SandboxError> {
        let (from, to) = (limits::number(from)?, limits::number(to)?);
        self.net.directory.need(&from)?;
        self.net.directory.need(&to)?;
        if from == to {
            return Err(SandboxError::Invalid("nobody calls themselves".to_owned()));
        }
        Ok((from, to))
    }
}
