"""PyTorch on the work of benches/minilm.rs: JSON lines on standard output.

The reference implementation of all-MiniLM-L6-v2 is transformers' BertModel with a mean over positions, as
sentence-transformers runs it; here without its tokenizer, and with random weights.
"""
import json
import time

import torch
import transformers

torch.set_num_threads(2)
torch.manual_seed(0)
config = transformers.BertConfig(
    vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536,
    layer_norm_eps=1e-12,
)
net = transformers.BertModel(config, add_pooling_layer=False).eval()


def encode(ids, mask):
    features = net(input_ids=ids, attention_mask=mask).last_hidden_state
    weights = mask.unsqueeze(-1).to(features.dtype)
    return (features * weights).sum(1) / weights.sum(1)


with torch.inference_mode():
    for batch, tokens in ((1, 16), (1, 128), (32, 16), (32, 128)):
        ids = (1000 + torch.arange(batch * tokens) * 7919 % 29_000).view(batch, tokens)
        mask = torch.ones(batch, tokens, dtype=torch.long)
        for _ in range(3):
            encode(ids, mask)
        found, started = [], time.perf_counter()
        while len(found) < 5 or time.perf_counter() - started < 2:
            before = time.perf_counter()
            encode(ids, mask)
            found.append((time.perf_counter() - before) * 1e3)
        ms = sorted(found)[len(found) // 2]
        task = f"minilm_b{batch}_n{tokens}"
        print(json.dumps({"framework": f"pytorch {torch.__version__}", "task": task, "ms": round(ms, 4),
                          "n": len(found)}), flush=True)
