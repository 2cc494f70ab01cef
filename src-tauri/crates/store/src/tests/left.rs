//! A copy of the database that is put back.

use std::{fs, path::Path};

use super::*;

fn copied(from: &Path, to: &Path) {
    for end in ["", "-wal"] {
        let of = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        let _ = fs::remove_file(of(to));
        if of(from).exists() {
            fs::copy(of(from), of(to)).unwrap();
        }
    }
}

impl World {
    fn beside(&self) -> PathBuf {
        self.path().with_file_name("left")
    }

    fn recognised(&mut self) -> bool {
        let beside = self.beside();
        self.store.recognise(&beside).unwrap()
    }

    fn leave(&mut self) {
        let beside = self.beside();
        self.store.leave(&beside).unwrap();
    }

    /// Puts the copy back, and begins.
    fn put_back(self, copy: &Path) -> Self {
        let path = self.path();
        let World { store, folder } = self;
        drop(store);
        copied(copy, &path);
        World { store: Store::open(&path, now()).unwrap().store, folder }
    }
}

#[test]
fn what_the_last_run_has_left_is_the_same_also_after_a_kill() {
    let mut world = World::new();
    let epoch = world.store.epoch().to_owned();
    assert!(!world.recognised());
    world.commit(&[message(Some("1"), "a")]);
    world.leave();
    for _ in 0..3 {
        world = world.reopened();
        assert!(!world.recognised(), "it ended well, or was killed");
        world.store.note_newest(&world.beside()).unwrap();
    }
    assert_eq!(world.store.epoch(), epoch);
    // Killed between the two writes.
    let beside = world.beside();
    let left = fs::read_to_string(&beside).unwrap();
    fs::write(&beside, format!("{left}0123\n")).unwrap();
    world = world.reopened();
    assert!(!world.recognised());
}

#[test]
fn a_copy_that_is_put_back_begins_a_new_epoch() {
    let mut world = World::new();
    let copy = world.path().with_file_name("copy");
    assert!(!world.recognised());
    let epoch = world.store.epoch().to_owned();
    world.commit(&[message(Some("1"), "a")]);
    copied(&world.path(), &copy);
    world.commit(&[message(Some("2"), "b")]);
    world.leave();
    // Of the run that ended.
    world = world.put_back(&copy);
    assert!(world.recognised());
    let second = world.store.epoch().to_owned();
    assert_ne!(second, epoch);
    world = world.reopened();
    assert!(!world.recognised() && world.store.epoch() == second, "once");
    // Of a run that was killed, where more had come and was noted.
    copied(&world.path(), &copy);
    world.commit(&[message(Some("3"), "c")]);
    world.store.note_newest(&world.beside()).unwrap();
    world = world.put_back(&copy);
    assert!(world.recognised());
    // Without what stands beside, or with what does not.
    fs::remove_file(world.beside()).unwrap();
    world = world.reopened();
    assert!(world.recognised());
    world.leave();
    fs::write(world.beside(), [0xff; 100]).unwrap();
    world = world.reopened();
    assert!(world.recognised());
}
