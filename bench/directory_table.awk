# What bench/directory measured, as a table: a line for each figure and whom it
# is of, a column for each size.
BEGIN { FS = "\t" }

/^# / { fact[substr($1, 3)] = $2; next }

{
	line = $3 " | " $4 " | " $6
	size = $1 " / " $2
	if (!(line in lines)) {
		lines[line] = 1
		order[++n] = line
	}
	if (!(size in sizes)) {
		sizes[size] = 1
		column[++columns] = size
	}
	value[line, size] = $5 + 0
}

function figure(x)
{
	return x >= 100 ? sprintf("%.0f", x) : sprintf("%.3g", x)
}

END {
	if (!n)
		exit 1
	printf "%s UTC; %s; %s; load %s. Columns: machines / domains.\n\n",
		fact["date"], fact["machine"], fact["system"], fact["load"]
	printf "| | by | in |"
	for (c = 1; c <= columns; c++)
		printf " %s |", column[c]
	printf "\n|---|---|---|"
	for (c = 1; c <= columns; c++)
		printf "---|"
	for (i = 1; i <= n; i++) {
		printf "\n| %s |", order[i]
		for (c = 1; c <= columns; c++)
			printf " %s |", (order[i], column[c]) in value ? \
				figure(value[order[i], column[c]]) : ""
	}
	print ""
}
