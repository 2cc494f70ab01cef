use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
};

use jiff::Timestamp;

use crate::{Store, check};

#[test]
fn damage_in_the_middle_of_a_database_is_found_and_a_good_one_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hark.db");
    let opening = Store::open(&path, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(opening.store.path().as_deref(), path.to_str());
    assert_eq!(check(&path).unwrap(), None, "also while it is in use");
    drop(opening);
    let length = fs::metadata(&path).unwrap().len();
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    // The pages behind the first one, which has the schema.
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(length - 4096).unwrap()]).unwrap();
    assert!(check(&path).unwrap().is_some());
    assert!(check(&folder.path().join("none")).is_err());
}
