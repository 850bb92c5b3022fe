"""Every key of a config is found on its line, however the file is written."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from mailgate.config.places import place, places

TEXT = '''# a comment with [brackets] and "quotes"
top = 1
[desk]  # behind
name = "a # no comment"
"quoted key" = 'literal \\'
footer = """
[not.a.table]
key = "no key" \\
"""
a.b.c = 1

[[rule]]
name = "one"
when = {from = "x", header = {X-A = "1", "X B" = "2"}}
then = [
  "first",   # with a comment, and a bracket ]
  """sec
ond""",
  "third",
]

[[rule]]
name = 'two'

[rule.when]
subject = \'\'\'it's ]]\'\'\'
[[rule.sub]]
x = 2026-11-30T09:00:00+02:00
[[rule.sub]]
x = -1.5e3
[hours."night shift"]
week = { mon = ["08:00-12:00", "13:00-17:00"] }
'''


def test_all_shapes_of_toml_are_followed():
    """Strings over lines, dotted and quoted keys, tables in lists: a slip would send the operator to a wrong line."""
    tomllib.loads(TEXT)
    found = places(TEXT)
    expected = {
        ("top",): 2,
        ("desk",): 3,
        ("desk", "name"): 4,
        ("desk", "quoted key"): 5,
        ("desk", "footer"): 6,
        ("desk", "a", "b", "c"): 10,
        ("rule", 0): 12,
        ("rule", 0, "when", "header", "X B"): 14,
        ("rule", 0, "then"): 15,
        ("rule", 0, "then", 0): 16,
        ("rule", 0, "then", 1): 17,
        ("rule", 0, "then", 2): 19,
        ("rule", 1): 22,
        ("rule", 1, "name"): 23,
        ("rule", 1, "when", "subject"): 26,
        ("rule", 1, "sub", 0, "x"): 28,
        ("rule", 1, "sub", 1, "x"): 30,
        ("hours", "night shift", "week", "mon", 1): 32,
    }
    assert {path: found.get(path) for path in expected} == expected
    assert ("desk", "key") not in found
    assert ("not",) not in found


def test_what_is_not_there_is_where_it_would_be():
    """A missing key is shown at its table."""
    found = places(TEXT)
    assert place(found, ("rule", 1, "then")) == 22
    assert place(found, ("nowhere",)) == 0


def _inline(table):
    return "{" + ", ".join(f"{key} = {value}" for key, value in table.items() if "\n" not in value) + "}"


KEYS = st.sampled_from(["a", "b-c", "d_e", "F1"])
SCALARS = st.one_of(
    st.integers(-5, 5).map(str),
    st.booleans().map(lambda b: str(b).lower()),
    st.text("ab #[]{}=,'.\n", max_size=12).map(lambda t: '"' + t.replace("\n", "\\n") + '"'),
    st.text('ab #[]{}=,".', max_size=12).map(lambda t: f"'{t}'"),
    st.text("ab #[]{}=\n", max_size=12).map(lambda t: f'"""{t}"""'),
    st.text('ab #[]{}=\n"', max_size=12).map(lambda t: f"'''{t}'''"),
    st.sampled_from(["2026-11-30", "09:00:00", "1.5", "inf", "0xff"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: "[\n" + ", # x]\n".join(each) + "\n]")
        | st.dictionaries(KEYS, SCALARS, max_size=3).map(_inline)
    ),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.sampled_from(["[t{}]", "[[l]]", ""]), st.dictionaries(KEYS, VALUES, max_size=3)), max_size=5))
def test_every_value_that_is_read_has_a_place_and_no_other(tables):
    """The walker and the reader of TOML must see the same file, or mistakes lose their lines."""
    text, expected = "", {}
    listed = -1
    for number, (header, pairs) in enumerate(tables):
        if not header and number:
            continue
        here = () if not header else (f"t{number}",) if "{" in header else ("l", listed + 1)
        listed += header == "[[l]]"
        text += header.format(number) + "\n" if header else ""
        for key, value in pairs.items():
            expected[(*here, key)] = text.count("\n") + 1
            text += f"{key} = {value}\n"
    tree = tomllib.loads(text)
    found = places(text)
    assert {path: found.get(path) for path in expected} == expected
    assert {path for path in found if path} == set(_paths(tree, ()))


def _paths(value, at):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*at, key)
        yield from _paths(each, (*at, key))
