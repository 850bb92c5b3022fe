"""Finds the articles that may answer a mail, and nothing where none fits. Stemmed by language; the index lives in memory.

Stemming is `store.stemming`. The files themselves are `templates.articles`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rules.actions.folding import fold
from rules.frozen import dataclass
from store import stemming
from templates import articles
from templates.articles import Article

GOOD = 0.34
"""Share of an article's telling words that a mail has to hold for the article to be offered unasked."""
_WORD = re.compile(r"[^\W_]{2,40}")
_IDLE = frozenset(
    "the and for you your our are was with this that from have has not but can will please hello dear thanks thank regards best mail"
    " der die das und ist nicht wir sie ihr ich mit ein eine einen auf bei von zu den dem bitte hallo guten tag danke gruss freundlichen"
    " ja se on ei ole olen mutta kun joka mita kiitos hei terveisin että tama"
    " a je se na to ze jak ale neni prosim dekuji dobry den pozdravem jsme jsem pro".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An article and how well it fits, 0 to 1."""

    article: Article
    score: float


def stems(text: str, language: str) -> list[str]:
    """The telling words of a text, stemmed, without accents, in order."""
    words = [w.lower() for w in _WORD.findall(text[:20_000])]
    return [stemming.stem(w, language) for w in words if fold(w) not in _IDLE]


class Index:
    """The articles of a desk, ready to be searched."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self.articles = tuple(articles)
        self._titles = [Counter(stems(f"{a.title} {' '.join(a.keywords)}", a.language)) for a in self.articles]
        self._texts = [Counter(stems(a.text, a.language)) for a in self.articles]
        seen: Counter[str] = Counter(
            word for title, text in zip(self._titles, self._texts, strict=True) for word in title.keys() | text.keys()
        )
        self._weight = {word: math.log(1 + len(self.articles) / n) for word, n in seen.items()}

    def search(
        self, words: str, *, language: str, staff: bool = False, known: bool = True, limit: int = 5, least: float = 0.0
    ) -> list[Match]:
        """The best articles for some words, best first; of other languages only where the reader's has none. Staff's are never shown to others.

        known: a customer who is registered sees the audience `customer`, anybody else `public` alone.
        """
        found: list[Match] = []
        for n, article in enumerate(self.articles):
            if (article.audience == "staff" and not staff) or (article.audience == "customer" and not (known or staff)):
                continue
            asked = set(stems(words, article.language))
            if not asked:
                continue
            titled = self._titles[n]
            whole = sum(self._weight[w] for w in titled) or 1.0
            hit = sum(self._weight[w] for w in titled if _has(w, asked))
            body = sum(self._weight[w] for w in self._texts[n] if w in asked and w not in titled)
            score = min(1.0, hit / whole + 0.25 * body / (whole + body)) if hit else 0.15 * body / (whole + body)
            if score > least:
                found.append(Match(article=article, score=score * (1.0 if article.language == language else 0.6)))
        best: dict[str, Match] = {}
        for match in sorted(found, key=lambda m: -m.score):
            best.setdefault(match.article.key, match)
        return list(best.values())[:limit]

    def suggest(self, words: str, *, language: str, known: bool, limit: int = 2) -> list[Match]:
        """What may be offered unasked: at most two, only in the reader's language, and only where they fit well."""
        return [m for m in self.search(words, language=language, known=known, limit=limit, least=GOOD) if m.article.language == language]


_shelves: dict[tuple[str, Path | None], tuple[tuple[tuple[str, int], ...], Index]] = {}


def shelf(kind: str, site: Path | None) -> Index:
    """The articles of a kind (`faq`, `canned`) as the files are now: read anew when one of them has changed."""
    stands = articles.signature(kind, site)
    known = _shelves.get((kind, site))
    if known is None or known[0] != stands:
        known = _shelves[kind, site] = (stands, Index(articles.load(kind, site)[0]))
    return known[1]


def visible(article: Article, *, staff: bool, known: bool) -> bool:
    """Whether a reader may see an article: staff all, registered customers theirs, anybody what is public."""
    return staff or article.audience == "public" or (article.audience == "customer" and known)


def _has(stem: str, asked: set[str]) -> bool:
    """Whether the stem was asked for; long ones also by their beginning, since Finnish bends them inside."""
    return stem in asked or (len(stem) > 5 and any(a[:5] == stem[:5] and abs(len(a) - len(stem)) <= 4 for a in asked))
