"""Ten optimiser steps of a tiny LLaVA by PyTorch's AdamW, in float32 and in float64.

Cases: `steps` (directory, dtype, losses: ten numbers, lr, beta1, beta2, eps, decay; ids, mask, labels: both rows,
right-padded, length; pixels [2, 3, H, W]) and `gradient` (directory, dtype, parameter under 4.57's name in files, norm
at step 1, sum; absent: true where the parameter takes no part in the loss). The loss is the mean of the negative
log-likelihood over the labels that are not -100, each predicted from the position before it. Every parameter that has
a gradient is trained and decayed, biases and norms too; nothing is clipped.
"""
import contextlib

import answers
from answers import torch
from tiny import MODELS, SHARED
from wide import wide

DIRECTORY = "clip-llama-untied-default"
SETTINGS = dict(lr=2e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
ANSWERS = ("a small red star", "Two.")


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
    optimiser = torch.optim.AdamW(model.parameters(), **SETTINGS, foreach=True)
    losses, gradients = [], {}
    with torch.enable_grad(), wide(model) if dtype == torch.float64 else contextlib.nullcontext():
        for step in range(10):
            optimiser.zero_grad(set_to_none=True)
            said = answers.logits(model, full)
            loss = torch.nn.functional.cross_entropy(said[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
            loss.backward()
            if step == 0:
                gradients = {n: None if p.grad is None else p.grad.clone() for n, p in model.named_parameters()}
            losses.append(float(loss.detach()))
            optimiser.step()
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
