// The official conformance suite: the scenarios that a server without the suite's fixtures can pass.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { finish, makeMemory, startHttp, step } from './harness.mjs';

const run = promisify(execFile);

const scenarios = {
    '2025-11-25': [
        'server-initialize', 'logging-set-level', 'ping', 'tools-list', 'resources-list', 'prompts-list',
        'dns-rebinding-protection', 'server-sse-multiple-streams', 'server-session-lifecycle',
    ],
    '2026-07-28': [
        'tools-list', 'resources-list', 'prompts-list', 'sep-2164-resource-not-found', 'caching',
        'dns-rebinding-protection', 'server-sse-multiple-streams', 'http-header-validation',
        'input-required-result-unsupported-methods', 'input-required-result-validate-input',
    ],
};

const memory = makeMemory();
const server = await startHttp(memory);
const url = `${server.address.replace('127.0.0.1', 'localhost')}/mcp`;

for (const [revision, names] of Object.entries(scenarios)) {
    for (const name of names) {
        await step(`conformance ${revision} ${name}`, async () => {
            try {
                await run('node_modules/.bin/conformance', ['server', '--url', url, '--scenario', name, '--spec-version', revision], {
                    env: memory.environment,
                    timeout: 120_000,
                    maxBuffer: 16 * 1024 * 1024,
                });
            } catch (error) {
                throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
            }
        });
    }
}
await server.stop();
memory.remove();
finish();
