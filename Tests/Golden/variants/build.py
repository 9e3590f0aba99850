"""Writes models/: a LLaVA whose projector gets two layers of the tower, by transformers 4.57 (make.py starts it).

What stands beside its weights is that of ../vlm/models/siglip-llama-untied-full, as links.
"""
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "vlm"))
import tiny  # noqa: E402
from transformers import LlavaForConditionalGeneration  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# Not in the order of the tower, so that a reader which sorts them is found out.
CASE = "siglip-layers-untied"
tiny.CASES[CASE] = ("siglip", {}, "llama", {}, dict(vision_feature_layer=[-1, 1]))
folder = HERE / "models" / "feature-layers"
shutil.rmtree(folder, ignore_errors=True)
tiny.fill(LlavaForConditionalGeneration(tiny.llava_config(CASE, "full")), CASE).save_pretrained(folder)
beside = tiny.MODELS / "siglip-llama-untied-full"
for file in sorted(beside.iterdir()):
    if not (folder / file.name).exists():
        (folder / file.name).symlink_to(os.path.relpath(file, folder))
