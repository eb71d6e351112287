//! Number types, as headers name them.

use std::fmt::{self, Display, Formatter};

/// A number type that a safetensors file can hold. Later ones go first in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, non_camel_case_types, reason = "the format's own names say it")]
pub enum Dtype {
    BOOL,
    F4,
    F6_E2M3,
    F6_E3M2,
    U8,
    I8,
    F8_E5M2,
    F8_E4M3,
    F8_E8M0,
    F8_E4M3FNUZ,
    F8_E5M2FNUZ,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    C64,
    F64,
    I64,
    U64,
}

/// Each with its name and the bits of a number, in the order of the type.
const ALL: [(Dtype, &str, u64); 22] = [
    (Dtype::BOOL, "BOOL", 8),
    (Dtype::F4, "F4", 4),
    (Dtype::F6_E2M3, "F6_E2M3", 6),
    (Dtype::F6_E3M2, "F6_E3M2", 6),
    (Dtype::U8, "U8", 8),
    (Dtype::I8, "I8", 8),
    (Dtype::F8_E5M2, "F8_E5M2", 8),
    (Dtype::F8_E4M3, "F8_E4M3", 8),
    (Dtype::F8_E8M0, "F8_E8M0", 8),
    (Dtype::F8_E4M3FNUZ, "F8_E4M3FNUZ", 8),
    (Dtype::F8_E5M2FNUZ, "F8_E5M2FNUZ", 8),
    (Dtype::I16, "I16", 16),
    (Dtype::U16, "U16", 16),
    (Dtype::F16, "F16", 16),
    (Dtype::BF16, "BF16", 16),
    (Dtype::I32, "I32", 32),
    (Dtype::U32, "U32", 32),
    (Dtype::F32, "F32", 32),
    (Dtype::C64, "C64", 64),
    (Dtype::F64, "F64", 64),
    (Dtype::I64, "I64", 64),
    (Dtype::U64, "U64", 64),
];

impl Dtype {
    /// All of them, in their order.
    pub fn all() -> impl Iterator<Item = Dtype> {
        ALL.iter().map(|&(dtype, ..)| dtype)
    }

    /// What headers call it.
    pub fn name(self) -> &'static str {
        ALL[self as usize].1
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Dtype> {
        Dtype::all().find(|dtype| dtype.name() == name)
    }

    /// How many bits a number has.
    pub fn bits(self) -> u64 {
        ALL[self as usize].2
    }
}

impl Display for Dtype {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_row() {
        for dtype in Dtype::all() {
            assert_eq!(format!("{dtype:?}"), dtype.name());
            assert_eq!(Dtype::named(dtype.name()), Some(dtype));
        }
        assert!(Dtype::all().is_sorted() && Dtype::named("F31").is_none());
    }
}
