//! Contacts in pages, and one by one.

use super::to_contact;
use crate::protocol::{Contact, DeviceId, Page};
use crate::server::storage::{StorageError, Store, query};

/// How many contacts a page has at most.
pub const CONTACTS_PER_PAGE: i64 = 500;
/// How many rows are looked at in one reading while searching.
const BATCH: i64 = 500;

/// A page of a device's contacts, by JID, after the one that `after` names. With `q`, only those whose name or
/// number has it in it, whatever its case in any script; the database could fold ASCII only.
///
/// # Errors
/// [`StorageError`].
pub async fn contact_page(
    store: &Store,
    device: &DeviceId,
    q: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Page<Contact>, StorageError> {
    let limit = usize::try_from(limit.clamp(1, CONTACTS_PER_PAGE)).unwrap_or(1);
    let q = q.map(str::to_lowercase);
    let mut items: Vec<Contact> = Vec::new();
    let mut place = after.unwrap_or("").to_owned();
    loop {
        // A group has a row where it has a picture; a contact is a person.
        let select = query(
            "SELECT * FROM contacts WHERE device_id = $1 AND jid > $2 AND jid NOT LIKE '%@g.us' ORDER BY jid LIMIT $3",
        );
        let select = select.bind(device).bind(&place).bind(BATCH);
        let rows = store.rows(select).await?;
        for row in &rows {
            let contact = to_contact(row)?;
            place.clone_from(&contact.jid);
            if q.as_deref().is_none_or(|q| matches(&contact, q)) {
                items.push(contact);
            }
            if items.len() > limit {
                items.truncate(limit);
                let next = items.last().map(|last| last.jid.clone());
                return Ok(Page { items, next, cursor: None });
            }
        }
        if i64::try_from(rows.len()).unwrap_or(0) < BATCH {
            return Ok(Page { items, next: None, cursor: None });
        }
    }
}

/// Whether a contact has a text of lower case in its names or its number.
fn matches(contact: &Contact, q: &str) -> bool {
    let named = [Some(&contact.name), contact.push_name.as_ref()];
    let number = q.strip_prefix('+').unwrap_or(q);
    named.into_iter().flatten().any(|name| name.to_lowercase().contains(q))
        || contact.phone_number.as_ref().is_some_and(|known| known.contains(number))
}

/// One contact of a device, by JID: a LID whose number is known means whoever has the number.
///
/// # Errors
/// [`StorageError`].
pub async fn contact(store: &Store, device: &DeviceId, jid: &str) -> Result<Option<Contact>, StorageError> {
    let select = query(
        "SELECT * FROM contacts WHERE device_id = $1 AND jid = COALESCE((SELECT i.number || '@s.whatsapp.net' \
         FROM identities i WHERE i.device_id = $1 AND i.lid = $2), $2)",
    );
    let select = select.bind(device).bind(jid);
    store.row(select).await?.as_ref().map(to_contact).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::testing::stores;

    #[tokio::test]
    async fn pages_hold_every_contact_once_and_search_folds_case() {
        for test in stores().await {
            let store = &test.store;
            let device: DeviceId = "dev_1".parse().unwrap();
            store
                .execute(query("INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0)"))
                .await
                .unwrap();
            store
                .execute(query("INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ('dev_1', 'w', 'd', 'created', 0, 0, 0)"))
                .await
                .unwrap();
            for number in 0..7 {
                let insert = query(
                    "INSERT INTO contacts (device_id, jid, phone_number, saved_name) VALUES ($1, $2, $3, $4)",
                );
                let name = if number == 3 { "ÑANDÚ".to_owned() } else { format!("Name {number}") };
                let insert = insert
                    .bind(&device)
                    .bind(format!("3460000000{number}@s.whatsapp.net"))
                    .bind(format!("3460000000{number}"))
                    .bind(name);
                store.execute(insert).await.unwrap();
            }
            let mut seen = Vec::new();
            let mut after: Option<String> = None;
            loop {
                let page = contact_page(store, &device, None, after.as_deref(), 3).await.unwrap();
                seen.extend(page.items.into_iter().map(|contact| contact.jid));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), 7, "{seen:?}");
            seen.dedup();
            assert_eq!(seen.len(), 7, "{seen:?}");
            for (q, found) in [("ñandú", 1), ("name", 6), ("+34600000004", 1), ("nobody", 0)] {
                let page = contact_page(store, &device, Some(q), None, 50).await.unwrap();
                assert_eq!(page.items.len(), found, "{q}");
            }
            let one = contact(store, &device, "34600000003@s.whatsapp.net").await.unwrap();
            assert_eq!(one.map(|contact| contact.name).as_deref(), Some("ÑANDÚ"));
            assert!(contact(store, &device, "1@s.whatsapp.net").await.unwrap().is_none());
        }
    }
}
