"""The scripts of the installation that is attacked."""

SCRIPTS = {
    "greet.sh": "#!/bin/sh\n##~~ name {required: false} - whom to greet\necho hello | tee greeting.txt\n",
    "slow_pattern.sh": """#!/bin/sh
##~~ nested {label: nested, pattern: '(a+)+b', required: false} - a pattern that takes for ever in engines that go back
##~~ words {label: words, pattern: '([A-Za-z]+ ?)+', required: false} - another
echo taken
""",
    "echo_arguments.sh": """#!/bin/sh
##~~ said {label: said, type: multiline} - what is said
printf '%s' "$1" > said
""",
    "odd_results.sh": r"""#!/bin/bash
##~~ {title: Odd results}
set -e
touch -- '$(touch pwned)' "'; touch pwned; '" '-rf' $'new\nline' $'\u202egnp.exe' 'a b' '<!channel>'
ln -s /etc/passwd passwd
ln -s .. up
mkfifo pipe
echo right > right.txt
truncate -s 50M sparse
""",
    "wait.sh": "#!/bin/sh\necho begun > begun\nwhile [ ! -e go ]; do sleep 0.05; done\n",
    "open.sh": "#!/bin/sh\ntouch ran\n",
    "search.sh": """#!/bin/sh
##~~ start {label: start} - half of what is searched for, so that no command line has it
##~~ rest {label: rest} - the other half
echo "$1$2" > pattern
ls -d /proc/[0-9]* | wc -l > searched
grep -alsF -f pattern /proc/[0-9]*/environ /proc/[0-9]*/cmdline > found
[ $? != 0 ] || exit 1
""",
    "flood_log.sh": "#!/bin/sh\nyes 'a line that is said again and again' | head -c 200M\n",
    "many_files.sh": "#!/bin/sh\nmkdir many && cd many && seq 1 12000 | xargs touch\n",
}
