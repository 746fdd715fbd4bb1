"""`dataclass`, `field`, `replace` and `NamedTuple` of the standard library, where somebody waits.

The standard decorator writes and compiles six functions for each class and imports `inspect` to do
so. For the seventy classes that a check of one prompt loads, that took as long as `import click`.
Here a class gets functions that are shared, and its constructor is compiled when its first value
is made. Type checkers see the standard decorator, and `dataclasses.fields`, `replace` and `asdict`
take these classes for what they are. With the named tuples it is the same: the standard ones import
`typing`, and write and compile three functions each.

Only what is used here is there: `slots=True` always, fields with a default or a factory, `frozen`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
    from typing import NamedTuple as NamedTuple
else:
    from collections import _tuplegetter  # in C; in its absence `collections` has another
    from operator import attrgetter

    _MISSING = object()

    class _Factory:
        """What makes the default of a field."""

        def __init__(self, make):
            self.make = make

    def field(*, default_factory):
        """A field whose default is made anew for each value."""
        return _Factory(default_factory)

    def replace(value, /, **changes):
        """The same value with other fields."""
        kept = {name: getattr(value, name) for name in value.__match_args__}
        return value.__class__(**{**kept, **changes})

    def dataclass(*, frozen=False, slots, eq=True):
        """A decorator that makes a class with slots for its annotated names."""
        if not slots:
            raise TypeError("values have slots")
        return lambda cls: _made(cls, frozen, eq)

    def _made(cls, frozen, eq):
        space = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
        own = tuple(space.get("__annotations__", ()))
        defaults = {name: space.pop(name) for name in own if name in space}
        shape = _Shape(cls, own, defaults, frozen)
        space |= {"__slots__": shape.own, "__match_args__": shape.names, "_shape": shape}
        for name in ("__dataclass_fields__", "__dataclass_params__"):
            space[name] = _Asked(name)
        for name, function in _functions(shape, eq).items():
            if space.get(name) is None:  # a class with an `__eq__` of its own has None for a hash
                space[name] = function
        shape.made = type(cls)(cls.__name__, cls.__bases__, space)
        shape.made.__qualname__ = cls.__qualname__
        return shape.made

    def _functions(shape, eq):
        made = {"__repr__": _repr, "__getstate__": _state, "__setstate__": _restore}
        made["__init__"] = _first(shape)
        if eq:
            made["__eq__"] = _equal
            made["__hash__"] = _hash if shape.frozen else None
        if shape.frozen:
            made |= {"__setattr__": _refuse, "__delattr__": _refuse}
        return made

    class _Shape:
        """The fields of a class, its base's first."""

        def __init__(self, cls, own, defaults, frozen):
            base = getattr(cls, "_shape", None)
            names, given = (base.names, base.defaults) if base else ((), {})
            self.own = tuple(name for name in own if name not in names)
            self.names = (*names, *self.own)
            self.defaults = {**given, **defaults}
            self.frozen = frozen
            self.get = _getter(self.names)
            self.known = None

        def standard(self):
            """A standard dataclass of the same fields."""
            if self.known is None:
                self.known = self._standard()
            return self.known

        def _standard(self):
            from dataclasses import field as standard_field
            from dataclasses import make_dataclass

            types = {
                k: v
                for cls in reversed(self.made.__mro__)
                for k, v in getattr(cls, "__annotations__", {}).items()
            }
            fields = []
            for name in self.names:
                match self.defaults.get(name, _MISSING):
                    case _Factory(make=make):
                        fields.append((name, types[name], standard_field(default_factory=make)))
                    case default if default is not _MISSING:
                        fields.append((name, types[name], standard_field(default=default)))
                    case _:
                        fields.append((name, types[name]))
            return make_dataclass(self.made.__name__, fields, frozen=self.frozen)

    class _Asked:
        """An attribute that the standard library looks for: worked out when it does."""

        def __init__(self, name):
            self.name = name

        def __get__(self, _, owner):
            return getattr(owner._shape.standard(), self.name)

    def _getter(names):
        match names:
            case ():
                return lambda _: ()
            case (name,):
                return lambda value: (getattr(value, name),)
        return attrgetter(*names)

    def _first(shape):
        def __init__(self, /, *args, **kwargs):
            """The constructor before the first value is made."""
            shape.made.__init__ = _constructor(shape)
            shape.made.__init__(self, *args, **kwargs)

        return __init__

    def _constructor(shape):
        """What the standard decorator would have written."""
        given, lines, known = ["self"], [], {"_MISSING": _MISSING}
        for name in shape.names:
            default = shape.defaults.get(name, _MISSING)
            known[f"_set_{name}"] = getattr(shape.made, name).__set__
            known[f"_default_{name}"] = default.make if isinstance(default, _Factory) else default
            value = name
            if isinstance(default, _Factory):
                given.append(f"{name}=_MISSING")
                value = f"_default_{name}() if {name} is _MISSING else {name}"
            else:
                given.append(name if default is _MISSING else f"{name}=_default_{name}")
            lines.append(f"    _set_{name}(self, {value})\n")
        if hasattr(shape.made, "__post_init__"):
            lines.append("    self.__post_init__()\n")
        source = f"def __init__({', '.join(given)}):\n{''.join(lines) or '    pass'}"
        exec(source, known)  # noqa: S102 - names of fields and nothing else
        made = known["__init__"]
        made.__qualname__ = f"{shape.made.__qualname__}.__init__"
        return made

    def _repr(self):
        said = (f"{name}={getattr(self, name)!r}" for name in self._shape.names)
        return f"{self.__class__.__qualname__}({', '.join(said)})"

    def _equal(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        get = self._shape.get
        return get(self) == get(other)

    def _hash(self):
        return hash(self._shape.get(self))

    def _state(self):
        return self._shape.get(self)

    def _restore(self, state):
        for name, value in zip(self._shape.names, state, strict=True):
            object.__setattr__(self, name, value)

    def _refuse(self, name, *_):  # noqa: ARG001
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot change field {name!r}")

    class _TupleClass(type):
        """Makes a tuple with names of a class that has annotations."""

        def __new__(cls, name, bases, space):
            names = tuple(space.get("__annotations__", ()))
            defaults = {key: space.pop(key) for key in names if key in space}
            space |= {key: _tuplegetter(at, None) for at, key in enumerate(names)}
            space |= {"__slots__": (), "__match_args__": names, "_fields": names}
            space |= {"_field_defaults": defaults, "__new__": _first_tuple}
            return super().__new__(cls, name, bases, space)

    def _first_tuple(cls, /, *args, **kwargs):
        """The constructor before the first tuple of a class is made."""
        cls.__new__ = _tuple_constructor(cls)
        return cls.__new__(cls, *args, **kwargs)

    def _tuple_constructor(cls):
        """What the standard class would have had compiled."""
        defaults = cls._field_defaults
        known = {f"_default_{name}": value for name, value in defaults.items()}
        given = [f"{name}=_default_{name}" if name in defaults else name for name in cls._fields]
        source = f"lambda _cls, {', '.join(given)}: _new(_cls, ({', '.join(cls._fields)},))"
        made = eval(source, known | {"_new": tuple.__new__})  # noqa: S307 - names of fields
        made.__name__, made.__qualname__ = "__new__", f"{cls.__qualname__}.__new__"
        return made

    class NamedTuple(tuple, metaclass=_TupleClass):
        @classmethod
        def _make(cls, iterable):
            made = tuple.__new__(cls, iterable)
            if len(made) != len(cls._fields):
                raise TypeError(f"expected {len(cls._fields)} values, got {len(made)}")
            return made

        def _replace(self, /, **changes):
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"unexpected fields: {list(changes)}")
            return made

        __replace__ = _replace

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            said = (f"{n}={value!r}" for n, value in zip(self._fields, self, strict=True))
            return f"{self.__class__.__name__}({', '.join(said)})"

        def __getnewargs__(self):
            return tuple(self)
