//! A heap from which any entry can be taken out. Where each entry stands is kept outside, one number per id, so that
//! entries that are in one heap at a time share one table.

/// No place, no number.
pub(crate) const NONE: u32 = u32::MAX;

/// Children of a node: flat heaps touch less memory on the way down.
const ARITY: usize = 4;

/// The place of each id in its heap; [`NONE`] for those in none.
#[derive(Debug, Default)]
pub(crate) struct Places(Vec<u32>);

impl Places {
    /// A table for so many ids, all in no heap.
    pub(crate) fn none(count: usize) -> Self {
        Self(vec![NONE; count])
    }

    /// Makes room for one more id.
    pub(crate) fn grow(&mut self) {
        self.0.push(NONE);
    }

    #[inline]
    pub(crate) fn has(&self, id: u32) -> bool {
        self.0[id as usize] != NONE
    }

    #[inline]
    fn set(&mut self, id: u32, at: usize) {
        self.0[id as usize] = at as u32;
    }
}

/// The least key first; at equal keys the lower id.
#[derive(Debug)]
pub(crate) struct Heap<K> {
    items: Vec<(K, u32)>,
}

impl<K> Default for Heap<K> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<K: Copy + Ord> Heap<K> {
    #[inline]
    pub(crate) fn first(&self) -> Option<(K, u32)> {
        self.items.first().copied()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Puts in an id that is in no heap.
    #[inline]
    pub(crate) fn push(&mut self, places: &mut Places, key: K, id: u32) {
        self.items.push((key, id));
        self.up(places, self.items.len() - 1, (key, id));
    }

    /// Takes an id out; nothing happens if it is in no heap. It must not be in another one.
    pub(crate) fn remove(&mut self, places: &mut Places, id: u32) {
        let at = core::mem::replace(&mut places.0[id as usize], NONE);
        if at == NONE {
            return;
        }
        let at = at as usize;
        let Some(last) = self.items.pop() else { return };
        if at == self.items.len() {
            return;
        }
        if last < self.items[at] {
            self.up(places, at, last);
        } else {
            self.down(places, at, last);
        }
    }

    #[inline]
    fn up(&mut self, places: &mut Places, mut at: usize, item: (K, u32)) {
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if self.items[parent] <= item {
                break;
            }
            self.put(places, at, self.items[parent]);
            at = parent;
        }
        self.put(places, at, item);
    }

    fn down(&mut self, places: &mut Places, mut at: usize, item: (K, u32)) {
        loop {
            let first = at * ARITY + 1;
            let Some(children) = self.items.get(first..self.items.len().min(first + ARITY)) else { break };
            let mut least = (&item, NONE);
            for (nth, child) in (0..).zip(children) {
                if child < least.0 {
                    least = (child, nth);
                }
            }
            if least.1 == NONE {
                break;
            }
            let (moved, nth) = (*least.0, least.1);
            self.put(places, at, moved);
            at = first + nth as usize;
        }
        self.put(places, at, item);
    }

    #[inline]
    fn put(&mut self, places: &mut Places, at: usize, item: (K, u32)) {
        self.items[at] = item;
        places.set(item.1, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn the_least_is_first_whatever_is_put_in_and_taken_out(
            steps in prop::collection::vec((any::<bool>(), 0..40u32, 0..9u64), 0..300)
        ) {
            let (mut heap, mut places, mut model) = (Heap::default(), Places::none(40), BTreeSet::new());
            for (adds, id, key) in steps {
                if adds && !places.has(id) {
                    heap.push(&mut places, key, id);
                    model.insert((key, id));
                } else if !adds {
                    heap.remove(&mut places, id);
                    model.retain(|(_, other)| *other != id);
                }
                prop_assert_eq!(heap.first(), model.first().copied());
            }
        }
    }
}
