"""What people are told of a job's values: by the labels of the form, and in its words."""

from collections.abc import Iterator, Mapping

from runner.jobs import ToldValue
from runner.scripts.parameters import AnyParameter, Boolean, Choice, Input
from runner.scripts.script import Script
from runner.system.text import clipped

_LENGTH = 500  # characters of each value


def told_values(script: Script, values: Mapping[str, str], *, usual: Mapping[str, str]) -> tuple[ToldValue, ...]:
    """What tells one run from another: files first, then what differs from ``usual``, at last what does not.

    Secrets and constants are not among it: nobody enters them.
    """
    told = [
        (parameter, _told(parameter, values[parameter.name], usual.get(parameter.name)))
        for parameter in script.asked
        if parameter.name in values
    ]
    ordered = sorted(told, key=lambda each: (each[1].is_usual, not isinstance(each[0], Input)))
    return tuple(value for _, value in ordered)


def in_words(parameter: AnyParameter, value: str) -> str:
    """A checked value as the form shows it, not escaped: ``Yes``, ``Fast (fast)``, ``a.csv, b.csv``."""
    return ", ".join(_items(parameter, value))


def _told(parameter: AnyParameter, value: str, usual: str | None) -> ToldValue:
    is_usual = value == usual or (usual is None and not parameter.is_given(value))
    return ToldValue(label=parameter.label, text=clipped(in_words(parameter, value), _LENGTH), is_usual=is_usual)


def _items(parameter: AnyParameter, value: str) -> Iterator[str]:
    if isinstance(parameter, Boolean):
        yield "Yes" if value == "true" else "No"
        return
    labels = _labels(parameter)
    for item in parameter.items(value):
        label = labels.get(item, item)
        if isinstance(parameter, Input):
            yield item.removeprefix("~/")
        else:
            yield item if label == item else f"{label} ({item})"


def _labels(parameter: AnyParameter) -> Mapping[str, str]:
    found = parameter.choices if isinstance(parameter, Choice) else getattr(parameter, "suggestions", None)
    return found or {}
