"""/runscript and /jobs as people use them beyond the straight way: mistakes, cancelling, repeating, other people."""

from pathlib import Path

import pytest

from tests.support.machine.installation import Form, Installation, preformatted, texts
from tests.support.slack.person import EXTERNAL, GENERAL, GUEST, NO_EMAIL, UNCONFIRMED, Json, Person, wait_for


def last_seen(person: Person, text: str) -> Json:
    """The newest message in the channel that only this person sees, waited for."""

    def found() -> Json | None:
        return next((one for one in reversed(person.messages(GENERAL)) if text in texts(one)), None)

    message = wait_for(found, what=f"a message with {text!r}")
    assert message
    return message


def press(person: Person, message: Json, words: str, channel: str | None = GENERAL) -> Json:
    """Press the first button with these words; of one that goes with its job as it is by then."""
    if channel is not None:
        return _pressed(person, message, words, channel)

    def pressed() -> Json | None:
        now = next(one for one in person.dm() if one["ts"] == message["ts"])
        answer = _pressed(person, now, words, None)
        return answer if answer["ok"] else None  # it was drawn anew in between

    answer: Json = wait_for(pressed, what=f"{words} pressed")
    return answer


def _pressed(person: Person, message: Json, words: str, channel: str | None) -> Json:
    for block in message["blocks"]:
        for element in [*block.get("elements", []), block.get("accessory")]:
            if element and element.get("type") == "button" and element["text"]["text"] == words:
                return person.press(person.in_message(message, channel), block["block_id"], element["action_id"])
    raise AssertionError(f"no button {words!r} in {texts(message)}")


def test_every_problem_stands_under_its_field(maria: Person) -> None:
    form = Form(maria, "text/concordance.awk").choose("Text", "alice").fill("Word", "two words").fill("Result", "a/b")

    problems = form.refused()

    assert problems.keys() == {"Word", "Result"}
    assert "two words" in problems["Word"]
    assert "no path" in problems["Result"]


def test_form_of_another_script_keeps_what_was_typed(maria: Person) -> None:
    form = Form(maria, "text/word_count.py").choose("Text", "alice").fill("Result", "mine.txt")

    maria.fill("script", "runscript.choose", offered(maria, "Concordance"))

    wait_for(lambda: "Word" in form.fields(), what="the other form")
    values = {label: state_of(maria, block) for label, block in form.fields().items()}
    assert values["Result"]["value"] == "mine.txt"
    assert values["Text"]["selected_option"]["value"] == "alice-in-wonderland.txt"


def test_form_of_another_script_starts_with_its_own_defaults(maria: Person) -> None:
    form = Form(maria, "text/word_count.py")

    maria.fill("script", "runscript.choose", offered(maria, "Concordance"))

    wait_for(lambda: "Word" in form.fields(), what="the other form")
    assert state_of(maria, form.field("Result"))["value"] == "concordance.txt"
    assert state_of(maria, form.fields()["Ignore upper and lower case"])["selected_options"]


def offered(person: Person, title: str) -> str:
    groups = person.options("script", "runscript.choose", title)["option_groups"]
    return str(next(option["value"] for group in groups for option in group["options"]))


def state_of(person: Person, block: Json) -> Json:
    state: Json = person.values()[block["block_id"]][block["element"]["action_id"]]
    return state


def test_scripts_are_offered_by_folder_with_their_descriptions(maria: Person) -> None:
    maria.command("/runscript")
    maria.top_view()

    groups = maria.options("script", "runscript.choose", "")["option_groups"]

    known = ["You use these", "files", "Meetings", "numbers", "tables", "text", "Trying out", "Web server"]
    offered = [group["label"]["text"] for group in groups]
    assert offered == [each for each in known if each in offered]
    assert {"files", "text", "Web server"} <= set(offered)
    described = {
        option["text"]["text"]: option["description"]["text"]
        for group in groups
        for option in group["options"]
        if "description" in option
    }
    assert described["Word count"].startswith("Lists the words of a text")
    assert "Sign files" not in {option["text"]["text"] for group in groups for option in group["options"]}, "hidden"


def test_form_waits_for_a_choice_before_it_goes_on(maria: Person) -> None:
    maria.command("/runscript")
    maria.top_view()

    assert maria.submit()["errors"] == {"script": "Please complete this required field."}


def test_unknown_name_is_answered_with_a_search_that_found_the_nearest(maria: Person) -> None:
    maria.command("/runscript wordcuont")

    assert "text/word_count.py" in texts(maria.top_view())


def test_help_explains_both_commands(maria: Person) -> None:
    maria.command("/runscript help")
    maria.command("/jobs help")

    last_seen(maria, "/runscript NAME")
    last_seen(maria, "/jobs 12")


def test_running_job_is_cancelled_with_all_that_it_started(installation: Installation, maria: Person) -> None:
    job = Form(maria, "fail_on_request").fill("Seconds to wait", "300").submit()
    started = maria.own_message(job)
    wait_for(lambda: of_job(installation, job), what="processes of the job")

    press(maria, started, "Cancel", channel=None)

    ended = maria.wait_for_dm(f"Job {job} cancelled", 30, is_broadcast=True)
    assert "Cancelled by Maria Keller" in texts(ended)
    wait_for(lambda: not of_job(installation, job), what="nothing of the job runs on")


def test_what_a_message_about_a_running_job_offered_goes_when_the_job_has_ended(maria: Person) -> None:
    job = Form(maria, "fail_on_request").fill("Seconds to wait", "300").submit()
    started = maria.own_message(job)
    assert "Cancel" in texts(started["blocks"])
    press(maria, started, "Cancel", channel=None)
    maria.wait_for_dm(f"Job {job} cancelled", 30)

    def now() -> Json:
        return next(one for one in maria.dm() if one["ts"] == started["ts"])

    wait_for(lambda: f"Job {job} cancelled" in now()["text"], 20, what="the end shown")
    assert "Cancel job" not in texts(now()["blocks"])


def of_job(installation: Installation, job: int) -> list[int]:
    """The processes whose working directory is the job's folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            folder = (process / "cwd").readlink() if process.name.isdigit() else Path()
            if folder.is_relative_to(installation.folder) and folder.match(f"outbox/{job}"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_queued_job_is_cancelled_before_it_starts(installation: Installation, maria: Person) -> None:
    running = [Form(maria, "fail_on_request").fill("Seconds to wait", "300").submit() for _ in range(2)]
    waiting = Form(maria, "fail_on_request").submit()
    maria.command(f"/jobs {waiting}")
    details = last_seen(maria, f"Job {waiting}:")
    assert "Place in the queue" in texts(details)

    press(maria, details, "Cancel")

    maria.wait_for_dm(f"Job {waiting} cancelled")
    assert not [one for one in maria.dm() if f"Job {waiting} started" in one["text"]]
    for job in running:
        press(maria, maria.own_message(job), "Cancel", channel=None)
        maria.wait_for_dm(f"Job {job} cancelled", 30)


def test_job_is_run_again_with_the_same_values(maria: Person) -> None:
    first = Form(maria, "pi_digits").fill("Decimal places", "77").submit()

    press(maria, maria.wait_for_dm(f"Job {first} succeeded", is_broadcast=True), "Run again", channel=None)
    assert "Decimal places: 77" in texts(maria.top_view(callback_id="runscript.review")).replace("\n", "")
    assert maria.submit()["ok"]

    second = first + 1
    maria.wait_for_dm(f"Job {second} succeeded", is_broadcast=True)
    maria.command(f"/jobs {second}")
    assert "77" in texts(last_seen(maria, f"Job {second}:"))


def test_job_is_edited_and_run_again(maria: Person) -> None:
    first = Form(maria, "pi_digits").fill("Decimal places", "77").submit()
    press(maria, maria.wait_for_dm(f"Job {first} succeeded", is_broadcast=True), "Edit and run again", channel=None)
    form = Form(maria)
    assert form.content("Decimal places") == "77"

    second = form.fill("Decimal places", "78").submit()

    maria.wait_for_dm(f"Job {second} succeeded", is_broadcast=True)
    maria.command(f"/jobs {second}")
    assert "78" in texts(last_seen(maria, f"Job {second}:"))


def test_list_has_pages_and_shows_mine_or_all(maria: Person, tom: Person) -> None:
    for person in (*[maria] * 9, tom):
        job = Form(person, "pi_digits").fill("Decimal places", "1").submit()
        person.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)

    maria.command("/jobs")
    mine = last_seen(maria, "Your jobs")
    assert "1 to 8 of" in texts(mine)
    assert "<!date^" in texts(mine)
    assert "tom" not in texts(mine)

    press(maria, mine, "Older ▶")
    older = last_seen(maria, "9 to ")
    press(maria, older, "All")
    assert "tom" in texts(last_seen(maria, "All jobs")).lower()


def test_details_show_values_log_results_and_command(maria: Person) -> None:
    job = Form(maria, "text/word_count.py").choose("Text", "alice").fill("How many words", "3").submit()
    ended = maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)

    maria.command(f"/jobs {job}")

    shown = texts(last_seen(maria, f"Job {job}:"))
    for what in ("alice-in-wonderland.txt", "listed the 3 most frequent", "words.tsv", *preformatted(ended)[:2]):
        assert what in shown


def test_job_of_somebody_else_is_answered_like_one_that_is_not_there(maria: Person, tom: Person) -> None:
    job = Form(maria, "pi_digits").fill("Decimal places", "1").submit()
    maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)

    tom.command(f"/jobs {job}")
    tom.command("/jobs 999999")

    theirs = last_seen(tom, f"job {job} ")["text"]
    assert theirs.replace(str(job), "999999") == last_seen(tom, "999999")["text"]


def test_password_of_one_job_opens_no_other(installation: Installation, maria: Person) -> None:
    jobs = [Form(maria, "pi_digits").fill("Decimal places", "1").submit() for _ in range(2)]
    (first, _), (_, other) = [
        preformatted(maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True))[:2] for job in jobs
    ]

    refused = installation.scp(first, other, "-o NumberOfPasswordPrompts=1")

    assert refused.returncode != 0
    assert not list(installation.fetched.iterdir())


@pytest.mark.parametrize("option", ["", "-O"])
def test_file_brought_by_scp_can_be_chosen_by_its_owner_only(
    installation: Installation, maria: Person, tom: Person, option: str
) -> None:
    form = Form(maria, "files/compress.py")
    command, password = preformatted(maria.top_view())
    mine = installation.folder / f"mine {option}.txt"
    mine.write_text("only Maria's")

    brought = installation.scp(command.replace("FILE", f"'{mine}'"), password, option)

    assert brought.returncode == 0, brought.stderr
    form.choose("File", mine.name)
    block = Form(tom, "files/compress.py").fields()["File"]
    assert tom.options(block["block_id"], "input", mine.name)["options"] == []
    job = form.submit()
    maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)


@pytest.mark.parametrize(
    ("user_id", "reason"),
    [(GUEST, "Guests"), (NO_EMAIL, "e-mail address"), (UNCONFIRMED, "not confirmed")],
)
def test_people_who_may_not_are_told_why(installation: Installation, user_id: str, reason: str) -> None:
    person = installation.person(user_id)

    person.command("/runscript")

    last_seen(person, reason)
    assert not person.views()


def test_home_tab_lists_jobs_and_opens_the_form(maria: Person) -> None:
    job = Form(maria, "pi_digits").fill("Decimal places", "1").submit()
    maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)
    maria.close(everything=True)
    maria.open_home()
    wait_for(lambda: maria.home() and str(job) in texts(maria.home()), what="the job at Home")

    def opened() -> bool:
        run = next(block for block in (maria.home() or {})["blocks"] if block["type"] == "actions")
        return bool(maria.press(maria.in_home(), run["block_id"], "runscript.open")["ok"])

    wait_for(opened, what="the form asked for, in a tab that may be drawn anew meanwhile")
    maria.top_view(callback_id="runscript.form")


def test_open_home_tab_follows_what_becomes_of_a_job(maria: Person) -> None:
    maria.open_home()
    wait_for(maria.home, what="a Home tab")

    job = Form(maria, "pi_digits").fill("Decimal places", "1").submit()

    wait_for(lambda: f"✅ {job} · " in texts(maria.home()), 30, what="the job's end at Home")


def test_everything_written_is_private(installation: Installation, maria: Person) -> None:
    job = Form(maria, "pi_digits").fill("Decimal places", "1").submit()
    maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True)

    written = (path for path in installation.data.rglob("*") if not path.is_symlink())
    open_to_others = [path for path in written if path.lstat().st_mode & 0o077]

    assert not open_to_others


def test_passwords_are_in_no_file_and_no_log(installation: Installation, maria: Person) -> None:
    job = Form(maria, "pi_digits").fill("Decimal places", "1").submit()
    password = preformatted(maria.wait_for_dm(f"Job {job} succeeded", is_broadcast=True))[1]

    wait_for(lambda: list(installation.data.glob(f"outbox/{job}/SHA256SUMS")), 30, what="nothing more to be written")
    written = [path for path in installation.data.rglob("*") if path.is_file() and not path.is_socket()]
    written.remove(installation.data / "workspace.json")  # the messages themselves, as Slack keeps them

    assert not [path for path in written if password.encode() in _content(path)]
    assert password not in installation.log


def _content(path: Path) -> bytes:
    """What is in a file; nothing where that was a draft, of another job's say, and is gone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def test_external_people_have_no_command(installation: Installation) -> None:
    assert installation.person(EXTERNAL).command("/runscript")["error"] == "unknown_command"
