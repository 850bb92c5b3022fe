"""Links for websites, signs and machines: a mail that is already addressed, tagged and laid out. Whoever uses one needs no account."""

from __future__ import annotations

import html
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, edits, screen
from mailgate.desk.ends import Failed, Misused, NoSuch

if TYPE_CHECKING:
    from mailgate.desk.call import Call
    from rules.facts.policy import Policy
    from rules.facts.service import Flow
    from rules.facts.things import Device

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Links for websites, signs and machines."""


@app.command()
def mailto(
    context: typer.Context,
    *,
    category: Annotated[str, typer.Option("--category", "--cat", help="The category it is in.", show_default=False)] = "",
    type_: Annotated[str, typer.Option("--type", help="The type it is of.", show_default=False)] = "",
    device: Annotated[str, typer.Option("--device", help="The device it is about, by serial number.", show_default=False)] = "",
    form: Annotated[
        str, typer.Option("--form", help="A flow of a [[device_model]]: its type, category and fields.", show_default=False)
    ] = "",
    subject: Annotated[
        str, typer.Option("--subject", help="Words of the subject; else those of the form or category.", show_default=False)
    ] = "",
    language: Annotated[str, typer.Option("--language", help="Language of the fields to fill in.", show_default=False)] = "",
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the link and its QR code as HTML.", show_default=False)
    ] = None,
    drawing: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Draw the QR code, to be printed.", show_default=False)
    ] = None,
    qr: Annotated[bool, typer.Option("--qr", help="Show the QR code here as well.")] = False,
) -> None:
    """A mailto: link or QR code; a mail made by it goes where it should."""
    import segno

    from mailgate.letters import links

    desk = call.of(context)
    policy = desk.settings.policy
    edits.language(language, policy)
    found = _device(desk, device) if device else None
    model = found.model if found is not None else ""
    flow = _form(policy, form, model) if form else None
    key = edits.found(policy.categories, category, "category").key if category else ""
    if key and not policy.categories[key].public:
        raise Failed(f"customers may not name the category {key}: it is not public")
    kind = edits.found(policy.types, type_, "type") if type_ else None
    if kind is not None and not kind.public:
        raise Failed(f"customers may not name the type {kind.key}: it is not public")
    if not (found or flow or key or kind or subject):
        raise Misused("say what the mail is about: --category, --type, --device, --form or --subject")
    made = links.made(
        policy,
        language or policy.languages[0],
        category=policy.categories.get(key),
        kind=kind,
        device=found,
        form=flow,
        subject=subject,
    )
    shape = {"link": made.href, "address": made.address, "subject": made.subject, "fields": [each.name for each in made.fields]}
    if page is not None or drawing is not None or qr:
        try:
            code = segno.make(made.href, error="m", micro=False)
        except segno.DataOverflowError:
            raise Failed(
                f"the link is too long for a QR code ({len(made.href)} characters): name fewer fields or a shorter subject"
            ) from None
        if page is not None:
            words = html.escape(made.subject or made.address)
            picture = code.svg_inline(scale=4, title=made.subject or made.address)
            _write(page, f'<a href="{html.escape(made.href)}">{words}</a>\n{picture}\n'.encode())
        if drawing is not None:
            drawn = io.BytesIO()
            code.save(drawn, kind="svg", scale=4, title=made.subject or made.address)
            _write(drawing, drawn.getvalue())
        if qr and not desk.as_json:
            shown = io.StringIO()
            code.terminal(shown, compact=True)
            typer.echo(shown.getvalue())
    screen.result(desk, shape, made.href)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as fault:
        raise Failed(f"{path} can't be written: {fault.strerror or fault}") from None


def _device(desk: Call, serial: str) -> Device:
    from store.lists import things

    with desk.reading() as tx:
        found = things.device(tx, serial)
        if found is None:
            raise NoSuch(f"there is no device {serial!r}", edits.near(serial, [each.serial for each in things.every(tx).devices]))
    return found


def _form(policy: Policy, word: str, model: str) -> Flow:
    from rules import flows

    found = flows.flow(word, policy, model)
    if found is None:
        names = [each.key for one in policy.device_models.values() for each in one.flows]
        raise NoSuch(f"no [[device_model]] has a flow {word!r}", edits.near(word, names))
    return found[1]
