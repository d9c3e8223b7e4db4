// The server under test as a child process: started, killed, looked at from outside.

import { spawn } from "node:child_process";
import { openSync, readFileSync, readdirSync } from "node:fs";

const healthy_within_ms = 60_000;
const copied_within_ms = 120_000;
const stopped_within_ms = 10_000;

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is true; false when that takes too long. */
export async function becomesTrue(ask, most_ms, pause_ms = 25) {
  const end = Date.now() + most_ms;
  for (;;) {
    if (await ask()) return true;
    if (Date.now() > end) return false;
    await sleep(pause_ms);
  }
}

/** A command with what it wrote: {code, out, err}. */
export function run([program, ...options], env = process.env) {
  const child = spawn(program, options, { env, stdio: ["ignore", "pipe", "pipe"] });
  const written = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (written.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (written.err += text));
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => done({ code, ...written }));
  });
}

export class Server {
  /** `enclose` turns a command into one that runs under limits; what it writes goes to `log`. */
  constructor({ binary, environment, port, log, enclose, onCrash }) {
    Object.assign(this, { binary, environment, port, log, onCrash });
    this.enclose = enclose ?? ((command) => command);
    this.address = `http://127.0.0.1:${port}`;
    this.more = {};
    this.process = null;
  }

  /** With these variables beside the usual ones, else with those of the last start. */
  start(more = this.more) {
    this.more = more;
    const out = openSync(this.log, "a");
    const [program, ...options] = this.enclose([this.binary, "serve"]);
    const env = { ...this.environment, ...more, PORT: String(this.port) };
    const child = spawn(program, options, { env, stdio: ["ignore", "ignore", out] });
    this.process = child;
    this.ending = false;
    this.gone = new Promise((done) => {
      child.once("exit", (code, signal) => {
        done(signal ?? code);
        if (!this.ending && this.process === child) this.onCrash(signal ?? code);
      });
    });
  }

  get isRunning() {
    const { process } = this;
    return process !== null && process.exitCode === null && process.signalCode === null;
  }

  /** From now on its end is not its own fault. */
  expectEnd() {
    this.ending = true;
  }

  /** Ends it; how it ended: its exit code or the signal's name. */
  async end(signal) {
    this.expectEnd();
    if (this.isRunning) this.process.kill(signal);
    const late = sleep(stopped_within_ms).then(() => "late");
    const how = await Promise.race([this.gone, late]);
    if (how === "late") {
      this.process.kill("SIGKILL");
      await this.gone;
    }
    return how;
  }

  async health() {
    try {
      const answer = await fetch(`${this.address}/health`, { signal: AbortSignal.timeout(2000) });
      return { http: answer.status, ...(await answer.json()) };
    } catch {
      return { http: 0, status: "away" };
    }
  }

  async untilWell() {
    const well = async () => (await this.health()).status === "ok";
    if (!(await becomesTrue(well, healthy_within_ms))) {
      throw new Error(`the server did not become well: ${JSON.stringify(await this.health())}`);
    }
  }

  /** Until searches are answered from the copy in the server, and so need no database. */
  async untilCopied() {
    const copied = async () => (await this.health()).index === "ready";
    if (!(await becomesTrue(copied, copied_within_ms))) {
      const health = JSON.stringify(await this.health());
      throw new Error(`the server has no copy to search in: ${health}`);
    }
  }

  /** A command of the same binary on the same memory: {code, out, err}. */
  command(options, more = {}) {
    return run([this.binary, ...options], { ...this.environment, ...more });
  }

  usage() {
    const folder = `/proc/${this.process.pid}`;
    const status = readFileSync(`${folder}/status`, "utf8");
    const number = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]);
    return {
      descriptors: readdirSync(`${folder}/fd`).length,
      threads: number("Threads"),
      anonymousMb: Math.round(number("RssAnon") / 102.4) / 10,
    };
  }
}
