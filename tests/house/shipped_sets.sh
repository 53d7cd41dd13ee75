#!/bin/sh
# The shipped sets have the form that hashsets/README.md promises.
cd "${TOP_SRCDIR:-.}/hashsets" || exit 99
number=0
check() {	# text, what was found wrong
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		echo "$2" | sed 's/^/# /' | head -20
	fi
}

check 'rows of bad sets: ten columns, digests in lower case of the right length, a source and a licence' "$(awk -F '\t' '
BEGIN { digits["md5"] = 32; digits["sha1"] = 40; digits["sha256"] = 64 }
FNR == 1 { if ($0 != "algorithm\tdigest\tfamily\tactor\tfile_name\tgrade\trelevance\tlicence\tnote\tsource") print FILENAME ": header"; next }
NF != 10 || length($2) != digits[$1] || $2 ~ /[^0-9a-f]/ || $6 !~ /^[ABC]$/ || $8 == "" || $10 == "" || /"/ { print FILENAME ":" FNR ": " $0 }
' ./*/t1554.tsv ./*/related.tsv)"

check 'only grades A and B of T1554 are on by default' "$(awk -F '\t' '
FNR > 1 && ($6 !~ /^[AB]$/ || $7 != "T1554") { print FILENAME ":" FNR }' ./*/t1554.tsv)"

check 'no digest stands twice, and none of the benign ones among the bad' "$(awk -F '\t' '
FNR > 1 && seen[$1, $2]++ { print FILENAME ":" FNR ": " $1 " " $2 }' ./benign/listed_but_benign.tsv ./*/t1554.tsv ./*/related.tsv)"

check 'benign rows: seven columns, the class said' "$(awk -F '\t' '
FNR > 1 && (NF != 7 || $3 != "benign" || $7 == "") { print FILENAME ":" FNR }' ./benign/listed_but_benign.tsv)"

check 'digests of empty files are in no set' "$(grep -il \
	-e d41d8cd98f00b204e9800998ecf8427e -e 68b329da9893e34099c7d8ad5cb9c940 \
	-e da39a3ee5e6b4b0d3255bfef95601890afd80709 -e adc83b19e793491b1c6ea0fd8b46cd9f32e592fc \
	-e e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 \
	-e 01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b ./*/*.tsv)"

check 'path indicators: six columns, one pattern a row, a known use' "$(awk -F '\t' '
FNR > 1 && (NF != 6 || $1 ~ /[ |;,()]/ || ($1 ~ /\// && $1 !~ /^\//) || $6 == "" ||
	$5 !~ /^(name_alone|unowned_only|replaced_file|trap)$/) { print FILENAME ":" FNR ": " $1 }' ./paths/path_indicators.tsv)"

check 'sets.tsv names every set, and each folder a README' "$( {
	awk -F '\t' 'FNR > 1 { print $1 ".tsv" }' sets.tsv
	find . -name t1554.tsv -o -name related.tsv -o -path './benign/*.tsv' | sed 's|^\./||'
} | sort | uniq -u
for set in */t1554.tsv */related.tsv; do
	grep -q '^Publication: ' "${set%/*}/README.md" || echo "${set%/*}: no README.md with its publication"
done)"

check 'SUNSPOT: exactly the two SHA-256 of the rule' "$(awk -F '\t' '$3 == "SUNSPOT" && $1 == "sha256" { print $2 }' ./*/t1554.tsv |
	sort | tr '\n' ' ' |
	grep -v '^0819db19be479122c1d48743e644070a8dc9a1c852df9a8c0dc2343e904da389 c45c9bda8db1d470f1fd0dcc346dc449839eb5ce9a948c70369230af0b3ef168 $')"

traps=${T1554TRIAGE_SHARED:-../../shared}/data/ioc_list_traps.tsv
if [ -r "$traps" ]; then
	check 'no trap of the published lists stands in a bad set' "$(awk -F '\t' 'NR == FNR { trap[tolower($2)] = 1; next }
		FNR > 1 && $2 in trap { print FILENAME ": " $2 }' "$traps" ./*/t1554.tsv ./*/related.tsv)"
else
	number=$((number + 1))
	echo "ok $number # SKIP no $traps"
fi

list=$(mktemp)
{
	printf '# comment\n0123456789ABCDEF0123456789ABCDEF  a.exe\r\nzz\n0123456789abcdef0123456789abcdef\n'
	awk -F '\t' 'FNR == 2 { print $2 }' benign/listed_but_benign.tsv
} >"$list"
check 'refresh: a row for a new digest, none for a benign, doubled or broken one' "$(./refresh eset Demo Nobody fact here "$list" 2>/dev/null |
	awk -F '\t' 'NR == 2 && $2 == "0123456789abcdef0123456789abcdef" && $5 == "a.exe" && NF == 10 { good = 1 }
		END { if (!good || NR != 2) print NR " lines" }')"
rm -f "$list"
echo "1..$number"
