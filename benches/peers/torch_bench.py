"""PyTorch on the CPU: torch_bench.py [--compile | --fused-adam] [task ...]

Eager by default; --fused-adam repeats the training tasks with Adam(fused=True); --compile runs
models and losses through torch.compile (with the fused Adam, except where Adam itself is timed).
"""
import sys

import torch
from torch import nn
from torch.nn import functional as F

from bench_util import Bench

args = sys.argv[1:]
compiling, fused = "--compile" in args, "--fused-adam" in args
tasks = [a for a in args if not a.startswith("--")]
torch.set_num_threads(2)
torch.manual_seed(0)
version = torch.__version__.split("+")[0]
bench = Bench(f"torch{'.compile' if compiling else ''} {version}{' fused-adam' if fused else ''}", tasks)
comp = torch.compile if compiling else lambda f: f


def adam(params):
    return torch.optim.Adam(params, lr=1e-3, fused=True if fused or compiling else None)


def mlp(*widths):
    linears = [nn.Linear(i, o) for i, o in zip(widths, widths[1:])]
    return nn.Sequential(*(layer for linear in linears for layer in (linear, nn.ReLU())))[:-1]


class Mha(nn.Module):
    """Four projections around scaled_dot_product_attention."""

    def __init__(self, d, heads):
        super().__init__()
        self.qkv, self.o, self.heads = nn.Linear(d, 3 * d), nn.Linear(d, d), heads

    def forward(self, x):
        b, s, d = x.shape
        q, k, v = self.qkv(x).view(b, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.o(y.transpose(1, 2).reshape(b, s, d))


def train(task, cap, module, loss):
    if not bench.wants(task):
        return
    opt, loss = adam(module.parameters()), comp(loss)

    def step():
        opt.zero_grad()
        loss().backward()
        opt.step()

    bench.run(task, cap, step)
    print(f"{bench.framework} {task}: last loss {loss().item():.4g}", file=sys.stderr)


def train_mlp(task, b, *widths):
    m, x, y = mlp(*widths), torch.randn(b, widths[0]), torch.arange(b) % widths[-1]
    train(task, 500, m, lambda: F.cross_entropy(m(x), y))


def block(d=256, heads=8):
    return nn.TransformerEncoderLayer(d, heads, 4 * d, dropout=0.0, batch_first=True)


def inference(task, cap, f):
    if bench.wants(task):
        f = comp(f)
        with torch.inference_mode():
            bench.run(task, cap, f)


if not fused:
    if not compiling:
        a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
        inference("gemm_1024", 200, lambda: a @ b)
    m, x1, x128 = mlp(784, 512, 10).eval(), torch.randn(1, 784), torch.randn(128, 784)
    inference("mlp_fwd_b1", 2000, lambda: m(x1))
    inference("mlp_fwd_b128", 2000, lambda: m(x128))

    enc, x = block().eval(), torch.randn(8, 128, 256)
    inference("encoder_fwd", 200, lambda: enc(x))

    mha, sdpa, xm = nn.MultiheadAttention(512, 8, batch_first=True).eval(), Mha(512, 8).eval(), torch.randn(1, 1024, 512)
    inference("mha_fwd_1024", 100, lambda: mha(xm, xm, xm, need_weights=False)[0])
    inference("mha_fwd_1024_fused", 100, lambda: sdpa(xm))
    xl = torch.randn(1, 4096, 512)
    inference("mha_fwd_4096_fused", 100, lambda: sdpa(xl))

train_mlp("mlp_train_b128", 128, 784, 512, 10)
train_mlp("mlp_train_iris_b16", 16, 4, 8, 3)

xt, target = torch.randn(8, 128, 256), torch.randn(8, 128, 256)
blk = block()
train("encoder_train", 100, blk, lambda: F.mse_loss(blk(xt), target))
if bench.wants("encoder6_train"):
    stack = nn.Sequential(*(block() for _ in range(6)))
    train("encoder6_train", 100, stack, lambda: F.mse_loss(stack(xt), target))

for task, side in (("adam_1m", 1000), ("adam_10m", 3163)):
    if bench.wants(task):
        p = nn.Parameter(torch.randn(side, side))
        p.grad = torch.randn(side, side)
        opt = torch.optim.Adam([p], lr=1e-3, fused=True if fused else None)
        bench.run(task, 500, comp(opt.step))


class DecoderBlock(nn.Module):
    """Pre-norm, with keys and values of all positions in buffers."""

    def __init__(self, d, heads, positions):
        super().__init__()
        self.heads, self.norm_1, self.norm_2 = heads, nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.o, self.up, self.down = nn.Linear(d, 3 * d), nn.Linear(d, d), nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
        self.keys, self.values = (torch.zeros(1, heads, positions, d // heads) for _ in range(2))

    def forward(self, x, at):
        b, s, d = x.shape
        q, k, v = self.qkv(self.norm_1(x)).view(b, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        self.keys[:, :, at : at + s], self.values[:, :, at : at + s] = k, v
        y = F.scaled_dot_product_attention(q, self.keys[:, :, : at + s], self.values[:, :, : at + s])
        x = x + self.o(y.transpose(1, 2).reshape(b, s, d))
        return x + self.down(F.gelu(self.up(self.norm_2(x))))


class Decoder(nn.Module):
    def __init__(self, vocabulary, d, heads, blocks, positions):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, d), nn.Parameter(torch.randn(positions, d))
        self.blocks = nn.ModuleList(DecoderBlock(d, heads, positions) for _ in range(blocks))
        self.norm, self.positions, self.at = nn.LayerNorm(d), positions, 0

    def forward(self, ids):
        """The logits after one more token; begins anew where the positions end."""
        if self.at == self.positions:
            self.at = 0
        x = self.tokens(ids) + self.places[self.at : self.at + ids.shape[1]]
        for each in self.blocks:
            x = each(x, self.at)
        self.at += ids.shape[1]
        return self.norm(x) @ self.tokens.weight.T


for task, d, heads, blocks in (("decode_384", 384, 6, 6), ("decode_hamlet", 128, 4, 4)):
    if not fused and not compiling and bench.wants(task):
        decoder, token = Decoder(65, d, heads, blocks, 128).eval(), torch.tensor([[7]])
        with torch.inference_mode():
            bench.run(task, 2000, lambda: decoder(token))

# Other sizes
for name, widths in (("odd", (300, 700, 200, 17)), ("narrow", (64,) * 11)):
    for b in (1, 7, 33, 256, 1024):
        if not fused and bench.wants(f"{name}_fwd_b{b}"):
            m, x1 = mlp(*widths).eval(), torch.randn(b, widths[0])
            inference(f"{name}_fwd_b{b}", 2000, lambda: m(x1))
        if bench.wants(f"{name}_train_b{b}"):
            train_mlp(f"{name}_train_b{b}", b, *widths)
for b, n in ((4, 77), (1, 512), (16, 16)):
    xt, target = torch.randn(b, n, 384), torch.randn(b, n, 384)
    if not fused and bench.wants(f"encoder384_fwd_{b}x{n}"):
        enc = block(384, 6).eval()
        inference(f"encoder384_fwd_{b}x{n}", 200, lambda: enc(xt))
    if bench.wants(f"encoder384_train_{b}x{n}"):
        blk = block(384, 6)
        train(f"encoder384_train_{b}x{n}", 100, blk, lambda: F.mse_loss(blk(xt), target))
bench.finish()
