// The official conformance suite: the product in the scenarios that need no fixtures, and the
// server with the suite's fixtures in all of them.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { assert, finish, makeMemory, startHttp, step } from './harness.mjs';

const run = promisify(execFile);

// What is asked of a server without fixtures.
const scenarios = {
    '2025-11-25': [
        'server-initialize', 'logging-set-level', 'ping', 'tools-list', 'resources-list', 'prompts-list',
        'dns-rebinding-protection', 'server-sse-multiple-streams', 'server-session-lifecycle',
        'resources-subscribe', 'resources-unsubscribe',
    ],
    '2026-07-28': [
        'tools-list', 'resources-list', 'prompts-list', 'sep-2164-resource-not-found', 'caching',
        'dns-rebinding-protection', 'server-sse-multiple-streams', 'http-header-validation',
        'input-required-result-unsupported-methods', 'input-required-result-validate-input',
        'input-required-result-missing-input-response', 'input-required-result-ignore-extra-params',
    ],
};

// The newest suite, which has no tag, and the released one.
const newest = 'node_modules/@modelcontextprotocol/conformance/dist/index.js';
const released = 'node_modules/conformance-released/dist/index.js';

// What is asked of the server with fixtures: the whole sets, unscored scenarios included, and how
// many checks they hold at least, so that a suite that ran into nothing is no success.
const sets = [
    { name: '2026-07-28', suite: newest, options: ['--requirements', '2026-07-28'], least: 190 },
    { name: '2025-11-25', suite: newest, options: ['--requirements', '2025-11-25'], least: 80 },
    { name: '2025-06-18', suite: newest, options: ['--suite', 'all', '--spec-version', '2025-06-18'], least: 50 },
    { name: '0.1.16, its default', suite: released, options: [], least: 30 },
    { name: '0.1.16, all', suite: released, options: ['--suite', 'all'], least: 30 },
];

/** Runs the suite; what it prints goes into the error when it ends with another code than 0. */
async function runSuite(suite, environment, options, timeout) {
    try {
        await run('node', [suite, 'server', ...options], {
            env: environment,
            timeout,
            maxBuffer: 64 * 1024 * 1024,
        });
    } catch (error) {
        throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
    }
}

/** All checks that the suite wrote down, with the scenario that each belongs to. */
function readChecks(dir) {
    return readdirSync(dir, { recursive: true })
        .filter((path) => path.endsWith('checks.json'))
        .flatMap((path) => {
            const scenario = path.split('/')[0].replace(/-\d{4}-\d{2}-\d{2}T.*$/, '');
            return JSON.parse(readFileSync(join(dir, path), 'utf8')).map((check) => ({ ...check, scenario }));
        });
}

function localhost(server) {
    return `${server.address.replace('127.0.0.1', 'localhost')}/mcp`;
}

const memory = makeMemory();

const product = await startHttp(memory);
for (const [revision, names] of Object.entries(scenarios)) {
    for (const name of names) {
        await step(`conformance ${revision} ${name}`, () =>
            runSuite(newest, memory.environment, ['--url', localhost(product), '--scenario', name, '--spec-version', revision], 120_000),
        );
    }
}
await product.stop();

const fixtures = await startHttp(memory, ['--conformance-fixtures']);
for (const { name, suite, options, least } of sets) {
    await step(`conformance, whole set ${name}`, async () => {
        const out = mkdtempSync(join(tmpdir(), 'rag-conformance-'));
        try {
            await runSuite(suite, memory.environment, ['--url', localhost(fixtures), ...options, '-o', out], 600_000);
            const checks = readChecks(out);
            const of = (status) => checks.filter((check) => check.status === status);
            console.log(
                `conformance ${name}: ${of('SUCCESS').length} passed, ${of('FAILURE').length} failed, ` +
                    `${of('WARNING').length} warnings, ${of('SKIPPED').length} skipped`,
            );
            for (const check of of('SKIPPED')) {
                console.log(`  skipped: ${check.scenario} ${check.id}: ${check.errorMessage ?? ''}`);
            }
            const bad = [...of('FAILURE'), ...of('WARNING')].map(
                (check) => `${check.scenario} ${check.id}: ${check.errorMessage ?? check.description}`,
            );
            assert(bad.length === 0, bad.join('\n'));
            assert(of('SUCCESS').length >= least, `only ${of('SUCCESS').length} checks`);
        } finally {
            rmSync(out, { recursive: true, force: true });
        }
    });
}
await fixtures.stop();
memory.remove();
finish();
