// A client that writes, changes, deletes and searches documents of its own, so that it knows what
// the memory must hold: what was acknowledged. A call that got no answer may have happened or not,
// and either is right.

import { Caller } from "./calls.mjs";
import { sleep } from "./server.mjs";

const documents_max = 60; // So that a long run does not measure a growing memory.
const thinking_ms = 60;
const former_max = 20;
const subjects = ["lamps", "rivers", "keys", "bread", "violins", "harbours", "clocks"];

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const word_of = (content) => content.match(/entry\S+/)[0];

export class Writer {
  constructor(number, server, ledger) {
    this.number = number;
    this.caller = new Caller(server, ledger);
    this.ledger = ledger;
    this.serial = 0;
    this.collection = "";
    this.documents = new Map(); // id: content that was acknowledged; null: nobody knows which
    this.elsewhere = new Map(); // The same, in collections that are written no more.
    this.deleted = new Set();
    this.former = []; // [id, content]: the latest that a search must not find any more
    this.parked = true;
    this.over = false;
  }

  /** From now on writes go into this collection. */
  moveTo(collection) {
    for (const [id, content] of this.documents) this.elsewhere.set(id, content);
    this.documents.clear();
    this.collection = collection;
  }

  /** Works until `over`, and rests while `wait` is true of a moment. */
  async run(wait) {
    while (!this.over) {
      this.parked = wait();
      if (this.parked) {
        await sleep(20);
        continue;
      }
      await this.#step();
      await sleep(Math.random() * 2 * thinking_ms);
    }
    this.parked = true;
  }

  async #step() {
    const ids = [...this.documents.keys()];
    const room = documents_max - ids.length;
    const dice = Math.random();
    if (dice < 0.5) {
      await this.#search();
    } else if (dice < 0.55) {
      await this.caller.call("list_documents", { collection_name: this.collection, limit: 20 });
    } else if (ids.length === 0 || (dice < 0.8 && room > 0)) {
      await this.#ingest();
    } else if (dice < 0.9) {
      await this.#update(pick(ids));
    } else {
      await this.#delete(pick(ids));
    }
  }

  #make_text() {
    const word = `entry${this.number}x${++this.serial}`;
    return `Client ${this.number} wrote ${word} about ${pick(subjects)} and ${pick(subjects)}.`;
  }

  async #search() {
    const word = `entry${this.number}x${1 + Math.floor(Math.random() * (this.serial || 1))}`;
    await this.caller.call("search_documents", { query: `${word} ${pick(subjects)}`, limit: 5 });
  }

  async #ingest() {
    const content = this.#make_text();
    const title = `c${this.number}-${this.serial}`;
    const done = await this.caller.call("ingest_text", {
      content, collection_name: this.collection, document_title: title,
    });
    if (done) this.documents.set(done.source_document_id, content);
  }

  async #update(id) {
    const content = this.#make_text();
    const former = this.documents.get(id);
    const done = await this.caller.call("update_document", { document_id: id, content });
    this.documents.set(id, done ? content : null);
    if (done) this.#forget(id, former);
  }

  async #delete(id) {
    const former = this.documents.get(id);
    const done = await this.caller.call("delete_document", { document_id: id });
    this.documents.delete(id);
    if (!done) return;
    this.deleted.add(id);
    this.#forget(id, former);
  }

  #forget(id, content) {
    if (content) this.former.push([id, content]);
    if (this.former.length > former_max) this.former.shift();
  }

  get held() {
    return this.documents.size + this.elsewhere.size;
  }

  /** Compares the memory with what was acknowledged; `there` has the ids of all its documents. */
  async verify(there) {
    for (const [id, content] of [...this.elsewhere, ...this.documents]) {
      await this.#verify_document(id, content);
    }
    for (const id of this.deleted) {
      if (there.has(id)) this.ledger.blame(`deleted and there: document ${id}`);
    }
    for (const [id, content] of this.former) {
      if (await this.#finds(content)) {
        this.ledger.blame(`the index finds what document ${id} held and holds no more`);
      }
    }
  }

  async #verify_document(id, content) {
    const { result, failure } = await this.caller.ask("get_document_by_id", { document_id: id });
    if (!result) {
      this.ledger.blame(`acknowledged and lost: document ${id} (${failure})`);
    } else if (content !== null && result.content !== content) {
      this.ledger.blame(`document ${id} is not what was acknowledged: '${result.content}'`);
    } else if (!(await this.#finds(result.content))) {
      this.ledger.blame(`the index has not what the store has: document ${id}`);
    }
  }

  async #finds(content) {
    const { result } = await this.caller.ask("search_documents", {
      query: word_of(content), search_mode: "keyword", limit: 3,
    });
    return result?.result.some((hit) => hit.content === content) ?? false;
  }
}
