#!/bin/bash
##~~ {title: Fail on request, description: "Waits, and then succeeds or fails as told: to try the messages",
##~~   group: Trying out, timeout: 2h}
##~~ {retries: {times: 1, delay: 1m, on: [75]}, more_time: 2h}
##~~ fail {type: boolean, label: Fail at the end, default: true} - otherwise the script succeeds
##~~ exit_code {type: integer, label: Exit code, min: 1, max: 255, default: 3} - the code it fails with
##~~ seconds {type: integer, label: Seconds to wait, min: 0, max: 3600, default: 0} - time to cancel it or to restart things
##~~ message {type: text, label: Last words, required: false, omit: true} - printed as an error before the script fails
set -euo pipefail

refuse() {
    printf '%s\n' "$1" >&2
    exit 64
}

[[ $# -eq 3 || $# -eq 4 ]] || refuse "usage: fail_on_request.sh true|false exit_code seconds [message]"
[[ $1 == true || $1 == false ]] || refuse "fail must be true or false, not $1"
[[ $2 =~ ^[0-9]{1,3}$ ]] && ((10#$2 >= 1 && 10#$2 <= 255)) || refuse "exit_code must be a whole number from 1 to 255, not $2"
[[ $3 =~ ^[0-9]{1,4}$ ]] && ((10#$3 <= 3600)) || refuse "seconds must be a whole number from 0 to 3600, not $3"
seconds=$((10#$3))

for ((second = 1; second <= seconds; second++)); do
    sleep 1
    printf '%d%%\n' $((100 * second / seconds))
done

if [[ $1 == true ]]; then
    printf '%s\n' "${4:-failed as requested, with exit code $((10#$2))}" >&2
    exit $((10#$2))
fi
printf 'succeeded as requested\n'
