"""Writes golden.json: what transformers renders of the templates in templates/, and jinja2 of small random ones.

The templates of Llama 3 and its training variant, Llama 3.1 and 3.2, Qwen2.5 and its training variant, Qwen2.5-VL,
Qwen3, Gemma, Phi-3, SmolVLM, LLaVA-NeXT and its training variant are those of TRL 1.16.0 (Apache-2.0); the others are
as the models' tokenizer configurations have them, written down from memory.
"chats": template, messages, arguments, the text, the spans of {% generation %}; or that an error was raised.
"programs": template, context, text or that an error was raised.
Run by `make oracle`.
"""
import copy
import json
import pathlib
import random
import sys

import jinja2
import transformers
from transformers.utils.chat_template_utils import _compile_jinja_template, render_jinja_template

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from programs import CONTEXT, programs  # noqa: E402

HERE = pathlib.Path(__file__).parent
LISTS = {"llava_1_5", "llava_next", "llava_next_training", "llava_onevision", "smolvlm"}
BOTH = {"qwen2_vl", "qwen2_5_vl"}
TOOLS = {"llama3_1", "llama3_2", "qwen2_5", "qwen2_5_training", "qwen3"}
WORDS = ["Hello", "what is it?", "  two  ", "\n", "é", "e\u0301", "日本語", "👩‍👩‍👧", "\r\n", "a<b>&'c'\"d\"", "\t", "{{ x }}",
         "\u00a0", "\\n", "I'm", "", "ẞß", "<think>\nhm\n</think>\n\n", "{% if %}", "\u200b", "1 < 2"]
TOOL = {"type": "function", "function": {"name": "weather", "description": "Gets \"it\" <é>", "parameters": {
    "type": "object", "properties": {"city": {"type": "string", "enum": ["Köln", "a'b"]}, "days": {"type": "integer"}},
    "required": ["city"]}}}


def text(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 5)))


def conversation(rng, lists, tools):
    messages = []
    wrap = lambda value: [{"type": "text", "text": value}] if lists else value  # noqa: E731
    if rng.random() < 0.5:
        messages.append({"role": "system", "content": wrap(text(rng))})
    turns = rng.randint(1, 3)
    for turn in range(turns):
        content = wrap(text(rng))
        if lists and rng.random() < 0.6:
            images = [{"type": "image"} for _ in range(rng.randint(1, 2))]
            content = images + content if rng.random() < 0.7 else content + images
        messages.append({"role": "user", "content": content})
        if tools and rng.random() < 0.4:
            call = {"type": "function", "function": {"name": "weather", "arguments": {"city": rng.choice(WORDS), "days": 2}}}
            messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
            messages.append({"role": "tool", "content": text(rng)})
        if turn + 1 < turns or rng.random() < 0.6:
            messages.append({"role": "assistant", "content": wrap(text(rng))})
    if rng.random() < 0.05:
        messages.append({"role": "user", "content": wrap("again")})
    return messages


def chats(seed=1, each=22):
    rng = random.Random(seed)
    for path in sorted((HERE / "templates").glob("*.jinja")):
        source = path.read_bytes().decode()
        for _ in range(each):
            lists = path.stem in LISTS or (path.stem in BOTH and rng.random() < 0.7)
            tools = path.stem in TOOLS and rng.random() < 0.5
            messages = conversation(rng, lists, tools)
            arguments = {"bos_token": "<s>", "eos_token": "</s>", "date_string": "24 Nov 2026"}
            if path.stem == "qwen3" and rng.random() < 0.5:
                arguments["enable_thinking"] = rng.random() < 0.5
            if path.stem in BOTH and rng.random() < 0.5:
                arguments["add_vision_id"] = True
            case = {"template": path.stem, "messages": messages, "arguments": arguments,
                    "prompt": rng.random() < 0.5, "tools": [TOOL] if tools else None}
            call = dict(conversations=[messages], chat_template=source, add_generation_prompt=case["prompt"],
                        tools=case["tools"], **arguments)
            try:
                case["text"] = render_jinja_template(**call)[0][0]
                if "{% generation %}" in source or "{%- generation %}" in source:
                    case["spans"] = render_jinja_template(return_assistant_tokens_mask=True, **call)[1][0]
            except (jinja2.exceptions.TemplateError, TypeError) as error:
                case["error"] = str(error)
            yield case


def run(source):
    # A copy: the filter `indent` appends to a list that it is given.
    try:
        return {"source": source, "text": _compile_jinja_template(source).render(**copy.deepcopy(CONTEXT))}
    except Exception as error:
        return {"source": source, "error": f"{type(error).__name__}: {error}"[:120]}


def is_plain(case):
    # Python's addresses and the repr of its classes are nobody's text.
    return not any(word in case.get("text", "").lower() for word in [" object at ", "markup(", "range("])


if __name__ == "__main__":
    golden = {"versions": f"transformers {transformers.__version__}, jinja2 {jinja2.__version__}",
              "context": CONTEXT, "chats": list(chats(each=12)), "programs": [case for case in map(run, programs(7, 700)) if is_plain(case)]}
    (HERE / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(len(golden["chats"]), "chats,", len(golden["programs"]), "programs")
