//! The file of a checkpoint: named sections, then the sum of all bytes before.
//!
//! ```text
//! tensor-core checkpoint 1\n
//! length of the name: u32, name, length of the content: u64, content      for each section
//! 0: u32
//! CRC-64 of all that: u64                                                all little-endian
//! ```

use std::io::{self, Write};

use super::crc::Crc64;
use crate::by_name::ByName;

const BEGINS: &[u8] = b"tensor-core checkpoint 1\n";

/// Named contents.
pub(crate) type Sections = ByName<Vec<u8>>;

/// Writes sections.
pub(super) fn write(sections: &Sections, out: &mut impl Write) -> io::Result<()> {
    let mut summed = Summed { out, crc: Crc64::new() };
    summed.put(BEGINS)?;
    for (name, content) in sections.iter() {
        let length = u32::try_from(name.len()).map_err(io::Error::other)?;
        summed.put(&length.to_le_bytes())?;
        summed.put(name.as_bytes())?;
        summed.put(&(content.len() as u64).to_le_bytes())?;
        summed.put(content)?;
    }
    summed.put(&0u32.to_le_bytes())?;
    let sum = summed.crc.sum();
    out.write_all(&sum.to_le_bytes())
}

struct Summed<'o, W> {
    out: &'o mut W,
    crc: Crc64,
}

impl<W: Write> Summed<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.add(bytes);
        self.out.write_all(bytes)
    }
}

/// The sections of a file's bytes, or what is wrong with them.
pub(crate) fn read(bytes: &[u8]) -> Result<Sections, String> {
    if !bytes.starts_with(BEGINS) {
        return Err("it does not begin as a checkpoint does".into());
    }
    let Some((bytes, sum)) = bytes.split_last_chunk::<8>() else { return Err(short(bytes.len())) };
    let mut crc = Crc64::new();
    crc.add(bytes);
    if crc.sum() != u64::from_le_bytes(*sum) {
        return Err(format!("the checksum of its {} bytes is wrong", bytes.len() + 8));
    }
    let (mut left, mut sections) = (&bytes[BEGINS.len()..], Sections::default());
    loop {
        let length = u32::from_le_bytes(*chunk(&mut left)?) as usize;
        if length == 0 {
            break;
        }
        let name = String::from_utf8(part(&mut left, length)?.to_vec());
        let name = name.map_err(|_| "a section's name is no text".to_owned())?;
        let length = u64::from_le_bytes(*chunk(&mut left)?) as usize;
        sections.insert(name, part(&mut left, length)?.to_vec());
    }
    Ok(sections)
}

fn chunk<'b, const N: usize>(left: &mut &'b [u8]) -> Result<&'b [u8; N], String> {
    let (chunk, rest) = left.split_first_chunk().ok_or_else(|| short(left.len()))?;
    *left = rest;
    Ok(chunk)
}

fn part<'b>(left: &mut &'b [u8], length: usize) -> Result<&'b [u8], String> {
    let (part, rest) = left.split_at_checked(length).ok_or_else(|| short(left.len()))?;
    *left = rest;
    Ok(part)
}

fn short(left: usize) -> String {
    format!("it ends too early, {left} bytes after the last whole part")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections() -> Sections {
        let mut sections = Sections::default();
        for (name, content) in [("a", vec![1, 2, 3]), ("empty", Vec::new()), ("long", vec![7; 1000])] {
            sections.insert(name.to_owned(), content);
        }
        sections
    }

    fn bytes() -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&sections(), &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn sections_come_back() {
        assert_eq!(read(&bytes()).unwrap(), sections());
    }

    #[test]
    fn every_damage_shows() {
        let whole = bytes();
        for length in 0..whole.len() {
            read(&whole[..length]).unwrap_err();
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            read(&damaged).unwrap_err();
        }
        read(&[&whole[..], &[0]].concat()).unwrap_err();
    }

    /// A disk that is full after so many bytes.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_an_error_at_every_byte() {
        let length = bytes().len();
        for room in 0..length {
            let error = write(&sections(), &mut Full(room)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
        write(&sections(), &mut Full(length)).unwrap();
    }
}
