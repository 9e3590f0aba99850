"""TRL's GRPO on a LLaVA of Tessera's, with the seconds of its rollouts and updates: one JSON line an iteration.

usage: trl_peer.py MODEL QUESTIONS.jsonl PROMPTS SAMPLES TOKENS ITERATIONS BETA
"""
import json
import sys
import tempfile
import time

import torch
from datasets import Dataset
from PIL import Image
from transformers import AutoProcessor, LlavaForConditionalGeneration
from trl import GRPOConfig, GRPOTrainer

model_path, questions, prompts, samples, tokens, iterations, beta = sys.argv[1:]
prompts, samples, tokens, iterations, beta = int(prompts), int(samples), int(tokens), int(iterations), float(beta)
folder = questions.rsplit("/", 1)[0]

rows = []
for line in open(questions):
    record = json.loads(line)
    user, answer = record["messages"]
    text = next(part["text"] for part in user["content"] if part["type"] == "text")
    rows.append({
        "prompt": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": text}]}],
        "images": [Image.open(f"{folder}/{record['images'][0]}").convert("RGB")],
        "reference": answer["content"][0]["text"],
    })
    if len(rows) == prompts * (iterations + 1):
        break


def exact(completions, reference, **_):
    return [float(c[0]["content"].strip() == r) for c, r in zip(completions, reference)]


class Timed(GRPOTrainer):
    rollouts = 0.0

    def _generate_and_score_completions(self, inputs):
        begin = time.perf_counter()
        out = super()._generate_and_score_completions(inputs)
        self.rollouts = time.perf_counter() - begin
        self.answer_tokens = int(out["completion_mask"].sum())
        return out

    def training_step(self, model, inputs, num_items_in_batch=None):
        begin, cpu = time.perf_counter(), time.process_time()
        self.rollouts = 0.0
        loss = super().training_step(model, inputs, num_items_in_batch)
        self.updates = time.perf_counter() - begin - self.rollouts
        self.cpu = time.process_time() - cpu
        print(json.dumps({"rollouts": self.rollouts, "updates": self.updates, "cpu": self.cpu,
                          "tokens": self.answer_tokens,
                          "reward": self._metrics["train"]["reward"][-1]}), flush=True)
        return loss


config = GRPOConfig(
    output_dir=tempfile.mkdtemp(), per_device_train_batch_size=prompts * samples, gradient_accumulation_steps=1,
    num_generations=samples, max_completion_length=tokens, temperature=1.0, beta=beta, learning_rate=1e-4,
    max_steps=iterations, num_iterations=1, bf16=False, fp16=False, report_to=[], save_strategy="no",
    logging_strategy="no", use_cpu=not torch.cuda.is_available(), gradient_checkpointing=False, seed=1)
trainer = Timed(
    model=LlavaForConditionalGeneration.from_pretrained(model_path, dtype=torch.float32),
    processing_class=AutoProcessor.from_pretrained(model_path), reward_funcs=[exact], args=config,
    train_dataset=Dataset.from_list(rows))
trainer.train()
