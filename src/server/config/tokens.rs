//! Which signed tokens are accepted, and what checks them. The algorithm is decided here and never by a token.

use super::source::{ConfigError, Settings};
use axum::http::Uri;
use std::fmt;
use std::path::{Path, PathBuf};

/// The shortest HS256 secret, in bytes: as long as the hash (RFC 7518, section 3.2).
pub const MIN_JWT_SECRET: usize = 32;
const MAX_JWT_SECRET: usize = 1_024;
/// Where Google publishes the keys of Firebase ID tokens, as a JWK set.
pub const GOOGLE_KEYS: &str =
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";
const MAX_URL: usize = 2_048;
const MAX_PROJECT: usize = 64;

/// The tokens that are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenSettings {
    /// Tokens of the owner's own system.
    pub own: Option<OwnTokens>,
    pub firebase: Option<FirebaseSettings>,
    /// Whether users whom a valid token names are created when they are not known yet.
    pub provision_users: bool,
}

/// What checks the tokens of the owner's own system.
#[derive(Clone, PartialEq, Eq)]
pub enum OwnTokens {
    /// HS256.
    Secret(Vec<u8>),
    /// RS256 and ES256, each by keys of its own kind.
    Keys(KeySource),
}

impl fmt::Debug for OwnTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(_) => f.write_str("Secret(…)"),
            Self::Keys(source) => write!(f, "Keys({source:?})"),
        }
    }
}

/// Firebase ID tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirebaseSettings {
    /// The project's id: the tokens' audience, and a part of their issuer.
    pub project: String,
    pub keys: KeySource,
}

/// Where a JWK set is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    File(PathBuf),
    Url(String),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url) => f.write_str(url),
        }
    }
}

pub(super) fn tokens(settings: &Settings) -> Result<TokenSettings, ConfigError> {
    Ok(TokenSettings {
        own: own(settings)?,
        firebase: firebase(settings)?,
        provision_users: match settings.get("provision_users") {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => return Err(settings.wrong("provision_users", "is true or false")),
        },
    })
}

fn own(settings: &Settings) -> Result<Option<OwnTokens>, ConfigError> {
    match (settings.get("jwt_secret"), settings.get("jwt_jwks")) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(settings.wrong("jwt_jwks", "cannot stand beside jwt_secret: choose one")),
        (Some(secret), None) if (MIN_JWT_SECRET..=MAX_JWT_SECRET).contains(&secret.len()) => {
            Ok(Some(OwnTokens::Secret(secret.as_bytes().to_vec())))
        }
        (Some(_), None) => {
            Err(settings.wrong("jwt_secret", format!("has {MIN_JWT_SECRET} to {MAX_JWT_SECRET} bytes")))
        }
        (None, Some(text)) => Ok(Some(OwnTokens::Keys(key_source(settings, "jwt_jwks", text)?))),
    }
}

fn firebase(settings: &Settings) -> Result<Option<FirebaseSettings>, ConfigError> {
    let keys = settings.get("firebase_jwks");
    let Some(project) = settings.get("firebase_project") else {
        return match keys {
            Some(_) => Err(settings.wrong("firebase_jwks", "needs firebase_project beside it")),
            None => Ok(None),
        };
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:".contains(&b);
    if project.len() > MAX_PROJECT || !project.bytes().all(plain) {
        return Err(settings.wrong("firebase_project", "is not a project id"));
    }
    let keys = keys.map(|text| key_source(settings, "firebase_jwks", text)).transpose()?;
    let keys = keys.unwrap_or_else(|| KeySource::Url(GOOGLE_KEYS.to_owned()));
    Ok(Some(FirebaseSettings { project: project.to_owned(), keys }))
}

/// A URL, or a file that is there: a wrong path is told now, and not when the first user comes.
fn key_source(settings: &Settings, name: &str, text: &str) -> Result<KeySource, ConfigError> {
    if text.starts_with("https://") || text.starts_with("http://") {
        let uri = text.parse::<Uri>().ok().filter(|_| text.len() <= MAX_URL);
        let authority = uri.as_ref().and_then(Uri::authority).map_or("", |authority| authority.as_str());
        if authority.is_empty() || authority.contains('@') {
            return Err(settings.wrong(name, "is not a URL such as https://id.example/jwks.json"));
        }
        return Ok(KeySource::Url(text.to_owned()));
    }
    let path = text.strip_prefix("file://").or_else(|| text.strip_prefix("file:")).unwrap_or(text);
    let path = Path::new(path);
    if path.is_file() {
        Ok(KeySource::File(path.to_owned()))
    } else {
        Err(settings.wrong(name, "is neither a URL nor a file that is there"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<TokenSettings, String> {
        let mut settings = Settings::default();
        for (name, value) in pairs {
            settings.add_variable(name, (*value).to_owned(), "the test").unwrap();
        }
        tokens(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_accepted_unless_it_is_configured() {
        assert_eq!(read(&[]), Ok(TokenSettings::default()));
    }

    #[test]
    fn secrets_are_long_and_never_shown() {
        let secret = "s".repeat(MIN_JWT_SECRET);
        let settings = read(&[("SWITCHBOARD_JWT_SECRET", &secret)]).unwrap();
        assert_eq!(settings.own, Some(OwnTokens::Secret(secret.clone().into_bytes())));
        assert!(!format!("{settings:?}").contains(&secret));
        for length in [1, MIN_JWT_SECRET - 1, MAX_JWT_SECRET + 1] {
            let error = read(&[("SWITCHBOARD_JWT_SECRET", &"s".repeat(length))]).unwrap_err();
            assert_eq!(error, "jwt_secret (from the test): has 32 to 1024 bytes");
        }
    }

    #[test]
    fn one_issuer_has_one_way_to_sign() {
        let both = [
            ("SWITCHBOARD_JWT_SECRET", "a secret that is long enough, at last"),
            ("SWITCHBOARD_JWT_JWKS", "https://id.example/jwks.json"),
        ];
        assert!(read(&both).unwrap_err().contains("choose one"));
    }

    #[test]
    fn key_sets_are_urls_or_files_that_are_there() {
        let own = |text: &str| read(&[("SWITCHBOARD_JWT_JWKS", text)]).map(|settings| settings.own);
        let url = "https://id.example/jwks.json";
        assert_eq!(own(url), Ok(Some(OwnTokens::Keys(KeySource::Url(url.to_owned())))));
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        for text in [file.to_owned(), format!("file:{file}"), format!("file://{file}")] {
            assert_eq!(own(&text), Ok(Some(OwnTokens::Keys(KeySource::File(file.into())))), "{text}");
        }
        let long = format!("https://id.example/{}", "x".repeat(MAX_URL));
        for wrong in ["/no/such/file.json", "https://", "http:///x", "https://a b/", "https://u:p@h/", &long]
        {
            assert!(own(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn firebase_needs_its_project() {
        let firebase = |pairs: &[(&str, &str)]| read(pairs).map(|settings| settings.firebase);
        let google = firebase(&[("SWITCHBOARD_FIREBASE_PROJECT", "shop-1")]).unwrap().unwrap();
        assert_eq!(google.keys, KeySource::Url(GOOGLE_KEYS.to_owned()));
        assert!(
            firebase(&[("SWITCHBOARD_FIREBASE_JWKS", "https://h/x")])
                .unwrap_err()
                .contains("firebase_project")
        );
        for wrong in ["a/b", "a b", &"p".repeat(MAX_PROJECT + 1)] {
            assert!(firebase(&[("SWITCHBOARD_FIREBASE_PROJECT", wrong)]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn users_are_created_only_on_request() {
        let provision =
            |text: &str| read(&[("SWITCHBOARD_PROVISION_USERS", text)]).map(|s| s.provision_users);
        assert_eq!((provision("true"), provision("1")), (Ok(true), Ok(true)));
        assert_eq!((provision("false"), provision("0"), provision("")), (Ok(false), Ok(false), Ok(false)));
        assert!(provision("yes").is_err());
    }
}
