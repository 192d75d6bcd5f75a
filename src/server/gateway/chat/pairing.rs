//! A code to scan, or that none is needed.

use super::{device, shapes};
use crate::protocol::{CommandId, Device, DeviceStatus, EventKind, Permission, Problem, ProblemCode, Qr};
use crate::server::auth::Principal;
use crate::server::devices::{DeviceError, Request};
use crate::server::gateway::qr_picture;
use crate::server::gateway::root_namespace::answer::{Payload, object};
use crate::server::gateway::root_namespace::fields::Fields;
use crate::server::gateway::state::App;
use crate::server::journal::{Pulled, Pump};
use serde_json::json;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a code may take to come from WhatsApp.
const PATIENCE: Duration = Duration::from_secs(20);
/// The name of a device that is made because there is none.
const FIRST_DEVICE: &str = "WhatsApp";

/// Two windows that ask at once, where there is no device yet, get one.
static MAKING: Mutex<()> = Mutex::const_new(());

/// `{data}`: while a phone has to scan, `connected: false`, `qr` (the raw text), `qrCode` (a PNG as `data:` URL),
/// `expiresAt`, `issuedAt`, `attempt`; once it is connected, `connected: true` without a code; and the device's
/// state in both. Where nothing waits to be scanned, the device is started; `forceNew` starts it afresh, so that
/// a new code comes; a connected device stays as it is. With no device yet, one is made.
///
/// Only who may administer devices makes and starts them; others see the code that is there.
pub async fn code(
    app: &App,
    who: &Principal,
    fields: Result<Fields<'_>, Problem>,
) -> Result<Payload, Problem> {
    let fields = fields?;
    let force = fields.flag("forceNew")?;
    let device = device(app, who, fields).await?;
    if device.status == DeviceStatus::Connected {
        return Ok(connected(&device));
    }
    if let Some(qr) = pending(app, &device).filter(|_| !force) {
        return shown(&device, &qr);
    }
    who.require(Permission::Admin).map_err(Problem::from)?;
    timeout(PATIENCE, started(app, who, &device, force)).await.unwrap_or_else(|_| {
        Err(Problem::new(ProblemCode::Unavailable, "WhatsApp sent no code in time. Try again."))
    })
}

async fn device(app: &App, who: &Principal, fields: Fields<'_>) -> Result<Device, Problem> {
    let find = async || device::meant(&device::all(app, who).await?, fields);
    if let Some(device) = find().await? {
        return Ok(device);
    }
    who.require(Permission::Admin).map_err(Problem::from)?;
    let _made_once = MAKING.lock().await;
    if let Some(device) = find().await? {
        return Ok(device);
    }
    let id: Result<CommandId, _> = app.source.id("cmd").parse();
    let id = id.map_err(|_| Problem::new(ProblemCode::Internal, "An id was minted wrong."))?;
    let request = Request::new(&who.name(), id, &["create_device", FIRST_DEVICE]);
    app.devices.create(&who.reach, request, FIRST_DEVICE).await.map_err(Problem::from)
}

/// The code that can be scanned now.
fn pending(app: &App, device: &Device) -> Option<Qr> {
    app.devices.qr(&device.id).filter(|_| device.status == DeviceStatus::QrRequired)
}

/// Starts the device and waits for what comes of it.
async fn started(app: &App, who: &Principal, device: &Device, force: bool) -> Result<Payload, Problem> {
    let reach = who.reach.narrowed(device.id.clone());
    // Attached first: what comes because of the start is then heard.
    let unreadable = |error| Problem::from(DeviceError::from(error));
    let mut pump = Pump::attach(&app.journal, &reach, None).await.map_err(unreadable)?;
    let now = if force {
        app.devices.restart(&reach, &device.id).await
    } else {
        app.devices.connect(&reach, &device.id).await
    };
    let mut now = now.map_err(Problem::from)?;
    if let Some(qr) = pending(app, &now).filter(|_| !force) {
        return shown(&now, &qr);
    }
    loop {
        let Pulled::Events(events) = pump.next().await.map_err(unreadable)? else { continue };
        for logged in events {
            match &logged.event.kind {
                EventKind::DeviceQr { qr } => return shown(&now, qr),
                EventKind::DeviceUpdated { device, .. } => now = device.clone(),
                EventKind::DeviceDeleted { .. } => return Err(DeviceError::NotFound("device").into()),
                _ => {}
            }
            match now.status {
                DeviceStatus::Connected => return Ok(connected(&now)),
                DeviceStatus::Failed => {
                    let why = now.cause.map_or_else(|| "It failed.".to_owned(), |cause| cause.text);
                    return Err(Problem::new(ProblemCode::Upstream, why));
                }
                _ => {}
            }
        }
    }
}

fn connected(device: &Device) -> Payload {
    object(json!({ "data": shapes::connection(device) }))
}

fn shown(device: &Device, qr: &Qr) -> Result<Payload, Problem> {
    let picture = qr_picture::data_url(&qr.qr).map_err(|error| {
        tracing::error!(%error, "a code has no picture");
        Problem::new(ProblemCode::Internal, "The picture cannot be made.")
    })?;
    let mut data = shapes::connection(device);
    data.extend(object(json!({
        "status": DeviceStatus::QrRequired,
        "qr": qr.qr,
        "qrCode": picture,
        "expiresAt": qr.expires_at,
        "issuedAt": qr.issued_at,
        "attempt": qr.attempt,
    })));
    Ok(object(json!({ "data": data })))
}
