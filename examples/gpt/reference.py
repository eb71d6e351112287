#!/usr/bin/env python3
"""Trains in PyTorch, on the CPU, the network that the example `gpt` trains, and prints its validation loss.

    pip install torch==2.15.0 numpy==2.4.6
    python3 examples/gpt/reference.py

A character is a token; the vocabulary is the sorted set of the characters of examples/data/hamlet.txt. The first 90 %
of the text train, the rest validates. In the grammar of `layer!`, for a vocabulary of V:

    ids[n] -> [n, V] {
        tokens: embedding(V -> 128), places: positional(128), dropout(0.1),
        blocks: [Block; 4],
        norm: layer_norm,
        unembed(V, tie: tokens),
    }
    Block: [n, 128] -> [n, 128] {
        residual { norm_1: layer_norm, attend: attention(heads: 4, mask: causal), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(128 -> 512), gelu, down: linear(512 -> 128), dropout(0.1) },
    }
"""

import argparse
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

TEXT = Path(__file__).resolve().parent.parent / "data" / "hamlet.txt"
CONTEXT = 128
WIDTH = 128
HIDDEN = 512
HEADS = 4
BLOCKS = 4
DROPOUT = 0.1


class Attention(nn.Module):
    """Causal attention with biases."""

    def __init__(self):
        super().__init__()
        self.w_q = nn.Linear(WIDTH, WIDTH)
        self.w_k = nn.Linear(WIDTH, WIDTH)
        self.w_v = nn.Linear(WIDTH, WIDTH)
        self.w_o = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        q, k, v = (
            project(x).unflatten(-1, (HEADS, -1)).transpose(-3, -2) for project in (self.w_q, self.w_k, self.w_v)
        )
        heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.w_o(heads.transpose(-3, -2).flatten(-2))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_1 = nn.LayerNorm(WIDTH, eps=1e-5)
        self.attend = Attention()
        self.norm_2 = nn.LayerNorm(WIDTH, eps=1e-5)
        self.up = nn.Linear(WIDTH, HIDDEN)
        self.down = nn.Linear(HIDDEN, WIDTH)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x):
        x = x + self.dropout(self.attend(self.norm_1(x)))
        return x + self.dropout(self.down(F.gelu(self.up(self.norm_2(x)))))


class Gpt(nn.Module):
    """Linears start as nn.Linear starts them (uniform in ±1/√in, biases too), norms at 1 and 0."""

    def __init__(self, vocabulary):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, WIDTH)
        self.places = nn.Embedding(CONTEXT, WIDTH)
        self.dropout = nn.Dropout(DROPOUT)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-5)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)

    def forward(self, ids):
        x = self.dropout(self.tokens(ids) + self.places.weight[: ids.shape[-1]])
        return F.linear(self.norm(self.blocks(x)), self.tokens.weight)


def read():
    """The ids of the training part and of the validation part, and the size of the vocabulary."""
    text = TEXT.read_bytes().decode()
    vocabulary = {character: id for id, character in enumerate(sorted(set(text)))}
    ids = torch.tensor([vocabulary[character] for character in text])
    cut = len(ids) * 9 // 10
    return ids[:cut], ids[cut:], len(vocabulary)


def random_windows(ids, batch):
    """`batch` windows, and the same one character further."""
    starts = torch.randint(len(ids) - CONTEXT, (batch,))
    windows = torch.stack([ids[start : start + CONTEXT + 1] for start in starts.tolist()])
    return windows[:, :-1], windows[:, 1:]


def mean_loss(net, inputs, targets):
    """The mean cross-entropy of all positions, in nats."""
    return F.cross_entropy(net(inputs).flatten(0, -2), targets.flatten())


@torch.no_grad()
def validation_loss(net, ids, batch):
    """Over the windows that start at 0, 128, 256 … and have a next character for every position."""
    net.eval()
    count = (len(ids) - 1) // CONTEXT
    inputs = ids[: count * CONTEXT].view(count, CONTEXT)
    targets = ids[1 : count * CONTEXT + 1].view(count, CONTEXT)
    total = sum(
        mean_loss(net, some, theirs).item() * len(some)
        for some, theirs in zip(inputs.split(batch), targets.split(batch))
    )
    net.train()
    return total / count


def learning_rate(step, steps, warmup, peak):
    """At `step`, counted from 0: a line up to `peak` in `warmup` steps, then a cosine to peak / 10 at the last step."""
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step + 1 - warmup) / (steps - warmup)
    return peak * (0.1 + 0.45 * (1.0 + math.cos(math.pi * done)))


def main():
    parser = argparse.ArgumentParser(description="Trains the network of the example `gpt` in PyTorch.")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    train, validation, vocabulary = read()
    net = Gpt(vocabulary)
    parameters = sum(value.numel() for value in net.parameters())
    print(f"torch {torch.__version__}, {args}")
    print(f"{len(train)} characters train, {len(validation)} validate")
    print(f"vocabulary {vocabulary}, {parameters} parameters")

    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
    start = time.perf_counter()
    losses = []
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, args.steps, args.warmup, args.lr)
        loss = mean_loss(net, *random_windows(train, args.batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % 50 == 0 or step + 1 == args.steps:
            # The mean since the last such line.
            mean, seconds = sum(losses) / len(losses), time.perf_counter() - start
            print(f"step {step + 1:5}  training loss {mean:.4f}  {seconds:7.1f} s", flush=True)
            losses.clear()
    seconds = time.perf_counter() - start
    print(f"result validation_loss={validation_loss(net, validation, args.batch):.4f}")
    print(f"result seconds={seconds:.1f}")


if __name__ == "__main__":
    main()
