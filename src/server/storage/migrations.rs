//! The schema's history, compiled in. The two folders hold the same tables.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

macro_rules! migrations {
    ($folder:literal: $(($version:literal, $name:literal)),* $(,)?) => {
        [$(($version, $name, include_str!(concat!("../../../migrations/", $folder, "/", $name, ".sql")))),*]
    };
}

type List = [(i64, &'static str, &'static str); 22];

const SQLITE: List = migrations!("sqlite":
    (1, "0001_foundation"),
    (2, "0002_sandbox"),
    (3, "0003_access"),
    (4, "0004_connections"),
    (5, "0005_webhooks"),
    (6, "0006_messages"),
    (7, "0007_chats"),
    (8, "0008_search"),
    (9, "0009_media"),
    (10, "0010_phones"),
    (12, "0012_search_details"),
    (13, "0013_media_both_ways"),
    (14, "0014_message_actions"),
    (15, "0015_identity"),
    (16, "0016_people"),
    (17, "0017_history"),
    (18, "0018_sends"),
    (19, "0019_push"),
    (20, "0020_push_quiet_hours"),
    (21, "0021_push_language"),
    (22, "0022_waiting_chats"),
    (23, "0023_pins"),
);
const POSTGRES: List = migrations!("postgres":
    (1, "0001_foundation"),
    (2, "0002_sandbox"),
    (3, "0003_access"),
    (4, "0004_connections"),
    (5, "0005_webhooks"),
    (6, "0006_messages"),
    (7, "0007_chats"),
    (8, "0008_search"),
    (9, "0009_media"),
    (10, "0010_phones"),
    (12, "0012_search_details"),
    (13, "0013_media_both_ways"),
    (14, "0014_message_actions"),
    (15, "0015_identity"),
    (16, "0016_people"),
    (17, "0017_history"),
    (18, "0018_sends"),
    (19, "0019_push"),
    (20, "0020_push_quiet_hours"),
    (21, "0021_push_language"),
    (22, "0022_waiting_chats"),
    (23, "0023_pins"),
);

/// The newest migration that this version knows.
pub fn known() -> i64 {
    SQLITE.iter().map(|(version, ..)| *version).max().unwrap_or(0)
}

/// What brings a SQLite database up to date.
pub fn sqlite() -> Migrator {
    migrator(SQLITE)
}

/// What brings a PostgreSQL database up to date.
pub fn postgres() -> Migrator {
    migrator(POSTGRES)
}

fn migrator(list: List) -> Migrator {
    let migration = |(version, name, text): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(list.into_iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_in_order_for_both_databases() {
        for (folder, list) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let path = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
            let mut files: Vec<String> = std::fs::read_dir(path)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let listed: Vec<String> = list.iter().map(|(_, name, _)| format!("{name}.sql")).collect();
            assert_eq!(listed, files, "{folder}");
            for (version, name, _) in list {
                assert!(name.starts_with(&format!("{version:04}_")), "{name}");
            }
        }
    }
}
