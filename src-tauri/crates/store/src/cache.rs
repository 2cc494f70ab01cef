//! How many of the database's pages SQLite keeps in memory: few, and more while much comes at once, when each commit
//! goes through the same pages as the one before.

use crate::{Store, StoreError};

/// Pages of 4 KiB. No slower than SQLite's default where messages come one by one, and 2 MiB less.
pub(crate) const PAGES: u32 = 64;
/// While much comes at once.
const PAGES_OF_MUCH: u32 = 512;
/// Deliveries in one commit that are much.
const MUCH: usize = 32;

impl Store {
    /// Makes room for a commit of so many deliveries; the next small one gives it back.
    pub(crate) fn make_room(&mut self, deliveries: usize) -> Result<(), StoreError> {
        let wanted = if deliveries < MUCH { PAGES } else { PAGES_OF_MUCH };
        if self.cache_pages != wanted {
            self.connection.pragma_update(None, "cache_size", wanted)?;
            self.cache_pages = wanted;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_much_while_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hark.db");
        let mut store = Store::open(&path, jiff::Timestamp::UNIX_EPOCH).unwrap().store;
        let pages = |store: &Store| -> u32 {
            store.connection.pragma_query_value(None, "cache_size", |row| row.get(0)).unwrap()
        };
        assert_eq!(pages(&store), PAGES);
        for (deliveries, wanted) in
            [(1, PAGES), (MUCH, PAGES_OF_MUCH), (200, PAGES_OF_MUCH), (0, PAGES)]
        {
            store.make_room(deliveries).unwrap();
            assert_eq!(pages(&store), wanted, "{deliveries}");
        }
    }
}
