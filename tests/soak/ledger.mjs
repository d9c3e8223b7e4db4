// What was done and what went wrong; its verdict is the run's.

const sentences_max = 40;

export class Ledger {
  constructor() {
    this.counts = { calls: 0, failed: 0, lost: 0, refused: 0 };
    this.byTool = {};
    this.wrong = [];
    this.notDone = [];
    this.searchTimes = [];
  }

  /** Something that must not be. */
  blame(sentence) {
    if (this.wrong.length < sentences_max) this.wrong.push(sentence);
  }

  /** Something that this machine does not allow to be tried: counted, and never as done. */
  leaveOut(sentence) {
    this.notDone.push(sentence);
  }

  searchTime(share) {
    const sorted = [...this.searchTimes].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  /** Prints the verdict; the exit status of the run. */
  close() {
    for (const sentence of this.notDone) console.log(`NOT DONE: ${sentence}`);
    for (const sentence of new Set(this.wrong)) console.log(`WRONG: ${sentence}`);
    const good = this.wrong.length === 0;
    const left_out = this.notDone.length > 0 ? `, ${this.notDone.length} not done` : "";
    console.log((good ? "1 passed, 0 failed" : "0 passed, 1 failed") + left_out);
    return good ? 0 : 1;
  }
}
