//! `/devices`: every linked account and what it needs.

use super::error::NotFoundPage;
use crate::ui::components::{AddDevice, DeviceCard, Empty, LineBanner, use_glances};
use crate::ui::hooks::show_dialog;
use crate::ui::prelude::*;

/// The devices.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let Some(client) = use_context::<Client>() else { return view! { <NotFoundPage/> }.into_any() };
    let t = messages();
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let ids = memo(move || {
        client.devices.with(|all| all.iter().map(|state| state.device.id.clone()).collect::<Vec<_>>())
    });
    let glances = use_glances(client, ids);
    let none = memo(move || ids.with(Vec::is_empty));
    let add = move || {
        client.may_manage().then(|| {
            view! { <button type="button" class="button button--primary" on:click=move |_| show_dialog(dialog)><Icon name="plus"/>{t.devices.add}</button> }
        })
    };
    view! {
        <main class="page" id="main" tabindex="-1">
            <LineBanner client/>
            {dynamic(move || if none.get() {
                view! {
                    <Empty icon="device" title=t.devices.empty_title text=t.devices.empty_text alone=true>
                        {add()}
                    </Empty>
                }.into_any()
            } else {
                view! {
                    <header class="page__head">
                        <div>
                            <h1 class="page__title">{t.devices.title}</h1>
                            <p class="page__lead">{t.devices.lead}</p>
                        </div>
                        {add()}
                    </header>
                    <ul class="device-cards">
                        <For each=move || ids.get() key=Clone::clone let(id)><DeviceCard client id glances/></For>
                    </ul>
                }.into_any()
            })}
            <AddDevice client dialog/>
        </main>
    }
    .into_any()
}
