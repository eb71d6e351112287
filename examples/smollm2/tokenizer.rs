//! Texts as tokens, and back, by the tables of a GGUF file.

use std::error::Error;

use tensor_core::io::gguf::Metadata;
use tokenizers::{
    Tokenizer as Inner,
    models::bpe::{BPE, Vocab},
    pre_tokenizers::{byte_level::ByteLevel, digits::Digits, sequence::Sequence},
};

/// The kind of the tokens that are text, among ggml's.
const NORMAL: i64 = 1;

/// What comes first in a conversation, if nobody says something else; it stands in the file's template.
pub const SYSTEM: &str = "You are a helpful AI assistant named SmolLM, trained by Hugging Face";

/// How the file says that a conversation is written (Jinja): the same as [`Tokenizer::turn`].
pub const TEMPLATE: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}\
{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\
{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// Byte pairs, merged in the file's order.
pub struct Tokenizer {
    inner: Inner,
    /// What each token writes; nothing where it only says something about the text.
    bytes: Vec<Vec<u8>>,
    /// `<|im_start|>` and `<|im_end|>`.
    turn: [usize; 2],
    stops: Vec<usize>,
}

impl Tokenizer {
    /// By what the file says.
    pub fn new(says: &Metadata) -> Result<Self, Box<dyn Error>> {
        for (key, expected) in [
            ("tokenizer.ggml.model", "gpt2"),
            ("tokenizer.ggml.pre", "smollm"),
            ("tokenizer.chat_template", TEMPLATE),
        ] {
            let found = says.text(key)?;
            if found != expected {
                return Err(format!("`{key}` of the file is `{found}`, where `{expected}` is known").into());
            }
        }
        let (tokens, kinds) =
            (says.texts("tokenizer.ggml.tokens")?, says.whole("tokenizer.ggml.token_type")?);
        if tokens.len() != kinds.len() {
            return Err(
                format!("the file has {} tokens, but the kinds of {}", tokens.len(), kinds.len()).into()
            );
        }
        let place = |token: &str| {
            let found = tokens.iter().position(|other| other == token);
            found.ok_or_else(|| format!("the file has no token `{token}`"))
        };
        let turn = [place("<|im_start|>")?, place("<|im_end|>")?];
        let stops =
            [Some(says.size("tokenizer.ggml.eos_token_id")?), says.size("tokenizer.ggml.eot_token_id").ok()];
        let stops: Vec<usize> = stops.into_iter().flatten().chain(place("<|endoftext|>").ok()).collect();

        let alphabet = alphabet();
        let write = |(token, &kind): (&String, &i64)| {
            if kind != NORMAL {
                return Ok(Vec::new());
            }
            let byte = |c: char| alphabet.iter().position(|&other| other == c).map(|byte| byte as u8);
            token
                .chars()
                .map(byte)
                .collect::<Option<Vec<u8>>>()
                .ok_or_else(|| format!("the token `{token}` is no bytes"))
        };
        let bytes = tokens.iter().zip(kinds).map(write).collect::<Result<_, _>>()?;
        Ok(Tokenizer { inner: inner(tokens, says.texts("tokenizer.ggml.merges")?)?, bytes, turn, stops })
    }

    /// A text's tokens. None of them is one that says something about the text: `<|im_end|>` is ten characters here.
    pub fn encode(&self, text: &str) -> Result<Vec<usize>, String> {
        let encoding =
            self.inner.encode(text, false).map_err(|error| format!("the text has no tokens: {error}"))?;
        Ok(encoding.get_ids().iter().map(|&id| id as usize).collect())
    }

    /// What somebody says in a conversation; without a text, the beginning of what they will say.
    pub fn turn(&self, role: &str, text: Option<&str>) -> Result<Vec<usize>, String> {
        let [start, end] = self.turn;
        let said = self.encode(&format!("{role}\n{}", text.unwrap_or_default()))?;
        let mut tokens = [&[start][..], &said].concat();
        if text.is_some() {
            tokens.push(end);
            tokens.extend(self.encode("\n")?);
        }
        Ok(tokens)
    }

    /// What ends what somebody says.
    pub fn turn_end(&self) -> Result<Vec<usize>, String> {
        Ok([&[self.turn[1]][..], &self.encode("\n")?].concat())
    }

    /// What a token writes: bytes, which may be a part of a character.
    pub fn bytes(&self, token: usize) -> &[u8] {
        &self.bytes[token]
    }

    pub fn vocabulary(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the text ends here.
    pub fn stops(&self, token: usize) -> bool {
        self.stops.contains(&token)
    }
}

/// Digits stand alone; the rest falls apart where GPT-2's does.
fn inner(tokens: &[String], merges: &[String]) -> Result<Inner, Box<dyn Error>> {
    let vocabulary: Vocab = tokens.iter().cloned().zip(0..).collect();
    let pair = |merge: &String| match merge.split_once(' ') {
        Some((left, right)) => Ok((left.to_owned(), right.to_owned())),
        None => Err(format!("the merge `{merge}` is no pair")),
    };
    let merges = merges.iter().map(pair).collect::<Result<_, _>>()?;
    let model = BPE::builder().vocab_and_merges(vocabulary, merges).build();
    let mut inner =
        Inner::new(model.map_err(|error| format!("the file's tokens and merges don't fit: {error}"))?);
    let parts = vec![Digits::new(true).into(), ByteLevel::new(false, false, true).into()];
    inner.with_pre_tokenizer(Some(Sequence::new(parts)));
    Ok(inner)
}

/// The character that stands for each byte in GPT-2's tokens: itself where it can be seen, another one from 256 on where not.
pub fn alphabet() -> [char; 256] {
    let mut hidden = 256;
    std::array::from_fn(|byte| {
        let seen = matches!(byte, 33..=126 | 161..=172 | 174..=255);
        let code = if seen { byte as u32 } else { hidden };
        hidden += u32::from(!seen);
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    })
}

/// Bytes that come bit by bit as text: a character is shown when all of its bytes are there.
#[derive(Default)]
pub struct Characters {
    pending: Vec<u8>,
}

impl Characters {
    /// What can be shown once these have come.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend(bytes);
        let mut shown = String::new();
        loop {
            match std::str::from_utf8(&self.pending) {
                Ok(text) => {
                    shown.push_str(text);
                    self.pending.clear();
                    return shown;
                }
                Err(error) => {
                    let (whole, rest) = self.pending.split_at(error.valid_up_to());
                    shown.push_str(&String::from_utf8_lossy(whole));
                    match error.error_len() {
                        Some(broken) => {
                            shown.push(char::REPLACEMENT_CHARACTER);
                            self.pending = rest[broken..].to_vec();
                        }
                        None => {
                            self.pending = rest.to_vec();
                            return shown;
                        }
                    }
                }
            }
        }
    }

    /// What is left at the end.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.pending).into_owned()
    }
}
