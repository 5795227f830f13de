// Query Q in DuckDB: duckdb.mjs FORMAT FILE THREADS
import { DuckDBInstance } from "@duckdb/node-api";
import { duckdb } from "./tables.mjs";

const [format, path, threads] = process.argv.slice(2);
const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
const reader = await connection.runAndReadAll(`
  SELECT count(*), coalesce(sum(accounts), 0) FROM (
    SELECT count(DISTINCT account) AS accounts FROM (${duckdb[format](path)})
    GROUP BY ip, hour HAVING accounts >= 20)`);
console.log(reader.getRows()[0].join(" "));
