// A control group for the server alone, whose memory can be limited and taken away.

import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "./server.mjs";

const megabyte = 1024 * 1024;
const slack = 64 * 1024;

/** Of the two versions of the kernel's interface, the one that has the memory here. */
function find_interface() {
  const name = `rag-soak-${process.pid}`;
  const has_memory = (file) => {
    try {
      return readFileSync(file, "utf8").split(/\s+/).includes("memory");
    } catch {
      return false;
    }
  };
  if (has_memory("/sys/fs/cgroup/cgroup.subtree_control")) {
    return {
      version: 2, folder: `/sys/fs/cgroup/${name}`, limit: "memory.max", events: "memory.events",
      none: "max", usage: "memory.current",
    };
  }
  return {
    version: 1, folder: `/sys/fs/cgroup/memory/${name}`, limit: "memory.limit_in_bytes",
    events: "memory.oom_control", none: "-1", usage: "memory.usage_in_bytes",
  };
}

export class MemoryLimit {
  /** Null where no group may be made. */
  static make(megabytes) {
    const found = find_interface();
    try {
      accessSync(join(found.folder, ".."), constants.R_OK);
      mkdirSync(found.folder);
    } catch {
      return null;
    }
    const limit = new MemoryLimit(found, megabytes);
    try {
      limit.restore();
      return limit;
    } catch {
      limit.remove();
      return null;
    }
  }

  constructor(found, megabytes) {
    this.files = found;
    this.bytes = megabytes * megabyte;
    this.kind = `${megabytes} MB by control groups, version ${found.version}`;
  }

  /** The command so that it begins inside the group. */
  enclose(command) {
    const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    return ["/bin/sh", "-c", enter, this.files.folder, ...command];
  }

  restore() {
    writeFileSync(join(this.files.folder, this.files.limit), String(this.bytes));
  }

  /** Takes away what can be had until `over`: the kernel kills whoever then needs more. */
  async squeeze(over) {
    while (!over()) {
      const usage = Number(readFileSync(join(this.files.folder, this.files.usage), "utf8"));
      // Version 1 refuses what it cannot get by dropping pages of files; then what is used is all
      // that there may be.
      if (!this.#try_limit(usage * 0.9)) this.#try_limit(usage + slack);
      await sleep(20);
    }
  }

  #try_limit(bytes) {
    try {
      writeFileSync(join(this.files.folder, this.files.limit), String(Math.floor(bytes)));
      return true;
    } catch {
      return false;
    }
  }

  kills() {
    const events = readFileSync(join(this.files.folder, this.files.events), "utf8");
    return Number(events.match(/^oom_kill (\d+)$/m)?.[1] ?? 0);
  }

  remove() {
    try {
      rmdirSync(this.files.folder);
    } catch {
      // A process is in it still; the kernel forgets the group with the machine.
    }
  }
}
