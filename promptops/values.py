"""`dataclass`, `field` and `replace` of the standard library, where somebody waits for the start.

The standard decorator writes and compiles six functions for each class and imports `inspect` to do
so. For the seventy classes that a check of one prompt loads, that took as long as `import click`.
Here a class gets functions that are shared, and its constructor is compiled when its first value
is made. Type checkers see the standard decorator, and `dataclasses.fields`, `replace` and `asdict`
take these classes for what they are.

Only what is used here is there: `slots=True` always, fields with a default or a factory, `frozen`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
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
