//! CRC-64, by which damage shows.

/// The polynomial of ECMA-182, bits in reverse.
const POLYNOMIAL: u64 = 0xc96c_5795_d787_0f42;

/// What each byte does to the sum, from 0 to 7 bytes further on.
const TABLES: [[u64; 256]; 8] = tables();

const fn tables() -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u64, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ POLYNOMIAL } else { sum >> 1 };
            bit += 1;
        }
        tables[0][byte] = sum;
        byte += 1;
    }
    let mut further = 1;
    while further < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[further - 1][byte];
            tables[further][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        further += 1;
    }
    tables
}

/// The sum of bytes that come one after another; that of `xz`.
///
/// # Source
/// ECMA-182, annex B, in the reflected form of the .xz file format
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc64(u64);

impl Crc64 {
    pub(super) fn new() -> Self {
        Crc64(!0)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        let (eights, rest) = bytes.as_chunks::<8>();
        for eight in eights {
            let mixed = (self.0 ^ u64::from_le_bytes(*eight)).to_le_bytes();
            let each = mixed.iter().enumerate().map(|(at, &byte)| TABLES[7 - at][usize::from(byte)]);
            self.0 = each.fold(0, |sum, of_byte| sum ^ of_byte);
        }
        for &byte in rest {
            self.0 = (self.0 >> 8) ^ TABLES[0][usize::from(self.0.to_le_bytes()[0] ^ byte)];
        }
    }

    pub(super) fn sum(self) -> u64 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> u64 {
        let mut crc = Crc64::new();
        crc.add(bytes);
        crc.sum()
    }

    /// The check value that the catalogue of CRCs gives for CRC-64/XZ.
    #[test]
    fn it_is_that_of_xz() {
        assert_eq!(of(b"123456789"), 0x995d_c9bb_df19_39fa);
        assert_eq!(of(b""), 0);
    }

    #[test]
    fn parts_make_the_whole() {
        let bytes: Vec<u8> = (0..1000).map(|x: u32| (x * x) as u8).collect();
        let mut crc = Crc64::new();
        bytes.chunks(13).for_each(|part| crc.add(part));
        assert_eq!(crc.sum(), of(&bytes));
    }
}
