# SPDX-License-Identifier: MIT
#
# Contests as tables of HTML, one a capture.

FNR == 1 { csv_head($0); next }
csv_row($0) {
    if (value["capture"] != capture) begin_table()
    printf "<tr%s><td>%s</td>", value["name"] ~ /^weir/ ? " class=\"weir\"" : "", name_of(value["name"])
    cell(figure("cpu_time", 1, "%.0f"))
    cell(number("cpu_time") ? more() sprintf("%.2f", number("cpu_time") / floor) : "")
    cell(figure("over_floor_time", 1, "%.0f"))
    cell(figure("rss_peak_bytes", 1e6, "%.1f"))
    cell(figure("rss_anon_end_bytes", 1e6, "%.1f"))
    printf "<td class=\"%s\">%s</td></tr>\n", value["right"] == "false" ? "wrong" : "right", html(value["verdict"])
}
END { if (capture != "") print "</table></div>" }

# Another way to run the program above is set in, and has its version.
function name_of(name) {
    if (name !~ /, /) return html(name) " <small>" html(value["version"]) "</small>"
    sub(/[^,]*, /, "", name)
    return "&emsp;" html(name)
}

function begin_table() {
    if (capture != "") print "</table></div>"
    capture = value["capture"]
    floor = number("cpu_time")
    printf "<div class=\"wide\"><table>\n<caption>%s, scale %s: %d packets</caption>\n", html(capture), value["scale"], \
        number("packets")
    print "<tr><th>program</th><th>CPU, ns</th><th>x floor</th><th>over floor, ns</th><th>peak, MB</th><th>at end, MB</th><th>bytes</th></tr>"
}

function figure(name, unit, format) { return value[name] == "" ? "" : more() sprintf(format, number(name) / unit) }

# What was killed would have taken more.
function more() { return value["outcome"] ~ /^killed/ ? "&gt; " : "" }
function cell(text) { printf "<td>%s</td>", text }

function html(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
}
