# SPDX-License-Identifier: MIT
#
# The conditions of the first row, in one line.

FNR == 1 { csv_head($0); next }
FNR == 2 {
    csv_row($0)
    text = "weir " value["weir_version"] " (" value["commit"] ") · " value["cpu_model"] " · " value["compiler"]
    flags = value["flags"]
    if (match(flags, /-O[0-9sgfast]+/)) text = text " " substr(flags, RSTART, RLENGTH)
    split(value["kernel"], kernel, " ")
    print text " · " kernel[1] " " kernel[2] " · " substr(value["date"], 1, 10)
    exit
}
