"""Writes adapters/ and golden.safetensors: what PEFT's LoRA does on the tiny models of Tests/Golden/vlm.

Run by `make oracle`; it starts adapters.py under .oracle/peft4 (transformers 4.57) and .oracle/peft (5.x).

  adapters/NAME    as PEFT saves it; v4-… under 4.57
  golden.safetensors   for each: base, adapter, text, ids, count (numbers that learn), moved (how far the adapter moves
                       the logits, relative), output: the logits of the last 6 positions of the prompt with one picture
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import hf  # noqa: E402
import numpy as np  # noqa: E402
from golden import save  # noqa: E402

# As in adapters.py, which cannot be imported where PEFT is not.
NAMES = {"peft4": ["v4-names", "v4-all-linear", "v4-pattern"],
         "peft": ["names", "all-linear", "pattern", "saved", "layers", "head"]}
BASES = {"names": "clip-llama-untied-default", "all-linear": "siglip-llama-untied-default",
         "pattern": "siglip-qwen2-tied-default", "saved": "clip-llama-untied-default",
         "layers": "siglip-llama-untied-default", "head": "clip-llama-untied-default"}

tensors, cases, versions = {}, [], []
with tempfile.TemporaryDirectory() as folder:
    for environment, names in NAMES.items():
        result = pathlib.Path(folder) / f"{environment}.npz"
        subprocess.run([hf.python(environment), HERE / "adapters.py", "make", result, *names], check=True)
        told = np.load(result)
        versions.append(str(told["versions"]))
        for name in names:
            tensors[name] = told[f"{name}/logits"]
            moved = float(told[f"{name}/moved"])
            if moved < 0.1:
                sys.exit(f"{name} moves the logits by {moved} only: an adapter that is left out would not show")
            cases.append({"name": name, "base": BASES[name.removeprefix("v4-")], "adapter": name, "output": name,
                          "text": str(told[f"{name}/text"]), "ids": told[f"{name}/ids"].tolist(),
                          "count": int(told[f"{name}/count"]), "moved": round(moved, 4)})
save(__file__, tensors, "; ".join(versions), cases)
