"""Times training on Shapes beside transformers, in turns, and prints a table.

    python3 Benchmarks/vlm_train.py --ours NAME=PROGRAM [--ours NAME=PROGRAM] [--recipe samples/vlm/shapes.yaml]
        [--threads 2] [--their-threads 1 2] [--dtypes fp32 bf16] [--compile] [--versions 5.x] [--steps 60] [--skip 10]
        [--rounds 3] [--work FOLDER] [--out RESULTS.json] [--from RESULTS.json] [--tables FILE]

PROGRAM is a built tessera-vlm. It makes the recipe's data and new model once; then a round trains the recipe's first
stage for --steps steps with every program in turn, in an order turned round each time: ours by `run`, theirs by
vlm_peers/train.py from the same directory, on the same captions, with the same batch, schedule and optimiser (not in the
same order of samples, which is ours). Rates are over windows of ten whole steps after --skip; the figures are the medians
of the rounds' medians. × is ours over the fastest of theirs that is not compiled, of the same type of numbers; beside it
over the compiled one. Memory is the most that was resident, of ours by the kernel's account of the process.

--from prints the tables of stored results; --tables writes them between the marks of a file.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys

from bench import ENVIRONMENTS, ROOT, execute, machine, python, run, write_between

BEGIN, END = "<!-- tables: Benchmarks/vlm_train.py writes what follows -->", "<!-- end of tables -->"
EVERY = 10
PARTS = ("data", "forward", "backward", "optimizer", "other")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", action="append", default=[], metavar="NAME=PROGRAM")
    parser.add_argument("--recipe", default=str(ROOT / "samples/vlm/shapes.yaml"))
    parser.add_argument("--set", action="append", default=[], metavar="PLACE=VALUE", help="passed to ours")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--their-threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dtypes", nargs="+", choices=["fp32", "bf16"], default=["fp32"])
    parser.add_argument("--compile", action="store_true", help="beside torch.compile too")
    parser.add_argument("--versions", nargs="*", choices=list(ENVIRONMENTS), default=["5.x"])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--skip", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", default="runs/vlm-train")
    parser.add_argument("--out", default="vlm-train.json")
    parser.add_argument("--from", dest="stored", metavar="RESULTS.json")
    parser.add_argument("--tables", metavar="FILE")
    given = parser.parse_args()
    if not given.stored and not given.ours:
        parser.error("--ours is wanted (or --from)")
    if given.steps % EVERY or given.skip % EVERY or given.steps <= given.skip:
        parser.error(f"--steps and --skip must be multiples of {EVERY}, and some steps must be left")
    return given


# MARK: ours

def run_command(program, given, folder, dtype):
    """`tessera-vlm run` with nothing but the first stage's steps."""
    sets = ["stages[0].validation=[]", "stages[0].evaluate=[]", f"stages[0].log_every={EVERY}",
            f"stages[0].optimizer.bf16={'true' if dtype == 'bf16' else 'false'}", *given.set]
    command = [program, "run", given.recipe, "-o", str(folder), "--threads", str(given.threads)]
    return command + [word for value in sets for word in ("--set", value)]


def ours(program, given, folder, stage, dtype):
    """One training by ours: what the log says."""
    shutil.rmtree(folder / stage["name"], ignore_errors=True)
    _, facts = execute([*run_command(program, given, folder, dtype), "--max-steps", str(given.steps)])
    lines = [json.loads(line) for line in (folder / stage["name"] / "log.jsonl").read_text().splitlines()]
    lines = [line for line in lines if line["kind"] == "train"]
    # The line of step 1 stands for itself, those of 10, 20, … for the steps since the one before.
    counted = [line["measured"] for line in lines if line["step"] > given.skip and line["step"] % EVERY == 0]
    seconds = {part: sum(m[f"seconds_{part}"] for m in counted) for part in PARTS}
    whole = sum(seconds.values())
    rates = [m["tokens_per_second"] for m in counted]
    return {**facts, "threads": given.threads, "tokens_per_s": statistics.median(rates), "windows": rates,
            "mean_tokens_per_s": len(rates) / sum(1 / rate for rate in rates),
            "images_per_s": statistics.median(m["images_per_second"] for m in counted),
            "tokens_per_step": statistics.mean(line["tokens"] for line in lines),
            "step_s": whole / (EVERY * len(counted)), "split": {part: s / whole for part, s in seconds.items()},
            "loss": [[line["step"], line["loss"]] for line in lines if line["step"] == 1 or line["step"] % EVERY == 0]}


def prepare(program, given, folder):
    """Makes data and model; the first stage's settings, as the resolved recipe has them."""
    execute([*run_command(program, given, folder, "fp32"), "--dry-run"])
    said, _ = execute([python("5.x"), "-c", READ, str(folder / "recipe.yaml")])
    return json.loads(said)


# The oracle has transformers, and with it PyYAML.
READ = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))['stages'][0]))"


def theirs(given, folder, stage, version, threads, dtype, is_compiled):
    """The command of theirs with the settings of ours."""
    settings, steps = stage["optimizer"], stage["steps"]
    warmup = settings["warmup"]
    warmup = int(warmup) if warmup >= 1 else -int(-warmup * steps // 1)
    source = stage["data"][0]["path"]
    return [python(version), str(ROOT / "Benchmarks/vlm_peers/train.py"), str(folder / "base"),
            source if source.startswith("/") else str(folder / source), "--threads", str(threads), "--dtype", dtype,
            "--steps", str(given.steps), "--skip", str(given.skip), "--every", str(EVERY),
            "--batch", str(stage["batch"]["samples"]), "--learning-rate", str(settings["learning_rate"]),
            "--schedule-steps", str(steps), "--warmup-steps", str(warmup), "--final", str(settings["final"]),
            "--weight-decay", str(settings["weight_decay"]), *(["--compile"] if is_compiled else [])]


# MARK: measuring

def subjects(given, folder, stage):
    """Every program as a function that trains and gives a row."""
    made = {}
    for dtype in given.dtypes:
        for pair in given.ours:
            name, _, program = pair.partition("=")
            made[f"Tessera, {name}", dtype] = (
                lambda program=program, dtype=dtype: ours(program, given, folder, stage, dtype))
        for version in given.versions:
            for threads in given.their_threads:
                for is_compiled in [False, True] if given.compile else [False]:
                    command = theirs(given, folder, stage, version, threads, dtype, is_compiled)
                    words = f"transformers {version}{', compiled' if is_compiled else ''}, {threads} thread"
                    made[words + ("s" if threads > 1 else ""), dtype] = lambda command=command: run(command)
    return made


def measure(given):
    """Rows of every round."""
    folder = pathlib.Path(given.work).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    stage = prepare(given.ours[0].partition("=")[2], given, folder)
    rows = []
    for number in range(given.rounds):
        order = list(subjects(given, folder, stage).items())
        for (name, dtype), train in order if number % 2 == 0 else reversed(order):
            row = {"round": number, "subject": name, "dtype": dtype, **train()}
            rows.append(row)
            print(f"round {number + 1}: {name}, {dtype}: {row['tokens_per_s']:,.0f} tokens/s, "
                  f"{row['peak_bytes'] / 1e6:,.0f} MB, loss {row['loss'][-1][1]:.4f}, load {row['load_before']:.1f}",
                  file=sys.stderr, flush=True)
    return {"machine": machine(), "recipe": os.path.basename(given.recipe), "steps": given.steps, "skip": given.skip,
            "rows": rows}


def medians(rows):
    """A row a program and type of numbers."""
    found = {}
    for row in rows:
        found.setdefault((row["subject"], row["dtype"]), []).append(row)
    keys = ["tokens_per_s", "mean_tokens_per_s", "images_per_s", "step_s", "peak_bytes", "tokens_per_step"]
    made = {}
    for case, group in found.items():
        made[case] = {key: statistics.median(row[key] for row in group) for key in keys}
        made[case]["range"] = [min(r["tokens_per_s"] for r in group), max(r["tokens_per_s"] for r in group)]
        made[case]["split"] = {part: statistics.median(r["split"].get(part, 0) for r in group) for part in PARTS}
        made[case]["loss"] = dict((step, loss) for step, loss in group[0]["loss"])
    return made


def ratio(case, made, is_compiled):
    """Ours over the fastest of theirs, of the same type of numbers."""
    name, dtype = case
    rivals = [row["tokens_per_s"] for (other, kind), row in made.items()
              if kind == dtype and not other.startswith("Tessera") and (", compiled" in other) == is_compiled]
    return f"**{made[case]['tokens_per_s'] / max(rivals):.2f}**" if rivals and name.startswith("Tessera") else ""


def tables(result):
    facts, rows = result["machine"], result["rows"]
    made = medians(rows)
    libraries = sorted({f"transformers {r['transformers']}, torch {r['torch']}" for r in rows if "torch" in r})
    loads = [r["load_before"] for r in rows]
    lines = [f"{facts['date']}, {facts['cpu']}, {facts['cores']} cores; {result['recipe']}, its first stage, "
             f"{result['steps']} steps, the first {result['skip']} not counted, {max(r['round'] for r in rows) + 1} "
             f"rounds; load before a run {min(loads):.1f}–{max(loads):.1f}. {'; '.join(libraries)}.", "",
             "| program | numbers | tokens/s | least – most | × theirs | × compiled | images/s | step, ms | data | forward "
             "| backward | optimiser | other | most memory, MB |", "|" + "---|" * 14]
    for case, row in made.items():
        split = " | ".join(f"{100 * row['split'][part]:.1f} %" for part in PARTS)
        lines.append(f"| {case[0]} | {case[1]} | {row['tokens_per_s']:,.0f} | {row['range'][0]:,.0f} – "
                     f"{row['range'][1]:,.0f} | {ratio(case, made, False)} | {ratio(case, made, True)} | "
                     f"{row['images_per_s']:,.0f} | {1000 * row['step_s']:.0f} | {split} | {row['peak_bytes'] / 1e6:,.0f} |")
    steps = sorted({step for row in made.values() for step in row["loss"]})
    shown = steps if len(steps) <= 8 else [steps[0]] + steps[1::max(1, len(steps) // 6)]
    lines += ["", "The losses of the first round, so that one can see that the same work was done:", "",
              "| program | numbers | tokens a step | " + " | ".join(f"step {step}" for step in shown) + " |",
              "|" + "---|" * (3 + len(shown))]
    for (name, dtype), row in made.items():
        losses = " | ".join(f"{row['loss'][step]:.3f}" if step in row["loss"] else "" for step in shown)
        lines.append(f"| {name} | {dtype} | {row['tokens_per_step']:,.0f} | {losses} |")
    return lines


def main():
    given = arguments()
    result = json.loads(pathlib.Path(given.stored).read_text()) if given.stored else measure(given)
    if not given.stored:
        pathlib.Path(given.out).write_text(json.dumps(result) + "\n")
    lines = tables(result)
    print("\n".join(lines))
    if given.tables:
        write_between(given.tables, BEGIN, END, lines)


main()
