# SPDX-License-Identifier: MIT
#
# Contests as tables of HTML, one a capture.

FNR == 1 { csv_head($0); next }
csv_row($0) {
    if (value["capture"] != capture) begin_table()
    printf "<tr%s><td>%s %s</td>", value["name"] ~ /^weir/ ? " class=\"weir\"" : "", html(value["name"]), \
        html(value["version"])
    cell(figure("cpu_time", 1, "%.0f"))
    cell(number("cpu_time") ? sprintf("%.2f", number("cpu_time") / floor) : "")
    cell(figure("over_floor_time", 1, "%.0f"))
    cell(figure("rss_peak_bytes", 1e6, "%.1f"))
    cell(figure("rss_anon_end_bytes", 1e6, "%.1f"))
    printf "<td class=\"%s\">%s</td></tr>\n", value["right"] == "false" ? "wrong" : "right", html(value["verdict"])
}
END { if (capture != "") print "</table></div>" }

function begin_table() {
    if (capture != "") print "</table></div>"
    capture = value["capture"]
    floor = number("cpu_time")
    printf "<div class=\"wide\"><table>\n<caption>%s, scale %s: %d packets</caption>\n", html(capture), value["scale"], \
        number("packets")
    print "<tr><th>program</th><th>CPU, ns</th><th>x floor</th><th>over the floor, ns</th><th>peak, MB</th><th>at the end, MB</th><th>bytes</th></tr>"
}

function figure(name, unit, format) { return value[name] == "" ? "" : sprintf(format, number(name) / unit) }
function cell(text) { printf "<td>%s</td>", text }

function html(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
}
