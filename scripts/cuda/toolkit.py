#!/usr/bin/env python3
"""Makes what building with `--features cuda` asks for, on a machine without CUDA: NVIDIA's compiler and headers from its
Python packages, and libraries to link with.

    python3 scripts/cuda/toolkit.py            # → target/cuda-toolkit; `scripts/cuda/cargo` runs it where it's missing
    python3 scripts/cuda/toolkit.py --release 13.0

The Python packages of CUDA 12 lack nvcc itself, which Debian 13 packs (`apt-get download nvidia-cuda-toolkit`, of non-free):

    python3 scripts/cuda/toolkit.py --release 12.4 --deb nvidia-cuda-toolkit_12.4.131~12.4.1-2_amd64.deb

The libraries are small archives that look for the real ones when a program first calls them (`libcuda.so.1`,
`libcublas.so.13` or `.12` …, as the loader finds them), so that one program runs with CUDA 12 and 13, and one without a
driver says so instead of failing to start. Needs pip, a C compiler and ar; the packages are NVIDIA's, under its EULA.
"""

import argparse
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# What nvcc is made of, and the headers of dfdx's kernels.
PACKAGES = ["nvidia-cuda-nvcc", "nvidia-nvvm", "nvidia-cuda-crt", "nvidia-cuda-runtime", "nvidia-cuda-cccl"]
PACKAGES_12 = ["nvidia-cuda-nvcc-cu12", "nvidia-cuda-runtime-cu12", "nvidia-cuda-cccl-cu12"]
# What a Debian package has → where nvcc looks for it.
DEBIAN = {
    "usr/lib/nvidia-cuda-toolkit/bin/nvcc": "bin/nvcc",
    "usr/lib/nvidia-cuda-toolkit/bin/crt": "bin/crt",
    "usr/lib/nvidia-cuda-toolkit/bin/cicc": "nvvm/bin/cicc",
    "usr/lib/nvidia-cuda-toolkit/libdevice": "nvvm/libdevice",
    "usr/bin/ptxas": "bin/ptxas",
    "usr/bin/fatbinary": "bin/fatbinary",
    "usr/bin/cudafe++": "bin/cudafe++",
}
# Where nvcc finds the rest; Debian's own says /usr.
PROFILE = """TOP = $(_HERE_)/..
NVVMIR_LIBRARY_DIR = $(TOP)/nvvm/libdevice
PATH += $(TOP)/nvvm/bin:$(_HERE_):
INCLUDES += "-I$(TOP)/include" $(_SPACE_)
"""
# cudarc's bindings → the library, the files that it may be, and what a call gives where there is none: no device, not
# initialised, initialisation failed, internal error.
LIBRARIES = {
    "driver": ("cuda", ["libcuda.so.1"], 100),
    "cublas": ("cublas", ["libcublas.so.13", "libcublas.so.12"], 1),
    "cublaslt": ("cublasLt", ["libcublasLt.so.13", "libcublasLt.so.12"], 1),
    "curand": ("curand", ["libcurand.so.10"], 203),
    "nvrtc": ("nvrtc", ["libnvrtc.so.13", "libnvrtc.so.12"], 11),
}
# dfdx's build script asks this program for the GPU's compute capability, and then takes CUDA_COMPUTE_CAP if it is set.
NVIDIA_SMI = """#!/bin/sh
echo compute_cap
echo "${CUDA_COMPUTE_CAP:?set CUDA_COMPUTE_CAP, such as 90 for an H100}" | sed 's/.$/.&/'
"""


def fetch(release: str, folder: pathlib.Path) -> None:
    """The packages' files, all in one tree."""
    packages = PACKAGES_12 if release.startswith("12.") else PACKAGES
    wanted = [f"{package}=={release}.*" for package in packages]
    with tempfile.TemporaryDirectory() as wheels:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                        "--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64",
                        "--platform", "manylinux_2_12_x86_64", "--platform", "manylinux2010_x86_64",
                        "--dest", wheels, *wanted], check=True)
        for wheel in sorted(pathlib.Path(wheels).glob("*.whl")):
            zipfile.ZipFile(wheel).extractall(folder)
    for tree in (folder / "nvidia").iterdir():
        for name in ("bin", "include", "nvvm"):
            if (tree / name).is_dir():
                shutil.copytree(tree / name, folder / name, dirs_exist_ok=True)
    shutil.rmtree(folder / "nvidia")


def unpack(deb: pathlib.Path, folder: pathlib.Path) -> None:
    """The compiler of a Debian package, over what lies there."""
    with tempfile.TemporaryDirectory() as unpacked:
        subprocess.run(["dpkg-deb", "-x", deb, unpacked], check=True)
        for source, place in DEBIAN.items():
            source, place = pathlib.Path(unpacked) / source, folder / place
            place.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, place, dirs_exist_ok=True)
            else:
                shutil.copy(source, place)
    (folder / "bin" / "nvcc.profile").write_text(PROFILE)


def make_executable(folder: pathlib.Path) -> None:
    for program in [*(folder / "bin").iterdir(), *(folder / "nvvm" / "bin").iterdir()]:
        if program.is_file():
            program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def bindings() -> pathlib.Path:
    """Where cargo keeps the cudarc that the lock file names."""
    lock = (REPOSITORY / "Cargo.lock").read_text()
    version = re.search(r'name = "cudarc"\nversion = "(0\.9[^"]*)"', lock)
    if version is None:
        sys.exit("Cargo.lock has no cudarc 0.9, which dfdx uses")
    subprocess.run(["cargo", "fetch", "--quiet"], cwd=REPOSITORY, check=True)
    home = subprocess.run(["cargo", "metadata", "--format-version", "1", "--features", "cuda"], cwd=REPOSITORY,
                          check=True, capture_output=True, text=True).stdout
    manifest = re.search(rf'"manifest_path":"([^"]*cudarc-{re.escape(version[1])}/Cargo.toml)"', home)
    if manifest is None:
        sys.exit(f"cargo knows no place of cudarc {version[1]}")
    return pathlib.Path(manifest[1]).parent / "src"


def archive(source: pathlib.Path, name: str, files: list[str], absent: int, folder: pathlib.Path) -> None:
    """lib{name}.a: each function jumps to the one of the real library, which is opened by the first call."""
    functions = sorted(set(re.findall(r"pub fn ([A-Za-z0-9_]+)", source.read_text())))
    table = f"tensor_dsl_{name}"
    opened = " ".join(f'if (!handle) handle = dlopen("{file}", RTLD_NOW | RTLD_GLOBAL);' for file in files)
    names = ", ".join(f'"{function}"' for function in functions)
    code = f"""#include <dlfcn.h>
#include <pthread.h>
static const char *const names[] = {{ {names} }};
static void *handle;
static int absent(void) {{ return {absent}; }}
static void look(void) {{ {opened} }}
__attribute__((visibility("hidden"))) void *{table}[{len(functions)}];
__attribute__((visibility("hidden"))) void *{table}_find(unsigned long at) {{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, look);
    void *found = handle ? dlsym(handle, names[at]) : 0;
    void *chosen = found ? found : (void *)absent;
    __atomic_store_n(&{table}[at], chosen, __ATOMIC_RELEASE);
    return chosen;
}}
"""
    # The arguments' registers are kept while the function is looked for; then its call goes on as it was.
    saved = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"]
    push = "\n".join(f"    push %{register}" for register in saved)
    pop = "\n".join(f"    pop %{register}" for register in reversed(saved))
    jumps = [".text", f".hidden {table}", f".hidden {table}_find"]
    for at, function in enumerate(functions):
        jumps.append(f""".globl {function}
.type {function}, @function
{function}:
    mov {table}+{8 * at}(%rip), %rax
    test %rax, %rax
    jnz 1f
{push}
    sub $136, %rsp
    movups %xmm0, (%rsp)
    movups %xmm1, 16(%rsp)
    movups %xmm2, 32(%rsp)
    movups %xmm3, 48(%rsp)
    movups %xmm4, 64(%rsp)
    movups %xmm5, 80(%rsp)
    movups %xmm6, 96(%rsp)
    movups %xmm7, 112(%rsp)
    mov ${at}, %rdi
    call {table}_find
    movups (%rsp), %xmm0
    movups 16(%rsp), %xmm1
    movups 32(%rsp), %xmm2
    movups 48(%rsp), %xmm3
    movups 64(%rsp), %xmm4
    movups 80(%rsp), %xmm5
    movups 96(%rsp), %xmm6
    movups 112(%rsp), %xmm7
    add $136, %rsp
{pop}
1:  jmp *%rax""")
    jumps.append('.section .note.GNU-stack,"",@progbits\n')
    (folder / f"{name}.c").write_text(code)
    (folder / f"{name}_jumps.s").write_text("\n".join(jumps))
    objects = [f"{name}.o", f"{name}_jumps.o"]
    subprocess.run(["cc", "-O2", "-fPIC", "-c", f"{name}.c", f"{name}_jumps.s"], cwd=folder, check=True)
    subprocess.run(["ar", "rcs", f"lib{name}.a", *objects], cwd=folder, check=True)
    for left in [f"{name}.c", f"{name}_jumps.s", *objects]:
        (folder / left).unlink()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--release", default="13.0", help="CUDA's release (12.x asks for --deb)")
    options.add_argument("--deb", type=pathlib.Path, help="Debian's nvidia-cuda-toolkit, for its compiler")
    options.add_argument("--folder", type=pathlib.Path, default=REPOSITORY / "target" / "cuda-toolkit")
    options = options.parse_args()
    if options.folder.exists():
        sys.exit(f"{options.folder} is there already: remove it to make it anew")
    options.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder.parent) as temporary:
        made = pathlib.Path(temporary) / "toolkit"
        made.mkdir()
        fetch(options.release, made)
        if options.deb:
            unpack(options.deb, made)
        if not (made / "bin" / "nvcc").exists():
            sys.exit(f"the Python packages of CUDA {options.release} have no nvcc: name Debian's package by --deb")
        make_executable(made)
        (made / "lib64").mkdir()
        sources = bindings()
        for module, (name, files, absent) in LIBRARIES.items():
            archive(sources / module / "sys.rs", name, files, absent, made / "lib64")
        shim = made / "bin" / "nvidia-smi"
        shim.write_text(NVIDIA_SMI)
        shim.chmod(0o755)
        made.rename(options.folder)
    print(f"made {options.folder}")


if __name__ == "__main__":
    main()
