// Query Q in ClickHouse, as chDB carries it: clickhouse.mjs FORMAT FILE THREADS
import { query } from "chdb";
import { clickhouse } from "./tables.mjs";

const [format, path, threads] = process.argv.slice(2);
const answer = query(
  `SELECT count(), sum(accounts) FROM (
    SELECT uniqExact(account) AS accounts FROM (${clickhouse[format](path)})
    GROUP BY ip, hour HAVING accounts >= 20)
  SETTINGS max_threads = ${Number(threads)}`,
  "TSV",
);
console.log(answer.trim().replace("\t", " "));
