//! What this server is, and the way out of it.

use super::head;
use crate::protocol::Network;
use crate::ui::prelude::*;

/// The section.
pub fn about(client: Client) -> AnyView {
    let t = messages();
    let (name, text) = match client.network() {
        Network::Sandbox => (t.settings.network_sandbox, t.settings.network_sandbox_text),
        Network::Whatsapp => (t.settings.network_whatsapp, t.settings.network_whatsapp_text),
    };
    view! {
        {head(t.manage.about, "", None)}
        <section class="card" aria-labelledby="network-title">
            <h3 class="card__title" id="network-title">{t.settings.network}</h3>
            <p class="card__text"><b>{name}</b>" · "{text}</p>
            <p class="card__text">{t.settings.integrate_text}" "<a href="/docs" rel="external">{t.settings.docs}</a></p>
        </section>
    }
    .into_any()
}

/// Signing out, with a word about what has not been sent.
pub fn leave(client: Client) -> AnyView {
    let t = messages();
    let unsent = move || {
        let waiting = client.waiting.get() + client.uploads.with(Vec::len);
        let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
        (waiting > 0)
            .then(|| view! { <p class="form-error" role="status">{(t.settings.unsent)(waiting)}</p> })
    };
    view! {
        <form class="settings__leave" method="post" action="/logout">
            {dynamic(unsent)}
            <button type="submit" class="button"><Icon name="logout"/>{t.settings.sign_out}</button>
            <p class="field__help">{t.settings.sign_out_text}</p>
        </form>
    }
    .into_any()
}
