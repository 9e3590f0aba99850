"""Times transformers' training of a LLaVA directory on captions; prints one JSON object.

    .oracle/big/bin/python Benchmarks/vlm_peers/train.py DIR CAPTIONS.jsonl --threads 2 --steps 60 --batch 64
        [--dtype fp32|bf16] [--compile] [--attention sdpa|eager] [--mask] [--pad longest|all] [--learning-rate 3e-3]
        [--schedule-steps 2600] [--warmup-steps 50] [--final 0.1] [--weight-decay 0.01] [--skip 10] [--every 10]

DIR has a model that Tessera wrote (`base/` of a run), CAPTIONS.jsonl is of `make-shapes`. The texts are the directory's
template's, as Tessera writes them: the prompt with the picture is not learned, the caption and the end are. All
parameters that a gradient reaches are trained by AdamW (β 0.9 and 0.95, decay on matrices alone, `fused`), with a linear
warm-up, then a cosine, and the joint norm clipped to 1. bf16 is autocast over float32 weights.

In this program's favour: pictures are decoded (to bytes; `picture_bytes` says how many are held) and texts tokenised
before the clock starts, so that data is a copy and a division; samples are filled up at the right and no attention mask is
passed unless --mask asks for it, which lets PyTorch take its causal kernels.

A step is everything from taking its samples to the optimiser's end. Tokens are those of texts and pictures without
padding. After --skip steps, rates are told as the median over windows of --every steps and over steps, and the mean.
"""
import argparse
import json
import math
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Golden"))
import hf  # noqa: E402, F401  (quiet, offline libraries)

PARTS = ("data", "forward", "backward", "optimizer")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", metavar="DIR")
    parser.add_argument("captions", metavar="CAPTIONS.jsonl")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    parser.add_argument("--mask", action="store_true", help="pass the attention mask, as transformers' Trainer does")
    parser.add_argument("--pad", choices=["longest", "all"], help="to the batch's longest sample, or to that of all "
                        "(default: longest; all with --compile, so that nothing is compiled twice)")
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--schedule-steps", type=int, help="steps of the cosine (default: --steps)")
    parser.add_argument("--warmup-steps", type=int, default=50)
    parser.add_argument("--final", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--skip", type=int, default=10, help="steps before the figures begin")
    parser.add_argument("--every", type=int, default=10, help="steps of a window")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    given.pad = given.pad or ("all" if given.compile else "longest")
    given.schedule_steps = given.schedule_steps or given.steps
    if given.steps - given.skip < given.every:
        parser.error(f"--steps {given.steps} leave no window of {given.every} after --skip {given.skip}")
    return given


class Captions:
    """Captions in memory: ids, which are learned, and pictures as bytes."""

    def __init__(self, torch, processor, path, indices):
        import numpy as np
        from PIL import Image
        path = pathlib.Path(path)
        records = [json.loads(line) for line in path.read_text().splitlines()]
        self.count = len(records)
        self.order = indices(self.count)
        self.torch, self.processor = torch, processor
        names = sorted(set(self.order))
        self.place = {name: place for place, name in enumerate(names)}
        pictures = [Image.open(path.parent / records[name]["image"]).convert("RGB") for name in names]
        self.pictures = torch.from_numpy(np.stack([np.asarray(p) for p in pictures])).permute(0, 3, 1, 2).contiguous()
        self.mean, self.scale = self.normalisation(pictures[0])
        self.samples = [self.tokens(records[name]["text"], pictures[0]) for name in names]
        self.longest = max(len(ids) for ids, _ in self.samples)

    def normalisation(self, picture):
        """Mean and scale of the processor, and that with them a picture is what the processor makes of it."""
        made = self.processor.image_processor
        mean = self.torch.tensor(made.image_mean).view(1, 3, 1, 1) * 255
        scale = 1 / (self.torch.tensor(made.image_std).view(1, 3, 1, 1) * 255)
        right = made(picture, return_tensors="pt")["pixel_values"]
        if right.shape[-2:] != self.pictures.shape[-2:]:
            sys.exit(f"pictures of {self.pictures.shape[-2:]} would be resized to {right.shape[-2:]}")
        off = ((self.pictures[:1].float() - mean) * scale - right).abs().max().item()
        if off > 1e-5:
            sys.exit(f"the processor's pictures are off by {off}")
        return mean, scale

    def tokens(self, caption, picture):
        """A sample's ids, and how many of them at the end are learned."""
        turns = [{"role": "user", "content": [{"type": "image"}]},
                 {"role": "assistant", "content": [{"type": "text", "text": caption}]}]
        prompt = self.processor.apply_chat_template(turns[:1], add_generation_prompt=True)
        whole = self.processor.apply_chat_template(turns)
        if not whole.startswith(prompt):
            sys.exit(f"{whole!r} does not begin with {prompt!r}")
        if not hasattr(self, "prompt"):
            self.prompt = self.processor(text=prompt, images=picture, add_special_tokens=False)["input_ids"][0]
            self.prompt = [int(i) for i in self.prompt]
        answer = self.processor.tokenizer(whole[len(prompt):], add_special_tokens=False)["input_ids"]
        return self.prompt + answer, len(answer)

    def batch(self, number, size, pad, whole):
        """Ids, labels, mask and pixels of a step, and its tokens."""
        torch = self.torch
        places = [self.place[i] for i in self.order[number * size:(number + 1) * size]]
        rows = [self.samples[i] for i in places]
        length = self.longest if whole else max(len(ids) for ids, _ in rows)
        ids = torch.full((size, length), pad)
        labels = torch.full((size, length), -100)
        mask = torch.zeros((size, length), dtype=torch.long)
        for row, (sample, learned) in enumerate(rows):
            text = torch.tensor(sample)
            ids[row, :len(sample)] = text
            labels[row, len(sample) - learned:len(sample)] = text[-learned:]
            mask[row, :len(sample)] = 1
        pixels = (self.pictures[places].float() - self.mean) * self.scale
        return ids, labels, mask, pixels, sum(len(sample) for sample, _ in rows)


def order(given):
    """The samples of all steps: shuffled anew in each pass over the data."""
    import numpy as np

    def made(count):
        chance, indices = np.random.default_rng(given.seed), []
        while len(indices) < given.steps * given.batch:
            indices += chance.permutation(count).tolist()
        return indices[:given.steps * given.batch]
    return made


def optimizer(torch, model, given):
    groups = [{"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": given.weight_decay},
              {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0}]
    made = torch.optim.AdamW(groups, lr=given.learning_rate, betas=(0.9, 0.95), eps=1e-8, fused=True)

    def factor(done):
        step = done + 1
        if step <= given.warmup_steps:
            return step / given.warmup_steps
        t = min(1, (step - given.warmup_steps) / max(1, given.schedule_steps - given.warmup_steps))
        return given.final + (1 - given.final) * (1 + math.cos(math.pi * t)) / 2
    return made, torch.optim.lr_scheduler.LambdaLR(made, factor)


def high_water():
    """The most memory that was resident."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def train(torch, model, data, given, pad):
    """A row a step: tokens, loss, gradient norm, and the seconds of its parts."""
    parameters = list(model.parameters())
    moves, schedule = optimizer(torch, model, given)
    step_model = torch.compile(model) if given.compile else model
    rows, cuda = [], given.device != "cpu"

    def now():
        if cuda:
            torch.cuda.synchronize()
        return time.perf_counter()

    for number in range(given.steps):
        marks = [now()]
        *tensors, tokens = data.batch(number, given.batch, pad, given.pad == "all")
        ids, labels, mask, pixels = (t.to(given.device) for t in tensors)
        marks.append(now())
        with torch.autocast(given.device, torch.bfloat16, enabled=given.dtype == "bf16"):
            loss = step_model(input_ids=ids, labels=labels, pixel_values=pixels, use_cache=False,
                              attention_mask=mask if given.mask else None).loss
        marks.append(now())
        loss.backward()
        marks.append(now())
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        moves.step()
        schedule.step()
        moves.zero_grad(set_to_none=True)
        said = (loss.item(), norm.item())
        marks.append(now())
        rows.append({"tokens": tokens, "loss": said[0], "gradient_norm": said[1],
                     **{part: marks[i + 1] - marks[i] for i, part in enumerate(PARTS)}, "whole": marks[-1] - marks[0]})
    return rows


def summary(rows, given):
    """Rates after the first steps."""
    counted = rows[given.skip:]
    windows = [counted[i:i + given.every] for i in range(0, len(counted) - given.every + 1, given.every)]
    rates = [sum(r["tokens"] for r in w) / sum(r["whole"] for r in w) for w in windows]
    seconds = sum(r["whole"] for r in counted)
    return {"tokens_per_s": statistics.median(rates), "windows": rates,
            "step_tokens_per_s": statistics.median(r["tokens"] / r["whole"] for r in counted),
            "mean_tokens_per_s": sum(r["tokens"] for r in counted) / seconds,
            "images_per_s": given.batch * len(counted) / seconds,
            "step_s": statistics.median(r["whole"] for r in counted), "first_step_s": rows[0]["whole"],
            "tokens_per_step": sum(r["tokens"] for r in rows) / len(rows),
            "split": {part: sum(r[part] for r in counted) / seconds for part in PARTS},
            "loss": [[number + 1, row["loss"]] for number, row in enumerate(rows)
                     if number == 0 or (number + 1) % given.every == 0]}


def main():
    given = arguments()
    import torch
    import transformers
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    model = transformers.LlavaForConditionalGeneration.from_pretrained(
        given.directory, dtype=torch.float32, attn_implementation=given.attention).train().to(given.device)
    processor = transformers.AutoProcessor.from_pretrained(given.directory)
    data = Captions(torch, processor, given.captions, order(given))
    before = high_water()
    rows = train(torch, model, data, given, processor.tokenizer.pad_token_id)
    print(json.dumps({
        "transformers": transformers.__version__, "torch": torch.__version__, "threads": given.threads,
        "dtype": given.dtype, "compile": given.compile, "attention": given.attention, "mask": given.mask,
        "pad": given.pad, "device": given.device, "steps": given.steps, "skip": given.skip, "every": given.every,
        "batch": given.batch, "parameters": sum(p.numel() for p in model.parameters()),
        "picture_bytes": data.pictures.numel(), "peak_bytes": high_water(), "peak_before_bytes": before,
        **summary(rows, given)}))


main()
