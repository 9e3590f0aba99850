"""Times generation beside transformers, in turns, and writes the tables of docs/vlm-speed.md.

    python3 Benchmarks/vlm_speed.py DIR... --ours NAME=PROGRAM [--ours NAME=PROGRAM] --out RESULTS.json
        [--threads 1 2] [--rounds 3] [--repeat 3] [--prompt-tokens 256] [--new-tokens 64] [--versions 4.57 5.x]
        [--tables docs/vlm-speed.md] [--from RESULTS.json]

PROGRAM is a built GenerateSpeed (one for each libtorch). DIR has a model, such as vlm_peers/make_100m.py writes. A round
runs every program once on every model and number of threads, in an order turned round each time; the figures are the
medians of the rounds' medians. The table tells a ratio of ours to the better of theirs: above 1 ours is faster.
--from writes the tables again from stored results, without measuring.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from bench import ENVIRONMENTS, ROOT, machine, python, run, write_between

BEGIN, END = "<!-- tables: Benchmarks/vlm_speed.py writes what follows -->", "<!-- end of tables -->"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", metavar="DIR", nargs="*")
    parser.add_argument("--ours", action="append", default=[], metavar="NAME=PROGRAM")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--prompt-tokens", type=int, default=256)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--versions", nargs="*", choices=list(ENVIRONMENTS), default=list(ENVIRONMENTS))
    parser.add_argument("--out", default="vlm-speed.json")
    parser.add_argument("--tables", metavar="FILE")
    parser.add_argument("--from", dest="stored", metavar="RESULTS.json")
    given = parser.parse_args()
    if not given.stored and not (given.directories and given.ours):
        parser.error("DIR and --ours are wanted (or --from)")
    return given


def subjects(given, picture):
    """Every program as a function of directory and threads that gives its command."""
    common = ["--prompt-tokens", str(given.prompt_tokens), "--new-tokens", str(given.new_tokens),
              "--repeat", str(given.repeat)]
    made = {}
    for version in given.versions:
        made[f"transformers {version}"] = lambda folder, threads, interpreter=python(version): [
            interpreter, str(ROOT / "Benchmarks/vlm_peers/generate.py"), folder, "--here", "--no-generate",
            "--image", picture, "--threads", str(threads), *common]
    for pair in given.ours:
        name, _, program = pair.partition("=")
        made[f"Tessera, {name}"] = lambda folder, threads, program=program: [
            program, folder, picture, "--threads", str(threads), *common]
    return made


def grey_picture(path):
    """The picture that all get, written by Pillow of the oracle."""
    subprocess.run([python("5.x"), "-c", "import sys; from PIL import Image; "
                    "Image.new('RGB', (320, 240), (90, 120, 60)).save(sys.argv[1])", path], check=True)


def measure(given):
    """Rows of every round."""
    rows = []
    with tempfile.TemporaryDirectory() as work:
        picture = f"{work}/grey.png"
        grey_picture(picture)
        cases = [(folder, threads) for folder in given.directories for threads in given.threads]
        for number in range(given.rounds):
            for folder, threads in cases:
                order = list(subjects(given, picture).items())
                for name, command in order if number % 2 == 0 else reversed(order):
                    row = run(command(folder, threads))
                    rows.append({"round": number, "model": pathlib.Path(folder).name, "subject": name, **row})
                    print(f"round {number + 1}: {pathlib.Path(folder).name}, {threads} threads, {name}: prefill "
                          f"{row['prefill_s']:.4f} s, decoding {row['decode_tokens_per_s']:.1f} tokens/s",
                          file=sys.stderr, flush=True)
    return {"machine": machine(), "rows": rows}


def medians(rows):
    """One row a case and program, and whether all of a case chose the same ids."""
    keys = ["prefill_s", "prefill_cpu_s", "decode_s", "decode_cpu_s", "prefill_tokens_per_s", "decode_tokens_per_s",
            "load_s", "first_prefill_s", "whole_s", "peak_bytes"]
    made = {}
    for row in rows:
        made.setdefault((row["model"], row["threads"]), {}).setdefault(row["subject"], []).append(row)
    return {case: {name: {**{k: statistics.median(r[k] for r in found) for k in keys}, "ids": found[0]["ids"],
                          "parameters": found[0]["parameters"], "found": found} for name, found in programs.items()}
            for case, programs in made.items()}


def tables(result):
    facts, rows = result["machine"], result["rows"]
    libraries = sorted({(r["subject"], r.get("transformers", ""), r.get("torch") or r["libtorch"]) for r in rows})
    first = rows[0]
    lines = [f"{facts['date']}, {facts['cpu']}, {facts['cores']} cores{', AVX-512' if facts['avx512'] else ''}; "
             f"{first['prompt_tokens']} tokens of prompt with a picture, {first['new_tokens']} new ones, float32, "
             f"{max(r['round'] for r in rows) + 1} rounds of {first['repeat']} runs each; load before a run "
             f"{min(r['load_before'] for r in rows):.1f}–{max(r['load_before'] for r in rows):.1f}. "
             + "; ".join(f"{s}: {t + ', ' if t else ''}libtorch {l}" for s, t, l in libraries) + ".", ""]
    for (model, threads), programs in medians(rows).items():
        theirs = {n: p for n, p in programs.items() if not n.startswith("Tessera")}
        some = next(iter(programs.values()))
        lines += [f"### {model}: {some['parameters'] / 1e6:.1f} million parameters, "
                  f"{threads} thread{'s' if threads > 1 else ''}", "",
                  "| program | prefill, tokens/s | CPU s | × theirs | decoding, tokens/s | CPU s | × theirs | opening, s "
                  "| first prefill, s | most memory, MB |", "|---|---|---|---|---|---|---|---|---|---|"]
        for name, p in programs.items():
            ratios = [f"**{p[k] / max(t[k] for t in theirs.values()):.2f}**" if name not in theirs and theirs else ""
                      for k in ("prefill_tokens_per_s", "decode_tokens_per_s")]
            lines.append(f"| {name} | {p['prefill_tokens_per_s']:,.0f} | {p['prefill_cpu_s']:.3f} | {ratios[0]} | "
                         f"{p['decode_tokens_per_s']:,.1f} | {p['decode_cpu_s']:.3f} | {ratios[1]} | {p['load_s']:.3f} | "
                         f"{p['first_prefill_s']:.3f} | {p['peak_bytes'] / 1e6:,.0f} |")
        same = len({tuple(p["ids"]) for p in programs.values()}) == 1
        lines += ["", "All chose the same tokens." if same else "**Not all chose the same tokens.**", ""]
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
