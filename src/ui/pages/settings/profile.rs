//! Who is signed in: name, address and password.

use super::head;
use crate::ui::context::Boot;
use crate::ui::pages::sign_in::ProfileFields;
use crate::ui::prelude::*;
use leptos_router::hooks::use_query_map;

/// The section. Its form works without script, too.
pub fn profile(client: Client) -> AnyView {
    let t = messages();
    let boot = use_context::<StoredValue<Boot>>();
    let me = client.me();
    let mut form = boot.and_then(|boot| boot.with_value(|boot| boot.profile.clone())).unwrap_or_default();
    if form.name.is_empty() && form.email.is_empty() {
        form.name.clone_from(&me.name);
        form.email.clone_from(&me.email);
    }
    let saved = form.saved || use_query_map().with_untracked(|query| query.get("saved").is_some());
    view! {
        {head(t.settings.profile, "", None)}
        <section class="card">
            <p class="card__text">{t.settings.workspace}": "<bdi>{me.workspace_name}</bdi></p>
            {saved.then(|| view! { <p class="form-good" role="status"><Icon name="check"/>{t.settings.saved}</p> })}
            <form class="form" method="post" action="/settings/profile">
                <ProfileFields form optional_password=true/>
                <div class="form__actions"><button type="submit" class="button button--primary">{t.common.save}</button></div>
            </form>
        </section>
    }
    .into_any()
}
