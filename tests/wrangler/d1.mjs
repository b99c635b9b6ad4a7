// Runs SQL through the D1 of an installed wrangler as `wrangler d1 execute --local --file` runs a file: its
// own splitter, then one batch. In this process, because starting the command takes two seconds a file.
//
//     node d1.mjs PACKAGES < cases.json > outcomes.json
//
// PACKAGES is the directory above node_modules. A case is {"sql", "queries"} and runs in a database of its
// own. Its outcome is {"error", "schema", "rows"}: null or the message, the schema that is left behind
// ([type, name, sql], without the engine's own tables), and the rows of each query if there is no error.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const AT_ONCE = 16;
const SCHEMA = `SELECT type, name, sql FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY rowid`;

const require = createRequire(resolve(process.argv[2], "node_modules/wrangler/wrangler-dist/cli.js"));
const { unstable_splitSqlQuery: split } = require("./cli.js");
const { Miniflare, convertV4MiniflareOptions } = require("miniflare");

const cases = JSON.parse(readFileSync(0, "utf8"));
const names = cases.map((_, number) => `DB${number}`);
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: true,
    script: "export default {}",
    d1Databases: Object.fromEntries(names.map((name) => [name, name])),
  }),
);

async function run(number) {
  const { sql, queries = [] } = cases[number];
  const database = await miniflare.getD1Database(names[number]);
  let error = null;
  try {
    await database.batch(split(sql).map((statement) => database.prepare(statement)));
  } catch (caught) {
    error = (caught.cause ?? caught).message;
  }
  const [schema, ...rows] = await Promise.all(
    [SCHEMA, ...(error === null ? queries : [])].map((query) => database.prepare(query).raw()),
  );
  return { error, schema, rows };
}

const outcomes = [];
let next = 0;
async function work() {
  while (next < cases.length) {
    const number = next++;
    outcomes[number] = await run(number);
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
await miniflare.dispose();
process.stdout.write(JSON.stringify(outcomes));
