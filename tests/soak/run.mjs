// One run: the server, what it depends on, the clients, and the chapters of the run in their order.

import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Caller } from "./calls.mjs";
import { SmallDisk } from "./disk.mjs";
import { EmbeddingService } from "./embedding_service.mjs";
import { list_faults, list_service_faults, make } from "./faults.mjs";
import { MemoryLimit } from "./memory_limit.mjs";
import { Relay } from "./relay.mjs";
import { Server, becomesTrue, run, sleep } from "./server.mjs";
import { Crawler, Site } from "./site.mjs";
import { Writer } from "./writer.mjs";

const site_count = 4;
const disk_mb = 4096;
const fault_pause_max_ms = 15_000;
/** Of the time for a fault, what it lasts. */
const hold_share = 0.35;
const parked_within_ms = 150_000;
const settled_after_ms = 500;

/** What a server may have more of at its end than after its start, at rest both times. Descriptors:
    five connections to the database, and two kept open to each site. Memory: SQLite's page caches,
    8 MB for each of eight connections, fill in the course of time. */
const more_max = { descriptors: 5 + 2 * site_count, threads: 4, anonymousMb: 64 };

export class Run {
  constructor({ folder, ledger, binary, clients, memory_mb, postgres, restart_postgres }) {
    Object.assign(this, { folder, ledger, binary, postgres });
    this.client_count = clients;
    this.disk = SmallDisk.make(folder, disk_mb);
    if (!this.disk) ledger.leaveOut("the disk fills: a small one can be mounted by root alone");
    this.memory = MemoryLimit.make(memory_mb);
    if (!this.memory) ledger.leaveOut("memory is limited: no control group can be made here");
    this.database = { restart: restart_postgres };
    this.service = new EmbeddingService();
    this.sites = Array.from({ length: site_count }, (_, number) => new Site(number + 1));
    this.resting = true;
    this.crawling = false;
    this.quiet = null; // {process, usage}: what the server held at rest, soon after its start
    this.faults = new Map(); // name: {times, lasted_ms, well_after_ms: the slowest, lost, searches}
    this.log = join(folder, "server.log");
  }

  async open() {
    await this.service.open();
    for (const site of this.sites) await site.open();
    const environment = {
      PATH: process.env.PATH, HOME: "/nonexistent", RAG_DATA_DIR: join(this.#place(), "data"),
      RAG_LOG_LEVEL: process.env.RAG_SOAK_LOG_LEVEL ?? "warn", RAG_LOG_FORMAT: "json",
      RAG_CRAWL_DELAY: "5", RAG_BROWSER: "off",
      RAG_CRAWL_ALLOW_HOSTS: this.sites.map((site) => site.authority).join(","),
    };
    if (this.postgres) await this.#open_database(environment);
    this.server = new Server({
      binary: this.binary, environment, port: 20000 + (process.pid % 10000), log: this.log,
      enclose: this.memory && ((command) => this.memory.enclose(command)),
      onCrash: (how) => this.ledger.blame(`the server ended by itself: ${how}`),
    });
    const make_writer = (_, number) => new Writer(number, this.server, this.ledger);
    this.writers = Array.from({ length: this.client_count }, make_writer);
    this.crawlers = this.sites.map((site) => new Crawler(site, this.server, this.ledger));
    this.caller = new Caller(this.server, this.ledger);
    this.#begin();
  }

  /** Its tables lie on the small disk, its log of writes does not: where that one is full, the
      database ends itself, and nothing of ours is tested. */
  async #open_database(environment) {
    const address = new URL(this.postgres);
    this.relay = new Relay(Number(address.port));
    await this.relay.open();
    if (this.disk) {
      const space = join(this.disk.folder, "database");
      const user = Number((await run(["id", "-u", "postgres"])).out);
      mkdirSync(space);
      chmodSync(this.folder, 0o711);
      if (process.getuid() === 0) chownSync(space, user, -1);
      const name = `soak_${process.pid}`;
      await this.#tell_database(`CREATE TABLESPACE ${name} LOCATION '${space}'`);
      await this.#tell_database(`ALTER DATABASE postgres SET default_tablespace = ${name}`);
    }
    address.port = String(this.relay.port);
    environment.DATABASE_URL = address.href;
    environment.RAG_DB_SCHEMA = `soak_${process.pid}`;
  }

  async #tell_database(statement) {
    const { code, err } = await run(["psql", "-q", "-c", statement, this.postgres]);
    if (code !== 0) throw new Error(`the database refused '${statement}': ${err}`);
  }

  #place() {
    return this.disk ? this.disk.folder : this.folder;
  }

  async close() {
    for (const one of this.#everybody()) one.over = true;
    if (this.server) await this.server.end("SIGTERM");
    this.service.close();
    for (const site of this.sites) site.close();
    if (this.relay) this.relay.shut();
    this.memory?.remove();
  }

  // Work and rest -----------------------------------------------------------------------------

  #everybody() {
    return [...(this.writers ?? []), ...(this.crawlers ?? [])];
  }

  #begin() {
    this.work = Promise.all([
      ...this.writers.map((writer) => writer.run(() => this.resting)),
      ...this.crawlers.map((crawler) => crawler.run(() => this.resting || !this.crawling)),
    ]);
  }

  async rest() {
    this.resting = true;
    const parked = () => this.#everybody().every((one) => one.parked);
    if (!(await becomesTrue(parked, parked_within_ms))) {
      this.ledger.blame(`calls did not end within ${parked_within_ms / 1000} s`);
    }
  }

  /** What the server holds while nobody calls and nobody is connected. */
  async #look_at_rest() {
    await this.rest();
    for (const one of this.#everybody()) one.caller.hangUp();
    this.caller.hangUp();
    await sleep(settled_after_ms);
    return this.server.usage();
  }

  /** What the process that runs now is compared with at its end. */
  async #remember_usage() {
    const usage = await this.#look_at_rest();
    this.quiet = { process: this.server.process, usage };
    this.resting = false;
  }

  // Chapters ----------------------------------------------------------------------------------

  /** Embeddings come from a service, which fails in turn. */
  async under_service(until) {
    this.server.start(this.service.environment());
    await this.server.untilWell();
    await this.#move_to("served");
    this.resting = false;
    await this.#fail_in_turn(until, (hold_ms) => list_service_faults(this.service, hold_ms));
    await this.rest();
    await this.#stop_server();
  }

  /** Everything else fails in turn. */
  async under_faults(until) {
    this.server.start({});
    await this.server.untilWell();
    await this.#move_to("soak");
    for (const crawler of this.crawlers) await this.#make_collection(crawler.collection);
    this.crawling = true;
    this.resting = false;
    const { server, disk, memory, relay, database, ledger } = this;
    await this.#fail_in_turn(until, (hold_ms) =>
      list_faults({ server, disk, memory, relay, database, ledger, hold_ms })
        .filter(({ name }) => name.match(process.env.RAG_SOAK_FAULTS ?? "")));
  }

  /** The last process is left alone, so that it can be seen what it kept of all this. */
  async in_peace(until) {
    if (this.quiet?.process !== this.server.process) await this.#remember_usage();
    await sleep(Math.max(0, until - Date.now()));
    await this.rest();
    for (const one of this.#everybody()) one.over = true;
    await this.work;
  }

  async #make_collection(name) {
    await this.caller.call("create_collection", { name, description: "Of the soak" });
  }

  async #move_to(collection) {
    await this.#make_collection(collection);
    for (const writer of this.writers) writer.moveTo(collection);
  }

  async #stop_server() {
    const how = await this.server.end("SIGTERM");
    if (how !== 0) this.ledger.blame(`after SIGTERM the server ended with ${how} and not with 0`);
  }

  /** Each fault in its turn until the time is over, and each at least once. */
  async #fail_in_turn(until, list) {
    const count = list(0).length;
    const pause = Math.min(fault_pause_max_ms, Math.max(0, until - Date.now()) / count);
    const faults = list(pause * hold_share);
    for (let turn = 0; turn < count || Date.now() + pause <= until; turn++) {
      const fault = faults[turn % count];
      const begun = Date.now();
      // Those that end the process stand before those that it lives through.
      const is_first_to_survive = !fault.ends && faults[(turn + count - 1) % count].ends;
      if (is_first_to_survive) await this.#remember_usage();
      this.resting = fault.away ?? false;
      this.#note(await make(fault, this.server));
      this.resting = false;
      await sleep(Math.max(0, begun + pause - Date.now()));
    }
  }

  #note({ name, lasted_ms, well_after_ms, lost, searches }) {
    const first = { times: 0, lasted_ms: 0, well_after_ms: 0, lost: 0, searches: 0 };
    const entry = this.faults.get(name) ?? first;
    entry.times++;
    entry.lasted_ms += lasted_ms;
    entry.well_after_ms = Math.max(entry.well_after_ms, well_after_ms);
    entry.lost += lost;
    entry.searches += searches;
    this.faults.set(name, entry);
  }

  // Afterwards --------------------------------------------------------------------------------

  async verify() {
    await Promise.all(this.crawlers.map((crawler) => crawler.finish()));
    const there = await this.#list_documents();
    await Promise.all(this.writers.map((writer) => writer.verify(there)));
    this.usage = await this.#look_at_rest();
    this.#compare_usage();
    const indexed = (await this.server.health()).search_index.chunks;
    await this.#stop_server();
    this.verified = await this.#verify_index({}, "the built-in model");
    await this.#verify_index(this.service.environment(), "the service's model");
    if (this.verified && indexed !== this.verified.chunks) {
      this.ledger.blame(`the server's index held ${indexed} passages, ` +
        `the store ${this.verified.chunks}`);
    }
    if (!this.postgres) await this.#verify_backup();
  }

  async #list_documents() {
    const there = new Set();
    for (let offset = 0; ; offset += 200) {
      const { result, failure } = await this.caller.ask("list_documents", { limit: 200, offset });
      if (!result) throw new Error(`the documents cannot be listed: ${failure}`);
      for (const document of result.documents) there.add(document.id);
      if (!result.has_more) return there;
    }
  }

  #compare_usage() {
    const before = this.quiet.usage;
    for (const [name, most] of Object.entries(more_max)) {
      if (this.usage[name] > before[name] + most) {
        this.ledger.blame(`${name} grew from ${before[name]} to ${this.usage[name]}`);
      }
    }
  }

  /** The index that the server left behind, against the store. */
  async #verify_index(more, model) {
    const { code, out, err } = await this.server.command(["verify", "--json"], more);
    if (code !== 0) this.ledger.blame(`rag verify under ${model} says: ${out}${err}`);
    return code === 0 ? JSON.parse(out) : null;
  }

  /** A backup is compared with its source by itself. */
  async #verify_backup() {
    const file = join(this.folder, "backup.db");
    const { code, out, err } = await this.server.command(["backup", file]);
    if (code !== 0) this.ledger.blame(`rag backup says: ${out}${err}`);
  }
}
