#!/bin/sh
# What tools of acquisition write beside an image: digests, values, ranges that could not be read.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need md5sum sha256sum openssl mke2fs
program=${TOP_BUILDDIR:-.}/t1554triage
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
rm disk.raw.md5 disk.sha1 disk.raw.sha256
echo "$wrong  other.raw" >disk.raw.md5
is "a list that names another file is not this image's" "$(none)" 0
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
cd "$work" || exit 99
finish
