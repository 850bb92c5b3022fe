"""Renders a text: name, language and card in; subject, plain text and HTML out.

A text is one Jinja file, `mail/<language>/<name>.j2`, compiled twice: with the parts of `plain.py` and with those of
`markup.py`, each with `lists.py` and `figures.py`. The site's folder is searched first, then ours. What people wrote only ever enters as a variable, after
`clean.py`; there is no way from a card into the source of a template. Addresses of buttons come from `mailgate.letters.mailto`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import FunctionType, MethodType, NoneType

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, new_context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from rules import steps
from rules.frozen import dataclass
from rules.steps import Steps
from templates import clean, colours, design, figures, languages, lists, markup, plain, rich, sayings, times

LIMIT = 1_000_000
"""The most characters that a text may grow to."""
_CUT = "\x1d"
_EMPTY = re.compile(r"\n\s*\n+")


class Unrenderable(Exception):
    """A text that can't be rendered: a fault of the template, or a card that lacks what it names.

    Where the site's own text is at fault, ours renders: call again without `site`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A mail's words. `subject` is one line; `text` and `html` end in a newline; `language` is the one that the text exists in."""

    subject: str
    text: str
    html: str
    language: str


_OURS = (FunctionType, MethodType)
_HARMLESS = frozenset({bool, int, float, NoneType})
_ROWS = (list, tuple)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, plus a lid on expressions that blow up before any output could be counted."""

    intercepted_binops = frozenset({"*", "**", "%"})
    _GROWING = frozenset({"center", "expandtabs", "format", "format_map", "join", "ljust", "replace", "rjust", "translate", "zfill"})

    def getattr(self, obj: object, attribute: str) -> object:
        """The value of a card's key; the methods of a dict are hidden, so that no key can clash with one."""
        if type(obj) is dict:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def call(self, context: Context, obj: object, /, *args: object, **kwargs: object) -> object:
        """A call from a text. Python functions that it can name are ours, and none wants Jinja's context: no need to ask them."""
        if type(obj) in _OURS:
            kwargs.pop("_block_vars", None)  # Jinja's own, for functions that want its context
            kwargs.pop("_loop_vars", None)
            return obj(*args, **kwargs)  # type: ignore[operator]
        return super().call(context, obj, *args, **kwargs)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        if isinstance(obj, str) and attr in self._GROWING:
            return False
        return bool(super().is_safe_attribute(obj, attr, value))

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if not numbers or (operator == "**" and abs(float(str(right))) > 64):
            raise SecurityError(f"{operator} is for numbers")
        return super().call_binop(context, operator, left, right)


_FILTERS = (
    "abs batch capitalize count d default e escape first float int join last length list lower reject rejectattr round select selectattr sort sum title trim "
    "truncate unique upper"
).split()


@dataclass(frozen=True, slots=True)
class _Kit:
    """What renders one language: the two environments and the words."""

    code: str
    site: Path | None
    text: Environment
    html: Environment
    hint: Callable[..., str]


def _loader(site: Path | None) -> BaseLoader:
    ours = FileSystemLoader(languages.MAIL)
    return ChoiceLoader([FileSystemLoader(site), ours]) if site else ours


def _environment(site: Path | None, *, html: bool) -> Environment:
    env = _Sandbox(
        loader=_loader(site),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=400,
        extensions=[design.InlineStyles],
    )
    env.filters = {name: env.filters[name] for name in _FILTERS}
    env.globals = {"range": env.globals["range"]}
    return env


@lru_cache(maxsize=32)
def _kit(code: str, site: Path | None) -> _Kit:
    table = languages.words(code, site)
    text, html = _environment(site, html=False), _environment(site, html=True)
    text.globals |= (
        plain.Plain(words=table).parts()
        | lists.Plain(words=table).parts()
        | figures.Plain(words=table).parts()
        | {
            "layout": "layout.txt.j2",
            "t": table,
            "say": lambda sentence, **values: sentence.format(**values),
            "cut": _CUT,
            "block": plain.block,
            "wrap": plain.wrap,
            "configured": rich.configured_plain,
        }
    )
    html.globals |= (
        markup.Html(words=table).parts()
        | lists.Html(words=table).parts()
        | figures.Html(words=table).parts()
        | {
            "layout": "layout.html.j2",
            "t": table,
            "say": lambda sentence, **values: escape(sentence).format(**values),
            "stylesheet": design.stylesheet(),
            "outlook": design.OUTLOOK,
            "space": lambda height: Markup(markup.space(height)),  # noqa: S704 - our own markup
            "configured": rich.configured,
        }
    )
    said = sayings.of_language(code, site)
    text.globals |= said
    html.globals |= said
    return _Kit(code, site, text, html, said["hint"])


class _Dresser:
    """Cleans a card and gives its buttons their label, word and address."""

    def __init__(self, kit: _Kit, links: Mapping[str, str] | None, *, staff: bool) -> None:
        self.kit, self.links, self.staff = kit, links, staff

    def dress(self, value: object) -> object:
        """The same value with clean strings; tables that are buttons get `href`."""
        if isinstance(value, str):
            return clean.clean_text(value)
        if isinstance(value, dict):
            dressed = {
                key: inner if (type(inner) is str and inner.isprintable()) or type(inner) in _HARMLESS else self.dress(inner)
                for key, inner in value.items()
            }
            return self._button(dressed) if "key" in dressed and "word" in dressed else dressed
        if isinstance(value, _ROWS):
            return [self.dress(inner) for inner in value]
        return value

    def _button(self, button: dict[str, object]) -> dict[str, object]:
        key = str(button["key"])
        code, site = self.kit.code, self.kit.site
        if self.links is not None and key not in self.links:
            raise Unrenderable(f"no address for the button {key}")
        label = languages.spelled(str(button["label"]), code, site=site) or languages.label_of(key, code, staff=self.staff, site=site)
        own = str(button["word"])
        if own:
            word = languages.spelled(own, code, site=site) if own.startswith("#") else languages.pressed_words(own, code, site)[0]
        else:
            word = languages.spell(str(button["line"]), code, staff=self.staff, site=site)
        return button | {"label": label, "word": word, "href": self.links[key] if self.links is not None else ""}


def _because(kit: _Kit, card: Mapping[str, object]) -> str:
    reason = languages.section(kit.code, "reason", site=kit.site).get(str(card["reason"]))
    if not isinstance(reason, str):
        return ""
    ticket = card["ticket"]
    names = ticket if isinstance(ticket, Mapping) else {"group": "", "category": ""}
    why = reason.format(group=names["group"], category=names["category"])
    return languages.word(kit.code, "foot", "because", site=kit.site).format(why=why)


def _subject(kit: _Kit, card: Mapping[str, object]) -> str:
    base = languages.word(kit.code, "common", "your_request", site=kit.site) if card["unknown"] else clean.clean_line(str(card["subject"]))
    ticket = card["ticket"]
    tag = f" [{ticket['ref']}]" if isinstance(ticket, Mapping) else ""
    desk = card["desk"]
    if not base and isinstance(desk, Mapping):  # "Re:" alone names nothing in a list of mails
        word = "no_subject" if card["reply_meaning"] else "your_request"
        base = languages.word(kit.code, "common", word, site=kit.site) if tag else clean.clean_line(str(desk["name"]))
    room = 240 - len(tag)
    return f"Re: {base if len(base) <= room else base[: room - 1].rstrip() + '…'}{tag}"


def _reply_line(kit: _Kit, card: Mapping[str, object]) -> str:
    meaning = str(card["reply_meaning"])
    if not meaning:
        return ""
    sentence = languages.word(kit.code, "reply", meaning, site=kit.site)
    to, also = card["reply_to"], card.get("reply_also")
    everybody = [each for each in (to, *(also if isinstance(also, list) else ())) if isinstance(each, Mapping)]
    return sentence.format(who=sayings.people(everybody) if card["ticket"] else "")


def _variables(kit: _Kit, card: Mapping[str, object], links: Mapping[str, str] | None) -> dict[str, object]:
    staff = bool(card["reply_meaning"])
    dressed = _Dresser(kit, links, staff=staff).dress(card)
    if not isinstance(dressed, dict):
        raise Unrenderable("a card is a table")
    speaker = times.times(kit.code, str(dressed["timezone"]), str(dressed["at"]), kit.site)
    return (
        dressed
        | sayings.of_moment(speaker, kit.hint)
        | {
            "language": kit.code,
            "staff": staff,
            "subject_line": _subject(kit, dressed),
            "reply_line": _reply_line(kit, dressed),
            "because": _because(kit, dressed),
        }
    )


def _bounded(template: Template, variables: Mapping[str, object]) -> str:
    env = template.environment
    # As Template.generate, whose way to merge the globals with the variables costs as much as a fifth of a text.
    context = new_context(env, template.name, template.blocks, {**env.globals, **variables}, shared=True)
    pieces, length = [], 0
    try:
        for piece in template.root_render_func(context):
            length += len(piece)
            if length > LIMIT:
                break
            pieces.append(piece)
    except Exception:  # noqa: BLE001 - told again with the template's own lines
        env.handle_exception()
    if length > LIMIT:
        raise Unrenderable(f"longer than {LIMIT} characters")
    return "".join(pieces)


def _place(fault: BaseException) -> str:
    """File and line of a template at which it failed, as far as the traceback tells."""
    if (line := getattr(fault, "lineno", None)) is not None:
        return f" ({getattr(fault, 'name', '')}, line {line})"
    place, trace = "", fault.__traceback__
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            place = f" ({Path(file).name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return place


def _find(name: str, language: str, site: Path | None) -> tuple[_Kit, Template, Template]:
    for code in languages.chain(language):
        kit = _kit(code, site)
        try:
            return kit, kit.text.get_template(f"{code}/{name}.j2"), kit.html.get_template(f"{code}/{name}.j2")
        except TemplateNotFound as missing:
            if missing.name != f"{code}/{name}.j2":
                raise
    raise Unrenderable(f"no text named {name}")


def render(
    name: str, language: str, card: Mapping[str, object], *, links: Mapping[str, str] | None = None, site: Path | None = None
) -> Rendered:
    """The words of a mail in this language, or in the next of its chain that has the text.

    card: as `templates.cards` says for this name. links: address of every button by its key; None shows buttons as words to reply
    with, for previews and text-only desks. site: the site's folder of texts, laid out as `mail/`, which wins over ours.
    Compiled once and kept until `forget`. Raises Unrenderable with place and reason; nothing else for any template or card.
    """
    return steps.done(rendering(name, language, card, links=links, site=site))


def rendering(
    name: str, language: str, card: Mapping[str, object], *, links: Mapping[str, str] | None = None, site: Path | None = None
) -> Steps[Rendered]:
    """`render` in steps."""
    try:
        kit, text, html = _find(name, language, site)
        variables = _variables(kit, card, links)
        yield
        subject, _, body = _bounded(text, variables).partition(_CUT)
        yield
        page = _EMPTY.sub("\n", _bounded(html, variables))
    except Unrenderable as why:
        raise Unrenderable(f"text {name}, {language}: {why}") from None
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError, OSError) as fault:
        raise Unrenderable(f"text {name}, {language}: {fault}{_place(fault)}") from fault
    yield
    page = page.strip() + "\n"
    if isinstance(desk := card.get("desk"), dict) and colours.WRITTEN.fullmatch(colour := str(desk.get("colour") or "")):
        page = design.branded(page, colour)
    return Rendered(subject=clean.clean_line(subject), text=plain.join(body), html=page, language=kit.code)


def forget() -> None:
    """Drop all compiled texts and words, so that changed files are read at the next render."""
    _kit.cache_clear()
    languages.forget()


def names(site: Path | None = None) -> dict[str, tuple[str, ...]]:
    """Every text and the languages that it exists in, ours and the site's together, both in alphabetical order."""
    found: dict[str, set[str]] = {}
    for folder in (languages.MAIL, site) if site else (languages.MAIL,):
        for path in folder.glob("*/*.j2"):
            if path.parent.name in languages.LANGUAGES:
                found.setdefault(path.stem, set()).add(path.parent.name)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}
