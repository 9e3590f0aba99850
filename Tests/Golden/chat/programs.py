"""Small random templates: expressions over a fixed context, and statements with odd white space."""
import random

CONTEXT = {
    "a": "Hello, wörld", "b": "  pad\t", "e": "", "l": [3, 1, 2], "m": ["x", "Y", "x", "é"], "n": None, "t": True,
    "i": 7, "f": 2.5, "d": {"k": "v", "Z": 1, "a": [1, {"q": None}], "items": "own"},
    "r": [{"role": "user", "n": 1, "s": {"z": "p"}}, {"role": "tool", "n": 3}, {"role": "user", "n": 2}],
}
ATOMS = ["a", "b", "e", "l", "m", "n", "t", "i", "f", "d", "r", "x", "1", "0", "-3", "2.5", "1e20", "'q'", "\"it's\"", "''",
         "[]", "{}", "[1, 'a', none]", "(1, 2)", "(1,)", "{'k': 1}", "true", "none", "d.k", "d['a']", "r[0]", "r[0].role",
         "range(4)", "1_000", "0x1f", "'\\u00e9\\n\\x41\\q'", "l[0]", "a[1]", "a[-1]", "d.nope", "r[9]", "'a' 'b'", "1e-5", "100000000000000000.0"]
FILTERS = ["upper", "lower", "trim", "length", "first", "last", "list", "string", "int", "title", "capitalize", "tojson",
           "tojson(indent=2)", "reverse", "join(', ')", "replace('l', 'LL')", "default('D')", "default('D', true)", "items",
           "dictsort", "map('upper')", "map(attribute='role')", "selectattr('role', 'equalto', 'user')", "rejectattr('n')",
           "select", "reject('none')", "unique", "sort", "indent(2)", "indent(3, true)", "float", "abs", "round(1)", "sum",
           "min", "max", "count", "e", "safe", "trim('H ')", "batch(2)", "wordcount", "center(20)", "sort(attribute='n')",
           "tojson(sort_keys=true)", "select('string')", "map('string')", "join(attribute='role')", "attr('k')", "map(attribute='s.z', default='-')",
           "tojson(ensure_ascii=true)", "tojson(separators=(',', ':'))", "dictsort(by='value')", "sum(attribute='n')", "int(5)", "selectattr('n', '>', 1)"]
TESTS = ["defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "boolean", "true", "false", "integer",
         "float", "equalto('q')", "in l", "in m", "odd", "even", "divisibleby(2)", "lower", "upper", "eq 1", "ne none", "gt 2", "callable", "sameas none", "in 'query'"]
METHODS = [".strip()", ".lstrip()", ".rstrip()", ".upper()", ".split()", ".split('l')", ".split(',', 1)", ".startswith('He')", ".endswith(('d', 'q'))",
           ".title()", ".replace('o', '0')", ".find('l')", ".rfind('l')", ".count('l')", ".get('k')", ".get('u', 3)", ".items()", ".keys()", ".values()",
           ".splitlines()", ".join(m)", ".capitalize()", ".isdigit()", ".removeprefix('He')", ".index('l')", ".zfill(9)", ".rsplit('l', 1)", ".partition(',')",
           ".append(1)", ".copy()", ".strip('Hd')", ".lower()", ".isalpha()", ".center(9, '*')", ".rpartition('l')", ".ljust(20)"]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "and", "or", "==", "!=", "<", ">", "<=", ">=", "in", "not in"]
SLICES = ["[1:]", "[:-1]", "[::-1]", "[1:3]", "[::2]", "[-2:]", "[5:1:-2]", "[none:2]"]


def expression(rng, depth):
    if depth == 0:
        return rng.choice(ATOMS)
    kind = rng.random()
    inner = lambda: expression(rng, rng.randint(0, depth - 1))  # noqa: E731
    if kind < 0.25:
        return f"{inner()} | {rng.choice(FILTERS)}"
    if kind < 0.4:
        return f"({inner()}) is {'not ' if rng.random() < 0.3 else ''}{rng.choice(TESTS)}"
    if kind < 0.55:
        return f"({inner()}){rng.choice(METHODS)}"
    if kind < 0.62:
        return f"({inner()}){rng.choice(SLICES)}"
    if kind < 0.85:
        return f"{inner()} {rng.choice(BINARY)} {inner()}"
    if kind < 0.9:
        return f"({inner()} if {inner()}" + (f" else {inner()})" if rng.random() < 0.7 else ")")
    if kind < 0.95:
        return f"not {inner()}"
    return f"[{inner()}, {inner()}]"


def statement(rng, depth):
    left, right = rng.choice(["", "", "-", "+"]), rng.choice(["", "", "-"])
    tag = lambda body: "{%" + left + " " + body + " " + right + "%}"  # noqa: E731
    space = lambda: rng.choice(["", " ", "\n", "\n  ", "  \n", "\t", "x", " y\n", "\r\n", "\n\n"])  # noqa: E731
    body = lambda: space() + (statement(rng, depth - 1) if depth else "{{ " + expression(rng, 1) + " }}") + space()  # noqa: E731
    kind = rng.randint(0, 12)
    if kind == 0:
        return tag(f"if {expression(rng, 1)}") + body() + tag("else") + body() + tag("endif")
    if kind == 1:
        loop = rng.choice(["loop.index", "loop.first", "loop.last", "loop.revindex0", "loop.previtem", "loop.nextitem", "loop.length", "loop.cycle('a','b')", "loop.changed(v)"])
        return tag(f"for v in {expression(rng, 1)}") + "{{ v }}:{{ " + loop + " }}" + body() + tag("else") + "none" + tag("endfor")
    if kind == 2:
        return tag(f"for v in l if v > 1") + "{{ v }}" + tag(rng.choice(["break", "continue", "if v == 2"])) + "!" + (tag("endif") if rng.random() < 0 else "") + tag("endfor")
    if kind == 3:
        return tag(f"set i = {expression(rng, 1)}") + body() + "{{ i }}"
    if kind == 4:
        return tag("set ns = namespace(c=0)") + tag("for v in l") + tag("set ns.c = ns.c + v") + tag("set i = v") + tag("endfor") + "{{ ns.c }}{{ i }}"
    if kind == 5:
        return tag("macro z(p, q='Q')") + "{{ p }}{{ q }}" + body() + tag("endmacro") + "{{ z(" + expression(rng, 1) + ") }}"
    if kind == 6:
        return tag("set y") + body() + tag("endset") + "[{{ y }}]"
    if kind == 7:
        return "{#" + left + " c " + right + "#}" + body()
    if kind == 8:
        return tag("raw") + "{{ x }}" + space() + tag("endraw") + body()
    if kind == 9:
        return tag("filter upper") + body() + tag("endfilter")
    if kind == 10:
        return tag("with i = 1") + "{{ i }}" + body() + tag("endwith")
    if kind == 11:
        return tag("generation") + body() + tag("endgeneration")
    return space() + "{{" + rng.choice(["", "-"]) + " " + expression(rng, 2) + " " + rng.choice(["", "-"]) + "}}" + space()


def programs(seed, count):
    rng = random.Random(seed)
    for index in range(count):
        if index % 3:
            yield "{{ " + expression(rng, rng.randint(1, 3)) + " }}"
        else:
            yield "".join(statement(rng, rng.randint(0, 2)) + rng.choice(["", "\n", " "]) for _ in range(rng.randint(1, 3)))
