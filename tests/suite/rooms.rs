//! Which room may know which: the invariants of ARCHITECTURE.md, read off the sources themselves.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file without its comments: its path below `src`, with `/`, and its text.
struct Source {
    path: String,
    code: String,
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 200, "the sources are not where this test looks");
    let read = |file: PathBuf| Source {
        path: file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"),
        code: code_of(&fs::read_to_string(&file).unwrap()),
    };
    files.into_iter().map(read).collect()
}

fn code_of(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The paths below the crate that a text names, for example `server::storage::query`.
fn named(code: &str) -> Vec<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let rest = |at: usize| &code[at + "crate::".len()..];
    code.match_indices("crate::").map(|(at, _)| rest(at).chars().take_while(|c| part(*c)).collect()).collect()
}

/// Holds for every source below `room`: each of our paths that it names starts with one of `may`.
fn knows_only(room: &str, may: &[&str]) {
    let mut seen = 0;
    for source in sources().iter().filter(|source| source.path.starts_with(room)) {
        seen += 1;
        for path in named(&source.code) {
            assert!(may.iter().any(|allowed| path.starts_with(allowed)), "src/{} knows {path}", source.path);
        }
    }
    assert!(seen > 0, "there is no room src/{room}");
}

/// Holds for every source below `room` but those below `except`: no path that it names starts with `never`.
fn never_knows(room: &str, never: &str, except: &[&str]) {
    let inside: Vec<Source> = sources().into_iter().filter(|source| source.path.starts_with(room)).collect();
    assert!(!inside.is_empty(), "there is no room src/{room}");
    for source in inside.iter().filter(|source| !except.iter().any(|part| source.path.starts_with(part))) {
        for path in named(&source.code) {
            assert!(!path.starts_with(never), "src/{} knows {path}", source.path);
        }
    }
}

#[test]
fn what_travels_and_what_is_believed_depend_on_nothing_else() {
    knows_only("protocol/", &["protocol"]);
    knows_only("model/", &["protocol", "model"]);
    knows_only("i18n/", &["protocol", "model", "i18n"]);
}

#[test]
fn the_client_reaches_the_browser_through_its_hooks_only() {
    knows_only("ui/", &["protocol", "model", "i18n", "ui", "browser"]);
    never_knows("ui/", "browser", &["ui/hooks/"]);
    knows_only("browser/", &["protocol", "model", "i18n", "browser"]);
    for source in sources() {
        let may = source.path.starts_with("browser/") || source.path.starts_with("ui/hooks/");
        assert!(may || !source.code.contains("web_sys"), "src/{} touches the browser itself", source.path);
    }
}

#[test]
fn the_server_knows_the_pages_only_where_it_serves_them() {
    never_knows("server/", "ui", &["server/gateway/web/"]);
    never_knows("server/", "browser", &[]);
}

#[test]
fn the_socket_io_server_knows_nothing_of_ours() {
    knows_only("server/gateway/socketio/", &[]);
}

#[test]
fn a_gateway_asks_devices_and_writes_nothing_itself() {
    never_knows("server/gateway/", "server::engine", &[]);
    for source in sources().iter().filter(|source| source.path.starts_with("server/gateway/")) {
        for verb in ["INSERT ", "UPDATE ", "DELETE FROM "] {
            assert!(!source.code.contains(verb), "src/{} writes the database: {verb}", source.path);
        }
    }
}

#[test]
fn the_rooms_below_do_not_know_the_rooms_above() {
    for above in
        ["server::gateway", "server::devices", "server::engine", "server::sandbox", "server::journal"]
    {
        never_knows("server/storage/", above, &[]);
    }
    for above in ["server::gateway", "server::devices", "server::engine", "server::sandbox"] {
        never_knows("server/journal/", above, &[]);
    }
    for above in ["server::gateway", "server::devices", "server::journal"] {
        never_knows("server/engine/", above, &[]);
        never_knows("server/sandbox/", above, &[]);
    }
    for above in ["server::gateway", "server::devices", "server::journal", "server::sandbox"] {
        never_knows("server/media/", above, &[]);
    }
    never_knows("server/devices/", "server::gateway", &[]);
}

/// The pages' policy lets styles come from our file alone, and strings become markup nowhere: what has to be measured
/// is set through the DOM.
#[test]
fn pages_have_neither_styles_nor_markup_of_their_own() {
    for source in sources().iter().filter(|source| source.path.starts_with("ui/")) {
        for never in [" style=", "inner_html", "<style"] {
            assert!(!source.code.contains(never), "src/{} has {never}", source.path);
        }
        let mut single =
            source.code.match_indices("style:").map(|(at, _)| &source.code[at + "style:".len()..]);
        let one = single.find(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '-'));
        assert!(one.is_none(), "src/{} sets a style: {one:?}", source.path);
    }
}

/// What programs call is mounted through `OpenApiRouter::routes`, which takes only what is documented. The pages
/// and the engine below the Socket.IO dialects are no such thing.
#[test]
fn no_route_is_mounted_without_its_documentation() {
    let may = ["server/gateway/web/", "server/gateway/socketio/"];
    let mut seen = 0;
    for source in sources().iter().filter(|source| source.path.starts_with("server/")) {
        if may.iter().any(|part| source.path.starts_with(part)) {
            continue;
        }
        seen += usize::from(source.code.contains(".routes(routes!("));
        for way in [".route(", ".route_service(", ".nest_service(", "fallback_service("] {
            assert!(!source.code.contains(way), "src/{} mounts something by {way}", source.path);
        }
    }
    assert!(seen > 5, "the routes are not where this test looks");
}

/// A schema of a name that another has would take its place in the document without a word.
#[test]
fn schemas_have_names_of_their_own() {
    let mut names = std::collections::BTreeMap::new();
    for source in sources() {
        let mut documented = false;
        for line in source.code.lines().map(str::trim) {
            documented |= line.contains("derive(") && line.contains("ToSchema");
            let declared = ["pub struct ", "pub enum ", "struct ", "enum "].iter();
            let Some(rest) = declared.filter_map(|start| line.strip_prefix(start)).next() else { continue };
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            if std::mem::take(&mut documented)
                && let Some(other) = names.insert(name.clone(), source.path.clone())
            {
                panic!("src/{} and src/{other} both have a schema {name}", source.path);
            }
        }
    }
    assert!(names.len() > 30, "{names:?}");
}

/// Only the one place that picks the network, and the sandbox's own control surface, may know of it.
#[test]
fn nobody_asks_whether_this_is_the_sandbox() {
    let may = ["server/sandbox/", "server/run.rs", "server/gateway/rest/sandbox", "server/gateway/state.rs"];
    never_knows("", "server::sandbox", &may);
}

#[test]
fn the_reading_of_sources_finds_what_it_should() {
    assert_eq!(named("use crate::server::storage::{A, B}; crate::ui::App"), ["server::storage::", "ui::App"]);
    assert_eq!(code_of("//! crate::ui\nlet a = 1; // crate::ui stays\n"), "let a = 1; // crate::ui stays");
}
