"""How surely a mail is from whom it says: the levels 0 to 4, and why.

Decides from verdicts that were gathered elsewhere: `rules.reading.authresults` (servers that are trusted), `mailgate.trust.signatures`
(our own check), `rules.tokens` with the row that a token names. What a level allows is asked in `rules.rights`, not here.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from rules.facts.mail import Verified
from rules.facts.terms import Level, domain_of
from rules.frozen import dataclass
from rules.reading.authresults import believed
from rules.reading.domains import aligned

__all__ = ["SIGNATURE_ALONE", "DomainWord", "Trust", "believed", "domain_passes", "level"]


SIGNATURE_ALONE = "signature"
"""Why of a mail that a signature alone proves."""


class DomainWord(StrEnum):
    """What the domain of a sender says of a mail in his name."""

    passes = "pass"
    fails = "fail"
    nothing = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A level with the one word that explains it, for `why` and for the mail that tells of a refusal."""

    level: Level
    why: str


def domain_passes(identity: str, verified: Collection[Verified]) -> DomainWord:
    """Whether the domain of the address `identity` vouches for the mail: DMARC, or DKIM in relaxed alignment (RFC 7489 section 3.1).

    A DMARC fail outweighs every pass, whoever said so. A broken DKIM signature is as good as none (RFC 6376 section 6.1), and
    SPF alone says nothing about the From line.
    """
    domain = domain_of(identity) if verified else ""
    if not domain:
        return DomainWord.nothing
    about = [each for each in verified if aligned(each.domain, domain) or not each.domain]
    if any(each.method == "dmarc" and each.result == "fail" for each in about):
        return DomainWord.fails
    passing = any(each.method in {"dmarc", "dkim"} and each.result == "pass" and each.domain for each in about)
    return DomainWord.passes if passing else DomainWord.nothing


def level(
    *,
    identity: str,
    verified: Collection[Verified],
    token_owner_matches: bool = False,
    login_matches: bool = False,
    vouched: bool = False,
    signed: bool = False,
) -> Trust:
    """The level of a mail and why, on the contract's scale; without an unambiguous From only a voucher counts.

    token_owner_matches: a verified token came back whose recipient is `identity`. login_matches: authenticated submission, and the
    login owns `identity`. vouched: an operator named the sender on the command line. signed: PGP or S/MIME by a key on file.
    `why` is `signature` where nothing but the signature proves the mail: then its subject and its recipients may be anybody's.
    A DMARC fail takes the worth from tokens, but not from what the sender proved to us directly.
    """
    if vouched and not (signed and identity):
        return Trust(level=Level.both, why="vouched")
    if not identity:
        return Trust(level=Level.claimed, why="no-identity")
    if signed:
        # the signature covers neither subject nor recipients: whoever acts by those has to have proved himself otherwise
        other = level(identity=identity, verified=verified, token_owner_matches=token_owner_matches, login_matches=login_matches)
        return Trust(level=Level.signed, why=f"signature+{other.why}" if other.level >= Level.token else SIGNATURE_ALONE)
    if login_matches:
        return Trust(level=Level.both, why="login")
    match domain_passes(identity, verified), token_owner_matches:
        case DomainWord.fails, _:
            return Trust(level=Level.claimed, why="dmarc-fail")
        case DomainWord.passes, True:
            return Trust(level=Level.both, why="token+domain")
        case _, True:
            return Trust(level=Level.token, why="token")
        case DomainWord.passes, _:
            return Trust(level=Level.domain, why="domain")
        case _:
            return Trust(level=Level.claimed, why="from-only")
