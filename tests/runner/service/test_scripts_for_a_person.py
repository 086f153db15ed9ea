"""What a person may not see is not there for them: whoever reads scripts asks the permissions first."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest

from runner.errors import UnknownScript
from runner.jobs import Requester
from runner.scripts import Catalogue, ChoiceLists, Script
from runner.scripts.parameters import Choice
from runner.service import AccessSettings, Permissions, QueueService, ScriptService

Make = Callable[..., Any]
LISTS = "#!/bin/sh\n##~~ {timeout: 1h}\n##~~ word {type: choice, choices_from: {file: ./words}} - one\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOnly(Permissions):
    """Everybody sees the scripts in the folder of their name, and no others."""

    def may_see_script(self, person: Requester, name: str) -> bool:
        return name.startswith(f"{person.name}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Scripts of two people, one of each broken, and what they may ask about them."""

    scripts: ScriptService
    queue: QueueService
    catalogue: Catalogue

    def of_bob(self) -> Script:
        """A script that was found before it was taken from Ada, or by somebody else."""
        return self.catalogue.script("Bob/good.sh", exactly=True)


@pytest.fixture
def place(tmp_path: Path, runner_factory: Make) -> Place:
    runner = runner_factory()
    folder = tmp_path / "of people"
    for name in ("Ada", "Bob"):
        (folder / name).mkdir(parents=True)
        (folder / name / "words").write_text("one\ntwo\n")
        for file, text in (("good.sh", LISTS), ("broken.sh", "#!/bin/sh\n##~~ word {typ: text} - one\n")):
            (folder / name / file).write_text(text)
            (folder / name / file).chmod(0o755)
    permissions = OwnOnly(access=AccessSettings(), jobs=runner.store.jobs)
    catalogue = Catalogue(folder)
    return Place(
        catalogue=catalogue,
        scripts=ScriptService(
            permissions=permissions,
            catalogue=catalogue,
            choice_lists=ChoiceLists(environment=()),
            presets=runner.store.presets,
        ),
        queue=QueueService(
            permissions=permissions,
            store=runner.store,
            limits=runner.config.jobs.limits,
            waiting_limits=runner.config.jobs.waiting_limits,
            time_limit=runner.config.jobs.timeout,
            clock=runner.clock,
            wake=lambda: None,
            is_runner_gone=lambda: False,
            holds_memory=lambda: True,
            disk=runner.config.disk,
        ),
    )


def test_lists_hold_what_the_person_may_see(place: Place, person_factory: Make) -> None:
    ada = person_factory("Ada")

    assert [script.name for script in place.scripts.listed(ada)] == ["Ada/good.sh"]
    assert [script.name for script in place.scripts.listed(ada, "good")] == ["Ada/good.sh"]
    assert [script.name for script in place.scripts.broken(ada)] == ["Ada/broken.sh"]
    assert place.scripts.listed(person_factory("Cem")) == ()


@pytest.mark.parametrize("name", ["Bob/good.sh", "bob/good", "Bob/broken.sh"])
@pytest.mark.parametrize("exactly", [True, False])
def test_what_others_have_is_told_as_what_is_not_there(
    place: Place, person_factory: Make, name: str, exactly: bool
) -> None:
    with pytest.raises(UnknownScript) as refused:
        place.scripts.find(person_factory("Ada"), name, exactly=exactly)
    with pytest.raises(UnknownScript) as absent:
        place.scripts.find(person_factory("Ada"), name.replace("ob/", "ox/"), exactly=exactly)

    assert "Bob/" not in str(refused.value).replace(name, "")
    assert str(refused.value).replace(name, "X") == str(absent.value).replace(name.replace("ob/", "ox/"), "X")


def test_part_of_a_name_means_what_the_person_may_see(place: Place, person_factory: Make) -> None:
    assert place.scripts.find(person_factory("Ada"), "good").name == "Ada/good.sh"
    assert place.scripts.find(person_factory("Bob"), "good").name == "Bob/good.sh"


ACTS: dict[str, Callable[[Place, Requester, Script], object]] = {
    "choices": lambda place, person, script: place.scripts.choices(person, script, choice(script), {}),
    "examined": lambda place, person, script: place.scripts.examined(person, script, {"word": "one"}),
    "presets": lambda place, person, script: place.scripts.presets(person, script),
    "forget": lambda place, person, script: place.scripts.forget_preset(person, script, "mine"),
    "outlook": lambda place, person, script: place.queue.outlook_for(person, script),
}


def choice(script: Script) -> Choice:
    (parameter,) = script.parameters
    assert isinstance(parameter, Choice)
    return parameter


@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_done_with_a_script_asks_again(place: Place, person_factory: Make, act: str) -> None:
    script = place.of_bob()

    ACTS[act](place, person_factory("Bob"), script)
    with pytest.raises(UnknownScript):
        ACTS[act](place, person_factory("Ada"), script)


def test_every_public_act_of_the_script_service_takes_the_person(place: Place) -> None:
    without = {"read_all", "digest"}  # read ahead for nobody; of a script that was found for somebody
    acts = {name: act for name, act in vars(ScriptService).items() if isfunction(act) and not name.startswith("_")}

    assert {name for name, act in acts.items() if "person" not in act.__code__.co_varnames[:2]} == without
