//! Opening a database: what is no database, what is damaged, newer or older.

use std::fs;

use hark_engine::policy::Decision;

use super::*;

#[test]
fn garbage_is_set_aside_whole_and_a_new_database_serves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hark.db");
    let garbage = "not a database ".repeat(1000);
    for n in 0..2 {
        fs::write(&path, &garbage).unwrap();
        let opened = Store::open(&path, now()).unwrap();
        let aside = opened.set_aside.expect("set aside");
        assert_eq!(fs::read_to_string(aside).unwrap(), garbage);
        drop(opened.store);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), n + 2);
    }
}

#[test]
fn a_damaged_or_foreign_database_is_set_aside_too() {
    let world = World::new();
    let root: i64 = world
        .store
        .connection
        .query_row("SELECT rootpage FROM sqlite_master WHERE name = 'message'", [], |row| {
            row.get(0)
        })
        .unwrap();
    world.store.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let path = world.path();
    drop(world.store);
    let mut bytes = fs::read(&path).unwrap();
    let page = usize::try_from(root - 1).unwrap() * 4096;
    bytes[page..page + 4096].fill(0xff);
    fs::write(&path, bytes).unwrap();
    assert!(Store::open(&path, now()).unwrap().set_aside.is_some());

    let foreign = world.folder.path().join("foreign.db");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE message (x)").unwrap();
    drop(other);
    assert!(Store::open(&foreign, now()).unwrap().set_aside.is_some());
}

#[test]
fn a_newer_database_is_refused_and_left_as_it_is() {
    let world = World::new();
    world.store.connection.pragma_update(None, "user_version", 99).unwrap();
    let path = world.path();
    drop(world.store);
    let error = Store::open(&path, now()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn a_database_of_the_first_schema_is_brought_up_to_date_and_a_copy_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hark.db");
    let first =
        crate::open::try_open(&path, &[include_str!("../migrations/0001_first.sql")]).unwrap();
    first.connection.execute_batch(include_str!("../migrations/fixtures/1.sql")).unwrap();
    drop(first);
    let mut opened = Store::open(&path, now()).unwrap();
    assert!(opened.set_aside.is_none());
    let query = Query { limit: 10, ..Query::default() };
    let rows = opened.store.messages(&query).unwrap();
    let decisions: Vec<_> = rows.iter().map(|row| (row.decision, row.shown)).collect();
    let wanted = [
        (Decision::Alert, Shown::Pending),
        (Decision::Backlog, Shown::No),
        (Decision::Alert, Shown::Shown),
    ];
    assert_eq!(decisions, wanted);
    let first = &rows[2];
    assert_eq!(first.message.title, "Build 7");
    assert_eq!((&first.rule, &first.message.sequence, &first.message.topic), (&None, &None, &None));
    assert_eq!(opened.store.pending_count("builds").unwrap(), 1);
    assert_eq!(opened.store.dropped("builds").unwrap(), 0);
    let decide = |_: &Message, _: &RawEvent, _| unreachable!();
    assert_eq!(
        opened.store.commit("builds", [], now(), decide).unwrap().link.cursor.id.as_deref(),
        Some("1700000000:0")
    );
    let copy = PathBuf::from(format!("{}.before-schema-{SCHEMA_VERSION}", path.display()));
    let copy = rusqlite::Connection::open(copy).unwrap();
    let version = copy.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(version, 1);
}

#[test]
fn a_database_keeps_its_epoch_and_one_that_is_begun_anew_has_another() {
    let world = World::new();
    let (epoch, path) = (world.store.epoch().to_owned(), world.path());
    assert!(epoch.len() == 16 && epoch.bytes().all(|byte| byte.is_ascii_hexdigit()), "{epoch}");
    let world = world.reopened();
    assert_eq!(world.store.epoch(), epoch);
    drop(world.store);
    fs::write(&path, "not a database ".repeat(1000)).unwrap();
    let _ = fs::remove_file(path.with_extension("db-wal"));
    let anew = Store::open(&path, now()).unwrap();
    assert!(anew.set_aside.is_some());
    assert_ne!(anew.store.epoch(), epoch);
}

#[test]
fn an_unwritable_folder_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let error = Store::open(&blocked.join("hark.db"), now()).unwrap_err();
    assert!(error.to_string().contains(&*blocked.join("hark.db").to_string_lossy()), "{error}");
}
