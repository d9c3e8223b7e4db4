// One client's calls of tools over Streamable HTTP, each judged by whether it might have failed.

import http from "node:http";
import { sleep } from "./server.mjs";
import * as windows from "./windows.mjs";

const brief_call_ms = 120_000;

export const call_headers = (name) => ({
  "Content-Type": "application/json", Accept: "application/json, text/event-stream",
  "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name,
});

export const call_body = (name, args) => JSON.stringify({
  jsonrpc: "2.0", id: 1, method: "tools/call",
  params: {
    name, arguments: args,
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "soak", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
});

export class Caller {
  constructor(server, ledger) {
    this.server = server;
    this.ledger = ledger;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  /** Lets go of its connections; the next call makes new ones. */
  hangUp() {
    this.agent.destroy();
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  /** The result of a tool, or null: a failure, which counts unless a fault excuses it. */
  async call(name, args, most_ms = brief_call_ms) {
    const outcome = await this.ask(name, args, most_ms);
    if (outcome.refused) {
      this.ledger.counts.refused++;
      this.#fail(outcome, name);
      await sleep(100);
    } else if (outcome.failure) {
      this.#fail(outcome, name);
    } else if (name === "search_documents") {
      if (windows.isUntouched(outcome.begun)) {
        this.ledger.searchTimes.push(Date.now() - outcome.begun);
      }
      windows.noteSearch(outcome.begun);
    }
    return outcome.result ?? null;
  }

  /** The same without a judgement: {begun, result} or {begun, failure, refused?}. */
  async ask(name, args, most_ms = brief_call_ms) {
    const begun = Date.now();
    this.ledger.counts.calls++;
    this.ledger.byTool[name] = (this.ledger.byTool[name] ?? 0) + 1;
    let response;
    try {
      response = await this.#post(name, args, most_ms);
    } catch (error) {
      return { begun, failure: `no answer (${error.code ?? error.message})` };
    }
    if (response.status === 503 || response.status === 429) {
      return { begun, refused: true, failure: `refused with ${response.status}: ${response.text}` };
    }
    try {
      return { begun, ...read_answer(response.text) };
    } catch {
      const beginning = response.text.slice(0, 200);
      return { begun, failure: `status ${response.status}, no JSON: ${beginning}` };
    }
  }

  #fail(outcome, name) {
    const { counts } = this.ledger;
    if (windows.excuse(outcome.begun, name === "search_documents")) {
      counts.lost++;
      return;
    }
    counts.failed++;
    const met = windows.namesSince(outcome.begun);
    const took = Date.now() - outcome.begun;
    this.ledger.blame(`${name} failed after ${took} ms under ${met}: ${outcome.failure}`);
  }

  #post(name, args, most_ms) {
    const body = call_body(name, args);
    const options = {
      host: "127.0.0.1", port: this.server.port, path: "/mcp", method: "POST", agent: this.agent,
      headers: { ...call_headers(name), "Content-Length": Buffer.byteLength(body) },
      timeout: most_ms,
    };
    return new Promise((done, fail) => {
      const request = http.request(options, (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", fail);
        response.on("end", () => {
          done({ status: response.statusCode, text: Buffer.concat(parts).toString("utf8") });
        });
      });
      request.on("timeout", () => request.destroy(new Error(`nothing for ${most_ms} ms`)));
      request.on("error", fail);
      request.end(body);
    });
  }
}

function read_answer(text) {
  const answer = JSON.parse(text.startsWith("{") ? text : text.match(/^data: ?(\{.*\})$/m)[1]);
  if (answer.error) return { failure: answer.error.message };
  if (answer.result.isError) return { failure: answer.result.content[0].text };
  return { result: answer.result.structuredContent };
}
