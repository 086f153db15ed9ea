"""Parameter types: what a script may ask for, how a raw value is checked and how it reaches the script."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from runner.scripts.parameters.amounts import Date, DateTime, Integer, Number, Time
from runner.scripts.parameters.choices import Boolean, Choice, User, refusal
from runner.scripts.parameters.files import Input, Output
from runner.scripts.parameters.listings import ChoicesFrom, variable
from runner.scripts.parameters.parameter import EMAIL, MAX_VALUE, Parameter, Several
from runner.scripts.parameters.texts import Email, Ip, Multiline, Suggesting, Text, Url, is_asked, is_secret

__all__ = [
    "EMAIL",
    "MAX_VALUE",
    "TYPES",
    "AnyParameter",
    "Boolean",
    "Choice",
    "ChoicesFrom",
    "Date",
    "DateTime",
    "Email",
    "Input",
    "Integer",
    "Ip",
    "Multiline",
    "Number",
    "Output",
    "Parameter",
    "Several",
    "Suggesting",
    "Text",
    "Time",
    "Url",
    "User",
    "is_asked",
    "is_secret",
    "options",
    "refusal",
    "starts",
    "texts",
    "variable",
]

AnyParameter = (
    Text
    | Multiline
    | Integer
    | Number
    | Boolean
    | Choice
    | Date
    | Time
    | DateTime
    | Email
    | Url
    | Ip
    | User
    | Input
    | Output
)

TYPES: Mapping[str, type[AnyParameter]] = MappingProxyType({kind.type: kind for kind in get_args(AnyParameter)})
