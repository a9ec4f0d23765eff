# What bench/several measured, from its lines of tab-separated values, as tables
# in Markdown; bench/several says what they mean.  The median of the rounds.
BEGIN { FS = "\t" }

/^# / { fact[substr($1, 3)] = $2; next }

{
	if (!($1 in setup_number)) {
		setup_number[$1] = ++setups
		setup_name[setups] = $1
	}
	n = ++runs[$1, $2]
	if (n > rounds)
		rounds = n
	# In order, so that the median is at hand.
	for (i = n; i > 1 && value[$1, $2, i - 1] > $3 + 0; i--)
		value[$1, $2, i] = value[$1, $2, i - 1]
	value[$1, $2, i] = $3 + 0
}

function median(setup, what)
{
	return value[setup, what, int((runs[setup, what] + 1) / 2)]
}

function ms(us)
{
	return us < 10000 ? sprintf("%.1f", us / 1000) : sprintf("%.0f", us / 1000)
}

function row(setup)
{
	return "| " names[setup] " |"
}

END {
	names["sqlite"] = "musterd, SQLite"
	names["etcd-1-1"] = "musterd, etcd of one member"
	names["etcd-1-3"] = "musterd, etcd of three"
	names["etcd-3-3"] = "three musterd, etcd of three"
	names["kea"] = "Kea"
	names["kea-ha"] = "Kea, hot standby"

	printf "# One and several servers, %s UTC\n\n", fact["date"]
	printf "%s, %s; load %s when it began%s; the median of %d.\n",
		fact["machine"], fact["system"], fact["load"],
		"ended" in fact ? ", " fact["ended"] " when it ended" : "",
		rounds

	rush_table()
	flow_table()
	gap_table()
}

# A table, if any setup has something in it.
function begin(title, head, what,    i, n)
{
	for (i = 1; i <= setups; i++)
		n += runs[setup_name[i], what]
	if (!n)
		return 0
	printf "\n## %s\n\n%s\n", title, head
	gsub(/[^|]+/, "---", head)
	print head
	return 1
}

function rush_table(    i, s)
{
	if (!begin("10,000 machines at once", "| | bound | exchanges/s |" \
		" half of them, ms | 99 of 100, ms | last, ms |", "rush bound"))
		return
	for (i = 1; i <= setups; i++) {
		s = setup_name[i]
		printf "%s %d | %.0f | %s | %s | %s |\n", row(s),
			median(s, "rush bound"), median(s, "rush rate"),
			ms(median(s, "rush p50")), ms(median(s, "rush p99")),
			ms(median(s, "rush last"))
	}
}

function flow_table(    i, s)
{
	if (!begin("128 under way at any time", "| | exchanges/s |" \
		" half of them, ms | 99 of 100, ms | CPU of servers, µs |" \
		" of members, µs |", "flow rate"))
		return
	for (i = 1; i <= setups; i++) {
		s = setup_name[i]
		printf "%s %.0f | %s | %s | %d | %s |\n", row(s),
			median(s, "flow rate"), ms(median(s, "flow p50")),
			ms(median(s, "flow p99")), median(s, "flow server"),
			s ~ /etcd/ ? sprintf("%d", median(s, "flow member")) : ""
	}
}

function gap_table(    i, k, s, n, kills)
{
	if (!begin("Something is killed, 16 under way", "| | killed |" \
		" nobody bound for, ms | longest wait, ms |", "gap nothing"))
		return
	n = split("nothing server member computer", kills, " ")
	for (i = 1; i <= setups; i++)
		for (k = 1; k <= n; k++) {
			s = setup_name[i]
			if (runs[s, "gap " kills[k]])
				printf "%s %s | %s | %s |\n", row(s), kills[k],
					ms(median(s, "gap " kills[k])),
					ms(median(s, "wait " kills[k]))
		}
}
