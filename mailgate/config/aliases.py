"""Words of the desk's languages for verbs, read from the languages' files when the first is looked up: few commands read lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


class Aliases(Mapping[str, str]):
    """Word -> verb, in some languages; a site's folder of texts may have words of its own."""

    def __init__(self, languages: Sequence[str], site: Path | None) -> None:
        self._languages, self._site = tuple(languages), site
        self._words: Mapping[str, str] | None = None

    def made_of(self) -> tuple[tuple[str, ...], Path | None]:
        """The languages, and the site's folder."""
        return self._languages, self._site

    @classmethod
    def make(cls, languages: tuple[str, ...], site: Path | None) -> Aliases:
        """Those of languages whose files were found sound."""
        return cls(languages, site)

    def all(self) -> Mapping[str, str]:
        """Every one of them; raises what `templates.languages.words` does for a site's file that can't be read."""
        if self._words is None:
            from templates import languages  # noqa: PLC0415 - as above

            self._words = languages.verb_aliases(self._languages, self._site)
        return self._words

    def __getitem__(self, word: str) -> str:
        """The verb of a word."""
        return self.all()[word]

    def __iter__(self) -> Iterator[str]:
        """The words."""
        return iter(self.all())

    def __len__(self) -> int:
        """How many words."""
        return len(self.all())
