//! A hash that never changes between versions or machines: ids and names that must be stable are derived from it.

/// FNV-1a over the parts, spread by SplitMix64's finaliser. Not for secrets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StableHash(u64);

impl StableHash {
    /// Starts for one `purpose`, so that two kinds of ids of the same scope differ.
    pub(crate) fn new(purpose: &str) -> Self {
        Self(0xcbf2_9ce4_8422_2325).with(purpose)
    }

    /// Takes in one part.
    pub(crate) fn with(mut self, part: &str) -> Self {
        for byte in part.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    /// The `n`th number of the sequence that the parts start.
    pub(crate) fn draw(self, n: u64) -> u64 {
        let mut z = self.0.wrapping_add((n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 17 hexadecimal digits, as EC2's ids have.
    pub(crate) fn hex17(self) -> String {
        format!("{:016x}{:x}", self.draw(0), self.draw(1) & 0xf)
    }
}
