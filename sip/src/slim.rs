//! Tables that give back the room that a rush needed.

use core::hash::{BuildHasher, Hash};
use std::collections::HashMap;

/// A table of no more places than this stays as it is.
const SMALL: usize = 1_024;

/// Shrinks a table that is nearly empty; to be called when something was removed. It is then twice as large as it need
/// be, so that the moves of an entry are paid by three others that went before.
pub(crate) fn slim<K: Eq + Hash, V, S: BuildHasher>(table: &mut HashMap<K, V, S>) {
    if table.capacity() > SMALL && table.len() < table.capacity() / 8 {
        table.shrink_to(table.len().saturating_mul(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_was_full_once_is_small_again_when_it_is_empty() {
        let mut table: HashMap<u32, u32> = (0..100_000).map(|n| (n, n)).collect();
        let full = table.capacity();
        for n in 0..100_000 {
            table.remove(&n);
            slim(&mut table);
            assert!(table.capacity() <= full, "it never grows");
        }
        assert!(table.capacity() <= SMALL, "{}", table.capacity());
    }

    #[test]
    fn what_is_left_is_found_after_it() {
        let mut table: HashMap<u32, u32> = (0..10_000).map(|n| (n, n)).collect();
        table.retain(|n, _| n % 100 == 0);
        slim(&mut table);
        assert!(table.capacity() < 1_000 && (0..100).all(|n| table.get(&(n * 100)) == Some(&(n * 100))));
    }
}
