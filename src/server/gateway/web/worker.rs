//! The service worker's script, with the build that it keeps.

use crate::server::gateway::policy;
use axum::Extension;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use leptos::config::LeptosOptions;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Beside the build's own: what a page needs before it is alive, what runs beside it, and what it asks for when something
/// is opened. They are fetched once the page has come to rest, and no first load waits for them.
const FILES: [&str; 20] = [
    "/manifest.webmanifest",
    "/icons/64.png",
    "/icons/192.png",
    "/beside/index.js",
    "/beside/alerts.js",
    "/beside/files.js",
    "/beside/keep.js",
    "/beside/push.js",
    "/beside/whose.js",
    "/beside/debug.js",
    "/emoji/faces.json",
    "/emoji/en.json",
    "/emoji/es.json",
    "/emoji/pt.json",
    "/emoji/ar.json",
    "/emoji/de.json",
    "/i18n/es.json",
    "/i18n/pt.json",
    "/i18n/ar.json",
    "/i18n/de.json",
];

/// The script as it is served. It differs between builds, so that browsers take a new build for what it is.
#[derive(Clone)]
pub struct Worker(Bytes);

impl Worker {
    /// Of what the build left. What is not there is not kept: a service worker that names a missing file would
    /// never be installed.
    pub fn of(options: &LeptosOptions) -> Self {
        let root = Path::new(options.site_root.as_ref());
        let folder = root.join(options.site_pkg_dir.as_ref());
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|file| file.file_name().into_string().ok())
            .filter(|name| [".js", ".wasm", ".css"].iter().any(|end| name.ends_with(end)))
            .collect();
        names.sort_unstable();
        let mut files: Vec<(String, PathBuf)> = names
            .into_iter()
            .map(|name| (format!("/{}/{name}", options.pkg_url_path()), folder.join(name)))
            .collect();
        files.extend(FILES.map(|name| (name.to_owned(), root.join(name.trim_start_matches('/')))));
        let mut hash = Sha256::new();
        files.retain(|(address, path)| {
            let Ok(content) = std::fs::read(path) else { return false };
            hash.update(address);
            hash.update(&content);
            true
        });
        let addresses: Vec<&str> = files.iter().map(|(address, _)| address.as_str()).collect();
        let script = std::fs::read_to_string(root.join("sw.js")).unwrap_or_default();
        hash.update(&script);
        let version = hash.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let build = serde_json::json!({ "version": version, "files": addresses });
        Self(Bytes::from(format!("const BUILD = {build};\n{script}")))
    }
}

/// The script. It may look after every page, wherever it is served from.
pub async fn script(Extension(worker): Extension<Worker>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, policy::WORKER),
    ];
    (headers, worker.0).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(worker: &Worker) -> serde_json::Value {
        let text = std::str::from_utf8(&worker.0).unwrap();
        let (first, rest) = text.split_once(";\n").unwrap();
        assert_eq!(rest, "// the worker\n");
        serde_json::from_str(first.strip_prefix("const BUILD = ").unwrap()).unwrap()
    }

    #[test]
    fn it_names_what_is_there_and_differs_with_it() {
        let root = std::env::temp_dir().join(format!("switchboard_worker_{}", std::process::id()));
        std::fs::create_dir_all(root.join("pkg")).unwrap();
        let put = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
        put("sw.js", "// the worker\n");
        put("pkg/switchboard.js", "one");
        put("pkg/switchboard.js.br", "compressed");
        put("manifest.webmanifest", "{}");
        let options = LeptosOptions::builder()
            .output_name("switchboard")
            .site_root(root.display().to_string())
            .site_pkg_dir("pkg")
            .site_pkg_url("pkg/of-one")
            .build();
        let first = build(&Worker::of(&options));
        assert_eq!(
            first["files"],
            serde_json::json!(["/pkg/of-one/switchboard.js", "/manifest.webmanifest"])
        );
        assert_eq!(build(&Worker::of(&options)), first);
        put("pkg/switchboard.js", "two");
        assert_ne!(build(&Worker::of(&options))["version"], first["version"]);
        std::fs::remove_dir_all(root).unwrap();
    }
}
