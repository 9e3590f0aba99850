"""The long runs behind docs/vlm-schooling.md: the whole schooling, then what each kind of reward is worth.

usage: schooling.py TESSERA_VLM FOLDER [--page FILE] [--seeds 1 2 3] [--only NAME ...]

Every run is a folder of its own and goes on where it was stopped; the page is written from the logs that are there.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent.parent

RL = """name: {name}
seed: {seed}
model: {{directory: {school}/sft/model}}
stages:
  - stage: rl
    name: rl
    data: [{school}/data/train/descriptions.jsonl]
    train: {{vision: true, projector: true, decoder: true}}
    steps: {steps}
    optimizer: {{learning_rate: {rate}, schedule: cosine, warmup: 10, final: 0.02}}
    log_every: {log}
    checkpoint_every: 20
    evaluate:
      - {{path: {school}/data/validation/descriptions.jsonl, name: looks, max_answer: 30, controls: false}}
      - {{path: {school}/test/validation/descriptions.jsonl, name: descriptions, max_answer: 30, controls: false}}
      - {{path: {school}/test/validation/questions.jsonl, name: questions, max_answer: 30, controls: false}}
    rl:
      algorithm: {algorithm}
      epochs: {epochs}
      rewards: [{reward}]
      rollouts: {{prompts: 64, samples: 4, max_answer: 30, batch: 128}}
      kl: {kl}
      look: {{every: {look}, prompts: 500, patience: {patience}}}
"""
WEAK = """name: weak
seed: 1
model: {{directory: {school}/sft/model}}
stages:
  - stage: reward
    name: reward
    data: [{{path: {school}/pairs/train.jsonl, limit: {pairs}}}]
    train: {{vision: true, projector: true, decoder: true}}
    steps: 150
    batch: {{samples: 16}}
    optimizer: {{learning_rate: 5e-4, schedule: cosine, warmup: 20, final: 0.05, weight_decay: 0.1}}
    log_every: 50
    evaluate: [{{path: {school}/pairs/validation.jsonl, name: pairs of unseen scenes}}]
    reward:
      policy: {{questions: {{path: {school}/test/validation/descriptions.jsonl}}, draws: 16, prompts: 250, max_answer: 30}}
"""
DPO = """name: dpo
seed: {seed}
model: {{directory: {school}/sft/model}}
stages:
  - stage: dpo
    name: dpo
    data: [{school}/pairs/train.jsonl, {school}/pairs/own.jsonl]
    validation: [{school}/pairs/validation.jsonl]
    train: {{vision: true, projector: true, decoder: true}}
    steps: 300
    batch: {{samples: 16}}
    optimizer: {{learning_rate: 2e-5, schedule: cosine, warmup: 30, final: 0.1}}
    validate_every: 100
    log_every: 50
    evaluate:
      - {{path: {school}/test/validation/descriptions.jsonl, name: descriptions, max_answer: 30, controls: false}}
      - {{path: {school}/test/validation/questions.jsonl, name: questions, max_answer: 30, controls: false}}
    dpo: {{loss: dpo, beta: 0.3}}
"""
LEARNING = {"grpo": dict(steps=100, epochs=1, rate="3e-4", log=10, look=20),
            "ppo": dict(steps=160, epochs=2, rate="1.5e-4", log=20, look=20)}


def plans(school, weak, seeds):
    """Name, recipe, in the order in which they run."""
    for algorithm, how in LEARNING.items():
        for kind, reward in [("rule", "{kind: exact}"), ("learned", f"{{kind: learned, directory: {school}/reward/model}}")]:
            for seed in seeds:
                name = f"{algorithm}-{kind}-{seed}"
                yield name, RL.format(name=name, seed=seed, school=school, algorithm=algorithm, reward=reward,
                                      kl="{weight: 0.01, budget: 8}", patience=4, **how)
    for seed in seeds:
        yield f"dpo-{seed}", DPO.format(seed=seed, school=school)
    yield "weak-reward", WEAK.format(school=school, pairs=100)
    yield "weak-grpo", RL.format(
        name="weak-grpo", seed=1, school=school, algorithm="grpo", kl="{weight: 0}", patience=3, steps=150, epochs=1,
        rate="3e-4", log=10, look=10, reward=f"{{kind: learned, directory: {weak}/reward/model}}")


def entries(folder):
    try:
        return [json.loads(line) for line in open(folder / "log.jsonl")]
    except FileNotFoundError:
        return []


def row(log, table, metric):
    """The last line of a metric in a table."""
    found = [e for e in log if e["kind"] == "evaluation" and e["table"] == table and e["metric"] == metric
             and e.get("category") is None]
    return found[-1] if found else None


def measured(folder, stage, kept=True):
    log = entries(folder / stage)
    if not (folder / stage / "model").exists():
        return None
    looks = [e for e in log if e["kind"] == "look"]
    rollouts = [e for e in log if e["kind"] == "rollout"]
    trained = [e for e in log if e["kind"] == "train"]
    seconds = sum(v for e in trained for k, v in e.get("measured", {}).items() if k.startswith("seconds_"))
    return {
        "descriptions": row(log, "descriptions", "exact match")["real"],
        "questions": row(log, "questions", "exact match")["real"],
        "kl": statistics.mean(e["kl"] for e in rollouts[-10:]) if rollouts else None,
        "reward": (looks[0]["reward"], max(looks, key=lambda e: e["true_score"])["reward"]) if looks else None,
        "minutes": seconds / 60,
        "ended": next((e["message"] for e in log if e["kind"] == "event" and e.get("warning")), None),
    }


def percent(share):
    return f"{100 * share:.1f}"


def spread(values):
    values = [v for v in values if v is not None]
    if not values:
        return "–"
    mean = statistics.mean(values)
    return f"{100 * mean:.1f} ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else f"{100 * mean:.1f}"


def page(folder, seeds):
    school = folder / "schooling"
    log = entries(school / "sft")
    start = {name: row(log, name, "exact match")["real"] for name in ["descriptions", "questions"]}
    count = row(log, "descriptions", "exact match").get("samples", 1000)
    error = math.sqrt(start["descriptions"] * (1 - start["descriptions"]) / count)
    out = [
        f"The SFT model: {percent(start['descriptions'])} % of {count} unseen scenes described exactly (a standard error is "
        f"{percent(error)}), {percent(start['questions'])} % of questions answered rightly.", "",
        "| learns from | by | descriptions, % (seeds) | mean ± deviation | over SFT, standard errors | questions, % | KL, nats | minutes |",
        "|---|---|---|---|---|---|---|---|"]
    kinds = [("a rule: exact match", "rule"), ("the reward model", "learned")]
    found = [(label, algorithm, [f"{algorithm}-{kind}-{seed}" for seed in seeds], "rl")
             for label, kind in kinds for algorithm in LEARNING]
    found.append(("the same pairs", "dpo", [f"dpo-{seed}" for seed in seeds], "dpo"))
    for label, algorithm, names, stage in found:
        runs = [r for r in (measured(folder / name, stage) for name in names) if r]
        if not runs:
            continue
        scores = [r["descriptions"] for r in runs]
        gain = (statistics.mean(scores) - start["descriptions"]) / error
        kl = [r["kl"] for r in runs if r["kl"] is not None]
        out.append(
            f"| {label} | {algorithm} | {', '.join(percent(s) for s in scores)} | {spread(scores)} | {gain:+.1f} | "
            f"{spread([r['questions'] for r in runs])} | {f'{statistics.mean(kl):.2f}' if kl else '–'} | "
            f"{statistics.mean(r['minutes'] for r in runs):.1f} |")
    weak = entries(folder / "weak-grpo" / "rl")
    looks = [e for e in weak if e["kind"] == "look"]
    if looks:
        pairs = row(entries(folder / "weak-reward" / "reward"), "pairs of unseen scenes",
                    "pairs whose better answer scores higher")
        out += ["", f"A reward model made weak on purpose (100 pairs; {percent(pairs['real'])} % of unseen pairs right), GRPO "
                    "without a KL weight:", "", "| step | reward of held-out answers | true score, % |", "|---|---|---|"]
        out += [f"| {e['step']} | {e['reward']:.3f} | {percent(e['true_score'])} |" for e in looks]
        end = next((e["message"] for e in weak if e["kind"] == "event" and e.get("warning")), None)
        kept = measured(folder / "weak-grpo", "rl")
        if end:
            out += ["", f"The meter's word: {end}." + (
                f" Kept is the best step: {percent(kept['descriptions'])} %." if kept else "")]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="*", help="runs whose names begin so")
    parser.add_argument("--page-only", action="store_true")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    folder = options.folder.resolve()
    command = os.path.abspath(options.command)
    threads = ["--threads", str(options.threads)] if options.threads else []

    def run(name, recipe, output):
        print(f"schooling: {name}", flush=True)
        result = subprocess.run([command, "run", str(recipe), "-o", str(output)] + threads)
        if result.returncode != 0:
            sys.exit(f"schooling: {name} failed with status {result.returncode}")

    if not options.page_only:
        folder.mkdir(parents=True, exist_ok=True)
        if not options.only:
            run("the whole schooling", HERE / "samples/vlm/schooling.yaml", folder / "schooling")
        for name, text in plans(folder / "schooling", folder / "weak-reward", options.seeds):
            if options.only and not any(name.startswith(word) for word in options.only):
                continue
            recipe = folder / f"{name}.yaml"
            recipe.write_text(text)
            run(name, recipe, folder / name)
    text = page(folder, options.seeds)
    print(text)
    if options.page:
        options.page.write_text(text)


main()
