//! The ids of one connection, where they are those of a counter: whether one falls back behind what was
//! asked for. A counter in a server's memory begins anew with the server, and what it numbers then
//! would be taken for what had the numbers before.

use super::Fallen;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    /// The number after which the connection resumes.
    asked: Option<u64>,
    /// Whether the server has ended the connection before this one.
    was_lost: bool,
    /// Whether this connection has shown that its numbers go on, or that they began anew.
    is_settled: bool,
    /// Whether one fell back and may be a repetition.
    is_repeating: bool,
}

impl Ids {
    pub(super) fn new(asked: Option<u64>, was_lost: bool) -> Self {
        Self { asked, was_lost, is_settled: asked.is_none(), is_repeating: false }
    }

    /// An event has this number. `is_live`: it came later than what is replayed. `repeats`: the server
    /// was seen to send again what it was not asked for.
    ///
    /// A number that falls back once the burst after the opening is over, or from a server that has
    /// just gone away, is one of a new counter. One that comes in the burst of a server that has not
    /// gone may be sent again: then the same text under the same number tells.
    pub(super) fn on_number(
        &mut self,
        number: u64,
        is_live: bool,
        repeats: bool,
    ) -> Option<Fallen> {
        let asked = self.asked.filter(|_| !self.is_settled)?;
        if number > asked {
            self.is_settled = true;
            return None;
        }
        let is_new = is_live || (self.was_lost && !repeats);
        if number == asked || self.is_repeating || !is_new {
            self.is_repeating = true;
            return Some(Fallen::Perhaps);
        }
        self.is_settled = true;
        Some(Fallen::Surely)
    }

    /// The store has found that they began anew.
    pub(super) fn on_renumbered(&mut self) {
        self.is_settled = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_falls_back_is_told_by_when_and_after_what_it_comes() {
        let of = |was_lost, is_live, repeats, numbers: &[u64]| {
            let mut ids = Ids::new(Some(5), was_lost);
            numbers.iter().map(|&it| ids.on_number(it, is_live, repeats)).collect::<Vec<_>>()
        };
        let (perhaps, surely) = (Some(Fallen::Perhaps), Some(Fallen::Surely));
        assert_eq!(of(true, false, false, &[6, 1]), [None, None], "they go on");
        assert_eq!(of(true, false, false, &[1, 2]), [surely, None], "the server had gone");
        assert_eq!(of(false, true, false, &[1, 2]), [surely, None], "long after the opening");
        assert_eq!(of(false, false, false, &[1, 2, 6, 2]), [perhaps, perhaps, None, None]);
        assert_eq!(of(true, false, true, &[1, 2]), [perhaps, perhaps], "it is known to repeat");
        assert_eq!(of(true, false, false, &[5, 4]), [perhaps, perhaps], "the last one once more");
        assert_eq!(Ids::new(None, true).on_number(1, true, false), None);
    }
}
