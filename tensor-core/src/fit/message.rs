//! The words: what an item's weights are, and what a file has.

use super::compare::Verdict;
use super::list::{Found, Weight};
use super::near::common_start;
use super::same_sizes;
use crate::ops::{Conv2dOp, EmbeddingOp, LinearOp, Op, PositionalOp};
use crate::plan::Text;

/// Names that one message lists.
const LISTED: usize = 6;

/// Weights of an item that one message tells in full, so that its help has room too.
const TOLD: usize = 4;

impl<const N: usize, const M: usize> Verdict<N, M> {
    /// What does not fit of the item that this weight is the first of.
    pub(super) const fn item_message(&self, first: usize) -> Text {
        let weight = &self.weights[first];
        let text = Text::new().quoted(weight.item).str(" (").str(weight.network).str(")");
        if let Found::NothingOf { network, row, .. } = weight.found {
            return self.whole_message(text, first, network, row);
        }
        let mut text = text.str(" has weight ");
        let (mut i, mut found) = (first, 0);
        while i < N {
            if self.is_of(i, first) && !self.is_told(i, first) {
                if found < TOLD {
                    let text_before = if i == first { text } else { text.str("\nand weight ") };
                    text = self.copies(self.line(text_before, i), i);
                }
                found += 1;
            }
            i += 1;
        }
        if found > TOLD {
            text = text.str("\nand ").number(found - TOLD).str(" more of its weights");
        }
        self.help(text, first)
    }

    /// Whether a weight does not fit, and is of the same item as the first.
    #[inline]
    const fn is_of(&self, i: usize, first: usize) -> bool {
        !matches!(self.weights[i].found, Found::Same)
            && self.weights[i].place.equals(&self.weights[first].place)
    }

    /// Whether an earlier weight of the item, in another copy of its network, does not fit in the same way.
    const fn is_told(&self, i: usize, first: usize) -> bool {
        let mut before = first;
        while before < i {
            if self.is_of(before, first) && self.is_like(before, i) {
                return true;
            }
            before += 1;
        }
        false
    }

    const fn is_like(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.weights[a], &self.weights[b]);
        a.nth == b.nth
            && match (a.found, b.found) {
                (Found::OtherShape(a), Found::OtherShape(b)) => {
                    same_sizes(self.header.tensors[a].shape, self.header.tensors[b].shape)
                }
                (Found::OtherNumbers(a), Found::OtherNumbers(b)) => {
                    crate::plan::same_text(self.header.tensors[a].dtype, self.header.tensors[b].dtype)
                }
                (Found::Taken, Found::Taken) | (Found::Nothing, Found::Nothing) => true,
                _ => false,
            }
    }

    const fn line(&self, text: Text, i: usize) -> Text {
        let weight = &self.weights[i];
        let text = text.quoted(weight.name.as_str());
        match weight.found {
            Found::OtherShape(at) => {
                let text = shape(text.str(" "), weight.shape.sizes()).str(", but ");
                let text = self.called(text.quoted(self.header.file), weight, at).str(" has ");
                shape(text, self.header.tensors[at].shape)
            }
            Found::OtherNumbers(at) => {
                let text = self.called(text.str(", but ").quoted(self.header.file), weight, at);
                text.str(" has ").str(self.header.tensors[at].dtype).str(", not F64, F32, F16 or BF16")
            }
            Found::Taken => text.str(", as another item has: a file has each name once"),
            _ => {
                let text = shape(text.str(" "), weight.shape.sizes()).str(", but ").quoted(self.header.file);
                let text = text.str(" has no tensor of this name");
                match self.similar[i] {
                    Some(at) => text.str("; is it ").quoted(self.header.tensors[at].name).str("?"),
                    None => text,
                }
            }
        }
    }

    /// What the tensor is called in the file, if it is called otherwise there.
    const fn called(&self, text: Text, weight: &Weight, at: usize) -> Text {
        let origin = self.header.tensors[at].origin;
        if crate::plan::same_text(origin, weight.name.as_str()) {
            text
        } else {
            text.str(" (`").str(origin).str("`)")
        }
    }

    /// In which other copies of its network the same weight does not fit in the same way.
    const fn copies(&self, text: Text, of: usize) -> Text {
        let (mut more, mut last, mut i) = (0, of, of + 1);
        while i < N {
            if self.is_of(i, of) && self.is_like(of, i) {
                more += 1;
                last = i;
            }
            i += 1;
        }
        let last = self.weights[last].name;
        match more {
            0 => text,
            1 => text.str("; the same for ").quoted(last.as_str()),
            _ => text.str("; the same for ").number(more).str(" more, up to ").quoted(last.as_str()),
        }
    }

    /// Nothing of a nested network is there.
    const fn whole_message(
        &self,
        text: Text,
        first: usize,
        network: &str,
        row: Option<(usize, usize)>,
    ) -> Text {
        let mut text = text.str(" has the weights of ").quoted(network).str(" below ");
        let (mut copies, mut before, mut i) = (0, usize::MAX, first);
        while i < N {
            if self.is_of(i, first)
                && let Found::NothingOf { row, shared, .. } = self.weights[i].found
            {
                let copy = if let Some((_, copy)) = row { copy } else { 0 };
                if copy != before {
                    before = copy;
                    copies += 1;
                    if copies <= LISTED {
                        let name = self.weights[i].name;
                        let prefix = name.as_str().split_at(shared).0;
                        text = if copies > 1 { text.str(", ") } else { text }.quoted(prefix);
                    }
                }
            }
            i += 1;
        }
        if copies > LISTED {
            text = text.str(" and ").number(copies - LISTED).str(" more");
        }
        text = text.str(", but ").quoted(self.header.file).str(" has no such tensors");
        match row {
            Some((_, copy)) if copy > 0 && self.similar[first].is_none() => text
                .str("\nhelp: it has ")
                .number(copy)
                .str(" of them: write `[")
                .str(network)
                .str("; ")
                .number(copy)
                .str("]`"),
            _ => self.help(text, first),
        }
    }

    /// What to write, where that is known.
    const fn help(&self, text: Text, first: usize) -> Text {
        let weight = &self.weights[first];
        match weight.found {
            Found::OtherShape(at) => {
                let sizes = self.header.tensors[at].shape;
                if let ([rows, columns], [theirs, other]) = (weight.shape.sizes(), sizes)
                    && *rows == *other
                    && *columns == *theirs
                {
                    let text = text
                        .str("\nhelp: the file has it transposed: load it by `Checkpoint::map_tensors` and ");
                    return text.str("`transpose`, not by `weights!`");
                }
                match with_sizes(weight, sizes) {
                    Some(op) => op.write(text.str("\nhelp: write `"), None).str("`"),
                    None => text,
                }
            }
            Found::Nothing | Found::NothingOf { .. } => match self.similar[first] {
                Some(at) => rename_help(text, weight, self.header.tensors[at].name),
                None => text,
            },
            _ => text,
        }
    }

    pub(super) const fn and_beyond(&self, text: Text) -> Text {
        let text = text.str("\nand ").number(self.beyond);
        text.str(if self.beyond == 1 {
            " weight of a further item does not fit"
        } else {
            " weights of further items do not fit"
        })
    }

    /// Tensors that no item has a place for, but those that are told as what a missing one may be.
    pub(super) const fn unexpected_message(&self) -> Text {
        let (mut found, mut told) = (0, [false; M]);
        let mut i = 0;
        while i < N {
            if let Some(at) = self.similar[i] {
                told[at] = true;
            }
            i += 1;
        }
        let (mut list, mut common): (Text, Option<Text>) = (Text::new(), None);
        i = 0;
        while i < M {
            if !self.used[i] && !told[i] {
                let tensor = &self.header.tensors[i];
                found += 1;
                if found <= LISTED {
                    list = shape(
                        list.str(if found == 1 { "" } else { ", " }).quoted(tensor.origin).str(" "),
                        tensor.shape,
                    );
                }
                common = Some(match common {
                    None => Text::new().str(tensor.origin),
                    Some(start) => {
                        let same = common_start(start.as_str().as_bytes(), tensor.origin.as_bytes());
                        Text::new().str(tensor.origin.split_at(same).0)
                    }
                });
            }
            i += 1;
        }
        let Some(common) = common else { return Text::new() };
        let text = Text::new().quoted(self.header.file).str(" has ").str(list.as_str());
        let text = if found > LISTED { text.str(" and ").number(found - LISTED).str(" more") } else { text };
        let text = text.str(", which no item of ").quoted(self.network).str(" takes");
        if found == 1 {
            return text.str("\nhelp: to leave it out, write `ignore: [\"").str(common.as_str()).str("\"]`");
        }
        let pattern = whole_words(common.as_str());
        if pattern.is_empty() || self.takes_some_of(pattern) {
            return text.str("\nhelp: to leave them out, write their names as `ignore: [\"…\", \"…*\"]`");
        }
        text.str("\nhelp: to leave them out, write `ignore: [\"").str(pattern).str("*\"]`")
    }

    /// Whether a tensor whose name begins so has a place.
    const fn takes_some_of(&self, start: &str) -> bool {
        let mut i = 0;
        while i < M {
            let name = self.header.tensors[i].origin.as_bytes();
            if self.used[i] && common_start(name, start.as_bytes()) == start.len() {
                return true;
            }
            i += 1;
        }
        false
    }

    pub(super) const fn prefix_message(&self, tensor: usize, bytes: usize) -> Text {
        let name = self.header.tensors[tensor].origin;
        let text = Text::new().quoted(self.header.file).str(" has ").quoted(name).str(", where ");
        let text = text.quoted(self.network).str(" has ").quoted(self.weights[0].name.as_str());
        text.str("\nhelp: write `prefix: \"").str(name.split_at(bytes).0).str("\"`")
    }

    pub(super) const fn nothing_message(&self) -> Text {
        let mut text = Text::new().quoted(self.header.file).str(" has nothing of ").quoted(self.network);
        text = text.str(if M == 0 { ": it has no tensors" } else { ": it has " });
        let mut i = 0;
        while i < M && i < LISTED {
            let tensor = &self.header.tensors[i];
            text =
                shape(text.str(if i == 0 { "" } else { ", " }).quoted(tensor.origin).str(" "), tensor.shape);
            i += 1;
        }
        if M > LISTED {
            text = text.str(" and ").number(M - LISTED).str(" more");
        }
        text = text.str("\n").quoted(self.network).str(" has ");
        i = 0;
        while i < N && i < LISTED {
            let weight = &self.weights[i];
            text = text.str(if i == 0 { "" } else { ", " }).quoted(weight.name.as_str()).str(" ");
            text = shape(text, weight.shape.sizes());
            i += 1;
        }
        if N > LISTED { text.str(" and ").number(N - LISTED).str(" more") } else { text }
    }
}

/// `[8, 4]`
#[inline]
const fn shape(text: Text, sizes: &[usize]) -> Text {
    let (mut text, mut i) = (text.str("["), 0);
    while i < sizes.len() {
        text = if i > 0 { text.str(", ") } else { text }.number(sizes[i]);
        i += 1;
    }
    text.str("]")
}

/// The op as one writes it to have its first weight with these sizes.
const fn with_sizes(weight: &Weight, sizes: &[usize]) -> Option<Op> {
    match (weight.nth, weight.op, sizes) {
        (0, Op::Linear(op), [outputs, inputs]) => {
            Some(Op::Linear(LinearOp { inputs: *inputs, outputs: *outputs, ..op }))
        }
        (0, Op::Embedding(op), [vocabulary, width]) => {
            Some(Op::Embedding(EmbeddingOp { vocabulary: *vocabulary, width: *width, ..op }))
        }
        (0, Op::Positional(op), [most, width]) if *width == op.width => {
            Some(Op::Positional(PositionalOp { most: *most, ..op }))
        }
        (0, Op::Conv2d(op), [outputs, inputs, height, width]) if *height == *width => {
            Some(Op::Conv2d(Conv2dOp { inputs: *inputs, outputs: *outputs, kernel: *height, ..op }))
        }
        _ => None,
    }
}

/// How to rename, if the weight is the file's tensor of this name: the item's key, or words of all names.
#[inline]
const fn rename_help(text: Text, weight: &Weight, theirs: &str) -> Text {
    let name = weight.name;
    let (start, end) = weight.key;
    let after = name.as_str().len() - end;
    let text = text.str("\nhelp: if it is ").quoted(theirs).str(", write ");
    let ours = name.as_str();
    if start < end && theirs.len() > start + after {
        let same_before = common_start(ours.as_bytes(), theirs.as_bytes()) >= start;
        let same_after = common_end(ours.as_bytes(), theirs.as_bytes()) >= after;
        if same_before && same_after {
            let key = theirs.split_at(theirs.len() - after).0.split_at(start).1;
            return text.str("`rename: \"").str(key).str("\"` here");
        }
    }
    let before = whole_words(ours.split_at(common_start(ours.as_bytes(), theirs.as_bytes())).0).len();
    let mut after = common_end(ours.as_bytes(), theirs.as_bytes());
    let short = if ours.len() < theirs.len() { ours.len() } else { theirs.len() };
    if before + after > short {
        after = short - before;
    }
    while after > 0 && ours.as_bytes()[ours.len() - after] != b'.' {
        after -= 1;
    }
    let their_words = theirs.split_at(theirs.len() - after).0.split_at(before).1;
    let our_words = ours.split_at(ours.len() - after).0.split_at(before).1;
    text.str("`rename: [\"").str(their_words).str("\" => \"").str(our_words).str("\"]` in `weights!`")
}

const fn common_end(a: &[u8], b: &[u8]) -> usize {
    let mut same = 0;
    while same < a.len() && same < b.len() && a[a.len() - 1 - same] == b[b.len() - 1 - same] {
        same += 1;
    }
    same
}

/// As much of the beginning of a name as ends with a dot.
#[inline]
const fn whole_words(name: &str) -> &str {
    let mut end = name.len();
    while end > 0 && name.as_bytes()[end - 1] != b'.' {
        end -= 1;
    }
    name.split_at(end).0
}
