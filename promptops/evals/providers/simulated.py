"""A model made of dice that follows rules, more or less: for demos, tests and planning.

It reads which rules stand in the rendered prompt, and keeps each with the probability that
`promptops.evals.world` gives it. It is no language model, and every report of it says so.

`simulated/agent` has interference planted, `simulated/plain` has none, `simulated/capacity` loses
its grip as rules pile up.
"""

from __future__ import annotations

from collections.abc import Iterable

from promptops.errors import UsageError
from promptops.evals import Answer, Request, State, Usage
from promptops.evals.plan import TASK, expectations
from promptops.evals.providers import Link, Provider
from promptops.evals.sampler import Draft, add
from promptops.evals.world import World
from promptops.model import Case, Message, Prompt, Rule

WORLDS = {
    "simulated": World(),
    "simulated/agent": World(),
    "simulated/plain": World(interference=False),
    "simulated/capacity": World(interference=False, capacity=True),
}
TASK_MISSES = "task"


def make(link: Link) -> Provider:
    """A simulated model that knows the prompts at hand."""
    return Simulated(link.prompts)


class Simulated:
    """Answers at once, costs nothing, and says the same to the same request."""

    name = "simulated"
    version = 1

    def __init__(self, prompts: tuple[Prompt, ...]) -> None:
        self._rules = {rule.text: rule for prompt in prompts for rule in prompt.rules}
        self._prompts = prompts
        self._seen: dict[str, tuple[Case, Prompt] | None] = {}

    async def ask(self, request: Request, seconds: float) -> Answer:  # noqa: ARG002
        if request.model not in WORLDS:
            known = ", ".join(sorted(WORLDS))
            raise UsageError(f"no simulated model `{request.model}`", f"there are: {known}")
        chosen = WORLDS[request.model]
        seed = int(request.parameters.get("seed", 0))
        world = World(seed, chosen.interference, chosen.capacity)
        text = self._said(world, request)
        read = sum(len(message.content) for message in request.messages) // 4
        usage = Usage(read, len(text) // 4)
        return Answer(State.ANSWER, text, usage=usage, model=request.model)

    async def close(self) -> None:
        pass

    def _said(self, world: World, request: Request) -> str:
        draft = Draft()
        found = self._case(request.messages)
        if found is None:
            return draft.text()
        case, prompt = found
        present = {rule.id for rule in present_rules(self._rules.values(), request.messages)}
        edges = world.edges([rule.id for rule in prompt.rules])
        call = str(request.repeat)
        kept = {
            rule.id: world.kept(rule.id, present, edges, case.id, call) for rule in prompt.rules
        }
        kept[TASK] = world.kept(TASK_MISSES, {TASK_MISSES}, (), case.id, call)
        for one in expectations(prompt, [case])[case.id]:
            add(draft, one.assertion, kept[one.rule])
        return draft.text()

    def _case(self, messages: tuple[Message, ...]) -> tuple[Case, Prompt] | None:
        """The case whose values all stand in the messages; the one that explains most of them."""
        told = "\n".join(message.content for message in messages)
        best, most = None, -1
        for prompt in self._prompts:
            for case in prompt.cases:
                values = [*case.variables.values(), *(turn.content for turn in case.history)]
                size = sum(map(len, values))
                if size > most and all(value in told for value in values):
                    best, most = (case, prompt), size
        return best


def present_rules(rules: Iterable[Rule], messages: tuple[Message, ...]) -> list[Rule]:
    """The rules whose text stands in the messages."""
    told = " ".join(" ".join(message.content for message in messages).split())
    return [rule for rule in rules if " ".join(rule.text.split()) in told]
