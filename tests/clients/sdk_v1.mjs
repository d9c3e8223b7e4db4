// The TypeScript SDK v1 (legacy revisions) over each transport that it has.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

import { assert, binary, exercise, finish, makeMemory, startHttp, step } from './harness.mjs';

async function connect(transport) {
    const client = new Client({ name: 'sdk-v1', version: '1' }, { capabilities: {} });
    client.isVersion1 = true;
    await client.connect(transport);
    client.watch = async (uri, heard) => {
        client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
            if (params.uri === uri) {
                heard();
            }
        });
        await client.subscribeResource({ uri });
        return () => client.unsubscribeResource({ uri });
    };
    return client;
}

const memory = makeMemory();

await step('v1 stdio', async () => {
    const client = await connect(
        new StdioClientTransport({ command: binary, args: ['serve', '--transport', 'stdio'], env: memory.environment, cwd: memory.dir }),
    );
    assert(client.getServerVersion().name === 'rag-memory', JSON.stringify(client.getServerVersion()));
    assert((client.getInstructions() ?? '').length > 0, 'no instructions');
    await exercise('v1 stdio', client, memory);
    await client.close();
});

const server = await startHttp(memory);
await step('v1 http', async () => {
    const client = await connect(new StreamableHTTPClientTransport(new URL(`${server.address}/mcp`)));
    await exercise('v1 http', client, memory);
    await client.close();
});
await step('v1 sse', async () => {
    const client = await connect(new SSEClientTransport(new URL(`${server.address}/sse`)));
    await exercise('v1 sse', client, memory);
    await client.close();
});
await step('the server ends in order', async () => {
    const code = await server.stop();
    assert(code === 0, `exit code ${code}`);
});
memory.remove();
finish();
