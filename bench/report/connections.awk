# SPDX-License-Identifier: MIT
#
# Cost against the number of connections, two panels: time of a packet while all of them talk, memory of each.

FNR == 1 { csv_head($0); next }
csv_row($0) && value["phase"] == "talking" && number("connections") > 0 {
    order = value["name"] ~ /^many-rr/ ? "rr" : "random"
    n = number("connections")
    line[order] = line[order] sprintf("%d %.2f %.2f %.2f %.2f\n", n, value["cpu_time"], value["floor_cpu_time"], \
        value["ledger_bytes"] / n, (value["rss_anon_bytes"] - value["rss_anon_base_bytes"]) / n)
    if (!least || n < least) least = n
    if (n > most) most = n
    if (number("cpu_time") > slowest) slowest = number("cpu_time")
    if (number("ledger_bytes") / n > largest) largest = number("ledger_bytes") / n
}
END {
    printf "$rr << end\n%send\n$random << end\n%send\n", line["rr"], line["random"]
    print "set multiplot"
    printf "set logscale x; set xrange [%g:%g]; set yrange [0:%g]\n", least * 0.9, most * 1.1, slowest * 1.7
    print "set xtics ('1,000' 1e3, '10,000' 1e4, '100,000' 1e5, '1 M' 1e6, '4 M' 4e6)"
    print "set tmargin at screen (1 - 44.0 / height); set bmargin at screen 0.575; set key at graph 0.02,0.98 left top Left reverse samplen 2.5"
    title("Cost against the number of open connections, which all talk: 200-byte messages")
    print "set ylabel 'CPU, ns a packet' offset 0.5,0"
    print "plot $random using 1:2 with linespoints pointtype 7 pointsize 0.6 linewidth 2 linecolor rgb '#0080C8' title 'in random order', \\"
    print "    $rr using 1:2 with linespoints pointtype 5 pointsize 0.6 linewidth 2 linecolor rgb '#D55E00' title 'round robin', \\"
    print "    $random using 1:3 with linespoints pointtype 6 pointsize 0.6 linewidth 1.2 linecolor rgb '#888888' title 'floor: decode and touch, no connections'"
    print "unset label 1001; unset label 1002; unset label 1000"
    print "set tmargin at screen 0.5; set bmargin at screen (92.0 / height); set key at graph 0.98,0.98 right top Right noreverse"
    printf "set yrange [0:%g]\n", largest * 1.25
    print "set ylabel 'bytes a connection' offset 0.5,0; set xlabel 'open connections' offset 0,0.3"
    print "plot $random using 1:4 with linespoints pointtype 7 pointsize 0.6 linewidth 2 linecolor rgb '#0080C8' title 'ledger, all included', \\"
    print "    $random using 1:5 with linespoints pointtype 6 pointsize 0.6 linewidth 1.4 linecolor rgb '#009E73' title 'resident set above the empty process'"
    print "unset multiplot"
}
