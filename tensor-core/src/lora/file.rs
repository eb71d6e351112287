//! The file of an adapter: A and B of each `lora` item, and which ranks and alphas they were trained with.

use dfdx::prelude::Device;
use tensor_header::Json;

use super::AdapterError;
use super::items::{AdapterInfo, check_names, is_factor, is_of, some_adapters};
use crate::by_name::ByName;
use crate::io::{LoadError, Part, StateDtype, entries, load_part, metadata, serialize};
use crate::layer::Layer;
use crate::param::Element;

/// The key of the ranks and alphas among the file's metadata.
const KEY: &str = "lora";

/// The adapter, and these other items.
pub(super) fn save_bytes<N: Layer<E, D>, E: Element + StateDtype, D: Device<E>>(
    net: &N,
    others: &[&str],
) -> Result<Vec<u8>, AdapterError> {
    check_names(net, others)?;
    let scales = some_adapters(net)?.into_iter().map(|AdapterInfo { name, rank, alpha, .. }| {
        (name, Json::object([("alpha", alpha.into()), ("rank", rank.into())]))
    });
    // In order, so that the same adapter gives the same bytes.
    let text = Json::object(scales.collect::<ByName<_>>().into_entries()).to_string();
    let mut entries = entries(net)?;
    entries.retain(|entry| is_factor(&entry.name) || is_of(&entry.name, others));
    Ok(serialize(&entries, (KEY, &text))?)
}

/// Takes up the adapter, and these other items.
pub(super) fn load_bytes<N: Layer<E, D>, E: Element + StateDtype, D: Device<E>>(
    net: &mut N,
    bytes: &[u8],
    others: &[&str],
) -> Result<(), AdapterError> {
    check_names(net, others)?;
    let adapters = some_adapters(net)?;
    let Some(text) = metadata(bytes, KEY)? else {
        let reason = format!("its metadata has no `{KEY}`, where ranks and alphas stand");
        return Err(AdapterError::NotAnAdapter { reason });
    };
    let no_object = |reason: String| AdapterError::NotAnAdapter {
        reason: format!("`{KEY}` of its metadata is no JSON object: {reason}"),
    };
    let scales = Json::parse(text.as_bytes()).map_err(|error| no_object(error.to_string()))?;
    if scales.as_object().is_none() {
        return Err(no_object(format!("it is {}", scales.kind())));
    }
    for adapter in &adapters {
        // An item that the file lacks is reported below, with all else that does not fit.
        let Some(scale) = scales.get(&adapter.name) else { continue };
        let [rank, alpha] = ["rank", "alpha"].map(|key| usize::try_from(scale.get(key)?.as_u64()?).ok());
        let (Some(rank), Some(alpha)) = (rank, alpha) else {
            let reason = format!("`{KEY}` of its metadata tells no rank and alpha of `{}`", adapter.name);
            return Err(AdapterError::NotAnAdapter { reason });
        };
        if (rank, alpha) != (adapter.rank, adapter.alpha) {
            let (item, network) = (adapter.name.clone(), (adapter.rank, adapter.alpha));
            return Err(AdapterError::Scale { item, network, file: (rank, alpha) });
        }
    }
    let wants = |name: &str| is_factor(name) || is_of(name, others);
    Ok(load_part(net, bytes, &Part { wants: &wants, leaves: &|_| false })?)
}

/// Names the file that an error comes from.
pub(super) fn at(error: AdapterError, path: &std::path::Path) -> AdapterError {
    match error {
        AdapterError::Load(error) => AdapterError::Load(error.at(path)),
        AdapterError::NotAnAdapter { reason } => {
            AdapterError::NotAnAdapter { reason: format!("`{}`: {reason}", path.display()) }
        }
        error => error,
    }
}

/// The bytes of a file.
pub(super) fn read(path: &std::path::Path) -> Result<Vec<u8>, LoadError> {
    crate::io::read(path).map_err(|source| LoadError::Io { path: path.into(), source })
}
