"""All attacks, area by area."""

from tests.attack import files, floods, forms, requests, ssh

ATTACKS = [*forms.ATTACKS, *requests.ATTACKS, *ssh.ATTACKS, *files.ATTACKS, *floods.ATTACKS]
