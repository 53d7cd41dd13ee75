#!/bin/sh
# What tools of acquisition write beside an image: digests, values, ranges that could not be read.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need md5sum sha256sum openssl mke2fs
program=${TOP_BUILDDIR:-.}/t1554triage
fuzz=${TOP_BUILDDIR:-.}/tests/fuzz/fuzz_acquisition
export T1554TRIAGE_DATA="${TOP_SRCDIR:-.}"
cd "$work" || exit 99
truncate -s 2M source
mkdir tree
noise 1 500000 >tree/noise
mke2fs -q -F -t ext4 -d tree source || exit 99
md5=$(md5sum <source | cut -d' ' -f1)
sha1=$(sha1sum <source | cut -d' ' -f1)
sha256=$(sha256sum <source | cut -d' ' -f1)
wrong=00000000000000000000000000000000

# made NAME: an image in a folder of its own, which is entered
made() {
	mkdir "$work/$1"
	cp "$work/source" "$work/$1/disk.raw"
	cd "$work/$1" || exit 99
}
# records TEXT PATTERN...: what dump_image says of disk.raw
records() {
	text=$1
	shift
	"$dump" --volumes "${operand:-disk.raw}" >out
	has "$text" out "$@"
}
# verify TEXT STATUS PATTERN
verify() {
	"$program" verify -v "${operand:-disk.raw}" >out 2>&1
	is "$1: exit status" "$?" "$2"
	has "$1" out "$3"
}
none() { "$dump" --volumes "${operand:-disk.raw}" | grep -c ^recorded-digest; }

made lists
md5sum disk.raw >disk.raw.md5
openssl dgst -sha1 disk.raw >disk.sha1
echo "$sha256" >disk.raw.sha256
records "md5sum, openssl and a digest alone" "algorithm=md5 digest=$md5 file=disk.raw.md5 line=1 tool=list%20of%20digests" \
	"algorithm=sha1 digest=$sha1 file=disk.sha1" "algorithm=sha256 digest=$sha256 file=disk.raw.sha256"
verify "all of them are computed and equal" 0 "the sha1 of the medium equals the value recorded in disk.sha1 line 1"
printf '# digests\n%s  other.raw\nMD5 (disk.raw) = %s\n' "$wrong" "$wrong" >disk.raw.md5
verify "another value of the same name differs" 2 \
	"the md5 of the medium differs from the value recorded in disk.raw.md5 line 3"
"$program" disk.raw -o report >out 2>&1
ok "the head of the page says it too" grep -q '✗ differs</span> from the digest recorded elsewhere' report/report.html
rm -r report
rm disk.raw.md5 disk.sha1 disk.raw.sha256
echo "$wrong  other.raw" >disk.raw.md5
is "a list that names another file is not this image's" "$(none)" 0
"$dump" --volumes disk.raw >out
has "and a note says that nothing was compared" out "note not_verified" "nothing was compared with disk.raw.md5 beside the image"

# listed TEXT LINES FILE COUNTS: how many digests of disk.raw stand in a list, and notes that there are none.
listed() {
	printf '%b' "$2" >"${3:-disk.raw.hash}"
	"$dump" --volumes disk.raw >out
	is "$1" "$(grep -c ^recorded-digest out) $(grep -c 'nothing was compared with' out)" "$4"
	rm -f "${3:-disk.raw.hash}"
}
rm disk.raw.md5
for tag in "RMD160 (disk.raw) = $sha1" "SHA3-256(disk.raw)= $sha256" "BLAKE2b-256 (disk.raw) = $sha256" "SM3 (disk.raw) = $sha256" \
	"SHA512/256 (disk.raw) = $sha256" "HMAC-SHA256(disk.raw)= $sha256" "SHA256 (disk.raw) = $sha1" "BLAKE3: $sha256" \
	"disk2.raw: $wrong" "other.raw $wrong" "SHA256 hash of other.raw:\n$sha256\nCertUtil: done" "mydisk.raw:\n$md5"; do
	listed "not the medium's: ${tag%%[ \\\\]*}" "$tag\n" "" "0 1"
done
for tag in "SHA2-256(disk.raw)= $sha256" "MD5 checksum: $md5" "md5: $md5" "disk.raw: $md5" "/cases/FTK/disk.raw $md5" "MD5:\n$md5" \
	"$md5  /my dc3dd images/disk.raw" "SHA256 (/$wrong/disk.raw) = $sha256" "SHA256 hash of disk.raw:\n$sha256\nCertUtil: done" \
	"SHA256   $sha256   C:\\\\x\\\\disk.raw"; do
	listed "the medium's: ${tag%%[ \\\\]*}" "$tag\n" "" "1 0"
done
listed ".sha512 is read, and by SHA-512 nothing is computed" "$(openssl dgst -sha512 -r disk.raw)\n" disk.raw.sha512 "1 0"
listed ".md5.txt is a list" "$md5  disk.raw\n" disk.raw.md5.txt "1 0"
listed "free text" "of the image: $md5\n" disk.raw.txt "0 1"
(printf '\376\377'; printf '%s  disk.raw\r\n' "$md5" | iconv -f UTF-8 -t UTF-16BE) >disk.raw.md5
records "UTF-16, the high byte first" "digest=$md5 file=disk.raw.md5"
verify "a list is what the medium was compared with" 0 "was compared with what is recorded elsewhere alone"
rm disk.raw.md5
verify "and without it nothing" 0 "was compared with nothing"

# A digest that the examiner gives is that of one medium.
cp disk.raw second.raw
printf x | dd of=second.raw bs=1 seek=2000000 conv=notrunc 2>said
"$program" verify disk.raw second.raw --acquired-digest "md5:$md5" >out 2>&1
is "--acquired-digest of one of two media: exit status" "$?" 0
has "the equal one is told" out "disk.raw: the md5 of the medium equals the one given with --acquired-digest"
has "and nothing of the other" out "second.raw stores no digest of the medium: what was computed was compared with nothing"
"$program" disk.raw second.raw --acquired-digest "md5:$md5" -o report >out 2>&1
is "the page says of none that it differs" "$(grep -c 'differs from the value recorded elsewhere' report/report.html)" 0
"$program" verify disk.raw --acquired-digest "md5:$wrong" --acquired-digest "sha1:$sha1" >out 2>&1
is "two given digests are an error of use" "$?" 64
rm -r second.raw report
echo "$wrong  other.raw" >disk.raw.md5
ln -s nowhere disk.md5
mkfifo disk.log
is "what is no file is not opened" "$(none)" 0

made split
split -b 1M -d -a 3 --numeric-suffixes=1 disk.raw disk.
rm disk.raw
operand=disk.001
md5sum disk.001 disk.002 >disk.md5
md5sum disk.001 | cut -d' ' -f1 >disk.001.md5
is "digests of parts are not the medium's" "$(none)" 0
printf '%s  -\n' "$md5" >disk.md5
records "that of all parts together is" "digest=$md5 file=disk.md5"
operand=

made utf16
ftk() {
	printf 'Created By AccessData\302\256 FTK\302\256 Imager 4.2.0.13\r\n\r\nCase Information: \r\nCase Number: 2026-7\r\n'
	printf 'Examiner: A. Nalyst\r\nNotes:  \r\n\r\n[Computed Hashes]\r\n MD5 checksum:    %s\r\n' "$md5"
	printf ' SHA1 checksum:   %s\r\n\r\nImage Information:\r\n Acquisition started:   Tue Mar 03 10:00:00 2026\r\n' "$1"
	printf '\r\nImage Verification Results:\r\n MD5 checksum:    %s : verified\r\n' "$md5"
}
(printf '\377\376'; ftk "$sha1" | iconv -f UTF-8 -t UTF-16LE) >disk.raw.txt
records "FTK Imager, in UTF-16" "algorithm=md5 digest=$md5 file=disk.raw.txt line=9 tool=FTK%20Imager" \
	"algorithm=sha1 digest=$sha1 file=disk.raw.txt line=10" "acquisition examiner (disk.raw.txt)=A. Nalyst" \
	"acquisition case_number (disk.raw.txt)=2026-7" "acquisition acquisition_started (disk.raw.txt)=Tue Mar 03"
verify "its values are compared" 0 "the md5 of the medium equals"

made info
cat >disk.info <<END

GUYMAGER ACQUISITION INFO FILE
==============================

Case number                : C-9
Examiner                   : B. Eamter
Hash calculation           : MD5 and SHA-256
Acquisition started        : 2026-03-03 10:00:00 (ISO format YYYY-MM-DD HH:MM:SS)

MD5 hash                   : $md5
MD5 hash verified source   : --
MD5 hash verified image    : $md5
SHA1 hash                  : --
SHA256 hash                : $sha256
END
records "guymager" "algorithm=md5 digest=$md5 file=disk.info line=10 tool=guymager" \
	"algorithm=sha256 digest=$sha256 file=disk.info line=14" "acquisition examiner (disk.info)=B. Eamter"

made odd
printf 'FTK\n MD5 checksum: %s00\n MD5 checksum: xyz\n SHA1 checksum:\n' "$md5" >disk.raw.txt
head -c 100000 /dev/urandom >disk.log
printf 'dc3dd 7 started\noutput results for file `disk.raw\n (md5)\n   [ok] %s (md5\n' "$wrong" >disk.hlog
printf 'a letter that names %s\n' "$wrong" >disk.txt
is "what only looks alike is passed over" "$(none)" 0

if command -v dc3dd >/dev/null; then
	made dc3dd
	rm disk.raw
	dc3dd if="$work/source" hof=disk.raw hash=md5 hash=sha256 log=disk.log >said 2>&1
	records "dc3dd" "algorithm=md5 digest=$md5 file=disk.log" "algorithm=sha256 digest=$sha256 file=disk.log"
	verify "dc3dd's values are compared" 0 "the sha256 of the medium equals the value recorded in disk.log"
	head -c 1M "$work/source" >other
	dc3dd if=other hof=other.raw hash=md5 log=disk.log >said 2>&1
	is "a log of two images: only this one's" "$(none)" 2
	made dc3dd-split
	rm disk.raw
	dc3dd if="$work/source" hofs=disk.000 ofsz=1M hash=md5 log=disk.log >said 2>&1
	operand=disk.000
	records "dc3dd, split" "algorithm=md5 digest=$md5"
	is "not the digests of its parts" "$(none)" 1
	operand=
else
	skip dc3dd "it is not installed"
fi
if command -v dcfldd >/dev/null; then
	made dcfldd
	dcfldd if="$work/source" of=disk.raw hash=md5,sha256 hashlog=disk.hash hashwindow=1M 2>said
	records "dcfldd" "algorithm=md5 digest=$md5 file=disk.hash" "algorithm=sha256 digest=$sha256 file=disk.hash"
	is "not the digests of its windows" "$(none)" 2
else
	skip dcfldd "it is not installed"
fi
if command -v ewfacquire >/dev/null; then
	made ewf
	rm disk.raw
	ewfacquire -u -q -t disk -l disk.log -d sha1 "$work/source" >said 2>&1
	operand=disk.E01
	records "ewfacquire" "algorithm=md5 digest=$md5 file=disk.log" "algorithm=sha1 digest=$sha1 file=disk.log"
	md5sum disk.E01 >disk.E01.md5
	is "a digest of the file is not one of the medium" "$(none)" 2
	operand=
else
	skip ewfacquire "it is not installed"
fi

# What the acquisition could not read is damage, though bytes stand there
made map
if command -v ddrescue >/dev/null; then
	printf '0x00000000 0x00080000 +\n0x00080000 0x00010000 -\n0x00090000 0x00170000 +\n' |
		(printf '0x00000000 + 1\n'; cat) >bad.domain
	ddrescue -q -m bad.domain disk.raw copy.raw copy.map 2>said
	operand=copy.raw
	truncate -s 2M copy.raw
	"$dump" copy.raw >out
	has "a mapfile of ddrescue" out "note acquisition_error offset=524288 length=65536" "damage 524288 65536" "open status=-1"
	"$dump" --twice 524288 512 copy.raw >out
	has "a read there is damaged" out "read status=-1 length=512 touched=yes"
	operand=
else
	skip "a mapfile of ddrescue" "it is not installed"
fi
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 ? 1\n0x0 0x1000 +\n0x1000 0x200 *\n0x100000 0xffffffffffffffff /\nx y z\n' >disk.map
"$dump" disk.raw >out
has "states of a range, a length beyond the medium" out "damage 4096 512" "damage 1048576 1048576"
verify "and the image is not whole" 2 "ddrescue could not read sectors 8 to 8"

# errors TEXT LOG RANGES [SAID]: what a log that stands beside an image of 2 MiB says that could not be read.
mkdir seeds
errors() {
	printf '%b' "$2" >disk.log
	seed=$((seed + 1))
	cp disk.log seeds/$seed
	"$dump" disk.raw >out
	is "$1" "$(sed -n 's/^damage //p' out | tr '\n' ',')" "$3"
	[ -z "$4" ] || has "$1: and says so" out "note acquisition_error" "$4"
}
rm -f disk.map
started="dc3dd 7.2.646 started at 2026-11-01 10:00:00 +0000\ncommand line: dc3dd if=/dev/sdb of=disk.raw log=disk.log\nsector size: 512 bytes (probed)\n"
ended="output results for file \`disk.raw':\n   4096 sectors out\n"
errors "dc3dd: one sector, several, a range" "${started}[!!] reading \`/dev/sdb' at sector 8 : Input/output error
[!!] 4 occurences while reading \`/dev/sdb' from sector 2001 to sector 2004\n    : Input/output error
[!!] 2 occurrences while reading \`/dev/sdb' from sector 3000 to sector 3001 \n[!!] reading \`/dev/sdb' in sector range 4000-4007 
   15 bad sectors replaced by zeros\n$ended" "4096 512,1024512 2048,1536000 1024,2048000 4096," "dc3dd could not read sectors 8 to 8"
errors "dc3dd: a run before that made another image" "${started}[!!] reading \`/dev/sdb' at sector 8 :\noutput results for file \`other.raw':
$started$ended" ""
errors "dc3dd: the image was read again, and failed" "${started}[!!] reading \`disk.raw' at sector 8 :\n$ended" ""
errors "dc3dd: what is read has the name of the image" "dc3dd 7 started at 1\ncommand line: dc3dd if=/old/disk.raw of=disk.raw
[!!] reading \`/old/disk.raw' at sector 8 :\n$ended" "4096 512,"
errors "dc3dd: sectors were skipped, and are larger" "dc3dd 7 started at 1\ncommand line: dc3dd if=/dev/sdb iskip=100 of=disk.raw
sector size: 4096 bytes (set)\n[!!] 3 occurrences while reading \`/dev/sdb' from sector 99 to sector 101 : Input/output error\n$ended" "0 8192,"
errors "dc3dd: counted and not told" "$started   3 bad sectors replaced by zeros\n$ended" "" "met errors (3)"
errors "dc3dd: for an image of another name" "${started}[!!] reading \`/dev/sdb' at sector 8 :\noutput results for file \`first.raw':\n" "" \
	"for an image of another name"
guymager="GUYMAGER ACQUISITION INFO FILE\n\nDuring acquisition, 7 bad sectors have been encountered. They have been replaced by zeroed sectors. The sector numbers are:"
errors "guymager: lists in lines, and those of a second reading" "$guymager
   16-19, 32,\n   64-65\nDuring verification, 2 bad sectors have been encountered. The sector numbers are:\n   70-71\nState: Finished
" "8192 2048,16384 512,32768 1024," "guymager could not read sectors 16 to 19"
errors "guymager: a list that is cut" "$guymager\n   16-19, 32," "8192 2048,16384 512," "met errors (2)"
errors "FTK Imager: lines" "Created By AccessData FTK Imager\n Bytes per Sector: 512\nATTENTION:
The following sector(s) on the source drive could not be read:\n\t16 through 19\n\t32\nThe contents of these sectors were replaced with zeros.
 40 through 50\n" "8192 2048,16384 512," "FTK Imager could not read"
errors "ewfacquire: by the number of sectors" "Errors reading device:\n\ttotal number: 1\n\tat sector(s): 16 - 24 number: 8 (offset: 0x00002000 of size: 4096)
MD5 hash calculated over data:\t\tnone\n" "8192 4096," "ewfacquire could not read sectors 16 to 23"
errors "dcfldd: it does not say where" "dcfldd:/dev/sdb: Input/output error\n15+0 records in\ndcfldd:/dev/sdb: Input/output error\n" "" "met errors (2)"
errors "numbers that are too large" "${started}[!!] 9 occurrences while reading \`/dev/sdb' from sector 18446744073709551610 to sector 18446744073709551615
[!!] 9 occurrences while reading \`/dev/sdb' from sector 4095 to sector 18446744073709551615\n[!!] reading \`/dev/sdb' at sector 99999999999999999999
[!!] 9 occurrences while reading \`/dev/sdb' from sector 9 to sector 8\n$ended" "2096640 512,"
ddrescue="# Mapfile. Created by GNU ddrescue version 1.27\n0x0 ? 1\n"
errors "ddrescue: what its map does not name was not acquired" "${ddrescue}0x0 0x1000 +\n" "4096 2093056," "(state '?')"
errors "ddrescue: a line that is no range" "${ddrescue}0x0 0x1000 +\n0x10zz\n0x1000 0x1ff000 +\n" "" "is no range"
{ printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 ? 1\n'
	awk 'BEGIN { for (i = 0; i < 4096; i++) printf "0x%x 0x200 %s\n", i * 512, i % 2 ? "-" : "+" }'; } >disk.log
"$dump" disk.raw >out
is "ddrescue: 2,048 ranges are all damage, noted up to the limit" "$(grep -c '^damage ' out)/$(grep -c 'note acquisition_error' out)/$(grep -c 'note limit_hit' out)" 2048/1000/1
{ printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 ? 1\n0x0 0x100000 +\n'
	head -c 17000000 /dev/zero | tr '\0' '\n'; printf '0x100000 0x100000 +\n'; } >disk.log
"$dump" disk.raw >out
is "ddrescue: a map that is too long" "$(sed -n 's/^damage //p' out)" "1048576 1048576"
rm disk.log
# What stands there and cannot be read is no silence.
ln -s gone disk.raw.md5
verify "a list that is a link to nothing" 0 "disk.raw.md5 beside the image cannot be opened"
rm disk.raw.md5
mkfifo disk.raw.md5
verify "a list that is a pipe" 0 "disk.raw.md5 beside the image cannot be opened"
rm disk.raw.md5
mkdir disk.log
"$dump" disk.raw >out
is "a folder of that name is none" "$(grep -c artifact_unreadable out)" 0
rmdir disk.log
if [ -x "$fuzz" ]; then
	ok "changed logs end well" "$fuzz" 2000 seeds/*
else
	skip "changed logs end well" "fuzz_acquisition is not built"
fi
cd "$work" || exit 99
finish
