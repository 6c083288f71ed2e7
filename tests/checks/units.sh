#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The systemd units and the Kubernetes manifest in examples/: systemd finds nothing to say, the YAML is what it should
# be, CAP_NET_RAW is the only capability, the limits are as large as what runs inside them, and the options exist.
set -u
: "${WEIR_BUILD:=build}"
work=$WEIR_BUILD/check/units
mkdir -p "$work" || exit 1
bad=0
fail() {
    echo "$*"
    bad=1
}

# The value of KEY in a unit.
value() {
    sed -n "s/^$2=//p" "$1" | head -n 1
}

# An option of a command line, in MiB.
mib() {
    sed -n "s/.*$2 \([0-9]*\)MiB.*/\1/p" "$1" | tail -n 1
}

units="examples/systemd/weir.service examples/systemd/weir-agent.service"
for unit in $units; do
    [ "$(value "$unit" AmbientCapabilities)" = CAP_NET_RAW ] || fail "$unit: another ambient capability than CAP_NET_RAW"
    [ "$(value "$unit" CapabilityBoundingSet)" = CAP_NET_RAW ] || fail "$unit: another bounding set than CAP_NET_RAW"
    [ "$(value "$unit" DynamicUser)" = yes ] || fail "$unit: not with a user of its own"
    grep '^ExecStart' -A1 "$unit" >"$work/line"
    mem=$(mib "$work/line" --mem)
    ring=$(mib "$work/line" --ring)
    [ -n "$ring" ] || ring=$(mib "$work/line" --buffer-size)
    high=$(value "$unit" MemoryHigh)
    max=$(value "$unit" MemoryMax)
    [ "${high%M}" -gt $((mem + ring)) ] || fail "$unit: MemoryHigh $high is not above --mem and a ring, $((mem + ring))MiB"
    [ "${high%M}" -lt "${max%M}" ] || fail "$unit: MemoryHigh $high is not below MemoryMax $max"
    [ "${max%M}" -gt "$mem" ] || fail "$unit: MemoryMax $max is not above --mem ${mem}MiB"
    [ "${max%M}" -lt $((4 * mem)) ] || fail "$unit: MemoryMax $max is far above --mem ${mem}MiB"
done

if command -v systemd-analyze >/dev/null 2>&1; then
    for unit in $units; do
        # The programs are not installed here: something that is stands in for them.
        sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "$unit" >"$work/${unit##*/}"
        said=$(systemd-analyze verify --man=no "$work/${unit##*/}" 2>&1 | grep -F "${unit##*/}")
        [ -z "$said" ] || fail "$unit: $said"
    done
else
    echo "systemd-analyze is not installed: units are not verified"
fi

# Options are those of the programs that were built, and so is the version.
"$WEIR_BUILD/weir" run --help >"$work/help" 2>&1
has_options() { # PROGRAM, and the files that name its options
    for option in $(shift && cat "$@" | grep -v '^ *#' | grep -oE -e '--[a-z][a-z-]+'); do
        grep -qE -e "$option( |]|\$)" "$work/help" || fail "examples: $1 has no $option"
    done
}
has_options "weir run" examples/systemd/weir.service examples/kubernetes/weir.yaml
if [ -x "$WEIR_BUILD/examples/agent" ]; then
    "$WEIR_BUILD/examples/agent" >"$work/help" 2>&1
    has_options agent examples/systemd/weir-agent.service
fi
version=$("$WEIR_BUILD/weir" --version)
grep -q "image: .*/weir:${version#weir }\$" examples/kubernetes/weir.yaml ||
    fail "examples/kubernetes/weir.yaml: another version than ${version#weir }"

if python3 -c 'import yaml' 2>/dev/null; then
    python3 - <<'PY' || bad=1
import sys
import yaml

name = "examples/kubernetes/weir.yaml"
documents = list(yaml.safe_load_all(open(name)))
pod = documents[0]["spec"]["template"]["spec"]
container = pod["containers"][0]
security = container["securityContext"]
limits = container["resources"]["limits"]
volumes = {v["name"] for v in pod["volumes"]}
labels = documents[0]["spec"]["template"]["metadata"]["labels"]
wanted = [
    (len(documents) == 1 and documents[0]["kind"] == "DaemonSet", "one DaemonSet"),
    (documents[0]["spec"]["selector"]["matchLabels"].items() <= labels.items(), "a selector that its pods match"),
    (pod["hostNetwork"] is True, "hostNetwork"),
    (security["capabilities"] == {"drop": ["ALL"], "add": ["NET_RAW"]}, "NET_RAW and no other capability"),
    (security["allowPrivilegeEscalation"] is False and security["privileged"] is False, "no way to more privileges"),
    (security["readOnlyRootFilesystem"] is True, "a root it cannot write to"),
    (limits["memory"] == container["resources"]["requests"]["memory"], "the memory it may have requested"),
    ({m["name"] for m in container["volumeMounts"]} <= volumes, "volumes for its mounts"),
    (all(isinstance(word, str) for word in container["args"]), "arguments that are strings"),
]
for holds, what in wanted:
    if not holds:
        print(f"{name}: wants {what}")
sys.exit(0 if all(holds for holds, _ in wanted) else 1)
PY
else
    echo "python3 has no yaml: the manifest is not parsed"
fi
exit $bad
