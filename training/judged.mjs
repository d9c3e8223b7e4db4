// Turns public collections with known answers into the form that scripts/evaluate reads:
//   node training/judged.mjs FOLDER
// FOLDER holds xquad/xquad.LANGUAGE.json, and cran.all.1400, cran.qry and cranqrel in cranfield/;
// the sets go to FOLDER/sets. What is not there is left out.

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

/** Its questions are judged by their place in the file; grades run from 1, the best, to 4. */
function cranfield(path) {
    const documents = smartRecords(join(path, "cran.all.1400"))
        .map((record) => [record.number, record.T ?? "", record.W ?? ""]);
    const queries = smartRecords(join(path, "cran.qry")).map((record, i) => [i + 1, record.W]);
    const judgements = readFileSync(join(path, "cranqrel"), "utf8").split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number))
        .filter(([query, document, grade]) => query && document && grade >= 1 && grade <= 4)
        .map(([query, document]) => [query, document, 1]);
    writeSet("cranfield", documents, queries, judgements);
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
