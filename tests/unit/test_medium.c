/* test_medium.c - what evidence lies on, told by a made-up sysfs: partitions, stacked devices, USB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/triage/medium.h"
#include "tap.h"

static void
make(const char *root, const char *command)
{
	char line[1024];

	snprintf(line, sizeof line, "cd '%s' && %s", root, command);
	if (system(line))
		abort();
}

static bool
asks(const char *root, unsigned major, unsigned minor, const char *why)
{
	struct buffer text;
	bool sequential;

	buffer_init(&text, 0);
	sequential = device_is_sequential(root, major, minor, &text);
	if (!strstr(text.bytes, why))
		printf("# %s\n", text.bytes);
	sequential = sequential && strstr(text.bytes, why);
	buffer_release(&text);
	return sequential;
}

int
main(void)
{
	char root[] = "/tmp/t1554-medium.XXXXXX", command[64];
	struct buffer why;

	if (!mkdtemp(root))
		abort();
	make(root, "mkdir -p dev/block d/pci/ata1/block/sda/sda1 d/pci/ata1/block/sda/queue d/pci/nvme/nvme0n1/queue "
		"d/pci/usb2/2-1/block/sdb/queue d/virtual/block/dm-0/slaves d/virtual/block/dm-0/queue "
		"d/virtual/block/loop/slaves d/virtual/block/loop/queue");
	make(root, "echo 1 >d/pci/ata1/block/sda/queue/rotational; echo 0 >d/pci/nvme/nvme0n1/queue/rotational; "
		"echo 0 >d/pci/usb2/2-1/block/sdb/queue/rotational; echo 0 >d/virtual/block/dm-0/queue/rotational; "
		"echo 0 >d/virtual/block/loop/queue/rotational");
	make(root, "ln -s ../../d/pci/ata1/block/sda dev/block/8:0; ln -s ../../d/pci/ata1/block/sda/sda1 dev/block/8:1; "
		"ln -s ../../d/pci/nvme/nvme0n1 dev/block/259:0; ln -s ../../d/pci/usb2/2-1/block/sdb dev/block/8:16; "
		"ln -s ../../d/virtual/block/dm-0 dev/block/254:0; ln -s ../../../../pci/usb2/2-1/block/sdb "
		"d/virtual/block/dm-0/slaves/sdb; ln -s ../../d/virtual/block/loop dev/block/7:0; "
		"ln -s ../../loop d/virtual/block/loop/slaves/loop");
	OK(asks(root, 8, 0, "sda, a disk that rotates"), "a rotating disk");
	OK(asks(root, 8, 1, "sda1, a disk that rotates"), "a partition of it: the queue is its parent's");
	OK(asks(root, 8, 16, "sdb, which is attached by USB"), "a disk on USB that does not rotate");
	OK(asks(root, 254, 0, "sdb, which is attached by USB"), "a device made of it");
	make(root, "mkdir -p d/pci/virtio1/block/vda/queue; echo 1 >d/pci/virtio1/block/vda/queue/rotational; "
		"ln -s ../../d/pci/virtio1/block/vda dev/block/252:0");
	buffer_init(&why, 0);
	OK(!device_is_sequential(root, 252, 0, &why), "a disk of a hypervisor, whose word is none");
	OK(!device_is_sequential(root, 259, 0, &why), "NVMe");
	OK(!device_is_sequential(root, 7, 0, &why), "a device that names itself as its part");
	OK(!device_is_sequential(root, 99, 9, &why), "a device that is not there");
	OK(strstr(why.bytes, "no disk that is known"), "and it is said");
	buffer_clear(&why);
	medium_is_sequential(-1, &why);
	OK(strstr(why.bytes, "cannot be found out"), "no descriptor");
	buffer_release(&why);
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	if (system(command))
		return 1;
	return tap_done();
}
