//! The policy on real databases: who gets in by what, and for how long.

use super::tokens::testing::Signer;
use super::users::User;
use super::{Auth, AuthError, Ended, Keys, NewKey, NewUser, Principal, UserChange, Who, first_workspace};
use crate::protocol::{DeviceId, Permission, UserId, WorkspaceId};
use crate::server::config::{ApiKey, OwnTokens, TokenSettings};
use crate::server::journal::Journal;
use crate::server::source::Source;
use crate::server::storage::query;
use crate::server::storage::testing::databases;
use serde_json::{Value, json};
use std::time::Duration;

const NOW: i64 = 1_800_000_000_000;
const SECRET: &str = "a secret of thirty-two bytes, or more";
const BOOTSTRAP: &str = "bootstrap-key-0123456789";

/// A policy on a database of its own.
struct Site {
    auth: Auth,
    journal: Journal,
    source: Source,
    /// The first workspace.
    home: WorkspaceId,
    /// Whoever has the bootstrap key.
    owner: Principal,
}

async fn sites(provision_users: bool) -> Vec<Site> {
    let mut sites = Vec::new();
    for database in databases().await {
        let source = Source::fixed(NOW, 1);
        let journal = Journal::start(database, source.clone()).await.unwrap();
        let home = first_workspace(&journal, &source).await.unwrap();
        let tokens = TokenSettings {
            own: Some(OwnTokens::Secret(SECRET.as_bytes().to_vec())),
            provision_users,
            ..TokenSettings::default()
        };
        let keys = Keys::new(Some(&ApiKey(BOOTSTRAP.to_owned())), &home);
        let auth =
            Auth::new(journal.store().clone(), source.clone(), keys, vec![]).with_tokens(&tokens, &journal);
        let owner = auth.by_key(BOOTSTRAP).await.unwrap();
        sites.push(Site { auth, journal, source, home, owner });
    }
    sites
}

impl Site {
    async fn device(&self, id: &str, workspace: &WorkspaceId) -> DeviceId {
        let insert = query(
            "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) \
             VALUES ($1, $2, 'd', 'created', 1, 0, 0)",
        );
        self.journal.store().execute(insert.bind(id).bind(workspace)).await.unwrap();
        id.parse().unwrap()
    }

    async fn key(
        &self,
        by: &Principal,
        devices: Option<Vec<DeviceId>>,
        expires_at: Option<i64>,
    ) -> Result<(String, String), AuthError> {
        let new = NewKey { name: "k".to_owned(), permission: Permission::Admin, devices, expires_at };
        self.auth.create_api_key(by, new).await.map(|(info, key)| (info.id, key))
    }

    async fn count(&self, table: &'static str) -> i64 {
        self.journal.store().row(query(table)).await.unwrap().unwrap().int("n").unwrap()
    }
}

fn token(changes: Value) -> String {
    let mut claims = json!({"sub": "ana", "workspace": "wsp_other", "exp": NOW / 1_000 + 600});
    changes.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
    Signer::secret(SECRET).sign(&claims)
}

fn user(principal: &Principal) -> &User {
    match &principal.who {
        Who::User(user) => user,
        Who::Key { .. } => panic!("a key"),
    }
}

async fn ends_within_a_second(auth: &Auth, principal: &Principal, act: impl Future<Output = ()>) -> Ended {
    let mut lease = auth.lease(principal).unwrap();
    act.await;
    tokio::time::timeout(Duration::from_secs(1), lease.ended()).await.expect("it ends at once")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_lives_from_its_making_to_its_end() {
    for site in sites(false).await {
        let (id, key) = site.key(&site.owner, None, Some(NOW + 100_000)).await.unwrap();
        assert!(key.starts_with("swb_") && key.len() == 47);
        let who = site.auth.by_key(&key).await.unwrap();
        assert_eq!(
            (&who.reach.workspace, who.reach.is_whole(), who.until),
            (&site.home, true, Some(NOW + 100_000))
        );
        assert!(matches!(site.auth.by_key(&key[..46]).await, Err(AuthError::UnknownKey)));
        // Its last use is written behind the request's back.
        let used = async {
            while site.auth.api_key(&site.owner, &id).await.unwrap().last_used_at != Some(NOW) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), used).await.unwrap();
        site.source.advance(59_000);
        site.auth.by_key(&key).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(
            site.auth.api_key(&site.owner, &id).await.unwrap().last_used_at,
            Some(NOW),
            "once a minute"
        );
        let ended = ends_within_a_second(&site.auth, &who, async {
            site.source.advance(41_000);
        });
        assert_eq!(ended.await, Ended::Expired);
        assert!(matches!(site.auth.by_key(&key).await, Err(AuthError::UnknownKey)), "expired");

        let (id, key) = site.key(&site.owner, None, None).await.unwrap();
        let who = site.auth.by_key(&key).await.unwrap();
        let ended = ends_within_a_second(&site.auth, &who, async {
            site.auth.delete_api_key(&site.owner, &id).await.unwrap();
        });
        assert_eq!(ended.await, Ended::Revoked);
        assert!(matches!(site.auth.by_key(&key).await, Err(AuthError::UnknownKey)));
        assert!(!site.auth.counts(&who).await.unwrap(), "also for a node that was not told");
        assert!(matches!(site.auth.delete_api_key(&site.owner, &id).await, Err(AuthError::NotFound("key"))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_some_devices_makes_none_that_reaches_further() {
    for site in sites(false).await {
        let other: WorkspaceId = "wsp_elsewhere".parse().unwrap();
        let make = query("INSERT INTO workspaces (id, name, created_at) VALUES ($1, 'x', 1)").bind(&other);
        site.journal.store().execute(make).await.unwrap();
        let (a, b) = (site.device("dev_a", &site.home).await, site.device("dev_b", &site.home).await);
        let strange = site.device("dev_c", &other).await;
        let (id, key) = site.key(&site.owner, Some(vec![a.clone()]), Some(NOW + 1_000)).await.unwrap();
        let limited = site.auth.by_key(&key).await.unwrap();
        assert!(limited.reach.covers(&a) && !limited.reach.covers(&b) && !limited.reach.is_whole());
        let wider = [
            (None, Some(NOW + 1_000)),
            (Some(vec![a.clone()]), None),
            (Some(vec![a.clone()]), Some(NOW + 1_001)),
        ];
        for (devices, expires_at) in wider {
            assert!(matches!(site.key(&limited, devices, expires_at).await, Err(AuthError::WiderThanOwn)));
        }
        for devices in [
            vec![b.clone()],
            vec![a.clone(), b.clone()],
            vec![strange.clone()],
            vec!["dev_none".parse().unwrap()],
        ] {
            let result = site.key(&limited, Some(devices), Some(NOW + 1_000)).await;
            assert!(matches!(result, Err(AuthError::NotFound("device"))), "{result:?}");
        }
        assert!(matches!(
            site.key(&site.owner, Some(vec![strange]), None).await,
            Err(AuthError::NotFound("device"))
        ));
        let (child, _) = site.key(&limited, Some(vec![a.clone()]), Some(NOW + 1_000)).await.unwrap();
        // It sees what reaches nothing else, and nothing of the workspace.
        let (whole, _) = site.key(&site.owner, None, None).await.unwrap();
        let seen: Vec<_> =
            site.auth.api_keys(&limited).await.unwrap().into_iter().map(|key| key.id).collect();
        assert_eq!(seen, [id, child]);
        assert!(matches!(site.auth.delete_api_key(&limited, &whole).await, Err(AuthError::NotFound("key"))));
        assert!(matches!(site.auth.users(&limited, None, 10).await, Err(AuthError::OnlySomeDevices)));
        // With its last device it reaches nothing, and not everything.
        site.journal.store().execute(query("DELETE FROM devices WHERE id = $1").bind(&a)).await.unwrap();
        let bereft = site.auth.by_key(&key).await.unwrap();
        assert!(!bereft.reach.is_whole() && !bereft.reach.covers(&b));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_out_of_their_limits_are_refused() {
    for site in sites(false).await {
        let device = site.device("dev_a", &site.home).await;
        let new = |name: &str, devices, expires_at| NewKey {
            name: name.to_owned(),
            permission: Permission::Read,
            devices,
            expires_at,
        };
        let many: Vec<DeviceId> = (0..201).map(|n| format!("dev_{n}").parse().unwrap()).collect();
        let wrong = [
            new("", None, None),
            new(&"x".repeat(81), None, None),
            new("a\0b", None, None),
            new("x", Some(vec![]), None),
            new("x", Some(many), None),
            new("x", None, Some(NOW)),
        ];
        for wrong in wrong {
            assert!(matches!(site.auth.create_api_key(&site.owner, wrong).await, Err(AuthError::Invalid(_))));
        }
        let twice = new("x", Some(vec![device.clone(), device]), None);
        assert_eq!(site.auth.create_api_key(&site.owner, twice).await.unwrap().0.devices.unwrap().len(), 1);
        let reader = site.auth.create_api_key(&site.owner, new(&"x".repeat(80), None, None)).await.unwrap().1;
        let reader = site.auth.by_key(&reader).await.unwrap();
        assert!(matches!(site.key(&reader, None, None).await, Err(AuthError::NotAllowed(Permission::Admin))));
        assert!(matches!(site.auth.api_keys(&reader).await, Err(AuthError::NotAllowed(_))));
        assert!(matches!(site.auth.users(&reader, None, 1).await, Err(AuthError::NotAllowed(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_with_a_good_token_are_created_only_on_request() {
    for site in sites(false).await {
        assert!(matches!(site.auth.by_token(&token(json!({}))).await, Err(AuthError::UnknownUser)));
        assert_eq!(site.count("SELECT count(*) AS n FROM workspaces").await, 1);
        // Known by external id, or by our own id.
        let new = NewUser {
            name: "Ana".to_owned(),
            email: None,
            permission: Permission::Send,
            subject: Some("ana".to_owned()),
        };
        let (ana, _) = site.auth.create_user(&site.owner, new).await.unwrap();
        let home = site.home.as_str();
        for sub in ["ana", ana.id.as_str()] {
            let who = site.auth.by_token(&token(json!({"workspace": home, "sub": sub}))).await.unwrap();
            assert_eq!(
                (&user(&who).id, who.permission, who.until),
                (&ana.id, Permission::Send, Some(NOW + 600_000))
            );
        }
        assert!(
            matches!(site.auth.by_token(&token(json!({}))).await, Err(AuthError::UnknownUser)),
            "elsewhere, she is nobody"
        );
        let lowered = token(json!({"workspace": home, "permission": "read"}));
        assert_eq!(site.auth.by_token(&lowered).await.unwrap().permission, Permission::Read);
        let raised = token(json!({"workspace": home, "permission": "admin"}));
        assert_eq!(
            site.auth.by_token(&raised).await.unwrap().permission,
            Permission::Send,
            "a token lowers only"
        );
    }
    for site in sites(true).await {
        let tokens = (0..8).map(|_| token(json!({"name": "Ana\u{7}", "email": "Ana@example.com"})));
        let tokens: Vec<_> = tokens.collect();
        let many = futures_util::future::join_all(tokens.iter().map(|token| site.auth.by_token(token))).await;
        let ids: std::collections::BTreeSet<UserId> =
            many.iter().map(|who| user(who.as_ref().unwrap()).id.clone()).collect();
        assert_eq!(ids.len(), 1, "created once");
        let who = many[0].as_ref().unwrap();
        assert_eq!((who.reach.workspace.as_str(), who.reach.is_whole()), ("wsp_other", true));
        assert_eq!((user(who).name.as_str(), user(who).address()), ("Ana", Some("ana@example.com")));
        site.journal.cursor(&who.reach.workspace).await.expect("the workspace has a log");
        // The same address in another workspace stays with whoever had it first.
        let second = site
            .auth
            .by_token(&token(json!({"workspace": "wsp_third", "email": "ana@example.com"})))
            .await
            .unwrap();
        assert_ne!(user(&second).id, user(who).id);
        assert_eq!(user(&second).address(), None);
        assert_eq!(site.count("SELECT count(*) AS n FROM workspaces").await, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_managed_and_their_connections_follow() {
    for site in sites(true).await {
        let admin = site.auth.by_token(&token(json!({"sub": "root"}))).await.unwrap();
        let me = user(&admin).id.clone();
        let new = |name: &str, email: Option<&str>, subject: Option<&str>| NewUser {
            name: name.to_owned(),
            email: email.map(str::to_owned),
            permission: Permission::Send,
            subject: subject.map(str::to_owned),
        };
        let (ana, link) =
            site.auth.create_user(&admin, new("Ana", Some("ANA@example.com"), Some("ana"))).await.unwrap();
        let session = site.auth.sign_in_by_link(&link).await.unwrap().expect("the link signs in");
        assert!(site.auth.sign_in_by_link(&link).await.unwrap().is_none(), "once");
        let at_browser = site.auth.by_session(&session.token).await.unwrap();
        assert_eq!((at_browser.permission, at_browser.is_at_browser()), (Permission::Send, true));
        assert!(matches!(
            site.auth.create_user(&admin, new("B", Some("ana@EXAMPLE.com"), None)).await,
            Err(AuthError::EmailTaken)
        ));
        for subject in ["ana", ana.id.as_str(), me.as_str()] {
            let taken = site.auth.create_user(&admin, new("B", None, Some(subject))).await;
            assert!(matches!(taken, Err(AuthError::SubjectTaken)), "{subject}");
        }
        for wrong in [
            new("", None, None),
            new(&"x".repeat(81), None, None),
            new("x", None, Some("")),
            new("x", None, Some(&"x".repeat(129))),
        ] {
            assert!(matches!(site.auth.create_user(&admin, wrong).await, Err(AuthError::Invalid(_))));
        }

        // Lowered: signed out and cut off, on this node at once and on others at the next check.
        let lower = UserChange { permission: Some(Permission::Read), ..UserChange::default() };
        let by_token = site.auth.by_token(&token(json!({}))).await.unwrap();
        assert_eq!(user(&by_token).id, ana.id);
        let ended = ends_within_a_second(&site.auth, &by_token, async {
            site.auth.change_user(&admin, &ana.id, lower).await.unwrap();
        });
        assert_eq!(ended.await, Ended::Revoked);
        assert!(!site.auth.counts(&by_token).await.unwrap() && !site.auth.counts(&at_browser).await.unwrap());
        assert!(matches!(site.auth.by_session(&session.token).await, Err(AuthError::SessionEnded)));
        assert_eq!(site.auth.by_token(&token(json!({}))).await.unwrap().permission, Permission::Read);

        // Nobody is left without anybody who may everything.
        let lower = UserChange { permission: Some(Permission::Send), ..UserChange::default() };
        assert!(matches!(site.auth.change_user(&admin, &me, lower).await, Err(AuthError::LastAdmin)));
        assert!(matches!(site.auth.delete_user(&admin, &me).await, Err(AuthError::Oneself)));
        let (_, key) = site.key(&admin, None, None).await.unwrap();
        let key = site.auth.by_key(&key).await.unwrap();
        assert!(matches!(site.auth.delete_user(&key, &me).await, Err(AuthError::LastAdmin)));

        let by_token = site.auth.by_token(&token(json!({}))).await.unwrap();
        let ended = ends_within_a_second(&site.auth, &by_token, async {
            site.auth.delete_user(&admin, &ana.id).await.unwrap();
        });
        assert_eq!(ended.await, Ended::Revoked);
        assert!(matches!(site.auth.user(&admin, &ana.id).await, Err(AuthError::NotFound("user"))));
        assert!(
            matches!(site.auth.user(&site.owner, &me).await, Err(AuthError::NotFound("user"))),
            "another workspace's"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_used_is_extended_now_and_then() {
    const HOUR: i64 = 3_600_000;
    for site in sites(true).await {
        let ana = user(&site.auth.by_token(&token(json!({}))).await.unwrap()).id.clone();
        let link = super::create_link(site.journal.store(), &site.source, &ana).await.unwrap();
        let session = site.auth.sign_in_by_link(&link).await.unwrap().unwrap();
        let extended = async || site.auth.by_session(&session.token).await.unwrap().extended;
        assert!(!extended().await, "its cookie is new");
        site.source.advance(HOUR + 1);
        assert!(extended().await);
        assert!(!extended().await, "told once");
        // Longer than it would have lasted, but never unused for so long.
        for _ in 0..3 {
            site.source.advance(29 * 24 * HOUR);
            assert!(extended().await);
        }
        site.source.advance(super::SESSION_LIFE + 1);
        assert!(matches!(site.auth.by_session(&session.token).await, Err(AuthError::SessionEnded)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_looked_at_and_replaced_and_used_once() {
    for site in sites(false).await {
        let new = |name: &str| NewUser {
            name: name.to_owned(),
            email: None,
            permission: Permission::Read,
            subject: None,
        };
        let (ana, first) = site.auth.create_user(&site.owner, new("Ana")).await.unwrap();
        for _ in 0..3 {
            assert_eq!(site.auth.owner_of_link(&first).await.unwrap().unwrap().id, ana.id);
        }
        assert!(site.auth.owner_of_link("").await.unwrap().is_none());
        let session = site.auth.sign_in_by_link(&first).await.unwrap().unwrap();
        assert!(site.auth.owner_of_link(&first).await.unwrap().is_none(), "used up");
        // Nobody makes one for themselves or others but an admin of the whole workspace.
        let reader = site.auth.by_session(&session.token).await.unwrap();
        let refused = site.auth.new_sign_in_link(&reader, &ana.id).await;
        assert!(matches!(refused, Err(AuthError::NotAllowed(Permission::Admin))));
        let nobody = "usr_nobody".parse().unwrap();
        let missing = site.auth.new_sign_in_link(&site.owner, &nobody).await;
        assert!(matches!(missing, Err(AuthError::NotFound("user"))));
        let second = site.auth.new_sign_in_link(&site.owner, &ana.id).await.unwrap();
        site.source.advance(24 * 3_600_000);
        assert!(site.auth.owner_of_link(&second).await.unwrap().is_none(), "a day is over");
        assert!(site.auth.sign_in_by_link(&second).await.unwrap().is_none());
        let third = site.auth.new_sign_in_link(&site.owner, &ana.id).await.unwrap();
        assert_eq!(site.auth.sign_in_by_link(&third).await.unwrap().unwrap().user.id, ana.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_come_in_pages() {
    for site in sites(false).await {
        for n in 0..5 {
            let new =
                NewUser { name: n.to_string(), email: None, permission: Permission::Read, subject: None };
            site.auth.create_user(&site.owner, new).await.unwrap();
        }
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = site.auth.users(&site.owner, after.as_deref(), 2).await.unwrap();
            assert!(page.len() <= 2);
            names.extend(page.into_iter().map(|user| user.name));
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names, ["0", "1", "2", "3", "4"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_opaque_text_is_a_token_or_a_session() {
    for site in sites(true).await {
        let jwt = site.auth.by_any(&token(json!({}))).await.unwrap();
        assert!(!jwt.is_at_browser());
        let link = super::create_link(site.journal.store(), &site.source, &user(&jwt).id).await.unwrap();
        let session = site.auth.sign_in_by_link(&link).await.unwrap().unwrap();
        assert!(site.auth.by_any(&session.token).await.unwrap().is_at_browser());
        for nothing in ["", "x", BOOTSTRAP, "a.b.c", &"x".repeat(20_000)] {
            let error = site.auth.by_any(nothing).await.unwrap_err();
            assert!(matches!(error, AuthError::BadToken) && error.is_guess(), "{nothing}");
        }
        assert!(matches!(site.auth.by_any("e30.e30.x").await, Err(AuthError::BadToken)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_its_connections_when_it_expires() {
    for site in sites(true).await {
        let who = site.auth.by_token(&token(json!({"exp": NOW / 1_000 + 1}))).await.unwrap();
        let ended = ends_within_a_second(&site.auth, &who, async {
            site.source.advance(1_000);
        });
        assert_eq!(ended.await, Ended::Expired);
    }
}
