"""promptops governs prompts and instructions in git: reviewed, tested, budgeted and explained.

For programs: `promptops.load("support-agent").render(question=…)` gives the messages for a model
and the provenance to log with the call. Importing the package costs nothing before that.
"""

TYPE_CHECKING = False  # type checkers take it for True; `typing` itself would cost milliseconds
if TYPE_CHECKING:
    from promptops.errors import PromptopsError as PromptopsError
    from promptops.loading import Loaded as Loaded
    from promptops.loading import Rendered as Rendered
    from promptops.loading import load as load
    from promptops.model import Prompt as Prompt
    from promptops.model import Rule as Rule

__version__ = "0.1.0"
__all__ = ["Loaded", "Prompt", "PromptopsError", "Rendered", "Rule", "__version__", "load"]

_HOME = {
    "Loaded": "promptops.loading",
    "Prompt": "promptops.model",
    "PromptopsError": "promptops.errors",
    "Rendered": "promptops.loading",
    "Rule": "promptops.model",
    "load": "promptops.loading",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'promptops' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
