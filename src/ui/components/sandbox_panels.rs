//! What surrounds the phone on the screen: which one is held, what is linked to it, and what goes wrong.

use crate::model::text::phone;
use crate::protocol::{DeviceStatus, Millis};
use crate::ui::hooks::SandboxState;
use crate::ui::prelude::*;
use serde_json::json;

/// The faults that can be begun here; others are for programs.
const FAULTS: [&str; 4] = ["drop", "blackhole", "latency", "refuse"];

/// The phones of the network.
#[component]
pub fn PhonesPanel(sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let rows = move || {
        let held = sandbox.held.get();
        let phones = sandbox.phones.get().into_iter().map(|one| {
            let here = held.as_ref() == Some(&one.number);
            let (number, seed) = (one.number.clone(), one.number.clone());
            let label = (t.sandbox.hold)(&one.name);
            view! {
                <li>
                    <button type="button" class="phone-pick" aria-pressed=here.to_string() aria-label=label on:click=move |_| sandbox.hold(number.clone())>
                        <Avatar name=one.name.clone() seed picture=one.picture size="avatar--small"/>
                        <span class="phone-pick__name" dir="auto">{one.name}</span>
                        <span class="phone-pick__number tabular">{phone(&one.number)}</span>
                        {one.answers.then(|| view! { <span class="phone-pick__answers" title=t.sandbox.answers><Icon name="reply"/><span class="visually-hidden">{t.sandbox.answers}</span></span> })}
                    </button>
                </li>
            }
        });
        phones.collect_view()
    };
    view! {
        <section class="panel" aria-labelledby="phones-title">
            <h2 class="panel__title" id="phones-title">{t.sandbox.phones}</h2>
            <ul class="phone-picks">{rows}</ul>
            {sandbox.acts().then(|| view! { <NewPhone sandbox/> })}
        </section>
    }
}

#[component]
fn NewPhone(sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let (name, number) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let chosen = name.get_untracked().trim().to_owned();
        if !chosen.is_empty() {
            sandbox.add_phone(&chosen, &number.get_untracked());
            name.set(String::new());
            number.set(String::new());
        }
    };
    view! {
        <details class="panel__more">
            <summary><Icon name="plus"/>{t.sandbox.new_phone}</summary>
            <form class="panel__form" on:submit=add>
                <label class="field">
                    <span class="field__label">{t.sandbox.phone_name}</span>
                    <input class="field__input" type="text" autocomplete="off" required=true maxlength="80" prop:value=name on:input=move |event| name.set(event_target_value(&event))/>
                </label>
                <label class="field">
                    <span class="field__label">{t.sandbox.phone_number}</span>
                    <input class="field__input" type="tel" autocomplete="off" aria-describedby="phone-number-help" prop:value=number on:input=move |event| number.set(event_target_value(&event))/>
                </label>
                <p class="field__help" id="phone-number-help">{t.sandbox.phone_number_help}</p>
                <button type="submit" class="button">{t.sandbox.add_phone}</button>
            </form>
        </details>
    }
}

/// What is linked to the held phone, and the codes that it can scan.
#[component]
pub fn LinksPanel(client: Client, sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let acts = sandbox.acts();
    let linked = memo(move || {
        let held = sandbox.held.get();
        client.devices.with(|all| {
            let linked = all.iter().filter(|state| {
                held.is_some()
                    && state.device.phone_number == held
                    && state.device.status != DeviceStatus::LoggedOut
            });
            linked.cloned().collect::<Vec<_>>()
        })
    });
    let list = move || {
        let linked = linked.get();
        if linked.is_empty() {
            return view! { <p class="panel__none">{t.sandbox.linked_none}</p> }.into_any();
        }
        let rows = linked.into_iter().map(|state| {
            let id = state.device.id;
            let unlink = acts.then(|| view! {
                <button type="button" class="button button--small" on:click=move |_| sandbox.unlink(&id)>{t.sandbox.unlink}</button>
            });
            view! {
                <li class="linked">
                    <span class="linked__name" dir="auto">{state.device.name}</span>
                    <Presence status=state.device.status/>
                    {unlink}
                </li>
            }
        });
        view! { <ul class="linked-list">{rows.collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="panel" aria-labelledby="links-title">
            <h2 class="panel__title" id="links-title">{t.sandbox.link}</h2>
            {list}
            {acts.then(|| view! { <NewLink client sandbox/> })}
        </section>
    }
}

/// Linking a device: by a code that one shows now, or by a pairing code.
#[component]
fn NewLink(client: Client, sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let code = RwSignal::new(String::new());
    let waiting = memo(move || {
        client.devices.with(|all| {
            let codes =
                all.iter().filter_map(|state| Some((state.device.name.clone(), state.qr.clone()?.qr)));
            codes.collect::<Vec<_>>()
        })
    });
    let scans = move || {
        let waiting = waiting.get();
        if waiting.is_empty() {
            return view! { <p class="panel__none">{t.sandbox.link_none}" "<a href="/devices">{t.shell.devices}</a></p> }.into_any();
        }
        let buttons = waiting.into_iter().map(|(name, qr)| {
            let of = name.clone();
            view! {
                <button type="button" class="button button--primary button--wide" on:click=move |_| sandbox.link(Ok(qr.clone()), of.clone())>
                    <Icon name="qr"/><bdi>{(t.sandbox.scan)(&name)}</bdi>
                </button>
            }
        });
        buttons.collect_view().into_any()
    };
    let enter = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let letters: String = code.get_untracked().chars().filter(char::is_ascii_alphanumeric).collect();
        if !letters.is_empty() {
            sandbox.link(Err(letters.to_ascii_uppercase()), t.sandbox.device.to_owned());
            code.set(String::new());
        }
    };
    view! {
        <p class="panel__lead">{t.sandbox.link_lead}</p>
        {scans}
        <details class="panel__more">
            <summary><Icon name="keyboard"/>{t.sandbox.enter_code}</summary>
            <form class="panel__form panel__form--row" on:submit=enter>
                <input class="field__input tabular" type="text" autocomplete="off" maxlength="9" placeholder="ABCD-EFGH" aria-label=t.sandbox.code prop:value=code on:input=move |event| code.set(event_target_value(&event))/>
                <button type="submit" class="button">{t.sandbox.link_with_code}</button>
            </form>
        </details>
    }
}

/// What the network does to the devices. For whoever only looks it is there while something is in force.
#[component]
pub fn FaultsPanel(client: Client, sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let acts = sandbox.acts();
    let any = memo(move || sandbox.faults.with(|faults| !faults.is_empty()));
    dynamic(move || {
        (acts || any.get()).then(|| {
            view! {
                <section class="panel" aria-labelledby="faults-title">
                    <h2 class="panel__title" id="faults-title">{t.sandbox.faults}</h2>
                    <p class="panel__lead">{t.sandbox.faults_lead}</p>
                    {acts.then(|| view! { <NewFault client sandbox/> })}
                    <ActiveFaults client sandbox/>
                </section>
            }
        })
    })
}

#[component]
fn NewFault(client: Client, sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let kind = RwSignal::new(FAULTS[0]);
    let device = RwSignal::new(String::new());
    let (seconds, ms) = (RwSignal::new(10_i64), RwSignal::new(1500_i64));
    let kinds = FAULTS.map(|one| {
        view! {
            <button type="button" class="chip" aria-pressed=live(move || (kind.get() == one).to_string()) on:click=move |_| kind.set(one)>
                {(t.sandbox.fault_name)(one).unwrap_or(one)}
            </button>
        }
    });
    let devices = move || {
        let options =
            client.devices.get().into_iter().map(
                |state| view! { <option value=state.device.id.to_string()>{state.device.name}</option> },
            );
        options.collect_view()
    };
    let begin = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let mut body = json!({ "kind": kind.get_untracked() });
        if let Some(fields) = body.as_object_mut() {
            let device = device.get_untracked();
            if !device.is_empty() {
                fields.insert("device".to_owned(), json!(device));
            }
            if kind.get_untracked() == "latency" {
                fields.insert("ms".to_owned(), json!(ms.get_untracked()));
            }
            if kind.get_untracked() != "drop" {
                fields.insert("seconds".to_owned(), json!(seconds.get_untracked()));
            }
        }
        sandbox.fault(body);
    };
    view! {
        <form class="panel__form" on:submit=begin>
            <div class="chips chips--wrap" role="group" aria-label=t.sandbox.faults>{kinds.collect_view()}</div>
            <p class="field__help" role="status">{dynamic(move || (t.sandbox.fault_text)(kind.get()))}</p>
            <label class="field">
                <span class="field__label">{t.sandbox.device}</span>
                <select class="field__input" on:change=move |event| device.set(event_target_value(&event))>
                    <option value="">{t.sandbox.all_devices}</option>
                    {devices}
                </select>
            </label>
            <div class="panel__numbers">
                {dynamic(move || (kind.get() == "latency").then(|| view! { <NumberField label=t.sandbox.delay value=ms most=60_000/> }))}
                {dynamic(move || (kind.get() != "drop").then(|| view! { <NumberField label=t.sandbox.duration value=seconds most=600/> }))}
            </div>
            <button type="submit" class="button">{t.sandbox.start_fault}</button>
        </form>
    }
}

#[component]
fn ActiveFaults(client: Client, sandbox: SandboxState) -> impl IntoView {
    let t = messages();
    let acts = sandbox.acts();
    dynamic(move || {
        let faults = sandbox.faults.get();
        (!faults.is_empty()).then(|| {
            let rows = faults.into_iter().map(|fault| {
                let name = (t.sandbox.fault_name)(&fault.kind).map_or_else(|| fault.kind.clone(), ToOwned::to_owned);
                let whose = client.devices.with_untracked(|all| {
                    let of = |state: &&crate::model::DeviceState| Some(state.device.id.as_str()) == fault.device.as_deref();
                    all.iter().find(of).map(|state| state.device.name.clone())
                });
                let left = fault.seconds.map(|seconds| format!(" · {seconds} s"));
                view! { <li class="fault"><b>{name}</b>" · "<bdi>{whose.unwrap_or_else(|| t.sandbox.all_devices.to_owned())}</bdi>{left}</li> }
            });
            view! {
                <h3 class="panel__subtitle">{t.sandbox.active_faults}</h3>
                <ul class="faults">{rows.collect_view()}</ul>
                {acts.then(|| view! {
                    <button type="button" class="button button--small" on:click=move |_| sandbox.clear_faults()>{t.sandbox.clear_faults}</button>
                })}
            }
        })
    })
}

#[component]
fn NumberField(label: &'static str, value: RwSignal<Millis>, most: i64) -> impl IntoView {
    let change = move |event| {
        if let Ok(number) = event_target_value(&event).parse::<i64>() {
            value.set(number.clamp(1, most));
        }
    };
    view! {
        <label class="field">
            <span class="field__label">{label}</span>
            <input
                class="field__input tabular" type="number" min="1" max=most.to_string() prop:value=live(move || value.get().to_string())
                on:change=change
            />
        </label>
    }
}
