"""The scripts of the storm: short and long ones, some that fail, fork away, ignore TERM or outstay their time."""

BEGIN = '#!/bin/sh\necho "begin $SCRIPTRUNNER_JOB_ID" >> LEDGER && sync LEDGER\n'
END = 'echo "end $SCRIPTRUNNER_JOB_ID" >> LEDGER\n'
CHANNEL = "big-machine"
TELL = f"#!/bin/sh\n##~~ {{notify: {{channel: '#{CHANNEL}', on: [failed]}}}}\n"
PAUSE = "sleep 0.$((SCRIPTRUNNER_JOB_ID % 10))\n"

SCRIPTS = {
    "quick.sh": BEGIN + END,
    "write.sh": BEGIN + PAUSE + "seq 10000 > result\nseq 200\n" + END,
    "long.sh": BEGIN + "sleep 1\n" + PAUSE + END,
    "fail.sh": TELL + BEGIN.partition("\n")[2] + PAUSE + END + "exit 3\n",
    "fork.sh": BEGIN + "setsid sleep 600 &\n( setsid sh -c 'sleep 600; true' & )\n" + PAUSE + END,
    "stubborn.sh": BEGIN + "trap '' TERM\n" + PAUSE + PAUSE + END,
    "late.sh": "#!/bin/sh\n##~~ {timeout: 1s}\n" + BEGIN.partition("\n")[2] + "sleep 600\n",
    "endless.sh": BEGIN + "sleep 600\n",
}
"""By name; ``LEDGER`` stands for the ledger's path. Only ``endless.sh`` is there to be cancelled."""

OUTCOMES = dict.fromkeys(SCRIPTS, "succeeded") | {
    "fail.sh": "failed",
    "late.sh": "timed_out",
    "endless.sh": "cancelled",
}
"""How each ends where nobody interferes."""

WEIGHTS = {
    "quick.sh": 6,
    "write.sh": 6,
    "long.sh": 3,
    "fail.sh": 3,
    "fork.sh": 3,
    "stubborn.sh": 2,
    "late.sh": 1,
    "endless.sh": 1,
}
"""How often each is asked for."""
