// A client that costs little, so that what is measured is the server: one connection, one request
// at a time, answers with a Content-Length.

import net from "node:net";

const head_end = Buffer.from("\r\n\r\n");

export class Wire {
  constructor(port) {
    this.port = port;
    this.parts = Buffer.alloc(0);
  }

  async open() {
    this.socket = net.connect(this.port, "127.0.0.1").setNoDelay(true);
    await new Promise((done, fail) => {
      this.socket.once("connect", done);
      this.socket.once("error", fail);
    });
    this.socket.on("data", (piece) => this.#take(piece));
    this.socket.on("error", () => {});
    this.socket.on("close", () => this.#fail(new Error("the connection was closed")));
  }

  close() {
    this.socket.destroy();
  }

  /** {status, retryAfter, text}. Throws when the connection ends before the answer. */
  post(headers, body) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const length = Buffer.byteLength(body);
    const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n${lines}` +
      `Content-Length: ${length}\r\n\r\n`;
    return new Promise((done, fail) => {
      this.waiting = { done, fail };
      if (this.socket.destroyed) this.#fail(new Error("the connection was closed"));
      else this.socket.write(head + body);
    });
  }

  #fail(error) {
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.fail(error);
  }

  #take(piece) {
    this.parts = this.parts.length === 0 ? piece : Buffer.concat([this.parts, piece]);
    const end = this.parts.indexOf(head_end);
    if (end < 0) return;
    const head = this.parts.toString("latin1", 0, end);
    const length = Number(head.match(/\r\ncontent-length: *(\d+)/i)?.[1] ?? 0);
    const begin = end + head_end.length;
    if (this.parts.length < begin + length) return;
    const answer = {
      status: Number(head.slice(9, 12)),
      retryAfter: head.match(/\r\nretry-after: *([^\r]*)/i)?.[1] ?? null,
      text: this.parts.toString("utf8", begin, begin + length),
    };
    this.parts = Buffer.alloc(0);
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.done(answer);
  }
}
