# SPDX-License-Identifier: MIT
#
# Memory over the time of the capture, a line a program; names stand where the lines end.
#
#      incident_peers.csv, incident_weir.csv (how long the capture is), incident.csv (the most, and right or wrong)
#
# Of the samples in each 300th of the capture the largest is drawn. What it had when all was read is a point.

FNR == 1 { csv_head($0); file++; next }
file == 1 && csv_row($0) && drawn(value["name"]) { keep(value["name"]) }
file == 2 && csv_row($0) {
    limit = number("limit_bytes")
    if (number("packets") > packets) { packets = number("packets"); seconds = number("packet_time_s") }
}
file == 3 && csv_row($0) && drawn(value["name"]) {
    name = value["name"]
    wrong[name] = value["right"] == "true" ? "" : value["verdict"]
    outcome[name] = value["outcome"]
    if (value["outcome"] == "not installed" && name !~ /, /) absent = absent (absent ? ", " : "") name
}

# Of those that are run in several ways: as they come, and with the limits that keep least.
function drawn(name) { return name != "floor" && (name !~ /, / || name ~ /flushed every 1 s/) }

function keep(name,    bin, now) {
    if (!(name in seen)) names[programs++] = name
    bin = number("capture_bytes") > 0 ? int(300 * number("read_bytes") / number("capture_bytes")) : 0
    now = number("rss_anon_bytes")
    if (now > at[name, bin]) at[name, bin] = now
    if (now > seen[name]) seen[name] = now
    last[name] = now
}

function print_samples(name,    bin) {
    print "$line_" order " << end"
    for (bin = 0; bin <= 300; bin++)
        if (at[name, bin] > 0) printf "%.4f %.4f\n", bin * seconds / 300, at[name, bin] / 1e6
    print "end"
    printf "$point_%d << end\n%.4f %.4f\nend\n", order, seconds * 1.02, last[name] / 1e6
}

function label_text(program,    name) {
    name = program
    sub(/, its limits,.*/, " with limits", program)
    return program said_of(name)
}

function said_of(name) {
    if (name == bound) return ": " limit / 1048576 " MiB"
    if (outcome[name] ~ /^killed/) return ": " outcome[name] " at " bytes(seen[name])
    return ": " bytes(seen[name]) (wrong[name] == "" ? "" : ", but " wrong[name])
}

# By where they end; then each at least `gap` above the one below.
function place_labels(    i, j, moved, gap) {
    gap = log10(span) * 16 / 420
    for (i = 1; i < programs; i++)
        for (j = i; j > 0 && last[names[j - 1]] > last[names[j]]; j--) {
            moved = names[j]; names[j] = names[j - 1]; names[j - 1] = moved
        }
    for (i = 0; i < programs; i++) {
        place[i] = log10(last[names[i]] / 1e6)
        if (i > 0 && place[i] < place[i - 1] + gap) place[i] = place[i - 1] + gap
    }
}

END {
    bound = "weir's limit"
    names[programs++] = bound
    last[bound] = limit
    lowest = 0.1; highest = limit / 1e6
    for (name in seen) if (seen[name] / 1e6 > highest) highest = seen[name] / 1e6
    highest *= 2
    span = highest / lowest
    place_labels()
    title("Memory over time where the capture lost one packet: one connection, 75 MB/s, " sprintf("%.3g s", seconds))
    print "set ytics ('0.1 MB' 0.1, '1 MB' 1, '10 MB' 10, '100 MB' 100, '1 GB' 1e3, '10 GB' 1e4)"
    print "set label 3 'the most that was seen of each' at graph 1.03,1.035 font ',12' textcolor rgb '#777777'"
    print "set logscale y; set rmargin at screen 0.63; set lmargin at screen 0.105"
    printf "set xrange [0:%.3f]; set yrange [%g:%g]\n", seconds * 1.04, lowest, highest
    print "set xlabel 'time of the capture (s), by how far each program has read' offset 0,0.3"
    print "set ylabel 'anonymous resident memory' offset -0.5,0; unset key"
    printf "set arrow 1 from 0,%g to %g,%g nohead linewidth 1 dashtype (6, 4) linecolor rgb '#777777'\n", limit / 1e6, \
        seconds, limit / 1e6
    if (absent) printf "set label 2 %s at graph 0.02,0.03 font ',12'\n", quoted("not installed: " absent)
    for (order = 0; order < programs; order++) {
        name = names[order]
        if (name != bound) print_samples(name)
        printf "set label %d %s at graph 1.03,first %g noenhanced font ',12' textcolor rgb '%s'\n", 10 + order, \
            quoted(label_text(name)), 10 ^ place[order], colour(name)
    }
    for (order = drawn_yet = 0; order < programs; order++) {
        name = names[order]
        if (name == bound) continue
        printf "%s $line_%d with lines linewidth %g %s linecolor rgb '%s', \\\n", drawn_yet++ ? "" : "plot", order, \
            name == "weir" ? 3 : 1.4, wrong[name] == "" ? "" : "dashtype (2, 3)", colour(name)
        printf "    $point_%d with points pointtype 7 pointsize 0.6 linecolor rgb '%s'%s\n", order, colour(name), \
            drawn_yet + 1 < programs ? ", \\" : ""
    }
}
