# The same lines as curves: above, bytes on the wire over bytes of the file,
# below, seconds to the last; over the number of machines, a column for each
# loss, both scales logarithmic.  It shows the cells of one link and one file:
# the largest, and of the limited links the one with most cells.  Muster's
# curves are thick; a hollow dot has not served all machines; what is not
# between one and four times the file is drawn at the edge.
BEGIN {
	FS = "\t"
	width = 300
	height = 240
	left = 60
	top = 60
	gap = 30
	split("#0072b2 #d55e00 #009e73 #cc79a7 #000000 #e69f00 #56b4e9 " \
		"#8c6d31 #7b7b7b #c7362f", color, " ")
}

/^# / { fact[substr($1, 3)] = $2; next }
$2 == "ping" || $4 <= 4096 { next }

{
	line[++lines] = $0
	if ($4 > bytes)
		bytes = $4
}

function choose(    i, part, seen)
{
	rate = "none"
	for (i = 1; i <= lines; i++) {
		split(line[i], part, FS)
		if (part[4] == bytes && part[3] != "none" && \
			++seen[part[3]] > seen[rate])
			rate = part[3]
	}
}

function note(loss, tool, machines, served, wire, time, limit,    i)
{
	loss += 0
	if (!(loss in column)) {
		for (i = ++columns; i > 1 && loss_of[i - 1] > loss; i--) {
			loss_of[i] = loss_of[i - 1]
			column[loss_of[i]] = i
		}
		loss_of[i] = loss
		column[loss] = i
	}
	if (!(tool in curve)) {
		curve[tool] = ++curves
		tool_of[curves] = tool
	}
	if (!(machines in dots)) {
		dots[machines] = 1
		for (i = ++sizes; i > 1 && size_of[i - 1] > machines; i--)
			size_of[i] = size_of[i - 1]
		size_of[i] = machines
	}
	i = loss FS curve[tool] FS machines
	is_full[i] = served == machines
	value["wire", i] = wire
	value["time", i] = is_full[i] ? time : limit
	stretch("time", value["time", i])
}

function stretch(what, x)
{
	if (x > 0 && (!(what in low) || x < low[what]))
		low[what] = x
	if (x > high[what])
		high[what] = x
}

function gather(    i, p)
{
	for (i = 1; i <= lines; i++) {
		split(line[i], p, FS)
		if (p[3] == rate && p[4] == bytes)
			note(p[2], p[5], p[1] + 0, p[7] + 0, p[10] / p[4],
				p[9], p[16])
	}
}

function x_at(c, machines,    i)
{
	for (i = 1; size_of[i] != machines; i++)
		;
	return left + (c - 1) * (width + gap) + \
		(sizes > 1 ? 20 + (i - 1) * (width - 40) / (sizes - 1) : width / 2)
}

function y_at(row, what, x,    share)
{
	if (x < low[what])
		x = low[what]
	if (x > high[what])
		x = high[what]
	share = log(x / low[what]) / log(high[what] / low[what])
	return top + (row - 1) * (height + 70) + height * (1 - share)
}

function scale(row, what, marks, c,    i, n, x, y)
{
	n = split(marks, x, " ")
	for (i = 1; i <= n; i++) {
		if (x[i] < low[what] || x[i] > high[what])
			continue
		y = y_at(row, what, x[i])
		printf "<path class=\"grid\" d=\"M%.1f %.1fh%d\"/>\n",
			left + (c - 1) * (width + gap), y, width
		if (c == 1)
			printf "<text class=\"scale\" x=\"%d\" y=\"%.1f\">" \
				"%s</text>\n", left - 6, y + 4, x[i]
	}
}

function frame(row, c, title,    i, y)
{
	y = top + (row - 1) * (height + 70)
	printf "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\"" \
		" height=\"%d\"/>\n<text x=\"%d\" y=\"%d\">%s</text>\n",
		left + (c - 1) * (width + gap), y, width, height,
		left + (c - 1) * (width + gap), y - 8, title
	for (i = 1; i <= sizes; i++)
		printf "<text class=\"middle\" x=\"%.1f\" y=\"%d\">%d</text>\n",
			x_at(c, size_of[i]), y + height + 16, size_of[i]
}

function draw_curve(row, what, c, t,    i, key, path, x, y, ours)
{
	ours = tool_of[t] ~ /^muster/
	for (i = 1; i <= sizes; i++) {
		key = loss_of[c] FS t FS size_of[i]
		if (!((what, key) in value) || value[what, key] <= 0)
			continue
		x = x_at(c, size_of[i])
		y = y_at(row, what, value[what, key])
		path = path (path == "" ? "M" : "L") \
			sprintf("%.1f %.1f", x, y)
		printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" stroke=\"%s\"" \
			" fill=\"%s\"/>\n", x, y, ours ? 4 : 3, color[t],
			is_full[key] ? color[t] : "#fff"
	}
	if (path != "")
		printf "<path fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"" \
			" d=\"%s\"/>\n", color[t], ours ? 3 : 1.3, path
}

function panel(row, what, marks, c, title,    t)
{
	frame(row, c, title)
	scale(row, what, marks, c)
	for (t = 1; t <= curves; t++)
		draw_curve(row, what, c, t)
}

function legend(    t, x)
{
	x = left + columns * (width + gap)
	for (t = 1; t <= curves; t++)
		printf "<path stroke=\"%s\" stroke-width=\"%s\" d=\"M%d %dh24\"/>" \
			"<text x=\"%d\" y=\"%d\">%s</text>\n", color[t],
			tool_of[t] ~ /^muster/ ? 3 : 1.3, x, top + 20 * t - 4,
			x + 32, top + 20 * t, tool_of[t]
}

END {
	choose()
	gather()
	if (!curves)
		exit 1
	low["wire"] = 0.98
	high["wire"] = 4
	low["time"] *= 0.9
	high["time"] *= 1.1
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\"" \
		" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n",
		left + columns * (width + gap) + 150, top + 2 * (height + 70)
	print "<style>.grid{stroke:#ddd}.frame{fill:none;stroke:#999}" \
		".scale{text-anchor:end}.middle{text-anchor:middle}</style>"
	print "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
	printf "<text x=\"%d\" y=\"14\">%g MiB to a fleet, link %s; %s; " \
		"%s%s</text>\n", 10, bytes / 1048576,
		(rate == "none" ? "unlimited" : rate), fact["date"] " UTC",
		fact["machine"],
		(fact["load"] > 1 ? "; preliminary, load " fact["load"] : "")
	for (c = 1; c <= columns; c++) {
		panel(1, "wire", "1 1.1 1.2 1.5 2 3 4", c,
			"bytes sent / bytes of the file, loss " loss_of[c] " %")
		panel(2, "time", "0.1 0.2 0.5 1 2 5 10 20 50 100", c,
			"seconds to the last, loss " loss_of[c] " %")
	}
	legend()
	print "</svg>"
}
