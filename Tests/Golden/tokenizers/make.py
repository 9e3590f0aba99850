"""What transformers makes of the tokenizers that `tessera-vlm tokenizer` writes.

The folders `chatml`, `plain` and `v1` come from the two lists beside them:

    for t in chatml plain v1; do
      tessera-vlm tokenizer captions.jsonl questions.jsonl -o $t --vocabulary 330 --template $t --special '<extra>' --replace
    done

Run with each release of transformers that is to be asked; answers are added under its version:

    python make.py
"""

import json
import pathlib

import transformers
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent

TEXTS = [
    "", "a red circle above a blue square", "A yellow triangle, it's small.", "  two  blanks\t\r\n\n tail ",
    "12345 67 8.9", "这是什么颜色？红色 🔴👨‍👩‍👧", "e\u0301 \u00e9 \u0000 \u3000x", "<image><pad><s></s><|im_end|><extra> in words",
]


def user(*parts):
    content = [{"type": "image"} if part is None else {"type": "text", "text": part} for part in parts]
    return {"role": "user", "content": content}


def said(role, text):
    return {"role": role, "content": [{"type": "text", "text": text}]}


CONVERSATIONS = [
    [user(None), said("assistant", "a red circle")],
    [user(None, "What?"), said("assistant", "it's red")],
    [user("Look: ", None, None, "\nboth"), said("assistant", "yes")],
    [said("system", "Be brief."), user("Hi"), said("assistant", "Ho"), user("And ", None), said("assistant", "that's all\n")],
]


def answers(name):
    tokenizer = AutoTokenizer.from_pretrained(str(HERE / name))
    ids = [tokenizer(text)["input_ids"] for text in TEXTS]
    conversations = CONVERSATIONS[:3] if name == "plain" else CONVERSATIONS
    template = lambda messages, ask: tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=ask)
    return {
        "length": len(tokenizer),
        "roles": [tokenizer.pad_token, tokenizer.bos_token, tokenizer.eos_token, tokenizer.image_token],
        "role_ids": [tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.image_token_id],
        "special_ids": sorted(tokenizer.all_special_ids),
        "inputs": sorted(tokenizer("a")),
        "ids": ids,
        "decoded": [tokenizer.decode(row, skip_special_tokens=True) for row in ids],
        "rendered": [template(messages, False) for messages in conversations],
        "asked": [template(messages[:-1], True) for messages in conversations],
    }


def main():
    path = HERE / "answers.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known["texts"] = TEXTS
    known["conversations"] = CONVERSATIONS
    known.setdefault("answers", {})[transformers.__version__] = {name: answers(name) for name in ("chatml", "plain", "v1")}
    path.write_text(json.dumps(known, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
