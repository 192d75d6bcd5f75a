//! The other way to link: a code that is typed into the phone.

use crate::model::{DeviceState, Input, Life};
use crate::protocol::{Command, DeviceId, PairingCode};
use crate::ui::hooks::{host, use_seconds};
use crate::ui::prelude::*;

/// How long a pairing code lives: WhatsApp's own 160 to 180 seconds; only the bar's length depends on it.
const LIFE: i64 = 180_000;

/// Asks for the phone's number, then shows the code.
#[component]
pub fn Pairing(client: Client, id: DeviceId, device: Memo<Option<DeviceState>>) -> impl IntoView {
    let code = memo(move || device.with(|state| state.as_ref().and_then(|state| state.pairing_code.clone())));
    view! {
        {dynamic(move || match code.get() {
            Some(code) => view! { <Code client id=id.clone() code/> }.into_any(),
            None => view! { <NumberForm client id=id.clone()/> }.into_any(),
        })}
    }
}

#[component]
fn NumberForm(client: Client, id: DeviceId) -> impl IntoView {
    let t = messages();
    let number = RwSignal::new(String::new());
    let (error, busy) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let phone_number = number.get_untracked().trim().to_owned();
        if !phone_number.is_empty() && !busy.get_untracked() {
            request(client, id.clone(), phone_number, busy, error);
        }
    };
    view! {
        <form class="pairing" on:submit=ask>
            <label class="field">
                <span class="field__label">{t.link.number_label}</span>
                <input
                    class="field__input" type="tel" inputmode="tel" autocomplete="tel" required=true
                    placeholder=t.chats.number_hint aria-describedby="pairing-help"
                    prop:value=number on:input=move |event| number.set(event_target_value(&event))
                />
            </label>
            <p class="field__help" id="pairing-help">{t.link.number_help}</p>
            {dynamic(move || error.get().map(|error| view! { <p class="form-error" role="alert">{error}</p> }))}
            <button type="submit" class="button button--primary" disabled=busy>
                {dynamic(move || if busy.get() { t.link.getting } else { t.link.get_code })}
            </button>
        </form>
    }
}

fn request(
    client: Client,
    device_id: DeviceId,
    phone_number: String,
    busy: RwSignal<bool>,
    error: RwSignal<Option<String>>,
) {
    busy.set(true);
    error.set(None);
    host::ask(Command::RequestPairingCode { device_id: device_id.clone(), phone_number }, move |result| {
        busy.try_set(false);
        match result {
            Ok(crate::protocol::CommandResult::PairingCode(pairing_code)) => {
                client.apply(Input::PairingCode { device_id, pairing_code });
            }
            Ok(_) => {}
            Err(problem) => {
                error.try_set(Some(problem.detail));
            }
        }
    });
}

#[component]
fn Code(client: Client, id: DeviceId, code: PairingCode) -> impl IntoView {
    let t = messages();
    let now = use_seconds();
    let bar = NodeRef::<leptos::html::Div>::new();
    let expires_at = code.expires_at;
    let life = memo(move || Life::left(expires_at - LIFE, expires_at, now.get()));
    react(move |_| host::set_life(bar, life.get().permille));
    let over = memo(move || life.get().is_over());
    let (busy, error) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let number = code.phone_number.clone();
    let again = move |_| request(client, id.clone(), number.clone(), busy, error);
    let groups = {
        let letters: Vec<char> = code.code.chars().filter(char::is_ascii_alphanumeric).collect();
        let (first, second) = letters.split_at(letters.len().min(4));
        [first, second].map(|group| group.iter().collect::<String>())
    };
    let spelled = code.code.chars().map(String::from).collect::<Vec<_>>().join(" ");
    view! {
        <div class="pairing">
            <p class="pairing__what">{t.link.enter_code}</p>
            <p class="pairing__code" class:pairing__code--over=over role="img" aria-label=spelled>
                {groups.map(|group| view! { <span class="pairing__group">{group}</span> }).collect_view()}
            </p>
            <p class="field__help">{t.link.enter_menu}</p>
            {dynamic(move || if over.get() {
                view! {
                    <div class="pairing__over">
                        <p role="status">{t.link.code_expired}</p>
                        <button type="button" class="button button--primary" disabled=busy on:click=again.clone()>{t.link.new_codes}</button>
                    </div>
                }.into_any()
            } else {
                view! {
                    <div class="life">
                        <span class="life__text tabular">{dynamic(move || (t.link.valid_for)(life.get().seconds))}</span>
                        <div class="life__bar" aria-hidden="true"><div class="life__rest" node_ref=bar></div></div>
                    </div>
                }.into_any()
            })}
            {dynamic(move || error.get().map(|error| view! { <p class="form-error" role="alert">{error}</p> }))}
        </div>
    }
}
