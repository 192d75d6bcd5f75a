//! A seeded mix of everything that can be sent, and what has to be found of it in the end: each message once, in
//! order, with everything that was done to it.

use serde_json::{Value, json};

/// Of so many of the newest messages one is chosen to have something done to it.
const RECENT: usize = 24;

/// A message as it has to be found.
#[derive(Debug, Clone)]
pub struct Expected {
    /// As the side that sends it names it.
    pub id: String,
    pub whatsapp_id: String,
    pub kind: &'static str,
    pub text: String,
    pub reaction: Option<&'static str>,
    pub voted: Option<&'static str>,
    pub revoked: bool,
}

/// What comes next: the body to send, and what it changes once it was taken.
pub struct Next {
    pub body: Value,
    effect: Effect,
}

enum Effect {
    New { kind: &'static str, text: String },
    React(usize, &'static str),
    Edit(usize, String),
    Vote(usize, &'static str),
    Revoke(usize),
}

/// What one side says in one chat.
pub struct Talk {
    name: String,
    state: u64,
    count: usize,
    pub sent: Vec<Expected>,
}

impl Talk {
    /// The same name and seed say the same.
    pub fn new(name: &str, seed: u64) -> Self {
        // Never zero, from where the generator would not come away.
        Self {
            name: name.to_owned(),
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            count: 0,
            sent: vec![],
        }
    }

    /// How much was taken, messages and what was done to them.
    pub fn count(&self) -> usize {
        self.count
    }

    /// An idempotency key of what comes next.
    pub fn key(&self) -> String {
        format!("{}-{}", self.name, self.count)
    }

    /// Xorshift: as random as a mix has to be.
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % u64::try_from(bound).unwrap()).unwrap()
    }

    /// One of the newest messages of which this is true.
    fn recent(&mut self, is: impl Fn(&Expected) -> bool) -> Option<usize> {
        let from = self.sent.len().saturating_sub(RECENT);
        let fitting: Vec<usize> =
            (from..self.sent.len()).filter(|n| !self.sent[*n].revoked && is(&self.sent[*n])).collect();
        if fitting.is_empty() { None } else { Some(fitting[self.below(fitting.len())]) }
    }

    /// What comes next. Asked again before [`Talk::taken`], it says something else.
    pub fn next(&mut self) -> Next {
        let said = format!("{} {}", self.name, self.count);
        let emoji = ["\u{1F44D}", "\u{1F389}", "\u{1F64F}"][self.below(3)];
        match self.below(12) {
            0 => {
                let place = json!({"latitude": 41.4, "longitude": 2.17, "name": said});
                return Self::new_message(json!({"location": place}), "location", said);
            }
            1 => {
                let card = json!({"name": said, "phoneNumbers": ["34600999888"]});
                return Self::new_message(json!({"contact": card}), "contact", said);
            }
            2 => {
                let poll = json!({"name": said, "options": ["yes", "no"], "selectable": 1});
                return Self::new_message(json!({"poll": poll}), "poll", said);
            }
            3 => {
                if let Some(n) = self.recent(|one| one.kind != "poll") {
                    let body = json!({"text": said, "quoted": self.sent[n].id});
                    return Self::new_message(body, "text", said);
                }
            }
            4 | 5 => {
                if let Some(n) = self.recent(|one| one.reaction != Some(emoji)) {
                    let body = json!({"reaction": {"messageId": self.sent[n].id, "emoji": emoji}});
                    return Next { body, effect: Effect::React(n, emoji) };
                }
            }
            6 | 7 => {
                if let Some(n) = self.recent(|one| one.kind == "text") {
                    let text = format!("{said}, better");
                    let body = json!({"edit": {"messageId": self.sent[n].id, "text": text}});
                    return Next { body, effect: Effect::Edit(n, text) };
                }
            }
            8 => {
                if let Some(n) = self.recent(|one| one.kind == "poll") {
                    let option = if self.sent[n].voted == Some("yes") { "no" } else { "yes" };
                    let body = json!({"vote": {"messageId": self.sent[n].id, "options": [option]}});
                    return Next { body, effect: Effect::Vote(n, option) };
                }
            }
            9 => {
                if let Some(n) = self.recent(|_| true) {
                    let body = json!({"revoke": {"messageId": self.sent[n].id}});
                    return Next { body, effect: Effect::Revoke(n) };
                }
            }
            _ => {}
        }
        Self::new_message(json!({"text": said}), "text", said)
    }

    fn new_message(body: Value, kind: &'static str, text: String) -> Next {
        Next { body, effect: Effect::New { kind, text } }
    }

    /// It was taken: this is the answer.
    pub fn taken(&mut self, next: Next, answer: &Value) {
        self.count += 1;
        match next.effect {
            Effect::New { kind, text } => {
                let id = answer["id"].as_str().unwrap().to_owned();
                let whatsapp_id = answer["whatsappId"].as_str().unwrap_or(&id).to_owned();
                self.sent.push(Expected {
                    id,
                    whatsapp_id,
                    kind,
                    text,
                    reaction: None,
                    voted: None,
                    revoked: false,
                });
            }
            Effect::React(n, emoji) => self.sent[n].reaction = Some(emoji),
            Effect::Edit(n, text) => self.sent[n].text = text,
            Effect::Vote(n, option) => self.sent[n].voted = Some(option),
            Effect::Revoke(n) => self.sent[n].revoked = true,
        }
    }

    /// The first thing that is not as it has to be among these messages of this side: `id` names the field of
    /// WhatsApp's id, `own` is the number of whoever sent them.
    pub fn wrong(&self, found: &[&Value], id: &str, own: &str) -> Option<String> {
        let ids: Vec<&str> = found.iter().filter_map(|message| message[id].as_str()).collect();
        let expected: Vec<&str> = self.sent.iter().map(|one| one.whatsapp_id.as_str()).collect();
        if ids != expected {
            let lost: Vec<_> = expected.iter().filter(|id| !ids.contains(id)).collect();
            let doubled: Vec<_> =
                ids.iter().filter(|id| ids.iter().filter(|other| other == id).count() > 1).collect();
            let first = ids.iter().zip(&expected).position(|(a, b)| a != b);
            return Some(format!(
                "{}: {} of {}, lost {lost:?}, doubled {doubled:?}, out of order from {first:?}",
                self.name,
                ids.len(),
                expected.len()
            ));
        }
        self.sent.iter().zip(found).find_map(|(expected, found)| {
            expected.differs(found, own).map(|what| format!("{what}: {expected:?} is {found}"))
        })
    }
}

impl Expected {
    fn differs(&self, found: &Value, own: &str) -> Option<&'static str> {
        if self.revoked {
            let gone = found["revokedAt"].is_i64() && found["text"] == "";
            return (!gone).then_some("not taken back");
        }
        let reactions: Vec<&Value> =
            found["reactions"].as_array().into_iter().flatten().filter(|one| one["from"] == own).collect();
        let reaction: Vec<&str> = reactions.iter().filter_map(|one| one["emoji"].as_str()).collect();
        let votes = |option: &str| {
            let options = found["poll"]["options"].as_array();
            let of = options.into_iter().flatten().find(|one| one["text"] == option);
            of.map_or(0, |of| {
                of["voters"].as_array().into_iter().flatten().filter(|one| **one == *own).count()
            })
        };
        match () {
            () if found["kind"] != self.kind => Some("another kind"),
            () if found["text"] != self.text => Some("another text"),
            () if reaction != self.reaction.into_iter().collect::<Vec<_>>() => Some("another reaction"),
            () if self.kind == "poll" && votes("yes") != usize::from(self.voted == Some("yes")) => {
                Some("another vote")
            }
            () if self.kind == "poll" && votes("no") != usize::from(self.voted == Some("no")) => {
                Some("another vote")
            }
            () => None,
        }
    }
}
