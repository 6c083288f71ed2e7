# SPDX-License-Identifier: MIT
#
# Cost of a packet, a group a scenario, a line a program. A bar begins at the floor, so that on the logarithmic axis its
# length is how many times the floor it is, whatever the scenario.
#
# Programs that are run in several ways are drawn in the first; all are in the table.

FNR == 1 { csv_head($0); next }
csv_row($0) && value["name"] !~ /, / && wanted(value["capture"]) {
    if (value["capture"] != scenario) begin_group()
    if (value["name"] == "floor") { floor = number("cpu_time"); next }
    add_program()
}

function wanted(capture) { return only == "" || index(" " only " ", " " capture " ") }

function begin_group() {
    scenario = value["capture"]
    row -= 1.1
    heads = heads sprintf("set label %d %s at graph 0,first %g offset -16.5,0 left font ',13' noenhanced\n", ++labels, \
        quoted("{/:Bold " scenario "}"), row)
    row--
}

function add_program(    ns, text, kind) {
    ns = number("cpu_time")
    kind = value["name"] == "weir" ? "weir" : value["right"] == "true" ? "right" : "wrong"
    tics = tics (tics ? ", " : "") quoted(value["name"]) " " row
    if (ns == 0) {
        text = value["outcome"] == "not installed" ? value["outcome"] : short(value["verdict"])
        ns = floor
        kind = "none"
    } else {
        text = duration(ns) sprintf(" · %.3g x", ns / floor) (kind == "wrong" ? " · " short(value["verdict"]) : "")
        if (value["outcome"] ~ /^killed/) text = "> " duration(ns) " · " short(value["verdict"])
        bars[kind] = bars[kind] sprintf("%g %g %g\n", row, floor, ns)
    }
    texts = texts sprintf("set label %d %s at %g,%g offset 0.9,0 font ',12' noenhanced\n", ++labels, quoted(text), \
        (ns > floor ? ns : floor), row)
    at[rows] = ns > floor ? ns : floor
    width[rows++] = length(text)
    if (!lowest || floor < lowest) lowest = floor
    row--
}

# How many powers of ten are wide enough for each bar and the text behind it, of 640 pixels and 6.3 a letter.
function decades(    i, needed, most) {
    for (i = 0; i < rows; i++) {
        needed = log10(at[i] / lowest) * 640 / (635 - 6.3 * width[i])
        if (needed > most) most = needed
    }
    return most
}

function short(text) {
    sub(/^failed: /, "", text)
    sub(/ \(longer than/, " (after", text)
    return length(text) > 44 ? substr(text, 1, 42) "..." : text
}

function data(name, text) { printf "$%s << end\n%send\n", name, text == "" ? "0 1 1\n" : text }

END {
    print "# height " int(-row * 16.5 + 150)
    title("CPU for a packet: whole programs that read a capture. A bar begins at the floor")
    data("weir", bars["weir"]); data("right", bars["right"]); data("wrong", bars["wrong"])
    gsub(/noenhanced/, "", heads)
    printf "%s%s", heads, texts
    print "set ytics (" tics ") font ',12' scale 0 noenhanced; unset grid; set grid xtics linewidth 0.5 linecolor rgb '#999999' dashtype (2, 4)"
    lowest *= 0.75
    printf "set logscale x; set xrange [%g:%g]; set yrange [%g:0]\n", lowest, lowest * 10 ^ decades(), row
    print "set xtics ('10 ns' 10, '100 ns' 100, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, '1 ms' 1e6)"
    print "set lmargin at screen 0.2; set xlabel 'user and system time of the whole process, by packets' offset 0,0.3; set border 1"
    print "set key at graph 1,1 right top samplen 1.5 font ',12'; set style fill solid noborder"
    print "bar = 0.28"
    print "plot $weir using 2:1:2:3:($1 - bar):($1 + bar) with boxxyerror linecolor rgb '#0080C8' title 'weir', \\"
    print "    $right using 2:1:2:3:($1 - bar):($1 + bar) with boxxyerror linecolor rgb '#888888' title 'others, right bytes', \\"
    print "    $wrong using 2:1:2:3:($1 - bar / 3):($1 + bar / 3) with boxxyerror linecolor rgb '#D55E00' title 'others: not right, or killed'"
}
