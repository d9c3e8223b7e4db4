// A site whose pages change, appear and go, and a client that crawls it again and again.

import http from "node:http";
import { Caller } from "./calls.mjs";
import { sleep } from "./server.mjs";
import * as windows from "./windows.mjs";

const pages_first = 12;
const pages_max = 40;
const crawl_max_ms = 120_000;
/** So long a crawl of a killed process keeps its place; waiting for it would be all we did. */
const lease_ms = 31_000;
const answer_delay_ms = 3;

const take = (list, count) => [...list].sort(() => Math.random() - 0.5).slice(0, count);

/** On an address of 127.0.0.0/8 of its own, because a crawler is polite by host. */
export class Site {
  constructor(number) {
    this.number = number;
    this.host = `127.0.0.${number + 1}`;
    this.pages = new Map(); // path: how often it was changed
    this.made = 0;
    this.changed = 0; // The start page's version: it lists the others.
    this.asked = 0;
    for (let i = 0; i < pages_first; i++) this.#appear();
  }

  async open() {
    this.listener = http.createServer((request, response) => this.#answer(request, response));
    await new Promise((done, fail) => {
      this.listener.once("error", fail);
      this.listener.listen(0, this.host, done);
    });
    this.port = this.listener.address().port;
    this.authority = `${this.host}:${this.port}`;
    this.url = `http://${this.authority}/`;
  }

  close() {
    this.listener.close();
    this.listener.closeAllConnections();
  }

  /** Some pages change, one or two appear, one or two go. */
  change() {
    const paths = [...this.pages.keys()];
    for (const path of take(paths, 3)) this.pages.set(path, this.pages.get(path) + 1);
    const going = paths.length >= pages_max ? 4 : 1 + Math.floor(Math.random() * 2);
    for (const path of take(paths, going)) this.pages.delete(path);
    for (let i = 0; i < 2; i++) this.#appear();
  }

  /** What a crawl of it leaves: a sentence for each URL. */
  expected() {
    const all = new Map([[this.url, this.#sentence("/", this.changed)]]);
    for (const [path, version] of this.pages) {
      all.set(`http://${this.authority}${path}`, this.#sentence(path, version));
    }
    return all;
  }

  #appear() {
    this.pages.set(`/page${++this.made}`, 1);
    this.changed++;
  }

  #sentence(path, version) {
    return `This is edition s${this.number}v${version} of ${path} as its author left it.`;
  }

  #answer(request, response) {
    this.asked++;
    setTimeout(() => {
      const path = request.url;
      if (path === "/robots.txt") {
        response.writeHead(200, { "Content-Type": "text/plain" }).end("User-agent: *\nDisallow:\n");
        return;
      }
      const version = path === "/" ? this.changed : this.pages.get(path);
      if (version === undefined) {
        response.writeHead(404, { "Content-Type": "text/plain" }).end("There is no such page.");
        return;
      }
      const tag = `"${version}"`;
      if (request.headers["if-none-match"] === tag) {
        response.writeHead(304, { ETag: tag }).end();
        return;
      }
      const links = path === "/" ? [...this.pages.keys()] : ["/"];
      response.writeHead(200, { "Content-Type": "text/html", ETag: tag }).end(
        `<html><head><title>Title of ${path}</title></head><body><main>` +
          `<p>${this.#sentence(path, version)}</p>` +
          links.map((link) => `<a href="${link}">${link.slice(1) || "start"}</a>`).join(" ") +
          "</main></body></html>",
      );
    }, answer_delay_ms);
  }
}

export class Crawler {
  constructor(site, server, ledger) {
    this.site = site;
    this.ledger = ledger;
    this.caller = new Caller(server, ledger);
    this.collection = `site${site.number}`;
    this.finished = 0;
    this.restUntil = 0;
    this.inDoubt = false; // A crawl got no answer: the next one may go on with its old pages.
    this.parked = true;
    this.over = false;
  }

  async run(wait) {
    while (!this.over) {
      this.parked = wait() || Date.now() < this.restUntil;
      if (this.parked) {
        await sleep(50);
        continue;
      }
      this.site.change();
      await this.crawl();
      await sleep(Math.random() * 600);
    }
    this.parked = true;
  }

  /** Crawls, and compares unless a fault came between or the crawl may have begun before the
      site's last change. */
  async crawl() {
    const begun = Date.now();
    const report = await this.caller.call("ingest_url", {
      url: this.site.url, collection_name: this.collection, follow_links: true, max_depth: 2,
      max_pages: 200, mode: "recrawl", render: "never",
    }, crawl_max_ms);
    if (!report) {
      this.inDoubt = true;
      this.restUntil = Date.now() + lease_ms;
      return;
    }
    this.finished++;
    const fresh = !this.inDoubt;
    this.inDoubt = false;
    if (!fresh) return; // Its report tells of the crawl that it went on with, too.
    // A page that an earlier crawl found a link to, and that went before it was taken in.
    const failed = (report.failed_pages ?? []).filter((page) => page.status !== 404);
    if (failed.length === 0) {
      await this.#verify((name, args) => this.caller.call(name, args));
    } else if (!windows.excuse(begun, false)) {
      // Pages whose writing met a fault are named as failed, and taken in by the next crawl.
      this.ledger.blame(`pages failed: ${JSON.stringify(failed)}`);
    }
  }

  /** A last crawl of the site as it is, which must succeed, and nothing else in the collection. */
  async finish() {
    for (let tries = 0; tries < 3; tries++) {
      const wasInDoubt = this.inDoubt;
      const before = this.finished;
      await this.crawl();
      if (this.finished > before && !wasInDoubt) break;
    }
    await this.#verify(async (name, args) => (await this.caller.ask(name, args)).result ?? null);
  }

  /** Without an answer (a fault may have come) nothing is said. */
  async #verify(ask) {
    const listed = await ask("list_documents", {
      collection_name: this.collection, include_details: true, limit: 200,
    });
    if (!listed) return;
    const missing = this.site.expected();
    for (const document of listed.documents) {
      const url = document.metadata.source;
      const sentence = missing.get(url);
      if (!sentence) {
        this.ledger.blame(`crawled and not on the site: ${url}`);
        continue;
      }
      missing.delete(url);
      const read = await ask("get_document_by_id", { document_id: document.id });
      if (read && !read.content.includes(sentence)) {
        const was = read.content.split("\n")[0];
        this.ledger.blame(`${url} is '${was}', but the site says '${sentence}'`);
      }
    }
    for (const url of missing.keys()) this.ledger.blame(`on the site and not crawled: ${url}`);
  }
}
