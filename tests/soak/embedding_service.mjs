// An embedding service as OpenAI's, whose answers can be made to fail.

import http from "node:http";

const dimensions = 48;

/** Words to places: texts that share words are near each other. */
function embed(text) {
  const vector = new Array(dimensions).fill(0.01);
  for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) {
    let hash = 2166136261;
    for (const letter of word) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0;
    vector[hash % dimensions] += hash & 0x10000 ? 1 : -1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

export class EmbeddingService {
  constructor() {
    this.mode = "well"; // or "busy" (429), "broken" (500), "hanging"
    this.held = new Set();
    this.requests = { well: 0, busy: 0, broken: 0, hanging: 0 };
  }

  async open() {
    this.listener = http.createServer((request, response) => this.#take(request, response));
    await new Promise((done, fail) => {
      this.listener.once("error", fail);
      this.listener.listen(0, "127.0.0.1", done);
    });
  }

  environment() {
    return {
      RAG_EMBEDDING_PROVIDER: "openai", RAG_EMBEDDING_MODEL: "soak",
      RAG_EMBEDDING_DIMENSIONS: String(dimensions), OPENAI_API_KEY: "k",
      OPENAI_BASE_URL: `http://127.0.0.1:${this.listener.address().port}/v1`,
    };
  }

  fail(mode) {
    this.mode = mode;
  }

  /** Answers again; who was left hanging is cut off. */
  recover() {
    this.mode = "well";
    for (const response of this.held) response.destroy();
    this.held.clear();
  }

  close() {
    this.listener.close();
    this.listener.closeAllConnections();
  }

  #take(request, response) {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      this.requests[this.mode]++;
      if (this.mode === "hanging") {
        this.held.add(response);
      } else if (this.mode === "busy") {
        this.#send(response, 429, { error: { message: "too many requests" } });
      } else if (this.mode === "broken") {
        this.#send(response, 500, { error: { message: "out of order" } });
      } else {
        const { input } = JSON.parse(Buffer.concat(parts).toString("utf8"));
        const data = input.map((text, index) => ({ index, embedding: embed(text) }));
        this.#send(response, 200, { data });
      }
    });
  }

  #send(response, status, body) {
    const text = JSON.stringify(body);
    response.writeHead(status, { "Content-Type": "application/json" }).end(text);
  }
}
