//! A device that does not move says so above the chats, with the cause and the way on.

use super::CauseText;
use crate::ui::prelude::*;

/// The banner of the first device that is down, and how many more there are.
#[component]
pub fn DeviceBanner(client: Client) -> impl IntoView {
    let t = messages();
    let down = memo(move || {
        client
            .devices
            .with(|devices| devices.iter().filter(|device| device.is_down()).cloned().collect::<Vec<_>>())
    });
    view! {
        <div role="status">
            {dynamic(move || {
                let mut down = down.get().into_iter();
                down.next().map(|device| {
                    let more = i64::try_from(down.count()).unwrap_or(0);
                    let path = format!("/devices/{}", device.device.id);
                    let name = device.device.name.clone();
                    view! {
                        <div class="banner banner--device">
                            <Icon name="warn"/>
                            <p class="banner__text">
                                <b>{(t.chats.down)(&name)}</b>" "<CauseText device/>
                                {(more > 0).then(|| format!(" {}.", (t.chats.down_more)(more)))}
                            </p>
                            <a class="banner__action" href=path>{t.common.details}</a>
                        </div>
                    }
                })
            })}
        </div>
    }
}
