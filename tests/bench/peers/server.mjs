// What rag is measured beside: a server made with the TypeScript SDK, as its documentation shows
// it, with one tool that answers as small an object as a search with one hit.
import { createServer } from 'node:http';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

const hit = {
    content: 'The backup of the database runs at four in the morning and is kept for thirty days.',
    similarity: 0.71,
    source_document_id: 1,
    source_filename: 'Backups',
};

const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'peer', version: '1.0.0' });
    server.registerTool(
        'search_documents',
        {
            title: 'Search documents',
            description: 'Finds the passages that answer a question.',
            inputSchema: z.object({ query: z.string(), limit: z.number().int().min(1).default(5) }),
        },
        () => ({ content: [{ type: 'text', text: JSON.stringify({ result: [hit] }) }], structuredContent: { result: [hit] } }),
    );
    return server;
});

const server = createServer(toNodeHandler(handler));
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
