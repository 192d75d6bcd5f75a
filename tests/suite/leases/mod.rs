//! Whoever lost their right to stay is gone within a second, on every wire, whether they read or not, and is told why.

mod acting;
mod client;
mod wires;

use crate::support::Server;
use client::{Client, Kind};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::ops::Range;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wires::{Credential, Scene, WIRES};

const SECRET: &str = "a secret of thirty-two bytes, or more";
/// How long a wire may outlive its credential.
const LIMIT: Duration = Duration::from_secs(1);

pub fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

pub fn server() -> Server {
    Server::start_with(&[
        ("SWITCHBOARD_JWT_SECRET", SECRET.to_owned()),
        ("SWITCHBOARD_PROVISION_USERS", "true".to_owned()),
    ])
}

/// A token of the owner's system that expires then.
pub fn token(user: &str, workspace: &str, expires: u64) -> String {
    let claims = json!({ "sub": user, "workspace": workspace, "exp": expires as f64 / 1_000.0 });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// One cell of the table: a wire, how its client is let in, and whether it reads.
struct Cell {
    name: String,
    kind: Kind,
    reads: bool,
    client: Client,
}

/// Opens every wire, reading and not. `credential` makes what the wire is let in by.
fn cells(scene: &Scene, credential: impl Fn(Kind) -> Option<Credential>) -> Vec<Cell> {
    let mut cells = Vec::new();
    for kind in WIRES {
        let Some(credential) = credential(kind) else { continue };
        for reads in [true, false] {
            // A long poll has one answer, which is as short as that: there is nothing that it could not read.
            if kind == Kind::LongPoll && !reads {
                continue;
            }
            let name = format!("{kind:?}, {}", if reads { "reading" } else { "stalled" });
            let client = Client::open(scene, kind, &credential, reads);
            cells.push(Cell { name, kind, reads, client });
        }
    }
    cells
}

/// What became of all of them, whose right ended at some time within `end`.
#[track_caller]
fn judge(cells: Vec<Cell>, end: Range<Instant>, reason: &str) {
    let latest = end.end + LIMIT;
    // Those that do not read are looked at when the time is over: looking takes them nothing to read.
    std::thread::sleep(latest.saturating_duration_since(Instant::now()));
    let verdict = |cell: Cell| -> Result<String, String> {
        let Cell { name, kind, reads, mut client } = cell;
        if !reads {
            let cut = client.is_cut();
            return if cut { Ok(format!("{name}: cut")) } else { Err(format!("{name}: still there")) };
        }
        match client.ended() {
            None => Err(format!("{name} ({kind:?}): still there")),
            Some((at, _)) if at < end.start => Err(format!("{name}: {:?} too early", end.start - at)),
            Some((at, _)) if at > latest => Err(format!("{name}: {:?} too late", at - latest)),
            Some((_, last)) if !last.contains(reason) => Err(format!("{name}: told {last:?}")),
            Some((at, _)) => Ok(format!("{name}: told why after {:?}", at - end.start)),
        }
    };
    let verdicts: Vec<_> = std::thread::scope(|scope| {
        let judging: Vec<_> = cells.into_iter().map(|cell| scope.spawn(|| verdict(cell))).collect();
        judging.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for verdict in verdicts.iter().flatten() {
        println!("{reason}: {verdict}");
    }
    let wrong: Vec<_> = verdicts.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{reason}:\n{}", wrong.join("\n"));
}

#[test]
fn a_key_that_is_revoked_and_a_session_that_ends() {
    let server = server();
    let scene = Scene::set(&server);
    let person = scene.person("maria");
    let made = server.post("/api-keys", json!({ "name": "brief", "permission": "admin" }));
    let key = made["key"].as_str().unwrap().to_owned();
    // Connection status is for users; everybody else comes by key, and Socket.IO by session, too.
    let mut revoked = cells(&scene, |kind| (!kind.is_for_users()).then(|| Credential::Key(key.clone())));
    let of_session = |kind: Kind| kind.takes_session().then(|| Credential::Session(person.clone()));
    let mut signed_out = cells(&scene, of_session);
    let others = scene.person("other");
    let mut stay = cells(&scene, |kind| kind.takes_session().then(|| Credential::Session(others.clone())));
    for cell in revoked.iter_mut().chain(&mut signed_out).chain(&mut stay).filter(|cell| !cell.reads) {
        assert!(!cell.client.is_cut(), "{}: before anything was taken back", cell.name);
    }
    let before = Instant::now();
    server.ok("DELETE", &format!("/api-keys/{}", made["id"].as_str().unwrap()), None);
    judge(revoked, before..Instant::now(), "access revoked");
    let before = Instant::now();
    scene.sign_out(&person);
    judge(signed_out, before..Instant::now(), "access revoked");
    for cell in &mut stay {
        let gone = if cell.reads { cell.client.has_ended() } else { cell.client.is_cut() };
        assert!(!gone || cell.kind == Kind::LongPoll, "{}: went with somebody else's", cell.name);
    }
}

#[test]
fn a_token_that_expires() {
    let server = server();
    let scene = Scene::set(&server);
    let expires = now() + 15_000;
    let end = Instant::now() + Duration::from_millis(expires - now());
    let name = "nadia";
    let token = token(name, &scene.workspace, expires);
    let mut cells =
        cells(&scene, |_| Some(Credential::Token { user: name.to_owned(), token: token.clone() }));
    assert!(Instant::now() + Duration::from_millis(200) < end, "opening all of them took too long");
    for cell in cells.iter_mut().filter(|cell| !cell.reads) {
        assert!(!cell.client.is_cut(), "{}: before its time", cell.name);
    }
    // The clocks of this program may not agree to the millisecond.
    judge(cells, end - Duration::from_millis(20)..end, "token expired");
}

#[test]
fn a_token_that_is_over_opens_nothing_that_stays() {
    let server = server();
    let scene = Scene::set(&server);
    // Requests have leeway for clocks that differ. A connection would be cut at once, and come again and again.
    let token = token("oscar", &scene.workspace, now() - 5_000);
    let credential = Credential::Token { user: "oscar".to_owned(), token: token.clone() };
    assert_eq!(client::status_of(&server, "/api/v1/me", &token), 200);
    for kind in WIRES {
        let refused: Value = Client::refused(&scene, kind, &credential);
        match kind {
            Kind::SocketIo { path: "/ws", .. } => {
                assert_eq!(refused["message"], "API key is required", "{kind:?}")
            }
            Kind::SocketIo { .. } => assert_eq!(refused["message"], "Token expired", "{kind:?}"),
            _ => assert_eq!(
                (&refused["status"], &refused["code"]),
                (&json!(401), &json!("unauthenticated")),
                "{kind:?}"
            ),
        }
    }
}
