#!/bin/sh
# bench.sh [IMAGE]: t1554triage beside fiwalk -x and ewfverify on the same image, each three times in turn.
# fiwalk lists and digests every file (md5, sha1); ewfverify reads the medium and digests it (md5).
# t1554triage does both, and judges. Ratios of one run on one machine; the best of three counts.
set -eu
image=${1:-${T1554TRIAGE_DEMO:-${TOP_BUILDDIR:?}/demo}/case.E01}
program=${T1554TRIAGE:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -f "$image" ] || "${TOP_SRCDIR:?}/tests/images/make_demo.sh" --cache "$TOP_BUILDDIR/cache" "$(dirname "$image")"

# seconds COMMAND...: sets elapsed, in milliseconds.
seconds()
{
	begin=$(date +%s%N)
	"$@" >"$work/log" 2>&1 </dev/null && status=0 || status=$?
	elapsed=$((($(date +%s%N) - begin) / 1000000))
	[ "$status" -le 3 ] || { tail -n 3 "$work/log" >&2; echo "bench.sh: $1 gave $status" >&2; exit 1; }
}

measure()	# NAME COMMAND...
{
	name=$1
	shift
	rm -rf "$work/out" "$work/fiwalk.xml"
	seconds "$@"
	echo "$name $elapsed" >>"$work/times"
}

cat "$(dirname "$image")/$(basename "$image" .E01)".E* >/dev/null 2>&1 || cat "$image" >/dev/null
for _ in 1 2 3; do
	measure t1554triage "$program" "$image" -o "$work/out"
	measure t1554triage--no-verify "$program" "$image" --no-verify -o "$work/out"
	! command -v fiwalk >/dev/null || measure fiwalk fiwalk -x "$image"
	! command -v ewfverify >/dev/null || measure ewfverify ewfverify -q "$image"
done
echo "$image, $(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg)"
awk '{ if (!($1 in best) || $2 < best[$1]) best[$1] = $2 }
END {
	for (name in best)
		printf "%-26s %8.2f s   %5.2f of t1554triage\n", name, best[name] / 1000, best[name] / best["t1554triage"]
}' "$work/times" | sort
