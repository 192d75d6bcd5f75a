//! Managing the people of a workspace.

use super::lease::Revoked;
use super::principal::{Principal, Who};
use super::users::{MAX_USER_NAME, User, check_email, synthetic_email, to_user};
use super::{Auth, AuthError, link};
use crate::protocol::{Permission, UserId};
use crate::server::storage::{StorageError, Tx, query};

/// How many users a workspace has at most.
const MAX_USERS: i64 = 10_000;
/// The longest page of them.
const MAX_PAGE: i64 = 500;
/// The longest external id, in characters: that of a token's subject.
const MAX_SUBJECT: usize = 128;

/// Somebody to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub name: String,
    pub email: Option<String>,
    pub permission: Permission,
    pub subject: Option<String>,
}

/// What is to change; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub email: Option<String>,
    pub permission: Option<Permission>,
    /// `Some(None)` takes it away.
    pub subject: Option<Option<String>>,
}

/// What a transaction found, where that is no failure of storage.
type Found<T> = Result<Result<T, AuthError>, StorageError>;

impl Auth {
    /// A page of the workspace's users, in the order in which they were added, with what to pass as `after` next.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::OnlySomeDevices`].
    pub async fn users(
        &self,
        who: &Principal,
        after: Option<&str>,
        limit: i64,
    ) -> Result<(Vec<User>, Option<String>), AuthError> {
        who.require_whole_workspace()?;
        let limit = limit.clamp(1, MAX_PAGE);
        let select = query("SELECT * FROM users WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3");
        let select = select.bind(&who.reach.workspace).bind(after.unwrap_or("")).bind(limit + 1);
        let rows = self.store.rows(select).await?;
        let mut users = rows.iter().map(to_user).collect::<Result<Vec<_>, _>>()?;
        let more = i64::try_from(users.len()).is_ok_and(|count| count > limit);
        if more {
            users.pop();
        }
        let next = users.last().filter(|_| more).map(|user| user.id.to_string());
        Ok((users, next))
    }

    /// One of them.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::OnlySomeDevices`], [`AuthError::NotFound`].
    pub async fn user(&self, who: &Principal, id: &UserId) -> Result<User, AuthError> {
        who.require_whole_workspace()?;
        let select = query("SELECT * FROM users WHERE id = $1 AND workspace_id = $2");
        let row = self.store.row(select.bind(id).bind(&who.reach.workspace)).await?;
        Ok(to_user(&row.ok_or(AuthError::NotFound("user"))?)?)
    }

    /// Adds somebody; with the token of a one-time link by which they sign in.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::OnlySomeDevices`], [`AuthError::Invalid`], [`AuthError::Email`],
    /// [`AuthError::EmailTaken`], [`AuthError::SubjectTaken`].
    pub async fn create_user(&self, who: &Principal, new: NewUser) -> Result<(User, String), AuthError> {
        who.require_whole_workspace()?;
        let id: UserId = self
            .source
            .id("usr")
            .parse()
            .map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?;
        let user = User {
            email: match &new.email {
                Some(email) => check_email(email)?,
                None => synthetic_email(id.as_str()),
            },
            id,
            workspace: who.reach.workspace.clone(),
            name: check_name(&new.name)?,
            has_password: false,
            subject: new.subject.as_deref().map(check_subject).transpose()?,
            permission: new.permission,
            created_at: self.now(),
        };
        let row = user.clone();
        self.store.write(move |tx| Box::pin(async move { insert(tx, &row).await })).await??;
        let token = link::create_link(&self.store, &self.source, &user.id).await?;
        Ok((user, token))
    }

    /// The token of a new one-time link for somebody who has none any more, or no password.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::OnlySomeDevices`], [`AuthError::NotFound`].
    pub async fn new_sign_in_link(&self, who: &Principal, id: &UserId) -> Result<String, AuthError> {
        let user = self.user(who, id).await?;
        Ok(link::create_link(&self.store, &self.source, &user.id).await?)
    }

    /// Changes somebody. Whoever may less than before is signed out; whoever may more comes back as that.
    ///
    /// # Errors
    /// As [`Auth::create_user`], and [`AuthError::NotFound`], [`AuthError::LastAdmin`].
    pub async fn change_user(
        &self,
        who: &Principal,
        id: &UserId,
        change: UserChange,
    ) -> Result<User, AuthError> {
        let old = self.user(who, id).await?;
        let mut new = old.clone();
        if let Some(name) = &change.name {
            new.name = check_name(name)?;
        }
        if let Some(email) = &change.email {
            new.email = check_email(email)?;
        }
        if let Some(subject) = &change.subject {
            new.subject = subject.as_deref().map(check_subject).transpose()?;
        }
        new.permission = change.permission.unwrap_or(old.permission);
        let row = new.clone();
        self.store.write(move |tx| Box::pin(async move { update(tx, &row).await })).await??;
        // Who is called otherwise by their issuer is somebody else for it.
        if new.permission != old.permission || new.subject != old.subject {
            self.revocations.tell(Revoked::User(id.clone()));
        }
        Ok(new)
    }

    /// Removes somebody, with their sessions; their connections end. The keys that they made stay.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::OnlySomeDevices`], [`AuthError::NotFound`], [`AuthError::Oneself`],
    /// [`AuthError::LastAdmin`].
    pub async fn delete_user(&self, who: &Principal, id: &UserId) -> Result<(), AuthError> {
        let user = self.user(who, id).await?;
        if matches!(&who.who, Who::User(own) if own.id == *id) {
            return Err(AuthError::Oneself);
        }
        let write = self.store.write(move |tx| {
            Box::pin(async move {
                if user.permission == Permission::Admin && is_last_admin(tx, &user).await? {
                    return Ok(Err(AuthError::LastAdmin));
                }
                tx.execute(query("DELETE FROM users WHERE id = $1").bind(&user.id)).await?;
                Ok(Ok(()))
            })
        });
        write.await??;
        self.revocations.tell(Revoked::User(id.clone()));
        Ok(())
    }
}

async fn insert(tx: &mut Tx<'_>, user: &User) -> Found<()> {
    let count = query("SELECT count(*) AS n FROM users WHERE workspace_id = $1").bind(&user.workspace);
    if tx.row(count).await?.map_or(Ok(0), |row| row.int("n"))? >= MAX_USERS {
        return Ok(Err(AuthError::Invalid("a workspace has at most 10000 users")));
    }
    if let Err(taken) = check_free(tx, user).await? {
        return Ok(Err(taken));
    }
    let insert = query(
        "INSERT INTO users (id, workspace_id, email, name, subject, permission, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    tx.execute(
        insert
            .bind(&user.id)
            .bind(&user.workspace)
            .bind(&user.email)
            .bind(&user.name)
            .bind(user.subject.clone())
            .bind(user.permission.as_str())
            .bind(user.created_at),
    )
    .await?;
    Ok(Ok(()))
}

async fn update(tx: &mut Tx<'_>, user: &User) -> Found<()> {
    if let Err(taken) = check_free(tx, user).await? {
        return Ok(Err(taken));
    }
    let select = query("SELECT permission FROM users WHERE id = $1").bind(&user.id);
    let Some(row) = tx.row(select).await? else { return Ok(Err(AuthError::NotFound("user"))) };
    let before = super::users::permission(&row)?;
    if user.permission < before {
        if before == Permission::Admin && is_last_admin(tx, user).await? {
            return Ok(Err(AuthError::LastAdmin));
        }
        tx.execute(query("DELETE FROM browser_sessions WHERE user_id = $1").bind(&user.id)).await?;
    }
    let update = query("UPDATE users SET name = $2, email = $3, subject = $4, permission = $5 WHERE id = $1");
    tx.execute(
        update
            .bind(&user.id)
            .bind(&user.name)
            .bind(&user.email)
            .bind(user.subject.clone())
            .bind(user.permission.as_str()),
    )
    .await?;
    Ok(Ok(()))
}

/// Whether nobody else has the address or, in this workspace, the external id.
async fn check_free(tx: &mut Tx<'_>, user: &User) -> Found<()> {
    let email =
        query("SELECT 1 AS one FROM users WHERE email = $1 AND id <> $2").bind(&user.email).bind(&user.id);
    if tx.row(email).await?.is_some() {
        return Ok(Err(AuthError::EmailTaken));
    }
    if let Some(subject) = &user.subject {
        // Nor may it read like the id of somebody else, whose tokens it would catch.
        let select = query(
            "SELECT 1 AS one FROM users WHERE workspace_id = $1 AND (subject = $2 OR id = $2) AND id <> $3",
        );
        if tx.row(select.bind(&user.workspace).bind(subject).bind(&user.id)).await?.is_some() {
            return Ok(Err(AuthError::SubjectTaken));
        }
    }
    Ok(Ok(()))
}

async fn is_last_admin(tx: &mut Tx<'_>, user: &User) -> Result<bool, StorageError> {
    let others = query(
        "SELECT 1 AS one FROM users WHERE workspace_id = $1 AND id <> $2 AND permission = 'admin' LIMIT 1",
    );
    Ok(tx.row(others.bind(&user.workspace).bind(&user.id)).await?.is_none())
}

fn check_name(name: &str) -> Result<String, AuthError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_USER_NAME || name.chars().any(char::is_control) {
        return Err(AuthError::Invalid("a name has 1 to 80 characters"));
    }
    Ok(name.to_owned())
}

fn check_subject(subject: &str) -> Result<String, AuthError> {
    let length = subject.chars().count();
    if !(1..=MAX_SUBJECT).contains(&length) || subject.chars().any(char::is_control) {
        return Err(AuthError::Invalid("externalId has 1 to 128 characters"));
    }
    Ok(subject.to_owned())
}
