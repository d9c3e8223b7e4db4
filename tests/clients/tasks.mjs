// Lengthy ingest calls as tasks that outlive their process, and sessions that two servers share.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { assert, finish, makeMemory, startHttp, step } from './harness.mjs';

const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const final = ['completed', 'cancelled', 'failed'];

/** One modern request; the whole response message. */
async function ask(server, method, params, clientCapabilities = capabilities) {
    const name = params.taskId ?? params.name;
    const response = await fetch(`${server.address}/mcp`, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json',
            'mcp-protocol-version': '2026-07-28',
            'mcp-method': method,
            ...(name ? { 'mcp-name': name } : {}),
        },
        body: JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method,
            params: {
                ...params,
                _meta: {
                    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
                    'io.modelcontextprotocol/clientCapabilities': clientCapabilities,
                },
            },
        }),
    });
    return response.json();
}

async function call(server, name, args) {
    const { result, error } = await ask(server, 'tools/call', { name, arguments: args });
    assert(result, JSON.stringify(error));
    return result;
}

/** Polls until the task is over. */
async function settle(server, taskId) {
    const until = Date.now() + 90_000;
    while (Date.now() < until) {
        const { result, error } = await ask(server, 'tasks/get', { taskId });
        assert(result, JSON.stringify(error));
        if (final.includes(result.status)) {
            return result;
        }
        await sleep(100);
    }
    throw new Error(`task ${taskId} did not end`);
}

/** Opens a legacy session; its id. */
async function openSession(server) {
    const response = await fetch(`${server.address}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'initialize',
            params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
        }),
    });
    return response.headers.get('mcp-session-id');
}

async function ping(server, session) {
    const response = await fetch(`${server.address}/mcp`, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-session-id': session,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' }),
    });
    return response.status;
}

const memory = makeMemory();
let server = await startHttp(memory);
await call(server, 'create_collection', { name: 'tasks', description: 'of a client test' });

await step('a directory is taken in as a task, whose result is the call\'s', async () => {
    const task = await call(server, 'ingest_directory', { directory_path: memory.dir, collection_name: 'tasks' });
    assert(task.resultType === 'task' && task.ttlMs === null, JSON.stringify(task));
    const done = await settle(server, task.taskId);
    assert(done.status === 'completed', JSON.stringify(done));
    assert(done.result.structuredContent.files_found === 40, JSON.stringify(done));
});
await step('a long text is a task, a short one is not', async () => {
    const short = await call(server, 'ingest_text', { content: 'Short.', collection_name: 'tasks' });
    assert(short.resultType === 'complete', JSON.stringify(short));
    const content = Array.from({ length: 10000 }, (_, i) => `Sentence number ${i} is about subject ${i % 13}.\n`).join('');
    const task = await call(server, 'ingest_text', { content, collection_name: 'tasks', document_title: 'Long' });
    assert(task.resultType === 'task', JSON.stringify(task).slice(0, 500));
    const { result } = await ask(server, 'tasks/get', { taskId: task.taskId });
    assert(result.taskId === task.taskId, JSON.stringify(result));
    const { result: ack } = await ask(server, 'tasks/cancel', { taskId: task.taskId });
    assert(ack.resultType === 'complete', JSON.stringify(ack));
    assert(['cancelled', 'completed'].includes((await settle(server, task.taskId)).status), 'the task is not over');
});
await step('what is wrong with a request is told at once', async () => {
    const wrong = await call(server, 'ingest_directory', { directory_path: '/nowhere', collection_name: 'tasks' });
    assert(wrong.isError === true, JSON.stringify(wrong));
});
await step('a task survives the death of its server', async () => {
    for (let i = 0; i < 300; i += 1) {
        writeFileSync(join(memory.dir, `later-${i}.md`), `# Later ${i}\n\n${'A line about something. '.repeat(200)}\n`);
    }
    const task = await call(server, 'ingest_directory', { directory_path: memory.dir, collection_name: 'tasks' });
    const repeated = await call(server, 'ingest_directory', { directory_path: memory.dir, collection_name: 'tasks' });
    assert(repeated.taskId === task.taskId, 'a repeat did not join');
    server.kill();
    server = await startHttp(memory);
    const done = await settle(server, task.taskId);
    assert(done.status === 'completed', JSON.stringify(done).slice(0, 500));
    assert(done.result.structuredContent.files_found === 340, JSON.stringify(done).slice(0, 500));
});
await step('a session that was ended on one server is over on the other, and after a restart', async () => {
    const other = await startHttp(memory);
    const [ended, kept] = [await openSession(server), await openSession(server)];
    assert((await ping(other, kept)) === 200, 'a session of the same deployment is unknown');
    const removed = await fetch(`${server.address}/mcp`, { method: 'DELETE', headers: { 'mcp-session-id': ended } });
    assert(removed.ok, `DELETE: ${removed.status}`);
    assert((await ping(server, ended)) === 404, 'the session goes on where it was ended');
    assert((await ping(other, ended)) === 404, 'the session goes on elsewhere');
    await other.stop();
    await server.stop();
    server = await startHttp(memory);
    assert((await ping(server, kept)) === 200, 'a session was lost with the restart');
    assert((await ping(server, ended)) === 404, 'an ended session came back with the restart');
});
await server.stop();
memory.remove();
finish();
