#!/bin/sh
# run.sh [NAME...]: runs tests/bench/NAME.bench (all of them), prints one table of ratios and figures with the
# limit beside each, and writes the same as JSON to bench.json in the build folder.  Always ends with 0.
set -u
export LC_ALL=C
folder=${TOP_SRCDIR:?}/tests/bench
BENCH_ROWS=$(mktemp "${TMPDIR:-/tmp}/t1554-bench-rows.XXXXXX") || exit 0
export BENCH_ROWS
trap 'rm -f "$BENCH_ROWS"' EXIT
trap 'exit 0' INT TERM HUP

[ $# -gt 0 ] || set -- "$folder"/*.bench
for name; do
	name=$(basename "$name" .bench)
	if [ -f "$folder/$name.bench" ]; then
		/bin/sh "$folder/$name.bench" || printf '%s\tmissing\t%s\t-\t-\t-\t-\t-\t-\t-\t%s\n' "$name" \
			'the rest of this benchmark' 'it ended early, see above' >>"$BENCH_ROWS"
	else
		echo "run.sh: there is no $folder/$name.bench" >&2
	fi
done

machine="$(uname -m), $(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg) at the end"
awk -F '\t' -v machine="$machine" '
function seconds(ms) { return ms == "-" ? "" : sprintf("%.2f s", ms / 1000) }
function verdict(value, direction, limit) {
	return (direction == "at_least" ? value + 0 >= limit + 0 : value + 0 <= limit + 0) ? "yes" : "NO"
}
function line(job, against, ours, peer, value, limit, reached) {
	printf "%-58s %-28s %10s %10s %14s %-16s %s\n", job, against, ours, peer, value, limit, reached
}
BEGIN { line("job", "against", "ours", "peer", "measured", "limit", "reached") }
$1 != last { print "-- " $1; last = $1 }
$2 == "ratio" || $2 == "figure" {
	line($3, $4 == "-" ? "" : $4, seconds($5), seconds($6), $7 " " $8,
		($9 == "at_least" ? ">= " : "<= ") $10 " " $8, verdict($7, $9, $10))
}
$2 == "missing" { printf "%-58s not measured: %s\n", $3, $11 }
$2 == "remark" { printf "   (%s)\n", $11 }
END { print machine }' "$BENCH_ROWS"

awk -F '\t' -v machine="$machine" -v at="$(date -u +%Y-%m-%dT%H:%M:%SZ)" '
function text(s) { gsub(/[\\"]/, "\\\\&", s); return "\"" s "\"" }
function number(s) { return s == "-" ? "null" : s }
BEGIN { printf "{\"at\": %s, \"machine\": %s, \"rows\": [", text(at), text(machine) }
{
	printf "%s\n  {\"bench\": %s, \"kind\": %s, \"job\": %s", (NR > 1 ? "," : ""), text($1), text($2), text($3)
	if ($2 == "ratio")
		printf ", \"against\": %s, \"ours_ms\": %s, \"peer_ms\": %s", text($4), number($5), number($6)
	if ($2 == "ratio" || $2 == "figure")
		printf ", \"value\": %s, \"unit\": %s, \"%s\": %s, \"reached\": %s", number($7), text($8), $9, number($10),
			((($9 == "at_least") ? ($7 + 0 >= $10 + 0) : ($7 + 0 <= $10 + 0)) ? "true" : "false")
	else
		printf ", \"text\": %s", text($11)
	printf "}"
}
END { print "\n]}" }' "$BENCH_ROWS" >"${TOP_BUILDDIR:?}/bench.json"
exit 0
