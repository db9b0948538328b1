//! An id as the lower-case hexadecimal digits that go over the wire, so that it is written out only once.

use std::fmt;

/// `N` hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Hex<const N: usize>([u8; N]);

impl<const N: usize> Hex<N> {
    /// Takes the digits from the text of an id, which Sentry writes in lower case.
    pub(crate) fn of(id: impl fmt::Display) -> Self {
        let mut digits = [b'0'; N];
        for (digit, byte) in digits.iter_mut().zip(id.to_string().bytes()) {
            *digit = byte;
        }
        Self(digits)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Hex<16> {
    /// Makes the id of a new span.
    pub(crate) fn random() -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";

        let mut digits = [b'0'; 16];
        // Zero is no id.
        let mut bits = fastrand::u64(1..);
        for digit in digits.iter_mut().rev() {
            *digit = DIGITS.get((bits & 0xf) as usize).copied().unwrap_or(b'0');
            bits >>= 4;
        }
        Self(digits)
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use sentry_core::protocol::{SpanId, TraceId};

    use super::*;

    #[test]
    fn an_id_keeps_its_digits() {
        let id = SpanId::from([0, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd]);
        assert_eq!(
            Hex::<16>::of(id).as_str(),
            "00012345 6789abcd".replace(' ', "")
        );
        let trace = TraceId::default();
        assert_eq!(Hex::<32>::of(trace).as_str(), trace.to_string());
    }

    #[test]
    fn a_new_id_is_one_that_sentry_reads() {
        let (first, second) = (Hex::random(), Hex::random());
        assert_ne!(first, second);
        let read: SpanId = first.as_str().parse().unwrap();
        assert_eq!(read.to_string(), first.as_str());
    }
}
