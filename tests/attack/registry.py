"""All attacks, area by area."""

from tests.attack import files, floods, forms, installation, requests, ssh

ATTACKS = [
    *forms.ATTACKS,
    *requests.ATTACKS,
    *ssh.ATTACKS,
    *files.ATTACKS,
    *installation.ATTACKS,
    *floods.ATTACKS,
]
