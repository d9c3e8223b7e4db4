// The TypeScript SDK v2: legacy, negotiated and pinned to the modern revision.
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { assert, binary, exercise, finish, makeMemory, startHttp, step } from './harness.mjs';

const eras = {
    legacy: undefined,
    auto: { mode: 'auto' },
    modern: { mode: { pin: '2026-07-28' } },
};

async function connect(transport, versionNegotiation) {
    const client = new Client({ name: 'sdk-v2', version: '1' }, versionNegotiation ? { versionNegotiation } : {});
    await client.connect(transport);
    return client;
}

const memory = makeMemory();
const server = await startHttp(memory);

for (const [era, negotiation] of Object.entries(eras)) {
    await step(`v2 stdio ${era}`, async () => {
        const client = await connect(
            new StdioClientTransport({ command: binary, args: ['serve', '--transport', 'stdio'], env: memory.environment, cwd: memory.dir }),
            negotiation,
        );
        await exercise(`v2 stdio ${era}`, client, memory);
        await client.close();
    });
    await step(`v2 http ${era}`, async () => {
        const client = await connect(new StreamableHTTPClientTransport(new URL(`${server.address}/mcp`)), negotiation);
        await exercise(`v2 http ${era}`, client, memory);
        await client.close();
    });
}
await step('v2 sse legacy', async () => {
    const client = await connect(new SSEClientTransport(new URL(`${server.address}/sse`)));
    await exercise('v2 sse legacy', client, memory);
    await client.close();
});
await step('the server ends in order', async () => {
    const code = await server.stop();
    assert(code === 0, `exit code ${code}`);
});
memory.remove();
finish();
