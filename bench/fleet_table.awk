# What bench/fleet measured, from its lines of tab-separated values, as tables
# in Markdown.  bench/fleet says what the tables mean.  Bold is the best of a row;
# in parentheses is what did not serve all machines.
BEGIN { FS = "\t" }

/^# without/ { without = without "- " $2 "\n"; next }
/^# / { fact[substr($1, 3)] = $2; next }
$2 == "ping" { ping = $3 / 1e6; next }

{
	cell = $1 FS $2 FS $3 FS $4
	if (!(cell in cell_number)) {
		cell_number[cell] = ++cells
		cell_name[cells] = cell
	}
	if (!($5 in tool_number)) {
		tool_number[$5] = ++tools
		tool_name[tools] = $5
	}
	c = cell_number[cell]
	t = tool_number[$5]
	if (!runs[c, t]++ || $7 < served[c, t])
		served[c, t] = $7
	wrong[c, t] += $8
	limit = $16 > limit ? $16 : limit
	keep("time", $9)
	keep("wire", $10 / $4)
	keep("packets", $12 / ceiling($4 / $15))
	keep("CPU", $14)
	keep("heard", $13)
}

function ceiling(x)
{
	return x == int(x) ? x : int(x) + 1
}

# In order, so that the median is at hand.
function keep(what, x,    i)
{
	for (i = runs[c, t]; i > 1 && value[what, c, t, i - 1] > x; i--)
		value[what, c, t, i] = value[what, c, t, i - 1]
	value[what, c, t, i] = x
}

function median(what, c, t)
{
	return value[what, c, t, int((runs[c, t] + 1) / 2)]
}

function machines_of(c,    part)
{
	split(cell_name[c], part, FS)
	return part[1] + 0
}

function bytes_of(c,    part)
{
	split(cell_name[c], part, FS)
	return part[4] + 0
}

function is_slow(c,    part)
{
	split(cell_name[c], part, FS)
	return part[3] ~ /[0-9]mbit/
}

function is_small(c)
{
	return bytes_of(c) <= 4096
}

function has_served_all(c, t)
{
	return runs[c, t] && served[c, t] == machines_of(c)
}

function is_ours(t)
{
	return tool_name[t] ~ /^muster/
}

function size(bytes)
{
	if (bytes >= 1048576)
		return bytes / 1048576 " MiB"
	return bytes / 1024 " KiB"
}

function link_text(rate)
{
	if (rate == "none")
		return "unlimited"
	sub(/gbit/, " Gbit/s", rate)
	sub(/mbit/, " Mbit/s", rate)
	return rate
}

# The best of those who served all, of Muster's (1), the peers' (0), or of all.
function best(what, c, ours,    t, x, least)
{
	least = -1
	for (t = 1; t <= tools; t++) {
		if (!has_served_all(c, t) || (ours != "" && is_ours(t) != ours))
			continue
		x = median(what, c, t)
		if (least < 0 || x < least)
			least = x
	}
	return least
}

function most_served(c, ours,    t, most)
{
	for (t = 1; t <= tools; t++)
		if (runs[c, t] && is_ours(t) == ours && served[c, t] > most)
			most = served[c, t]
	return most + 0
}

function head(title,    t, line)
{
	print "\n## " title "\n"
	line = "| file | link | machines | loss |"
	for (t = 1; t <= tools; t++)
		line = line " " tool_name[t] " |"
	print line
	gsub(/[^|]+/, "---", line)
	print line
}

function row_head(c,    part)
{
	split(cell_name[c], part, FS)
	printf "| %s | %s | %s | %s %% |", size(part[4]), link_text(part[3]),
		part[1], part[2]
}

function served_text(c, t,    text)
{
	if (!runs[c, t])
		return ""
	text = has_served_all(c, t) ? "**" served[c, t] "**" : served[c, t]
	return wrong[c, t] ? text ", " wrong[c, t] " wrong" : text
}

function text_of(what, form, c, t,    text)
{
	if (!runs[c, t])
		return ""
	# There is no time to the last that never came.
	if (!has_served_all(c, t))
		return what == "time" ? "" : \
			"(" sprintf(form, median(what, c, t)) ")"
	text = sprintf(form, median(what, c, t))
	return text == sprintf(form, best(what, c, "")) ? "**" text "**" : text
}

function table(title, what, form,    c, t)
{
	head(title)
	for (c = 1; c <= cells; c++) {
		if (is_small(c))
			continue
		row_head(c)
		for (t = 1; t <= tools; t++)
			printf " %s |", what == "served" ? served_text(c, t) : \
				text_of(what, form, c, t)
		print ""
	}
}

function fixed_cost(    c, t)
{
	for (c = 1; c <= cells && !is_small(c); c++)
		;
	if (c > cells)
		return
	print "\n## Fixed cost of a fetch\n"
	printf "A file of %s to one machine, less a round trip of %.0f us;" \
		" the median of %d.\n\n", size(bytes_of(c)), ping * 1e6,
		runs[c, 1]
	print "| | seconds |\n|---|---|"
	for (t = 1; t <= tools; t++)
		if (runs[c, t])
			printf "| %s | %s |\n", tool_name[t],
				has_served_all(c, t) ? \
				sprintf("%.3f", median("time", c, t) - ping) : \
				"not served"
}

# Nobody of the peers there, or behind us.
function is_first(what, c,    ours, theirs)
{
	ours = best(what, c, 1)
	theirs = best(what, c, 0)
	return ours >= 0 && (theirs < 0 || ours <= theirs)
}

function rows(numbers)
{
	return numbers == "" ? "" : " (not in row" numbers ")"
}

function verdict(    c, n, wire, serve, slow, quick, not_wire, not_serve)
{
	for (c = 1; c <= cells; c++) {
		if (is_small(c))
			continue
		n++
		if (is_first("wire", c))
			wire++
		else
			not_wire = not_wire " " n
		if (most_served(c, 1) >= most_served(c, 0))
			serve++
		else
			not_serve = not_serve " " n
		if (is_slow(c)) {
			slow++
			quick += is_first("time", c)
		}
	}
	printf "\nOf %d rows Muster is first in %d by machines served%s and in" \
		" %d by bytes on the\nwire%s", n, serve, rows(not_serve), wire,
		rows(not_wire)
	if (slow)
		printf "; of %d rows with a slow link it is first in %d by time",
			slow, quick
	print "."
}

END {
	print "# One file to a fleet, " fact["date"] " UTC\n"
	print fact["machine"] ", " fact["system"] "; load " fact["load"] \
		" when it began, " limit " s at most for each run."
	if (fact["load"] > 1)
		print "\n**Preliminary: the machine had other work to do.**"
	if (without)
		printf "\nLeft out:\n\n%s", without
	for (t = 1; t <= tools; t++) {
		ours += is_ours(t)
		theirs += !is_ours(t)
	}
	if (ours && theirs)
		verdict()
	table("Machines served", "served")
	table("Bytes on the wire / bytes of the file", "wire", "%.3f")
	table("Data packets / packets of the file", "packets", "%.3f")
	table("Time to the last, s", "time", "%.2f")
	table("CPU of the server, s", "CPU", "%.2f")
	table("Packets that the server heard", "heard", "%.0f")
	fixed_cost()
}
