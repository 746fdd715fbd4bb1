"""A number of tokens, and how it is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptops.tokens.models import ESTIMATED, EXACT

STRENGTH = ("exact", "assumed", "counted", "estimated", "unknown")  # strongest first


class Count:
    """A number of tokens and how it is known.

    low <= tokens <= high; all three are None where nothing is known. method: one phrase for
    people; vocab_sha256: of the vocabulary that was run, "" where none was. A value: nobody changes
    one. (No dataclass, whose module would double the time of a cold count.)
    """

    __slots__ = (
        "as_of",
        "encoding",
        "high",
        "known",
        "low",
        "method",
        "source",
        "tokens",
        "vocab_sha256",
    )

    def __init__(
        self,
        tokens: int | None,
        low: int | None,
        high: int | None,
        known: str,
        method: str = "",
        encoding: str = "",
        vocab_sha256: str = "",
        source: str = "",
        as_of: str = "",
    ) -> None:
        self.tokens = tokens
        self.low = low
        self.high = high
        self.known = known
        self.method = method
        self.encoding = encoding
        self.vocab_sha256 = vocab_sha256
        self.source = source
        self.as_of = as_of

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Count):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.__slots__))

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"Count({said})"

    @property
    def error_percent(self) -> float | None:
        """The wider side of the interval in percent of the count; None where unknown."""
        if self.tokens is None or self.low is None or self.high is None:
            return None
        return 100 * max(self.high - self.tokens, self.tokens - self.low) / max(self.tokens, 1)

    def plus(self, tokens: int, slack: int = 0) -> Count:
        """This count with `tokens` more, known to within `slack`; with slack it is estimated."""
        if self.tokens is None or self.low is None or self.high is None:
            return self
        total = self.tokens + tokens
        low, high = self.low + tokens - slack, self.high + tokens + slack
        known = weakest((self.known, ESTIMATED)) if slack else self.known
        return Count(
            total,
            max(low, 0),
            high,
            known,
            self.method,
            self.encoding,
            self.vocab_sha256,
            self.source,
            self.as_of,
        )


def weakest(classes: Iterable[str]) -> str:
    """What a sum of such counts may call itself."""
    return max(classes, key=STRENGTH.index, default=EXACT)


def total_of(counts: Sequence[Count]) -> Count:
    """The sum, in the class of its weakest part; unknown where one part is."""
    if not counts:
        return Count(0, 0, 0, "exact")
    known = weakest(count.known for count in counts)
    worst = next(count for count in counts if count.known == known)
    tokens = _sum([count.tokens for count in counts])
    low = _sum([count.low for count in counts])
    high = _sum([count.high for count in counts])
    return Count(
        tokens,
        low,
        high,
        known,
        worst.method,
        worst.encoding,
        worst.vocab_sha256,
        worst.source,
        worst.as_of,
    )


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
