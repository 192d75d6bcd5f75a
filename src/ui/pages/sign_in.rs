//! `/login`, `/sign-in` and `/welcome`: plain forms that work without script.

use super::error::NotFoundPage;
use crate::protocol::Network;
use crate::ui::context::{Boot, ProfileForm};
use crate::ui::prelude::*;

/// The shortest password, as the server has it.
const PASSWORD_LENGTH: &str = "10";

fn boot() -> Boot {
    use_context::<StoredValue<Boot>>().map(|boot| boot.get_value()).unwrap_or_default()
}

/// Signing in: by password, or by a one-time link.
#[component]
pub fn LoginPage() -> impl IntoView {
    let t = messages();
    let Some(form) = boot().login else { return view! { <NotFoundPage/> }.into_any() };
    let (failed, by_form) = (form.error.is_some(), form.link.is_none());
    view! {
        <main class="sign-in" id="main" tabindex="-1">
            <div class="sign-in__card">
                <Brand/>
                <h1 class="sign-in__title">{t.sign_in.title}</h1>
                <p class="sign-in__lead">{t.sign_in.lead}</p>
                {form.ended.then(|| view! { <p class="sign-in__note" role="status"><Icon name="clock"/><span>{t.sign_in.ended}</span></p> })}
                {form.error.map(|error| {
                    let wait = form.wait.map(|seconds| format!(" {}", (t.sign_in.wait)(seconds)));
                    view! { <p class="form-error" role="alert" id="sign-in-error"><Icon name="warn"/>{(t.sign_in.wrong)(error)}{wait}</p> }
                })}
                {match form.link {
                    Some(token) => by_link(token, &form.name, &form.now),
                    None => by_password(form.email, form.next, failed),
                }}
                {form.insecure.then(|| view! { <p class="sign-in__note sign-in__note--warn"><Icon name="warn"/><span>{t.sign_in.insecure}</span></p> })}
                {(form.network == Network::Sandbox).then(|| view! { <p class="sign-in__note"><Icon name="sandbox"/><span><b>{t.sign_in.sandbox}</b>" · "{t.sign_in.sandbox_text}</span></p> })}
                {by_form.then(|| view! { <p class="sign-in__help">{t.sign_in.help}</p> })}
            </div>
            <p class="sign-in__foot">{t.sign_in.foot}</p>
        </main>
    }
    .into_any()
}

/// The form of whoever has a password.
fn by_password(email: String, next: String, failed: bool) -> AnyView {
    let t = messages();
    view! {
        <form class="form" method="post" action="/login">
            <label class="field">
                <span class="field__label">{t.sign_in.email}</span>
                <input
                    class="field__input" name="email" type="email" autocomplete="username" required=true value=email
                    autofocus=true aria-invalid=failed.then_some("true") aria-describedby=failed.then_some("sign-in-error")
                />
            </label>
            <label class="field">
                <span class="field__label">{t.sign_in.password}</span>
                <input
                    class="field__input" name="password" type="password" autocomplete="current-password" required=true
                    aria-invalid=failed.then_some("true") aria-describedby=failed.then_some("sign-in-error")
                />
            </label>
            <input name="next" type="hidden" value=next/>
            <button type="submit" class="button button--primary button--wide">{t.sign_in.submit}</button>
        </form>
    }
    .into_any()
}

/// The button of a one-time link. Pressed once, the link is used up. `now`: who is signed in already, if it is somebody
/// else.
fn by_link(token: String, name: &str, now: &str) -> AnyView {
    let t = messages();
    let label = (t.sign_in.submit_as)(name);
    let already = (!now.is_empty()).then(|| {
        let says = (t.sign_in.signed_in_as)(now);
        view! { <p class="sign-in__note" role="status"><Icon name="person"/><span>{says}</span></p> }
    });
    view! {
        {already}
        <form class="form" method="post" action="/sign-in">
            <input name="token" type="hidden" value=token/>
            <button type="submit" class="button button--primary button--wide" dir="auto">{label}</button>
        </form>
    }
    .into_any()
}

/// The first visit: name, address and password.
#[component]
pub fn WelcomePage() -> impl IntoView {
    let t = messages();
    let Some(form) = boot().profile else { return view! { <NotFoundPage/> }.into_any() };
    view! {
        <main class="sign-in" id="main" tabindex="-1">
            <div class="sign-in__card">
                <Brand/>
                <h1 class="sign-in__title">{t.sign_in.welcome_title}</h1>
                <p class="sign-in__lead">{t.sign_in.welcome_lead}</p>
                <form class="form" method="post" action="/welcome">
                    <ProfileFields form/>
                    <button type="submit" class="button button--primary button--wide">{t.sign_in.begin}</button>
                </form>
            </div>
            <p class="sign-in__foot">{t.sign_in.foot}</p>
        </main>
    }
    .into_any()
}

#[component]
fn Brand() -> impl IntoView {
    let t = messages();
    view! { <p class="brand"><span class="brand__mark"><Icon name="jack"/></span>{t.common.product}</p> }
}

/// Name, address and password, with what was wrong with them.
#[component]
pub fn ProfileFields(form: ProfileForm, #[prop(optional)] optional_password: bool) -> impl IntoView {
    let t = messages();
    let optional = optional_password && form.has_password;
    let label = if optional { t.sign_in.new_password } else { t.sign_in.password };
    let help = if optional { t.sign_in.new_password_help } else { t.sign_in.password_help };
    view! {
        {form.error.map(|error| view! { <p class="form-error" role="alert"><Icon name="warn"/>{(t.sign_in.wrong)(error)}</p> })}
        <label class="field">
            <span class="field__label">{t.sign_in.name}</span>
            <input class="field__input" name="name" type="text" autocomplete="name" required=true maxlength="80" value=form.name/>
        </label>
        <label class="field">
            <span class="field__label">{t.sign_in.email}</span>
            <input class="field__input" name="email" type="email" autocomplete="username" required=true maxlength="254" value=form.email/>
        </label>
        <label class="field">
            <span class="field__label">{label}</span>
            <input class="field__input" name="password" type="password" autocomplete="new-password" minlength=PASSWORD_LENGTH required=!optional aria-describedby="password-help"/>
            <span class="field__help" id="password-help">{help}</span>
        </label>
    }
}
