//! Good tokens are believed, and nothing else is.

use super::testing::{Signer, TestFile, assemble, set};
use super::{MAX_TOKEN, Tokens, Verified, looks_like_jwt};
use crate::protocol::Permission;
use crate::server::auth::AuthError;
use crate::server::config::{FirebaseSettings, KeySource, OwnTokens, TokenSettings};
use crate::server::source::Source;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

const NOW: i64 = 1_800_000_000_000;
const SECRET: &str = "a secret of thirty-two bytes, or more";

fn source() -> Source {
    Source::fixed(NOW, 1)
}

fn tokens(settings: &TokenSettings) -> (Tokens, Source) {
    let source = source();
    (Tokens::new(settings, &source), source)
}

fn by_secret() -> Tokens {
    let own = OwnTokens::Secret(SECRET.as_bytes().to_vec());
    tokens(&TokenSettings { own: Some(own), ..TokenSettings::default() }).0
}

fn by_keys(place: KeySource) -> (Tokens, Source) {
    tokens(&TokenSettings { own: Some(OwnTokens::Keys(place)), ..TokenSettings::default() })
}

fn firebase(file: &TestFile) -> Tokens {
    let firebase = FirebaseSettings { project: "shop-1".to_owned(), keys: KeySource::File(file.0.clone()) };
    tokens(&TokenSettings { firebase: Some(firebase), ..TokenSettings::default() }).0
}

/// Claims that are good, with some of them changed; `null` takes one away.
fn claims(changes: Value) -> Value {
    change(json!({"sub": "ana", "workspace": "wsp_1", "exp": NOW / 1_000 + 600}), changes)
}

fn google_claims(changes: Value) -> Value {
    let (now, project) = (NOW / 1_000, "shop-1");
    let good = json!({
        "iss": format!("https://securetoken.google.com/{project}"), "aud": project, "sub": "uid1",
        "iat": now - 5, "auth_time": now - 60, "exp": now + 3_600, "email": "ana@example.com",
        "email_verified": true, "firebase": {"sign_in_provider": "password"},
    });
    change(good, changes)
}

fn change(mut claims: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("an object") };
    for (name, value) in changes {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(&name);
        } else {
            claims[name] = value;
        }
    }
    claims
}

#[track_caller]
fn is_bad(result: Result<Verified, AuthError>, what: &str) {
    assert!(matches!(result, Err(AuthError::BadToken)), "{what}: {result:?}");
}

#[tokio::test]
async fn a_good_token_says_who_it_is_for() {
    let own = by_secret();
    let signer = Signer::secret(SECRET);
    let said = json!({"permission": "send", "name": "Ana", "email": "ana@example.com", "aud": "anybody", "extra": [1]});
    let verified = own.verify(&signer.sign(&claims(said))).await.unwrap();
    assert_eq!((verified.subject.as_str(), verified.until), ("ana", NOW + 600_000));
    assert_eq!(verified.workspace.unwrap().as_str(), "wsp_1");
    assert_eq!((verified.permission, verified.name.as_deref()), (Some(Permission::Send), Some("Ana")));
    let odd = json!({"name": 5, "email": {"x": 1}, "email_verified": "no", "exp": 1_800_000_010.5});
    let verified = own.verify(&signer.sign(&claims(odd))).await.unwrap();
    assert_eq!((verified.name, verified.email, verified.until), (None, None, NOW + 10_500));
}

#[tokio::test]
async fn every_wrong_claim_is_refused() {
    let own = by_secret();
    let signer = Signer::secret(SECRET);
    let now = NOW / 1_000;
    let wrong = [
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": 7}),
        json!({"sub": "x".repeat(129)}),
        json!({"sub": "a\nb"}),
        json!({"workspace": null}),
        json!({"workspace": "a/b"}),
        json!({"workspace": ""}),
        json!({"workspace": 1}),
        json!({"exp": null}),
        json!({"exp": "soon"}),
        json!({"exp": [1]}),
        json!({"nbf": now + 60}),
        json!({"nbf": "x"}),
        json!({"permission": "owner"}),
        json!({"permission": 3}),
    ];
    for changes in wrong {
        is_bad(own.verify(&signer.sign(&claims(changes.clone()))).await, &changes.to_string());
    }
    for expired in [json!({"exp": now - 30}), json!({"exp": 0}), json!({"exp": -5}), json!({"exp": -1e300})] {
        let result = own.verify(&signer.sign(&claims(expired.clone()))).await;
        assert!(matches!(result, Err(AuthError::TokenExpired)), "{expired}: {result:?}");
    }
    for good in [
        json!({"exp": now - 29}),
        json!({"nbf": now + 30}),
        json!({"exp": 1e300}),
        json!({"sub": "x".repeat(128)}),
    ] {
        let result = own.verify(&signer.sign(&claims(good.clone()))).await;
        assert!(result.is_ok(), "{good}: {result:?}");
    }
    for no_claims in [json!([]), json!("x"), json!(null), json!(5)] {
        is_bad(own.verify(&signer.sign(&no_claims)).await, &no_claims.to_string());
    }
}

#[tokio::test]
async fn only_the_configured_algorithm_and_secret_count() {
    let own = by_secret();
    let good = claims(json!({}));
    is_bad(
        own.verify(&Signer::secret("another secret, just as long as ours").sign(&good)).await,
        "wrong secret",
    );
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let signer = Signer { algorithm, ..Signer::secret(SECRET) };
        is_bad(own.verify(&signer.sign(&good)).await, "another hash");
    }
    is_bad(own.verify(&Signer::rsa("r").sign(&good)).await, "RS256 against a secret");
    let none = assemble(&json!({"alg": "none", "typ": "JWT"}), &good, "");
    is_bad(own.verify(&none).await, "alg none");
    is_bad(own.verify(&none.replace("none", "None")).await, "alg None");
    let header = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::HS256) };
    is_bad(
        own.verify(&Signer::secret(SECRET).sign_as(&header, &good)).await,
        "an extension that we do not know",
    );
    let token = Signer::secret(SECRET).sign(&good);
    let (head, signature) = token.rsplit_once('.').unwrap();
    is_bad(own.verify(&format!("{head}.")).await, "no signature");
    is_bad(own.verify(&format!("{head}.{}", signature.to_lowercase())).await, "a damaged signature");
    let other = assemble(&json!({"alg": "HS256"}), &claims(json!({"sub": "eve"})), signature);
    is_bad(own.verify(&other).await, "other claims under the signature");
}

#[tokio::test]
async fn what_is_no_token_is_refused_and_breaks_nothing() {
    let own = by_secret();
    let long = Signer::secret(SECRET).sign(&claims(json!({"extra": "x".repeat(MAX_TOKEN)})));
    let texts =
        ["", ".", "..", "...", "a.b.c", "e30.e30.e30", "e30.e30", "ñ.ñ.ñ", "eyJhbGciOiJIUzI1NiJ9..", &long];
    for text in texts {
        is_bad(own.verify(text).await, text.get(..20).unwrap_or(text));
    }
    assert!(looks_like_jwt("e30.x.y") && !looks_like_jwt("e30.x") && !looks_like_jwt("bnVsbA.x.y"));
    assert!(!looks_like_jwt("swb_key.with.dots") && !looks_like_jwt(&long));
    let (nobody, _) = tokens(&TokenSettings::default());
    let token = Signer::secret(SECRET).sign(&claims(json!({})));
    assert!(matches!(nobody.verify(&token).await, Err(AuthError::NoTokens)));
}

#[tokio::test]
async fn a_key_of_a_set_signs_in_its_own_way() {
    let (rsa, ec, stranger) = (Signer::rsa("r"), Signer::ec("e"), Signer::rsa("r"));
    let symmetric =
        json!({"kty": "oct", "k": "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0", "kid": "s", "alg": "HS256"});
    let strange = json!({"kty": "new", "kid": "n"});
    let mut for_encryption = Signer::rsa("x").jwk();
    for_encryption["use"] = json!("enc");
    let file = TestFile::new(&set(&[symmetric, strange, for_encryption, rsa.jwk(), ec.jwk()]));
    let (own, _) = by_keys(KeySource::File(file.0.clone()));
    let good = claims(json!({}));
    assert!(own.verify(&rsa.sign(&good)).await.is_ok());
    assert!(own.verify(&ec.sign(&good)).await.is_ok());
    is_bad(own.verify(&stranger.sign(&good)).await, "the id of one key, signed with another");
    is_bad(
        own.verify(&Signer { kid: Some("none".to_owned()), ..Signer::rsa("") }.sign(&good)).await,
        "an unknown id",
    );
    is_bad(own.verify(&Signer { kid: None, ..rsa }.sign(&good)).await, "no id, where there are several keys");
    // The public key taken for a secret: in every form in which a library might see it.
    let jwk = ec.jwk();
    for secret in [jwk.to_string(), jwk["x"].as_str().unwrap().to_owned()] {
        let forged = Signer { kid: Some("e".to_owned()), ..Signer::secret(&secret) };
        is_bad(own.verify(&forged.sign(&good)).await, "HS256 with a public key");
    }
    let by_symmetric = Signer { kid: Some("s".to_owned()), ..Signer::secret("secret secret secret secret") };
    is_bad(own.verify(&by_symmetric.sign(&good)).await, "a symmetric key in a public set");
    is_bad(own.verify(&assemble(&json!({"alg": "none", "kid": "e"}), &good, "")).await, "alg none");
    is_bad(
        own.verify(&Signer { kid: Some("r".to_owned()), ..Signer::ec("") }.sign(&good)).await,
        "ES256 by an RSA id",
    );
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes_and_a_damaged_one_is_not_used() {
    let (first, second) = (Signer::ec("1"), Signer::ec("2"));
    let file = TestFile::new(&set(&[first.jwk()]));
    let (own, source) = by_keys(KeySource::File(file.0.clone()));
    let good = claims(json!({}));
    assert!(own.verify(&first.sign(&good)).await.is_ok());
    assert!(own.verify(&Signer { kid: None, ..Signer::ec("") }.sign(&good)).await.is_err());
    let no_id = Signer { kid: None, key: first.key.clone(), ..Signer::ec("") };
    assert!(own.verify(&no_id.sign(&good)).await.is_ok(), "the only key needs no name");
    file.write(&set(&[second.jwk(), Signer::ec("3").jwk()]));
    assert!(own.verify(&second.sign(&good)).await.is_ok());
    is_bad(own.verify(&first.sign(&good)).await, "withdrawn");
    for damaged in ["", "{", "{\"keys\": {}}", "{\"keys\": []}", &" ".repeat(300_000)] {
        file.write(damaged);
        assert!(own.verify(&second.sign(&good)).await.is_ok(), "the last good set stays in use");
        source.advance(11_000);
    }
    std::fs::remove_file(&file.0).unwrap();
    assert!(own.verify(&second.sign(&good)).await.is_ok());
    let (never, _) = by_keys(KeySource::File(file.0.clone()));
    assert!(matches!(never.verify(&second.sign(&good)).await, Err(AuthError::NoKeySet)));
}

/// A key server: counts its requests and answers what it is told to.
struct KeyServer {
    url: String,
    asked: Arc<AtomicU32>,
    answer: Arc<Mutex<String>>,
}

impl KeyServer {
    fn start(first: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let (asked, answer) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(first)));
        let (counted, said) = (asked.clone(), answer.clone());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                drop(stream.read(&mut [0; 4_096]));
                std::thread::sleep(std::time::Duration::from_millis(50));
                drop(stream.write_all(said.lock().unwrap().as_bytes()));
            }
        });
        Self { url, asked, answer }
    }

    fn says(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(keys: &[Value], max_age: u32) -> String {
    let body = set(keys);
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\ncache-control: public, max-age={max_age}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_asked_as_seldom_as_it_allows() {
    let (first, second, third) = (Signer::ec("1"), Signer::ec("2"), Signer::ec("3"));
    let server = KeyServer::start(answer(&[first.jwk()], 300));
    let (own, source) = by_keys(KeySource::Url(server.url.clone()));
    let good = |seconds: i64| claims(json!({"exp": NOW / 1_000 + seconds}));
    let token = first.sign(&good(9_000));
    let both = futures_util::future::join_all((0..20).map(|_| own.verify(&token))).await;
    assert!(both.iter().all(Result::is_ok));
    assert_eq!(server.asked(), 1, "many at once ask once");
    source.advance(299_000);
    assert!(own.verify(&token).await.is_ok());
    assert_eq!(server.asked(), 1);
    source.advance(1_000);
    assert!(own.verify(&token).await.is_ok());
    assert_eq!(server.asked(), 2, "its life is over");

    // A key that it did not have: asked at once, then once a minute at most.
    server.says(answer(&[first.jwk(), second.jwk()], 300));
    let (new, unknown) = (second.sign(&good(9_000)), third.sign(&good(9_000)));
    let many = futures_util::future::join_all((0..20).map(|_| own.verify(&new))).await;
    assert!(many.iter().all(Result::is_ok));
    assert_eq!(server.asked(), 3);
    for _ in 0..5 {
        is_bad(own.verify(&unknown).await, "unknown");
    }
    assert_eq!(server.asked(), 3, "not within the minute");
    source.advance(60_000);
    is_bad(own.verify(&unknown).await, "unknown");
    assert_eq!(server.asked(), 4);

    // While it is down or answers nonsense, the last set is used, and it is asked again soon but not at once.
    for nonsense in
        ["", "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"]
    {
        server.says(nonsense.to_owned());
        source.advance(400_000);
        let before = server.asked();
        assert!(own.verify(&token).await.is_ok() && own.verify(&new).await.is_ok());
        assert_eq!(server.asked(), before + 1, "{nonsense}");
    }
    server.says(answer(&[second.jwk()], 0));
    source.advance(10_000);
    is_bad(own.verify(&token).await, "withdrawn");
    assert!(own.verify(&new).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_life_is_kept_to_the_second() {
    let (old, young) = (Signer::ec("1"), Signer::ec("2"));
    let server = KeyServer::start(answer(&[old.jwk()], 5));
    let (own, source) = by_keys(KeySource::Url(server.url.clone()));
    let token = old.sign(&claims(json!({})));
    assert!(own.verify(&token).await.is_ok());
    // The key is withdrawn: nothing but the life of the set says when that counts.
    server.says(answer(&[young.jwk()], 5));
    source.advance(4_000);
    assert!(own.verify(&token).await.is_ok());
    assert_eq!(server.asked(), 1);
    source.advance(1_000);
    is_bad(own.verify(&token).await, "withdrawn");
    // Asked because the set was old, and at once again because the key is not in it.
    assert_eq!(server.asked(), 3);
    is_bad(own.verify(&token).await, "withdrawn");
    assert_eq!(server.asked(), 3, "for a key that is not known, once a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_beyond_the_limit_is_not_read() {
    let signer = Signer::ec("1");
    let many: Vec<Value> = (0..2_000).map(|_| signer.jwk()).collect();
    let server = KeyServer::start(answer(&many, 300));
    let (own, _) = by_keys(KeySource::Url(server.url.clone()));
    let token = signer.sign(&claims(json!({})));
    assert!(matches!(own.verify(&token).await, Err(AuthError::NoKeySet)));
    assert!(matches!(own.verify(&token).await, Err(AuthError::NoKeySet)));
    assert_eq!(server.asked(), 1, "a failure is not repeated at once");
}

#[tokio::test]
async fn firebase_tokens_are_checked_to_the_letter() {
    let (google, stranger) = (Signer::rsa("g"), Signer::rsa("g"));
    let ec = Signer::ec("e");
    let file = TestFile::new(&set(&[google.jwk(), ec.jwk()]));
    let tokens = firebase(&file);
    let now = NOW / 1_000;
    let verified = tokens.verify(&google.sign(&google_claims(json!({})))).await.unwrap();
    assert_eq!((verified.subject.as_str(), verified.workspace), ("uid1", None));
    assert_eq!((verified.email.as_deref(), verified.may_be_our_id), (Some("ana@example.com"), false));
    let unverified = google.sign(&google_claims(json!({"email_verified": false, "workspace": "wsp_2"})));
    let verified = tokens.verify(&unverified).await.unwrap();
    assert_eq!((verified.email, verified.workspace.unwrap().as_str()), (None, "wsp_2"));
    let wrong = [
        json!({"aud": "shop-2"}),
        json!({"aud": null}),
        json!({"aud": ["shop-2"]}),
        json!({"iss": "https://securetoken.google.com/shop-2"}),
        json!({"iss": "https://securetoken.google.com/"}),
        json!({"iss": "https://securetoken.google.com/shop-1/"}),
        json!({"iss": "https://evil.example/shop-1"}),
        json!({"iss": null}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": "x".repeat(129)}),
        json!({"iat": now + 60}),
        json!({"iat": null}),
        json!({"auth_time": now + 60}),
        json!({"auth_time": null}),
        json!({"nbf": now + 60}),
        json!({"exp": null}),
    ];
    for changes in wrong {
        is_bad(tokens.verify(&google.sign(&google_claims(changes.clone()))).await, &changes.to_string());
    }
    let expired = tokens.verify(&google.sign(&google_claims(json!({"exp": now - 60})))).await;
    assert!(matches!(expired, Err(AuthError::TokenExpired)));
    let good = google_claims(json!({}));
    is_bad(tokens.verify(&stranger.sign(&good)).await, "wrong key");
    is_bad(tokens.verify(&Signer { kid: Some("x".to_owned()), ..stranger }.sign(&good)).await, "unknown kid");
    is_bad(tokens.verify(&ec.sign(&good)).await, "ES256");
    is_bad(
        tokens.verify(&Signer { kid: Some("g".to_owned()), ..Signer::secret("x") }.sign(&good)).await,
        "HS256",
    );
    is_bad(tokens.verify(&Signer { kid: None, ..google }.sign(&good)).await, "no kid");
    is_bad(tokens.verify(&assemble(&json!({"alg": "none", "kid": "g"}), &good, "")).await, "alg none");
}

#[tokio::test]
async fn each_issuer_vouches_for_its_own_tokens_only() {
    let google = Signer::rsa("g");
    let file = TestFile::new(&set(&[google.jwk()]));
    let (both, _) = tokens(&TokenSettings {
        own: Some(OwnTokens::Secret(SECRET.as_bytes().to_vec())),
        firebase: Some(FirebaseSettings {
            project: "shop-1".to_owned(),
            keys: KeySource::File(file.0.clone()),
        }),
        provision_users: false,
    });
    let own = Signer::secret(SECRET);
    assert!(both.verify(&own.sign(&claims(json!({})))).await.is_ok());
    assert!(both.verify(&google.sign(&google_claims(json!({})))).await.is_ok());
    is_bad(both.verify(&google.sign(&claims(json!({})))).await, "Google's key for our own issuer");
    is_bad(both.verify(&own.sign(&google_claims(json!({})))).await, "our secret for Google's issuer");
}
