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
    client.watch = async (uri, heard) => {
        client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
            if (params.uri === uri) {
                heard();
            }
        });
        if (client.getProtocolEra() === 'modern') {
            const subscription = await client.listen({ resourceSubscriptions: [uri] });
            assert(subscription.honoredFilter.resourceSubscriptions[0] === uri, JSON.stringify(subscription.honoredFilter));
            return () => subscription.close();
        }
        await client.subscribeResource({ uri });
        return () => client.unsubscribeResource({ uri });
    };
    return client;
}

function startStdio(memory) {
    return new StdioClientTransport({
        command: binary,
        args: ['serve', '--transport', 'stdio'],
        env: memory.environment,
        cwd: memory.dir,
    });
}

const memory = makeMemory();
const server = await startHttp(memory);

for (const [era, negotiation] of Object.entries(eras)) {
    await step(`v2 stdio ${era}`, async () => {
        const client = await connect(
            startStdio(memory),
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
await step('v2 negotiates: auto speaks the modern revision, legacy the latest before it', async () => {
    for (const [era, expected] of [['auto', '2026-07-28'], ['modern', '2026-07-28'], ['legacy', '2025-11-25']]) {
        const client = await connect(new StreamableHTTPClientTransport(new URL(`${server.address}/mcp`)), eras[era]);
        assert(client.getNegotiatedProtocolVersion() === expected, `${era}: ${client.getNegotiatedProtocolVersion()}`);
        await client.close();
    }
});
// Negotiation over stdio starts the binary twice, so this is eight processes on a memory that
// none of them has made yet.
await step('v2 stdio: four clients begin at once with a new memory', async () => {
    const fresh = makeMemory();
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect(startStdio(fresh), eras.auto)));
    const made = await Promise.all(clients.map((client, i) =>
        client.callTool({ name: 'create_collection', arguments: { name: `c${i}`, description: 'of a client test' } })));
    assert(made.every((result) => result.structuredContent?.created), JSON.stringify(made));
    const { structuredContent } = await clients[0].callTool({ name: 'list_collections', arguments: {} });
    assert(structuredContent.result.length === 4, JSON.stringify(structuredContent));
    await Promise.all(clients.map((client) => client.close()));
    fresh.remove();
});
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
