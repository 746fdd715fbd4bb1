"""What goes to the model beside the messages: its tools and images, as a prompt declares them."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.model import Image, Prompt
from promptops.tokens.count import Count, total_of
from promptops.tokens.counts import Counter
from promptops.tokens.images import image_tokens
from promptops.tokens.models import Model
from promptops.tokens.tools import NONE, tool_count
from promptops.values import dataclass


@dataclass(frozen=True, slots=True)
class Beside:
    """Tokens of the tool definitions and of the images; 0 where a prompt declares none."""

    tools: Count = NONE
    images: Count = NONE

    def added_to(self, messages: Count) -> Count:
        """The whole call; unknown where a part of it is."""
        parts = [one for one in (self.tools, self.images) if one is not NONE]
        return total_of([messages, *parts]) if parts else messages


NOTHING_BESIDE = Beside()


def beside(prompt: Prompt, model: str, counter: Counter) -> Beside:
    """What a prompt's tools and images are in one model's tokens."""
    if not prompt.tools and not prompt.images:
        return NOTHING_BESIDE
    row = counter.model(model)
    return Beside(tool_count(prompt.tools, model, counter), image_count(prompt.images, row))


def image_count(images: Sequence[Image], model: Model) -> Count:
    """The tokens of all images together; unknown where no formula is published."""
    if not images:
        return NONE
    each: list[Count] = []
    for image in images:
        each += [image_tokens(image.width, image.height, model, image.detail)] * image.count
    return total_of(each)
