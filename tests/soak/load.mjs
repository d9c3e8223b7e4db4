// Searches by many clients at once, and by more than the server has room for.
//
// usage: load.mjs DOCUMENTS SECONDS, called by scripts/soak --load

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call_body, call_headers } from "./calls.mjs";
import { Ledger } from "./ledger.mjs";
import { Server, becomesTrue, sleep } from "./server.mjs";
import { Wire } from "./wire.mjs";

const document_count = Number(process.argv[2] ?? 10_000);
const seconds = Number(process.argv[3] ?? 15);
const writer_count = 16;
const within = [50, 100];
const beyond = [500, 800];
const words_of_document = 120;
const vocabulary = 20_000;
const p99_aim_ms = 200;
const recovery_calls = 50;

const ledger = new Ledger();
const folder = mkdtempSync(join(tmpdir(), "rag-load-"));

/** Words as in language: few are frequent, most are rare. */
function make_text(count) {
  const words = [];
  for (let i = 0; i < count; i++) {
    const rank = Math.floor(vocabulary ** Math.random());
    let word = "";
    for (let rest = rank * 7919 + 31; rest > 0; rest = Math.floor(rest / 20)) {
      word += "bcdfghklmnprstvwz"[rest % 17] + "aeiou"[rest % 5];
    }
    words.push(word);
  }
  return words.join(" ");
}

class Client {
  constructor(port) {
    this.port = port;
  }

  async open() {
    this.wire = new Wire(this.port);
    await this.wire.open();
  }

  /** {ms, status, retryAfter, failure}; failure is null for a result. */
  async call(name, args) {
    const headers = { ...call_headers(name), Accept: "application/json" };
    const begun = performance.now();
    try {
      const { status, retryAfter, text } = await this.wire.post(headers, call_body(name, args));
      const ms = performance.now() - begun;
      if (status !== 200) return { ms, status, retryAfter, failure: text };
      const answer = JSON.parse(text);
      return { ms, status, failure: answer.error || answer.result.isError ? text : null };
    } catch (error) {
      return { ms: performance.now() - begun, status: 0, failure: error.message };
    }
  }

  search() {
    return this.call("search_documents", {
      query: make_text(4), collection_name: "load", limit: 5,
    });
  }
}

async function open_clients(port, count) {
  const clients = Array.from({ length: count }, () => new Client(port));
  for (const client of clients) await client.open();
  return clients;
}

async function fill(port) {
  const clients = await open_clients(port, writer_count);
  await clients[0].call("create_collection", { name: "load", description: "Of the load" });
  const begun = Date.now();
  let left = document_count;
  await Promise.all(clients.map(async (client) => {
    while (left > 0) {
      const number = left--;
      const content = `Document ${number}. ${make_text(words_of_document)}.`;
      const { failure } = await client.call("ingest_text", {
        content, collection_name: "load", document_title: `d${number}`,
      });
      if (failure) ledger.blame(`a document was not taken: ${failure}`);
    }
  }));
  for (const client of clients) client.wire.close();
  const took = (Date.now() - begun) / 1000;
  console.log(`${document_count} documents in ${took.toFixed(1)} s by ${writer_count} clients`);
}

/** All clients search, each as soon as it has its answer; who is refused waits as it was told. */
async function search_at_once(port, count) {
  const clients = await open_clients(port, count);
  const outcomes = { count, times: [], refusals: {}, failed: 0, seconds: 0 };
  const begun = Date.now();
  const end = begun + seconds * 1000;
  await Promise.all(clients.map(async (client) => {
    while (Date.now() < end) {
      const done = await client.search();
      if (!done.failure) {
        outcomes.times.push(done.ms);
      } else if ((done.status === 503 || done.status === 429) && Number(done.retryAfter) > 0) {
        outcomes.refusals[done.status] = (outcomes.refusals[done.status] ?? 0) + 1;
        await sleep(Number(done.retryAfter) * 1000 * (0.5 + Math.random()));
      } else {
        outcomes.failed++;
        ledger.blame(`${count} clients: ${done.status} ${done.failure.slice(0, 200)}`);
        if (done.status === 0) return;
      }
    }
  }));
  outcomes.seconds = (Date.now() - begun) / 1000;
  for (const client of clients) client.wire.close();
  return outcomes;
}

function describe(outcomes) {
  const times = [...outcomes.times].sort((a, b) => a - b);
  const at = (share) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1);
  const refused = Object.entries(outcomes.refusals).map(([status, n]) => `${n} x ${status}`);
  return `${outcomes.count} clients: ${times.length} searches, ` +
    `${Math.round(times.length / outcomes.seconds)} a second, ` +
    `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms; ` +
    `${outcomes.failed} failed, refused ${refused.join(", ") || "none"}`;
}

/** Calls one after the other, right after the crowd left: none may be refused. */
async function recover(port) {
  const [client] = await open_clients(port, 1);
  const times = [];
  for (let i = 0; i < recovery_calls; i++) {
    const { ms, failure } = await client.search();
    if (failure) ledger.blame(`after the crowd had left: ${failure}`);
    times.push(ms);
  }
  client.wire.close();
  return `at once afterwards: the first search ${times[0].toFixed(1)} ms, ` +
    `${recovery_calls} one after the other ${Math.max(...times).toFixed(1)} ms at most`;
}

const environment = {
  PATH: process.env.PATH, HOME: "/nonexistent", RAG_DATA_DIR: join(folder, "data"),
  RAG_LOG_LEVEL: "warn", RAG_LOG_FORMAT: "json",
};
if (process.env.RAG_SOAK_POSTGRES) {
  environment.DATABASE_URL = process.env.RAG_SOAK_POSTGRES;
  environment.RAG_DB_SCHEMA = `load_${process.pid}`;
}
const server = new Server({
  binary: process.env.RAG_BINARY, environment, port: 20000 + (process.pid % 10000),
  log: join(folder, "server.log"),
  onCrash: (how) => ledger.blame(`the server ended by itself: ${how}`),
});

/** Beyond what one principal may have running, each call more is 429. */
async function under_call_limit() {
  await server.end("SIGTERM");
  server.start({ RAG_CONCURRENT_CALLS: "2" });
  await server.untilWell();
  const outcomes = await search_at_once(server.port, 100);
  console.log(`with RAG_CONCURRENT_CALLS=2, ${describe(outcomes)}`);
  if (!outcomes.refusals[429]) ledger.blame("nobody was refused with 429");
  console.log(await recover(server.port));
}

try {
  server.start({});
  await server.untilWell();
  console.log(process.env.RAG_SOAK_POSTGRES ? "Postgres" : "SQLite");
  await fill(server.port);
  const loaded = async () => (await server.health()).search_index?.state === "following";
  if (!(await becomesTrue(loaded, 60_000))) ledger.blame("there is no copy to search in");
  for (const count of within) {
    const outcomes = await search_at_once(server.port, count);
    const p99 = outcomes.times.sort((a, b) => a - b)[Math.floor(outcomes.times.length * 0.99)];
    const verdict = p99 < p99_aim_ms ? "met" : "missed";
    console.log(`${describe(outcomes)}; p99 under ${p99_aim_ms} ms: ${verdict}`);
    if (Object.keys(outcomes.refusals).length > 0) ledger.blame(`${count} clients: some refused`);
  }
  for (const count of beyond) {
    console.log(describe(await search_at_once(server.port, count)));
    console.log(await recover(server.port));
  }
  await under_call_limit();
} catch (error) {
  ledger.blame(error.stack);
}
await server.end("SIGTERM");
rmSync(folder, { recursive: true, force: true });
process.exit(ledger.close());
