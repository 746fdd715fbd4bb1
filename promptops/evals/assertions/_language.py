"""The language of a text by langdetect, as IFEval finds it, and the same on every run.

langdetect draws n-grams at random and asks seven times, so on short texts and on capitals two runs
may differ. Here its generator starts from a fixed seed and its profiles are read in order of name.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from promptops.evals.assertions._extras import missing

SEED = 0


@cache
def _factory() -> Any:
    try:
        from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
    except ImportError:
        raise missing("telling languages apart", "langdetect") from None
    profiles = []
    for name in sorted(os.listdir(PROFILES_DIRECTORY)):
        with open(os.path.join(PROFILES_DIRECTORY, name), encoding="utf-8") as file:
            profiles.append(file.read())
    factory = DetectorFactory()
    factory.set_seed(SEED)
    factory.load_json_profile(profiles)
    return factory


def languages() -> frozenset[str]:
    """The codes that `language_of` can give: ISO 639-1, and zh-cn and zh-tw."""
    return frozenset(_factory().get_lang_list())


def language_of(text: str) -> str:
    """The likeliest language's code, "" where nothing in the text tells (no letters)."""
    factory = _factory()
    from langdetect.lang_detect_exception import LangDetectException

    detector = factory.create()
    detector.append(text)
    try:
        return str(detector.detect())
    except LangDetectException:
        return ""
