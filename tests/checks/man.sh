#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The manual pages say what the programs say: each option of --help is in its page, with its argument and its default,
# and no other is; each key of the JSON lines is; weir(3) names each function of the library. mandoc has nothing to warn of.
set -u
: "${WEIR_BUILD:=build}"
export LC_ALL=C
work=$WEIR_BUILD/check/man
rm -rf "$work" && mkdir -p "$work" || exit 1
bad=0
fail() {
    echo "$*"
    bad=1
}

# same PAGE WHAT: $work/said and $work/page have the same lines.
same() {
    sort "$work/said" >"$work/a"
    sort "$work/page" >"$work/b"
    [ -s "$work/a" ] || fail "$1: the programs have no $2"
    comm -23 "$work/a" "$work/b" | sed "s|^|$1: lacks $2 |" >"$work/offences"
    comm -13 "$work/a" "$work/b" | sed "s|^|$1: not what the programs say, $2 |" >>"$work/offences"
    cat "$work/offences"
    [ -s "$work/offences" ] && bad=1
}

# Each option of a help text on standard input, a line each: name, argument, [default].
options_said() {
    awk '
        function tell() {
            standard = "none"
            if (match(text, /\[[^]]*\]/)) standard = substr(text, RSTART + 1, RLENGTH - 2)
            if (match(text, /\(default:? [^;)]*/)) {
                standard = substr(text, RSTART, RLENGTH)
                sub(/.default:? /, "", standard)
            }
            if (name != "") print name, argument, "[" standard "]"
            name = ""
        }
        /^  -/ {
            tell()
            head = substr($0, 3)
            text = ""
            if (match(head, /  +/)) { text = substr(head, RSTART); head = substr(head, 1, RSTART - 1) }
            split(head, words, " ")
            name = words[1]
            argument = words[2]
            gsub(/\047/, "", argument)
            next
        }
        /^   / { text = text " " $0; next }
        { tell() }
        END { tell() }' | sort -u
}

# Those of a page, from a .Ss on (of the whole, if it is ""), up to those that are for tests.
options_of_page() {
    awk -v section="$2" '
        function tell() { if (name != "") print name, argument, "[" standard "]"; name = "" }
        /^\.(It|El|S[sh])/ { tell() }
        /^\.Sh/ { here = 0 }
        /^\.Sh OPTIONS/ && section == "" { here = 1 }
        /^\.Ss/ { here = section == "" ? here && $0 != ".Ss For tests" : $2 == section }
        here && /^\.It Fl/ { name = "-" $3; argument = $5; standard = "none" }
        /^Default: / { standard = substr($0, 10); sub(/\.$/, "", standard) }' "$1" | sort -u
}

{
    "$WEIR_BUILD/weir" run --help && "$WEIR_BUILD/weir" cat --help
} | options_said >"$work/said"
options_of_page man/weir.1 "" >"$work/page"
same man/weir.1 option

# Keys of the JSON lines.
grep -oE 'add_[a-z]+\(&?line, KEY\("[a-z_0-9]+' tools/jsonl.c | sed 's/.*"//' | sort -u | grep -vx type >"$work/keys"
sed -n '/^\.Sh JSON LINES/,/^\.Sh SIG/p; /^\.It Pa streams/,/^\.El/p' man/weir.1 >"$work/text"
[ -s "$work/keys" ] || fail "tools/jsonl.c: no keys found"
for key in $(cat "$work/keys"); do
    grep -qE "^\.Va(.*[ ,])? *$key( |\$)" "$work/text" || fail "man/weir.1: lacks the key $key of the JSON lines"
done

"$WEIR_BUILD/weir-bench" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' >"$work/said"
sed -n 's/^\.Ss //p' man/weir-bench.1 >"$work/page"
same man/weir-bench.1 command
for command in $(cat "$work/said"); do
    "$WEIR_BUILD/weir-bench" "$command" --help | options_said >"$work/said"
    options_of_page man/weir-bench.1 "$command" >"$work/page"
    [ -s "$work/said" ] || [ -s "$work/page" ] || continue
    same man/weir-bench.1 "option of $command:"
done

# Inline ones besides are those of the headers.
grep -v '_init_sized$' src/exports.txt >"$work/said"
grep -E '^\.(It )?Fn' man/weir.3 | grep -oE 'weir_[a-z0-9_]+' | sort -u >"$work/named"
grep -xF -f "$work/said" "$work/named" >"$work/page"
same man/weir.3 function
for name in $(grep -vxF -f "$work/said" "$work/named"); do
    grep -q "static inline .* \**$name(" include/weir/*.h || fail "man/weir.3: there is no $name"
done

if ! command -v mandoc >/dev/null 2>&1; then
    [ $bad -eq 0 ] || exit 1
    echo "the pages say what the programs say; mandoc is not installed to read them (.ci/deps)"
    exit 77
fi
mandoc -T lint -W warning man/*.[1-8] || bad=1
exit $bad
