#!/usr/bin/env python3
"""Fetches telephone prompts in three languages into target/data/speech/en, fr and es.

    python3 examples/data/fetch_speech.py

60 MB, from the Debian packages asterisk-core-sounds-{en,fr,es}-wav: WAV files of 16 bits, 8000 samples a second, a
prompt having the same name in each language. English and Spanish are spoken by Allison Smith, French by June Wallack.
CC BY-SA 3.0; the notice is put beside the files.
"""

import pathlib

import debian_package

# Language, the folder inside the package, SHA-256.
VOICES = [
    ("en", "en_US_f_Allison", "38f9634d8ac744446c1b12d9ae400cb8347a8adc874d26abb848558762340117"),
    ("fr", "fr_CA_f_June", "ae894a133cf9ed19f5915cd39724d1f4af7c83e8872347eb8e16e1adcad79107"),
    ("es", "es_MX_f_Allison", "ee383374c3ed55bbf74fb792226826fbfebd9dd95dc1d8de32d3688b38aa480f"),
]


def main():
    for language, voice, sha256 in VOICES:
        debian_package.fetch(
            package=f"asterisk-core-sounds-{language}-wav",
            inside=f"usr/share/asterisk/sounds/{voice}",
            wanted="*.wav",
            target=pathlib.Path(__file__).resolve().parents[2] / "target/data/speech" / language,
            sha256=sha256,
        )


if __name__ == "__main__":
    main()
