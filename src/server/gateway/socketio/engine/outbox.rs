//! What waits for one client.

use std::collections::VecDeque;

use super::super::codec::Unit;

/// Packets in the order in which they must leave, with their weight.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    units: VecDeque<Unit>,
    bytes: usize,
}

impl Outbox {
    pub fn push(&mut self, unit: Unit) {
        self.bytes += unit.size();
        self.units.push_back(unit);
    }

    pub fn len(&self) -> usize {
        self.units.len()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Takes so many packets at most, up to that many bytes, and at least one. What is left keeps no more memory than it needs.
    pub fn take(&mut self, max_packets: usize, max_bytes: usize) -> Vec<Unit> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(unit) = self.units.front() {
            let size = unit.size();
            if !taken.is_empty() && (bytes + size > max_bytes || taken.len() >= max_packets) {
                break;
            }
            bytes += size;
            taken.extend(self.units.pop_front());
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        if self.units.is_empty() {
            self.units = VecDeque::new();
        }
        taken
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_keeps_order_and_weight() {
        let mut outbox = Outbox::default();
        for text in ["aaaa", "bbbb", "cccc", "dddd", "eeee"] {
            outbox.push(Unit::message(text));
        }
        assert_eq!(outbox.bytes(), 30);
        assert_eq!(outbox.take(9, 12), [Unit::message("aaaa"), Unit::message("bbbb")]);
        assert_eq!((outbox.len(), outbox.bytes()), (3, 18));
        assert_eq!(outbox.take(2, 99), [Unit::message("cccc"), Unit::message("dddd")]);
        assert_eq!(outbox.take(9, 1), [Unit::message("eeee")]);
        assert_eq!((outbox.is_empty(), outbox.bytes()), (true, 0));
    }
}
