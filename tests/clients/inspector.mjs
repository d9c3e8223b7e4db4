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
await step('inspector: calls a tool', async () => {
    const answer = await inspect(targets.http, ['--method', 'tools/call', '--tool-name', 'list_collections']);
    assert(answer.includes('structuredContent'), answer.slice(0, 500));
});
await server.stop();
memory.remove();
finish();
