"""How the wording of a prompt changes the answer: one picture, one thing to say, asked in many ways.

usage: wordings.py TESSERA_VLM MODEL SHAPES_SPLIT [--pictures 200]

SHAPES_SPLIT is a folder of make-shapes --descriptions, such as test/validation of a run of schooling.yaml. Prints two tables
in Markdown: the share of right answers of each wording, with an example.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile

DESCRIBE = [
    ("trained on", ["Describe the picture.", "What is in the picture?", "What do you see?",
                    "Tell me what the picture shows."]),
    ("one word else", ["Describe the image.", "What is in the image?", "What can you see?", "Describe the scene."]),
    ("spelled otherwise", ["describe the picture", "DESCRIBE THE PICTURE.", "Describe teh picture."]),
    ("longer", ["Please describe the picture.", "Describe the picture in one short sentence, please.",
                "Look at the picture and tell me what the picture shows."]),
    ("another request", ["Caption", "", "Hello!", "Beschreibe das Bild."]),
]
COLOUR = [
    ("trained on", ["What colour is the {}?"]),
    ("spelled otherwise", ["What color is the {}?", "what colour is the {}", "What colour is the {}"]),
    ("one word else", ["Which colour is the {}?", "What colour has the {}?"]),
    ("longer", ["What colour is the {}? Answer with one word.", "Please tell me what colour the {} is."]),
    ("another request", ["Describe the {}.", "The {} is", "colour"]),
]


def message(image, text):
    content = [{"type": "image"}] + ([{"type": "text", "text": text}] if text else [])
    return [{"role": "user", "content": content}]


def ask(command, model, split, rows):
    """The replies to (image, text, right answer, wording)."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/asked.jsonl"
        with open(path, "w") as out:
            for image, text, right, wording in rows:
                turns = message(image, text) + [{"role": "assistant", "content": [{"type": "text", "text": right}]}]
                out.write(json.dumps({"images": [image], "messages": turns, "category": wording}) + "\n")
        answers = f"{folder}/answers.jsonl"
        subprocess.run([command, "evaluate", model, path, "--images", str(split), "--no-controls", "--max-answer", "30",
                        "--answers", answers], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return [json.loads(line) for line in open(answers)]


def table(groups, rows, replies):
    print("| | wording | right, % | for instance |\n|---|---|---|---|")
    for group, wordings in groups:
        for number, wording in enumerate(wordings):
            mine = [(row, reply) for row, reply in zip(rows, replies) if row[3] == wording]
            right = sum(reply["right"] for _, reply in mine) / max(1, len(mine))
            shown = wording.replace("{}", "…") or "(the picture alone)"
            print(f"| {group if number == 0 else ''} | {shown} | {100 * right:.1f} | {mine[0][1]['reply'].strip()} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("model")
    parser.add_argument("split", type=pathlib.Path)
    parser.add_argument("--pictures", type=int, default=200)
    options = parser.parse_args()
    command = os.path.abspath(options.command)
    captions = [json.loads(line) for line in open(options.split / "captions.jsonl")][:options.pictures]
    rows = [(c["image"], w, c["text"], w) for _, wordings in DESCRIBE for w in wordings for c in captions]
    table(DESCRIBE, rows, ask(command, options.model, options.split, rows))
    print()
    things = []
    for line in open(options.split / "questions.jsonl"):
        record = json.loads(line)
        user, answer = record["messages"]
        found = re.fullmatch(r"What colour is the (.*)\?", user["content"][1]["text"])
        if found:
            things.append((record["images"][0], found[1], answer["content"][0]["text"]))
    things = things[:options.pictures]
    rows = [(image, w.format(thing), right, w) for _, wordings in COLOUR for w in wordings for image, thing, right in things]
    table(COLOUR, rows, ask(command, options.model, options.split, rows))
    print(f"\n{len(captions)} pictures, {len(things)} questions for a colour; answers are greedy.")


main()
