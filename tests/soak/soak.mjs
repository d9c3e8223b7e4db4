// Clients that search, write, change and delete while their server is killed and started again.
// Each client owns its documents, so that it knows what the memory must hold: what was acknowledged.
// A call that got no answer may have happened or not, and either is right.

import { spawn, execSync } from "node:child_process";
import { mkdtempSync, rmSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const minutes = Number(process.argv[2] ?? 1);
const clientCount = Number(process.argv[3] ?? 50);
const folder = mkdtempSync(join(tmpdir(), "rag-soak-"));
const port = 20000 + (process.pid % 20000);
const address = `http://127.0.0.1:${port}/mcp`;
const end = Date.now() + minutes * 60_000;
const faultEvery = 15_000;
const verdicts = [];
const counts = { calls: 0, failed: 0, lostInFaults: 0, kills: 0, restarts: 0, refusedBusy: 0 };
const searchTimes = [];
let faultSince = 0; // While the server is away or coming back, a call may fail.
let server;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function startServer() {
  const environment = {
    PATH: process.env.PATH, HOME: "/nonexistent", RAG_DATA_DIR: join(folder, "data"),
    RAG_LOG_LEVEL: "warn", RAG_LOG_FORMAT: "json", PORT: String(port),
  };
  if (process.env.RAG_SOAK_POSTGRES) {
    environment.DATABASE_URL = process.env.RAG_SOAK_POSTGRES;
    environment.RAG_DB_SCHEMA = `soak_${process.pid}`;
  }
  server = spawn(process.env.RAG_BINARY, ["serve"], { env: environment, stdio: ["ignore", "ignore", "inherit"] });
}

async function untilHealthy() {
  for (let tries = 0; tries < 600; tries++) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/health`)).status === 200) return;
    } catch { /* not yet */ }
    await sleep(50);
  }
  throw new Error("the server did not become healthy");
}

// The result of a tool, or null when there was no answer. Throws when the server says that it failed
// although nothing is wrong with it.
async function call(name, args, refusal = note) {
  counts.calls++;
  const begun = Date.now();
  let answer;
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: {
        "Content-Type": "application/json", Accept: "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name,
      },
      body: JSON.stringify({
        jsonrpc: "2.0", id: 1, method: "tools/call",
        params: { name, arguments: args, _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "soak", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": {} } },
      }),
    });
    if (response.status === 503 || response.status === 429) {
      counts.refusedBusy++;
      await sleep(200);
      return null;
    }
    const text = await response.text();
    answer = JSON.parse(text.startsWith("{") ? text : text.match(/^data: ?(\{.*\})$/m)[1]);
  } catch (error) {
    note(begun, `${name}: ${error.message}`);
    return null;
  }
  if (answer.error || answer.result.isError) {
    const sentence = answer.error?.message ?? answer.result.content[0].text;
    refusal(begun, `${name}: ${sentence}`);
    return null;
  }
  if (name === "search_documents" && !faultSince) searchTimes.push(Date.now() - begun);
  return answer.result.structuredContent;
}

// Only for documents that should not be there: a refusal is what is wanted.
async function isThere(id) {
  return (await call("get_document_by_id", { document_id: id }, () => {})) !== null;
}

// A failure counts unless a fault was made since the call began, or is being made.
function note(begun, sentence) {
  if (faultSince || begun < lastFaultEnd) {
    counts.lostInFaults++;
  } else {
    counts.failed++;
    if (counts.failed <= 10) verdicts.push(`failed outside a fault: ${sentence}`);
  }
}
let lastFaultEnd = 0;

class Client {
  constructor(number) {
    this.number = number;
    this.serial = 0;
    this.documents = new Map(); // id: content that was acknowledged; null: nobody knows
    this.deleted = new Set();
  }

  text() {
    return `Client ${this.number} wrote entry${this.number}x${++this.serial} about ${["lamps", "rivers", "keys", "bread"][this.serial % 4]}.`;
  }

  async step() {
    const dice = Math.random();
    const ids = [...this.documents.keys()];
    const id = ids[Math.floor(Math.random() * ids.length)];
    if (dice < 0.3 || ids.length === 0) {
      const content = this.text();
      const done = await call("ingest_text", { content, collection_name: "soak", document_title: `c${this.number}-${this.serial}` });
      if (done) this.documents.set(done.source_document_id, content);
    } else if (dice < 0.4) {
      const content = this.text();
      const done = await call("update_document", { document_id: id, content });
      this.documents.set(id, done ? content : null);
    } else if (dice < 0.48) {
      const done = await call("delete_document", { document_id: id });
      this.documents.delete(id);
      if (done) this.deleted.add(id);
    } else if (dice < 0.9) {
      await call("search_documents", { query: `entry${this.number}x${1 + Math.floor(Math.random() * (this.serial || 1))} keys`, limit: 5 });
    } else {
      await call("list_documents", { collection_name: "soak", limit: 20 });
    }
  }

  async run() {
    while (Date.now() < end) {
      if (faultSince) await sleep(50);
      else await this.step();
    }
  }

  async verify() {
    for (const [id, content] of this.documents) {
      const document = await call("get_document_by_id", { document_id: id });
      if (!document) verdicts.push(`acknowledged and lost: document ${id}`);
      else if (content !== null && document.content !== content) verdicts.push(`document ${id} is not what was acknowledged`);
    }
    const last = [...this.documents].filter(([, content]) => content !== null).pop();
    if (last) {
      const found = await call("search_documents", { query: last[1].match(/entry\S+/)[0], search_mode: "keyword", limit: 3 });
      if (!found?.result.some((hit) => hit.content === last[1])) verdicts.push(`the index has not what the store has: document ${last[0]}`);
    }
  }
}

async function fault() {
  faultSince = Date.now();
  if (process.env.RAG_SOAK_RESTART_POSTGRES && counts.kills % 2 === 1 && counts.restarts < counts.kills) {
    execSync(process.env.RAG_SOAK_RESTART_POSTGRES, { stdio: "ignore" });
    counts.restarts++;
  } else {
    const gone = new Promise((done) => server.once("exit", done));
    server.kill(counts.kills % 3 === 2 ? "SIGTERM" : "SIGKILL");
    await gone;
    counts.kills++;
    startServer();
  }
  await untilHealthy();
  lastFaultEnd = Date.now();
  faultSince = 0;
}

function usage() {
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  const number = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]);
  return { fds: readdirSync(`/proc/${server.pid}/fd`).length, threads: number("Threads"), anonymousMb: Math.round(number("RssAnon") / 1024) };
}

startServer();
try {
  await untilHealthy();
  await call("create_collection", { name: "soak", description: "d" });
  const clients = Array.from({ length: clientCount }, (_, number) => new Client(number));
  const work = Promise.all(clients.map((client) => client.run()));
  while (Date.now() + faultEvery < end) {
    await sleep(faultEvery);
    await fault();
  }
  await work;
  lastFaultEnd = 0;
  const before = usage();
  await Promise.all(clients.map((client) => client.verify()));
  // A deleted document must be gone: its id must not be found.
  for (const client of clients) {
    for (const id of [...client.deleted].slice(-5)) {
      if (await isThere(id)) verdicts.push(`deleted and there: document ${id}`);
    }
  }
  const after = usage();
  if (after.threads > before.threads + 8) verdicts.push(`threads grew from ${before.threads} to ${after.threads}`);
  if (after.fds > before.fds + clientCount + 16) verdicts.push(`descriptors grew from ${before.fds} to ${after.fds}`);
  searchTimes.sort((a, b) => a - b);
  const at = (share) => searchTimes[Math.min(searchTimes.length - 1, Math.floor(searchTimes.length * share))] ?? 0;
  const held = clients.reduce((sum, client) => sum + client.documents.size, 0);
  console.log(`${counts.calls} calls of ${clientCount} clients in ${minutes} min; ${counts.kills} kills, ${counts.restarts} restarts of the database`);
  console.log(`${counts.failed} failed outside faults, ${counts.lostInFaults} within, ${counts.refusedBusy} refused for a while`);
  console.log(`searches: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ${held} documents verified; at the end ${JSON.stringify(after)}`);
  if (counts.kills > 0 && held === 0) verdicts.push("nothing was written");
  if (counts.failed > 0 && verdicts.length === 0) verdicts.push(`${counts.failed} calls failed outside faults`);
} catch (error) {
  verdicts.push(error.stack);
} finally {
  const gone = new Promise((done) => server.once("exit", done));
  if (server.exitCode === null && server.signalCode === null && server.kill("SIGTERM")) await gone;
  rmSync(folder, { recursive: true, force: true });
}
for (const sentence of new Set(verdicts)) console.log(`WRONG: ${sentence}`);
console.log(verdicts.length === 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
process.exit(verdicts.length === 0 ? 0 : 1);
