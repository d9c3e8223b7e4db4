// Stands between the server and its database, and can cut, shut and silence what goes through it.

import net from "node:net";

export class Relay {
  constructor(target) {
    this.target = target;
    this.port = 0;
    this.pairs = new Set();
    this.silent = false;
  }

  async open() {
    this.listener = net.createServer((client) => this.#join(client));
    await new Promise((done, fail) => {
      this.listener.once("error", fail);
      this.listener.listen(this.port, "127.0.0.1", done);
    });
    this.port = this.listener.address().port;
  }

  /** Ends every connection; new ones are taken. */
  cut() {
    for (const pair of this.pairs) {
      for (const socket of pair) socket.resetAndDestroy();
    }
    this.pairs.clear();
  }

  /** Ends every connection and refuses new ones until open() is called. */
  shut() {
    this.listener.close();
    this.cut();
  }

  /** Passes nothing on, as a network that drops what it is sent, but says nothing either. */
  fallSilent() {
    this.silent = true;
    for (const pair of this.pairs) pair.forEach((socket) => socket.pause());
  }

  /** The connections that were silent are lost, as behind a firewall that forgot them. */
  speak() {
    this.silent = false;
    this.cut();
  }

  #join(client) {
    const server = net.connect(this.target, "127.0.0.1");
    const pair = [client, server];
    this.pairs.add(pair);
    const end = () => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [[client, server], [server, client]]) {
      from.setNoDelay(true);
      from.on("error", end);
      from.on("close", end);
      from.on("data", (piece) => {
        if (!to.write(piece)) from.pause();
      });
      to.on("drain", () => {
        if (!this.silent) from.resume();
      });
    }
    if (this.silent) pair.forEach((socket) => socket.pause());
  }
}
