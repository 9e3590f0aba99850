"""Ten optimiser steps of a tiny LLaVA by PyTorch's AdamW, in float32 and in float64.

Cases: `steps` (directory, dtype, losses: ten numbers, lr, beta1, beta2, eps, decay; ids, mask, labels: both rows,
right-padded, length; pixels [2, 3, H, W]) and `gradient` (directory, dtype, parameter under 4.57's name in files, norm
at step 1, sum; absent: true where the parameter takes no part in the loss). The loss is the mean of the negative
log-likelihood over the labels that are not -100, each predicted from the position before it. Every parameter that has
a gradient is trained and decayed, biases and norms too; nothing is clipped.

transformers computes norms, softmax and rotary angles in float32 whatever the model's type. For float64 to mean
float64, the decoder's module is shown a `torch` whose float32 is float64, and the angles are computed anew.
"""
import sys

import answers
from answers import torch
from tiny import MODELS, SHARED

DIRECTORY = "clip-llama-untied-default"
SETTINGS = dict(lr=2e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
ANSWERS = ("a small red star", "Two.")


class Wide:
    """Stands for `torch`: its float32 is float64."""
    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


def widen(model):
    """Makes a float64 model compute in float64 throughout."""
    text = model.model.language_model
    module, size = sys.modules[type(text).__module__], text.layers[0].self_attn.head_dim
    base = text.config.rope_parameters["rope_theta"]
    inverse = base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)

    def angles(x, position_ids, **_):
        half = position_ids[..., None].double() * inverse
        whole = torch.cat([half, half], dim=-1)
        return whole.cos(), whole.sin()

    text.rotary_emb.forward = angles
    return module


def batch(made):
    """Two rows, each a picture, a question and an answer that is learned together with its end."""
    texts = [made.apply_chat_template(answers.conversation(q, 1), add_generation_prompt=True) for q in answers.PAIR]
    end = made.tokenizer.eos_token
    full = answers.prepare(made, [t + " " + a + end for t, a in zip(texts, ANSWERS)],
                           [SHARED / "a.png", SHARED / "b.png"], side="right")
    labels = full["input_ids"].clone()
    for row, (text, answer) in enumerate(zip(texts, ANSWERS)):
        learned = len(made.tokenizer(" " + answer + end, add_special_tokens=False)["input_ids"])
        length = int(full["attention_mask"][row].sum())
        labels[row, :length - learned] = -100
        labels[row, length:] = -100
    return full, labels


def run(full, labels, dtype):
    """The losses of ten steps and the gradients of the first."""
    model, _ = answers.load(MODELS / DIRECTORY, dtype)
    module = widen(model) if dtype == torch.float64 else None
    kept = getattr(module, "torch", None)
    try:
        if module:
            module.torch = Wide()
        optimiser = torch.optim.AdamW(model.parameters(), **SETTINGS, foreach=True)
        losses, gradients = [], {}
        with torch.enable_grad():
            for step in range(10):
                optimiser.zero_grad(set_to_none=True)
                said = answers.logits(model, full)
                loss = torch.nn.functional.cross_entropy(said[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
                loss.backward()
                if step == 0:
                    gradients = {n: None if p.grad is None else p.grad.clone() for n, p in model.named_parameters()}
                losses.append(float(loss.detach()))
                optimiser.step()
    finally:
        if module:
            module.torch = kept
    return losses, gradients


def stored(name):
    """The name of a parameter of 5.x in a file of 4.57."""
    if name.startswith("lm_head"):
        return "language_model." + name
    name = name.removeprefix("model.")
    name = name.replace("language_model.", "language_model.model.", 1) if name.startswith("language_model.") else name
    if name.startswith("vision_tower.") and not name.startswith("vision_tower.vision_model."):
        name = name.replace("vision_tower.", "vision_tower.vision_model.", 1)
    return name


def cases(tensors, made):
    """The cases of this file; the pixels go to `tensors`."""
    full, labels = batch(made)
    tensors["steps.pixels"] = full["pixel_values"].numpy()
    found = []
    for dtype, name in [(torch.float32, "float32"), (torch.float64, "float64")]:
        losses, gradients = run(full, labels, dtype)
        found.append({
            "kind": "steps", "directory": DIRECTORY, "dtype": name, "losses": losses, "lr": SETTINGS["lr"],
            "beta1": SETTINGS["betas"][0], "beta2": SETTINGS["betas"][1], "eps": SETTINGS["eps"],
            "decay": SETTINGS["weight_decay"], "length": labels.shape[1], "pixels": "steps.pixels",
            "ids": full["input_ids"].flatten().tolist(), "mask": full["attention_mask"].flatten().tolist(),
            "labels": labels.flatten().tolist()})
        for parameter, value in gradients.items():
            case = {"kind": "gradient", "directory": DIRECTORY, "dtype": name, "parameter": stored(parameter)}
            found.append(case | ({"absent": True} if value is None else
                                 {"norm": float(value.double().norm()), "sum": float(value.double().sum())}))
        print("losses", name, losses)
    return found
