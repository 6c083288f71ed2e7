# SPDX-License-Identifier: MIT
#
# How each program looks in all pictures: colours that the colour-blind tell apart (Okabe and Ito), readable on white
# and on black, and figures in words.

BEGIN {
    FS = "\t"
    colour_of["weir"] = "#0080C8"
    colour_of["gopacket reassembly"] = "#D55E00"
    colour_of["gopacket tcpassembly"] = "#CC79A7"
    colour_of["tshark"] = "#009E73"
    colour_of["tcpflow"] = "#56B4E9"
    colour_of["libtins"] = "#B09000"
    colour_of["libnids"] = "#888888"
}

# Of a program that is run in another way, that of the program.
function colour(name) {
    sub(/, .*/, "", name)
    return name in colour_of ? colour_of[name] : "#888888"
}

function log10(x) { return log(x) / log(10) }

# Three figures: 7.29 GB, 45.2 MB, 812 kB.
function bytes(n) {
    if (n >= 1e9) return figures(n / 1e9) " GB"
    if (n >= 1e6) return figures(n / 1e6) " MB"
    return figures(n / 1e3) " kB"
}

function figures(x) { return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x) }

# Of nanoseconds: 482 ns, 13.9 µs, 7.10 ms.
function duration(ns) {
    if (ns >= 1e6) return figures(ns / 1e6) " ms"
    if (ns >= 1e4) return figures(ns / 1e3) " µs"
    return sprintf("%.0f ns", ns)
}

function title(text) {
    printf "set label 1000 %s at screen 0.012, screen (1 - 18.0 / height) font ',15'\n", quoted("{/:Bold " text "}")
}

# As a string of gnuplot's.
function quoted(text) {
    gsub(/[\\"]/, "\\\\&", text)
    return "\"" text "\""
}
