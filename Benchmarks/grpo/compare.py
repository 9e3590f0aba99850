"""GRPO beside TRL's on the same tiny model, prompts and sizes: seconds and answer tokens a second, rollouts and updates.

usage: compare.py TESSERA_VLM TRL_PYTHON MODEL QUESTIONS.jsonl [--rounds 3] [--iterations 4] [--threads 2]

Both draw the same numbers of answers at temperature 1, score them by exact match, look at log-probabilities of policy and
reference (KL weight 0.02), and take one optimiser step an iteration, float32. The two take turns; a round's first iteration
is left out. Medians over all iterations.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

RECIPE = """name: speed
seed: 1
model: {{directory: {model}}}
stages:
  - stage: rl
    name: rl
    data: [{questions}]
    train: {{vision: true, projector: true, decoder: true}}
    steps: {iterations}
    optimizer: {{learning_rate: 1e-4, warmup: 0}}
    log_every: 1
    rl:
      algorithm: grpo
      rewards: [{{kind: exact}}]
      rollouts: {{prompts: {prompts}, samples: {samples}, max_answer: {tokens}, batch: {batch}}}
      kl: {{weight: 0.02}}
      look: {{every: 1000, prompts: 1}}
"""


def ours(options, folder):
    recipe = f"{folder}/speed.yaml"
    pathlib.Path(recipe).write_text(RECIPE.format(
        model=options.model, questions=options.questions, iterations=options.iterations + 1, prompts=options.prompts,
        samples=options.samples, tokens=options.tokens, batch=options.prompts * options.samples))
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    subprocess.run([os.path.abspath(options.command), "run", recipe, "-o", f"{folder}/ours"], check=True, env=environment,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = [json.loads(line) for line in open(f"{folder}/ours/rl/log.jsonl")]
    rollouts = [e for e in log if e["kind"] == "rollout"]
    steps = [e["measured"] for e in log if e["kind"] == "train"]
    return [{"rollouts": s["seconds_rollouts"],
             "updates": s["seconds_forward"] + s["seconds_backward"] + s["seconds_optimizer"],
             "tokens": r["length"] * r["answers"], "reward": r["reward"]} for r, s in zip(rollouts, steps)][1:]


def trl(options, _):
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads), "HF_HUB_OFFLINE": "1"}
    script = pathlib.Path(__file__).parent / "trl_peer.py"
    output = subprocess.run(
        [options.python, str(script), options.model, options.questions, str(options.prompts), str(options.samples),
         str(options.tokens), str(options.iterations + 1), "0.02"],
        check=True, env=environment, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith('{"rollouts"')][1:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("python")
    parser.add_argument("model")
    parser.add_argument("questions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompts", type=int, default=16)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=30)
    options = parser.parse_args()
    found = {"Tessera": [], "TRL": []}
    for _ in range(options.rounds):
        for name, run in [("TRL", trl), ("Tessera", ours)]:
            with tempfile.TemporaryDirectory() as folder:
                found[name] += run(options, folder)
    print(f"{options.prompts} prompts × {options.samples} answers, {options.threads} threads, "
          f"{options.rounds * options.iterations} iterations each")
    print("| | rollouts, s | answer tokens/s | updates, s | answer tokens/s | mean reward |\n|---|---|---|---|---|---|")
    for name, rows in found.items():
        median = lambda value: statistics.median(value(r) for r in rows)
        print(f"| {name} | {median(lambda r: r['rollouts']):.2f} | {median(lambda r: r['tokens'] / r['rollouts']):.0f} | "
              f"{median(lambda r: r['updates']):.2f} | {median(lambda r: r['tokens'] / r['updates']):.0f} | "
              f"{statistics.mean(r['reward'] for r in rows):.2f} |")


main()
