#!/usr/bin/env python3
"""What a file system holds, a line a name, in one form for two views of it.

	xfs_view.py mounted FOLDER         as the kernel shows it
	xfs_view.py dumped FILE            as tests/images/dump_filesystem -d tells it
	xfs_view.py placed FOLDER          as mkfs.xfs puts a folder there: without links, times and attributes
	xfs_view.py prototype FOLDER       the prototype for that

A line: path, type, mode, links, owner, group, size, four times in nanoseconds, target, label,
capabilities, immutable, SHA-256 of each reading.
"""
import array
import calendar
import fcntl
import hashlib
import os
import re
import stat
import subprocess
import sys
import urllib.parse

FS_IOC_GETFLAGS, IMMUTABLE = 0x80086601, 0x10
TYPES = {stat.S_IFREG: "regular", stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
	stat.S_IFSOCK: "socket", stat.S_IFCHR: "character", stat.S_IFBLK: "block"}


def attribute(path, name):
	try:
		return os.getxattr(path, name, follow_symlinks=False)
	except OSError:
		return b""


def is_immutable(path, kind):
	if kind not in ("regular", "directory"):
		return False
	flags = array.array("L", [0])
	descriptor = os.open(path, os.O_RDONLY)
	fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, flags)
	os.close(descriptor)
	return bool(flags[0] & IMMUTABLE)


def digest(path):
	with open(path, "rb") as file:
		return hashlib.file_digest(file, "sha256").hexdigest()


def births(root):
	"""Python does not tell them.  What has none (version 4) has 0."""
	names = subprocess.run(["find", ".", "-print0"], cwd=root, capture_output=True, check=True).stdout
	told = subprocess.run(["xargs", "-0", "stat", "--printf", r"%n\0%.9W\0"], cwd=root, input=names,
		capture_output=True, check=True).stdout.split(b"\0")
	for path, time in zip(told[0::2], told[1::2]):
		seconds, _, fraction = time.decode().partition(".")
		if fraction:
			yield path[1:] or b"/", int(seconds) * 10**9 + int(fraction)


def mounted(root):
	born = dict(births(root))
	for folder, folders, files in os.walk(os.fsencode(root)):
		for name in folders + files:
			path = os.path.join(folder, name)
			shown = path[len(root):]
			told = os.lstat(path)
			kind = TYPES[stat.S_IFMT(told.st_mode)]
			capability = attribute(path, "security.capability")
			permitted = int.from_bytes(capability[4:8], "little") | int.from_bytes(capability[12:16], "little") << 32
			has_attributes = kind in ("regular", "directory")
			yield [shown, kind, told.st_mode & 0o7777, told.st_nlink, told.st_uid, told.st_gid, told.st_size,
				told.st_atime_ns, told.st_mtime_ns, told.st_ctime_ns, born.get(shown, ""),
				os.readlink(path) if kind == "link" else b"",
				attribute(path, "security.selinux").rstrip(b"\0") if has_attributes else b"", permitted,
				is_immutable(path, kind)] + ([digest(path)] * 2 if kind == "regular" else ["", ""])


def nanoseconds(text):
	if not text:
		return ""
	found = re.fullmatch(r"([+-]?\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{9})Z", text)
	return calendar.timegm(tuple(int(part) for part in found.groups()[:6])) * 10**9 + int(found[7])


def dumped(path):
	entries, digests = {}, {}
	for line in open(path, encoding="ascii"):
		words = line.rstrip("\n").split(" ")
		if words[0] == "digest":
			digests.setdefault(words[4], {})[words[1]] = words[2] if words[3] == "0" else words[3]
		if words[0] != "entry":
			continue
		told = dict(word.split("=", 1) for word in words[1:])
		# Of several deleted names of a path one would hide the living.
		if told.get("state", "allocated") == "allocated":
			entries[told["path"]] = told
	for name, told in entries.items():
		two = digests.get(name, {})
		def text(key):
			return urllib.parse.unquote_to_bytes(told.get(key, ""))
		yield [text("path"), told.get("type"), int(told.get("mode", "0"), 8)] + [int(told.get(key, "0"))
			for key in ("links", "uid", "gid", "size")] + [nanoseconds(urllib.parse.unquote(told.get(key, "")))
			for key in ("modified", "accessed", "changed", "born")][1::-1] + [nanoseconds(urllib.parse.unquote(told.get(key, "")))
			for key in ("changed", "born")] + [text("link_target"), text("selinux"),
			int(told.get("capabilities", "0")), told.get("immutable") == "yes", two.get("runs", ""), two.get("library", "")]


def children(folder):
	return sorted(os.scandir(folder), key=lambda entry: entry.name)


def prototype(folder, depth=0):
	"""xfsprogs, mkfs.xfs(8): name, type with mode, owner, group, content."""
	for entry in children(folder):
		if entry.is_dir():
			print(entry.name, "d--755 0 0")
			prototype(entry.path, depth + 1)
		else:
			print(entry.name, "-u-640 5 70000", os.path.abspath(entry.path))
	print("$")


def placed(folder, shown=""):
	for entry in children(folder):
		path = f"{shown}/{entry.name}"
		if entry.is_dir():
			yield from placed(entry.path, path)
			yield [path.encode(), "directory", 0o755, 0, 0, ""]
		else:
			yield [path.encode(), "regular", 0o4640, 5, 70000, os.path.getsize(entry.path), b"", digest(entry.path), digest(entry.path)]


def main():
	if sys.argv[1] == "prototype":
		print("/nothing\n0 0\nd--755 0 0")
		prototype(sys.argv[2])
		return
	views = {"mounted": mounted, "dumped": dumped, "placed": placed}
	for row in sorted(views[sys.argv[1]](sys.argv[2])):
		print("\t".join("" if value == "" else repr(value) for value in row))


main()
