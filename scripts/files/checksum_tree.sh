#!/bin/bash
##~~ {title: Checksums of an archive, description: "Unpacks a tar or zip archive and sums every file in it", timeout: 2h,
##~~   grace: 1m}
##~~ keep {type: boolean, flag: --keep, label: Keep the files, default: false} - the unpacked files are part of the result
##~~ limit {type: number, flag: --limit, label: Largest unpacked size in GB, min: 0.001, max: 500, default: 10} - a larger
##~~   archive is refused before anything is unpacked
##~~ input {type: input, label: Archive, accept: [.tar, .gz, .tgz, .bz2, .tbz2, .xz, .txz, .zip]} - tar (plain or packed with
##~~   gzip, bzip2 or xz) or zip
##~~ output {type: output, label: Result, default: checksums.txt} - one line for each file; sha256sum --check reads it
##~~ algorithm {type: choice, choices: [sha256, sha512, md5], default: sha256} - which checksum
set -euo pipefail
export LC_ALL=C

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# Tells ScriptRunner which step is at hand; the one before is done then.
step() {
    printf '{"scriptrunner": 1, "step": "%s"}\n' "$1"
}

keep=false
limit=10
while [[ ${1-} == --* ]]; do
    case $1 in
        --keep) keep=true ;;
        --limit=*) limit=${1#*=} ;;
        *) fail "option not understood: $1" ;;
    esac
    shift
done
[[ $# -eq 3 ]] || fail "usage: checksum_tree.sh [--keep] [--limit=GB] input output sha256|sha512|md5"
archive=$1 manifest=$2 algorithm=$3
limit_bytes=0
if [[ $limit =~ ^[+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$ ]]; then
    limit_bytes=$(awk -v gigabytes="$limit" 'BEGIN { printf "%.0f", gigabytes <= 500 ? gigabytes * 1e9 : 0 }')
fi
((limit_bytes > 0)) || fail "limit must be a number of gigabytes up to 500, not $limit"
case $algorithm in sha256 | sha512 | md5) ;; *) fail "algorithm must be sha256, sha512 or md5, not $algorithm" ;; esac
[[ -f $archive && -r $archive ]] || fail "the input cannot be read: $archive"
[[ -s $archive ]] || fail "the input is empty, not a tar or zip archive"

# Members must lie below the folder, and be files, folders or links; devices and pipes have no place in a result.
# Links are unpacked by tar after everything else, so that nothing can be written through them.
unpack_tar() {
    local names details bytes unpacker=""
    case $(od -An -tx1 -N6 -- "$archive" | tr -d ' \n') in
        425a68*) unpacker=bzip2 ;;
        fd377a585a00) unpacker=xz ;;
    esac
    [[ -z $unpacker ]] || command -v "$unpacker" >/dev/null ||
        fail "the archive is packed with $unpacker, which this machine does not have"
    names=$(tar --list --force-local --quoting-style=escape --file="$archive" 2>/dev/null) ||
        fail "the input is not a whole tar or zip archive"
    if grep -qE '^/|(^|/)\.\.(/|$)' <<<"$names"; then
        fail "the archive is refused: a member lies outside its folder"
    fi
    details=$(tar --list --verbose --numeric-owner --force-local --quoting-style=escape --file="$archive")
    if grep -q '^[bcp]' <<<"$details"; then
        fail "the archive is refused: it holds a device or a pipe"
    fi
    bytes=$(awk '{ sum += $3 } END { printf "%.0f", sum }' <<<"$details")
    ((bytes <= limit_bytes)) || fail "the archive is refused: unpacked it has $bytes bytes, more than $limit GB"
    tar --extract --force-local --no-same-owner --no-same-permissions --file="$archive" --directory="$tree"
}

unpack_zip() {
    python3 - "$archive" "$tree" "$limit_bytes" <<'PYTHON'
import sys, zipfile

archive, tree, limit_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            parts = member.filename.replace("\\", "/").split("/")
            if ".." in parts or parts[0] == "":
                sys.exit("the archive is refused: a member lies outside its folder")
            if member.flag_bits & 1:
                sys.exit("the archive is refused: it is locked with a password")
        total = sum(member.file_size for member in members.infolist())
        if total > limit_bytes:
            sys.exit(f"the archive is refused: unpacked it has {total} bytes, more than the limit")
        members.extractall(tree)
except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
    sys.exit(f"the input is not a whole zip archive: {error}")
PYTHON
}

printf '{"scriptrunner": 1, "steps": ["Unpack the archive", "Sum every file", "Count what was found"]}\n'
step "Unpack the archive"
tree=$(mktemp -d "$PWD/unpacked.XXXXXX")
trap 'chmod -R u+rwX -- "$tree" && rm -rf -- "$tree"' EXIT

if [[ $(head -c 2 -- "$archive" | od -An -c | tr -d ' ') == PK ]]; then
    unpack_zip
else
    unpack_tar
fi
chmod -R u+rwX,ug-s -- "$tree"

step "Sum every file"
(cd -- "$tree" && find . -type f -print0 | sort -z | xargs -0 -r -- "${algorithm}sum" --) >"$manifest"
files=$(wc -l <"$manifest")
step "Count what was found"
((files > 0)) || fail "the archive holds no files"
links=$(find "$tree" -type l -printf 'x' | wc -c)
printf '%d files, %d bytes' "$files" "$(find "$tree" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f", sum }')"
((links == 0)) || printf '; %d symbolic links were left out' "$links"
printf '\n%s over all: %s\n' "$algorithm" "$("${algorithm}sum" <"$manifest" | cut -d ' ' -f 1)"

if [[ $keep == true ]]; then
    trap - EXIT
    # mktemp closed the folder to everybody else; the umask decides again.
    chmod =rwx -- "$tree"
    printf 'the files are in %s\n' "$(basename -- "$tree")"
fi
