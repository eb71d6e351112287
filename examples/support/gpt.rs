//! A small GPT, and the text that it learns, character by character.

use std::{error::Error, path::Path};

use tensor_core::{
    data::{Characters, TextError, Windows},
    prelude::*,
};

/// Characters in the vocabulary.
pub const CHARACTERS: usize = 65;
/// Positions that the network sees at once.
pub const CONTEXT: usize = 128;
const WIDTH: usize = 128;

layer! {
    /// A block of a transformer: attention, then a feed-forward net, each added to what flows in.
    pub struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where F == 4 * D, D % H == 0
    {
        residual { norm_1: layer_norm, attend: attention(heads: H, mask: causal), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D), dropout(0.1) },
    }
}

layer! {
    /// Characters → the logits of the character after each.
    #[budget(params <= 820_000)]
    pub struct Gpt: ids[n] -> [n, CHARACTERS] {
        tokens: embedding(CHARACTERS -> WIDTH),
        places: positional(CONTEXT),
        dropout(0.1),
        blocks: [Block<WIDTH, 512, 4>; 4],
        norm: layer_norm,
        unembed(CHARACTERS, tie: tokens),
    }
}

/// The characters of a text that is not too rich for the network, and the text's ids.
pub fn read(path: &Path) -> Result<(Characters, Vec<usize>), Box<dyn Error>> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
    let characters = Characters::of(&text);
    if characters.len() > CHARACTERS {
        let (file, found) = (path.display(), characters.len());
        return Err(format!(
            "`{file}` has {found} different characters, but the network is for {CHARACTERS}"
        )
        .into());
    }
    let ids = characters.encode(&text)?;
    Ok((characters, ids))
}

/// Windows of the text, those of its last tenth apart.
pub fn parts(ids: &[usize]) -> Result<(Windows<'_>, Windows<'_>), TextError> {
    let (train, validation) = ids.split_at(ids.len() * 9 / 10);
    Ok((Windows::new(train, CONTEXT)?, Windows::new(validation, CONTEXT)?))
}
