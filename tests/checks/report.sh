#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The report from measuring to page, on the least that can be measured, with the two programs that are always there: the
# tables have the columns that their heads name, weir is right, the pictures are drawn without a word of complaint, and
# the page needs no other file. Without gnuplot the pictures are skipped.
set -u
: "${WEIR_BUILD:=build}"
work=$WEIR_BUILD/check/report
report=bench/report

fail() {
    echo "$report: $1"
    exit 1
}

rm -rf "$work" && mkdir -p "$work/build/peers" || exit 1
for program in weir-bench peers/floor_pcap peers/peer_weir; do
    ln -s "$(realpath "$WEIR_BUILD/$program")" "$work/build/$program" || fail "there is no $WEIR_BUILD/$program"
done
$report/report -b "$work/build" -o "$work/out" -s tiny measure >"$work/measure.log" 2>&1 ||
    fail "measuring fails: $(tail -n 3 "$work/measure.log")"

for file in "$work"/out/data/*.csv; do
    awk "$(cat $report/csv.awk)"'
        FNR == 1 { csv_head($0); next }
        !csv_row($0) { print FILENAME ":" FNR ": not the columns of the head"; bad = 1 }
        END { if (FNR < 2) print FILENAME ": no rows"; exit bad || FNR < 2 }' "$file" || exit 1
done
awk "$(cat $report/csv.awk)"'
    FNR == 1 { csv_head($0); next }
    csv_row($0) && value["name"] == "weir" { rows++; right += value["right"] == "true" && number("cpu_time") > 0 }
    END { exit rows < 3 || right < rows }' "$work/out/data/cost.csv" "$work/out/data/incident.csv" ||
    fail "weir is not right everywhere"

if ! command -v gnuplot >/dev/null 2>&1; then
    echo "the data is good; gnuplot is not installed to draw it (.ci/deps report)"
    exit 77
fi
$report/report -b "$work/build" -o "$work/out" draw page >"$work/draw.log" 2>&1 ||
    fail "drawing fails: $(tail -n 3 "$work/draw.log")"
grep -v '^report: [a-z_]*\.svg, [a-z_]*\.png$' "$work/draw.log" && fail "gnuplot complains"
for picture in incident incident_weir cost cost_short latency connections; do
    [ -s "$work/out/$picture.svg" ] && [ -s "$work/out/$picture.png" ] || fail "there is no picture $picture"
done
page=$work/out/index.html
[ "$(grep -c '^<svg' "$page")" -eq 5 ] || fail "the page has not five pictures"
grep -nE '<(script|link|img)|src=|url\(|href=.https?:' "$page" && fail "the page needs other files"
ids=$(grep -oE " id=[\"'][^\"']*" "$page" | sort | uniq -d)
[ -z "$ids" ] || fail "names in the page that stand twice: $ids"
exit 0
