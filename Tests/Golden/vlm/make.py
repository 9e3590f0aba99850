"""Writes models/, shared/, golden.safetensors, samplers.json and mistakes.json: what transformers' LLaVA does.

Run by `make oracle` under transformers 5.x; it starts build.py and answers457.py under 4.57 itself.

  shared/      a.png, b.png; tokenizer-llama.json, tokenizer-qwen2.json; tokens-*.json (ids of the special tokens)
  models/      directories as transformers saves them (tokenizer.json and equal weights are links):
    {clip,siglip}-{llama,qwen2}-{tied,untied}-{default,full}   by 4.57
    layout-5x-clip, layout-5x-siglip      by 5.x: clip-llama-untied-default, siglip-qwen2-tied-default
    layout-memory                         clip-llama-tied-default under the names that 4.57 has in memory
    sharded, bf16, f16                    siglip-llama-untied-, clip-qwen2-untied-, clip-qwen2-tied-default
    llama-only, qwen2-only, clip-only, siglip-only (both halves), clip-vision-only
  golden.safetensors   tensors, and cases by `kind`:
    logits    directory, prompt (one, two, none), text, pictures ("a,b"), ids, output [n, V]:
              the last n positions (all for "one" in the default directories, 8 in the others, 1 for two and none),
              noise (float32 against float64, relative to max|logit|), v4 (4.57 against 5.x), exact: [4, V] in
              float64, the last positions of "one" (the float32 pixel values widened; see wide.py)
    generate  directory, prompt, text, pictures, ids, new (greedy ids; <image>, pad and rows without a token banned), gaps (of the top two),
              answer (new, decoded, without special tokens), freely (the same without the ban)
    batch     directory, text0, text1, ids (both rows, left-padded), mask, length, new0, new1, answer0, answer1,
              output [2, V] (last position), v4
    stages    directory, ids, pixels; tensors stage.<directory>.{embeddings, vision.0 (after pre_layrnorm) … vision.N,
              selected, projected, merged, decoder.1 … decoder.N (before the final norm), norm}
    sized     directory, pixels [1, 3, H, W], output: the last hidden state with interpolated position embeddings
    tower     directory (clip-only, …), pixels, output: hidden state -2;   decoder: directory, ids, output: logits
    pixels    directory, picture (a path from the root), output [3, H, W] by the Pillow processor, fast: how far
              torchvision's differs, config
    steps     see steps.py
  samplers.json    see samplers.py
  mistakes.json   for each directory and mistake, the largest difference of the logits over max|logit|
"""
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import hf  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
if __name__ == "__main__":
    hf.under("hf4", HERE / "build.py")

import numpy as np  # noqa: E402
import PIL  # noqa: E402
import transformers  # noqa: E402
from PIL import Image  # noqa: E402
from golden import save  # noqa: E402
import answers  # noqa: E402
import mistakes  # noqa: E402
import samplers  # noqa: E402
import steps  # noqa: E402
import wide  # noqa: E402
from answers import torch  # noqa: E402
from tiny import CASES, MODELS, SHARED, STRATEGIES, tokens  # noqa: E402

STAGES = ("clip-llama-untied-default", "siglip-llama-untied-default")
COUNT = 28
# How many positions of a prompt are stored, counted from the end: all of one picture's in the default cases.
EXACT = 4
LAST = {("one", True): 0, ("one", False): 8}
tensors, cases = {}, []


def relative(got, wanted):
    return float((got.double() - wanted.double()).abs().max() / wanted.double().abs().max())


def files(pictures):
    return [SHARED / f"{name}.png" for name in pictures.split(",") if name]


def ask(folder, kind, four):
    """Logits, greedy text and the batch of a directory; `four` is what 4.57 said of them."""
    directory = folder.name
    model, told = answers.load(folder)
    if told:
        sys.exit(f"{directory}: the loader says {told}")
    double, _ = answers.load(folder, torch.float64)
    made = answers.processor(folder)
    known = tokens(kind)
    banned = answers.structural(made, model, known["image"], known["pad"])
    for prompt, (question, pictures) in answers.QUESTIONS.items():
        text = made.apply_chat_template(answers.conversation(question, len(files(pictures))), add_generation_prompt=True)
        inputs = answers.prepare(made, [text], files(pictures))
        said = answers.logits(model, inputs)[0]
        key = f"logits.{directory}.{prompt}"
        other = torch.from_numpy(four[key])
        ids = inputs["input_ids"][0].tolist()
        tensors[key] = said[-LAST.get((prompt, directory.endswith("default")), 1):].numpy()
        place = {"directory": directory, "prompt": prompt, "text": text, "pictures": pictures, "ids": ids}
        with wide.wide(double):
            exact = answers.logits(double, inputs)[0]
        case = {"kind": "logits", **place, "output": key, "v4": relative(other, said), "noise": relative(said, exact)}
        if prompt == "one" and not directory.endswith("full"):
            tensors[f"exact.{directory}"] = exact[-EXACT:].numpy()
            case["exact"] = f"exact.{directory}"
        cases.append(case)
        new, gaps = answers.greedy(model, inputs, COUNT, known["eos"], banned)
        freely, _ = answers.greedy(model, inputs, COUNT, known["eos"])
        if answers.cached(model, inputs, COUNT, banned)[0] != new and min(gaps) > 1e-4:
            sys.exit(f"{directory} {prompt}: transformers' own cache gives other text")
        cases.append({"kind": "generate", **place, "new": new, "gaps": [round(g, 7) for g in gaps], "freely": freely,
                      "answer": made.tokenizer.decode(new, skip_special_tokens=True)})
    texts = [made.apply_chat_template(answers.conversation(q, 1), add_generation_prompt=True)
             for q in answers.PAIR]
    inputs = answers.prepare(made, texts, files("a,b"))
    said, key = answers.logits(model, inputs)[:, -1], f"batch.{directory}"
    tensors[key] = said.numpy()
    rows = answers.cached(model, inputs, COUNT, banned)
    case = {"kind": "batch", "directory": directory, "length": inputs["input_ids"].shape[1], "output": key,
            "ids": inputs["input_ids"].flatten().tolist(), "mask": inputs["attention_mask"].flatten().tolist(),
            "v4": relative(torch.from_numpy(four[key]), said)}
    for row, text in enumerate(texts):
        cut = rows[row].index(known["eos"]) + 1 if known["eos"] in rows[row] else len(rows[row])
        case |= {f"text{row}": text, f"new{row}": rows[row][:cut],
                 f"answer{row}": made.tokenizer.decode(rows[row][:cut], skip_special_tokens=True)}
    cases.append(case)
    return model, made


def stages(folder, model, made):
    """The hidden states at every stage of the prompt with one picture."""
    directory, caught = folder.name, {}
    case = next(c for c in cases if c["kind"] == "logits" and c["directory"] == directory)
    inputs = answers.prepare(made, [case["text"]], files(case["pictures"]))
    core = model.model
    core.vision_tower.embeddings.register_forward_hook(lambda m, a, out: caught.update(embeddings=out))
    core.multi_modal_projector.register_forward_hook(lambda m, a, out: caught.update(selected=a[0], projected=out))
    core.language_model.register_forward_pre_hook(
        lambda m, a, k: caught.update(merged=k["inputs_embeds"]), with_kwargs=True)
    for index, layer in enumerate(core.language_model.layers):
        layer.register_forward_hook(lambda m, a, out, i=index: caught.update(
            {f"decoder.{i + 1}": out[0] if isinstance(out, tuple) else out}))
    core.language_model.norm.register_forward_hook(lambda m, a, out: caught.update(norm=out))
    answers.logits(model, inputs)
    for index, state in enumerate(core.vision_tower(inputs["pixel_values"], output_hidden_states=True).hidden_states):
        caught[f"vision.{index}"] = state
    pixels = f"stage.{directory}.pixels"
    tensors[pixels] = inputs["pixel_values"].numpy()
    tensors.update({f"stage.{directory}.{name}": value.numpy() for name, value in caught.items()})
    cases.append({"kind": "stages", "directory": directory, "ids": case["ids"], "pixels": pixels})
    sized, key = torch.from_numpy(hf.random("sized").standard_normal((1, 3, 40, 16)).astype(np.float32)), f"sized.{directory}"
    tensors["sized.pixels"] = sized.numpy()
    tensors[key] = core.vision_tower(sized, interpolate_pos_encoding=True, output_hidden_states=True).hidden_states[-1].numpy()
    cases.append({"kind": "sized", "directory": directory, "pixels": "sized.pixels", "output": key})


def halves():
    """The directories that hold one half only."""
    pixels = torch.from_numpy(tensors["stage.clip-llama-untied-default.pixels"])
    for name in ("clip-only", "siglip-only", "clip-vision-only"):
        model = transformers.AutoModel.from_pretrained(MODELS / name, attn_implementation="eager").eval()
        tower = getattr(model, "vision_model", model)
        tensors[f"tower.{name}"] = tower(pixels, output_hidden_states=True).hidden_states[-2].numpy()
        cases.append({"kind": "tower", "directory": name, "output": f"tower.{name}",
                      "pixels": "stage.clip-llama-untied-default.pixels"})
    for name in ("llama-only", "qwen2-only"):
        model = transformers.AutoModelForCausalLM.from_pretrained(MODELS / name, attn_implementation="eager").eval()
        ids = transformers.AutoTokenizer.from_pretrained(MODELS / name)("The red star is two.")["input_ids"]
        tensors[f"decoder.{name}"] = model(torch.tensor([ids])).logits[0].numpy()
        cases.append({"kind": "decoder", "directory": name, "ids": ids, "output": f"decoder.{name}"})


def photographs():
    """What the processors make of photographs, and how far the ones on torchvision are from those on Pillow."""
    for directory in ("clip-llama-untied-default", "siglip-llama-untied-default"):
        careful = answers.pil_processor(MODELS / directory)
        fast = transformers.AutoImageProcessor.from_pretrained(MODELS / directory)
        for picture in PHOTOS:
            image = Image.open(hf.ROOT / picture).convert("RGB")
            key = f"pixels.{directory}.{pathlib.Path(picture).stem}"
            tensors[key] = np.asarray(careful(image, return_tensors="np")["pixel_values"][0], dtype=np.float32)
            other = np.asarray(fast(image, return_tensors="pt")["pixel_values"][0])
            cases.append({"kind": "pixels", "directory": directory, "picture": picture, "output": key,
                          "fast": float(np.abs(other - tensors[key]).max()), "processor": type(fast).__name__,
                          "config": (MODELS / directory / "preprocessor_config.json").read_text()})


PHOTOS = ("samples/photos/animals/cat.jpg", "samples/photos/food/coffee.jpg")


def newer_layouts():
    """Saves by 5.x what 4.57 saved, as a user of today would have it."""
    from build_links import share
    for name, source in [("layout-5x-clip", STAGES[0]), ("layout-5x-siglip", "siglip-qwen2-tied-default")]:
        model, _ = answers.load(MODELS / source)
        shutil.rmtree(MODELS / name, ignore_errors=True)
        model.set_attn_implementation("sdpa")
        model.save_pretrained(MODELS / name)
        transformers.AutoProcessor.from_pretrained(MODELS / source).save_pretrained(MODELS / name)
        share(MODELS / name, "tokenizer.json", SHARED / f"tokenizer-{'llama' if 'llama' in source else 'qwen2'}-5x.json")


def main():
    newer_layouts()
    names = [f"{case}-{strategy}" for case in CASES for strategy in STRATEGIES]
    kinds = {name: CASES[name.rsplit("-", 1)[0]][2] for name in names}
    kinds |= {"bf16": "qwen2", "f16": "qwen2"}
    four = HERE / "four.npz"
    hf.under("hf4", HERE / "answers457.py", four, *[f"{name}={kind}" for name, kind in kinds.items()])
    told = dict(np.load(four))
    four.unlink()
    table = {}
    for name, kind in kinds.items():
        model, made = ask(MODELS / name, kind, told)
        if name in STAGES:
            stages(MODELS / name, model, made)
        if name in names:
            text = next(c["text"] for c in cases if c["directory"] == name and c.get("prompt") == "one")
            both = next(c["text"] for c in cases if c["directory"] == name and c.get("prompt") == "two")
            table[name] = mistakes.table(MODELS / name, made, text, both)
        print(name, flush=True)
    halves()
    photographs()
    samplers.main()
    cases.extend(steps.cases(tensors, made=answers.processor(MODELS / STAGES[0])))
    (HERE / "mistakes.json").write_text(json.dumps(table, indent=1) + "\n")
    save(__file__, tensors, f"transformers {transformers.__version__} and {str(told['version'])}, torch "
         f"{torch.__version__.split('+')[0]}, Pillow {PIL.__version__}", cases)
    summary(table)


def summary(table):
    """Says what a reader wants to know first, and fails where a mistake would pass."""
    print("largest difference between 4.57 and 5.x:", max(c["v4"] for c in cases if "v4" in c))
    print("largest float32 noise:", max(c["noise"] for c in cases if "noise" in c))
    print("new tokens, least:", min(len(c["new"]) for c in cases if c["kind"] == "generate"),
          "smallest gap:", min(min(c["gaps"]) for c in cases if c["kind"] == "generate"))
    weak = [(v, n, m) for n, row in table.items() for m, v in row.items() if v < 1e-4]
    print("mistakes:", sum(map(len, table.values())), "smallest:", sorted(
        (v, n, m) for n, row in table.items() for m, v in row.items())[:5])
    if weak:
        sys.exit(f"mistakes that would pass: {sorted(weak)}")


if __name__ == "__main__":
    main()
