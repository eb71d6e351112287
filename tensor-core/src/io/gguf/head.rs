//! The head of a file: keys, and where each tensor lies.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use super::{BlockType, Fault, Metadata, Place, Value};

/// Where tensors begin, if the file does not say.
const ALIGNMENT: usize = 32;
/// Axes that a tensor can have.
const MOST_AXES: u32 = 4;
/// Bytes of a name that stand in a message.
const MOST_SHOWN: usize = 64;

/// All keys and tensors, or what is wrong with the file.
pub(super) fn parse(file: &[u8]) -> Result<(Metadata, BTreeMap<String, Place>), Fault> {
    let mut cursor = Cursor::new(file);
    let (tensors, keys) = counts(&mut cursor)?;
    let metadata = metadata(&mut cursor, keys)?;
    let alignment = alignment(&metadata)?;
    let mut infos = Vec::new();
    for number in 1..=tensors {
        infos.push(Info::read(&mut cursor, number)?);
    }
    let start = cursor.position().checked_next_multiple_of(alignment).unwrap_or(usize::MAX);
    let available = file.len().saturating_sub(start);
    check_places(&mut infos, alignment, available)?;
    let mut found = BTreeMap::new();
    for Info { number, name, shape, block_type, offset, bytes } in infos {
        // Which `check_places` saw to lie in the file.
        let offset = start.min(file.len()) + offset as usize;
        let place = Place { shape, block_type, bytes: offset..offset + bytes };
        if found.insert(name.clone(), place).is_some() {
            return Err(Fault::Tensor {
                number,
                tensor: shown(&name),
                reason: "its name stands twice".into(),
            });
        }
    }
    Ok((metadata, found))
}

/// How many tensors and keys there are.
fn counts(cursor: &mut Cursor<'_>) -> Result<(u64, u64), Fault> {
    let head = |reason| Fault::Head { reason };
    let magic: Result<[u8; 4], _> = cursor.array("its name");
    if magic.ok() != Some(*b"GGUF") {
        return Err(Fault::Magic);
    }
    let version = cursor.u32("its version").map_err(head)?;
    match version {
        2 | 3 => {}
        other if (1..=3).contains(&other.swap_bytes()) => return Err(Fault::BigEndian),
        found => return Err(Fault::Version { found }),
    }
    let tensors = cursor.u64("the count of its tensors").map_err(head)?;
    let keys = cursor.u64("the count of its keys").map_err(head)?;
    Ok((tensors, keys))
}

fn metadata(cursor: &mut Cursor<'_>, count: u64) -> Result<Metadata, Fault> {
    let mut found = BTreeMap::new();
    for number in 1..=count {
        let fault = |key: &str, reason| Fault::Key { number, key: shown(key), reason };
        let key = cursor.text("its name").map_err(|reason| fault("", reason))?;
        let value = Value::read(cursor).map_err(|reason| fault(key, reason))?;
        if found.insert(key.to_owned(), value).is_some() {
            return Err(fault(key, "it stands twice".into()));
        }
    }
    Ok(Metadata(found))
}

fn alignment(metadata: &Metadata) -> Result<usize, Fault> {
    const KEY: &str = "general.alignment";
    let place = metadata.iter().position(|(key, _)| key == KEY);
    let Some(place) = place else { return Ok(ALIGNMENT) };
    let size = metadata.size(KEY).ok().filter(|size| size.is_power_of_two() && u32::try_from(*size).is_ok());
    size.ok_or_else(|| Fault::Key {
        number: place as u64 + 1,
        key: KEY.into(),
        reason: "tensors can be aligned to a power of two alone".into(),
    })
}

/// What the head says of a tensor.
struct Info {
    number: u64,
    name: String,
    shape: Vec<usize>,
    block_type: BlockType,
    /// From the data's beginning.
    offset: u64,
    bytes: usize,
}

impl Info {
    fn read(cursor: &mut Cursor<'_>, number: u64) -> Result<Self, Fault> {
        let fault = |name: &str, reason| Fault::Tensor { number, tensor: shown(name), reason };
        let name = cursor.text("its name").map_err(|reason| fault("", reason))?;
        Info::of(cursor, number, name).map_err(|reason| fault(name, reason))
    }

    fn of(cursor: &mut Cursor<'_>, number: u64, name: &str) -> Result<Self, String> {
        let axes = cursor.u32("the count of its axes")?;
        if axes > MOST_AXES {
            return Err(format!("it has {axes} axes, where {MOST_AXES} is the most"));
        }
        let sizes = (0..axes).map(|_| cursor.u64("its sizes")).collect::<Result<Vec<u64>, _>>()?;
        let code = cursor.u32("its type")?;
        let block_type = BlockType::of(code)
            .ok_or_else(|| format!("it has the type {}, which can't be decoded", BlockType::name_of(code)))?;
        let offset = cursor.u64("its offset")?;
        let large = || format!("its sizes {sizes:?} are more than any file can hold");
        let shape = sizes.iter().rev().map(|&size| usize::try_from(size)).collect::<Result<Vec<_>, _>>();
        let shape = shape.map_err(|_| large())?;
        let row = shape.last().copied().unwrap_or(1);
        let elements = if shape.contains(&0) {
            Some(0)
        } else {
            shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size))
        };
        let elements = elements.ok_or_else(large)?;
        if !row.is_multiple_of(block_type.elements()) {
            let (kind, block) = (block_type.name(), block_type.elements());
            return Err(format!("its rows of {row} numbers are not made of {kind}'s blocks of {block}"));
        }
        let bytes = (elements / block_type.elements()).checked_mul(block_type.bytes()).ok_or_else(large)?;
        Ok(Info { number, name: name.into(), shape, block_type, offset, bytes })
    }

    fn fault(&self, reason: String) -> Fault {
        Fault::Tensor { number: self.number, tensor: shown(&self.name), reason }
    }
}

/// Each tensor lies in the data, where the alignment wants it, and none over another. They come back in order of offset.
fn check_places(infos: &mut [Info], alignment: usize, available: usize) -> Result<(), Fault> {
    infos.sort_by_key(|info| (info.offset, info.bytes));
    let mut before: Option<(u64, &Info)> = None;
    for info in &*infos {
        let Info { offset, bytes, .. } = *info;
        if !offset.is_multiple_of(alignment as u64) {
            return Err(info.fault(format!("its offset {offset} is not a multiple of {alignment}")));
        }
        let end =
            offset.checked_add(bytes as u64).filter(|&end| end <= available as u64).ok_or_else(|| {
                info.fault(format!(
                "it takes {bytes} bytes at byte {offset} of the data, but the file has only {available} of it"
            ))
            })?;
        match before {
            Some((covered, other)) if offset < covered => {
                return Err(info.fault(format!("it overlaps `{}`", shown(&other.name))));
            }
            _ => before = Some((end, info)),
        }
    }
    Ok(())
}

/// A name for a message, cut short where it is long.
fn shown(name: &str) -> String {
    match name.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.into(),
    }
}
