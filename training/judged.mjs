// Turns public collections with known answers into the form that scripts/evaluate reads:
//   node training/judged.mjs FOLDER
// FOLDER holds xquad/xquad.LANGUAGE.json; cran.all.1400, cran.qry and cranqrel in cranfield/;
// CISI.ALL, CISI.QRY and CISI.REL in cisi/; cacm.all, query.text and qrels.text in cacm/; and in hwu/
// the CrossValidation folder of xliuhw/NLU-Evaluation-Data. The sets go to FOLDER/sets. What is not
// there is left out.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
if (!folder) {
    console.error("usage: node training/judged.mjs FOLDER");
    process.exit(2);
}

const clean = (text) => text.replace(/\s+/g, " ").trim();

function writeSet(name, documents, queries, judgements) {
    const into = join(folder, "sets", name);
    mkdirSync(into, { recursive: true });
    const write = (file, rows) => writeFileSync(join(into, file),
        rows.map((row) => row.map((cell) => clean(String(cell))).join("\t") + "\n").join(""));
    write("documents.tsv", documents);
    write("queries.tsv", queries);
    write("judgements.tsv", judgements);
    console.log(`${name}: ${documents.length} documents, ${queries.length} queries`);
}

/** Paragraphs are the documents; a question's answer lies in its own. */
function xquad(language, path) {
    const documents = [];
    const queries = [];
    const judgements = [];
    for (const article of JSON.parse(readFileSync(path, "utf8")).data) {
        for (const paragraph of article.paragraphs) {
            documents.push([`d${documents.length}`, "", paragraph.context]);
            for (const question of paragraph.qas) {
                queries.push([question.id, question.question]);
                judgements.push([question.id, documents.at(-1)[0], 1]);
            }
        }
    }
    writeSet(`xquad-${language}`, documents, queries, judgements);
}

/** The fields of SMART's form: .I number, then .T title, .A author, .B source, .W text. */
function smartRecords(path) {
    return readFileSync(path, "utf8").split(/^\.I\s+/m).slice(1).map((record) => {
        const fields = { number: record.match(/^\d+/)[0] };
        for (const part of record.split(/^(?=\.[A-Z]\s*$)/m).slice(1)) {
            fields[part[1]] = part.slice(2);
        }
        return fields;
    });
}

const smartDocuments = (path) =>
    smartRecords(path).map((record) => [record.number, record.T ?? "", record.W ?? record.T ?? ""]);

/** CISI and CACM: each line of judgements begins with the numbers of a query and a document. */
function smartSet(name, documentsFile, queriesFile, judgementsFile) {
    const queries = smartRecords(queriesFile).map((record) => [record.number, record.W]);
    const judgements = readFileSync(judgementsFile, "utf8").split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number))
        .filter(([query, document]) => query && document)
        .map(([query, document]) => [query, document, 1]);
    const judged = new Set(judgements.map(([query]) => String(query)));
    writeSet(name, smartDocuments(documentsFile),
        queries.filter(([number]) => judged.has(number)), judgements);
}

/** Its questions are judged by their place in the file; grades run from 1, the best, to 4. */
function cranfield(path) {
    const documents = smartDocuments(join(path, "cran.all.1400"));
    const queries = smartRecords(join(path, "cran.qry")).map((record, i) => [i + 1, record.W]);
    const judgements = readFileSync(join(path, "cranqrel"), "utf8").split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number))
        .filter(([query, document, grade]) => query && document && grade >= 1 && grade <= 4)
        .map(([query, document]) => [query, document, 1]);
    writeSet("cranfield", documents, queries, judgements);
}

/** Words that may be shared by texts that say different things. */
const commonWords = new Set(("a about all am an and any are as at be can could do does for from get give"
    + " go has have how i if in is it its just know let like make me much my need no not of off on one"
    + " or our out please say set show so some tell than that the there these they this to turn up us"
    + " want was we what when where which who why will with would you your").split(" "));

/** The beginnings of a text's words, so that "play" and "playing" count as one. */
const beginnings = (text) => new Set((text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
    .filter((word) => !commonWords.has(word)).map((word) => word.slice(0, 4)));

/**
 * What people say to a home assistant, by intent: of each intent three utterances are documents, and
 * those others are questions that share no word with any of the three.
 */
function intents(path) {
    const perIntent = 3;
    const questionsMax = 15;
    const vague = /^(general|qa_(factoid|definition|maths))/; // Their utterances are about anything.
    const byIntent = new Map();
    for (const file of readdirSync(path, { recursive: true }).sort()) {
        if (!/testset.annotated.*\.json$/.test(file)) continue;
        for (const { text, intent } of Object.values(JSON.parse(readFileSync(join(path, file))))[0]) {
            if (vague.test(intent)) continue;
            if (!byIntent.has(intent)) byIntent.set(intent, new Set());
            byIntent.get(intent).add(clean(text));
        }
    }
    const documents = [];
    const queries = [];
    const judgements = [];
    for (const [intent, set] of [...byIntent].sort()) {
        const texts = [...set].filter((text) => text.split(" ").length > 3).sort();
        if (texts.length < 2 * perIntent) continue;
        const chosen = [0, 1, 2].map((i) => texts[Math.floor(((i + 0.5) * texts.length) / perIntent)]);
        const taken = new Set(chosen.flatMap((text) => [...beginnings(text)]));
        chosen.forEach((text, i) => documents.push([`${intent}.${i}`, "", text]));
        texts.filter((text) => !chosen.includes(text) && beginnings(text).size > 0
            && ![...beginnings(text)].some((word) => taken.has(word)))
            .filter((_, i, all) => i % Math.ceil(all.length / questionsMax) === 0)
            .forEach((text, i) => {
                queries.push([`${intent}-${i}`, text]);
                chosen.forEach((_, n) => judgements.push([`${intent}-${i}`, `${intent}.${n}`, 1]));
            });
    }
    writeSet("intents", documents, queries, judgements);
}

const xquadFolder = join(folder, "xquad");
if (existsSync(xquadFolder)) {
    for (const file of readdirSync(xquadFolder)) {
        const language = file.match(/^xquad\.(\w+)\.json$/)?.[1];
        if (language) xquad(language, join(xquadFolder, file));
    }
}
if (existsSync(join(folder, "cranfield", "cranqrel"))) {
    cranfield(join(folder, "cranfield"));
}
if (existsSync(join(folder, "cisi", "CISI.REL"))) {
    smartSet("cisi", ...["ALL", "QRY", "REL"].map((part) => join(folder, "cisi", `CISI.${part}`)));
}
if (existsSync(join(folder, "cacm", "qrels.text"))) {
    smartSet("cacm", ...["cacm.all", "query.text", "qrels.text"]
        .map((file) => join(folder, "cacm", file)));
}
if (existsSync(join(folder, "hwu"))) {
    intents(join(folder, "hwu"));
}
