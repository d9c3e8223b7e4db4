// What the client tests share: servers as child processes, steps that count, one closing line.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const binary = process.env.RAG_BINARY;
if (!binary) {
    throw new Error('RAG_BINARY is not set; it names the rag binary to test.');
}

let passed = 0;
let failed = 0;

/** Runs one step and counts it; a step fails by throwing. */
export async function step(name, work) {
    try {
        await work();
        passed += 1;
    } catch (error) {
        failed += 1;
        console.log(`FAILED ${name}: ${error.stack ?? error}`);
    }
}

export function assert(condition, sentence) {
    if (!condition) {
        throw new Error(sentence);
    }
}

/** Prints the closing line and ends with 1 when a step failed. */
export function finish() {
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

/** A folder with a memory of its own and files to take in. */
export function makeMemory() {
    const dir = mkdtempSync(join(tmpdir(), 'rag-client-test-'));
    for (let i = 0; i < 40; i += 1) {
        writeFileSync(join(dir, `note-${i}.md`), `# Note ${i}\n\nThis is note number ${i} about subject ${i % 7}.\n`);
    }
    // So many that a call about them can be cancelled before it is done.
    mkdirSync(join(dir, 'many'));
    for (let i = 0; i < 3000; i += 1) {
        writeFileSync(join(dir, 'many', `${i}.md`), `# Entry ${i}\n\nThis is entry number ${i}.\n`);
    }
    return {
        dir,
        environment: {
            PATH: process.env.PATH,
            HOME: '/nonexistent',
            RAG_DATA_DIR: join(dir, '.data'),
            RAG_ALLOWED_ROOTS: dir,
        },
        remove: () => rmSync(dir, { recursive: true, force: true }),
    };
}

/** Starts `rag serve` over HTTP on a free port, with further options; resolves when it listens. */
export async function startHttp(memory, options = []) {
    const child = spawn(binary, ['serve', '--port', '0', ...options], {
        env: memory.environment,
        cwd: memory.dir,
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    const address = await new Promise((resolve, reject) => {
        child.stderr.on('data', (data) => {
            log += data;
            const found = /listening on (http:\/\/[0-9.]+:[0-9]+)/.exec(log);
            if (found) {
                resolve(found[1]);
            }
        });
        child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    return {
        address,
        stop: async () => {
            child.kill('SIGTERM');
            return ended;
        },
        /** As a crash would end it. */
        kill: () => child.kill('SIGKILL'),
    };
}

/** Rejects with the sentence unless the promise settles in time. */
export function within(promise, milliseconds, sentence) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(sentence)), milliseconds);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The number of documents in the collection once it stays the same for a while. */
async function settledCount(client, collection) {
    let before = -1;
    for (;;) {
        const info = await client.callTool({ name: 'get_collection_info', arguments: { collection_name: collection } });
        const now = info.structuredContent.document_count;
        if (now === before) {
            return now;
        }
        before = now;
        await new Promise((resolve) => setTimeout(resolve, 400));
    }
}

/**
 * What every client is to manage; `client` is a connected client of either SDK with a function
 * watch(uri, heard) that resolves to one that ends it.
 */
export async function exercise(name, client, memory) {
    let documentId;
    await step(`${name}: lists the fourteen tools`, async () => {
        const { tools } = await client.listTools();
        assert(tools.length === 14, `${tools.length} tools`);
        assert(tools[0].name === 'search_documents', tools[0].name);
        assert(tools.every((tool) => tool.title && tool.outputSchema && tool.annotations), 'a tool without title, output schema or annotations');
    });
    await step(`${name}: stores a text and finds it`, async () => {
        await client.callTool({ name: 'create_collection', arguments: { name, description: 'of a client test' } });
        const stored = await client.callTool({
            name: 'ingest_text',
            arguments: { content: 'The backup runs at four in the morning.', collection_name: name, document_title: 'Backup' },
        });
        documentId = stored.structuredContent.source_document_id;
        const found = await client.callTool({
            name: 'search_documents',
            arguments: { query: 'when are backups made', collection_name: name, include_metadata: true },
        });
        assert(found.structuredContent.result[0].source_document_id === documentId, JSON.stringify(found));
        assert(JSON.parse(found.content[0].text).result.length === 1, found.content[0].text);
    });
    await step(`${name}: is told what it got wrong and goes on`, async () => {
        const wrong = await client.callTool({ name: 'search_documents', arguments: { query: '  ' } });
        assert(wrong.isError === true, JSON.stringify(wrong));
        assert(wrong.content[0].text.includes('Query cannot be empty'), wrong.content[0].text);
        let refused = false;
        try {
            await client.callTool({ name: 'no_such_tool', arguments: {} });
        } catch {
            refused = true;
        }
        assert(refused, 'an unknown tool was not refused');
    });
    await step(`${name}: reads resources and prompts`, async () => {
        const { resources } = await client.listResources();
        assert(resources.some((resource) => resource.uri === 'memory://collections'), JSON.stringify(resources));
        const { resourceTemplates } = await client.listResourceTemplates();
        assert(resourceTemplates.length >= 2, JSON.stringify(resourceTemplates));
        const read = await client.readResource({ uri: `memory://documents/${documentId}` });
        assert(read.contents[0].text.includes('four in the morning'), JSON.stringify(read));
        const { prompts } = await client.listPrompts();
        assert(prompts.length === 2, JSON.stringify(prompts));
        const prompt = await client.getPrompt({ name: 'answer_with_citations', arguments: { question: 'Why?' } });
        assert(JSON.stringify(prompt.messages).includes('Why?'), JSON.stringify(prompt));
        const completed = await client.complete({
            ref: { type: 'ref/prompt', name: 'answer_with_citations' },
            argument: { name: 'collection_name', value: name.slice(0, 5) },
        });
        assert(completed.completion.values.includes(name), JSON.stringify(completed));
    });
    await step(`${name}: hears of a change that it watches`, async () => {
        const uri = `memory://documents/${documentId}`;
        let tell;
        const heard = new Promise((resolve) => {
            tell = resolve;
        });
        const end = await client.watch(uri, tell);
        const updated = await client.callTool({
            name: 'update_document',
            arguments: { document_id: documentId, content: `The backup runs at five, says ${name}.` },
        });
        assert(updated.structuredContent.document_id === documentId, JSON.stringify(updated));
        await within(heard, 20_000, 'nothing was heard of the change');
        await end();
        const read = await client.readResource({ uri });
        assert(read.contents[0].text.includes('at five'), JSON.stringify(read));
    });
    await step(`${name}: receives progress`, async () => {
        const reports = [];
        const result = await client.callTool(
            { name: 'ingest_directory', arguments: { directory_path: memory.dir, collection_name: name } },
            ...progressArguments(client, (report) => reports.push(report)),
        );
        assert(result.structuredContent.files_ingested === 40, JSON.stringify(result));
        assert(reports.length >= 2, `${reports.length} progress reports`);
        assert(reports.every((report, i) => i === 0 || report.progress > reports[i - 1].progress), 'progress does not increase');
    });
    await step(`${name}: cancels a call and goes on`, async () => {
        const controller = new AbortController();
        const call = client.callTool(
            { name: 'ingest_directory', arguments: { directory_path: `${memory.dir}/many`, collection_name: name } },
            ...progressArguments(client, () => controller.abort(), controller.signal),
        );
        let cancelled = false;
        try {
            await call;
        } catch {
            cancelled = true;
        }
        assert(cancelled, 'the call was not cancelled');
        const stored = await settledCount(client, name);
        assert(stored < 3000, `the server did not stop: ${stored} documents`);
        const { tools } = await client.listTools();
        assert(tools.length === 14, 'the connection is not usable after a cancellation');
    });
}

/** SDK v1 takes (params, resultSchema, options), SDK v2 (params, options). */
function progressArguments(client, onprogress, signal) {
    const options = { onprogress, signal, timeout: 60_000 };
    return client.isVersion1 ? [undefined, options] : [options];
}
