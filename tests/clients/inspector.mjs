// The MCP inspector's command line: each transport and era, with its strict look at our schemas.
import { execFile } from 'node:child_process';
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

const targets = {
    stdio: [binary, 'serve', '--transport', 'stdio'],
    http: [`${server.address}/mcp`, '--transport', 'http'],
    sse: [`${server.address}/sse`, '--transport', 'sse'],
};
for (const [transport, target] of Object.entries(targets)) {
    for (const era of transport === 'sse' ? ['legacy'] : ['legacy', 'auto', 'modern']) {
        await step(`inspector ${transport} ${era}: every schema is portable`, async () => {
            const environment = transport === 'stdio'
                ? ['RAG_DATA_DIR', 'RAG_ALLOWED_ROOTS'].flatMap((name) => ['-e', `${name}=${memory.environment[name]}`])
                : [];
            const listed = await inspect(target, [...environment, '--protocol-era', era, '--strict', '--method', 'tools/list']);
            assert(JSON.parse(listed).tools.length === 14, listed.slice(0, 500));
        });
    }
}
await step('inspector: calls a tool', async () => {
    const answer = await inspect(targets.http, ['--method', 'tools/call', '--tool-name', 'list_collections']);
    assert(answer.includes('structuredContent'), answer.slice(0, 500));
});
await server.stop();
memory.remove();
finish();
