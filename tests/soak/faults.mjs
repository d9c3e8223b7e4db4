// What is done to the server and to what it depends on. Each fault begins, lasts and is made good;
// what may fail meanwhile, windows.mjs knows.

import { run, sleep } from "./server.mjs";
import * as windows from "./windows.mjs";

const refill_ms = 100;
const killed_within_ms = 8_000;

/**
 * The faults that can be made here. `away`: clients rest meanwhile, as there is nobody to call.
 * `searchesGoOn`: searches must be answered all the same. `ends`: the process does not survive it.
 */
export function list_faults({ server, disk, memory, relay, database, ledger, hold_ms }) {
  const faults = [
    {
      name: "kill", away: true, ends: true,
      run: async () => {
        await server.end("SIGKILL");
        server.start();
      },
    },
    {
      name: "stop", away: true, ends: true,
      run: async () => {
        const how = await server.end("SIGTERM");
        if (how !== 0) ledger.blame(`after SIGTERM the server ended with ${how} and not with 0`);
        server.start();
      },
    },
  ];
  if (memory) {
    faults.push({
      name: "memory taken away", ends: true,
      run: async () => {
        const end = Date.now() + killed_within_ms;
        server.expectEnd();
        await memory.squeeze(() => !server.isRunning || Date.now() > end);
        await server.end("SIGKILL");
        memory.restore();
        server.start();
      },
    });
  }
  if (disk) {
    faults.push({
      name: "disk full", searchesGoOn: true,
      run: async () => {
        for (const end = Date.now() + hold_ms; Date.now() < end; ) {
          disk.fill();
          await sleep(refill_ms);
        }
        disk.free();
      },
    });
  }
  if (relay) {
    faults.push(
      {
        name: "connections to the database cut", searchesGoOn: true,
        run: async () => relay.cut(),
      },
      {
        name: "database refuses connections", searchesGoOn: true,
        run: async () => {
          relay.shut();
          await sleep(hold_ms);
          await relay.open();
        },
      },
      {
        name: "network to the database silent", searchesGoOn: true,
        run: async () => {
          relay.fallSilent();
          await sleep(hold_ms);
          relay.speak();
        },
      },
      {
        name: "database restarted", searchesGoOn: true,
        run: async () => {
          const { code, err } = await run(["/bin/sh", "-c", database.restart]);
          if (code !== 0) throw new Error(`the database was not restarted: ${err}`);
        },
      },
    );
  }
  return faults;
}

/** Those of an embedding service that the server depends on; searches go on by words. */
export function list_service_faults(service, hold_ms) {
  return ["busy", "broken", "hanging"].map((mode) => ({
    name: `embedding service ${mode}`, searchesGoOn: true,
    run: async () => {
      service.fail(mode);
      await sleep(hold_ms);
      service.recover();
    },
  }));
}

/** Makes the fault, waits until the server is well again, and says what it took and cost. */
export async function make(fault, server) {
  if (fault.searchesGoOn) await server.untilCopied();
  windows.open(fault.name, fault);
  const begun = Date.now();
  await fault.run();
  const made = Date.now();
  await server.untilWell();
  const cost = windows.close();
  return { name: fault.name, lasted_ms: made - begun, well_after_ms: Date.now() - made, ...cost };
}
