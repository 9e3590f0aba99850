"""Writes samplers.json: what transformers' logits processors leave of random logits, and with which probabilities.

Run by make.py. Each case: logits, seen (ids for the repetition penalty), penalty, temperature, top_k, top_p, min_p (what
is not used is null), and probabilities, 0 for what is left out.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import hf  # noqa: E402

torch = hf.one_thread()
from transformers.generation import logits_process as lp  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = [
    dict(temperature=1.0), dict(temperature=0.5), dict(temperature=2.5), dict(temperature=1.0, top_k=1),
    dict(temperature=1.0, top_k=5), dict(temperature=0.7, top_k=500), dict(temperature=1.0, top_p=0.9),
    dict(temperature=1.3, top_p=0.5), dict(temperature=1.0, top_p=0.05), dict(temperature=1.0, min_p=0.1),
    dict(temperature=2.0, min_p=0.5), dict(temperature=1.0, penalty=1.3), dict(temperature=0.8, penalty=0.7),
    dict(temperature=0.9, top_k=12, top_p=0.8, min_p=0.05, penalty=1.2),
]


def case(number, settings):
    logits = torch.from_numpy(hf.random("samplers", number).standard_normal(40) * 3).double()
    seen = [3, 7, 11, 12, 30]
    scores, ids = logits[None].clone(), torch.tensor([seen])
    if "penalty" in settings:
        scores = lp.RepetitionPenaltyLogitsProcessor(settings["penalty"])(ids, scores)
    for name, made in [("temperature", lp.TemperatureLogitsWarper), ("top_k", lp.TopKLogitsWarper),
                       ("top_p", lp.TopPLogitsWarper), ("min_p", lp.MinPLogitsWarper)]:
        if name in settings:
            scores = made(settings[name])(ids, scores)
    names = ("temperature", "top_k", "top_p", "min_p", "penalty")
    return {"logits": logits.tolist(), "seen": seen, **{n: settings.get(n) for n in names},
            "probabilities": scores.softmax(-1)[0].tolist()}


def main():
    cases = [case(2 * i + j, s) for i, s in enumerate(SETTINGS) for j in range(2)]
    (HERE / "samplers.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
