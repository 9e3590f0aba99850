"""Tokenizers of the `tokenizers` library in the forms of known models, trained on Python's own sources, and texts to try
them on. Snippets of the Swift tests import it.
"""
import glob
import json
import os
import random
import struct

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SENTENCES = [
    "Съешь же ещё этих мягких французских булок, да выпей чаю. ", "いろはにほへと ちりぬるを 我が世誰ぞ 常ならむ。",
    "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。", "다람쥐 헌 쳇바퀴에 타고파 ", "Příliš žluťoučký kůň úpěl ďábelské ódy. ",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία ", "نص حكيم له سر قاطع وذو شأن عظيم ", "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण ",
    "דג סקרן שט בים מאוכזב ולפתע מצא חברה ", "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า ", "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇩🇪🇫🇷 ✈️ "]

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r"\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


def llama(digits):
    return CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|" + digits + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|" + REST


def cased(contractions, digits):
    head = r"[^\r\n\p{L}\p{N}]?"
    return (head + UPPER + "*" + LOWER + "+" + contractions + "|" + head + UPPER + "+" + LOWER + "*" + contractions
            + "|" + digits + r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + REST)


# As the files of the models hold them, letter by letter.
REGEXES = {"llama3": llama(r"\p{N}{1,3}"), "qwen2": llama(r"\p{N}"),
           "o200k": cased(CONTRACTIONS + "?", r"\p{N}{1,3}"), "tekken": cased("", r"\p{N}")}


def corpus():
    texts = []
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.__file__), "[a-h]*.py")))[:40]:
        with open(path, encoding="utf8") as file:
            texts.append(file.read()[:12000])
    chance = random.Random(1)
    return texts + ["".join(chance.choice(SENTENCES) for _ in range(20)) for _ in range(60)]


def split(name):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(REGEXES[name]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)])


def byte_level(pre_tokenizer, specials, normalizer=None, size=1500):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer, decoders.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def edited(tokenizer, **members):
    """The tokenizer with members of its file (`model__…` inside of the model) replaced."""
    file = json.loads(tokenizer.to_str())
    for name, value in members.items():
        inner = name.startswith("model__")
        (file["model"] if inner else file)[name.removeprefix("model__")] = value
    return Tokenizer.from_str(json.dumps(file))


def llama2(**members):
    """Characters and byte tokens, merges inside of words alone, as SentencePiece's conversions have them."""
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    specials = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % byte for byte in range(256)]
    words.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=1500, special_tokens=specials, limit_alphabet=150, show_progress=False))
    model = json.loads(words.to_str())["model"]
    bos = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    defaults = dict(
        added_tokens=[{"id": index, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                       "normalized": False, "special": True} for index, content in enumerate(specials[:3])],
        normalizer={"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        pre_tokenizer=None,
        post_processor={"type": "TemplateProcessing", "single": [bos, text], "pair": [bos, text, bos,
                        {"Sequence": {"id": "B", "type_id": 1}}],
                        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        decoder={"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        model__vocab=model["vocab"], model__merges=model["merges"], model__unk_token="<unk>", model__fuse_unk=True,
        model__byte_fallback=True)
    return edited(Tokenizer(models.BPE()), **{**defaults, **members})


def qwen2_with_tokens():
    tokenizer = byte_level(split("qwen2"), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizers.NFC())
    tokenizer.add_special_tokens([AddedToken("<image>", lstrip=True, rstrip=True), AddedToken("<pad>")])
    tokenizer.add_tokens([
        AddedToken("wörd", single_word=True), AddedToken("word", single_word=True, lstrip=True, rstrip=True),
        AddedToken("<r>", rstrip=True, normalized=False), AddedToken("<l>", lstrip=True, normalized=False),
        AddedToken("<im", normalized=False), AddedToken("  ", normalized=False)])
    return tokenizer


def llama3():
    tokenizer = byte_level(split("llama3"), ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A $B",
                                      special_tokens=[("<|begin_of_text|>", 0)])])
    # Without some merges their tokens are reached by `ignore_merges` alone.
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return edited(tokenizer, model__ignore_merges=True,
                  model__merges=[merge for index, merge in enumerate(merges) if index % 97 != 5])


def roberta():
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True), ["<s>", "</s>", "<mask>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    return tokenizer


METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
CASES = {
    "gpt2": lambda: byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"]),
    "roberta": roberta,
    "llama3": llama3,
    "qwen2": qwen2_with_tokens,
    "o200k": lambda: byte_level(split("o200k"), ["<|endoftext|>"]),
    "tekken": lambda: byte_level(split("tekken"), ["<s>"]),
    "smollm": lambda: byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]), ["<s>"]),
    "few bytes": lambda: edited(Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2, "<unk>": 3, "Ġ": 4}, [("a", "b")],
                                                     unk_token="<unk>")), pre_tokenizer={
        "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        decoder={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}),
    "llama2": llama2,
    "llama2, not legacy": lambda: llama2(normalizer=None, pre_tokenizer={
        "type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}),
    "no byte fallback": lambda: llama2(model__byte_fallback=False),
    "metaspace": lambda: llama2(normalizer=None, pre_tokenizer=METASPACE, decoder=METASPACE,
                                model__byte_fallback=False, model__fuse_unk=False),
    "gemma": lambda: llama2(
        normalizer={"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        pre_tokenizer={"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                       "invert": False},
        decoder={"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}]}),
}

SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n", "\n ", "\u3000", "\u00a0", "\u2028", "\x85", " " * 17]
PIECES = [
    "'s", "'S", "'LL", "'ll", "'re", "'Ve", "'d", "'M", "'ſ", "''", "don't", "I'LL", "l'été", "<s>", "</s>", "<unk>",
    "<mask>", "<|endoftext|>", "<|begin_of_text|>", "<|im_start|>", "<image>", "<pad>", "<r>", "<l>", "word", "wörd",
    "sword", "<im", "<|im", "▁", "▁▁", "a▁b", "<0x0A>", "<0x", "1", "12", "1234", "1234567", "٣٤٥", "ⅷ½", "CamelCase",
    "HTMLParser", "ABC", "aBcD", "ǅǆ", "ʰab", "…", "//", "/\n", "{}();", "_x_", "日本語", "한국어", "русский", "नमस्ते",
    "👩\u200d👩\u200d👧", "👍🏽", "🇩🇪", "✈️"]
MARKS = [chr(code) for code in [*range(0x300, 0x370), 0x93C, 0x9BE, 0xDCF, 0x1161, 0x11A8, 0x3099, 0x309A]]


def scalar(chance):
    while True:
        code = chance.choice([chance.randrange(0x80), chance.randrange(0x800), chance.randrange(0x10000),
                              chance.randrange(0x20000), chance.randrange(0xE0000, 0xE0200),
                              chance.randrange(0x110000)])
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def part(chance):
    kind = chance.random()
    if kind < .3:
        return chance.choice(PIECES)
    if kind < .5:
        return chance.choice(SPACES)
    if kind < .65:
        return scalar(chance)
    if kind < .75:
        base = chance.choice("aeiouAEINcCsSᄀ가かはেෙÅΩ")
        return base + "".join(chance.choice(MARKS) for _ in range(chance.randrange(4)))
    if kind < .8:
        return chance.choice("'\"-.,!a 7") * chance.randrange(1, 90)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyzABCXYZ") for _ in range(chance.randrange(1, 12)))


def texts(seed, count, step):
    """Random texts, and every code point up to U+30FF, each `step`-th up to U+1FFFF, with neighbours of all kinds."""
    chance = random.Random(seed)
    found = ["", " ", "\n"] + ["".join(part(chance) for _ in range(chance.randrange(1, 50))) for _ in range(count)]
    codes = [*range(0x3100), *range(0x3100 + seed % step, 0x20000, step), *range(0xE0000, 0xE0200, 3)]
    codes = [chr(code) for code in codes if not 0xD800 <= code < 0xE000]
    for start in range(0, len(codes), 64):
        few = codes[start:start + 64]
        found.append("".join("A%sa%s1 %s'%s\n" % (c, c, c, c) for c in few))
        found.append("".join(few))
    return found


def pack(*parts):
    """Each part with its length before it."""
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def case(name, seed, count, step):
    """The tokenizer's file, then each text, its ids and their text again."""
    tokenizer = CASES[name]()
    parts = [tokenizer.to_str().encode()]
    for text in texts(seed, count, step):
        ids = tokenizer.encode(text).ids
        parts += [text.encode(), struct.pack("<%dI" % len(ids), *ids),
                  tokenizer.decode(ids, skip_special_tokens=False).encode()]
    return pack(*parts)
