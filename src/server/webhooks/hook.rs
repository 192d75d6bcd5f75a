//! A webhook, and what it may be.

use super::error::WebhookError;
use super::filter::Filter;
use super::guard::Target;
use super::signer::Secrets;
use crate::protocol::{Cursor, DeviceId, Millis, WebhookId, WorkspaceId};
use crate::server::reach::Reach;

/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 200;
/// The most devices that one webhook may name.
pub const MAX_DEVICES: usize = 500;
/// The most webhooks of a workspace.
pub const MAX_WEBHOOKS: i64 = 100;

/// A receiver of a workspace's events, or of those of some of its devices.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub id: WebhookId,
    pub workspace: WorkspaceId,
    pub url: String,
    pub description: String,
    pub events: Filter,
    /// `None`: all of them, those to come too.
    pub devices: Option<Vec<DeviceId>>,
    pub enabled: bool,
    /// Why it was disabled without being asked to.
    pub disabled_because: Option<String>,
    pub secrets: Secrets,
    /// Up to where the log was taken into deliveries.
    pub position: Cursor,
    /// Counts how often somebody put the position elsewhere.
    pub revision: i64,
    pub created_at: Millis,
}

impl Webhook {
    /// Whose events it gets.
    #[must_use]
    pub fn reach(&self) -> Reach {
        match &self.devices {
            None => Reach::whole(self.workspace.clone()),
            Some(devices) => Reach::only(self.workspace.clone(), devices.iter().cloned()),
        }
    }

    /// Whether somebody may know of it: whoever sees less than it does would learn the rest from it.
    #[must_use]
    pub fn is_within(&self, reach: &Reach) -> bool {
        let named = |devices: &Vec<DeviceId>| devices.iter().all(|device| reach.covers(device));
        reach.workspace == self.workspace && (reach.is_whole() || self.devices.as_ref().is_some_and(named))
    }
}

/// What somebody wants of a webhook; `None` for what is to stay, or to be as by default.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    pub url: Option<String>,
    pub description: Option<String>,
    pub events: Option<Vec<String>>,
    /// Inside, `None` for all devices.
    pub devices: Option<Option<Vec<DeviceId>>>,
    pub enabled: Option<bool>,
}

impl Wish {
    /// Checks the limits of everything but whether the devices and the target exist.
    ///
    /// # Errors
    /// [`WebhookError::Invalid`] or [`WebhookError::Blocked`].
    pub fn check(&self) -> Result<(), WebhookError> {
        if let Some(url) = &self.url {
            Target::parse(url)?;
        }
        if let Some(text) = &self.description
            && (text.chars().count() > MAX_DESCRIPTION || text.chars().any(char::is_control))
        {
            return Err(WebhookError::Invalid(format!(
                "the description has at most {MAX_DESCRIPTION} characters on one line"
            )));
        }
        if let Some(Some(devices)) = &self.devices
            && (devices.is_empty() || devices.len() > MAX_DEVICES)
        {
            return Err(WebhookError::Invalid(format!(
                "deviceIds is null for all devices, or has 1 to {MAX_DEVICES} ids"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str) -> DeviceId {
        id.parse().unwrap()
    }

    #[test]
    fn limits_are_held() {
        let ok = |wish: Wish| wish.check().is_ok();
        assert!(ok(Wish::default()));
        assert!(ok(Wish { description: Some("é".repeat(MAX_DESCRIPTION)), ..Wish::default() }));
        assert!(!ok(Wish { description: Some("é".repeat(MAX_DESCRIPTION + 1)), ..Wish::default() }));
        assert!(!ok(Wish { description: Some("a\nb".into()), ..Wish::default() }));
        assert!(!ok(Wish { url: Some("ftp://x".into()), ..Wish::default() }));
        assert!(ok(Wish { devices: Some(None), ..Wish::default() }));
        assert!(!ok(Wish { devices: Some(Some(vec![])), ..Wish::default() }));
        let many = |count: usize| Wish { devices: Some(Some(vec![device("d"); count])), ..Wish::default() };
        assert!(ok(many(MAX_DEVICES)) && !ok(many(MAX_DEVICES + 1)));
    }

    #[test]
    fn whoever_sees_less_does_not_know_of_it() {
        let workspace: WorkspaceId = "w".parse().unwrap();
        let mut hook = Webhook {
            id: "h".parse().unwrap(),
            workspace: workspace.clone(),
            url: "https://example.com".into(),
            description: String::new(),
            events: Filter::default(),
            devices: None,
            enabled: true,
            disabled_because: None,
            secrets: Secrets { current: "s".into(), previous: None },
            position: "e-0".parse().unwrap(),
            revision: 0,
            created_at: 0,
        };
        let whole = Reach::whole(workspace.clone());
        let some = Reach::only(workspace, [device("a"), device("b")]);
        assert!(hook.is_within(&whole) && !hook.is_within(&some));
        hook.devices = Some(vec![device("a")]);
        assert!(hook.is_within(&whole) && hook.is_within(&some));
        hook.devices = Some(vec![device("a"), device("c")]);
        assert!(!hook.is_within(&some));
        assert!(!hook.is_within(&Reach::whole("other".parse().unwrap())));
    }
}
