//! What the guard passes on, in pieces of whole lines: a large event in one buffer would be copied whole as the
//! buffer grows, and again as it is handed on.

use std::collections::VecDeque;

/// What does not fit into a piece of this size begins another one, however large it is. Bytes.
const PIECE_BYTES: usize = 64 << 10;

/// See the module.
#[derive(Debug, Default)]
pub struct Pieces(VecDeque<Vec<u8>>);

impl Pieces {
    /// Adds a line, which is given in parts, and its end.
    pub fn line(&mut self, parts: &[&[u8]]) {
        let bytes = parts.iter().map(|part| part.len()).sum::<usize>() + 1;
        let mut piece = self.last_with_room(bytes).unwrap_or_default();
        piece.reserve(bytes);
        parts.iter().for_each(|part| piece.extend_from_slice(part));
        piece.push(b'\n');
        self.0.push_back(piece);
    }

    /// Adds others behind these.
    pub fn append(&mut self, others: Self) {
        for other in others.0 {
            let piece = self.last_with_room(other.len()).map(|mut last| {
                last.extend_from_slice(&other);
                last
            });
            self.0.push_back(piece.unwrap_or(other));
        }
    }

    /// Takes the first.
    pub fn pop(&mut self) -> Option<Vec<u8>> {
        self.0.pop_front()
    }

    /// The beginning of all that they hold; the rest is dropped.
    pub fn into_head(self, bytes_max: usize) -> Vec<u8> {
        self.0.into_iter().flatten().take(bytes_max).collect()
    }

    fn last_with_room(&mut self, bytes: usize) -> Option<Vec<u8>> {
        self.0.pop_back_if(|last| last.len() + bytes <= PIECE_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(pieces: &Pieces) -> Vec<usize> {
        pieces.0.iter().map(Vec::len).collect()
    }

    #[test]
    fn small_lines_share_a_piece_and_a_large_one_has_its_own() {
        let mut pieces = Pieces::default();
        pieces.line(&[b"a"]);
        pieces.line(&[b"b", b"c"]);
        pieces.line(&[&[b'x'; PIECE_BYTES - 6]]);
        assert_eq!(held(&pieces), [PIECE_BYTES], "it is full");
        pieces.line(&[]);
        pieces.line(&[&[b'y'; 1 << 20]]);
        pieces.line(&[b"d"]);
        assert_eq!(held(&pieces), [PIECE_BYTES, 1, (1 << 20) + 1, 2]);
        assert!(pieces.pop().is_some_and(|piece| piece.starts_with(b"a\nbc\nxx")));
        assert_eq!(pieces.into_head(4), b"\nyyy");
    }

    #[test]
    fn what_is_appended_keeps_its_order_and_its_pieces() {
        let (mut all, mut large) = (Pieces::default(), Pieces::default());
        for _ in 0..3 {
            let mut small = Pieces::default();
            small.line(&[b"small"]);
            all.append(small);
        }
        large.line(&[&[b'x'; PIECE_BYTES]]);
        large.line(&[b"end"]);
        all.append(large);
        assert_eq!(held(&all), [18, PIECE_BYTES + 1, 4]);
    }

    #[test]
    fn a_large_event_holds_little_more_than_its_bytes() {
        let mut pieces = Pieces::default();
        for _ in 0..1_000 {
            pieces.line(&[b"data: ", &[b'x'; 5_000]]);
        }
        let room: usize = pieces.0.iter().map(Vec::capacity).sum();
        let bytes: usize = held(&pieces).into_iter().sum();
        assert!(room < bytes * 3 / 2, "{room} for {bytes}");
    }
}
