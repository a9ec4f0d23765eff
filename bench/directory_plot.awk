# The same as curves over the number of machines in one domain, both scales
# logarithmic; a hollow dot is the largest number in 1,000 domains.  Muster's
# curves are thick.
BEGIN {
	FS = "\t"
	width = 300
	height = 240
	left = 70
	top = 60
	gap = 90
	split("#0072b2 #d55e00 #009e73 #cc79a7 #000000 #e69f00 #56b4e9", color,
		" ")
	split("by hardware address, random;by IP address, random;" \
		"by name, random;memory, resident;start;" \
		"edits in batches", panel, ";")
	panels = 6
}

/^# / { fact[substr($1, 3)] = $2; next }

{
	if (!($4 in curve)) {
		curve[$4] = ++curves
		who[curves] = $4
	}
	if (!($1 in seen)) {
		seen[$1] = 1
		size[++sizes] = $1 + 0
	}
	value[$3, $4, $1, $2] = $5 + 0
	unit[$3] = $6
	if (!($3 in low) || $5 < low[$3])
		low[$3] = $5 + 0
	if ($5 > high[$3])
		high[$3] = $5 + 0
}

function corner_x(p)
{
	return left + (p - 1) % 3 * (width + gap)
}

function corner_y(p)
{
	return top + int((p - 1) / 3) * (height + 70)
}

function x_at(p, machines,    share)
{
	share = sizes > 1 ? log(machines / size[1]) / log(size[sizes] / size[1]) \
		: 0.5
	return corner_x(p) + 20 + share * (width - 40)
}

function y_at(p, what, x)
{
	return corner_y(p) + \
		height * (1 - log(x / low[what]) / log(high[what] / low[what]))
}

# From a power of ten to another.
function widen(what,    ten)
{
	for (ten = 1e-6; ten * 10 <= low[what]; ten *= 10)
		;
	low[what] = ten
	for (ten *= 10; ten < high[what]; ten *= 10)
		;
	high[what] = ten
}

function frame(p, what,    i, x, y)
{
	printf "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\"" \
		" height=\"%d\"/>\n<text x=\"%d\" y=\"%d\">%s, %s</text>\n",
		corner_x(p), corner_y(p), width, height, corner_x(p),
		corner_y(p) - 8, what, unit[what]
	for (i = 1; i <= sizes; i++)
		printf "<text class=\"middle\" x=\"%.1f\" y=\"%d\">%d</text>\n",
			x_at(p, size[i]), corner_y(p) + height + 16, size[i]
	for (x = low[what]; x <= high[what] * 1.001; x *= 10) {
		y = y_at(p, what, x)
		printf "<path class=\"grid\" d=\"M%.1f %.1fh%d\"/>\n" \
			"<text class=\"scale\" x=\"%d\" y=\"%.1f\">%g</text>\n",
			corner_x(p), y, width, corner_x(p) - 6, y + 4, x
	}
}

function dot(x, y, t, fill)
{
	printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" stroke=\"%s\"" \
		" fill=\"%s\"/>\n", x, y, color[t], fill
}

function draw(p, what, t,    i, path, x, y, at)
{
	for (i = 1; i <= sizes; i++) {
		x = x_at(p, size[i])
		at = what SUBSEP who[t] SUBSEP size[i] SUBSEP
		if ((at 1000) in value)
			dot(x + 6, y_at(p, what, value[at 1000]), t, "#fff")
		if (!((at 1) in value))
			continue
		y = y_at(p, what, value[at 1])
		dot(x, y, t, color[t])
		path = path (path == "" ? "M" : "L") sprintf("%.1f %.1f", x, y)
	}
	if (path != "")
		printf "<path fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"" \
			" d=\"%s\"/>\n", color[t],
			who[t] == "muster" ? 3 : 1.3, path
}

END {
	if (!curves)
		exit 1
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\"" \
		" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n",
		left + 3 * (width + gap) + 40, top + 2 * (height + 70)
	print "<style>.grid{stroke:#ddd}.frame{fill:none;stroke:#999}" \
		".scale{text-anchor:end}.middle{text-anchor:middle}</style>"
	print "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
	printf "<text x=\"10\" y=\"14\">The directory; %s UTC; %s%s</text>\n",
		fact["date"], fact["machine"],
		(fact["load"] > 1 ? "; preliminary, load " fact["load"] : "")
	for (p = 1; p <= panels; p++) {
		widen(panel[p])
		frame(p, panel[p])
		for (t = 1; t <= curves; t++)
			draw(p, panel[p], t)
	}
	for (t = 1; t <= curves; t++)
		printf "<path stroke=\"%s\" stroke-width=\"%s\"" \
			" d=\"M%d 30h24\"/><text x=\"%d\" y=\"34\">" \
			"%s</text>\n", color[t],
			who[t] == "muster" ? 3 : 1.3, left + 110 * t,
			left + 110 * t + 32, who[t] == "disk" ? \
			"disk, the same bytes" : who[t]
	print "</svg>"
}
