// Clients that search, write, change, delete and crawl while their server and all that it depends
// on fails in turn. Afterwards the memory must hold what was acknowledged, and nothing else.
//
// usage: soak.mjs SECONDS CLIENTS, called by scripts/soak, which says the rest in the environment

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "./ledger.mjs";
import { Run } from "./run.mjs";

const seconds = Number(process.argv[2] ?? 60);
const clients = Number(process.argv[3] ?? 50);
/** Of the time, what passes with a service for embeddings, and at the end without any fault. */
const service_share = 0.2;
const calm_share = 0.15;

function read_log(file) {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

/** What the server itself called an error, each sentence once with how often. */
function list_errors(lines) {
  const errors = new Map();
  for (const line of lines) {
    const found = line.match(/"level":"(error|critical)".*"message":"([^"]*)"/);
    if (!found) continue;
    const sentence = found[2].replace(/[0-9a-f-]{36}/g, "...");
    errors.set(sentence, (errors.get(sentence) ?? 0) + 1);
  }
  return errors;
}

function print(run, ledger) {
  const { counts, byTool } = ledger;
  const tools = Object.entries(byTool).map(([tool, calls]) => `${tool} ${calls}`).join(", ");
  console.log(`${run.postgres ? "Postgres" : "SQLite"}, ${seconds} s, ${clients} clients, ` +
    `${run.crawlers.length} sites`);
  const kind_of = (limit) => limit?.kind ?? "not limited";
  console.log(`disk: ${kind_of(run.disk)}; memory: ${kind_of(run.memory)}`);
  for (const [name, fault] of run.faults) {
    const lasted = (fault.lasted_ms / fault.times / 1000).toFixed(1);
    const well_after = (fault.well_after_ms / 1000).toFixed(1);
    console.log(`  ${fault.times} x ${name}: ${lasted} s each, well after ${well_after} s ` +
      `at most; cost ${fault.lost} calls, ${fault.searches} searches answered`);
  }
  if (run.memory) console.log(`  the kernel killed the server ${run.memory.kills()} times`);
  console.log(`${counts.calls} calls: ${tools}`);
  console.log(`${counts.failed} failed that no fault excuses, ${counts.lost} within faults`);
  console.log(`searches outside faults: p50 ${ledger.searchTime(0.5)} ms, ` +
    `p99 ${ledger.searchTime(0.99)} ms`);
  const held = run.writers.reduce((sum, writer) => sum + writer.held, 0);
  const deleted = run.writers.reduce((sum, writer) => sum + writer.deleted.size, 0);
  const crawls = run.crawlers.map((crawler) => crawler.finished).join(" + ");
  console.log(`${held} documents were there, ${deleted} deleted ones were not; ` +
    `${crawls} crawls finished, ${run.verified?.chunks} passages verified ` +
    `(recall@10 ${run.verified?.recall_at_10})`);
  console.log(`at rest, first and last: ${JSON.stringify(run.quiet?.usage)}, ` +
    JSON.stringify(run.usage));
  if (held === 0) ledger.blame("nothing was written");
  const uncrawled = run.crawlers.filter((crawler) => crawler.finished === 0);
  if (uncrawled.length > 0) ledger.blame(`${uncrawled.length} sites were never crawled`);
}

/** Nothing is left behind, whatever the run came to. */
async function clean_up() {
  await run?.close();
  run?.disk?.remove();
  rmSync(folder, { recursive: true, force: true });
}

const folder = mkdtempSync(join(tmpdir(), "rag-soak-"));
const ledger = new Ledger();
const begun = Date.now();
const at = (share) => begun + share * seconds * 1000;
let run;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => clean_up().then(() => process.exit(1)));
}
try {
  run = new Run({
    folder, ledger, clients, binary: process.env.RAG_BINARY,
    memory_mb: Number(process.env.RAG_SOAK_MEMORY ?? 256),
    postgres: process.env.RAG_SOAK_POSTGRES,
    restart_postgres: process.env.RAG_SOAK_RESTART_POSTGRES,
  });
  await run.open();
  await run.under_service(at(service_share));
  await run.under_faults(at(1 - calm_share));
  await run.in_peace(at(1));
  await run.verify();
  print(run, ledger);
} catch (error) {
  ledger.blame(error.stack);
}
const errors = list_errors(read_log(join(folder, "server.log")));
for (const [sentence, times] of errors) console.log(`  logged ${times} x ${sentence}`);
const verdict = ledger.close();
const log_kept = process.env.RAG_SOAK_LOG;
if (verdict !== 0 && log_kept) {
  copyFileSync(join(folder, "server.log"), log_kept);
  console.log(`what the server wrote is in ${log_kept}`);
}
await clean_up();
console.log(`in ${Math.round((Date.now() - begun) / 1000)} s`);
process.exit(verdict);
