//! The tensors as the network is to find them: below a prefix, without those that are left out, renamed. At run time
//! `tensor_core::io::Pretrained` does the same.

use std::collections::BTreeMap;

use tensor_header::Tensor;

use super::file::Found;
use super::syntax::Asked;
use crate::errors::Errors;
use crate::explain;

/// A tensor and its name for the network.
pub(super) struct Named<'f> {
    pub(super) name: String,
    /// Its name in the file, below the prefix.
    pub(super) origin: &'f str,
    pub(super) tensor: &'f Tensor,
}

/// The tensors by name; an option that changes nothing is a mistake, since it is misspelt.
pub(super) fn tensors<'f>(asked: &Asked, file: &'f Found, errors: &mut Errors) -> Option<Vec<Named<'f>>> {
    let all: Vec<&str> = file.tensors.iter().map(Tensor::name).collect();
    let mut below: Vec<(&str, &Tensor)> = all.iter().copied().zip(&file.tensors).collect();
    if let Some(prefix) = &asked.prefix {
        let text = prefix.value();
        below =
            below.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(&text)?, *tensor))).collect();
        if below.is_empty() {
            errors.at(prefix, explain::weights_prefix_of_none(&text, &all));
            return None;
        }
    }
    for pattern in &asked.ignore {
        let text = pattern.value();
        if !below.iter().any(|(name, _)| matches(&text, name)) {
            errors.at(pattern, explain::weights_ignore_of_none(&text, below.iter().map(|(name, _)| *name)));
        }
    }
    below.retain(|(name, _)| !asked.ignore.iter().any(|pattern| matches(&pattern.value(), name)));
    let mut names: Vec<Named<'f>> =
        below.into_iter().map(|(origin, tensor)| Named { name: origin.to_owned(), origin, tensor }).collect();
    for rename in &asked.rename {
        let (theirs, ours) = (rename.theirs.value(), rename.ours.value());
        let mut hits = 0;
        for named in names.iter_mut().filter(|named| !theirs.is_empty() && named.name.contains(&theirs)) {
            named.name = named.name.replace(&theirs, &ours);
            hits += 1;
        }
        if hits == 0 {
            errors.at(&rename.theirs, explain::weights_rename_of_none(&theirs));
        }
    }
    names.sort_by(|a, b| a.name.cmp(&b.name));
    let mut taken = BTreeMap::new();
    for named in &names {
        if let Some(before) = taken.insert(&named.name, named.origin) {
            errors.at(&asked.file, explain::weights_name_twice(before, named.origin, &named.name));
        }
    }
    Some(names)
}

/// Whether a name is of this form, where `*` stands for any text.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            (0..=name.len()).any(|cut| name.is_char_boundary(cut) && matches(rest, &name[cut..]))
        }),
    }
}
