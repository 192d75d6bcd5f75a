//! The device itself: who it is and how far it has come.

use super::{Keys, Kind, from_json, to_json};
use crate::server::storage::{Query, Value};
use async_trait::async_trait;
use std::sync::Arc;
use whatsapp_rust::wacore::stats::StorageResourceReport;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::device::DEVICE_PROPS;
use whatsapp_rust::wacore::store::error::Result;
use whatsapp_rust::wacore::store::traits::DeviceStore;

/// There is one device in a device's rows.
const ITSELF: &str = "self";

#[async_trait]
impl DeviceStore for Keys {
    async fn save(&self, device: &Device) -> Result<()> {
        self.put(Kind::Device, ITSELF.to_owned(), to_json(device)?, 0).await
    }

    async fn load(&self) -> Result<Option<Device>> {
        let Some(held) = self.get(Kind::Device, ITSELF.to_owned()).await? else { return Ok(None) };
        let mut device: Device = from_json(&held.value)?;
        // Not part of what is kept: the client starts from these, and sets its own over them.
        device.device_props = Arc::new(DEVICE_PROPS.clone());
        Ok(Some(device))
    }

    async fn exists(&self) -> Result<bool> {
        self.has(Kind::Device, ITSELF.to_owned()).await
    }

    async fn create(&self) -> Result<i32> {
        // Keys are made once: whoever comes second keeps the first one's.
        let row: Vec<Value> = vec![
            (&self.device).into(),
            Kind::Device.into(),
            ITSELF.into(),
            to_json(&Device::new())?.into(),
            0_i64.into(),
        ];
        let insert = Query::insert(
            "INSERT INTO engine_rows (device_id, kind, id, value, stamp)",
            vec![row],
            "ON CONFLICT DO NOTHING",
        );
        self.execute(insert).await?;
        Ok(1)
    }

    async fn resource_report(&self) -> StorageResourceReport {
        // The database is shared by all devices: none of its memory is this one's.
        StorageResourceReport { memory_bytes: Some(0), ..StorageResourceReport::default() }
    }
}
