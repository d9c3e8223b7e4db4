// Turns gathered data sets into lines with tabs, as `rag_train pairs` reads them:
//   node training/convert.mjs FOLDER
// FOLDER holds what training/README.md names; the results go to FOLDER/tsv. What is not there is
// left out with a word.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
if (!folder) {
    console.error("usage: node training/convert.mjs FOLDER");
    process.exit(2);
}

const clean = (text) => text.replace(/\s+/g, " ").trim();
const readText = (...path) => readFileSync(join(folder, ...path), "utf8");

/** Rows of CSV with quotes that may span lines. */
function parseCsv(text) {
    const rows = [[]];
    let field = "";
    let quoted = false;
    for (let i = 0; i < text.length; i++) {
        const c = text[i];
        if (quoted) {
            if (c !== '"') field += c;
            else if (text[i + 1] === '"') field += text[++i];
            else quoted = false;
        } else if (c === '"') quoted = true;
        else if (c === "," || c === "\n") {
            rows.at(-1).push(field);
            field = "";
            if (c === "\n") rows.push([]);
        } else if (c !== "\r") field += c;
    }
    rows.at(-1).push(field);
    return rows;
}

/** Utterances of one intent mean much the same: each with the next two of its intent. */
function intents() {
    const byIntent = new Map();
    const put = (intent, text) => byIntent.set(intent, [...(byIntent.get(intent) ?? []), text]);
    const clinc = JSON.parse(readText("clinc", "data", "data_full.json"));
    for (const part of ["train", "val", "test"]) {
        for (const [text, intent] of clinc[part]) put(`clinc ${intent}`, text);
    }
    for (const file of ["train.csv", "test.csv"]) {
        for (const [text, intent] of parseCsv(readText("polyai", "banking_data", file)).slice(1)) {
            if (intent) put(`bank ${intent}`, text);
        }
    }
    const lines = [];
    for (const [intent, texts] of byIntent) {
        const name = intent.replace(/^\w+ /, "").replaceAll("_", " ");
        texts.forEach((text, i) => {
            const other = texts[(i * 7 + 3) % texts.length];
            lines.push([intent, text, `${other} (${name})`], [intent, text, texts[(i + 1) % texts.length]]);
        });
    }
    return lines;
}

function medicalQuestions() {
    const entities = { "&apos;": "'", "&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">" };
    const decode = (text) => clean(text.replace(/&\w+;/g, (name) => entities[name] ?? " "));
    const lines = [];
    const root = join(folder, "medquad");
    for (const part of readdirSync(root).filter((name) => name.endsWith("_QA"))) {
        for (const file of readdirSync(join(root, part))) {
            const xml = readText("medquad", part, file);
            const pair = /<Question[^>]*>([^<]*)<\/Question>\s*<Answer>([^<]+)<\/Answer>/g;
            for (const [, question, answer] of xml.matchAll(pair)) {
                const words = decode(answer).split(" ").slice(0, 220).join(" ");
                lines.push([`${part}/${file}`, decode(question), words]);
            }
        }
    }
    return lines;
}

/** A turn with the next, and what a person is with what that person says. */
function talks() {
    const lines = [];
    for (const part of ["train", "valid", "test"]) {
        const path = join(folder, "persona", "data", `Synthetic-Persona-Chat_${part}.csv`);
        if (!existsSync(path)) continue;
        parseCsv(readFileSync(path, "utf8")).slice(1).forEach((row, number) => {
            if (row.length < 3) return;
            const turns = row[2].split("\n").map((turn) => clean(turn.replace(/^User \d: /, "")));
            for (let i = 1; i < turns.length; i++) {
                if (turns[i].length > 20 && turns[i - 1].length > 20) {
                    lines.push([`${part} ${number}`, turns[i - 1], turns[i]]);
                }
            }
        });
    }
    return lines;
}

/** A word of Moby's thesaurus with some of its synonyms, and these with others. */
function synonyms() {
    const lines = [];
    for (const line of readText("moby", "words.txt").split("\n")) {
        const words = line.split(",").map(clean).filter(Boolean);
        if (words.length < 8) continue;
        const pick = (offset) => [0, 1, 2, 3, 4, 5]
            .map((i) => words[1 + ((offset + i * 37) % (words.length - 1))]).join(" ");
        lines.push([words[0], words[0], pick(0)], [words[0], `${words[0]} ${words[1 + words.length % 5]}`, pick(11)]);
    }
    return lines;
}

/** Words that PPDB renders alike. */
function paraphrases() {
    return readText("ppdb", "ppdb_synonyms.txt").split("\n").map((line) => line.trim().split(" "))
        .filter((words) => words.length === 2).map(([left, right]) => [left, left, right]);
}

/** Words of one meaning with its gloss. */
function glosses() {
    const lines = [];
    for (const part of ["noun", "verb", "adj", "adv"]) {
        for (const line of readText("wordnet", `data.${part}`).split("\n")) {
            const [head, gloss] = line.split(" | ");
            if (!gloss || line.startsWith(" ")) continue;
            const fields = head.split(" ");
            const count = parseInt(fields[3], 16);
            const words = [];
            for (let i = 0; i < count; i++) {
                words.push(fields[4 + i * 2].replace(/\(\w+\)$/, "").replaceAll("_", " "));
            }
            lines.push([fields[0] + part, words.join(", "), clean(gloss)]);
        }
    }
    return lines;
}

mkdirSync(join(folder, "tsv"), { recursive: true });
for (const make of [intents, medicalQuestions, talks, synonyms, paraphrases, glosses]) {
    try {
        const lines = make();
        const text = lines.map((parts) => parts.map(clean).join("\t") + "\n").join("");
        writeFileSync(join(folder, "tsv", `${make.name}.tsv`), text);
        console.log(`${make.name}: ${lines.length} pairs`);
    } catch (error) {
        if (error.code !== "ENOENT") throw error;
        console.log(`${make.name}: left out, ${error.path} is not there`);
    }
}
