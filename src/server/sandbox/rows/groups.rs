//! Groups and who is in them.

use crate::protocol::Millis;
use crate::server::sandbox::addressing::Addressing;
use crate::server::storage::{Query, Row, StorageError, Store, Tx, Value, query};

/// What is set of a group.
#[derive(Clone, Default)]
pub struct Settings {
    /// The text and its id.
    pub description: Option<(String, String)>,
    /// Only administrators may write.
    pub announce: bool,
    /// Only administrators may change what is set.
    pub locked: bool,
    /// The code of the invitation.
    pub invite: Option<String>,
    /// Administrators let in who joins by the invitation.
    pub approval: bool,
    /// Only administrators add members.
    pub admins_add: bool,
    /// After how many seconds messages disappear; 0 for never.
    pub expires_in: u32,
    /// Whether members come by LID.
    pub by_lid: bool,
}

/// A group with its members.
#[derive(Clone)]
pub struct GroupRow {
    /// The user part of its JID.
    pub id: String,
    pub subject: String,
    pub subject_by: String,
    pub subject_at: Millis,
    pub creator: String,
    pub created_at: Millis,
    pub picture: Option<String>,
    pub settings: Settings,
    /// Numbers, and whether they administer it; sorted.
    pub members: Vec<(String, bool)>,
}

impl GroupRow {
    /// Whether somebody is in it.
    #[must_use]
    pub fn has(&self, number: &str) -> bool {
        self.members.iter().any(|(member, _)| member == number)
    }

    /// Whether somebody administers it.
    #[must_use]
    pub fn is_admin(&self, number: &str) -> bool {
        self.members.iter().any(|(member, admin)| member == number && *admin)
    }

    /// The members' numbers.
    #[must_use]
    pub fn numbers(&self) -> Vec<String> {
        self.members.iter().map(|(number, _)| number.clone()).collect()
    }
}

const COLUMNS: &str = "SELECT g.id, g.subject, g.subject_by, g.subject_at, g.creator, g.created_at, g.picture, g.description, g.description_id, g.announce, g.locked, g.invite, g.addressing, g.approval, g.admins_add, g.expires_in, m.number, m.admin \
     FROM sandbox_groups g JOIN sandbox_members m ON m.group_id = g.id";

fn fold(rows: &[Row]) -> Result<Vec<GroupRow>, StorageError> {
    let mut groups: Vec<GroupRow> = Vec::new();
    for row in rows {
        let (id, member) = (row.text("id")?, (row.text("number")?, row.flag("admin")?));
        match groups.last_mut() {
            Some(group) if group.id == id => group.members.push(member),
            _ => groups.push(GroupRow {
                id,
                subject: row.text("subject")?,
                subject_by: row.text("subject_by")?,
                subject_at: row.int("subject_at")?,
                creator: row.text("creator")?,
                created_at: row.int("created_at")?,
                picture: row.opt_text("picture")?,
                settings: Settings {
                    description: row.opt_text("description")?.zip(row.opt_text("description_id")?),
                    announce: row.flag("announce")?,
                    locked: row.flag("locked")?,
                    invite: row.opt_text("invite")?,
                    approval: row.flag("approval")?,
                    admins_add: row.flag("admins_add")?,
                    expires_in: row.number("expires_in")?,
                    by_lid: row.text("addressing")? == Addressing::Lid.as_str(),
                },
                members: vec![member],
            }),
        }
    }
    Ok(groups)
}

/// One group.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn get(store: &Store, id: &str) -> Result<Option<GroupRow>, StorageError> {
    let select = query(COLUMNS).then(" WHERE g.id = $1 ORDER BY m.number").bind(id);
    Ok(fold(&store.rows(select).await?)?.pop())
}

/// The groups of one account, or all.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn of(store: &Store, number: Option<&str>) -> Result<Vec<GroupRow>, StorageError> {
    let select = match number {
        Some(number) => query(COLUMNS)
            .then(" WHERE g.id IN (SELECT group_id FROM sandbox_members WHERE number = $1)")
            .bind(number),
        None => query(COLUMNS),
    };
    fold(&store.rows(select.then(" ORDER BY g.created_at, g.id, m.number")).await?)
}

/// Adds a group with its members.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn insert(tx: &mut Tx<'_>, group: GroupRow) -> Result<(), StorageError> {
    tx.execute(
        query(
            "INSERT INTO sandbox_groups (id, subject, subject_by, subject_at, creator, created_at, picture, addressing) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&group.id)
        .bind(group.subject)
        .bind(group.subject_by)
        .bind(group.subject_at)
        .bind(group.creator)
        .bind(group.created_at)
        .bind(group.picture)
        .bind(if group.settings.by_lid { Addressing::Lid } else { Addressing::Pn }.as_str()),
    )
    .await?;
    add(tx, &group.id, group.members).await
}

/// Adds members; those who are in it already stay as they are.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn add(tx: &mut Tx<'_>, id: &str, members: Vec<(String, bool)>) -> Result<(), StorageError> {
    if members.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<Value>> =
        members.into_iter().map(|(number, admin)| vec![id.into(), number.into(), admin.into()]).collect();
    tx.execute(Query::insert(
        "INSERT INTO sandbox_members (group_id, number, admin)",
        rows,
        "ON CONFLICT (group_id, number) DO NOTHING",
    ))
    .await
    .map(drop)
}

/// Removes a member.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn remove(tx: &mut Tx<'_>, id: &str, number: &str) -> Result<bool, StorageError> {
    let text = "DELETE FROM sandbox_members WHERE group_id = $1 AND number = $2";
    Ok(tx.execute(query(text).bind(id).bind(number)).await? > 0)
}

/// Makes somebody an administrator, or no longer.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn promote(tx: &mut Tx<'_>, id: &str, number: &str, admin: bool) -> Result<bool, StorageError> {
    let text = "UPDATE sandbox_members SET admin = $3 WHERE group_id = $1 AND number = $2";
    Ok(tx.execute(query(text).bind(id).bind(number).bind(admin)).await? > 0)
}

/// The group that a code invites to.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn invited(store: &Store, code: &str) -> Result<Option<GroupRow>, StorageError> {
    let select = query(COLUMNS).then(" WHERE g.invite = $1 ORDER BY m.number").bind(code);
    Ok(fold(&store.rows(select).await?)?.pop())
}

/// Changes what is set of a group.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn set(tx: &mut Tx<'_>, id: &str, settings: Settings) -> Result<(), StorageError> {
    let (description, description_id) = settings.description.unzip();
    let text = "UPDATE sandbox_groups SET description = $2, description_id = $3, announce = $4, locked = $5, invite = $6, \
        approval = $7, admins_add = $8, expires_in = $9 WHERE id = $1";
    let update = query(text).bind(id).bind(description).bind(description_id);
    let update = update.bind(settings.announce).bind(settings.locked).bind(settings.invite);
    let update =
        update.bind(settings.approval).bind(settings.admins_add).bind(i64::from(settings.expires_in));
    tx.execute(update).await.map(drop)
}

/// Gives a group a picture, or takes it away.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn set_picture(tx: &mut Tx<'_>, id: &str, picture: Option<String>) -> Result<(), StorageError> {
    let text = "UPDATE sandbox_groups SET picture = $2 WHERE id = $1";
    tx.execute(query(text).bind(id).bind(picture)).await.map(drop)
}

/// Who asks to be let into a group, and since when; the first who asked first.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn requests(store: &Store, id: &str) -> Result<Vec<(String, Millis)>, StorageError> {
    let text = "SELECT number, at FROM sandbox_group_requests WHERE group_id = $1 ORDER BY at, number";
    let rows = store.rows(query(text).bind(id)).await?;
    rows.iter().map(|row| Ok((row.text("number")?, row.int("at")?))).collect()
}

/// Somebody asks to be let into a group.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn request(tx: &mut Tx<'_>, id: &str, number: &str, at: Millis) -> Result<(), StorageError> {
    let text = "INSERT INTO sandbox_group_requests (group_id, number, at) VALUES ($1, $2, $3) \
        ON CONFLICT (group_id, number) DO NOTHING";
    tx.execute(query(text).bind(id).bind(number).bind(at)).await.map(drop)
}

/// Somebody no longer asks to be let into a group.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn settle(tx: &mut Tx<'_>, id: &str, number: &str) -> Result<(), StorageError> {
    let text = "DELETE FROM sandbox_group_requests WHERE group_id = $1 AND number = $2";
    tx.execute(query(text).bind(id).bind(number)).await.map(drop)
}

/// Renames a group.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn rename(
    tx: &mut Tx<'_>,
    id: &str,
    subject: &str,
    by: &str,
    at: Millis,
) -> Result<(), StorageError> {
    let text = "UPDATE sandbox_groups SET subject = $2, subject_by = $3, subject_at = $4 WHERE id = $1";
    tx.execute(query(text).bind(id).bind(subject).bind(by).bind(at)).await.map(drop)
}
