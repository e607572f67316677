# SPDX-License-Identifier: BSD-2-Clause
"""image.iso: the image with GRUB, bootable from a CD or a USB stick, on a BIOS and on UEFI.

grub-mkrescue would do, but makes 20 MB that differ every time. This makes GRUB's two core images with just
the modules that are needed and the commands built in, a FAT file system for UEFI, and lets xorriso put them
together; same input, same bytes.
"""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .common import ToolError
from .fat import make_fat

GRUB = Path("/usr/lib/grub")
KERNEL = "/boot/lucid.elf"
MODULES = ["iso9660", "part_msdos", "part_gpt", "search", "search_fs_file", "multiboot2", "echo", "test", "sleep",
           "boot"]
BIOS_MODULES = ["biosdisk", *MODULES]
UEFI_MODULES = ["fat", "efi_gop", "efi_uga", *MODULES]
EPOCH = "315532800"  # 1980-01-01: the date of everything in the ISO

COMMANDS = """\
search --no-floppy --set=root --file {kernel}
echo "Loading {system}"
multiboot2 {kernel}
boot
echo "The image did not start."
sleep 10
"""


def call(words, **more):
    """Run a program; its output only matters if it fails."""
    try:
        done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, **more)
    except FileNotFoundError:
        raise ToolError(f"{words[0]} is missing; it is needed for the ISO", "./lucid doctor --install") from None
    if done.returncode != 0:
        raise ToolError(f"{words[0]} failed:\n{done.stdout.rstrip()}")


def core_image(folder, platform, modules, commands):
    """GRUB's core for a platform, with the modules and commands in it."""
    if not (GRUB / platform).is_dir():
        raise ToolError(f"{GRUB / platform} is missing; it is needed for the ISO", "./lucid doctor --install")
    path = folder / f"{platform}.img"
    call(["grub-mkimage", "-O", platform, "-p", "/boot/grub", "-c", commands, "-o", path, *modules])
    return path


def make_iso(image, system_name, output):
    """Write the ISO of an image."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = folder / "tree"
        (tree / "boot/grub").mkdir(parents=True)
        shutil.copyfile(image, tree / KERNEL.lstrip("/"))
        commands = folder / "commands.cfg"
        commands.write_text(COMMANDS.format(kernel=KERNEL, system=system_name))
        bios = core_image(folder, "i386-pc", BIOS_MODULES, commands)
        (tree / "boot/grub/bios.img").write_bytes((GRUB / "i386-pc/cdboot.img").read_bytes() + bios.read_bytes())
        uefi = core_image(folder, "x86_64-efi", UEFI_MODULES, commands)
        (tree / "boot/grub/efi.img").write_bytes(make_fat({"EFI": {"BOOT": {"BOOTX64.EFI": uefi.read_bytes()}}}))
        _same_attributes(tree)
        temporary = Path(f"{output}.{os.getpid()}")
        try:
            _assemble(tree, temporary)
            os.replace(temporary, output)
        finally:
            temporary.unlink(missing_ok=True)


def _same_attributes(tree):
    """Permissions and times go into the ISO: independent of the umask and the clock."""
    for path in (*tree.rglob("*"), tree):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (int(EPOCH), int(EPOCH)))


def _assemble(tree, output):
    bios = ["-b", "boot/grub/bios.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table",
            "--grub2-boot-info", "--grub2-mbr", GRUB / "i386-pc/boot_hybrid.img"]
    uefi = ["-eltorito-alt-boot", "-e", "boot/grub/efi.img", "-no-emul-boot", "-isohybrid-gpt-basdat"]
    call(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "LUCID", "-o", output, *bios, *uefi,
          "--protective-msdos-label", tree],
         env=dict(os.environ, SOURCE_DATE_EPOCH=EPOCH, TZ="UTC", LC_ALL="C.UTF-8"))
