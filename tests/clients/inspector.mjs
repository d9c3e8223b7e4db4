// The MCP inspector's command line: each transport and era, with its strict look at our schemas.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { assert, binary, finish, makeMemory, startHttp, step } from './harness.mjs';

const run = promisify(execFile);
const memory = makeMemory();
const server = await startHttp(memory);

async function inspect(target, options) {
    const { stdout } = await run('node_modules/.bin/mcp-inspector', ['--cli', ...target, ...options], {
        env: { ...memory.environment, MCP_INSPECTOR_SECRET_STORE: 'memory', HOME: memory.dir },
        maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
}

// Started through a configuration file, because our own --transport would be taken for the inspector's.
const config = join(memory.dir, 'inspector.json');
writeFileSync(config, JSON.stringify({
    mcpServers: { memory: { command: binary, args: ['serve', '--transport', 'stdio'], env: memory.environment } },
}));
const targets = {
    stdio: ['--config', config, '--server', 'memory'],
    http: [`${server.address}/mcp`, '--transport', 'http'],
    sse: [`${server.address}/sse`, '--transport', 'sse'],
};
for (const [transport, target] of Object.entries(targets)) {
    for (const era of transport === 'sse' ? ['legacy'] : ['legacy', 'auto', 'modern']) {
        await step(`inspector ${transport} ${era}: every schema is portable`, async () => {
            const listed = await inspect(target, ['--protocol-era', era, '--strict', '--method', 'tools/list']);
            assert(JSON.parse(listed).tools.length === 14, listed.slice(0, 500));
        });
    }
}
// One era for each transport: the schemas above were asked for in all of them.
for (const [transport, era] of [['stdio', 'auto'], ['http', 'modern'], ['http', 'legacy'], ['sse', 'legacy']]) {
    const name = `${transport}-${era}`;
    const ask = async (...options) => JSON.parse(await inspect(targets[transport], ['--protocol-era', era, ...options]));
    const call = (tool, ...args) => ask('--method', 'tools/call', '--tool-name', tool, '--tool-arg', ...args);
    await step(`inspector ${name}: calls tools`, async () => {
        const made = await call('create_collection', `name=${name}`, 'description=of the inspector');
        assert(made.structuredContent.created === true, JSON.stringify(made));
        const stored = await call('ingest_text', 'content=The lighthouse is painted red.', `collection_name=${name}`);
        assert(stored.structuredContent.num_chunks === 1, JSON.stringify(stored));
        const found = await call('search_documents', 'query=colour of the lighthouse', 'limit=3', `collection_name=${name}`);
        assert(found.structuredContent.result[0].content.includes('red'), JSON.stringify(found));
    });
    await step(`inspector ${name}: reads resources and gets prompts`, async () => {
        const { resources } = await ask('--method', 'resources/list');
        assert(resources.some(({ uri }) => uri === `memory://collections/${name}`), JSON.stringify(resources));
        const { contents } = await ask('--method', 'resources/read', '--uri', `memory://collections/${name}`);
        assert(JSON.parse(contents[0].text).document_count === 1, JSON.stringify(contents));
        const { prompts } = await ask('--method', 'prompts/list');
        assert(prompts.length === 2, JSON.stringify(prompts));
        const prompt = await ask('--method', 'prompts/get', '--prompt-name', 'plan_site_ingest', '--prompt-args', 'url=https://example.org');
        assert(prompt.messages[0].content.text.includes('https://example.org'), JSON.stringify(prompt));
    });
}
await server.stop();
const everything = await startHttp(memory, ['--toolsets', 'core,admin,connector']);
await step('inspector: the schemas of the further toolsets are portable too', async () => {
    const listed = await inspect([`${everything.address}/mcp`, '--transport', 'http'], ['--strict', '--method', 'tools/list']);
    assert(JSON.parse(listed).tools.length >= 19, listed.slice(0, 500));
});
await step('inspector: search and fetch answer with one text that holds their object', async () => {
    const call = async (tool, arg) => {
        const target = [`${everything.address}/mcp`, '--transport', 'http'];
        const result = JSON.parse(await inspect(target, ['--method', 'tools/call', '--tool-name', tool, '--tool-arg', arg]));
        assert(result.content.length === 1 && result.content[0].type === 'text', JSON.stringify(result));
        assert(result.content[0].text === JSON.stringify(result.structuredContent) ||
            JSON.stringify(JSON.parse(result.content[0].text)) === JSON.stringify(result.structuredContent), result.content[0].text);
        return result.structuredContent;
    };
    const { results } = await call('search', 'query=lighthouse');
    assert(results.length > 0 && results.every(({ id, title, url }) => id && title && url), JSON.stringify(results));
    // As text: the inspector would send a number.
    const document = await call('fetch', `id="${results[0].id}"`);
    assert(document.text.includes('red') && document.url && document.title, JSON.stringify(document));
});
await everything.stop();
memory.remove();
finish();
