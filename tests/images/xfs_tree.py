#!/usr/bin/env python3
"""Fills a mounted XFS with every form that its structures take.

	xfs_tree.py FOLDER BLOCK_SIZE [few]

Directories within the inode, of one block, with leaves and nodes; extents as lists and as trees of
one and two levels, holes, extents that are not written, shared ones; attributes within the inode, in
leaves, nodes and blocks of their own; all types; times before 1970, behind 2038, with nanoseconds.
With "few" the long ones are left out.
"""
import ctypes
import fcntl
import os
import socket
import stat
import struct
import sys

KEEP_SIZE, PUNCH_HOLE = 1, 2
FS_IOC_SETFLAGS, IMMUTABLE, FICLONE = 0x40086602, 0x10, 0x40049409
libc = ctypes.CDLL(None, use_errno=True)


def allocate(file, mode, offset, length):
	if libc.fallocate(file.fileno(), mode, ctypes.c_long(offset), ctypes.c_long(length)):
		raise OSError(ctypes.get_errno(), "fallocate")


def write(path, content):
	with open(path, "wb") as file:
		file.write(content)
	return path


def names(folder, count):
	os.mkdir(folder)
	for number in range(count):
		name = f"{folder}/a name of some length, {number:06d}"
		if number % 7:
			os.symlink("x", name)
		else:
			write(name, b"x" * number)


def pieces(path, block, count):
	"""Each second block a hole."""
	with open(path, "wb") as file:
		for number in range(count):
			file.seek(2 * number * block)
			file.write(bytes([number % 251 + 1]) * (block - 1))
		file.flush()
		os.fsync(file.fileno())


def contents(block, few):
	os.mkdir("contents")
	os.chdir("contents")
	write("empty", b"")
	write("small", b"small\n")
	write("block", b"b" * block)
	write("long", bytes(range(256)) * 1500)
	with open("hole", "wb") as file:
		file.truncate(300000)
		file.seek(131072)
		file.write(b"island")
	with open("unwritten", "wb") as file:
		allocate(file, 0, 0, 8 * block)
		file.seek(3 * block)
		file.write(b"written" * 100)
	with open("beyond", "wb") as file:
		file.write(b"end")
		allocate(file, KEEP_SIZE, 0, 16 * block)
	pieces("list", block, 6)
	pieces("tree", block, 60)
	if not few:
		pieces("tree of two levels", block, min(2000, (24 << 20) // block))
	os.chdir("..")


def share():
	os.mkdir("shared")
	with open("contents/long", "rb") as old, open("shared/copy", "wb") as new:
		try:
			fcntl.ioctl(new.fileno(), FICLONE, old.fileno())
		except OSError:
			return
	with open("shared/copy", "r+b") as file:
		file.seek(100000)
		file.write(b"changed")


def attributes(few):
	os.mkdir("attributes")
	os.chdir("attributes")
	capability = bytes.fromhex("0100000200200000000000000000000000000000")
	with_root = bytes.fromhex("010000030020000000000000000400000000000000c0b000")
	os.setxattr(write("label", b""), "security.selinux", b"system_u:object_r:bin_t:s0\0")
	os.setxattr(write("capability", b""), "security.capability", capability)
	os.setxattr(write("capability of a root", b""), "security.capability", with_root)
	os.setxattr(write("ima", b""), "security.ima", b"\x04\x04" + bytes(range(32)))
	os.mkdir("opaque")
	os.setxattr("opaque", "trusted.overlay.opaque", b"y")
	for name, count, length in (("leaf", 30, 40), ("node", 20 if few else 400, 200), ("apart", 2, 20000)):
		write(name, b"")
		for number in range(count):
			os.setxattr(name, f"user.number {number}", bytes([number % 256]) * length)
		os.setxattr(name, "security.selinux", f"system_u:object_r:{name}_t:s0".encode() + b"\0")
		os.setxattr(name, "security.capability", capability)
	os.chdir("..")


def others():
	os.mkdir("others")
	os.chdir("others")
	os.mkfifo("fifo", 0o640)
	os.mknod("character", stat.S_IFCHR | 0o600, os.makedev(5, 1))
	os.mknod("whiteout", stat.S_IFCHR | 0o000, os.makedev(0, 0))
	os.mknod("block", stat.S_IFBLK | 0o660, os.makedev(259, 70000))
	socket.socket(socket.AF_UNIX).bind("socket")
	os.symlink("short", "link")
	os.symlink("x/" * 511, "long link")
	os.symlink("y" * 250, "link of 250")
	os.link("fifo", "same")
	os.chmod(write("setuid", b"x"), 0o6755)
	os.chown(write("owned", b"x"), 4000000000, 3000000000)
	write(b"odd \xff\n name", b"x")
	write("n" * 255, b"x")
	for name, seconds in (("before", -1234567), ("edge", 2**31 - 1), ("behind", 2**31 + 5), ("far", 2**33)):
		write(name, b"x")
		os.utime(name, ns=(seconds * 10**9 + 123456789, seconds * 10**9 + 987654321))
	os.utime("link", ns=(1, 999999999), follow_symlinks=False)
	with open(write("immutable", b"x")) as file:
		fcntl.ioctl(file.fileno(), FS_IOC_SETFLAGS, struct.pack("L", IMMUTABLE))
	os.chdir("..")


def main():
	os.chdir(sys.argv[1])
	block, few = int(sys.argv[2]), "few" in sys.argv
	contents(block, few)
	share()
	attributes(few)
	others()
	names("short", 2)
	names("one block", 20)
	names("leaves", 300)
	if not few:
		names("nodes", 6000)
	# What is removed leaves room in blocks that stay.
	for number in range(0, 300, 3):
		os.unlink(f"leaves/a name of some length, {number:06d}")
	os.mkdir("empty")
	os.mkdir("deep")
	for level in range(40):
		os.mkdir("deep/" + "/".join(["d"] * (level + 1)))


main()
