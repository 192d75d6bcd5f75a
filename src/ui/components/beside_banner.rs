//! What runs beside the pages, in a line above the list: the offer to notify, and the notice of a newer client.

use crate::ui::hooks::{Beside, Permission, host, use_beside};
use crate::ui::prelude::*;

/// The line. Most of the time there is none.
#[component]
pub fn BesideBanner() -> impl IntoView {
    use_beside().map(|beside| view! { <Line beside/> })
}

#[component]
fn Line(beside: Beside) -> impl IntoView {
    let t = messages();
    let offered = move || {
        let wanted = beside.choices.with(|choices| choices.notices && !choices.declined);
        wanted && beside.permission.get() == Permission::Ask
    };
    view! {
        <div role="status">
            {dynamic(move || beside.update.get().then(|| view! {
                <div class="banner banner--quiet">
                    <Icon name="refresh"/>
                    <p class="banner__text">{t.alerts.update}</p>
                    <button type="button" class="banner__action" on:click=move |_| host::reload()>{t.alerts.update_now}</button>
                </div>
            }))}
            {dynamic(move || offered().then(|| view! {
                <div class="banner banner--quiet">
                    <Icon name="bell"/>
                    <p class="banner__text">{t.alerts.offer}</p>
                    <button type="button" class="banner__action" on:click=move |_| host::ask_to_notify()>{t.alerts.offer_yes}</button>
                    <button type="button" class="banner__action" on:click=move |_| beside.choose(|choices| choices.declined = true)>{t.alerts.offer_no}</button>
                </div>
            }))}
        </div>
    }
}
