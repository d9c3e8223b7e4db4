// A small file system of the run's own, which can be filled.

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const piece_min = 4096;

const works = (program, ...options) => spawnSync(program, options).status === 0;

/** Ext4 in a file where a loop device is to be had, else a tmpfs. */
function mount(folder, image, megabytes) {
  if (works("truncate", "-s", `${megabytes}M`, image) &&
    works("mkfs.ext4", "-q", "-F", "-m", "0", image) &&
    works("mount", "-o", "loop", image, folder)) {
    return `ext4 of ${megabytes} MB in a file`;
  }
  rmSync(image, { force: true });
  return works("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder)
    ? `tmpfs of ${megabytes} MB`
    : null;
}

export class SmallDisk {
  /** Null where none can be mounted, which takes root. */
  static make(folder, megabytes) {
    const place = join(folder, "disk");
    mkdirSync(place);
    const kind = mount(place, join(folder, "disk.image"), megabytes);
    if (kind === null) return null;
    chmodSync(place, 0o755); // The database server has a user of its own.
    return new SmallDisk(place, kind);
  }

  constructor(folder, kind) {
    this.folder = folder;
    this.kind = kind;
    this.fillers = [];
  }

  /** Takes every free byte. Again and again, while something else may give some back. */
  fill() {
    const { bavail, bsize } = statfsSync(this.folder);
    for (let size = bavail * bsize; size >= piece_min; size = Math.floor(size / 2)) {
      const filler = join(this.folder, `filler${this.fillers.length}`);
      // What is promised to one file no other can have; nothing is written.
      this.fillers.push(filler);
      if (!works("fallocate", "-l", String(size), filler)) rmSync(filler, { force: true });
    }
  }

  free() {
    for (const filler of this.fillers.splice(0)) rmSync(filler, { force: true });
  }

  /** Lazily, because the database may have files on it until it ends. */
  remove() {
    this.free();
    works("umount", "-l", this.folder);
  }
}
