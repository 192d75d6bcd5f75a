//! How the page looks and which language it speaks: chosen here, kept in cookies, written by the server with
//! the first byte of the next page.

use super::head;
use crate::ui::context::Theme;
use crate::ui::hooks::host;
use crate::ui::look::{ACCENTS, DENSITIES, Look, WALLPAPERS};
use crate::ui::prelude::*;

/// The section.
pub fn appearance(client: Client) -> AnyView {
    let t = messages();
    let look = use_context::<RwSignal<Look>>().unwrap_or_else(|| RwSignal::new(Look::default()));
    view! {
        {head(t.settings.appearance, "", None)}
        {themes(client)}
        {choices(look, "density", t.look.density, &DENSITIES, t.look.density_name)}
        {choices(look, "accent", t.look.accent, &ACCENTS, t.look.accent_name)}
        {choices(look, "wallpaper", t.look.wallpaper, &WALLPAPERS, t.look.wallpaper_name)}
        {languages()}
    }
    .into_any()
}

fn themes(client: Client) -> AnyView {
    let t = messages();
    let choice = move |theme: Theme, icon: &'static str, label: &'static str| {
        view! {
            <label class="choice">
                <input
                    class="choice__input" type="radio" name="theme" value=theme.as_str()
                    prop:checked=live(move || client.theme.get() == theme)
                    checked=client.theme.get_untracked() == theme
                    on:change=move |_| {
                        client.theme.set(theme);
                        host::set_theme(theme);
                    }
                />
                <span class="choice__face"><Icon name=icon/>{label}</span>
            </label>
        }
    };
    view! {
        <section class="card">
            <fieldset class="choices">
                <legend class="card__title">{t.settings.theme}</legend>
                {choice(Theme::Auto, "monitor", t.settings.auto)}
                {choice(Theme::Light, "sun", t.settings.light)}
                {choice(Theme::Dark, "moon", t.settings.dark)}
            </fieldset>
            <p class="card__text">{t.settings.auto_text}</p>
        </section>
    }
    .into_any()
}

/// One of the designed few, each shown as it is.
fn choices(
    look: RwSignal<Look>,
    part: &'static str,
    title: &'static str,
    names: &'static [&'static str],
    label: fn(&str) -> &'static str,
) -> AnyView {
    let t = messages();
    let chosen = move |look: Look| match part {
        "density" => look.density,
        "accent" => look.accent,
        _ => look.wallpaper,
    };
    let faces = names.iter().map(|name| {
        let name = *name;
        let choose = move |_| {
            look.update(|look| match part {
                "density" => look.density = name,
                "accent" => look.accent = name,
                _ => look.wallpaper = name,
            });
            host::set_look(look.get_untracked());
        };
        view! {
            <label class="choice">
                <input
                    class="choice__input" type="radio" name=part value=name
                    prop:checked=live(move || chosen(look.get()) == name) checked=chosen(look.get_untracked()) == name
                    on:change=choose
                />
                <span class="choice__face">
                    <span class=format!("sample sample--{part} sample--{name}") aria-hidden="true"><span class="sample__bubble">{t.look.sample}</span></span>
                    {label(name)}
                </span>
            </label>
        }
    });
    view! {
        <section class="card">
            <fieldset class="choices choices--many">
                <legend class="card__title">{title}</legend>
                {faces.collect_view()}
            </fieldset>
        </section>
    }
    .into_any()
}

fn languages() -> AnyView {
    let t = messages();
    let spoken = use_context::<Locale>().unwrap_or_default();
    let options = Locale::NAMED.iter().map(|(tag, locale)| {
        let chosen = *locale == spoken;
        view! { <option value=*tag lang=*tag selected=chosen>{locale.own_name()}</option> }
    });
    view! {
        <section class="card">
            <label class="field">
                <span class="card__title">{t.look.language}</span>
                <select class="field__input" on:change=move |event| host::choose_language(&event_target_value(&event))>
                    {options.collect_view()}
                </select>
                <span class="field__help">{t.look.language_text}</span>
            </label>
        </section>
    }
    .into_any()
}
