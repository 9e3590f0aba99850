"""Writes golden.safetensors: what transformers does with models that ../vlm does not have.

  models/feature-layers   a LLaVA whose `vision_feature_layer` is a list (see build.py)
  cases by `kind`:
    text      directory (of ../vlm/models: a decoder alone), prompt, ids, output [8, V]: the last positions' logits,
              new (greedy ids; pad and rows without a token banned), gaps (of the top two), answer (decoded)
    settings  directory, prompt, config (a generation_config.json), new: what `generate` gives by it, the same ban
    layers    text, pictures, ids, output [n, V], new, gaps, answer: of models/feature-layers
  `v4` is how far 4.57's logits are from 5.x's, relative to the largest; its greedy ids are the same, or the run fails.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "vlm"))
sys.path.insert(0, str(HERE.parent))
import hf  # noqa: E402

if __name__ == "__main__" and len(sys.argv) == 1:
    hf.under("hf4", HERE / "build.py")

import answers  # noqa: E402
import numpy as np  # noqa: E402
import transformers  # noqa: E402
from answers import torch  # noqa: E402
from golden import save  # noqa: E402
from tiny import MODELS, SHARED, tokens  # noqa: E402

KINDS = {"llama-only": "llama", "qwen2-only": "qwen2"}
PROMPTS = ("The red star is two.", "Déjà vu… how many?\n")
COUNT, LAST = 24, 8
# Each gives one answer, whatever chance draws.
SETTINGS = (
    {"repetition_penalty": 1.7, "max_new_tokens": 12},
    {"do_sample": True, "top_k": 1, "temperature": 0.3, "max_new_tokens": 10},
    {"do_sample": True, "top_p": 1e-6, "repetition_penalty": 0.6, "max_new_tokens": 9},
    {"do_sample": True, "min_p": 0.999, "temperature": 0.01, "max_new_tokens": 8},
    {"temperature": 0.2, "top_p": 0.1, "top_k": 3, "max_new_tokens": 7},
)


def text_cases(name, tensors):
    """Logits, greedy text and answers by settings of a decoder alone."""
    model = transformers.AutoModelForCausalLM.from_pretrained(
        MODELS / name, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODELS / name)
    known = tokens(KINDS[name])
    vocabulary = set(tokenizer.get_vocab().values())
    banned = sorted({known["pad"]} | {i for i in range(model.config.vocab_size) if i not in vocabulary})
    for number, prompt in enumerate(PROMPTS):
        inputs = dict(tokenizer(prompt, return_tensors="pt"))
        said, key = answers.logits(model, inputs)[0], f"text.{name}.{number}"
        tensors[key] = said[-LAST:].numpy()
        new, gaps = answers.greedy(model, inputs, COUNT, known["eos"], banned)
        yield {"kind": "text", "directory": name, "prompt": prompt, "ids": inputs["input_ids"][0].tolist(),
               "output": key, "new": new, "gaps": [round(g, 7) for g in gaps],
               "answer": tokenizer.decode(new, skip_special_tokens=True)}
    inputs = {k: v for k, v in tokenizer(PROMPTS[0], return_tensors="pt").items() if k != "token_type_ids"}
    for settings in SETTINGS:
        config = transformers.GenerationConfig(
            **settings, suppress_tokens=banned, eos_token_id=known["eos"], pad_token_id=known["pad"])
        made = model.generate(**inputs, generation_config=config)
        yield {"kind": "settings", "directory": name, "prompt": PROMPTS[0], "config": json.dumps(settings),
               "new": made[0, inputs["input_ids"].shape[1]:].tolist()}


def layers_case(tensors):
    """The LLaVA whose projector gets two layers."""
    folder = HERE / "models" / "feature-layers"
    model, told = answers.load(folder)
    if told:
        sys.exit(f"{folder}: the loader says {told}")
    made, known = answers.processor(folder), tokens("llama")
    question, pictures = answers.QUESTIONS["one"]
    text = made.apply_chat_template(answers.conversation(question, 1), add_generation_prompt=True)
    inputs = answers.prepare(made, [text], [SHARED / f"{pictures}.png"])
    tensors["layers"] = answers.logits(model, inputs)[0].numpy()
    new, gaps = answers.greedy(
        model, inputs, COUNT, known["eos"], answers.structural(made, model, known["image"], known["pad"]))
    yield {"kind": "layers", "text": text, "pictures": pictures, "ids": inputs["input_ids"][0].tolist(),
           "output": "layers", "new": new, "gaps": [round(g, 7) for g in gaps],
           "answer": made.tokenizer.decode(new, skip_special_tokens=True)}


def main():
    tensors = {}
    cases = [case for name in KINDS for case in text_cases(name, tensors)] + list(layers_case(tensors))
    if len(sys.argv) > 1:
        # 4.57's part: what it says, for the other to compare.
        np.savez(sys.argv[1], version=np.array(transformers.__version__), cases=np.array(json.dumps(cases)), **tensors)
        return
    four = HERE / "four.npz"
    hf.under("hf4", HERE / "make.py", four)
    other = dict(np.load(four))
    four.unlink()
    for case, old in zip(cases, json.loads(str(other["cases"]))):
        if case["new"] != old["new"]:
            sys.exit(f"{case}: 4.57 says {old['new']}")
        if "output" in case:
            ours, theirs = tensors[case["output"]].astype(np.float64), other[case["output"]].astype(np.float64)
            case["v4"] = float(np.abs(ours - theirs).max() / np.abs(ours).max())
    print("largest difference between 4.57 and 5.x:", max(c["v4"] for c in cases if "v4" in c))
    save(__file__, tensors, f"transformers {transformers.__version__} and {other['version']}, torch "
         f"{torch.__version__.split('+')[0]}", cases)


if __name__ == "__main__":
    main()
