#!/usr/bin/awk -f
##~~ {title: Concordance, description: "Shows every place where a word occurs, with its context", timeout: 30m}
##~~ input {type: input, label: Text} - the text to look through
##~~ output {type: output, label: Result, default: concordance.txt} - one line for each place
##~~ word {type: text, label: Word, pattern: '[^\s]+', pattern_hint: one word without blanks, placeholder: rabbit} - as it
##~~   stands in the text
##~~ width {type: integer, label: Characters on each side, min: 10, max: 200, default: 40} - how much of the text
##~~   to show before and after the word
##~~ ignore_case {type: boolean, label: Ignore upper and lower case, default: true} - finds "Rabbit" and "rabbit";
##~~   letters outside a to z are always compared as they are

# Runs under mawk, which sees bytes, and gawk, which sees characters. The arguments are read here rather than
# with -v, because awk would take backslashes in -v values for escapes.
BEGIN {
    if (ARGC != 6) fail("usage: concordance.awk input output word width true|false")
    output = ARGV[2]; word = ARGV[3]; width = ARGV[4]; fold = ARGV[5]
    if (word == "" || word ~ /[ \t\r\n]/) fail("word must be one word without blanks, not \"" word "\"")
    if (width !~ /^[0-9]+$/ || width + 0 < 10 || width + 0 > 200)
        fail("width must be a whole number from 10 to 200, not \"" width "\"")
    if (fold != "true" && fold != "false") fail("ignore_case must be true or false, not \"" fold "\"")
    if ((getline line < ARGV[1]) < 0) fail("the input cannot be read: " ARGV[1])
    close(ARGV[1])
    ARGC = 2
    wanted = key(bare(word))
    if (wanted == "") fail("word must hold a letter or a digit, not only \"" word "\"")
    printf "" > output
}

index($0, "\000") { fail("the input is not a text: line " NR " holds a zero byte") }

{
    sub(/\r$/, "")
    gsub(/--+|—/, " & ")
    for (i = 1; i <= NF; i++) {
        total++
        text[total] = $i
        place[total] = NR
    }
}

END {
    if (failed) exit 1
    for (i = 1; i <= total; i++) {
        core = key(bare(text[i]))
        if (core != "") words++
        if (core != wanted) continue
        left = before(i)
        printf "%7d: %*s%s  %s  %s\n", place[i], width - characters(left), "", left, text[i], after(i) > output
        found++
    }
    print found + 0 " places among " words + 0 " words"
}

function fail(message) {
    print message > "/dev/stderr"
    failed = 1
    exit 1
}

# The word without the punctuation around it.
function bare(token) {
    gsub(/“|”|‘|’$|„|«|»|…|—|–/, "", token)
    gsub(/^[!-\/:-@\[-`{-~]+|[!-\/:-@\[-`{-~]+$/, "", token)
    return token
}

function key(token) {
    return fold == "true" ? tolower(token) : token
}

# Under mawk a UTF-8 letter has several bytes; only its first one counts towards the width of a column.
function characters(string) {
    # A string, not /…/: gawk would refuse this range in a UTF-8 locale, even where it is never used.
    if (length("é") == 2) gsub("[\200-\277]", "", string)
    return length(string)
}

function before(i,    side, wider) {
    while (--i > 0) {
        wider = side == "" ? text[i] : text[i] " " side
        if (characters(wider) > width) break
        side = wider
    }
    return side
}

function after(i,    side, wider) {
    while (++i <= total) {
        wider = side == "" ? text[i] : side " " text[i]
        if (characters(wider) > width) break
        side = wider
    }
    return side
}
