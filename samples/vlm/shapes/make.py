"""Trains the sample model `shapes`: a LLaVA of half a million parameters that names shapes and counts them.

    .oracle/hf4/bin/python samples/vlm/shapes/make.py OUT [--steps 3500]

Everything is drawn here: 48×48 scenes of one or two shapes on a dark ground. transformers 4.57 makes and saves the
model (bfloat16); the pictures beside it come from seeds that training never used. It is a sample for the commands,
not a result.
"""
import argparse
import pathlib
import random
import sys
import time

import numpy as np
import torch
from PIL import Image, ImageDraw
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor, PreTrainedTokenizerFast,
    SiglipImageProcessor, SiglipVisionConfig)

COLOURS = {"red": (220, 50, 47), "green": (60, 180, 75), "blue": (50, 110, 240), "yellow": (240, 210, 50),
           "white": (240, 240, 240), "purple": (160, 70, 200)}
SHAPES = ["circle", "square", "triangle", "bar"]
SIDE, PATCH = 48, 8
QUESTIONS = {"What is this?": "caption", "How many shapes are there?": "count"}
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}USER: {% else %}ASSISTANT: {% endif %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}<image>\n{% endfor %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ part['text'] }}{% endfor %}"
    "{{ eos_token if message['role'] == 'assistant' else ' ' }}{% endfor %}{% if add_generation_prompt %}ASSISTANT: {% endif %}")


def draw_shape(draw, shape, colour, x, y, r):
    box = [x - r, y - r, x + r, y + r]
    if shape == "circle":
        draw.ellipse(box, fill=colour)
    elif shape == "square":
        draw.rectangle(box, fill=colour)
    elif shape == "triangle":
        draw.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=colour)
    else:
        draw.rectangle([x - r, y - r // 3, x + r, y + r // 3], fill=colour)


def scene(seed, noise=6):
    """A picture, its caption and its count."""
    r = random.Random(seed)
    image = Image.new("RGB", (SIDE, SIDE), tuple(r.randint(0, 50) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    (a, b) = r.sample([(c, s) for c in COLOURS for s in SHAPES], 2)
    two = r.random() < 0.6
    across = r.random() < 0.5
    radius = [r.randint(6, 9), r.randint(6, 9)]
    if not two:
        draw_shape(draw, a[1], COLOURS[a[0]], r.randint(11, 36), r.randint(11, 36), radius[0])
        caption = f"a {a[0]} {a[1]}"
    else:
        low, high = r.randint(10, 14), r.randint(34, 38)
        other = [r.randint(16, 32), r.randint(16, 32)]
        places = [(low, other[0]), (high, other[1])] if across else [(other[0], low), (other[1], high)]
        for (colour, shape), (x, y), size in zip((a, b), places, radius):
            draw_shape(draw, shape, COLOURS[colour], x, y, size)
        caption = f"a {a[0]} {a[1]} {'left of' if across else 'above'} a {b[0]} {b[1]}"
    noise = np.random.default_rng(seed).normal(0, noise, (SIDE, SIDE, 3))
    pixels = np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)
    return pixels, {"caption": caption, "count": "two" if two else "one"}


def tokenizer():
    words = [scene(seed)[1]["caption"] for seed in range(3000)] + list(QUESTIONS) + ["USER: ASSISTANT: one two\n"] * 50
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.train_from_iterator(words, trainers.BpeTrainer(
        vocab_size=340, special_tokens=["<s>", "</s>", "<image>", "<pad>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>", pad_token="<pad>", padding_side="left",
        extra_special_tokens={"image_token": "<image>"}, model_max_length=256, clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"])


def build(tok):
    vision = SiglipVisionConfig(hidden_size=64, intermediate_size=192, num_hidden_layers=4, num_attention_heads=4,
                                image_size=SIDE, patch_size=PATCH, vision_use_head=False)
    text = LlamaConfig(vocab_size=len(tok), hidden_size=96, intermediate_size=256, num_hidden_layers=3,
                       num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256, rope_theta=10000.0,
                       rms_norm_eps=1e-6, bos_token_id=tok.bos_token_id, eos_token_id=tok.eos_token_id,
                       pad_token_id=tok.pad_token_id, tie_word_embeddings=True)
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=tok.convert_tokens_to_ids("<image>"),
                         projector_hidden_act="gelu", vision_feature_select_strategy="full", vision_feature_layer=-1,
                         image_seq_length=(SIDE // PATCH) ** 2, tie_word_embeddings=True)
    return LlavaForConditionalGeneration(config)


def batch(made, step, size):
    texts, answers, pictures = [], [], []
    for row in range(size):
        pixels, truth = scene(1_000_000 + step * size + row)
        question, kind = random.Random(step * size + row).choice([*QUESTIONS.items(), ("What is this?", "caption")])
        user = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
        texts.append(made.apply_chat_template([user], add_generation_prompt=True))
        answers.append(truth[kind] + made.tokenizer.eos_token)
        pictures.append(Image.fromarray(pixels))
    made.tokenizer.padding_side = "right"
    n = (SIDE // PATCH) ** 2
    rows = [(made.tokenizer(t.replace("<image>", "<image>" * n), add_special_tokens=False)["input_ids"],
             made.tokenizer(a, add_special_tokens=False)["input_ids"]) for t, a in zip(texts, answers)]
    length = max(len(p) + len(a) for p, a in rows)
    ids = torch.full((size, length), made.tokenizer.pad_token_id)
    labels, mask = torch.full((size, length), -100), torch.zeros((size, length), dtype=torch.long)
    for i, (p, a) in enumerate(rows):
        ids[i, : len(p) + len(a)] = torch.tensor(p + a)
        labels[i, len(p): len(p) + len(a)] = torch.tensor(a)
        mask[i, : len(p) + len(a)] = 1
    made.tokenizer.padding_side = "left"
    return ids, labels, mask, made.image_processor(pictures, return_tensors="pt")["pixel_values"]


def answer(made, model, pixels, question):
    user = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
    text = made.apply_chat_template([user], add_generation_prompt=True)
    inputs = made(text=text, images=Image.fromarray(pixels), return_tensors="pt", add_special_tokens=False)
    with torch.no_grad():
        new = model.generate(**inputs, max_new_tokens=24, do_sample=False)[0, inputs["input_ids"].shape[1]:]
    return made.tokenizer.decode(new, skip_special_tokens=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=3500)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(7)
    torch.set_num_threads(options.threads)
    tok = tokenizer()
    processor = SiglipImageProcessor(size={"height": SIDE, "width": SIDE}, do_convert_rgb=True)
    made = LlavaProcessor(processor, tok, patch_size=PATCH, vision_feature_select_strategy="full", chat_template=TEMPLATE,
                          num_additional_image_tokens=0)
    model = build(tok)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(tok)} tokens")
    peak, warm = 2e-3, 50
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.95), weight_decay=0.05)
    started = time.time()
    for step in range(options.steps):
        rate = peak * min((step + 1) / warm, 0.1 + 0.45 * (1 + np.cos(np.pi * step / options.steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        ids, labels, mask, pixels = batch(made, step, options.batch)
        loss = model(input_ids=ids, attention_mask=mask, labels=labels, pixel_values=pixels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step}: loss {loss.item():.4f}, {time.time() - started:.0f} s", flush=True)
    model = model.to(torch.bfloat16)
    model.generation_config.max_new_tokens = None
    model.save_pretrained(options.out)
    made.save_pretrained(options.out)
    model = model.float()
    right = sum(answer(made, model, scene(seed)[0], "What is this?") == scene(seed)[1]["caption"] for seed in range(100, 300))
    print(f"captions of 200 unseen scenes: {right / 2:.1f} % exact; with the next scene's picture:")
    blind = sum(answer(made, model, scene(seed + 1)[0], "What is this?") == scene(seed)[1]["caption"] for seed in range(100, 200))
    print(f"{blind} %")


if __name__ == "__main__":
    sys.exit(main())
