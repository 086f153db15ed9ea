from datetime import timedelta

import pytest
from pydantic import ValidationError

from runner.retrieval import RetrievalSettings


def test_the_defaults_serve_this_machine_only() -> None:
    settings = RetrievalSettings()
    assert (settings.host, settings.typed_port, settings.server) == ("127.0.0.1", 2022, True)


def test_the_machines_name_is_shown_where_others_can_connect() -> None:
    assert RetrievalSettings(listen="0.0.0.0").host == RetrievalSettings(server=False).host != "127.0.0.1"  # noqa: S104
    assert RetrievalSettings(server=False).typed_port == 22
    assert RetrievalSettings(listen="0.0.0.0", scp_host="big.example.org").host == "big.example.org"  # noqa: S104


def test_sizes_and_durations_are_read_as_people_write_them() -> None:
    settings = RetrievalSettings.model_validate({"max_upload_size": "1.5M", "upload_password_period": "12h"})
    assert settings.max_upload_size == 1_500_000
    assert settings.upload_password_period == timedelta(hours=12)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scp_host": "-oProxyCommand=id"},
        {"scp_host": "a b"},
        {"scp_host": "a\n"},
        {"scp_user": "-x"},
        {"scp_user": "a@b"},
        {"max_upload_size": "0"},
        {"max_upload_size": "-1"},
        {"max_upload_size": "2 apples"},
        {"port": 70000},
        {"max_connections": 0},
        {"prot": 22},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RetrievalSettings.model_validate(wrong)
