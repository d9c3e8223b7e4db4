// Makes pairs of what was written for the model, in training/written:
//   node training/written.mjs TEXTS WORDS
// notes/*.tsv: a note, then questions that ask for it in other words; words/*.tsv: a word, then
// expressions for it. WORDS holds the words of the language (`words.mjs list`): a word's forms that
// are among them are paired with its expressions as well. TEXTS/tsv/notes.tsv and expressions.tsv
// are for `rag_train pairs`. The last file of each kind of notes gives no pairs but questions with
// known answers, in TEXTS/sets/notes.
//
// A note is left out when it, or a question of it, says nearly what a text of tests/quality or
// training/development says: a model may not be judged by what it has seen.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [folder, wordsFile] = process.argv.slice(2);
if (!wordsFile) {
    console.error("usage: node training/written.mjs TEXTS WORDS");
    process.exit(2);
}

const nearlyTheSame = 0.5; // Of the content words of two texts together so many stand in both.
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const judged = ["tests/quality/paraphrases", "tests/quality/lexical", "training/development"];

const functionWords = new Set(("a about after again all also am an and any are as at be been before"
    + " being between both but by can could did do does doing done down each else ever every few for"
    + " from get gets given go goes going got had has have having he her here him his how i if in into"
    + " is it its just keep let like made make makes many may me might mine more most much must my need"
    + " needs no nor not now of off on once one only or other our out over own per put quite rather"
    + " same say says see seen shall she should since so some somebody someone something still such"
    + " take taken than that the their them then there these they thing things this those through"
    + " time times to too under until up upon us use used uses very was we were what when where"
    + " whether which while who whose why will with without would you your").split(" "));

const stem = (word) => word.replace(/(?<=...)(?:ings?|edly|ed|ies|es|s|ly)$/, "").replace(/e$/, "");

const contentOf = (text) => new Set((text.toLowerCase().match(/[a-z0-9]{2,}/g) ?? [])
    .filter((word) => !functionWords.has(word)).map(stem));

const linesOf = (path) => readFileSync(path, "utf8").split("\n").filter((line) => line !== "");
const rowsOf = (path) => linesOf(path).map((line) => line.split("\t"));
const written = (kind) => readdirSync(join(root, "training", "written", kind)).sort()
    .map((name) => ({ name, rows: rowsOf(join(root, "training", "written", kind, name)) }));

/** How much of two sets they share, at most, over all that is judged. */
function makeLikeness() {
    const texts = judged.flatMap((set) => ["documents.tsv", "queries.tsv"]
        .flatMap((file) => rowsOf(join(root, set, file)).map((row) => contentOf(row.at(-1)))));
    const holding = new Map();
    texts.forEach((text, number) => text.forEach((word) => {
        holding.set(word, [...(holding.get(word) ?? []), number]);
    }));
    return (text) => {
        const content = contentOf(text);
        const shared = new Map();
        for (const word of content) {
            for (const number of holding.get(word) ?? []) {
                shared.set(number, (shared.get(number) ?? 0) + 1);
            }
        }
        return Math.max(0, ...[...shared].map(([number, count]) =>
            count / (content.size + texts[number].size - count)));
    };
}

/** Forms that English makes of a word by rule; most are words of nothing. */
function formsOf(word) {
    const cut = word.replace(/e$/, "");
    const soft = word.replace(/y$/, "i");
    const doubled = word + word.at(-1);
    return [`${word}s`, `${word}es`, `${soft}es`, `${word}d`, `${word}ed`, `${soft}ed`, `${cut}ing`,
        `${word}ing`, `${doubled}ed`, `${doubled}ing`, `${word}ly`, `${cut}ion`, `${cut}er`,
        `${word}er`, `${word}ment`];
}

function* pairsOfNotes(notes) {
    for (const { name, rows } of notes) {
        for (const [number, [note, ...questions]] of rows.entries()) {
            for (const [i, question] of questions.entries()) {
                yield [`${name} ${number}`, question, note];
                yield [`${name} ${number}`, question, questions[(i + 1) % questions.length]];
            }
        }
    }
}

function* pairsOfWords(files, words) {
    for (const { rows } of files) {
        for (const [word, ...expressions] of rows) {
            const forms = formsOf(word).filter((form) => words.has(form));
            for (const [i, expression] of expressions.entries()) {
                yield [word, word, expression];
                yield [word, expression, expressions[(i + 1) % expressions.length]];
                if (forms.length > 0) yield [word, forms[i % forms.length], expression];
            }
        }
    }
}

function write(path, rows) {
    const lines = [...rows].map((row) => row.join("\t") + "\n");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, lines.join(""));
    console.log(`${path}: ${lines.length} lines`);
}

const likeness = makeLikeness();
const files = written("notes");
const kindOf = (file) => file.name.replace(/-\d+\.tsv$/, "");
const isLast = (file, i) => i + 1 === files.length || kindOf(files[i + 1]) !== kindOf(file);
const trained = files.filter((file, i) => !isLast(file, i)).map((file) => ({
    ...file,
    rows: file.rows.filter((row) => row.every((text) => likeness(text) < nearlyTheSame)),
}));
const questioned = files.filter(isLast).flatMap(({ name, rows }) =>
    rows.map((row, number) => ({ id: `${name.replace(/\.tsv$/, "")}-${number}`, row })));

write(join(folder, "tsv", "notes.tsv"), pairsOfNotes(trained));
write(join(folder, "tsv", "expressions.tsv"),
    pairsOfWords(written("words"), new Set(linesOf(wordsFile))));
const set = join(folder, "sets", "notes");
write(join(set, "documents.tsv"), questioned.map(({ id, row }) => [id, "", row[0]]));
write(join(set, "queries.tsv"), questioned.flatMap(({ id, row }) =>
    row.slice(1).map((question, i) => [`${id}-${i}`, question])));
write(join(set, "judgements.tsv"), questioned.flatMap(({ id, row }) =>
    row.slice(1).map((_, i) => [`${id}-${i}`, id, 1])));
