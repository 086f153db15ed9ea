"""What a form is drawn with besides its script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.slack.files import SlackFile
from bot.views.form import fields, upload_fields
from bot.views.form.elements import Brevity
from bot.views.form.fields import FieldContext, InboxChoices
from bot.views.form.sources import InputSource
from runner.jobs import Preset
from runner.messages.reader import Reader
from runner.scripts import Script
from runner.service import InboxFile, InboxUse, Outlook, UploadInstructions

_NOTHING_WAITS = Outlook(place=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the form tells besides its fields; ``initial`` is what they start with, ``failures`` lists that failed.

    ``defaults`` are what they start with for whoever has filled in nothing yet. The form was opened for files that lie
    in Slack, ``given``, or were ``brought`` to the inbox. With ``uploads`` an input's file may be uploaded;
    ``uploaded`` are those that are, and ``sources`` say where files are to come from, as far as that was asked.
    """

    inbox: InboxChoices
    reader: Reader
    upload: UploadInstructions
    inbox_use: InboxUse | None = None
    outlook: Outlook = _NOTHING_WAITS
    broken_count: int = 0
    initial: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    presets: Sequence[Preset] = ()
    is_favourite: bool = False
    failures: Mapping[str, str] = field(default_factory=dict)
    given: Sequence[SlackFile] = ()
    brought: Sequence[InboxFile] = ()
    uploaded: Mapping[str, Sequence[SlackFile]] = field(default_factory=dict)
    sources: Mapping[str, InputSource] = field(default_factory=dict)
    uploads: bool = True

    def around(self, brevity: Brevity) -> FieldContext:
        """What fields are drawn with."""
        return FieldContext(
            inbox=self.inbox,
            people=self.people,
            given=[upload_fields.listed(file) for file in self.given],
            brevity=brevity,
        )

    def starting(self, script: Script) -> dict[str, str]:
        """What the fields start with, of what they are to start with."""
        around = self.around(Brevity.FULL)
        found = {each.name: fields.start(each, self.initial.get(each.name), around) for each in script.asked}
        return {name: value for name, value in found.items() if value is not None}
