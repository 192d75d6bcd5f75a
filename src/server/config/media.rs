//! Where files of messages are kept, and how large they may be.

use super::source::{ConfigError, Settings};
use crate::server::media::{DEFAULT_LIMIT, MAX_LIMIT, Settings as MediaSettings};
use std::path::Path;

/// The lowest limit that can be set, in bytes.
const MIN_LIMIT: u64 = 1_024;

pub(super) fn media(settings: &Settings, data_dir: &Path) -> Result<MediaSettings, ConfigError> {
    let url = settings.get("media_url").unwrap_or("file:media");
    let wrong = |what: &str| settings.wrong("media_url", what);
    let elsewhere = match url.strip_prefix("s3:") {
        None => None,
        Some(place) => {
            let bucket = place.strip_prefix("//").and_then(|place| place.split('/').next());
            let fits = |bucket: &str| {
                (3..=255).contains(&bucket.len())
                    && bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
            };
            bucket.filter(|bucket| fits(bucket)).ok_or_else(|| wrong("is not s3://BUCKET/PREFIX"))?;
            Some(url.to_owned())
        }
    };
    // What is on its way is on this machine's disk in any case.
    let url = if elsewhere.is_some() { "file:media" } else { url };
    let folder = url.strip_prefix("file:").ok_or_else(|| wrong("does not start with file: or s3:"))?;
    // Of file:///a/b, which has an empty host.
    let folder = folder.strip_prefix("//").unwrap_or(folder);
    if folder.is_empty() || folder.contains('\0') {
        return Err(wrong("needs the name of a folder"));
    }
    let folder = data_dir.join(folder);
    if folder.exists() && !folder.is_dir() {
        return Err(wrong("is a file, not a folder"));
    }
    let limit = match settings.get("media_limit") {
        None => DEFAULT_LIMIT,
        Some(text) => {
            let limit = text.parse().ok().filter(|limit| (MIN_LIMIT..=MAX_LIMIT).contains(limit));
            let wrong = || settings.wrong("media_limit", format!("is {MIN_LIMIT} to {MAX_LIMIT} bytes"));
            limit.ok_or_else(wrong)?
        }
    };
    Ok(MediaSettings { folder, elsewhere, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<MediaSettings, ConfigError> {
        let mut settings = Settings::default();
        settings.add_variable(name, value.to_owned(), "the test")?;
        media(&settings, Path::new("/data"))
    }

    #[test]
    fn the_folder_is_in_the_data_folder_unless_it_is_absolute() {
        let default = media(&Settings::default(), Path::new("/data")).unwrap();
        assert_eq!((default.folder.to_str(), default.limit), (Some("/data/media"), DEFAULT_LIMIT));
        let folder = |url| read("SWITCHBOARD_MEDIA_URL", url).map(|media| media.folder.display().to_string());
        assert_eq!(folder("file:files/of").unwrap(), "/data/files/of");
        assert_eq!(folder("file:///srv/files").unwrap(), "/srv/files");
        for wrong in ["file:", "file://", "/srv/files", "http://x", "file:a\0b"] {
            assert!(folder(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn files_may_be_elsewhere_but_are_on_their_way_here() {
        for url in ["s3://bucket", "s3://my-bucket.x/with/a/prefix/"] {
            let media = read("SWITCHBOARD_MEDIA_URL", url).unwrap();
            assert_eq!(media.elsewhere.as_deref(), Some(url));
            assert_eq!(media.folder.to_str(), Some("/data/media"));
        }
        for wrong in ["s3:", "s3://", "s3:bucket", "s3://b/x", "s3://a b/x", "s3:///x"] {
            assert!(read("SWITCHBOARD_MEDIA_URL", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_limit_has_limits() {
        let limit = |value| read("SWITCHBOARD_MEDIA_LIMIT", value).map(|media| media.limit);
        assert_eq!((limit("1024"), limit("262144000")), (Ok(1_024), Ok(MAX_LIMIT)));
        for wrong in ["1023", "262144001", "-1", "1e6", "many"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
