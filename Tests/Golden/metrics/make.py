"""Writes golden.json: words, BLEU and CIDEr as sacrebleu, pycocoevalcap and the authors of CIDEr have them.

"words": a text and how sacrebleu's tokenizers 13a, zh, char and none cut it.
"bleu": answers, references, tokenizer, smoothing; the score, precisions, penalty and lengths.
"cider": answers, references, and the scores of pycocoevalcap (CIDEr-D) and of the same code without clipping and
penalty (CIDEr), which is what the authors' code for plain CIDEr does. The corpus "abstract" is the authors' own example
(abstract48S with the candidates B), cut into words by the Penn Treebank's tokenizer, each word replaced by a number;
its scores are those of the authors' own code, both kinds of it.
    python make.py [a clone of github.com/vrama91/cider]; without it, "abstract" stays as it was. The clone needs Java.
Run in an environment with sacrebleu 2.6.0 and pycocoevalcap 1.2.
"""
import importlib.metadata
import json
import pathlib
import random
import sys
import types

import sacrebleu
from pycocoevalcap.cider import cider_scorer
from sacrebleu.metrics.bleu import _get_tokenizer

HERE = pathlib.Path(__file__).parent
RNG = random.Random(20261124)
PIECES = ["a", "red", "square", "is", "left of", "the", "blue", "circle", "Don't", "1,000", "3.14", "1.", ".5", "U.S.A.",
          "well-known", "7-up", "2-3-4", "(x)", "[y]", "{z}", "a/b", "&amp;", "&quot;q&quot;", "<skipped>", "<b>", "-\n",
          "\n", "\r\n", "\t", "  ", "é", "e\u0301", "naïve", "你好", "世界。", "红色的方块", "「日本」", "，", "“quoted”",
          "—", "…", "\U00020000", "😀", "☃", "\u00a0", "\u3000", "\u2003", "\x1c", "ｆｕｌｌ", "㍿", "$5.00", "50%", "a_b",
          "x@y.z", "!", "?", "...", ",,", ".,", "9.a", "a.9", "9,", "--", "'", "`", "~", "|", "^", "*", "+", "=", "#"]


def text(longest):
    return RNG.choice(["", " "]).join(RNG.choice(PIECES) for _ in range(RNG.randint(0, longest)))


def sentence(words, shortest=0, longest=12):
    return " ".join(RNG.choice(words) for _ in range(RNG.randint(shortest, longest)))


def near(reference, words):
    """An answer that shares much with its reference."""
    out = [RNG.choice(words) if RNG.random() < 0.2 else word for word in reference.split()]
    return " ".join(word for word in out if RNG.random() < 0.9)


def words_cases():
    texts = PIECES + [text(12) for _ in range(300)]
    names = ["13a", "zh", "char", "none"]
    return [{"text": t, **{n: _get_tokenizer(n)()(t.rstrip()).split() for n in names}} for t in texts]


def bleu_case(answers, references, tokenize, method, value):
    columns = [[item[k] if k < len(item) else None for item in references] for k in range(max(map(len, references)))]
    bleu = sacrebleu.BLEU(tokenize=tokenize, smooth_method=method, smooth_value=value)
    got = bleu.corpus_score(answers, columns)
    return {"answers": answers, "references": references, "tokenizer": tokenize, "smoothing": method, "value": value,
            "score": got.score, "precisions": got.precisions, "penalty": got.bp, "length": got.sys_len,
            "reference_length": got.ref_len}


def bleu_cases():
    english = ["a", "red", "blue", "square", "circle", "is", "left", "of", "the", "big,", "small.", "1,5", "it's"]
    chinese = ["红", "蓝", "方块", "圆形", "在", "左边。", "大", "的", "A4", "2.5"]
    smooth = [("exp", None), ("none", None), ("floor", 0.1), ("floor", 0.5), ("add-k", 1)]
    cases = []
    for index in range(60):
        words, tokenize = [(english, "13a"), (chinese, "zh"), (english, "none"), (english, "char")][index % 4]
        count = RNG.choice([1, 1, 2, 5, 20])
        references = [[sentence(words, 0 if index % 3 else 4) for _ in range(RNG.randint(1, 3))] for _ in range(count)]
        answers = [RNG.choice(["", sentence(words)]) if RNG.random() < 0.2 else near(r[0], words) for r in references]
        cases.append(bleu_case(answers, references, tokenize, *smooth[index % len(smooth)]))
    for method, value in smooth:
        cases.append(bleu_case([""], [["a red square"]], "13a", method, value))
        cases.append(bleu_case(["a red square"], [["a red square"]], "13a", method, value))
        cases.append(bleu_case(["x"], [["a red square"]], "13a", method, value))
        cases.append(bleu_case(["a red square is here", ""], [["a red square is here"], ["and nothing there"]], "13a",
                               method, value))
    return cases


def cider_scores(answers, references, module=cider_scorer):
    scorer = module.CiderScorer(n=4, sigma=6.0)
    for answer, refs in zip(answers, references):
        scorer += (answer, refs)
    mean, scores = scorer.compute_score()
    return {"score": float(mean), "scores": [float(s) for s in scores]}


def plain_scores(answers, references):
    """The penalty is turned off by a wide Gaussian, the clipping by a `min` of the module's own."""
    class Plain(cider_scorer.CiderScorer):
        def __init__(self, n, sigma):
            super().__init__(n=n, sigma=1e150)
    cider_scorer.min = lambda weight, _: weight
    try:
        return cider_scores(answers, references, types.SimpleNamespace(CiderScorer=Plain))
    finally:
        del cider_scorer.min


def cider_cases():
    words = ["a", "red", "blue", "green", "square", "circle", "left", "of", "above", "the", "big", "small", "and"]
    cases = []
    for name, count, most in [("small", 3, 1), ("one", 1, 2), ("many", 40, 5), ("short", 12, 3)]:
        longest = 3 if name == "short" else 14
        references = [[sentence(words, 0 if name == "short" else 1, longest) for _ in range(RNG.randint(1, most))]
                      for _ in range(count)]
        answers = [near(r[0], words) if RNG.random() < 0.8 else RNG.choice(["", sentence(words), "red red red red"])
                   for r in references]
        cases.append({"name": name, "answers": answers, "references": references,
                      "ciderD": cider_scores(answers, references), "cider": plain_scores(answers, references)})
    return cases


def authors(clone, kind):
    """The authors' module, from Python 2."""
    source = (clone / "pyciderevalcap" / kind / f"{kind}_scorer.py").read_text()
    for old, new in [("iteritems", "items"), ("xrange", "range"), ("import cPickle as pickle", "import pickle"),
                     ("import six.moves.cPickle as pickle", "import pickle")]:
        source = source.replace(old, new)
    module = types.ModuleType(kind)
    exec(compile(source, kind, "exec"), module.__dict__)
    scorer = module.CiderScorer
    module.CiderScorer = lambda n, sigma: Corpus(scorer(n=n))
    return module


class Corpus:
    """The scorer with the weights of the corpus, as pycocoevalcap has it without asking."""

    def __init__(self, scorer):
        self.scorer = scorer

    def __iadd__(self, pair):
        self.scorer += pair
        return self

    def compute_score(self):
        return self.scorer.compute_score("corpus")


def abstract(clone):
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
    references, candidates = {}, {}
    for item in json.loads((clone / "data/abstract48S.json").read_text()):
        references.setdefault(item["image_id"], []).append({"caption": item["caption"]})
    for item in json.loads((clone / "data/abstract_candsB.json").read_text()):
        candidates.setdefault(item["image_id"], []).append({"caption": item["caption"]})
    chosen = sorted(set(references) & set(candidates))[::2][:80]
    references = PTBTokenizer().tokenize({k: references[k][:6] for k in chosen})
    candidates = PTBTokenizer().tokenize({k: candidates[k][:1] for k in chosen})
    numbers = {}
    number = lambda line: " ".join(str(numbers.setdefault(w, len(numbers))) for w in line.split())  # noqa: E731
    references = [[number(line) for line in references[k]] for k in chosen]
    answers = [number(candidates[k][0]) for k in chosen]
    case = {"name": "abstract", "answers": answers, "references": references,
            "ciderD": cider_scores(answers, references, authors(clone, "ciderD")),
            "cider": cider_scores(answers, references, authors(clone, "cider"))}
    # The library, the trick for plain CIDEr and the authors agree.
    for kind, again in [("ciderD", cider_scores(answers, references)), ("cider", plain_scores(answers, references))]:
        assert all(abs(a - b) < 1e-12 for a, b in zip(case[kind]["scores"], again["scores"])), kind
    return case


def main():
    target = HERE / "golden.json"
    if len(sys.argv) > 1:
        own = abstract(pathlib.Path(sys.argv[1]))
    else:
        own = next(c for c in json.loads(target.read_text())["cider"] if c["name"] == "abstract")
    versions = {n: importlib.metadata.version(n) for n in ["sacrebleu", "pycocoevalcap", "numpy"]}
    out = {"versions": versions, "words": words_cases(), "bleu": bleu_cases(), "cider": cider_cases() + [own]}
    lines = [f'"versions":{json.dumps(versions)}']
    for name in ["words", "bleu", "cider"]:
        body = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in out[name])
        lines.append(f'"{name}":[\n{body}\n]')
    target.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"metrics: {', '.join(f'{len(out[n])} {n}' for n in ['words', 'bleu', 'cider'])}, "
          f"{target.stat().st_size} bytes; {versions}")


main()
