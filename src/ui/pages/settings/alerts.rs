//! Notifications and sounds.

use super::head;
use crate::ui::components::AlertsCard;
use crate::ui::prelude::*;

/// The section.
pub fn alerts(client: Client) -> AnyView {
    let t = messages();
    view! {
        {head(t.alerts.title, "", None)}
        <AlertsCard client/>
    }
    .into_any()
}
