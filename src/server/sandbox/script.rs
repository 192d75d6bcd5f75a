//! Scenarios: what people do with their phones and what goes wrong, step by step with waits between, repeatable to
//! the byte. Every wait, choice and id comes from the scenario's seed.

use super::fault::Fault;
use super::limits::{MAX_DEEDS, MAX_SCRIPT_WAIT, MAX_STEPS};
use super::model::{NewPhoneMessage, ScanTarget};
use super::{Sandbox, SandboxError};
use crate::protocol::{DeviceId, MessageId, TypingState};
use crate::server::source::Source;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;

/// A scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Script {
    /// Whatever is chosen, is chosen by it.
    pub seed: u64,
    /// 1 to 1,000 steps, one after the other.
    #[schema(min_items = 1, max_items = 1_000)]
    pub steps: Vec<ScriptStep>,
    /// How often all of them are gone through, 10,000 steps in all at most.
    #[serde(default = "once")]
    #[schema(default = 1, minimum = 1, maximum = 10_000)]
    pub repeat: u32,
}

fn once() -> u32 {
    1
}

/// A wait, and what is done after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScriptStep {
    /// How long after the step before.
    #[serde(default)]
    pub after_ms: ScriptWait,
    #[serde(rename = "do")]
    pub deed: ScriptDeed,
}

/// Milliseconds, at most an hour: so many, or so many between two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum ScriptWait {
    Exactly(u64),
    /// The least and the most.
    Between(Vec<u64>),
}

impl Default for ScriptWait {
    fn default() -> Self {
        Self::Exactly(0)
    }
}

/// What is done: what the calls of the same names do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ScriptDeed {
    /// The phone sends. `texts` are texts of which one is chosen. A message of an earlier step of the same turn is
    /// named by `step_0` for the first step, `step_1` for the second, and so on.
    Message {
        phone: String,
        message: Box<NewPhoneMessage>,
        #[serde(default)]
        texts: Vec<String>,
    },
    Read {
        phone: String,
        chat: String,
    },
    Typing {
        phone: String,
        to: String,
        state: TypingState,
    },
    Presence {
        phone: String,
        online: bool,
    },
    Call {
        phone: String,
        to: String,
        #[serde(default)]
        video: bool,
        #[serde(default)]
        end: bool,
    },
    /// By the text of a QR code, or by a pairing code.
    Scan {
        phone: String,
        qr: Option<String>,
        code: Option<String>,
    },
    Fault {
        fault: Fault,
    },
    ClearFaults,
}

impl ScriptDeed {
    fn name(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Read { .. } => "read",
            Self::Typing { .. } => "typing",
            Self::Presence { .. } => "presence",
            Self::Call { .. } => "call",
            Self::Scan { .. } => "scan",
            Self::Fault { .. } => "fault",
            Self::ClearFaults => "clearFaults",
        }
    }

    fn phone(&self) -> Option<&str> {
        match self {
            Self::Message { phone, .. }
            | Self::Read { phone, .. }
            | Self::Typing { phone, .. }
            | Self::Presence { phone, .. }
            | Self::Call { phone, .. }
            | Self::Scan { phone, .. } => Some(phone),
            Self::Fault { .. } | Self::ClearFaults => None,
        }
    }
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoneStep {
    /// 0 for the first time that the steps are gone through.
    pub turn: u32,
    /// 0 for the first step.
    pub step: usize,
    /// When it was due, counted from the start.
    pub offset_ms: u64,
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// WhatsApp's id of the message that was sent, or that something was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why it could not be done; the scenario goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A step that is to be done, with everything chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub turn: u32,
    pub step: usize,
    pub offset_ms: u64,
    pub deed: ScriptDeed,
}

impl Script {
    /// Checks the limits.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`].
    pub fn check(&self) -> Result<(), SandboxError> {
        let invalid = |text: String| Err(SandboxError::Invalid(text));
        if !(1..=MAX_STEPS).contains(&self.steps.len()) {
            return invalid(format!("a scenario has 1 to {MAX_STEPS} steps"));
        }
        let repeat = usize::try_from(self.repeat).unwrap_or(usize::MAX);
        if repeat == 0 || self.steps.len().saturating_mul(repeat) > MAX_DEEDS {
            return invalid(format!(
                "a scenario is played at least once and has at most {MAX_DEEDS} steps in all"
            ));
        }
        for (n, step) in self.steps.iter().enumerate() {
            let fits = match &step.after_ms {
                ScriptWait::Exactly(ms) => *ms <= MAX_SCRIPT_WAIT,
                ScriptWait::Between(two) => {
                    matches!(two.as_slice(), [least, most] if least <= most && *most <= MAX_SCRIPT_WAIT)
                }
            };
            if !fits {
                return invalid(format!(
                    "step {n} waits for a number of milliseconds or [least, most], at most {MAX_SCRIPT_WAIT}"
                ));
            }
            match &step.deed {
                ScriptDeed::Scan { qr, code, .. } if qr.is_some() == code.is_some() => {
                    return invalid(format!("step {n} scans either \"qr\" or \"code\""));
                }
                ScriptDeed::Message { message, texts, .. } if !texts.is_empty() && message.text.is_some() => {
                    return invalid(format!("step {n} has a text, or texts of which one is chosen"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The devices that something is to happen to.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceId> {
        self.steps.iter().filter_map(|step| match &step.deed {
            ScriptDeed::Fault { fault } => fault.device.as_ref(),
            _ => None,
        })
    }

    /// What names this scenario: the same for the same.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&serde_json::to_vec(self).unwrap_or_default(), 32)
    }

    /// Everything that will be done and when: the same for the same seed.
    #[must_use]
    pub fn plan(&self) -> Vec<Planned> {
        let source = Source::seeded(self.seed);
        let mut offset_ms = 0;
        let mut plan = Vec::new();
        for turn in 0..self.repeat {
            for (step, wanted) in self.steps.iter().enumerate() {
                offset_ms += match &wanted.after_ms {
                    ScriptWait::Exactly(ms) => *ms,
                    ScriptWait::Between(two) => match two.as_slice() {
                        [least, most] => least + source.below(most - least + 1),
                        _ => 0,
                    },
                };
                let mut deed = wanted.deed.clone();
                if let ScriptDeed::Message { message, texts, .. } = &mut deed
                    && !texts.is_empty()
                {
                    let all = u64::try_from(texts.len()).unwrap_or(1);
                    let chosen = usize::try_from(source.below(all)).unwrap_or(0);
                    message.text = texts.get(chosen).cloned();
                }
                plan.push(Planned { turn, step, offset_ms, deed });
            }
        }
        plan
    }
}

/// The id of the n-th time that a scenario is played.
#[must_use]
pub fn id_of(hash: &str, nth: i64) -> String {
    format!("scr_{}", hex(format!("{hash} {nth}").as_bytes(), 10))
}

fn hex(bytes: &[u8], length: usize) -> String {
    Sha256::digest(bytes).iter().take(length).fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Sandbox {
    /// Does one step; `sent` are the messages of the steps before it in this turn.
    pub(super) async fn act(
        &self,
        id: &str,
        planned: Planned,
        sent: &mut HashMap<usize, String>,
    ) -> DoneStep {
        let Planned { turn, step, offset_ms, deed } = planned;
        let (kind, phone) = (deed.name(), deed.phone().map(str::to_owned));
        let mut done =
            DoneStep { turn, step, offset_ms, kind, phone, message_id: None, text: None, error: None };
        let acted = match deed {
            ScriptDeed::Message { phone, mut message, .. } => {
                resolve(&mut message, sent);
                done.text.clone_from(&message.text);
                // A key of its own, out of which its id is made.
                let key = format!("{id} {turn} {step}");
                self.send(&phone, *message, Some(&key)).await.map(|message| {
                    sent.insert(step, message.id.clone());
                    done.message_id = Some(message.id);
                })
            }
            ScriptDeed::Read { phone, chat } => self.read(&phone, &chat).await.map(drop),
            ScriptDeed::Typing { phone, to, state } => self.typing(&phone, &to, state).await,
            ScriptDeed::Presence { phone, online } => self.presence(&phone, online).await,
            ScriptDeed::Call { phone, to, end: true, .. } => self.end_call(&phone, &to).await,
            ScriptDeed::Call { phone, to, video, .. } => self.call(&phone, &to, video).await,
            ScriptDeed::Scan { phone, qr, code } => {
                let target = qr.map(ScanTarget::Qr).or(code.map(ScanTarget::Code));
                match target {
                    Some(target) => self.scan(&phone, &target).await,
                    None => Err(SandboxError::NotPairing),
                }
            }
            ScriptDeed::Fault { fault } => self.set_fault(fault).await,
            ScriptDeed::ClearFaults => {
                self.clear_faults();
                Ok(())
            }
        };
        done.error = acted.err().map(|error| error.to_string());
        done
    }
}

/// Puts the ids of earlier steps where they are named.
fn resolve(message: &mut NewPhoneMessage, sent: &HashMap<usize, String>) {
    let put = |id: &mut MessageId| {
        let step = id.as_str().strip_prefix("step_").and_then(|step| step.parse().ok());
        if let Some(known) = step.and_then(|step: usize| sent.get(&step)).and_then(|id| id.parse().ok()) {
            *id = known;
        }
    };
    message.quoted.iter_mut().for_each(put);
    message.reaction.iter_mut().for_each(|it| put(&mut it.message_id));
    message.edit.iter_mut().for_each(|it| put(&mut it.message_id));
    message.revoke.iter_mut().for_each(|it| put(&mut it.message_id));
    message.vote.iter_mut().for_each(|it| put(&mut it.message_id));
    message.forward.iter_mut().for_each(|it| put(&mut it.message_id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn script(body: Value) -> Script {
        serde_json::from_value(body).unwrap()
    }

    fn says(after: Value) -> Value {
        let message = json!({"to": "34600111222"});
        json!({"afterMs": after, "do": {"kind": "message", "phone": "34600222333", "message": message, "texts": ["a", "b", "c"]}})
    }

    #[test]
    fn the_same_seed_plans_the_same_and_another_one_something_else() {
        let of = |seed: u64| {
            script(json!({"seed": seed, "repeat": 20, "steps": [says(json!([0, 1_000])), says(json!(5))]}))
                .plan()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(of(3).is_sorted_by_key(|planned| planned.offset_ms));
        let texts: std::collections::BTreeSet<_> = of(4)
            .iter()
            .filter_map(|planned| match &planned.deed {
                ScriptDeed::Message { message, .. } => message.text.clone(),
                _ => None,
            })
            .collect();
        assert_eq!(texts.len(), 3, "every text is chosen some time");
    }

    #[test]
    fn limits_are_held() {
        let refused = |body: Value| assert!(script(body.clone()).check().is_err(), "{body}");
        refused(json!({"seed": 1, "steps": []}));
        refused(json!({"seed": 1, "steps": vec![says(json!(0)); MAX_STEPS + 1]}));
        refused(json!({"seed": 1, "steps": [says(json!(0))], "repeat": 0}));
        refused(json!({"seed": 1, "steps": vec![says(json!(0)); 2], "repeat": MAX_DEEDS / 2 + 1}));
        for wait in [json!(MAX_SCRIPT_WAIT + 1), json!([2, 1]), json!([1]), json!([0, MAX_SCRIPT_WAIT + 1])] {
            refused(json!({"seed": 1, "steps": [says(wait)]}));
        }
        refused(json!({"seed": 1, "steps": [{"do": {"kind": "scan", "phone": "34600222333"}}]}));
        let message = json!({"to": "34600111222", "text": "x"});
        let both = json!({"kind": "message", "phone": "34600222333", "message": message, "texts": ["a"]});
        refused(json!({"seed": 1, "steps": [{"do": both}]}));
        assert!(
            script(json!({"seed": 1, "steps": vec![says(json!(0)); MAX_STEPS], "repeat": 10}))
                .check()
                .is_ok()
        );
    }
}
