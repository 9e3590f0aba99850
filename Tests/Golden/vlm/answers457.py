"""Stores in the file named first what transformers 4.57 says of the directories NAME=KIND (make.py starts it)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import answers  # noqa: E402
import numpy as np  # noqa: E402
import transformers  # noqa: E402
from tiny import MODELS, SHARED  # noqa: E402

told = {"version": np.array(transformers.__version__)}
for item in sys.argv[2:]:
    name, _ = item.split("=")
    model, loading = answers.load(MODELS / name)
    if loading:
        sys.exit(f"{name}: 4.57's loader says {loading}")
    made = answers.processor(MODELS / name)
    for prompt, (question, pictures) in answers.QUESTIONS.items():
        paths = [SHARED / f"{p}.png" for p in pictures.split(",") if p]
        text = made.apply_chat_template(answers.conversation(question, len(paths)), add_generation_prompt=True)
        told[f"logits.{name}.{prompt}"] = answers.logits(model, answers.prepare(made, [text], paths))[0].numpy()
    texts = [made.apply_chat_template(answers.conversation(q, 1), add_generation_prompt=True)
             for q in answers.PAIR]
    inputs = answers.prepare(made, texts, [SHARED / "a.png", SHARED / "b.png"])
    told[f"batch.{name}"] = answers.logits(model, inputs)[:, -1].numpy()
np.savez(sys.argv[1], **told)
