"""What transformers 4.57 and 5.x say of decoders' directories that Tessera wrote: prints a JSON list, one object for each
version and directory: {"version", "directory", "loading" (keys that the loader complains of), "ids", "last" (logits of the
last position), "new" (greedy ids)}.

    .oracle/big/bin/python Tests/Golden/variants/reread.py PROMPT COUNT DIR [DIR …]
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "vlm"))
sys.path.insert(0, str(HERE.parent))
import hf  # noqa: E402


def ask(prompt, count, directory):
    import answers
    import transformers
    model, told = transformers.AutoModelForCausalLM.from_pretrained(
        directory, dtype=answers.torch.float32, attn_implementation="eager", output_loading_info=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    inputs = dict(tokenizer(prompt, return_tensors="pt"))
    vocabulary = set(tokenizer.get_vocab().values())
    banned = sorted({tokenizer.pad_token_id} | {i for i in range(model.config.vocab_size) if i not in vocabulary})
    new, _ = answers.greedy(model.eval(), inputs, count, tokenizer.eos_token_id, banned)
    return {"version": transformers.__version__, "directory": directory,
            "loading": sorted(key for key, value in told.items() if value), "ids": inputs["input_ids"][0].tolist(),
            "last": answers.logits(model, inputs)[0, -1].tolist(), "new": new}


def main():
    if sys.argv[1] == "--here":
        print(json.dumps([ask(sys.argv[2], int(sys.argv[3]), d) for d in sys.argv[4:]]))
        return
    found = []
    for environment in ("hf4", "big"):
        command = [hf.python(environment), __file__, "--here", *sys.argv[1:]]
        found += json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    print(json.dumps(found))


main()
