# What the lint scripts share; they source it and end with `lint "$@"`.
#
# A script defines check, which looks at the tree in the current folder, prints
# a line for each offence and fails if there was one; good, which writes a tree
# without offence into the current folder; bad, which adds offences; and the
# array expected: what check must say about them.  With --self-test a script
# proves that it can fail: good must pass, and bad be reported.
set -uo pipefail
export LC_ALL=C
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

self_test()
{
	local tree status=0 report word

	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	cd "$tree" || exit
	cp "$top"/compile_flags.txt "$top"/.clang-format "$top"/.clang-tidy .
	mkdir -p build
	good
	if ! report=$(check 2>&1); then
		echo "not ok - what is allowed passes: $report"
		status=1
	else
		echo "ok - what is allowed passes"
	fi
	bad
	if report=$(check 2>&1); then
		echo "not ok - an offence makes it fail"
		status=1
	fi
	for word in "${expected[@]}"; do
		if grep -qF -- "$word" <<<"$report"; then
			echo "ok - it reports: $word"
		else
			echo "not ok - it reports: $word"
			status=1
		fi
	done
	[ $status = 0 ] || printf '%s\n' "$report"
	exit $status
}

lint()
{
	cd "$top" || exit
	case ${1-} in
	'') check ;;
	--self-test) self_test ;;
	*)
		echo "usage: $0 [--self-test]" >&2
		exit 2
		;;
	esac
}

# Every C file of ours.
sources() # FOLDER...
{
	local folder

	for folder; do
		[ ! -d "$folder" ] || find "$folder" -name '*.[ch]'
	done | sort
}

# Fail if any line of the files named on the input (each ends with a NUL)
# matches, and show it.
none_matches() # pattern
{
	{ xargs -0 grep -InE "$1" /dev/null || true; } | none
}

# Pass on what comes in, and fail if anything did.
none()
{
	! grep .
}
