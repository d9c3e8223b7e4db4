// The bundle and the registry entry that scripts/bundle makes: valid by the tools and rules of those
// who take them, and what is in the bundle runs.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { assert, finish, makeMemory, step } from './harness.mjs';

const run = promisify(execFile);
const folder = process.env.RAG_BUNDLE;
if (!folder) {
    throw new Error('RAG_BUNDLE is not set; it names the folder that scripts/bundle made.');
}
const bundle = join(folder, readdirSync(folder).find((name) => name.endsWith('.mcpb')));
const unpacked = mkdtempSync(join(tmpdir(), 'rag-bundle-'));
const memory = makeMemory();

await step('bundle: mcpb takes it', async () => {
    await run('node_modules/.bin/mcpb', ['unpack', bundle, unpacked]);
    const { stdout } = await run('node_modules/.bin/mcpb', ['validate', join(unpacked, 'manifest.json')]);
    assert(stdout.includes('passes'), stdout);
});
await step('bundle: what is in it runs as its manifest says', async () => {
    const manifest = JSON.parse(readFileSync(join(unpacked, 'manifest.json'), 'utf8'));
    assert(existsSync(join(unpacked, manifest.server.entry_point)), manifest.server.entry_point);
    const answers = { data_dir: memory.environment.RAG_DATA_DIR, documents: memory.dir, database_url: '' };
    const fill = (text) =>
        text.replaceAll('${__dirname}', unpacked).replaceAll(/\$\{user_config\.(\w+)\}/g, (_, key) => answers[key]);
    const { command, args, env } = manifest.server.mcp_config;
    for (const key of Object.keys(manifest.user_config)) {
        assert(key in answers, `the manifest asks for ${key}`);
    }
    const client = new Client({ name: 'bundle', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const filled = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)]));
    await client.connect(
        new StdioClientTransport({ command: fill(command), args, env: { HOME: memory.dir, ...filled }, cwd: '/' }),
    );
    assert(client.getServerVersion().version === manifest.version, JSON.stringify(client.getServerVersion()));
    await client.callTool({ name: 'create_collection', arguments: { name: 'b', description: 'of a bundle' } });
    const stored = await client.callTool({
        name: 'ingest_file',
        arguments: { file_path: join(memory.dir, 'note-1.md'), collection_name: 'b' },
    });
    assert(stored.structuredContent.status === 'created', JSON.stringify(stored));
    await client.close();
});
// The registry's rules (server.json of 2025-12-11 and its documentation of MCPB packages), as far
// as they concern what we write.
await step('bundle: the registry entry keeps the rules', async () => {
    const entry = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8'));
    assert(entry.$schema === 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json', entry.$schema);
    assert(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/.test(entry.name) && entry.name.length <= 200, entry.name);
    assert(entry.description.length >= 1 && entry.description.length <= 100, entry.description);
    assert(entry.title.length >= 1 && entry.title.length <= 100, entry.title);
    assert(/^\d+\.\d+\.\d+$/.test(entry.version), entry.version);
    assert(new URL(entry.repository.url).protocol === 'https:' && entry.repository.source === 'github', JSON.stringify(entry.repository));
    const known = ['$schema', 'name', 'title', 'description', 'version', 'repository', 'packages'];
    assert(Object.keys(entry).every((key) => known.includes(key)), Object.keys(entry).join());
    const [one, ...more] = entry.packages;
    assert(more.length === 0 && one.registryType === 'mcpb' && one.transport.type === 'stdio', JSON.stringify(entry.packages));
    const url = new URL(one.identifier);
    assert(['github.com', 'gitlab.com'].includes(url.hostname) && url.pathname.includes('mcp') && url.pathname.includes('/releases/'), one.identifier);
    assert(one.version === entry.version, one.version);
    const hash = createHash('sha256').update(readFileSync(bundle)).digest('hex');
    assert(one.fileSha256 === hash, `${one.fileSha256} is not ${hash}`);
});
rmSync(unpacked, { recursive: true, force: true });
memory.remove();
finish();
