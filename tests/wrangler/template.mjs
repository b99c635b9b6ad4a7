// Opens the D1 database "app" that is kept in a directory, as a test suite with Miniflare does, and writes to it.
//
//     node template.mjs PACKAGES STATE
//
// PACKAGES is the directory above node_modules, STATE the one that holds d1/. Prints the names in the ledger.

import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [packages, state] = process.argv.slice(2);
const require = createRequire(resolve(packages, "node_modules/wrangler/wrangler-dist/cli.js"));
const { Miniflare, convertV4MiniflareOptions } = require("miniflare");

const options = { modules: true, script: "export default {}", d1Databases: { DB: "app" } };
const miniflare = new Miniflare(
  convertV4MiniflareOptions
    ? convertV4MiniflareOptions({ ...options, resourcePersistencePath: state })
    : { ...options, d1Persist: join(state, "d1") },
);
const database = await miniflare.getD1Database("DB");
const { results } = await database.prepare("SELECT name FROM d1_migrations ORDER BY id").all();
await database.prepare("INSERT INTO notes (title, body) VALUES ('written', 'by a test')").run();
const found = await database.prepare("SELECT rowid FROM notes_search('written')").all();
console.log(JSON.stringify({ ledger: results.map(({ name }) => name), found: found.results }));
await miniflare.dispose();
