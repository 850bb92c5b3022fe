"""Which domains belong to one organisation, as far as that can be told without the public suffix list.

A deviation from RFC 7489 section 3.2, which wants that list: it would be data of 250 KB that ages, for the few who sign with a
sister domain. Instead a name belongs to its last two labels, or three where the second-last one is known to be shared. A shared
suffix that is missing here would make strangers relatives, one too many only asks for equal domains: so in doubt it is listed.
"""

from __future__ import annotations

from rules.facts.terms import domain_of

# Labels under which registries of countries sell names: co.uk, com.au, ac.at, gv.at, or.jp, gob.mx, k12.tr ...
_SHARED_UNDER_COUNTRY = frozenset(
    """ab ac ad adv aero art asn asso av biz bc bel blog bz ca club co com conf coop cri ed edu emp eng firm fin fm g12 gc gen geek go
    gob gok gon gop gos gouv gov govt gr gub gv health id idf idv imb in ind inf info ing int iwi jus k12 kiwi krd law lg ltd maori
    mb me med mi mil mod muni museum mus name nb ne net nf ngo nhs ni nic nis nl nom not notaires ns nsw nt ntr nu on or org os parl
    pe per pharmacien plc po police pol pp press prd presse pri priv pro psc psi qc qld re res rs rec sa sci sch school sk sld soc
    store stat tas tec tel tm tv tur vet vic wa web yk""".split()
)

# Hosters whose customers live side by side below one name.
_SHARED = frozenset(
    """appspot.com azurewebsites.net blogspot.com cloudapp.net cloudfront.net dyndns.org eu.com eu.org firebaseapp.com fly.dev
    github.io gitlab.io gappssmtp.com herokuapp.com kapsi.fi myshopify.com netlify.app no-ip.org onmicrosoft.com onrender.com
    pages.dev pythonanywhere.com uk.com us.com vercel.app web.app wixsite.com wordpress.com workers.dev""".split()
)


def organisational(domain: str) -> str:
    """The domain that its owner registered: `corp.co.uk` for `mail.corp.co.uk`; the name itself where it is no longer than that."""
    labels = domain.lower().rstrip(".").split(".")
    pair = ".".join(labels[-2:])
    shared = pair in _SHARED or (len(labels[-1]) == 2 and len(labels) > 1 and labels[-2] in _SHARED_UNDER_COUNTRY)
    return ".".join(labels[-3 if shared else -2 :])


def aligned(domain: str, other: str) -> bool:
    """Whether two domains are of one organisation: relaxed alignment of RFC 7489 section 3.1; empty ones never are."""
    first, second = domain_of(f"@{domain}"), domain_of(f"@{other}")
    if not first or not second:
        return False
    if first == second:
        return True
    common = organisational(first)
    # A bare shared suffix (`co.uk`) is nobody's organisation: it is aligned with itself alone.
    return common == organisational(second) and _is_registered(common)


def _is_registered(domain: str) -> bool:
    return organisational(f"x.{domain}") == domain
