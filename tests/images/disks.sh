#!/bin/sh
# Containers of virtual disks against qemu-img: each form of one medium, bases, snapshots, damage.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need qemu-img qemu-io mke2fs openssl python3
edit=${TOP_SRCDIR:-.}/tests/images/disk_edit.py
fuzz=${TOP_BUILDDIR:-.}/tests/fuzz/fuzz_disk
cd "$work" || exit 99

truncate -s 24M raw
mkdir tree
noise 1 3000000 >tree/noise
seq 200000 >tree/text
mke2fs -q -F -t ext4 -d tree raw || exit 99
medium=$(sha256sum <raw | cut -d' ' -f1)

# same TEXT OPERAND [DIGEST]: the medium is read whole, without damage, and is the one that was put in.
same() {
	"$dump" "$2" >out
	has "$1" out "computed.sha256=${3:-$medium}" "open status=0" "verify status=0"
}

# convert OPTIONS... FILE
convert() { qemu-img convert -q -f raw "$@"; }

for options in compat=0.10 cluster_size=512 cluster_size=2M extended_l2=on extended_l2=on,cluster_size=2M; do
	convert -O qcow2 -o $options raw a.qcow2
	same "qcow2 $options" a.qcow2
	convert -c -O qcow2 -o $options raw a.qcow2
	same "qcow2 $options, compressed" a.qcow2
done
mv a.qcow2 renamed.raw
"$dump" --volumes renamed.raw >out
has "the magic decides, not the name" out "exhibit E1 image qcow2 renamed.raw" "size 25165824"
if convert -c -O qcow2 -o compression_type=zstd raw zstd.qcow2 2>said; then
	same "qcow2, compressed with zstd" zstd.qcow2
else
	skip "qcow2, compressed with zstd" "this qemu-img has none"
fi
convert -O qcow2 -o data_file=data.bin raw external.qcow2
same "qcow2 with its data in a file of its own" external.qcow2
has "which is a segment" out "segment data.bin there"
mkdir without
cp external.qcow2 without
"$dump" without/external.qcow2 >out
has "without that file its clusters are damage" out "segment data.bin missing" "open status=-1" \
	"note image_incomplete" "which is not there: put it beside the image" "damage "
is "and no byte of them is taken for another" "$(sed -n 's/^verify status=//p' out)" -1
for form in monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat streamOptimized; do
	mkdir $form
	convert -O vmdk -o subformat=$form raw $form/disk.vmdk
	same "VMDK $form" $form/disk.vmdk
done
for form in dynamic fixed; do
	convert -O vpc -o subformat=$form,force_size=on raw $form.vhd
	same "VHD $form" $form.vhd
	convert -O vhdx -o subformat=$form raw $form.vhdx
	same "VHDX $form" $form.vhdx
done

# Descriptions and their parts are one exhibit, whichever is given
"$dump" --volumes twoGbMaxExtentSparse/disk-s001.vmdk >out
has "a part of a VMDK leads to the whole" out "exhibit E1 image vmdk disk-s001.vmdk" "segment disk.vmdk there" \
	"segment disk-s001.vmdk there"
"$dump" --volumes monolithicFlat/disk-flat.vmdk monolithicFlat/disk.vmdk >out
is "the flat part too" "$(grep -cE '^exhibit|^segment' out)" 3
printf '# Disk DescriptorFile\r\nCID=1\r\nparentCID=ffffffff\r\nRW 49152 FLAT "disk-flat.vmdk" 0\r\n' >monolithicFlat/short.vmdk
same "a description of few bytes, as other programs write it" monolithicFlat/short.vmdk
rm twoGbMaxExtentSparse/disk-s001.vmdk
"$dump" twoGbMaxExtentSparse/disk.vmdk >out
has "a missing part is damage" out "segment disk-s001.vmdk missing" "note image_incomplete" \
	"damage 0 25165824" "verify status=-1"

# Bases: what a host wrote later lies over them
mkdir chain
cp raw chain/base.raw
(cd chain && qemu-img create -q -f qcow2 -b base.raw -F raw middle.qcow2 &&
	qemu-io -c 'write -P 0x55 1M 200k' -c 'write -z 3M 64k' middle.qcow2 >said &&
	qemu-img create -q -f qcow2 -b middle.qcow2 -F qcow2 top.qcow2 &&
	qemu-io -c 'write -P 0x77 1100k 4k' top.qcow2 >said &&
	qemu-img convert -O raw top.qcow2 ../top.raw)
top=$(sha256sum <top.raw | cut -d' ' -f1)
same "a chain of bases" chain/top.qcow2 "$top"
has "the chain is one exhibit and is named" out "segment middle.qcow2 there" "segment base.raw there" \
	"acquisition container=top.qcow2 (qcow2)" "acquisition base=middle.qcow2 (qcow2)" "acquisition base=base.raw (raw)"
"$dump" --volumes chain/base.raw chain/middle.qcow2 chain/top.qcow2 >out
is "given together they are one exhibit too" "$(grep ^exhibit out)" "exhibit E1 image qcow2 top.qcow2"
mkdir chain/lost
cp chain/top.qcow2 chain/lost
"$dump" chain/lost/top.qcow2 >out
has "a missing base is damage where it held the medium" out "segment middle.qcow2 missing" "note image_incomplete" \
	"which is not there" "damage 0 "
"$dump" --bytes chain/lost/top.qcow2 >bytes
ok "what lies above it is read" cmp -s -n 4096 -i 1126400 bytes top.raw
(cd chain && qemu-img create -q -f qcow2 -b ../raw -F raw far.qcow2)
"$dump" --volumes chain/far.qcow2 >out
has "a base in another folder is not opened" out "segment raw missing"
(cd chain && qemu-img create -q -f qcow2 loop.qcow2 1M && qemu-img rebase -u -f qcow2 -b loop.qcow2 -F qcow2 loop.qcow2)
"$dump" chain/loop.qcow2 >out
has "a base of itself ends" out "is a base of itself" "damage 0 1048576"
mkdir deltas
convert -O vmdk raw deltas/disk.vmdk
(cd deltas && qemu-img create -q -f vmdk -b disk.vmdk -F vmdk disk-000001.vmdk &&
	qemu-io -f vmdk -c 'write -P 0x66 2M 64k' disk-000001.vmdk >said &&
	qemu-img convert -O raw disk-000001.vmdk ../delta.raw)
same "a snapshot of a VMDK and its base" deltas/disk-000001.vmdk "$(sha256sum <delta.raw | cut -d' ' -f1)"
sed -i 's/^\(CID=.*\)....$/\1c0fe/' deltas/disk.vmdk
"$dump" --volumes deltas/disk-000001.vmdk >out
has "a base of another state is told" out "disk.vmdk is not the state of the base" "c0fe"

# States inside: the active one is read, the others are named
convert -O qcow2 raw states.qcow2
qemu-img snapshot -c 'before the change' states.qcow2
qemu-io -c 'write -P 0x33 4M 128k' states.qcow2 >said
qemu-img snapshot -c second states.qcow2
qemu-img convert -O raw states.qcow2 states.raw
same "the active state of a qcow2 with snapshots" states.qcow2 "$(sha256sum <states.raw | cut -d' ' -f1)"
has "the others are named" out 'note states_passed' 'holds 2 further states' '"before the change", "second"'

# Differencing images, and a log that was open, which qemu-img does not write
python3 "$edit" vhd-child dynamic.vhd child.vhd
python3 "$edit" expect-child raw child.raw
same "a differencing VHD" child.vhd "$(sha256sum <child.raw | cut -d' ' -f1)"
python3 "$edit" vhdx-child dynamic.vhdx child.vhdx
same "a differencing VHDX" child.vhdx "$(sha256sum <child.raw | cut -d' ' -f1)"
cp dynamic.vhdx dirty.vhdx
python3 "$edit" vhdx-log dirty.vhdx
python3 "$edit" expect-log dynamic.vhdx raw log.raw
"$dump" dirty.vhdx >out
has "the log of a VHDX is replayed" out "computed.sha256=$(sha256sum <log.raw | cut -d' ' -f1)" \
	"note journal_replayed" "open status=0"
cp dirty.vhdx replayed.vhdx
qemu-img check -q -r all -f vhdx replayed.vhdx >said 2>&1
qemu-img convert -f vhdx -O raw replayed.vhdx replayed.raw
ok "as QEMU replays it" cmp replayed.raw log.raw
python3 "$edit" vhdx-log dirty.vhdx torn
"$dump" --volumes dirty.vhdx >out
has "a torn log is told" out "its log cannot be replayed" "open status=-1"

# What cannot be read says why
echo secret12 >key
# Not luks: qemu-img measures how fast it derives a key, and fails where that took no time that it can tell.
qemu-img convert -q --object secret,id=s,file=key -f raw -O qcow2 -o encrypt.format=aes,encrypt.key-secret=s \
	tree/text locked.qcow2 2>said
"$dump" locked.qcow2 >out
has "an encrypted qcow2" out "open status=-2" "it is encrypted"
printf 'QFI\373\000\000\000\001' >old.qcow2
head -c 2000 /dev/zero >>old.qcow2
"$dump" old.qcow2 >out
has "qcow version 1" out "open status=-2" "of a version that is not read"
printf 'COWD\001\000\000\000' >esx.vmdk
head -c 2000 /dev/zero >>esx.vmdk
"$dump" esx.vmdk >out
has "a snapshot of ESX" out "open status=-2" "vmfsSparse"
printf '# Disk DescriptorFile\nCID=1\nparentCID=ffffffff\nRW 100 SESPARSE "x-sesparse.vmdk"\nRW 50 ZERO\n' >se.vmdk
head -c 600 /dev/zero >x-sesparse.vmdk
head -c 600 /dev/zero | tr '\0' '\n' >>se.vmdk
"$dump" se.vmdk >out
has "a part of a kind that is not read" out "seSparse" "damage 0 51200" "size 76800"

# Damage: tables that point outside, clusters that do not inflate, cut tails
convert -O qcow2 raw table.qcow2
l2=$(python3 "$edit" qcow2-l2 table.qcow2)
patch table.qcow2 "$l2" '\200\000\000\177\000\000\000\000'
"$dump" table.qcow2 >out
has "an entry behind the end of the file" out "points behind the end of its file" "damage 0 65536" "verify status=-1"
"$dump" --twice 100 20 table.qcow2 >out
is "which each read says" "$(grep -c 'status=-1 length=20 touched=yes' out)" 2
patch table.qcow2 "$l2" '\200\000\000\000\000\000\002\000'
"$dump" table.qcow2 >out
has "an entry between two clusters" out "points between two clusters" "damage 0 65536"
convert -c -O qcow2 raw packed.qcow2
size=$(stat -c %s packed.qcow2)
dd if=/dev/urandom of=packed.qcow2 bs=1k seek=$((size / 1024 - 60)) count=2 conv=notrunc status=none
"$dump" packed.qcow2 >out
has "a compressed cluster that does not inflate" out "note image_damaged" "damaged_ranges=" "verify status=-1" "damage "
for file in packed.qcow2 dynamic.vhd dynamic.vhdx monolithicSparse/disk.vmdk streamOptimized/disk.vmdk; do
	head -c $((size / 2)) "$file" >cut.img
	"$dump" cut.img >out
	ok "$file cut short is no whole medium" grep -qE '^damage |open status=-2' out
done
python3 "$edit" compare-damaged "$dump" packed.qcow2 raw >said
is "what is no damage is right" "$(cat said)" equal

for place in 65544:header 196620:regions; do
	cp dynamic.vhdx half.vhdx
	patch half.vhdx "${place%:*}" '\377'
	"$dump" half.vhdx >out
	has "a VHDX with one of its two ${place#*:} damaged: the other is used, and that is said" out \
		"computed.sha256=$medium" "note image_damaged" "is used" "open status=-1"
done

# Tables have no checksums: what they cannot say is damage, never zeros or the content of another place.
convert -O qcow2 raw entry.qcow2
convert -O vpc -o subformat=dynamic,force_size=on raw entry.vhd
convert -O vhdx -o subformat=dynamic,block_size=1M raw entry.vhdx
convert -O vmdk raw entry.vmdk
for form in qcow2 vhd vhdx vmdk; do
	for way in lose double; do
		cp entry.$form $way.$form
		python3 "$edit" $way-entry $form $way.$form
		"$dump" $way.$form >out
		has "$form, $way an entry: it is damage" out "note image_damaged" "damage " "verify status=-1"
		python3 "$edit" compare-damaged "$dump" $way.$form raw >said
		is "$form, $way an entry: nothing else differs" "$(cat said)" equal
	done
	case $form in
	vmdk) has "$form: two tables disagree" out "the two sets of tables" ;;
	*) has "$form: the tables and the file disagree" out "for two places" "do not lead to" "open status=-1" ;;
	esac
done
convert -c -O vmdk -o subformat=streamOptimized raw double-stream.vmdk
python3 "$edit" double-entry vmdk double-stream.vmdk
"$dump" double-stream.vmdk >out
has "a compressed part says which one it is: the second table is used, and that is said" out "keeps its tables twice" \
	"open status=-1"
python3 "$edit" compare-damaged "$dump" double-stream.vmdk raw >said
is "and is not taken for another" "$(cat said)" equal
if [ -x "$fuzz" ]; then
	mkdir seeds
	truncate -s 1M small
	head -c 100000 tree/text | dd of=small bs=1k seek=100 conv=notrunc status=none
	for options in compat=1.1 extended_l2=on compression_type=zlib; do
		convert -c -O qcow2 -o $options small seeds/$options.qcow2
	done
	convert -O qcow2 small seeds/plain.qcow2
	convert -O vmdk small seeds/sparse.vmdk
	convert -O vmdk -o subformat=streamOptimized small seeds/stream.vmdk
	convert -O vpc small seeds/dynamic.vhd
	convert -O vhdx small seeds/dynamic.vhdx
	cp child.vhd child.vhdx seeds
	ok "changed images end well" "$fuzz" -seconds=5 seeds/*
else
	skip "changed images end well" "fuzz_disk is not built"
fi

if [ -d "$shared/images" ]; then
	for name in ext2.qcow2 windows_volume.qcow2; do
		qemu-img convert -O raw "$shared/images/$name" real.raw
		"$dump" --bytes "$shared/images/$name" >bytes
		ok "a real image: $name" cmp bytes real.raw
	done
	if command -v img_cat >/dev/null && img_cat -i vhd "$shared/images/image.vhd" >real.raw 2>said; then
		"$dump" --bytes "$shared/images/image.vhd" >bytes
		ok "a real image that qemu-img refuses: image.vhd" cmp bytes real.raw
	else
		skip "a real VHD" "img_cat of The Sleuth Kit does not read it"
	fi
else
	skip "real images" "no shared data"
fi
finish
