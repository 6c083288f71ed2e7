#!/bin/sh
# SPDX-License-Identifier: MIT
#
# doc/many.md: what it says to run is run, and what comes of all tasks together is what one run says.
set -u
: "${WEIR_BUILD:=build}"
export LC_ALL=C
top=$PWD
work=$WEIR_BUILD/check/many
for program in parallel jq python3; do
    command -v $program >/dev/null || { echo "$program is not installed"; exit 77; }
done
parallel --version 2>/dev/null | grep -q '^GNU parallel' || { echo "parallel is not GNU's"; exit 77; }
rm -rf "$work"
mkdir -p "$work/captures" || exit 1
PATH=$(cd "$WEIR_BUILD" && pwd):$PATH
export PATH

# The block of the document that has this line in it.
block() {
    awk -v line="$1" '
        /^```/ { inside = !inside; if (!inside && found) { printf "%s", text; exit } text = ""; found = 0; next }
        inside { text = text $0 "\n"; if ($0 == line) found = 1 }
    ' "$top/doc/many.md"
}

cd "$work" || exit 1
bad=0
complain() {
    echo "doc/many.md: $1"
    bad=1
}

# Lines without the number that a connection has in its engine, and their order.
plain() {
    grep -h '"type":"connection"' "$@" | sed 's/"id":[0-9]*,//' | sort
}

# A capture, rotated as tcpdump -C does, every other file packed.
weir-bench gen churn --scale 0.0002 -o whole.pcap 2>/dev/null || exit 1
python3 - <<'END' || exit 1
import gzip, struct
data, at, part = open("whole.pcap", "rb").read(), 24, 0
while at < len(data):
    begin = at
    while at < len(data) and at - begin < len(data) // 11:
        at += 16 + struct.unpack_from("=I", data, at + 8)[0]
    name = "captures/cap" + (str(part) if part else "")
    (gzip.open if part % 2 else open)(name, "wb").write(data[:24] + data[begin:at])
    part += 1
END
weir run -r whole.pcap --jsonl >whole.jsonl || exit 1

block '# one file, one task' >files.sh
[ -s files.sh ] || complain "has no block 'one file, one task'"
PARALLEL_HOME=$PWD sh files.sh || complain "one file, one task: exit $?"
for file in captures/*; do
    weir run -r "$file" --mem 64MiB --jsonl | cmp -s - "${file#captures/}.jsonl" || complain "$file: another outcome"
done

block '# shards' >shards.sh
PARALLEL_HOME=$PWD sh shards.sh || complain "shards: exit $?"
plain whole.jsonl >wanted
plain shard-*.jsonl | cmp - wanted || complain "the shards are not the whole"
[ "$(wc -l <wanted)" -gt 500 ] || complain "too few connections to tell"
[ "$(for f in shard-*.jsonl; do plain "$f" | head -n 1; done | wc -l)" -gt 4 ] || complain "the shards are empty"

block '# together' >together.sh
sh together.sh || complain "together: exit $?"
plain connections.jsonl | cmp - wanted || complain "connections.jsonl is not the whole"
jq -e --slurpfile whole whole.jsonl 'to_entries | length == 6 and
    all(.[]; . as $sum | $whole[-1][$sum.key] == $sum.value)' totals.json >/dev/null || complain "totals.json is not the whole"

block '# slurm' >slurm.sh
for task in 1 2 3 4 5 6 7 8; do
    SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=8 sh slurm.sh || complain "slurm: exit $?"
    cmp "slurm-$task.jsonl" "shard-$task.jsonl" || complain "slurm: another outcome"
done

{ block '# spark: the function'; block '# the hash'; cat <<'END'; } >spark.py
with open("spark.jsonl", "w") as out:
    for line in weir([["-r", "captures", "--shard", f"{k}/3"] for k in range(1, 4)]):
        print(line, file=out)
try:
    list(weir([["-r", "missing"]]))
    raise SystemExit("a task that fails is not told")
except RuntimeError:
    pass
END
[ "$(grep -cE '^(def weir|assert shard_hash)' spark.py)" = 3 ] || complain "has no Python"
python3 spark.py 2>/dev/null || complain "spark.py: exit $?"
plain spark.jsonl | cmp - wanted || complain "what Spark gets is not the whole"
exit $bad
