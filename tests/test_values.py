"""Our values are dataclasses: each property of the standard decorator that somebody relies on."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
import subprocess
import sys
import types
from typing import Any, NamedTuple

import pytest

from promptops import values
from promptops.patterns import later


class _Point:
    x: int
    y: int = 2
    tags: list[str] = dataclasses.field(default_factory=list)

    @property
    def sum(self) -> int:
        return self.x + self.y


def made(decorator: Any, field: Any) -> Any:
    """The same class by one decorator or the other."""
    space = {
        "__annotations__": dict(_Point.__annotations__),
        "__module__": __name__,
        "__qualname__": "Point",
        "y": 2,
        "tags": field(default_factory=tuple),
        "sum": _Point.sum,
    }
    return decorator(frozen=True, slots=True)(type("Point", (), space))


Ours = made(values.dataclass, values.field)
Point = Ours  # where pickle looks
Theirs = made(dataclasses.dataclass, dataclasses.field)
BOTH = pytest.mark.parametrize("cls", [Ours, Theirs], ids=["ours", "standard"])


@BOTH
def test_a_value_is_its_fields(cls: Any) -> None:
    value = cls(1)
    assert (value.x, value.y, value.tags, value.sum) == (1, 2, (), 3)
    assert value == cls(1, 2) == cls(x=1, y=2, tags=())
    assert value != cls(2)
    assert value != (1, 2, ())
    assert len({value, cls(1), cls(3)}) == 2
    assert repr(value) == "Point(x=1, y=2, tags=())"
    assert not hasattr(value, "__dict__")
    if cls is Ours or sys.version_info < (3, 13):  # since then the standard ones differ by a NaN
        nan = float("nan")
        assert cls(nan) == cls(nan)


@BOTH
def test_a_value_does_not_change(cls: Any) -> None:
    value = cls(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.x
    with pytest.raises((AttributeError, TypeError)):  # TypeError in Python 3.11's own
        value.other = 2


@BOTH
def test_another_value_is_made_of_one(cls: Any) -> None:
    for replace in (dataclasses.replace, values.replace):
        assert replace(cls(1, 5), x=2) == cls(2, 5)
        with pytest.raises(TypeError):
            replace(cls(1), z=2)
    assert copy.deepcopy(cls(1, 5)) == cls(1, 5)
    match cls(7, 8):
        case cls(x, y):
            assert (x, y) == (7, 8)


@BOTH
def test_wrong_arguments_are_type_errors(cls: Any) -> None:
    for given in ((), (1, 2, (), 4)):
        with pytest.raises(TypeError, match=r"Point\.__init__\(\)|__init__\(\)"):
            cls(*given)
    with pytest.raises(TypeError, match="z"):
        cls(1, z=1)


@BOTH
def test_the_standard_library_knows_it(cls: Any) -> None:
    assert dataclasses.is_dataclass(cls)
    assert [field.name for field in dataclasses.fields(cls)] == ["x", "y", "tags"]
    assert [field.type for field in dataclasses.fields(cls)] == ["int", "int", "list[str]"]
    assert dataclasses.asdict(cls(1)) == {"x": 1, "y": 2, "tags": ()}
    cls(1)
    assert list(inspect.signature(cls).parameters) == ["x", "y", "tags"]


def test_values_are_pickled() -> None:
    assert pickle.loads(pickle.dumps(Ours(1, 5))) == Ours(1, 5)


def test_values_that_may_change_and_that_are_only_themselves() -> None:
    @values.dataclass(slots=True)
    class Loose:
        a: int = 0

        def __post_init__(self) -> None:
            self.a += 1

    @values.dataclass(slots=True, eq=False)
    class Alone:
        a: int = 0

    @values.dataclass(frozen=True, slots=True)
    class More(Ours):  # type: ignore[misc, valid-type]
        z: int = 0

    @values.dataclass(frozen=True, slots=True)
    class Odd:
        a: int = 0

        def __eq__(self, other: object) -> bool:
            return True

    loose = Loose(1)
    loose.a += 1
    assert loose == Loose(2)
    with pytest.raises(TypeError):
        hash(loose)
    assert Alone() != Alone()
    assert len({Alone(), Alone()}) == 2
    assert More(1, z=3).sum == 3
    assert More(1) != Ours(1)
    assert [field.name for field in dataclasses.fields(More)] == ["x", "y", "tags", "z"]
    assert Odd(1) == 7
    assert hash(Odd(1)) == hash(Odd(1))
    with pytest.raises(TypeError, match="slots"):
        values.dataclass(slots=False)


def test_classes_without_or_with_one_field() -> None:
    @values.dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    @values.dataclass(frozen=True, slots=True)
    class One:
        a: int

    assert Nothing() == Nothing()
    assert One(1) == One(1) != One(2)
    assert repr(Nothing()).endswith("Nothing()")


def test_nothing_is_loaded_for_them() -> None:
    program = (
        "import sys; from promptops.model import Rule; Rule('a', 'b');"
        "print(*{'dataclasses', 'inspect', 'typing'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True,
        env={"PYTHONPATH": ":".join(sys.path)})  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def named(base: Any) -> Any:
    """The same tuple by one base or the other."""
    space = {
        "__annotations__": {"x": "int", "y": "int", "tags": "tuple[str, ...]"},
        "__module__": __name__,
        "__qualname__": "Spot",
        "__doc__": "A spot.",
        "y": 2,
        "tags": (),
        "sum": property(lambda self: self.x + self.y),
        "of": classmethod(lambda cls, x: cls(x)),
    }
    return types.new_class("Spot", (base,), {}, lambda body: body.update(space))


Spot = named(values.NamedTuple)  # where pickle looks
SPOTS = pytest.mark.parametrize("cls", [Spot, named(NamedTuple)], ids=["ours", "standard"])


@SPOTS
def test_a_named_tuple_is_a_tuple_with_names(cls: Any) -> None:
    spot = cls(1)
    assert spot == (1, 2, ()) == cls(x=1, y=2) == cls._make([1, 2, ()]) == cls.of(1)
    assert (spot.x, spot[1], spot.tags, spot.sum) == (1, 2, (), 3)
    assert (cls._fields, cls.__match_args__) == (("x", "y", "tags"),) * 2
    assert cls._field_defaults == {"y": 2, "tags": ()}
    assert spot._replace(x=5) == (5, 2, ())
    assert spot._asdict() == {"x": 1, "y": 2, "tags": ()}
    assert repr(spot) == "Spot(x=1, y=2, tags=())"
    assert cls.__doc__ == "A spot."
    assert hash(spot) == hash((1, 2, ()))
    assert sorted([cls(2), cls(1)]) == [(1, 2, ()), (2, 2, ())]
    assert not hasattr(spot, "__dict__")
    assert isinstance(spot, tuple)
    assert copy.copy(spot) == copy.deepcopy(spot) == spot
    match spot:
        case cls(x, y):
            assert (x, y) == (1, 2)


@SPOTS
def test_a_named_tuple_refuses_what_does_not_fit(cls: Any) -> None:
    for wrong in (lambda: cls(), lambda: cls(1, 2, 3, 4), lambda: cls(1, z=2), lambda: cls(1, x=1)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(TypeError):
        cls._make([1])
    with pytest.raises((TypeError, ValueError), match="z"):  # a TypeError since Python 3.13
        cls(1)._replace(z=1)
    with pytest.raises(AttributeError):
        cls(1).x = 3


def test_a_named_tuple_survives_pickling() -> None:
    again = pickle.loads(pickle.dumps(Spot(1)))
    assert type(again) is Spot
    assert again == Spot(1)
    assert inspect.signature(Spot.__new__).parameters.keys() == {"_cls", "x", "y", "tags"}


def test_a_pattern_is_compiled_when_it_is_used() -> None:
    pattern = later("A(b)", re.IGNORECASE)
    assert list(vars(pattern)) == ["_given"]
    assert pattern.sub("x", "ab AB") == "x x"
    assert [m[1] for m in pattern.finditer("ab")] == ["b"]
    assert (pattern.groups, pattern.pattern) == (1, "A(b)")
    with pytest.raises(AttributeError):
        _ = pattern.absent
    with pytest.raises(re.error):
        later("(").match("")
