"""Shapes of what goes to the model beside the messages: tools and images."""

from __future__ import annotations

from promptops.diagnostic import Place
from promptops.model import Image, Tool
from promptops.source.containers import Field, MapOf, Record
from promptops.source.shape import WRONG, Log
from promptops.source.value_shapes import Anything, Choice, Number, Text

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

MOST_PIXELS = 100_000
MOST_IMAGES = 10_000


class Upto(Number):
    """A whole number from 1 to `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(1)
        self.most = most
        self.noun = f"a whole number from 1 to {most:,}"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        value = super().read(node, place, log)
        if value is WRONG or value <= self.most:
            return value
        message = f"{value:,} is not {self.noun}"
        return log.add("invalid-value", place, message, f"write {self.noun}")

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "maximum": self.most}


TOOL = Record(
    {
        "name": Field(
            Text("a tool's name (letters, digits, `_` and `-`, 64 at most)", "[A-Za-z0-9_-]{1,64}"),
            "what the model calls it by",
            True,
        ),
        "description": Field(Text(), "what it does and when to call it; the model reads this"),
        "parameters": Field(MapOf(Anything()), "a JSON Schema of its arguments"),
    },
    lambda v: Tool(**v),
)
IMAGE = Record(
    {
        "width": Field(Upto(MOST_PIXELS), "in pixels", True),
        "height": Field(Upto(MOST_PIXELS), "in pixels", True),
        "detail": Field(
            Choice("low", "high"), "what OpenAI's models are asked for; high if not said"
        ),
        "count": Field(Upto(MOST_IMAGES), "how many of this size; one if not said"),
    },
    lambda v: Image(**v),
)
