//! Contacts.

use crate::protocol::{Contact, DeviceId, Page, ProblemCode};
use crate::server::devices;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal, Query};
use crate::server::gateway::limits::page_limit;
use crate::server::gateway::state::App;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest text to search for, in characters.
const MAX_SEARCH: usize = 100;
/// No JID is longer, in characters.
const MAX_JID: usize = 128;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

#[derive(Deserialize, IntoParams)]
pub struct ContactQuery {
    /// Only those whose name or number has this in it, in upper or lower case.
    #[param(min_length = 1, max_length = 100)]
    q: Option<String>,
    /// The `next` of the page before. `cursor` is another name of it.
    #[param(max_length = 128)]
    #[serde(alias = "cursor")]
    after: Option<String>,
    /// How many to answer with.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<i64>,
}

/// People that a device knows.
#[utoipa::path(
    get,
    path = "/devices/{device}/contacts",
    operation_id = "listContacts",
    tag = "Contacts",
    params(("device" = DeviceId, Path), ContactQuery),
    responses((status = 200, description = "A page of contacts, in the order of their JIDs", body = Page<Contact>)),
)]
pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
    Query(query): Query<ContactQuery>,
) -> Answer<Out<Page<Contact>>> {
    let device = app.devices.get(&who.reach, &device).await?;
    let limit = page_limit(query.limit, 100, read::CONTACTS_PER_PAGE)?;
    let q = query.q.as_deref().map(str::trim);
    if q.is_some_and(|q| q.is_empty() || q.chars().count() > MAX_SEARCH) {
        return Err(Refusal::new(ProblemCode::Invalid, format!("q has 1 to {MAX_SEARCH} characters.")));
    }
    let after = query.after.as_deref();
    if after.is_some_and(|after| after.chars().count() > MAX_JID || !after.contains('@')) {
        return Err(Refusal::new(ProblemCode::Invalid, "after is the next of another page."));
    }
    let cursor = app.journal.cursor(&who.reach.workspace).await?;
    let mut page = read::contact_page(app.journal.store(), &device.id, q, after, limit).await?;
    page.cursor = Some(cursor);
    Ok(Out(page))
}

/// One contact, by phone number in any usual spelling, JID or LID.
#[utoipa::path(
    get,
    path = "/devices/{device}/contacts/{contact}",
    operation_id = "getContact",
    tag = "Contacts",
    params(("device" = DeviceId, Path), ("contact" = String, Path)),
    responses((status = 200, description = "The contact", body = Contact)),
)]
pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path((device, contact)): Path<(DeviceId, String)>,
) -> Answer<Out<Contact>> {
    let device = app.devices.get(&who.reach, &device).await?;
    let jid = devices::address(&contact)?;
    let found = read::contact(app.journal.store(), &device.id, &jid).await?;
    found.map(Out).ok_or_else(|| Refusal::not_found("contact"))
}
