# lib.sh - what the benchmarks share: turns against a peer, and rows of the one table.
# Sourced by tests/bench/NAME.bench.  A benchmark is no test: what cannot be measured is a row that says why.
#
#	race FUNCTION...	runs each in turn, BENCH_ROUNDS times (3); best FUNCTION then gives its best time
#	ratio JOB AGAINST OURS_MS PEER_MS AT_LEAST	the peer's time over ours
#	figure JOB VALUE UNIT at_most|at_least LIMIT	a value that stands for itself
#	missing JOB REASON	what could not be measured
#	has TOOL...	0 if all are installed
#	warm FUNCTION	defined anew by a benchmark that reads much: is called before each time it is timed
#	take_memory	so that each begins with memory that the machine has at hand
#	remark TEXT	stands below the table
#
# $work is removed at the end; $cache is kept from run to run ($BENCH_CACHE, else bench-cache/ in the build folder).
# shellcheck shell=sh disable=SC2034 # what is set here is used there
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
bench=$(basename "$0" .bench)
rows=${BENCH_ROWS:?}
rounds=${BENCH_ROUNDS:-3}
program=${T1554TRIAGE:?}
cache=${BENCH_CACHE:-${TOP_BUILDDIR:?}/bench-cache}
mkdir -p "$cache"
work=$(mktemp -d "${TMPDIR:-/tmp}/t1554-bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

say()
{
	echo "bench: $*" >&2
}

has()
{
	for tool; do
		command -v "$tool" >/dev/null 2>&1 || return 1
	done
}

# A virtual machine may hand freed memory back to its host after seconds.  Who takes it next waits for the host, and is said
# to have used the time itself: 1 ms a MiB was measured, ten times what taking memory costs else.  So nobody takes it first;
# in large pages, or small ones are taken that were at hand.
take_memory()
{
	python3 - <<'PYTHON' || :
import mmap

memory = mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(mmap.MADV_HUGEPAGE)
for at in range(0, len(memory), mmap.PAGESIZE):
    memory[at] = 1
PYTHON
}

warm()
{
	:
}

now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

# timed FUNCTION: keeps its time if it is the best so far.  A function that fails has none.
timed()
{
	rm -rf "$work/out"	# what the run before left: its removal is no part of this one
	take_memory
	warm "$1"
	begin=$(now_ms)
	if "$1" >"$work/said" 2>&1 </dev/null; then
		elapsed=$(($(now_ms) - begin))
		best=$(best "$1")
		[ -n "$best" ] && [ "$best" -le "$elapsed" ] || echo "$elapsed" >"$work/best.$1"
		say "$bench: $1: $elapsed ms"
	else
		say "$bench: $1 failed: $(tail -n 1 "$work/said")"
		echo "$1" >>"$work/failed"
		rm -f "$work/best.$1"
	fi
}

# What failed once is not tried again.
race()
{
	round=0
	: >>"$work/failed"
	while [ "$round" -lt "$rounds" ]; do
		for contender; do
			grep -q -x "$contender" "$work/failed" || timed "$contender"
		done
		round=$((round + 1))
	done
}

# best FUNCTION: milliseconds; nothing where it has failed.
best()
{
	[ ! -f "$work/best.$1" ] || cat "$work/best.$1"
}

row()	# KIND JOB AGAINST OURS PEER VALUE UNIT DIRECTION LIMIT REASON; "-" stands for nothing
{
	{ printf '%s' "$bench"; printf '\t%s' "$@"; echo; } >>"$rows"
}

ratio()
{
	if [ $# -ne 5 ] || [ -z "$3" ] || [ -z "$4" ]; then
		missing "$1" "a command of the comparison failed, see above"
	else
		row ratio "$1" "$2" "$3" "$4" "$(awk -v ours="$3" -v peer="$4" 'BEGIN { printf "%.2f", peer / (ours ? ours : 1) }')" \
			times at_least "$5" -
	fi
}

figure()
{
	row figure "$1" - - - "$2" "$3" "$4" "$5" -
}

missing()
{
	row missing "$1" - - - - - - - "$2"
}

remark()
{
	row remark - - - - - - - - "$1"
}

# triage ARGUMENT...: a run whose report is thrown away; 0 to 3 are its results, more is a failure.
triage()
{
	rm -rf "$work/out"
	"$program" "$@" -o "$work/out" >"$work/triage.said" 2>&1 && return 0
	status=$?
	[ "$status" -le 3 ] || cat "$work/triage.said"
	[ "$status" -le 3 ]
}
