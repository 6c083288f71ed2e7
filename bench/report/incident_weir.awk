# SPDX-License-Identifier: MIT
#
# The library alone in the incident, by the time of its packets: ledger, held, resident set. Time is on a logarithmic
# axis, because all of it happens in the first tenths of a second.

FNR == 1 { csv_head($0); next }
csv_row($0) && number("packet_time_s") > 0.0005 {
    limit = number("limit_bytes")
    line[rows++] = sprintf("%.6f %.4f %.4f %.4f", value["packet_time_s"], value["ledger_bytes"] / 1e6, \
        value["held_bytes"] / 1e6, value["rss_anon_bytes"] / 1e6)
    if (number("rss_anon_bytes") > most) most = number("rss_anon_bytes")
    if (number("ledger_bytes") > most) most = number("ledger_bytes")
    last = number("packet_time_s")
}
END {
    print "$line << end"
    for (i = 0; i < rows; i++) print line[i]
    print "end"
    title("The same incident, weir alone: what waits behind the hole, and what that takes")
    print "set logscale x; set format x '%g'; set xlabel 'time of the packets (s)' offset 0,0.3; set ylabel 'MB' offset 0.5,0"
    printf "set xrange [0.001:%g]; set yrange [0:%g]\n", last * 1.1, most / 1e6 * 1.25
    printf "set label 1 %s at graph 0.02,0.70 left font ',12' textcolor rgb '#777777'\n", \
        quoted("limit: " limit / 1048576 " MiB, " figures(limit / most) " times the most that is seen here")
    print "set key at graph 0.02,0.98 left top Left reverse samplen 2"
    print "plot $line using 1:4 with steps linewidth 1.6 linecolor rgb '#D55E00' title 'anonymous resident set of the process', \\"
    print "    $line using 1:2 with steps linewidth 2.2 linecolor rgb '#0080C8' title 'ledger: all that weir has committed', \\"
    print "    $line using 1:3 with steps linewidth 1.6 linecolor rgb '#009E73' title 'held: bytes behind the hole'"
}
