# SPDX-License-Identifier: MIT
#
# How long single packets take, from the usual one to the rarest: a line a scenario for all runs, and one with each
# packet by the least of its runs, which leaves out what the machine does meanwhile. And the floor of the first, in every run.

FNR == 1 {
    csv_head($0)
    name = FILENAME
    sub(/.*latency_/, "", name)
    sub(/\.csv$/, "", name)
    names[++files] = name
    print (files > 1 ? "end\n" : "") "$" name " << end"
    next
}
csv_row($0) {
    print value["one_in"], value["all_ns"], value["least_ns"] == "" ? "nan" : value["least_ns"], value["floor_ns"] == "" ? "nan" : value["floor_ns"]
    if (number("one_in") > rarest) rarest = number("one_in")
}
END {
    print "end"
    title("How long a single packet takes, in a pool of 8 MiB")
    print "set datafile missing 'nan'"
    print "set logscale xy; set xlabel 'share of packets that take no longer' offset 0,0.3; set ylabel 'time of a packet' offset -0.5,0"
    print "set ytics ('10 ns' 10, '100 ns' 100, '1 µs' 1e3, '10 µs' 1e4, '100 µs' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8)"
    print "set xtics ('0' 1, '50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1e3, '99.99 %%' 1e4, '99.999 %%' 1e5, '99.9999 %%' 1e6, '99.99999 %%' 1e7)"
    printf "set xrange [1:%g]; set yrange [10:*]; set key at graph 0.02,0.98 left top Left reverse samplen 2.5\n", rarest * 1.1
    split("#0080C8 #D55E00 #009E73", colours, " ")
    printf "plot $%s using 1:4 with lines linewidth 1.2 linecolor rgb '#888888' title '%s: the floor, a bare loop that touches every byte', \\\n", names[1], names[1]
    for (i = 1; i <= files; i++) {
        printf "%s $%s using 1:2 with lines linewidth 1.2 dashtype (4, 2) linecolor rgb '%s' title '%s: every run, with the pauses of the machine', \\\n", \
            "   ", names[i], colours[i], names[i]
        printf "    $%s using 1:3 with lines linewidth 2.4 linecolor rgb '%s' title '%s: each packet by the least of 5 runs'%s\n", \
            names[i], colours[i], names[i], i < files ? ", \\" : ""
    }
}
