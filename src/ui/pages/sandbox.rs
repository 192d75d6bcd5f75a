//! `/sandbox`: the other side of the emulated network, in the reader's hand.

use super::error::NotFoundPage;
use crate::protocol::Network;
use crate::ui::components::{Empty, FaultsPanel, LineBanner, LinksPanel, PhoneFrame, PhonesPanel};
use crate::ui::hooks::use_sandbox;
use crate::ui::prelude::*;

/// The sandbox, while the server is in it.
#[component]
pub fn SandboxPage() -> impl IntoView {
    let Some(client) = use_context::<Client>() else { return view! { <NotFoundPage/> }.into_any() };
    let t = messages();
    if client.network() != Network::Sandbox {
        return view! {
            <main class="page page--center" id="main" tabindex="-1">
                <Empty icon="sandbox" title=t.sandbox.gone_title text=t.sandbox.gone_text alone=true>
                    <a class="button button--primary" href="/chats">{t.shell.to_chats}</a>
                </Empty>
            </main>
        }
        .into_any();
    }
    let sandbox = use_sandbox(client);
    let lead = if sandbox.acts() { t.sandbox.lead } else { t.composer.read_only };
    view! {
        <main class="page page--wide sandbox" id="main" tabindex="-1">
            <LineBanner client/>
            <header class="page__head">
                <div>
                    <h1 class="page__title">{t.sandbox.title}</h1>
                    <p class="page__lead">{lead}</p>
                </div>
                <a class="button" href="/chats" target="_blank" title=t.sandbox.hint><Icon name="window"/>{t.sandbox.hint_link}</a>
            </header>
            <div class="sandbox__stage">
                <PhonesPanel sandbox/>
                <PhoneFrame client sandbox/>
                <div class="sandbox__side">
                    <LinksPanel client sandbox/>
                    <FaultsPanel client sandbox/>
                </div>
            </div>
        </main>
    }
    .into_any()
}
