//! Signed tokens: by every way in, until they expire, and for whom.

use crate::connection_status::client::{Events, Socket};
use crate::connection_status::{device, phone, scan};
use crate::support::Server;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SECRET: &str = "a secret of thirty-two bytes, or more";
const PROJECT: &str = "shop-1";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A Firebase project with a key of its own, whose public half is in a file.
struct Firebase {
    key: EncodingKey,
    file: PathBuf,
}

impl Drop for Firebase {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.file));
    }
}

impl Firebase {
    fn new() -> Self {
        let der: Pkcs8V1Der = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
        let lines = BASE64_STANDARD.encode(der.as_ref());
        let lines: Vec<_> =
            lines.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
        jwk.common.key_id = Some("k1".to_owned());
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let file =
            std::env::temp_dir().join(format!("switchboard_firebase_{}_{nanos}.json", std::process::id()));
        std::fs::write(&file, json!({ "keys": [jwk] }).to_string()).unwrap();
        Self { key, file }
    }

    fn token(&self, user: &str) -> String {
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::RS256) };
        let claims = json!({
            "iss": format!("https://securetoken.google.com/{PROJECT}"), "aud": PROJECT, "sub": user,
            "iat": now() - 5, "auth_time": now() - 5, "exp": now() + 600,
        });
        encode(&header, &claims, &self.key).unwrap()
    }
}

/// A token of the owner's own system.
fn own(user: &str, workspace: &str, lives: i64) -> String {
    let exp = i64::try_from(now()).unwrap() + lives;
    let claims = json!({ "sub": user, "workspace": workspace, "exp": exp });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

fn with_tokens(more: &[(&'static str, String)]) -> Server {
    let mut environment = vec![
        ("SWITCHBOARD_JWT_SECRET", SECRET.to_owned()),
        ("SWITCHBOARD_PROVISION_USERS", "true".to_owned()),
    ];
    environment.extend_from_slice(more);
    Server::start_with(&environment)
}

fn workspace(server: &Server) -> String {
    server.get("/me")["workspaceId"].as_str().unwrap().to_owned()
}

fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}

fn authenticate(token: &str) -> Value {
    json!({ "type": "authenticate", "token": token })
}

#[test]
fn a_firebase_token_opens_both_wires_by_every_way_in() {
    let firebase = Firebase::new();
    let server = with_tokens(&[
        ("SWITCHBOARD_FIREBASE_PROJECT", PROJECT.to_owned()),
        ("SWITCHBOARD_FIREBASE_JWKS", firebase.file.display().to_string()),
    ]);
    let (device, number) = (device(&server), phone(&server));
    let user = "user_2zoIWphpDQ0KgCaUbHNOKm6ZA0u";
    let token = firebase.token(user);
    let query = format!("botId={device}&userId={user}");
    let in_address = format!("{query}&token={token}");

    let mut sockets = vec![
        Socket::open(&server, &query, &bearer(&token)),
        Socket::open(&server, &in_address, &[]),
        Socket::open(&server, &query, &[]),
    ];
    sockets[2].say(json!({ "type": "get_connection_analytics" }));
    assert_eq!(sockets[2].expect("error")["code"], "unauthenticated");
    sockets[2].say(authenticate(&token));
    let streams = [Events::open(&server, &query, &bearer(&token)), Events::open(&server, &in_address, &[])];
    for socket in &mut sockets {
        let hello = socket.expect("authenticated");
        assert_eq!((&hello["userId"], &hello["recovered"]), (&json!(user), &json!(false)));
        assert!(hello["expiresAt"].is_string() && hello["cursor"].is_string(), "{hello}");
    }
    for events in &streams {
        assert_eq!(events.hear().event, "hello");
    }
    server.post(&format!("/devices/{device}/connect"), json!({}));
    let code = sockets[0].expect("qr_code_updated");
    sockets[1].expect("qr_code_updated");
    sockets[2].expect("qr_code_updated");
    scan(&server, &device, &number);
    for socket in &mut sockets {
        let connected = socket.expect("whatsapp_connected");
        assert_eq!((&connected["userId"], &connected["phoneNumber"]), (&json!(user), &json!(number)));
    }
    for events in &streams {
        events.expect("qr_code_updated");
        events.expect("whatsapp_connected");
    }

    // The position may stand in the first frame.
    let mut again = Socket::open(&server, &query, &[]);
    again.say(json!({ "type": "authenticate", "token": token, "since": code["cursor"] }));
    assert_eq!(again.expect("authenticated")["recovered"], true);
    again.expect("whatsapp_connected");
    // Our own id of the user will do as well.
    let headers = bearer(&token);
    let me = server.call_with("GET", "/users", None, &[]).unwrap().1;
    let ours = me["items"].as_array().unwrap().iter().find(|one| one["externalId"] == user);
    if let Some(id) = ours.and_then(|one| one["id"].as_str()) {
        let mut by_id = Socket::open(&server, &format!("botId={device}&userId={id}"), &headers);
        assert_eq!(by_id.expect("authenticated")["userId"], id);
    }
}

#[test]
fn a_token_runs_out_unless_it_is_renewed() {
    let server = with_tokens(&[]);
    let (device, workspace) = (device(&server), workspace(&server));
    let query = format!("botId={device}&userId=ana");
    let short = own("ana", &workspace, 4);
    let began = Instant::now();
    let mut socket = Socket::open(&server, &query, &bearer(&short));
    let mut renewed = Socket::open(&server, &query, &[]);
    renewed.say(authenticate(&short));
    let events = Events::open(&server, &query, &bearer(&short));
    renewed.expect("authenticated");
    socket.expect("authenticated");
    events.hear();
    renewed.say(authenticate(&own("ana", &workspace, 600)));
    let again = renewed.expect("authenticated");
    assert!(again.get("recovered").is_none(), "nothing begins anew: {again}");

    let (frames, close) = socket.closed();
    let took = began.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_millis(5_500)).contains(&took), "{took:?}");
    assert_eq!((&frames[0]["type"], &frames[0]["status"]), (&json!("error"), &json!(401)));
    let close = close.expect("a close");
    assert_eq!((u16::from(close.code), close.reason.as_str()), (4401, "token expired"));
    assert_eq!(events.rest().last().unwrap().data["message"], "token expired");
    renewed.say(json!({ "type": "ping" }));
    renewed.expect("pong");
    server.post(&format!("/devices/{device}/connect"), json!({}));
    renewed.expect("qr_code_updated");

    // Another's token renews nothing.
    renewed.say(authenticate(&own("ben", &workspace, 600)));
    let (_, close) = renewed.closed();
    assert_eq!(close.map(|close| u16::from(close.code)), Some(4403));
}

#[test]
fn a_token_is_for_its_user_and_its_workspace() {
    let server = with_tokens(&[]);
    let (device, workspace) = (device(&server), workspace(&server));
    let ana = own("ana", &workspace, 600);
    let eve = own("eve", "wsp_other", 600);
    let cases = [
        (&ana, format!("botId={device}&userId=ben"), 403),
        (&ana, "botId=dev_none&userId=ana".to_owned(), 404),
        (&eve, format!("botId={device}&userId=eve"), 403),
        (&own("ana", &workspace, -100), format!("botId={device}&userId=ana"), 401),
    ];
    for (token, query, status) in &cases {
        let (http, problem) = Socket::refused(&server, query, &bearer(token));
        assert_eq!(http, *status, "{query}");
        assert_eq!(Events::refused(&server, query, &bearer(token)), (http, problem.clone()), "{query}");
        assert_eq!(Events::refused(&server, &format!("{query}&token={token}"), &[]).0, *status);
        let mut socket = Socket::open(&server, query, &[]);
        socket.say(authenticate(token));
        let (frames, close) = socket.closed();
        assert_eq!(close.map(|close| u16::from(close.code)), Some(4000 + status), "{query}");
        assert_eq!(frames.len(), 1);
        for name in ["status", "code", "title", "detail"] {
            assert_eq!(frames[0][name], problem[name], "{query}");
        }
    }

    // A good token of somebody whom nobody knows.
    let closed = with_tokens(&[("SWITCHBOARD_PROVISION_USERS", "false".to_owned())]);
    let stranger = own("ana", &self::workspace(&closed), 600);
    assert_eq!(Socket::refused(&closed, "botId=dev_none&userId=ana", &bearer(&stranger)).0, 403);
}

#[test]
fn several_users_watch_one_device_each_by_their_own_name() {
    let server = with_tokens(&[]);
    let (device, workspace) = (device(&server), workspace(&server));
    let mut watchers: Vec<(&str, Socket)> = ["ana", "ben", "cleo"]
        .into_iter()
        .map(|user| {
            let query = format!("botId={device}&userId={user}");
            let mut socket = Socket::open(&server, &query, &bearer(&own(user, &workspace, 600)));
            socket.expect("authenticated");
            (user, socket)
        })
        .collect();
    server.post(&format!("/devices/{device}/connect"), json!({}));
    let mut pictures = Vec::new();
    for (user, socket) in &mut watchers {
        let code = socket.expect("qr_code_updated");
        assert_eq!(code["userId"], *user);
        pictures.push(code["qrCode"].clone());
    }
    assert!(pictures.iter().all(|picture| *picture == pictures[0]));
    let numbers = server.get(&format!("/devices/{device}/connections/analytics"));
    let mut names: Vec<_> =
        numbers["watchers"].as_array().unwrap().iter().map(|w| w["watcher"].clone()).collect();
    names.dedup();
    assert_eq!(names.len(), 3, "{numbers}");
}

/// Somebody of two workspaces, whose token names neither.
#[test]
fn a_device_is_found_in_whichever_of_their_workspaces_it_is() {
    let firebase = Firebase::new();
    let server = with_tokens(&[
        ("SWITCHBOARD_FIREBASE_PROJECT", PROJECT.to_owned()),
        ("SWITCHBOARD_FIREBASE_JWKS", firebase.file.display().to_string()),
    ]);
    let (user, home) = ("somebody-of-both", device(&server));
    let token = firebase.token(user);
    let open = |device: &str| {
        let query = format!("botId={device}&userId={user}");
        let mut socket = Socket::open(&server, &query, &bearer(&token));
        socket.expect("authenticated");
        let mut by_frame = Socket::open(&server, &query, &[]);
        by_frame.say(authenticate(&token));
        by_frame.expect("authenticated");
        assert_eq!(Events::open(&server, &format!("{query}&token={token}"), &[]).hear().event, "hello");
    };
    open(&home);
    let there = own(user, "wsp_second", 600);
    let made = crate::connection_status::client::agent()
        .post(format!("{}/api/v1/devices", server.url))
        .header("authorization", format!("Bearer {there}"))
        .header("content-type", "application/json")
        .send(json!({"name": "Theirs"}).to_string())
        .unwrap();
    let made: Value = serde_json::from_str(&made.into_body().read_to_string().unwrap()).unwrap();
    open(made["id"].as_str().unwrap());
    open(&home);
    // What is in a third workspace, in which they are not, is not theirs.
    let stranger = own("somebody-else", "wsp_third", 600);
    let third = crate::connection_status::client::agent()
        .post(format!("{}/api/v1/devices", server.url))
        .header("authorization", format!("Bearer {stranger}"))
        .header("content-type", "application/json")
        .send(json!({"name": "Nobody's"}).to_string())
        .unwrap();
    let third: Value = serde_json::from_str(&third.into_body().read_to_string().unwrap()).unwrap();
    let query = format!("botId={}&userId={user}", third["id"].as_str().unwrap());
    assert_eq!(Socket::refused(&server, &query, &bearer(&token)).0, 403);
    assert_eq!(Events::refused(&server, &query, &bearer(&token)).0, 403);
    // A token that comes with the first frame has the same answer.
    let mut late = Socket::open(&server, &query, &[]);
    late.say(json!({"type": "authenticate", "token": token}));
    let (heard, close) = late.closed();
    assert_eq!(heard.last().unwrap()["status"], 403);
    assert_eq!(close.map(|close| u16::from(close.code)), Some(4403));
}
