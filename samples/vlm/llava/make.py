"""Makes the sample data of finetune-llava.yaml: a LLaVA JSON file, one held out from it, and their folder of pictures.

    .oracle/hf4/bin/python samples/vlm/llava/make.py

The scenes are those of ../shapes/make.py without noise, of seeds that its training never used. The model names what it
sees; here it is to leave the colours out, which it has never been asked for.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "shapes"))
from make import COLOURS, Image, scene  # noqa: E402


def record(seed):
    pixels, truth = scene(seed, noise=0)
    name = f"{seed}.png"
    Image.fromarray(pixels).save(HERE / "pictures" / name, optimize=True)
    plain = " ".join(word for word in truth["caption"].split() if word not in COLOURS)
    turns = [("<image>\nWhat is this, without colours?", plain), ("How many shapes are there?", truth["count"])]
    sides = [{"from": side, "value": text} for turn in turns for side, text in zip(("human", "gpt"), turn)]
    return {"id": str(seed), "image": name, "conversations": sides}


def main():
    (HERE / "pictures").mkdir(exist_ok=True)
    for name, seeds in [("train", range(500, 596)), ("heldout", range(600, 640))]:
        lines = ",\n".join("  " + json.dumps(record(seed)) for seed in seeds)
        (HERE / f"{name}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
