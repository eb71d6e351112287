"""Writes gpt2.safetensors beside this file: a small GPT-2 of transformers, its weights, token ids, and its logits.

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install torch==2.15.0 transformers==5.24.0 safetensors==0.8.0 numpy==2.4.6
    /tmp/venv/bin/python tests/gpt2/make_gpt2.py

Names and layouts are those of published files: `transformer.h.0.attn.c_attn.weight` is `[in, 3 * out]`, queries, keys and values
side by side; the head is the table of tokens. Weights are random, from a seed, and rounded to half precision, in which they are
stored, so that the file is small; what is computed from them is computed in float64.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

SEED = 20261126


def main():
    generator = torch.Generator().manual_seed(SEED)
    torch.set_num_threads(1)
    config = GPT2Config(
        vocab_size=101, n_positions=32, n_embd=48, n_layer=2, n_head=4,
        embd_pdrop=0.0, attn_pdrop=0.0, resid_pdrop=0.0, attn_implementation="eager",
    )
    model = GPT2LMHeadModel(config).double().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre, spread = (1.0, 0.1) if "ln_" in name and name.endswith("weight") else (0.0, 0.15)
            values = centre + spread * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.copy_(values.half().double())
        ids = torch.randint(0, config.vocab_size, (2, 9), generator=generator)
        logits = model(ids).logits
    tied = model.lm_head.weight is model.transformer.wte.weight
    assert tied and config.activation_function == "gelu_new"
    tensors = {key: value.half() for key, value in model.state_dict().items() if key != "lm_head.weight"}
    tensors |= {"ids": ids, "logits": logits.float()}
    path = Path(__file__).with_name("gpt2.safetensors")
    save_file({key: value.contiguous() for key, value in tensors.items()}, path, metadata={"seed": str(SEED)})
    print(f"{path}: {path.stat().st_size} bytes")
    for key, value in tensors.items():
        print(key, list(value.shape), value.dtype)


if __name__ == "__main__":
    main()
