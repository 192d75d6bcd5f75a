//! One watcher's reading of the log: what is true now or was missed, then what happens.

use super::admit::Watcher;
use super::dialect::{self, Payload};
use super::frames::{Start, resync};
use crate::protocol::{
    Cause, ConnectionEntry, Cursor, Device, DeviceStatus, EventKind, Millis, Problem, ProblemCode, Qr,
    ResyncReason,
};
use crate::server::gateway::state::App;
use crate::server::journal::{Logged, Position, Pulled, Pump};
use crate::server::storage::StorageError;

/// One payload for the watcher, and the position that they have reached with it.
pub struct Told {
    pub cursor: Cursor,
    pub text: String,
}

/// What comes next.
pub enum Next {
    Told(Vec<Told>),
    /// The device is gone, and with it this feed.
    Removed(Vec<Told>),
    /// The log was trimmed under this reader.
    Lost {
        reason: ResyncReason,
        cursor: Cursor,
    },
}

/// The feed of one watcher.
pub struct Feed {
    pump: Pump,
    user_id: String,
    shown: Shown,
    start: Start,
    first: Vec<Told>,
}

impl Feed {
    /// Begins behind `since`, or with what is true now.
    ///
    /// # Errors
    /// A [`Problem`] if the log or the device cannot be read.
    pub async fn open(app: &App, watcher: &Watcher, since: Option<&Cursor>) -> Result<Self, Problem> {
        let failed = |error: StorageError| {
            tracing::error!(%error, "the log cannot be followed");
            Problem::new(ProblemCode::Unavailable, "The log cannot be read just now.")
        };
        let reach = watcher.reach();
        let mut pump = Pump::attach(&app.journal, &reach, since).await.map_err(failed)?;
        let position = pump.position().clone();
        let start = Start {
            recovered: position == Position::Recovered,
            epoch: pump.epoch().clone(),
            top: pump.top(),
            cursor: pump.cursor(),
        };
        let mut first = Vec::new();
        let mut shown = Shown::default();
        if let Position::Lost(reason) = position {
            first.push(Told { cursor: pump.cursor(), text: resync(reason, &pump.cursor()) });
        }
        if position != Position::Recovered {
            // Read until nothing happened meanwhile: what is told then is no older than the feed's position.
            let present = loop {
                let present = Present::read(app, watcher).await?;
                if pump.ready().await.map_err(failed)?.is_none() {
                    break present;
                }
            };
            let cursor = pump.cursor();
            if let Some(payload) = present.payload(app.source.now(), &cursor, &mut shown) {
                first.push(Told { cursor, text: payload.for_user(&watcher.user_id) });
            }
        }
        Ok(Self { pump, user_id: watcher.user_id.clone(), shown, start, first })
    }

    /// Where it begins.
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// What it begins with; once.
    pub fn take_first(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.first)
    }

    /// Up to where the watcher has been told everything.
    pub fn cursor(&self) -> Cursor {
        self.pump.cursor()
    }

    /// Waits for what comes next. Safe to drop while it waits.
    ///
    /// # Errors
    /// [`StorageError`] if the log cannot be read.
    pub async fn next(&mut self) -> Result<Next, StorageError> {
        loop {
            let events = match self.pump.next().await? {
                Pulled::Events(events) => events,
                Pulled::Live(_) => continue,
                Pulled::Lost(reason) => {
                    return Ok(Next::Lost { reason, cursor: self.pump.cursor() });
                }
            };
            let told: Vec<Told> = events.iter().filter_map(|logged| self.tell(logged)).collect();
            if events.iter().any(|logged| matches!(logged.event.kind, EventKind::DeviceDeleted { .. })) {
                return Ok(Next::Removed(told));
            }
            if !told.is_empty() {
                return Ok(Next::Told(told));
            }
        }
    }

    fn tell(&mut self, logged: &Logged) -> Option<Told> {
        let Some(payload) = dialect::payload(logged) else {
            // Another attempt began: it may end as the one before it did.
            if matches!(logged.event.kind, EventKind::DeviceUpdated { .. }) {
                self.shown.end = None;
            }
            return None;
        };
        let text = self.shown.is_new(&logged.event.kind).then(|| payload.for_user(&self.user_id))?;
        Some(Told { cursor: logged.event.cursor.clone(), text })
    }
}

/// What is true of a connection now.
struct Present {
    device: Device,
    qr: Option<Qr>,
    end: Option<ConnectionEntry>,
}

impl Present {
    async fn read(app: &App, watcher: &Watcher) -> Result<Self, Problem> {
        let reach = watcher.reach();
        let device = app.devices.get(&reach, &watcher.device).await.map_err(Problem::from)?;
        let end = app.devices.last_connection_end(&reach, &watcher.device).await.map_err(Problem::from)?;
        Ok(Self { qr: app.devices.qr(&device.id), device, end })
    }

    fn payload(self, now: Millis, cursor: &Cursor, shown: &mut Shown) -> Option<Payload> {
        let Self { device, qr, end } = self;
        match (device.status, qr) {
            (DeviceStatus::Connected, _) => {
                shown.connection = device.connected_at;
                Some(dialect::connected(&device, now, cursor))
            }
            (_, Some(qr)) => {
                let payload = dialect::code(&device.id, &qr, cursor);
                shown.code = Some(qr.qr);
                payload
            }
            (DeviceStatus::Disconnected | DeviceStatus::LoggedOut | DeviceStatus::Failed, None) => {
                let payload = dialect::past_end(&device, end.as_ref(), now, cursor);
                shown.end = Some((device.status, device.cause));
                Some(payload)
            }
            _ => None,
        }
    }
}

/// What the watcher has been shown last: a device is also updated when its name changes, and what was told as
/// the present may come again as an event.
#[derive(Default)]
struct Shown {
    connection: Option<Millis>,
    code: Option<String>,
    end: Option<(DeviceStatus, Option<Cause>)>,
}

impl Shown {
    fn is_new(&mut self, kind: &EventKind) -> bool {
        match kind {
            EventKind::DeviceQr { qr } => {
                self.end = None;
                self.code.replace(qr.qr.clone()).as_ref() != Some(&qr.qr)
            }
            EventKind::DeviceUpdated { device, previous_status }
                if device.status == DeviceStatus::Connected =>
            {
                self.end = None;
                let before = std::mem::replace(&mut self.connection, device.connected_at);
                // A watcher who resumed between the two has seen the connection: only its name changed.
                let unseen = before.is_none() && *previous_status != DeviceStatus::Connected;
                unseen || before.is_some() && before != device.connected_at
            }
            EventKind::DeviceUpdated { device, .. } => {
                let end = (device.status, device.cause.clone());
                self.end.replace(end.clone()).as_ref() != Some(&end)
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{CauseCode, NextAction};

    fn device(status: DeviceStatus, connected_at: Option<Millis>, retry_at: Option<Millis>) -> Device {
        let away = status == DeviceStatus::Disconnected;
        let code = CauseCode::Unreachable;
        Device {
            id: "dev_1".parse().unwrap(),
            workspace_id: "wsp_1".parse().unwrap(),
            name: "Bodega".into(),
            status,
            cause: away.then(|| Cause { code, text: "No.".into(), next: NextAction::Wait, retry_at }),
            phone_number: None,
            display_name: None,
            created_at: 0,
            connected_at,
        }
    }

    fn updated(previous_status: DeviceStatus, device: Device) -> EventKind {
        EventKind::DeviceUpdated { device, previous_status }
    }

    #[test]
    fn nothing_is_shown_twice() {
        use DeviceStatus::{Authenticating, Connected, Disconnected};
        let mut shown = Shown::default();
        let code = |text: &str| EventKind::DeviceQr {
            qr: Qr { qr: text.into(), issued_at: 0, expires_at: 9, attempt: 1 },
        };
        assert!(shown.is_new(&code("a")) && !shown.is_new(&code("a")) && shown.is_new(&code("b")));
        let connected = |at| device(Connected, Some(at), None);
        assert!(shown.is_new(&updated(Authenticating, connected(5))));
        assert!(!shown.is_new(&updated(Connected, connected(5))), "only its name changed");
        assert!(shown.is_new(&updated(Connected, connected(6))), "another connection");
        let away = |retry| device(Disconnected, None, Some(retry));
        assert!(shown.is_new(&updated(Connected, away(7))));
        assert!(!shown.is_new(&updated(Disconnected, away(7))), "only its name changed");
        assert!(shown.is_new(&updated(Disconnected, away(8))), "another attempt failed");
        assert!(shown.is_new(&updated(Disconnected, connected(9))));
    }

    #[test]
    fn whoever_resumes_has_seen_the_connection_whose_name_changes() {
        let mut shown = Shown::default();
        let renamed = device(DeviceStatus::Connected, Some(5), None);
        assert!(!shown.is_new(&updated(DeviceStatus::Connected, renamed)));
        let anew = device(DeviceStatus::Connected, Some(6), None);
        assert!(shown.is_new(&updated(DeviceStatus::Connected, anew)));
    }
}
