//! Dice for tests that ask what nobody means.

/// A linear congruential generator, so that runs repeat. Source: Knuth's MMIX.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        from[usize::try_from(self.0 >> 33).unwrap() % from.len()]
    }
}
