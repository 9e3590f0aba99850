"""What the scripts that ask transformers share: the two environments, quiet libraries, seeds, one thread.

`.oracle/big` holds transformers 5.x with torch; `.oracle/hf4` holds transformers 4.57 and takes big's torch.
Both are made by `tools/install-deps large`.
"""
import os
import pathlib
import subprocess
import sys
import warnings
import zlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
warnings.filterwarnings("ignore")


def python(environment):
    """The interpreter of an environment."""
    path = ROOT / ".oracle" / environment / "bin" / "python"
    if not path.exists():
        sys.exit(f"{path} is missing: run tools/install-deps large")
    return str(path)


def under(environment, script, *arguments):
    """Runs a script under an environment; what it prints goes where ours goes."""
    subprocess.run([python(environment), str(script), *map(str, arguments)], check=True)


def random(*key):
    """Random numbers that depend on the key's words alone."""
    return np.random.default_rng(zlib.crc32("/".join(map(str, key)).encode()))


def one_thread():
    """Sums in one order, so that a golden copy made twice on one machine is the same to the byte."""
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    return torch
