"""What transformers 4.57 and 5.x say of a directory that Tessera wrote: prints one JSON object.

    .oracle/big/bin/python Tests/Golden/vlm/roundtrip.py DIR [DIR …] [--prompt TEXT] [--image FILE …]
        [--max-new-tokens N] [--question TEXT] [--values FOLDER] [--versions 4.57 5.x] [--float64]

`--prompt` is taken as it is, with one `<image>` for each picture; `--question` goes through the directory's chat
template. Each version runs in a process of its own. For each directory:
  {"directory", "results": [{"version", "missing", "unexpected", "mismatched", "loading", "ids", "text", "new", "gaps",
    "answer", "generated" (generate()'s ids, with its cache), "logits": {"sha256", "max", "last": the last position's,
    "values": file}}], "same_new", "same_answer", "difference" (of the last logits, over max|logit|)}
A version that cannot read the directory has {"version", "error"} instead, and `difference` is null.
`values` is a safetensors file with the tensor `logits` [T, V]. Exit status 1 where the versions differ by more than
1e-5, give other text, or miss or refuse a key.
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import hf  # noqa: E402

ENVIRONMENTS = {"4.57": "hf4", "5.x": "big"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", metavar="DIR")
    parser.add_argument("--prompt")
    parser.add_argument("--question", default="What is left of the circle?")
    parser.add_argument("--image", action="append", default=[])
    parser.add_argument("--max-new-tokens", type=int, default=24)
    parser.add_argument("--values")
    parser.add_argument("--versions", nargs="+", choices=list(ENVIRONMENTS), default=list(ENVIRONMENTS))
    parser.add_argument("--float64", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def ask(directory, given):
    """What the transformers of this process says of a directory."""
    import answers
    import transformers
    torch = answers.torch
    model, told = answers.load(directory, torch.float64 if given.float64 else torch.float32)
    made = answers.processor(directory)
    text = given.prompt if given.prompt is not None else made.apply_chat_template(
        answers.conversation(given.question, len(given.image)), add_generation_prompt=True)
    inputs = answers.prepare(made, [text], given.image)
    said = answers.logits(model, inputs)[0]
    known = answers.structural(made, model, model.config.image_token_index, made.tokenizer.pad_token_id)
    end = made.tokenizer.eos_token_id
    new, gaps = answers.greedy(model, inputs, given.max_new_tokens, end, known)
    logits = {"sha256": hashlib.sha256(said.numpy().tobytes()).hexdigest(), "max": float(said.abs().max()),
              "last": said[-1].tolist()}
    if given.values:
        from safetensors.torch import save_file
        folder = pathlib.Path(given.values)
        folder.mkdir(parents=True, exist_ok=True)
        logits["values"] = str(folder / f"{pathlib.Path(directory).name}-{transformers.__version__}.safetensors")
        save_file({"logits": said.contiguous()}, logits["values"])
    return {"version": transformers.__version__, "missing": told.pop("missing_keys", []),
            "unexpected": told.pop("unexpected_keys", []), "mismatched": told.pop("mismatched_keys", []), "loading": told,
            "ids": inputs["input_ids"][0].tolist(), "text": text, "new": new, "gaps": gaps,
            "answer": made.tokenizer.decode(new, skip_special_tokens=True),
            "generated": answers.cached(model, inputs, given.max_new_tokens, known)[0], "logits": logits}


def told(directory, given):
    """The same, or what that transformers has against the directory."""
    import transformers
    try:
        return ask(directory, given)
    except Exception as error:  # whatever it is, the other version and the other directories are still asked
        return {"version": transformers.__version__, "error": f"{type(error).__name__}: {error}"}


def compared(directory, results):
    """One directory's results side by side."""
    if any("error" in r for r in results):
        return {"directory": directory, "results": results, "same_new": False, "same_answer": False, "difference": None}
    first, last = results[0], results[-1]
    top = max(r["logits"]["max"] for r in results) or 1.0
    difference = max(abs(a - b) for a, b in zip(first["logits"]["last"], last["logits"]["last"])) / top
    return {"directory": directory, "results": results, "same_new": first["new"] == last["new"],
            "same_answer": first["answer"] == last["answer"], "difference": difference}


def good(said):
    if said["difference"] is None:
        return False
    keys = any(r[k] for r in said["results"] for k in ("missing", "unexpected", "mismatched", "loading"))
    return said["same_new"] and said["same_answer"] and said["difference"] <= 1e-5 and not keys


def main():
    given = arguments()
    if given.here:
        print(json.dumps([told(directory, given) for directory in given.directories]))
        return
    sides = []
    for version in given.versions:
        command = [hf.python(ENVIRONMENTS[version]), __file__, "--here", *sys.argv[1:]]
        sides.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    found = [compared(directory, [results[i] for results in sides]) for i, directory in enumerate(given.directories)]
    print(json.dumps(found if len(found) > 1 else found[0]))
    sys.exit(0 if all(map(good, found)) else 1)


main()
