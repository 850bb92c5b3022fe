"""Where the doors are wider or narrower than their specifications, on purpose: see docs/specifications.md."""

from __future__ import annotations

from tests.doors.desk import opened


async def test_lines_and_addresses_beyond_the_standards_minimum_are_taken() -> None:
    """Reply addresses with tokens, and names that are not ASCII, are longer than the 256 and 512 octets that every server takes."""
    async with opened() as desk:
        client = await desk.client()
        assert (await client.say("NOOP " + "x" * 2000)).startswith("250")
        long = "b" * 470 + "@client.example"
        assert (await client.say(f"MAIL FROM:<{long}>")).startswith("250")
        assert (await client.say("RCPT TO:<support@desk.example>")).startswith("250")
        assert (await client.say("DATA")).startswith("354")
        client.send(b"x\r\n.\r\n")
        await client.reply()
        assert desk.shelf.mails[0].envelope.sender == long


async def test_delivery_reports_are_neither_offered_nor_promised() -> None:
    """A relay that was told we take DSN would leave the report about a late mail to us, and nobody would send one."""
    async with opened() as desk:
        client = await desk.client()
        offers = await client.say("EHLO client.example")
        assert not {"DSN", "CHUNKING", "BINARYMIME", "VRFY", "ETRN"} & {line[4:].split(" ")[0] for line in offers.split("\n")}
        await client.say("MAIL FROM:<kim@client.example>")
        assert (await client.say("RCPT TO:<support@desk.example> NOTIFY=SUCCESS")).startswith("555 5.5.4")
